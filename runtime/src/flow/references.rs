//! What a draft refers to: is it there, may the caller see it, and what of it do expressions need.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use athyper_expr::Value;
use athyper_schemas::bundle::{System, Trait};
use uuid::Uuid;

use super::session::{Session, bind};
use crate::catalog::{Catalog, Entity, EntityId, Field, FieldId};
use crate::draft::Draft;
use crate::draft::behaviour::Needs;
use crate::policy::{self, Access};
use crate::problem::Problem;
use crate::sql::write::{self, Dead, Which};
use crate::value::field_problem::{Code, FieldProblem, Pointer, Wrong};

/// A reference that was set, and where.
struct Set {
    target: EntityId,
    id: Uuid,
    pointer: String,
}

/// Records at one place of an expression, and what is needed behind them.
struct Front<'n> {
    entity: EntityId,
    needs: &'n Needs,
    records: Vec<Arc<[Value]>>,
    /// Whether they are being written: then their owner and their children are at hand.
    drafts: bool,
}

impl Session {
    /// Loads every record that a reference was set to. One that is not there, or that the caller may not read,
    /// is a problem, and both are told in the same words.
    pub(super) async fn references(
        &mut self,
        access: &Access,
        draft: &Draft,
        at: Pointer<'_>,
    ) -> Result<Vec<FieldProblem>, Problem> {
        let catalog = self.catalog();
        let mut set = Vec::new();
        draft.each_at(at, &catalog, &mut |record, at| references_of(&catalog, record, at, &mut set));
        let mut by_target: BTreeMap<EntityId, Vec<Uuid>> = BTreeMap::new();
        for reference in &set {
            by_target.entry(reference.target).or_default().push(reference.id);
        }
        let mut readable: BTreeSet<(EntityId, Uuid)> = BTreeSet::new();
        for (target, ids) in &by_target {
            if let Ok(access) = access.follow(*target) {
                self.fetch(catalog.entity(*target), ids).await?;
                let found = self.readable(&access, ids).await?;
                readable.extend(found.into_iter().map(|id| (*target, id)));
            }
        }
        let mut problems = self.attached(draft, at).await?;
        for reference in set {
            let target = catalog.entity(reference.target);
            let deleted = target.system(System::DeletedAt).map(|f| f.id().index());
            let is_there = readable.contains(&(reference.target, reference.id))
                && self.pool.record(reference.target, reference.id).is_some_and(|record| {
                    deleted.and_then(|place| record.get(place)).is_none_or(Value::is_null)
                });
            if !is_there {
                let message = format!("there is no {} with this id", target.def().label.to_lowercase());
                let wrong = Wrong::new(Code::NotFound, message);
                problems.push(Pointer::Root(&reference.pointer).problem(wrong));
            }
        }
        Ok(problems)
    }

    /// Loads what computed fields and checks look at behind references.
    pub(super) async fn needs(&mut self, draft: &Draft) -> Result<(), Problem> {
        let catalog = self.catalog();
        let mut fronts = Vec::new();
        draft.each(&mut |record| {
            if let Some(behaviour) = catalog.behaviours().entity(record.entity.index()) {
                seed(&mut fronts, record, &behaviour.needs);
            }
        });
        self.load_behind(&catalog, fronts).await
    }

    /// Loads what policies look at behind a record that is being written.
    pub(super) async fn needs_of(&mut self, draft: &Draft, needs: &Needs) -> Result<(), Problem> {
        let mut fronts = Vec::new();
        seed(&mut fronts, draft, needs);
        let catalog = self.catalog();
        self.load_behind(&catalog, fronts).await
    }

    /// Loads what policies look at behind records that are in the pool.
    pub(super) async fn needs_behind(
        &mut self,
        entity: EntityId,
        ids: &[Uuid],
        needs: &Needs,
    ) -> Result<(), Problem> {
        let catalog = self.catalog();
        let records: Vec<_> = ids.iter().filter_map(|id| self.pool.record(entity, *id).cloned()).collect();
        if records.is_empty() || needs.links.is_empty() {
            return Ok(());
        }
        self.load_behind(&catalog, vec![Front { entity, needs, records, drafts: false }]).await
    }

    async fn load_behind(&mut self, catalog: &Catalog, mut fronts: Vec<Front<'_>>) -> Result<(), Problem> {
        while let Some(front) = fronts.pop() {
            let entity = catalog.entity(front.entity);
            for (field, below) in &front.needs.links {
                let at_hand = |f: &Field| f.children().is_some() || f.def().system.is_some();
                if front.drafts && at_hand(entity.field(*field)) {
                    continue;
                }
                let records = self.follow(catalog, entity, (*field, &front.records)).await?;
                if let Some((target, records)) = records
                    && !below.links.is_empty()
                {
                    fronts.push(Front { entity: target, needs: below, records, drafts: false });
                }
            }
        }
        Ok(())
    }

    /// The records behind one link of loaded records.
    async fn follow(
        &mut self,
        catalog: &Catalog,
        entity: &Entity,
        (link, records): (FieldId, &[Arc<[Value]>]),
    ) -> Result<Option<(EntityId, Vec<Arc<[Value]>>)>, Problem> {
        let field = entity.field(link);
        if let Some(target) = field.reference() {
            let ids = records.iter().filter_map(|r| id_at(r, link.index())).collect::<Vec<_>>();
            self.fetch(catalog.entity(target), &ids).await?;
            let found = ids.iter().filter_map(|id| self.pool.record(target, *id).cloned()).collect();
            return Ok(Some((target, found)));
        }
        let Some(child) = field.children() else { return Ok(None) };
        let owners: Vec<Uuid> = records.iter().filter_map(|r| id_at(r, 0)).collect();
        let found = self.children_of_loaded(catalog.entity(child), link, &owners).await?;
        Ok(Some((child, found)))
    }

