//! The body of a batch: operations in order, each read and validated before the first one is done.

use athyper_schemas::bundle::Action;
use uuid::Uuid;

use super::document::{Document, Purpose, Reading};
use super::json::Json;
use super::prefer::Condition;
use super::suggest::nearest;
use crate::catalog::{Entity, EntityId};
use crate::policy::{self, Denied};
use crate::value::field_problem::{Code, FieldProblem, Pointer, Wrong};
use crate::value::rules::Names;
use crate::who::{Principal, Scope};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Makes a record.
    Create,
    /// Changes some fields.
    Patch,
    /// Says a record anew.
    Put,
    /// Removes a record.
    Delete,
}

/// One operation of a batch.
#[derive(Debug, Clone)]
pub struct Operation {
    /// What it does.
    pub verb: Verb,
    /// To records of which entity.
    pub entity: EntityId,
    /// To which record; for a create the id it will have.
    pub id: Uuid,
    /// The version that is meant.
    pub condition: Condition,
    /// What is said about the record; nothing in a delete.
    pub document: Option<Document>,
}

/// The members of an operation; the order is that of the documentation.
const MEMBERS: [&str; 6] = ["op", "entity", "id", "if_match", "body", "as"];

/// How a batch is read.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'b> {
    /// Where.
    pub scope: &'b Scope,
    /// Who sent it.
    pub principal: &'b Principal,
    /// Most owned children in one list.
    pub most_children: usize,
}

