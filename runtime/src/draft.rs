//! A record on its way to the database, with its owned children: what was stored, what the client said, what
//! follows from both. Pure: what has to be known from the database is handed in.

use std::cmp::Ordering;
use std::sync::Arc;

use athyper_expr::Value;
use athyper_schemas::bundle::System;
use uuid::Uuid;

use crate::catalog::{Catalog, EntityId, Field, FieldId};
use crate::value::field_problem::Pointer;

pub mod behaviour;
pub mod derive;
pub mod merge;
pub mod number;
pub mod pool;

/// A record as the database has it, with its owned children.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Of which entity.
    pub entity: EntityId,
    /// By field index; null where a field has no column.
    pub values: Arc<[Value]>,
    /// By list field, in the order of their positions.
    pub children: Vec<(FieldId, Vec<Self>)>,
    /// Whether the children were left out.
    pub childless: bool,
}

impl Stored {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        match self.values.first() {
            Some(Value::Uuid(id)) => Some(*id),
            _ => None,
        }
    }
}

/// A record as it is about to be.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Of which entity.
    pub entity: EntityId,
    /// Its id, new or old.
    pub id: Uuid,
    /// As it was; nothing for a new record.
    pub before: Option<Arc<[Value]>>,
    /// By field index.
    pub values: Vec<Value>,
    /// Whether what nobody mentioned gets its default: a new record, or one that is replaced.
    pub fresh: bool,
    /// By field index: what the client said himself, which neither defaults nor copies replace; also lists that he
    /// mentioned.
    pub said: Vec<bool>,
    /// Whether its owned children were not loaded, because nothing that is done looks at them.
    pub childless: bool,
    /// By list field.
    pub children: Vec<Children>,
}

/// One list of owned children of a [`Draft`].
#[derive(Debug, Clone)]
pub struct Children {
    /// The list field of the owner.
    pub field: FieldId,
    /// In their new order.
    pub drafts: Vec<Draft>,
    /// Those that were there and are not any more.
    pub removed: Vec<Stored>,
}

impl Draft {
    /// Whether it is a new record.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.before.is_none()
    }

    /// The value of a field.
    #[must_use]
    pub fn value(&self, field: FieldId) -> &Value {
        self.values.get(field.index()).unwrap_or(&Value::Null)
    }

    /// Gives a field a value.
    pub fn set(&mut self, field: FieldId, value: Value) {
        if let Some(slot) = self.values.get_mut(field.index()) {
            *slot = value;
        }
    }

    /// Whether a field has another value than before; for a new record, whether it has one.
    #[must_use]
    pub fn changed(&self, field: FieldId) -> bool {
        let before = self.before.as_ref().and_then(|values| values.get(field.index()));
        before.unwrap_or(&Value::Null) != self.value(field)
    }

    /// Whether the client said what the value of a field shall be.
    #[must_use]
    pub fn was_said(&self, field: FieldId) -> bool {
        self.said.get(field.index()).copied().unwrap_or(false)
    }

    /// Notes that the client mentioned a list.
    pub fn mention(&mut self, list: FieldId) {
        if let Some(said) = self.said.get_mut(list.index()) {
            *said = true;
        }
    }

    /// The record as it was, with the owned children that it had; nothing for a new record.
    #[must_use]
    pub fn before(&self, catalog: &Catalog) -> Option<Self> {
        let before = self.before.as_ref()?;
        let children = self.children.iter().map(|list| {
            let there = list.drafts.iter().filter_map(|child| child.before(catalog));
            let removed = list.removed.iter().map(|stored| merge::keep(stored.clone(), catalog));
            let mut drafts: Vec<Self> = there.chain(removed).collect();
            let position = catalog.entity(self.entity).field(list.field).children();
            let position = position.and_then(|child| catalog.entity(child).system(System::Position));
            if let Some(position) = position.map(Field::id) {
                drafts.sort_by(|a, b| {
                    a.value(position).partial_cmp(b.value(position)).unwrap_or(Ordering::Equal)
                });
            }
            Children { field: list.field, drafts, removed: Vec::new() }
        });
        Some(Self {
            entity: self.entity,
            id: self.id,
            before: Some(Arc::clone(before)),
            values: before.to_vec(),
            fresh: false,
            said: vec![false; before.len()],
            childless: self.childless,
            children: children.collect(),
        })
    }

    /// Leaves every copied value as it is, whatever becomes of the references.
    pub fn keep_copies(&mut self) {
        self.said.fill(true);
        self.children.iter_mut().flat_map(|list| &mut list.drafts).for_each(Self::keep_copies);
    }

    /// Calls `visit` with this record and every owned child below it, owners first.
    pub fn each(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        for child in self.children.iter().flat_map(|list| &list.drafts) {
            child.each(visit);
        }
    }

    /// Calls `visit` with this record and every owned child below it, owners first, each with its place.
    pub fn each_at(&self, at: Pointer<'_>, catalog: &Catalog, visit: &mut impl FnMut(&Self, Pointer<'_>)) {
        visit(self, at);
        for list in &self.children {
            let at = Pointer::Key(&at, catalog.entity(self.entity).field(list.field).name());
            for (index, child) in list.drafts.iter().enumerate() {
                child.each_at(Pointer::Item(&at, index), catalog, visit);
            }
        }
    }
}
