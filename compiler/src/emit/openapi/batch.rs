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
            "method": { "type": "string", "enum": ["POST", "PATCH", "PUT", "DELETE"] },
            "path": { "type": "string", "description": "As in a single request, below `/api/data/`." },
            "if_match": { "type": "string", "description": "As the header `If-Match`." },
            "body": { "type": "object", "description": "As in a single request." },
        },
        "required": ["method", "path"],
        "additionalProperties": false,
    });
    let answer = json!({
        "type": "object",
        "properties": {
            "status": { "type": "integer" },
            "body": { "description": "The record, after every write but a delete." },
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
