//! `/api/batch`: several writes in one transaction.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::part::{REFUSALS, parameter, response};

pub(super) fn path() -> Value {
    let mut responses = json!({
        "200": {
            "description": "Everything was done; the answers stand in the order of the operations.",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/batch.answer" } } },
        },
    });
    if let Some(responses) = responses.as_object_mut() {
        responses.insert("204".to_owned(), response("Minimal"));
        for (name, status, _) in REFUSALS.iter().filter(|(name, ..)| *name != "PreconditionRequired") {
            responses.insert((*status).to_owned(), response(name));
        }
    }
    json!({
        "post": {
            "operationId": "batch",
            "tags": ["batch"],
            "summary": "Do several writes, all or none",
            "parameters": [parameter("Idempotency-Key"), parameter("Prefer")],
            "requestBody": {
                "required": true,
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/batch.request" } } },
            },
            "responses": responses,
        },
    })
}

pub(super) fn schemas() -> BTreeMap<String, Value> {
    let operation = json!({
        "type": "object",
        "properties": {
            "op": { "type": "string", "enum": ["create", "patch", "put", "delete"] },
            "entity": { "type": "string", "description": "As in the path of a single request." },
            "id": { "type": "string", "description": "The record: its id, or `$` and the name of an earlier create." },
            "if_match": { "type": "string", "description": "As the header `If-Match`." },
            "body": { "type": "object", "description": "As in a single request; `$name` stands for an id too." },
            "as": {
                "type": "string",
                "pattern": "^[A-Za-z0-9_-]{1,64}$",
                "description": "A name for the id of a new record, for later operations of the same batch.",
            },
        },
        "required": ["op", "entity"],
        "additionalProperties": false,
    });
    let answer = json!({
        "type": "object",
        "properties": {
            "status": { "type": "integer" },
            "location": { "type": "string" },
            "etag": { "type": "string" },
            "body": { "description": "The record, after every operation but a delete." },
        },
        "required": ["status"],
    });
    BTreeMap::from([
        (
            "batch.request".to_owned(),
            json!({
                "type": "object",
                "title": "Batch",
                "properties": { "operations": { "type": "array", "items": operation, "minItems": 1 } },
                "required": ["operations"],
                "additionalProperties": false,
            }),
        ),
        (
            "batch.answer".to_owned(),
            json!({
                "type": "object",
                "title": "Answers",
                "properties": { "results": { "type": "array", "items": answer } },
                "required": ["results"],
            }),
        ),
    ])
}
