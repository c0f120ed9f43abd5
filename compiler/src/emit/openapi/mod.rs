//! `openapi.json`: the HTTP API of the package as OpenAPI 3.1. Every operation on records carries
//! `x-athyper-entity` and `x-athyper-action`, so that the runtime can leave out what a caller may not do.

use std::collections::BTreeMap;

use athyper_schemas::bundle::Bundle;
use serde::Serialize;
use serde_json::{Value, json};

use super::OutputSet;
use super::json::{Part, finished, readable};
use super::shape::Shapes;

mod batch;
mod operation;
mod part;

/// The document, made of finished parts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'b> {
    openapi: &'static str,
    info: Info<'b>,
    json_schema_dialect: &'static str,
    servers: Value,
    security: Value,
    tags: Vec<Value>,
    paths: BTreeMap<String, Part>,
    components: Components,
}

#[derive(Serialize)]
struct Info<'b> {
    title: &'b str,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'b str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Components {
    security_schemes: Value,
    parameters: Value,
    headers: Value,
    responses: Value,
    schemas: BTreeMap<String, Part>,
}

pub(super) fn emit(bundle: &Bundle, out: &mut OutputSet) {
    out.add("openapi.json", readable(&document(bundle)));
}

fn document(bundle: &Bundle) -> Document<'_> {
    let policies = bundle.policies_by_entity();
    let mut shapes = Shapes::new(bundle, &policies, "#/components/schemas/");
    let mut schemas = BTreeMap::new();
    let mut paths = BTreeMap::new();
    let mut tags = Vec::new();
    for entity in bundle.entities.iter().filter(|entity| entity.owner.is_none()) {
        let mut operations = operation::Operations::new(entity, &mut shapes);
        paths.insert(format!("/api/data/{}", entity.url), finished(&operations.collection()));
        paths.insert(format!("/api/data/{}/{{id}}", entity.url), finished(&operations.record()));
        schemas.insert(operation::page_name(entity), finished(&operations.page()));
        tags.push(tag(&entity.url, &entity.plural, entity.doc.as_deref()));
    }
    paths.insert("/api/batch".to_owned(), finished(&batch::path()));
    tags.push(tag("batch", "Batch", Some("Several writes in one transaction.")));
    let fixed = part::schemas().into_iter().chain(batch::schemas());
    schemas.extend(fixed.map(|(name, schema)| (name, finished(&schema))));
    schemas.extend(shapes.into_named());
    Document {
        openapi: "3.1.0",
        info: Info {
            title: &bundle.package.name,
            version: athyper_schemas::EDITION.to_string(),
            description: bundle.package.doc.as_deref(),
        },
        json_schema_dialect: "https://json-schema.org/draft/2020-12/schema",
        servers: json!([{ "url": "/" }]),
        security: json!([{ "bearer": [] }]),
        tags,
        paths,
        components: Components {
            security_schemes: json!({
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            }),
            parameters: part::parameters(),
            headers: part::headers(),
            responses: part::responses(),
            schemas,
        },
    }
}

fn tag(name: &str, summary: &str, doc: Option<&str>) -> Value {
    let words = doc.map_or_else(|| format!("{summary}."), |doc| format!("{summary}. {doc}"));
    json!({ "name": name, "description": words, "x-displayName": summary })
}
