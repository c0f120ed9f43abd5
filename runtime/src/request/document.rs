//! A body as a document of one entity: every value validated, every mistake told, nothing applied yet.

use std::collections::HashSet;

use athyper_expr::Value;
use athyper_schemas::bundle::System;
use uuid::Uuid;

use super::json::Json;
use super::suggest::nearest;
use crate::catalog::{Catalog, Entity, Field, FieldId};
use crate::policy;
use crate::value::field_problem::{Code, FieldProblem, Pointer, Wrong};
use crate::value::rules::Names;
use crate::who::Principal;

/// How a document is going to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A new record: what is not mentioned gets its default.
    Create,
    /// Changes to a record: what is not mentioned stays (RFC 7396).
    Patch,
    /// The whole record anew: what is not mentioned gets its default.
    Replace,
}

/// What a body says about one record.
#[derive(Debug, Clone)]
pub struct Document {
    /// Of an owned child that is already there.
    pub id: Option<Uuid>,
    /// The id a new record gets, when it was given out before.
    pub reserved: Option<Uuid>,
    /// By field index; nothing where the body does not mention the field.
    pub values: Vec<Option<Value>>,
    /// The lists of owned children that the body mentions.
    pub children: Vec<(FieldId, Vec<Self>)>,
}

/// What a body is read against.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'r> {
    /// The model.
    pub catalog: &'r Catalog,
    /// Who sent it: a field that he neither sees nor sets in any record is not known to him.
    pub principal: &'r Principal,
    /// Ids made earlier in the same batch.
    pub names: &'r Names,
    /// Whether the number of a series may be given: only when existing records are imported.
    pub keeps_numbers: bool,
    /// Most owned children in one list.
    pub most_children: usize,
}

impl Document {
    /// A document of `entity` that mentions nothing.
    #[must_use]
    pub fn empty(entity: &Entity) -> Self {
        Self { id: None, reserved: None, values: vec![None; entity.fields().len()], children: Vec::new() }
    }

    /// Whether it mentions the field.
    #[must_use]
    pub fn mentions(&self, field: FieldId) -> bool {
        self.values.get(field.index()).is_some_and(Option::is_some)
            || self.children.iter().any(|(list, _)| *list == field)
    }
}

