//! The parts of the API that are the same for every entity: parameters, headers, refusals.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::emit::json::object;

/// The query parameters of a list, by name: what each does, its schema and an example.
fn query() -> [(&'static str, &'static str, Value, Value); 10] {
    let text = || json!({ "type": "string" });
    [
        (
            "filter",
            "A condition in the expression language; only records for which it is true are answered.",
            text(),
            json!("version > 1"),
        ),
        (
            "order",
            "Fields to sort by, separated by commas; `-` in front begins with the greatest.",
            text(),
            json!("-id"),
        ),
        ("select", "The fields to answer, separated by commas.", text(), json!("id,version")),
        (
            "expand",
            "References and lists of children to answer as whole records, separated by commas; a dot goes deeper.",
            text(),
            json!(""),
        ),
        (
            "limit",
            "The most records to answer; 0 with `count` only counts.",
            json!({ "type": "integer", "format": "int64", "minimum": 0 }),
            json!(25),
        ),
        (
            "cursor",
            "The `next` of the page before; everything else must be asked the same way.",
            text(),
            json!(""),
        ),
        (
            "count",
            "Whether to answer how many records there are.",
            json!({ "type": "string", "enum": ["none", "exact", "estimated"], "default": "none" }),
            json!("exact"),
        ),
        ("search", "Words to look for in the search fields.", text(), json!("oak")),
        (
            "group",
            "Fields to group by, separated by commas; answers groups in place of records.",
            text(),
            json!("version"),
        ),
        (
            "aggregate",
            "What to compute over each group: `count()`, `count(field)`, `sum(field)`, `min(field)`, `max(field)`.",
            text(),
            json!("count()"),
        ),
    ]
}

/// The names of the query parameters of a list, in the order people meet them.
pub(super) fn list_parameters() -> Vec<Value> {
    let mut all: Vec<Value> = query().iter().map(|(name, ..)| parameter(name)).collect();
    all.push(parameter("fields"));
    all
}

/// A reference to a shared parameter.
pub(super) fn parameter(name: &str) -> Value {
    object([("$ref", format!("#/components/parameters/{name}").into())]).into()
}

/// A reference to a shared answer.
pub(super) fn response(name: &str) -> Value {
    object([("$ref", format!("#/components/responses/{name}").into())]).into()
}

/// The header that names the version of the answered record.
pub(super) fn etag() -> Value {
    json!({ "ETag": { "$ref": "#/components/headers/ETag" } })
}

pub(super) fn parameters() -> Value {
    let mut all = Map::new();
    for (name, doc, schema, example) in query() {
        let mut parameter = json!({ "name": name, "in": "query", "description": doc, "schema": schema });
        if let Some(members) = parameter.as_object_mut().filter(|_| example != "") {
            members.insert("example".to_owned(), example);
        }
        all.insert(name.to_owned(), parameter);
    }
    all.insert(
        "fields".to_owned(),
        json!({
            "name": "fields", "in": "query", "style": "form", "explode": true,
            "description": "`field=value` or `field.operator=value`: only records for which it holds.",
            "schema": { "type": "object", "additionalProperties": { "type": "string" } },
        }),
    );
    all.insert(
        "id".to_owned(),
        json!({
            "name": "id", "in": "path", "required": true, "description": "The id of the record.",
            "schema": { "type": "string", "format": "uuid" },
        }),
    );
    let headers = [
        ("If-Match", true, "The `ETag` of the version to change: nobody else's change is overwritten."),
        (
            "Idempotency-Key",
            false,
            "A name for this request: sent again, it is answered again and not done again.",
        ),
        (
            "Prefer",
            false,
            "`tx=rollback` tries without keeping anything; `max-affected=N` refuses to change more than N records; \
             `return=minimal` answers no body.",
        ),
    ];
    for (name, required, doc) in headers {
        let header = json!({
            "name": name, "in": "header", "required": required, "description": doc, "schema": { "type": "string" },
        });
        all.insert(name.to_owned(), header);
    }
    all.into()
}

pub(super) fn headers() -> Value {
    json!({
        "ETag": { "description": "The version of the record.", "schema": { "type": "string" }, "example": "\"1\"" },
        "Location": {
            "description": "The address of the new record.",
            "schema": { "type": "string", "format": "uri-reference" },
        },
    })
}

/// The refusals, by name: status and when.
pub(super) const REFUSALS: &[(&str, &str, &str)] = &[
    ("BadRequest", "400", "The request cannot be understood."),
    ("Unauthenticated", "401", "A valid token is needed."),
    ("Forbidden", "403", "The caller may not do this."),
    ("NotFound", "404", "There is nothing here that the caller may see."),
    ("Conflict", "409", "Other records stand in the way."),
    ("PreconditionFailed", "412", "The record was changed in the meantime."),
    ("Invalid", "422", "Some values are not valid; every one is listed."),
    ("PreconditionRequired", "428", "`If-Match` is missing."),
    ("Problem", "default", "Any other problem."),
];

pub(super) fn responses() -> Value {
    let refusal = |(name, _, doc): &(&str, &str, &str)| {
        let content =
            json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/problem" } } });
        ((*name).to_owned(), json!({ "description": doc, "content": content }))
    };
    let mut all: Map<_, _> = REFUSALS.iter().map(refusal).collect();
    let minimal = json!({ "description": "Done; `Prefer: return=minimal` asked for no body." });
    all.insert("Minimal".to_owned(), minimal);
    all.into()
}

/// Schemas that belong to no entity. Their names are in lower case, as no entity's is.
pub(super) fn schemas() -> BTreeMap<String, Value> {
    let mistake = json!({
        "type": "object",
        "properties": {
            "pointer": { "type": "string", "description": "The place in the body (RFC 6901)." },
            "parameter": { "type": "string", "description": "The query parameter." },
            "header": { "type": "string", "description": "The request header." },
            "code": { "type": "string", "description": "What is wrong, for programs." },
            "message": { "type": "string", "description": "What is wrong, for people." },
            "check": { "type": "string", "description": "The name of the model's check that failed." },
        },
        "required": ["code", "message"],
    });
    let problem = json!({
        "type": "object",
        "title": "Problem",
        "description": "What went wrong (RFC 9457). `type` is the address of a page about it.",
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "instance": { "type": "string", "description": "The id of the request." },
            "errors": { "type": "array", "items": mistake },
        },
        "required": ["type", "title", "status"],
        "example": { "type": "/docs/problems/not-found", "title": "There is nothing here", "status": 404 },
    });
    BTreeMap::from([("problem".to_owned(), problem)])
}
