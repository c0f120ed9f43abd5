//! `model/**.json`: the Bundle itself, one file per entity, enum and policy; what the runtime loads.

use athyper_schemas::bundle::Bundle;
use athyper_schemas::canonical::to_readable_json;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::OutputSet;

pub(super) fn emit(bundle: &Bundle, out: &mut OutputSet) {
    out.add("model/package.json", readable(&bundle.package));
    for entity in &bundle.entities {
        out.add(format!("model/entities/{}.json", entity.name), readable(entity));
    }
    for enumeration in &bundle.enums {
        out.add(format!("model/enums/{}.json", enumeration.name), readable(enumeration));
    }
    for policy in &bundle.policies {
        out.add(format!("model/policies/{}.json", policy.name), readable(policy));
    }
}

/// `value` in the readable form in which every JSON file of an artifact is written.
#[expect(clippy::expect_used, reason = "plain data whose maps have text keys: JSON can say it")]
pub(super) fn readable<T: Serialize>(value: &T) -> String {
    to_readable_json(value).expect("a Bundle is plain data")
}

/// A finished part of a JSON file: its text takes a tenth of the memory of the tree.
pub(super) type Part = Box<RawValue>;

/// `value` as a finished part.
#[expect(clippy::expect_used, reason = "a tree of JSON values is JSON")]
pub(super) fn finished(value: &Value) -> Part {
    serde_json::value::to_raw_value(value).expect("a tree has a text")
}

/// An object of these members, which move into it: `json!` would copy them.
pub(super) fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