impl Batch<'_> {
    /// Reads the body of a batch.
    ///
    /// # Errors
    /// Everything that is wrong with it, each at its place.
    pub fn read(&self, body: &Json<'_>) -> Result<Vec<Operation>, Vec<FieldProblem>> {
        let mut out = Vec::new();
        let mut operations = Vec::new();
        let root = Pointer::Root("");
        for (key, value) in members(body, root, &["operations"], &mut out) {
            let at = Pointer::Key(&root, key);
            let Json::List(items) = value else {
                out.push(
                    at.problem(Wrong::new(Code::Type, format!("must be an array, not {}", value.kind()))),
                );
                continue;
            };
            let mut names = Names::new();
            for (index, item) in items.iter().enumerate() {
                let at = Pointer::Item(&at, index);
                operations.extend(self.operation(item, at, &mut names, &mut out));
            }
        }
        if operations.is_empty() && out.is_empty() {
            let at = Pointer::Key(&root, "operations");
            out.push(at.problem(Wrong::new(Code::Required, "must hold at least one operation")));
        }
        if out.is_empty() { Ok(operations) } else { Err(out) }
    }

    fn operation(
        &self,
        json: &Json<'_>,
        at: Pointer<'_>,
        names: &mut Names,
        out: &mut Vec<FieldProblem>,
    ) -> Option<Operation> {
        let given = members(json, at, &MEMBERS, out);
        let find = |name: &str| given.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let verb = word(find("op"), Pointer::Key(&at, "op"), out).and_then(|op| {
            let verb = verb(op);
            if verb.is_none() {
                let wrong = Wrong::new(Code::NotAllowed, "must be one of `create`, `patch`, `put`, `delete`");
                out.push(Pointer::Key(&at, "op").problem(wrong));
            }
            verb
        });
        let entity = word(find("entity"), Pointer::Key(&at, "entity"), out)
            .and_then(|name| self.entity(name, Pointer::Key(&at, "entity"), out));
        let (verb, entity) = verb.zip(entity)?;
        let id = self.id(verb, find("id"), Pointer::Key(&at, "id"), (names, out));
        let condition = match find("if_match") {
            None | Some(Json::Null) => Condition::Absent,
            tag => word(tag, Pointer::Key(&at, "if_match"), out).map_or(Condition::Absent, Condition::of_tag),
        };
        let body_at = Pointer::Key(&at, "body");
        let document = match (verb, find("body")) {
            (Verb::Delete, None) => None,
            (Verb::Delete, Some(_)) => {
                out.push(body_at.problem(Wrong::new(Code::NotAllowed, "a delete has no body")));
                None
            }
            (_, None) => {
                out.push(body_at.problem(Wrong::new(Code::Required, "must be given")));
                None
            }
            (_, Some(body)) => self.document(verb, entity, (body, &body_at.text()), names, out),
        };
        let operation = Operation { verb, entity: entity.id(), id, condition, document };
        if let Some(name) = find("as") {
            self.name(verb, (name, id), Pointer::Key(&at, "as"), names, out);
        }
        Some(operation)
    }

    fn document(
        &self,
        verb: Verb,
        entity: &Entity,
        (body, prefix): (&Json<'_>, &str),
        names: &Names,
        out: &mut Vec<FieldProblem>,
    ) -> Option<Document> {
        let purpose = match verb {
            Verb::Create => Purpose::Create,
            Verb::Put => Purpose::Replace,
            Verb::Patch | Verb::Delete => Purpose::Patch,
        };
        let reading = Reading {
            catalog: self.scope.catalog(),
            principal: self.principal,
            names,
            keeps_numbers: false,
            most_children: self.most_children,
        };
        match reading.read(entity, body, purpose, prefix) {
            Ok(document) => Some(document),
            Err(problems) => {
                out.extend(problems);
                None
            }
        }
    }

    fn entity(&self, name: &str, at: Pointer<'_>, out: &mut Vec<FieldProblem>) -> Option<&Entity> {
        let met = |entity: &&Entity| {
            let decide = |action| policy::decide(self.scope, self.principal, entity.id(), action);
            Action::DATA.into_iter().any(|action| !matches!(decide(action), Err(Denied::Hidden)))
        };
        let found = self.scope.catalog().at_url(name).filter(met);
        if found.is_none() {
            // Names are not suggested: the caller may not know of them.
            out.push(at.problem(Wrong::new(Code::NotFound, "there is no such entity")));
        }
        found
    }

    fn id(
        &self,
        verb: Verb,
        given: Option<&Json<'_>>,
        at: Pointer<'_>,
        (names, out): (&Names, &mut Vec<FieldProblem>),
    ) -> Uuid {
        if verb == Verb::Create {
            if given.is_some() {
                out.push(at.problem(Wrong::new(Code::ReadOnly, "is given by the server")));
            }
            return Uuid::now_v7();
        }
        let Some(text) = word(given, at, out) else { return Uuid::nil() };
        let found = match text.strip_prefix('$') {
            Some(name) => names.get(name).copied(),
            None => (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten(),
        };
        if found.is_none() {
            let message = "must be an id, or `$` and the name of an earlier operation";
            out.push(at.problem(Wrong::new(Code::Format, message)));
        }
        found.unwrap_or_default()
    }

    fn name(
        &self,
        verb: Verb,
        (name, id): (&Json<'_>, Uuid),
        at: Pointer<'_>,
        names: &mut Names,
        out: &mut Vec<FieldProblem>,
    ) {
        let Some(name) = word(Some(name), at, out) else { return };
        let is_name = (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if !is_name {
            let message = "must be 1 to 64 letters, digits, `_` or `-`";
            out.push(at.problem(Wrong::new(Code::Format, message)));
        } else if verb != Verb::Create {
            out.push(at.problem(Wrong::new(Code::NotAllowed, "only a create can be given a name")));
        } else if names.insert(name.to_owned(), id).is_some() {
            out.push(at.problem(Wrong::new(Code::Unique, "an earlier operation has this name")));
        }
    }
}

fn verb(op: &str) -> Option<Verb> {
    Some(match op {
        "create" => Verb::Create,
        "patch" => Verb::Patch,
        "put" => Verb::Put,
        "delete" => Verb::Delete,
        _ => return None,
    })
}

/// The members of an object that may stand there; everything else is a problem.
fn members<'j, 't>(
    json: &'j Json<'t>,
    at: Pointer<'_>,
    known: &[&str],
    out: &mut Vec<FieldProblem>,
) -> Vec<(&'j str, &'j Json<'t>)> {
    let Json::Object(members) = json else {
        out.push(at.problem(Wrong::new(Code::Type, format!("must be an object, not {}", json.kind()))));
        return Vec::new();
    };
    let mut given: Vec<(&str, &Json<'t>)> = Vec::with_capacity(members.len());
    for (key, value) in members {
        let at = Pointer::Key(&at, key);
        if given.iter().any(|(seen, _)| seen == key) {
            out.push(at.problem(Wrong::new(Code::DuplicateKey, "is written twice")));
        } else if known.contains(&key.as_ref()) {
            given.push((key, value));
        } else {
            let hint = nearest(key, known.iter().copied());
            let message = hint.map_or_else(
                || "is not known here".to_owned(),
                |name| format!("is not known here; did you mean `{name}`?"),
            );
            out.push(at.problem(Wrong::new(Code::UnknownField, message)));
        }
    }
    given
}

fn word<'j>(json: Option<&'j Json<'_>>, at: Pointer<'_>, out: &mut Vec<FieldProblem>) -> Option<&'j str> {
    match json {
        Some(Json::Text(text)) => Some(text),
        Some(other) => {
            out.push(at.problem(Wrong::new(Code::Type, format!("must be a string, not {}", other.kind()))));
            None
        }
        None => {
            out.push(at.problem(Wrong::new(Code::Required, "must be given")));
            None
        }
    }
}
