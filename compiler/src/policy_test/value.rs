//! Values as YAML has them, read as the kinds of the model.

use athyper_expr::Value;
use athyper_expr::value::canonical_json;
use athyper_schemas::bundle::Bundle;
use athyper_schemas::ir::Kind;
use serde_json::Value as Json;

use crate::diag::{Sink, policy_tests as tell};
use crate::yaml::{self, Node, Resolved};

/// Reads a value of this kind; null is one. What is wrong is told.
pub(super) fn read(
    node: &Node,
    (name, kind): (&str, &Kind),
    bundle: &Bundle,
    sink: &mut Sink,
) -> Option<Value> {
    if node.is_null() {
        return Some(Value::Null);
    }
    match (kind, &node.kind) {
        (_, yaml::Kind::Poisoned(_)) => None,
        (Kind::Json, _) => Some(Value::Json(canonical_json(&json(node)).into())),
        (Kind::List(item), yaml::Kind::Sequence(sequence)) => {
            let items: Vec<Value> = sequence
                .items
                .iter()
                .filter_map(|node| read(node, (name, &item.kind), bundle, sink))
                .collect();
            (items.len() == sequence.items.len()).then(|| Value::list(items))
        }
        (Kind::List(_), _) => {
            sink.error(tell::wrong_shape(node.span, name, "a list", node.describe()));
            None
        }
        (_, yaml::Kind::Scalar(scalar)) => {
            if let Kind::Enum(of) = kind {
                let values = bundle.enumeration(of).map_or(&[][..], |of| &of.values);
                let known: Vec<&str> = values.iter().map(|value| value.name.as_str()).collect();
                if !known.contains(&scalar.value.as_str()) {
                    sink.error(tell::not_a_value(node.span, (name, &scalar.value), &known));
                    return None;
                }
            }
            if *kind == Kind::Text && !matches!(scalar.resolve(), Resolved::Text(_)) {
                sink.error(tell::not_quoted(node.span, name, (&scalar.value, node.describe())));
                return None;
            }
            let read = Value::from_plain(kind, &scalar.value);
            read.map_err(|malformed| sink.error(tell::wrong_value(node.span, name, &malformed))).ok()
        }
        (_, yaml::Kind::Sequence(_) | yaml::Kind::Mapping(_)) => {
            sink.error(tell::wrong_shape(node.span, name, "a single value", node.describe()));
            None
        }
    }
}

fn json(node: &Node) -> Json {
    match &node.kind {
        yaml::Kind::Scalar(scalar) => match scalar.resolve() {
            Resolved::Null => Json::Null,
            Resolved::Bool(value) => value.into(),
            Resolved::Int(value) => value.into(),
            Resolved::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            Resolved::Text(text) => text.into(),
        },
        yaml::Kind::Sequence(sequence) => sequence.items.iter().map(json).collect(),
        yaml::Kind::Mapping(mapping) => {
            mapping.entries.iter().map(|entry| (entry.key.text.to_string(), json(&entry.value))).collect()
        }
        yaml::Kind::Poisoned(_) => Json::Null,
    }
}