impl Reading<'_> {
    /// Reads `json` as a document of `entity`; `prefix` is where it stands in the request body.
    ///
    /// # Errors
    /// Everything that is wrong with it, each at its place.
    pub fn read(
        &self,
        entity: &Entity,
        json: &Json<'_>,
        purpose: Purpose,
        prefix: &str,
    ) -> Result<Document, Vec<FieldProblem>> {
        let mut out = Vec::new();
        let document = self.record(entity, json, purpose, Pointer::Root(prefix), &mut out);
        if out.is_empty() { Ok(document) } else { Err(out) }
    }

    fn record(
        &self,
        entity: &Entity,
        json: &Json<'_>,
        purpose: Purpose,
        at: Pointer<'_>,
        out: &mut Vec<FieldProblem>,
    ) -> Document {
        let mut document = Document::empty(entity);
        let Json::Object(members) = json else {
            let message = format!("must be an object, not {}", json.kind());
            out.push(at.problem(Wrong::new(Code::Type, message)));
            return document;
        };
        // A child that is already there is changed as its parent is; a new one is made.
        let purpose = match (entity.is_owned(), members.iter().find(|(key, _)| key == "id")) {
            (true, Some(_)) => purpose,
            (true, None) => Purpose::Create,
            (false, _) => purpose,
        };
        let mut seen = HashSet::with_capacity(members.len());
        for (key, json) in members {
            let at = Pointer::Key(&at, key);
            if !seen.insert(key.as_ref()) {
                out.push(at.problem(Wrong::new(Code::DuplicateKey, "is written twice")));
                continue;
            }
            match entity.named(key).filter(|field| self.knows(entity, field)) {
                Some(field) => self.member(entity, field, json, (purpose, at, &mut document), out),
                None => out.push(at.problem(self.unknown(entity, key))),
            }
        }
        for field in entity.fields() {
            let key = Pointer::Key(&at, field.name());
            if !seen.contains(field.name()) && must_be_given(entity, field, purpose) {
                out.push(key.problem(Wrong::new(Code::Required, "must be given")));
            }
        }
        document
    }

    /// Whether the field is one that the caller can meet: he is told of no other.
    fn knows(&self, entity: &Entity, field: &Field) -> bool {
        policy::is_known(self.principal, entity, field)
    }

    fn unknown(&self, entity: &Entity, key: &str) -> Wrong {
        let shown: String = key.chars().filter(|c| !c.is_control()).take(64).collect();
        let fields = entity.fields().iter().filter(|field| self.knows(entity, field));
        let names = fields.filter(|field| kept_from_clients(entity, field, false).is_none());
        let message = match nearest(key, names.map(Field::name)) {
            Some(name) => format!("there is no field `{shown}`; did you mean `{name}`?"),
            None => format!("there is no field `{shown}`"),
        };
        Wrong::new(Code::UnknownField, message)
    }

    fn member(
        &self,
        entity: &Entity,
        field: &Field,
        json: &Json<'_>,
        (purpose, at, document): (Purpose, Pointer<'_>, &mut Document),
        out: &mut Vec<FieldProblem>,
    ) {
        if field.def().system == Some(System::Id) && entity.is_owned() && purpose != Purpose::Create {
            document.id = child_id(json, at, out);
            return;
        }
        if let Some(reason) = kept_from_clients(entity, field, self.keeps_numbers) {
            out.push(at.problem(Wrong::new(Code::ReadOnly, reason)));
            return;
        }
        if let Some(child) = field.children() {
            let child = self.catalog.entity(child);
            let children = self.children(child, json, purpose, at, out);
            document.children.push((field.id(), children));
            return;
        }
        let rules = field.rules();
        let before = out.len();
        let value = rules.accept(json, at, self.names, out);
        if value.is_null() && rules.required() && out.len() == before {
            out.push(at.problem(Wrong::new(Code::Required, "must not be null")));
        }
        if let Some(slot) = document.values.get_mut(field.id().index()) {
            *slot = Some(value);
        }
    }

    fn children(
        &self,
        child: &Entity,
        json: &Json<'_>,
        purpose: Purpose,
        at: Pointer<'_>,
        out: &mut Vec<FieldProblem>,
    ) -> Vec<Document> {
        let items = match json {
            Json::Null => return Vec::new(),
            Json::List(items) => items,
            other => {
                let message = format!("must be an array, not {}", other.kind());
                out.push(at.problem(Wrong::new(Code::Type, message)));
                return Vec::new();
            }
        };
        if items.len() > self.most_children {
            let message = format!("must have at most {} items", self.most_children);
            out.push(at.problem(Wrong::new(Code::TooMany, message)));
            return Vec::new();
        }
        let mut seen = HashSet::new();
        let mut documents = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let at = Pointer::Item(&at, index);
            let document = self.record(child, item, purpose, at, out);
            if document.id.is_some_and(|id| !seen.insert(id)) {
                let id = Pointer::Key(&at, "id");
                out.push(id.problem(Wrong::new(Code::Unique, "stands in this list already")));
            }
            documents.push(document);
        }
        documents
    }
}

fn child_id(json: &Json<'_>, at: Pointer<'_>, out: &mut Vec<FieldProblem>) -> Option<Uuid> {
    let id = match json {
        Json::Text(text) if text.len() == 36 => Uuid::try_parse(text).ok(),
        _ => None,
    };
    if id.is_none() {
        out.push(at.problem(Wrong::new(Code::Format, "must be the id of a child that is already there")));
    }
    id
}

/// Whether a document that does not mention the field is wrong at once, whatever is decided later.
fn must_be_given(entity: &Entity, field: &Field, purpose: Purpose) -> bool {
    let def = field.def();
    purpose != Purpose::Patch
        && def.required
        && def.default.is_none()
        && def.copy.is_none()
        && field.children().is_none()
        && kept_from_clients(entity, field, false).is_none()
}

/// Why a client may not set the field, if he may not.
fn kept_from_clients(entity: &Entity, field: &Field, keeps_numbers: bool) -> Option<&'static str> {
    let numbered = entity.def().number.as_ref().is_some_and(|number| number.field == field.name());
    match (field.def().system, &field.def().computed) {
        (Some(System::Id), _) => Some("is given by the server"),
        (Some(_), _) => Some("is kept by the server"),
        (None, Some(_)) => Some("is computed"),
        (None, None) if numbered && !keeps_numbers => Some("is given by a number series"),
        (None, None) => None,
    }
}
