//! `json-schema/<module.Name>.{create,patch}.json`: what a client may send, one file per top-level entity and verb.

use std::collections::BTreeMap;

use athyper_schemas::bundle::Bundle;
use serde::Serialize;
use serde_json::Value;

use super::OutputSet;
use super::json::{Part, readable};
use super::shape::{Purpose, Shapes};

/// A schema file.
#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "$schema")]
    dialect: &'static str,
    #[serde(rename = "$id")]
    id: &'a str,
    #[serde(flatten)]
    schema: Value,
    #[serde(rename = "$defs", skip_serializing_if = "BTreeMap::is_empty")]
    named: BTreeMap<String, Part>,
}

pub(super) fn emit(bundle: &Bundle, out: &mut OutputSet) {
    let policies = bundle.policies_by_entity();
    for entity in bundle.entities.iter().filter(|entity| entity.owner.is_none()) {
        for (purpose, verb) in [(Purpose::Create, "create"), (Purpose::Patch, "patch")] {
            let mut shapes = Shapes::new(bundle, &policies, "#/$defs/");
            let schema = shapes.record(entity, purpose);
            let id = format!("{}.{verb}.json", entity.name);
            let dialect = "https://json-schema.org/draft/2020-12/schema";
            let file = File { dialect, id: &id, schema, named: shapes.into_named() };
            out.add(format!("json-schema/{id}"), readable(&file));
        }
    }
}
