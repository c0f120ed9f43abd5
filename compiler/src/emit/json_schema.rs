//! `json-schema/<module.Name>.{create,patch}.json`: what a client may send, one file per top-level entity and verb.

use athyper_schemas::bundle::Bundle;
use serde_json::{Value, json};

use super::OutputSet;
use super::json::readable;
use super::shape::{Purpose, Shapes};

pub(super) fn emit(bundle: &Bundle, out: &mut OutputSet) {
    for entity in bundle.entities.iter().filter(|entity| entity.owner.is_none()) {
        for (purpose, verb) in [(Purpose::Create, "create"), (Purpose::Patch, "patch")] {
            let mut shapes = Shapes::new(bundle, "#/$defs/");
            let mut schema = shapes.record(entity, purpose);
            let file = format!("{}.{verb}.json", entity.name);
            if let Value::Object(members) = &mut schema {
                members.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
                members.insert("$id".to_owned(), file.as_str().into());
                let named = shapes.into_named();
                if !named.is_empty() {
                    members.insert("$defs".to_owned(), json!(named));
                }
            }
            out.add(format!("json-schema/{file}"), readable(&schema));
        }
    }
}
