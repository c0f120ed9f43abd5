//! The operations on one top-level entity.

use athyper_schemas::bundle::{Action, Entity};
use serde_json::{Map, Value, json};

use super::part::{self, REFUSALS, parameter, response};
use crate::emit::json::object;
use crate::emit::shape::{Purpose, Shapes};

/// Writes the operations on one entity.
pub(super) struct Operations<'b, 's> {
    entity: &'b Entity,
    shapes: &'s mut Shapes<'b>,
}

/// What is special about one operation.
struct Special {
    verb: &'static str,
    action: Action,
    summary: String,
    parameters: Vec<Value>,
    body: Option<Value>,
    status: &'static str,
    answer: Value,
    refusals: &'static [&'static str],
}

/// The name of the schema of a page of records.
pub(super) fn page_name(entity: &Entity) -> String {
    format!("{}.page", entity.url)
}

fn reference(name: &str) -> Value {
    object([("$ref", format!("#/components/schemas/{name}").into())]).into()
}

/// What is sent or answered as JSON, by its schema.
fn json_of(schema: Value) -> Value {
    object([("application/json", object([("schema", schema)]).into())]).into()
}

impl<'b, 's> Operations<'b, 's> {
    pub(super) fn new(entity: &'b Entity, shapes: &'s mut Shapes<'b>) -> Self {
        Self { entity, shapes }
    }

    /// `/api/data/{Entity}`.
    pub(super) fn collection(&mut self) -> Value {
        let list = Special {
            verb: "list",
            action: Action::Read,
            summary: format!("List {}", self.plural()),
            parameters: self.list_parameters(),
            body: None,
            status: "200",
            answer: json!({
                "description": "A page of records, or groups.",
                "content": {
                    "application/json": { "schema": reference(&page_name(self.entity)) },
                    "text/csv": { "schema": { "type": "string" } },
                },
            }),
            refusals: &["BadRequest", "Unauthenticated", "NotFound"],
        };
        let create = Special {
            verb: "create",
            action: Action::Create,
            summary: format!("Create {}", self.one()),
            parameters: vec![parameter("Idempotency-Key"), parameter("Prefer")],
            body: Some(self.body(Purpose::Create, "application/json")),
            status: "201",
            answer: self.record_answer("The new record.", true),
            refusals: &["BadRequest", "Unauthenticated", "Forbidden", "NotFound", "Conflict", "Invalid"],
        };
        object([("get", self.operation(list)), ("post", self.operation(create))]).into()
    }

    /// `/api/data/{Entity}/{id}`.
    pub(super) fn record(&mut self) -> Value {
        let get = Special {
            verb: "get",
            action: Action::Read,
            summary: format!("Get {}", self.one()),
            parameters: vec![parameter("select"), parameter("expand")],
            body: None,
            status: "200",
            answer: self.record_answer("The record.", false),
            refusals: &["BadRequest", "Unauthenticated", "NotFound"],
        };
        let patch = Special {
            body: Some(self.body(Purpose::Patch, "application/merge-patch+json")),
            ..self.change("update", Action::Update, format!("Change {}", self.one()))
        };
        let put = Special {
            body: Some(self.body(Purpose::Replace, "application/json")),
            ..self.change("replace", Action::Update, format!("Replace {}", self.one()))
        };
        let delete = Special {
            status: "204",
            answer: json!({ "description": "The record is gone." }),
            ..self.change("delete", Action::Delete, format!("Delete {}", self.one()))
        };
        object([
            ("parameters", vec![parameter("id")].into()),
            ("get", self.operation(get)),
            ("patch", self.operation(patch)),
            ("put", self.operation(put)),
            ("delete", self.operation(delete)),
        ])
        .into()
    }

    /// A page of records, or of groups.
    pub(super) fn page(&mut self) -> Value {
        let record = self.shapes.reference(self.entity, Purpose::Read);
        let group = json!({
            "type": "object",
            "description": "With `group` or `aggregate`: the fields grouped by, and what was computed.",
        });
        json!({
            "type": "object",
            "title": self.entity.plural,
            "properties": {
                "items": { "type": "array", "items": { "anyOf": [record, group] } },
                "next": { "type": ["string", "null"], "description": "The `cursor` of the next page, if there is one." },
                "count": { "type": "integer", "description": "How many records there are, when `count` asked for it." },
                "count_at_least": { "type": "integer", "description": "In place of `count`, where an estimate stopped." },
            },
            "required": ["items"],
        })
    }

    fn change(&mut self, verb: &'static str, action: Action, summary: String) -> Special {
        Special {
            verb,
            action,
            summary,
            parameters: vec![parameter("If-Match"), parameter("Idempotency-Key"), parameter("Prefer")],
            body: None,
            status: "200",
            answer: self.record_answer("The changed record.", false),
            refusals: &[
                "BadRequest",
                "Unauthenticated",
                "Forbidden",
                "NotFound",
                "Conflict",
                "PreconditionFailed",
                "Invalid",
                "PreconditionRequired",
            ],
        }
    }

    fn operation(&self, special: Special) -> Value {
        let mut responses = Map::new();
        responses.insert(special.status.to_owned(), special.answer);
        if special.body.is_some() {
            responses.insert("204".to_owned(), response("Minimal"));
        }
        for (name, status, _) in REFUSALS {
            if special.refusals.contains(name) || *name == "Problem" {
                responses.insert((*status).to_owned(), response(name));
            }
        }
        let mut operation = object([
            ("operationId", format!("{}_{}", special.verb, self.entity.url).into()),
            ("tags", vec![self.entity.url.as_str()].into()),
            ("summary", special.summary.into()),
            ("x-athyper-entity", self.entity.name.as_str().into()),
            ("x-athyper-action", special.action.name().into()),
            ("parameters", special.parameters.into()),
            ("responses", responses.into()),
        ]);
        if let Some(body) = special.body {
            operation.insert("requestBody".to_owned(), body);
        }
        operation.into()
    }

    fn body(&mut self, purpose: Purpose, media: &str) -> Value {
        let content = Value::from(object([("schema", self.shapes.reference(self.entity, purpose))]));
        let mut by_media = Map::new();
        if purpose == Purpose::Patch {
            by_media.insert("application/json".to_owned(), content.clone());
        }
        by_media.insert(media.to_owned(), content);
        object([("required", true.into()), ("content", by_media.into())]).into()
    }

    fn record_answer(&mut self, words: &str, new: bool) -> Value {
        let record = self.shapes.reference(self.entity, Purpose::Read);
        let mut headers = part::etag();
        if let Some(headers) = headers.as_object_mut().filter(|_| new) {
            headers.insert("Location".to_owned(), json!({ "$ref": "#/components/headers/Location" }));
        }
        object([("description", words.into()), ("headers", headers), ("content", json_of(record))]).into()
    }

    fn list_parameters(&self) -> Vec<Value> {
        let mut all = part::list_parameters();
        if self.entity.search.is_empty() {
            all.retain(|reference| *reference != parameter("search"));
        }
        all
    }

    fn one(&self) -> String {
        format!("one record: {}", self.entity.label)
    }

    fn plural(&self) -> &str {
        &self.entity.plural
    }
}
