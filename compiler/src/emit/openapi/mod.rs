//! `openapi.json`: the HTTP API of the package as OpenAPI 3.1. Every operation on records carries
//! `x-athyper-entity` and `x-athyper-action`, so that the runtime can leave out what a caller may not do.

use std::collections::BTreeMap;

use athyper_schemas::bundle::Bundle;
use serde_json::{Map, Value, json};

use super::OutputSet;
use super::json::readable;
use super::shape::Shapes;

mod batch;
mod operation;
mod part;

pub(super) fn emit(bundle: &Bundle, out: &mut OutputSet) {
    out.add("openapi.json", readable(&document(bundle)));
}

fn document(bundle: &Bundle) -> Value {
    let mut shapes = Shapes::new(bundle, "#/components/schemas/");
    let mut schemas: BTreeMap<String, Value> = part::schemas();
    let mut paths = Map::new();
    let mut tags = Vec::new();
    for entity in bundle.entities.iter().filter(|entity| entity.owner.is_none()) {
        let mut operations = operation::Operations::new(entity, &mut shapes);
        paths.insert(format!("/api/data/{}", entity.url), operations.collection());
        paths.insert(format!("/api/data/{}/{{id}}", entity.url), operations.record());
        schemas.insert(operation::page_name(entity), operations.page());
        tags.push(tag(&entity.url, &entity.plural, entity.doc.as_deref()));
    }
    paths.insert("/api/batch".to_owned(), batch::path());
    tags.push(tag("batch", "Batch", Some("Several writes in one transaction.")));
    schemas.extend(batch::schemas());
    schemas.extend(shapes.into_named());
    let mut info = json!({ "title": bundle.package.name, "version": athyper_schemas::EDITION.to_string() });
    if let (Some(doc), Some(info)) = (&bundle.package.doc, info.as_object_mut()) {
        info.insert("description".to_owned(), doc.as_str().into());
    }
    json!({
        "openapi": "3.1.0",
        "info": info,
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
            "parameters": part::parameters(),
            "headers": part::headers(),
            "responses": part::responses(),
            "schemas": schemas,
        },
    })
}

fn tag(name: &str, summary: &str, doc: Option<&str>) -> Value {
    let words = doc.map_or_else(|| format!("{summary}."), |doc| format!("{summary}. {doc}"));
    json!({ "name": name, "description": words, "x-displayName": summary })
}
