//! What an artifact tells others about the API: JSON Schemas that accept and refuse what they should, an OpenAPI
//! document that is sound, and examples that are valid.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the report of a test")]

mod shop;

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Checks of formats included: without them a schema promises more than it holds.
fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::draft202012::options().should_validate_formats(true).build(schema).unwrap()
}

fn schema(name: &str) -> jsonschema::Validator {
    validator(&shop::json(&format!("json-schema/{name}.json")))
}

fn item() -> Value {
    json!({ "code": "OA-17", "name": "Oak table", "price": "12.50" })
}

fn with(mut record: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        record[key] = value.clone();
    }
    record
}

#[test]
fn the_schema_of_a_create_accepts_what_a_client_may_send() {
    let create = schema("shop.Item.create");
    for changes in [
        json!({}),
        json!({ "status": "in_use", "mood": null, "category": "0198c5a2-7c1e-7d1b-9b0a-3f2f5d6c7b8a", "text": null }),
        json!({ "weight": "0.5", "discount": "7.7", "rebate": "-1.00", "count": 9999, "active": false }),
        json!({ "since": "2024-02-29", "opens": "06:30:00", "seen_at": "2026-03-31T09:30:00Z", "lasts": "PT1H" }),
        json!({ "extra": { "any": [1, null] }, "email": "a@example.com", "url": "https://example.com/x" }),
        json!({ "tags": ["a", "b"], "statuses": ["draft"], "size": "M", "type": "odd", "country": "ch" }),
    ] {
        let record = with(item(), &changes);
        let wrong: Vec<String> = create.iter_errors(&record).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{record}: {wrong:?}");
    }
}

#[test]
fn the_schema_of_a_create_refuses_everything_else() {
    let create = schema("shop.Item.create");
    for changes in [
        json!({ "id": "0198c5a2-7c1e-7d1b-9b0a-3f2f5d6c7b8a" }),
        json!({ "version": 1 }),
        json!({ "net": "1.00" }),
        json!({ "shown": "x" }),
        json!({ "unknown": 1 }),
        json!({ "code": "oa-17" }),
        json!({ "code": null }),
        json!({ "name": "O" }),
        json!({ "name": "O".repeat(81) }),
        json!({ "status": "lost" }),
        json!({ "category": "not-an-id" }),
        json!({ "count": -1 }),
        json!({ "count": 10_000 }),
        json!({ "count": "3" }),
        json!({ "price": 12.5 }),
        json!({ "price": "12.505" }),
        json!({ "since": "2023-02-29" }),
        json!({ "seen_at": "yesterday" }),
        json!({ "lasts": "an hour" }),
        json!({ "size": "XL" }),
        json!({ "tags": "a" }),
        json!({ "statuses": ["lost"] }),
        json!({ "color": "red" }),
    ] {
        let record = with(item(), &changes);
        assert!(!create.is_valid(&record), "{record}");
    }
    assert!(
        !create.is_valid(&json!({ "code": "OA-17", "name": "Oak table" })),
        "a required field is missing"
    );
}

#[test]
fn children_are_created_whole_and_patched_by_id() {
    let id = "0198c5a2-7c1e-7d1b-9b0a-3f2f5d6c7b8a";
    let new = json!({ "item": id, "quantity": 1, "price": "1.00" });
    let create = schema("stock.Order.create");
    assert!(create.is_valid(&json!({ "orderer": id, "lines": [new] })));
    assert!(!create.is_valid(&json!({ "orderer": id, "lines": [{ "item": id, "price": "1.00" }] })));
    assert!(!create.is_valid(&json!({ "orderer": id, "lines": [with(new.clone(), &json!({ "id": id }))] })));
    assert!(!create.is_valid(&json!({ "orderer": id, "code": "SO-1" })), "a series gives the code");
    let patch = schema("stock.Order.patch");
    assert!(patch.is_valid(&json!({})));
    assert!(patch.is_valid(&json!({ "note": null, "lines": [{ "id": id, "quantity": 2 }, new] })));
    assert!(!patch.is_valid(&json!({ "lines": [{ "quantity": 2 }] })), "neither known nor whole");
    assert!(!patch.is_valid(&json!({ "orderer": null })));
}

#[test]
fn the_openapi_document_can_be_read_and_every_reference_leads_somewhere() {
    let text = shop::text("openapi.json");
    let read = oas3::from_json(&text).unwrap();
    assert_eq!(read.openapi, "3.1.0");
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut dangling = BTreeSet::new();
    walk(&document, &mut |value| {
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            let pointer = target.strip_prefix('#').unwrap();
            if document.pointer(pointer).is_none() {
                dangling.insert(target.to_owned());
            }
        }
    });
    assert_eq!(dangling, BTreeSet::new());
}

#[test]
fn every_operation_says_what_it_is_about() {
    let document = shop::json("openapi.json");
    let mut seen = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap().iter().filter(|(verb, _)| *verb != "parameters") {
            assert!(seen.insert(operation["operationId"].as_str().unwrap()), "{verb} {path}");
            if path != "/api/batch" {
                assert!(operation["x-athyper-entity"].is_string(), "{verb} {path}");
                assert!(operation["x-athyper-action"].is_string(), "{verb} {path}");
            }
        }
    }
    assert_eq!(seen.len(), 5 * 6 + 1);
}

#[test]
fn every_example_is_valid() {
    let document = shop::json("openapi.json");
    let mut count = 0;
    let mut wrong = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for example in schema.get("examples").and_then(Value::as_array).into_iter().flatten() {
            let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
            check(&document, &reference, example, &mut wrong);
            count += 1;
        }
    }
    walk(&document, &mut |value| {
        if let (Some(schema), Some(example)) = (value.get("schema"), value.get("example")) {
            check(&document, schema, example, &mut wrong);
            count += 1;
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count >= 25, "only {count} examples were found");
}

fn check(document: &Value, schema: &Value, example: &Value, wrong: &mut Vec<String>) {
    let whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": document["components"],
        "allOf": [schema],
    });
    wrong.extend(validator(&whole).iter_errors(example).map(|error| format!("{example}: {error}")));
}

fn walk<'v>(value: &'v Value, see: &mut impl FnMut(&'v Value)) {
    see(value);
    match value {
        Value::Object(members) => members.values().for_each(|member| walk(member, see)),
        Value::Array(items) => items.iter().for_each(|item| walk(item, see)),
        _ => {}
    }
}