    async fn children_of_loaded(
        &mut self,
        child: &Entity,
        link: FieldId,
        owners: &[Uuid],
    ) -> Result<Vec<Arc<[Value]>>, Problem> {
        let Some(parent) = child.system(System::Parent) else { return Ok(Vec::new()) };
        let rows = self.rows(child, Which::Having(parent, owners), Dead::Counted).await?;
        let mut by_owner: BTreeMap<Uuid, Vec<Uuid>> = owners.iter().map(|o| (*o, Vec::new())).collect();
        for row in &rows {
            if let (Some(id), Some(owner)) = (id_at(row, 0), id_at(row, parent.id().index())) {
                self.pool.keep(child.id(), id, Arc::clone(row));
                by_owner.entry(owner).or_default().push(id);
            }
        }
        for (owner, ids) in by_owner {
            self.pool.keep_children(link, owner, child.id(), ids);
        }
        Ok(rows)
    }

    /// Judges what only the database knows of a tree or of periods.
    pub(super) async fn neighbours(
        &mut self,
        draft: &Draft,
        at: Pointer<'_>,
    ) -> Result<Vec<FieldProblem>, Problem> {
        let catalog = self.catalog();
        let entity = catalog.entity(draft.entity);
        let mut problems = Vec::new();
        if entity.def().has(Trait::Tree) && !draft.is_new() {
            problems.extend(self.ring(entity, draft, at).await?);
        }
        if entity.def().has(Trait::EffectiveDated) {
            problems.extend(self.overlap(entity, draft, at).await?);
        }
        Ok(problems)
    }

    async fn ring(
        &mut self,
        entity: &Entity,
        draft: &Draft,
        at: Pointer<'_>,
    ) -> Result<Option<FieldProblem>, Problem> {
        let Some(parent) = entity.named("parent").filter(|p| draft.changed(p.id())) else { return Ok(None) };
        let Value::Uuid(above) = draft.value(parent.id()) else { return Ok(None) };
        let tenant = self.tenant();
        let found = self.tx.read(&write::above(entity, &tenant, parent, (*above, draft.id))).await?;
        let wrong = || Wrong::new(Code::Cycle, "a record cannot stand below itself");
        Ok((!found.is_empty()).then(|| Pointer::Key(&at, "parent").problem(wrong())))
    }

    async fn overlap(
        &mut self,
        entity: &Entity,
        draft: &Draft,
        at: Pointer<'_>,
    ) -> Result<Option<FieldProblem>, Problem> {
        let [Some(from), Some(to)] = ["valid_from", "valid_to"].map(|name| entity.named(name)) else {
            return Ok(None);
        };
        let (start, end) = (draft.value(from.id()), draft.value(to.id()));
        if !end.is_null() && end <= start {
            let wrong =
                Wrong::new(Code::TooSmall, "must be later than `valid_from`; the day itself is not included");
            return Ok(Some(Pointer::Key(&at, "valid_to").problem(wrong)));
        }
        let key: Vec<_> = entity.def().natural_key.iter().filter_map(|name| entity.named(name)).collect();
        let touched = key.iter().chain([&from, &to]).any(|f| draft.changed(f.id()));
        if key.is_empty() || !(draft.is_new() || touched) {
            return Ok(None);
        }
        let key: Vec<_> = key.into_iter().map(|f| (f, bind(draft.value(f.id())))).collect();
        let tenant = self.tenant();
        let period = (bind(start), bind(end));
        let found = self.tx.read(&write::overlapping(entity, &tenant, draft.id, &key, period)).await?;
        let names: Vec<_> = key.iter().map(|(f, _)| format!("`{}`", f.name())).collect();
        let message = if key.iter().all(|(f, _)| policy::sees_whole(self.principal(), entity, f)) {
            format!("the period meets another one of the same {}", names.join(", "))
        } else {
            "the period meets another one".to_owned()
        };
        let wrong = || Wrong::new(Code::Overlap, message);
        Ok((!found.is_empty()).then(|| Pointer::Key(&at, "valid_from").problem(wrong())))
    }
}

fn references_of(catalog: &Catalog, record: &Draft, at: Pointer<'_>, set: &mut Vec<Set>) {
    for field in catalog.entity(record.entity).fields() {
        let Some(target) = field.reference().filter(|_| field.def().system.is_none()) else { continue };
        if let Value::Uuid(id) = record.value(field.id())
            && record.changed(field.id())
        {
            set.push(Set { target, id: *id, pointer: Pointer::Key(&at, field.name()).text() });
        }
    }
}

/// Adds what `needs` says about a record that is being written; its owned children are at hand.
fn seed<'n>(fronts: &mut Vec<Front<'n>>, record: &Draft, needs: &'n Needs) {
    if needs.links.is_empty() {
        return;
    }
    for (field, below) in &needs.links {
        if let Some(list) = record.children.iter().find(|list| list.field == *field) {
            list.drafts.iter().for_each(|child| seed(fronts, child, below));
        }
    }
    let values: Arc<[Value]> = record.values.as_slice().into();
    match fronts.iter_mut().find(|front| std::ptr::eq(front.needs, needs)) {
        Some(front) => front.records.push(values),
        None => fronts.push(Front { entity: record.entity, needs, records: vec![values], drafts: true }),
    }
}

fn id_at(record: &[Value], place: usize) -> Option<Uuid> {
    match record.get(place) {
        Some(Value::Uuid(id)) => Some(*id),
        _ => None,
    }
}
