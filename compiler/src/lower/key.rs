//! Keys and indexes: the natural key, every uniqueness, every foreign key, and the indexes nobody should have to
//! ask for.

use std::collections::BTreeSet;

use athyper_schemas::bundle::{ForeignKey, Index, IndexColumn, OnDelete, System, Trait, Unique};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::entity::names;
use crate::model::{EntityId, EntityRef, FieldId, FieldRef, FieldType, Model, Origin};
use crate::naming;

/// The written key; else the first field that is required and unique by itself; else none.
pub(super) fn natural(entity: EntityRef<'_>) -> Vec<FieldId> {
    let written = &entity.get().natural_key;
    if !written.is_empty() {
        return written.clone();
    }
    let identifies = |field: &FieldRef<'_>| field.get().required && field.get().unique.is_some();
    entity.fields().find(identifies).map(FieldRef::id).into_iter().collect()
}

/// Every uniqueness: single fields, what was declared, and the natural key. With `effective_dated` a natural key
/// comes back once per period, so it is unique together with the start of the period.
pub(super) fn unique(entity: EntityRef<'_>, table: &str, natural_key: &[FieldId]) -> Vec<Unique> {
    let single = entity.fields().filter(|field| field.get().unique.is_some());
    let single = single.map(|field| (field.name().to_string(), vec![field.id()]));
    let declared = entity.get().unique.iter().map(|unique| (unique.name.to_string(), unique.fields.clone()));
    let mut all: Vec<(String, Vec<FieldId>)> = single.chain(declared).collect();
    if !natural_key.is_empty() && !all.iter().any(|(_, fields)| same_fields(fields, natural_key)) {
        let mut name = "natural".to_owned();
        while all.iter().any(|(taken, _)| *taken == name) {
            name.push('_');
        }
        all.insert(0, (name, natural_key.to_vec()));
    }
    let starts = entity.field_named("valid_from").filter(|_| entity.has(Trait::EffectiveDated));
    let with_start = |(name, mut fields): (String, Vec<FieldId>)| {
        if same_fields(&fields, natural_key) {
            fields.extend(starts.map(FieldRef::id));
        }
        Unique { constraint: naming::derived(table, &name, "key"), fields: names(entity, &fields), name }
    };
    all.into_iter().map(with_start).collect()
}

fn same_fields(a: &[FieldId], b: &[FieldId]) -> bool {
    a.len() == b.len() && a.iter().all(|field| b.contains(field))
}

/// Every index: single fields, what was declared, and one for each reference and each field by which policies filter
/// lists, that no other index starts with. The id comes last, as in the order of every list: so a page is read from
/// the index, whatever the index narrows.
pub(super) fn indexes(
    entity: EntityRef<'_>,
    table: &str,
    unique: &[Unique],
    asked_by_policies: &BTreeSet<&str>,
) -> Vec<Index> {
    let index = |name: &str, mut columns: Vec<IndexColumn>| {
        let descending = columns.last().is_some_and(|column| column.descending);
        if columns.iter().all(|column| column.field != "id") {
            columns.push(IndexColumn { field: "id".to_owned(), descending });
        }
        Index { name: naming::derived(table, name, "idx"), columns }
    };
    let mut all = Vec::new();
    for declared in &entity.get().indexes {
        let columns = declared.columns.iter().map(|column| IndexColumn {
            field: entity.field(column.field).name().to_string(),
            descending: column.descending,
        });
        all.push(index(&declared.name, columns.collect()));
    }
    // Uniqueness among the living alone does not index the deleted, whom a foreign key counts too.
    let unique = if entity.has(Trait::SoftDelete) { &[] } else { unique };
    for field in entity.fields() {
        let asked = field.get().index.is_some();
        let wanted = asked
            || matches!(field.get().ty, FieldType::Ref { .. })
            || asked_by_policies.contains(field.name().as_str());
        let starts = |first: Option<&String>| first.is_some_and(|first| first == field.name());
        let held = all.iter().any(|index: &Index| starts(index.columns.first().map(|column| &column.field)))
            || unique.iter().any(|unique| starts(unique.fields.first()));
        if wanted && !held && field.column().is_some() {
            let mut columns = vec![ascending(field.name())];
            if field.get().origin == Origin::System(System::Parent) {
                columns.push(ascending("position"));
            }
            all.push(index(field.name(), columns));
        }
    }
    all
}

fn ascending(field: &str) -> IndexColumn {
    IndexColumn { field: field.to_owned(), descending: false }
}

/// The foreign key of every reference.
pub(super) fn foreign(entity: EntityRef<'_>, table: &str, cycles: &Cycles) -> Vec<ForeignKey> {
    let key = |field: FieldRef<'_>| {
        let FieldType::Ref { target, on_delete } = field.get().ty else { return None };
        Some(ForeignKey {
            constraint: naming::derived(table, field.name(), "fkey"),
            field: field.name().to_string(),
            entity: entity.model().entity(target).name().qualified.to_string(),
            deferred: on_delete == OnDelete::SetNull || cycles.hold(entity.id(), target),
        })
    };
    entity.fields().filter_map(key).collect()
}

/// Which entities refer to each other, directly or through others.
pub(super) struct Cycles {
    /// By the place of the entity: the number of its group.
    groups: Vec<usize>,
}

impl Cycles {
    pub(super) fn of(model: &Model) -> Self {
        let mut graph: DiGraph<(), ()> = DiGraph::new();
        let nodes: Vec<NodeIndex> = model.entities().map(|_| graph.add_node(())).collect();
        for entity in model.entities() {
            for target in entity.fields().filter_map(FieldRef::refers_to) {
                let ends = (nodes.get(entity.id().place()), nodes.get(target.id().place()));
                if let (Some(from), Some(to)) = ends {
                    graph.add_edge(*from, *to, ());
                }
            }
        }
        let mut groups = vec![0; nodes.len()];
        for (number, group) in kosaraju_scc(&graph).into_iter().enumerate() {
            for node in group {
                if let Some(slot) = groups.get_mut(node.index()) {
                    *slot = number;
                }
            }
        }
        Self { groups }
    }

    /// Whether a reference from one to the other is part of a cycle.
    fn hold(&self, from: EntityId, to: EntityId) -> bool {
        self.groups.get(from.place()) == self.groups.get(to.place())
    }
}
