//! Records that were loaded because a draft refers to them, and drafts as expressions see them: with what they
//! refer to in place.

use std::collections::HashMap;
use std::sync::Arc;

use athyper_expr::Value;
use athyper_schemas::bundle::System;
use uuid::Uuid;

use super::Draft;
use super::behaviour::Needs;
use crate::catalog::{Catalog, EntityId, FieldId};

/// Loaded records by id, and owned children by their owner.
#[derive(Debug, Default)]
pub struct Pool {
    records: HashMap<(EntityId, Uuid), Arc<[Value]>>,
    children: HashMap<(FieldId, Uuid), (EntityId, Vec<Uuid>)>,
}

impl Pool {
    /// Keeps a record.
    pub fn keep(&mut self, entity: EntityId, id: Uuid, values: Arc<[Value]>) {
        self.records.insert((entity, id), values);
    }

    /// Notes the owned children of a record, all of them, in their order.
    pub fn keep_children(&mut self, list: FieldId, owner: Uuid, child: EntityId, ids: Vec<Uuid>) {
        self.children.insert((list, owner), (child, ids));
    }

    /// How many records it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Forgets a record that was written since.
    pub fn forget(&mut self, entity: EntityId, id: Uuid) {
        self.records.remove(&(entity, id));
        self.children.retain(|(_, owner), _| *owner != id);
    }

    /// A record, if it was loaded.
    #[must_use]
    pub fn record(&self, entity: EntityId, id: Uuid) -> Option<&Arc<[Value]>> {
        self.records.get(&(entity, id))
    }

    /// Whether the children of a record were loaded.
    #[must_use]
    pub fn has_children(&self, list: FieldId, owner: Uuid) -> bool {
        self.children.contains_key(&(list, owner))
    }

    /// A draft as expressions see it.
    #[must_use]
    pub fn image(
        &self,
        catalog: &Catalog,
        draft: &Draft,
        needs: &Needs,
        owner: Option<&[Value]>,
    ) -> Vec<Value> {
        let mut values = draft.values.clone();
        let entity = catalog.entity(draft.entity);
        for (field, below) in &needs.links {
            let Some(slot) = values.get_mut(field.index()) else { continue };
            if let Some(list) = draft.children.iter().find(|list| list.field == *field) {
                let images = list.drafts.iter().map(|d| Value::record(self.image(catalog, d, below, None)));
                *slot = Value::list(images.collect());
            } else if entity.field(*field).def().system == Some(System::Parent) {
                if let Some(owner) = owner {
                    *slot = Value::record(owner.to_vec());
                }
            } else {
                self.follow(catalog, draft.entity, (*field, below), slot);
            }
        }
        values
    }

    /// A loaded record as expressions see it; nothing when it was not loaded.
    #[must_use]
    pub fn seen(&self, catalog: &Catalog, entity: EntityId, id: Uuid, needs: &Needs) -> Option<Vec<Value>> {
        match self.loaded(catalog, entity, id, needs)? {
            Value::Record(values) => Some(values.to_vec()),
            _ => None,
        }
    }

    /// A loaded record as expressions see it.
    fn loaded(&self, catalog: &Catalog, entity: EntityId, id: Uuid, needs: &Needs) -> Option<Value> {
        let mut values = self.record(entity, id)?.to_vec();
        for (field, below) in &needs.links {
            match self.children.get(&(*field, id)) {
                Some((child, ids)) if catalog.entity(entity).field(*field).children() == Some(*child) => {
                    let children = ids.iter().filter_map(|id| self.loaded(catalog, *child, *id, below));
                    let children = Value::list(children.collect());
                    if let Some(slot) = values.get_mut(field.index()) {
                        *slot = children;
                    }
                }
                _ => {
                    if let Some(slot) = values.get_mut(field.index()) {
                        self.follow(catalog, entity, (*field, below), slot);
                    }
                }
            }
        }
        Some(Value::record(values))
    }

    fn follow(
        &self,
        catalog: &Catalog,
        entity: EntityId,
        (field, below): (FieldId, &Needs),
        slot: &mut Value,
    ) {
        let target = catalog.entity(entity).field(field).reference();
        if let (Some(target), Value::Uuid(id)) = (target, &*slot)
            && let Some(record) = self.loaded(catalog, target, *id, below)
        {
            *slot = record;
        }
    }
}
