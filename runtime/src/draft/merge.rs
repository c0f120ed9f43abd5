//! What was stored and what the client said, laid over one another.

use std::collections::HashMap;

use athyper_expr::Value;
use athyper_schemas::bundle::System;
use uuid::Uuid;

use super::{Children, Draft, Stored};
use crate::catalog::{Catalog, Entity};
use crate::request::document::{Document, Purpose};
use crate::value::field_problem::{Code, FieldProblem, Pointer, Wrong};

/// Lays documents over stored records.
#[derive(Debug)]
pub struct Merge<'m> {
    /// The model.
    pub catalog: &'m Catalog,
    /// What is wrong so far.
    pub problems: Vec<FieldProblem>,
}

impl Merge<'_> {
    /// A new record.
    pub fn create(&mut self, entity: &Entity, document: Document, at: Pointer<'_>) -> Draft {
        if document.id.is_some() {
            let at = Pointer::Key(&at, "id");
            self.problems
                .push(at.problem(Wrong::new(Code::NotFound, "there is no such child in this record")));
        }
        let count = entity.fields().len();
        let mut draft = Draft {
            entity: entity.id(),
            id: document.reserved.unwrap_or_else(Uuid::now_v7),
            before: None,
            values: vec![Value::Null; count],
            fresh: true,
            said: vec![false; count],
            childless: false,
            children: Vec::new(),
        };
        draft.say(document.values);
        if let Some(id) = entity.system(System::Id) {
            draft.set(id.id(), Value::Uuid(draft.id));
        }
        let mut given: HashMap<_, _> = document.children.into_iter().collect();
        for field in entity.fields() {
            let Some(child) = field.children() else { continue };
            let child = self.catalog.entity(child);
            let at = Pointer::Key(&at, field.name());
            let documents = match given.remove(&field.id()) {
                Some(documents) => {
                    draft.mention(field.id());
                    documents
                }
                None => Vec::new(),
            };
            let mut drafts = Vec::with_capacity(documents.len());
            for (index, document) in documents.into_iter().enumerate() {
                drafts.push(self.create(child, document, Pointer::Item(&at, index)));
            }
            draft.children.push(Children { field: field.id(), drafts, removed: Vec::new() });
        }
        draft.place(entity, self.catalog);
        draft
    }

    /// A stored record with changes; [`Purpose::Replace`] empties what is not mentioned.
    pub fn change(&mut self, stored: Stored, document: Document, purpose: Purpose, at: Pointer<'_>) -> Draft {
        let entity = self.catalog.entity(stored.entity);
        let mut draft = unchanged(&stored, entity.fields().len());
        if purpose == Purpose::Replace {
            draft.fresh = true;
            for field in entity.fields() {
                let def = field.def();
                let numbered = entity.def().number.as_ref().is_some_and(|n| n.field == def.name);
                if def.system.is_none() && def.computed.is_none() && !numbered {
                    draft.set(field.id(), Value::Null);
                }
            }
        }
        draft.say(document.values);
        let mut given: HashMap<_, _> = document.children.into_iter().collect();
        for (list, stored) in stored.children {
            let at = Pointer::Key(&at, entity.field(list).name());
            let children = match given.remove(&list) {
                Some(documents) => {
                    draft.mention(list);
                    self.list(entity.field(list).children(), stored, documents, (purpose, at))
                }
                None if purpose == Purpose::Replace => (Vec::new(), stored),
                None => (stored.into_iter().map(|s| keep(s, self.catalog)).collect(), Vec::new()),
            };
            draft.children.push(Children { field: list, drafts: children.0, removed: children.1 });
        }
        draft.place(entity, self.catalog);
        draft
    }

    fn list(
        &mut self,
        child: Option<crate::catalog::EntityId>,
        stored: Vec<Stored>,
        documents: Vec<Document>,
        (purpose, at): (Purpose, Pointer<'_>),
    ) -> (Vec<Draft>, Vec<Stored>) {
        let Some(child) = child else { return (Vec::new(), stored) };
        let mut known: HashMap<Uuid, Stored> =
            stored.into_iter().filter_map(|s| s.id().map(|id| (id, s))).collect();
        let mut drafts = Vec::with_capacity(documents.len());
        for (index, document) in documents.into_iter().enumerate() {
            let at = Pointer::Item(&at, index);
            let found = document.id.and_then(|id| known.remove(&id));
            drafts.push(match found {
                Some(stored) => self.change(stored, document, purpose, at),
                None => self.create(self.catalog.entity(child), document, at),
            });
        }
        let mut removed: Vec<_> = known.into_values().collect();
        removed.sort_by_key(Stored::id);
        (drafts, removed)
    }
}

/// A stored record that stays as it is, as a draft.
#[must_use]
pub fn keep(stored: Stored, catalog: &Catalog) -> Draft {
    let mut draft = unchanged(&stored, catalog.entity(stored.entity).fields().len());
    for (field, children) in stored.children {
        let drafts = children.into_iter().map(|s| keep(s, catalog)).collect();
        draft.children.push(Children { field, drafts, removed: Vec::new() });
    }
    draft
}

fn unchanged(stored: &Stored, count: usize) -> Draft {
    Draft {
        entity: stored.entity,
        id: stored.id().unwrap_or_default(),
        before: Some(stored.values.clone()),
        values: stored.values.to_vec(),
        fresh: false,
        said: vec![false; count],
        childless: stored.childless,
        children: Vec::new(),
    }
}

impl Draft {
    /// Takes over what the client said.
    pub fn say(&mut self, values: Vec<Option<Value>>) {
        for (index, value) in values.into_iter().enumerate() {
            if let (Some(value), Some(slot), Some(said)) =
                (value, self.values.get_mut(index), self.said.get_mut(index))
            {
                *slot = value;
                *said = true;
            }
        }
    }

    /// Tells every direct child whose it is and where it stands.
    pub fn place(&mut self, entity: &Entity, catalog: &Catalog) {
        let owner = self.id;
        for list in &mut self.children {
            let Some(child) = entity.field(list.field).children() else { continue };
            let child = catalog.entity(child);
            let parent = child.system(System::Parent).map(|f| f.id());
            let position = child.system(System::Position).map(|f| f.id());
            for (draft, place) in list.drafts.iter_mut().zip(0i64..) {
                if let Some(parent) = parent {
                    draft.set(parent, Value::Uuid(owner));
                }
                if let Some(position) = position {
                    draft.set(position, Value::Int(place));
                }
            }
        }
    }
}
