//! The operations of `/api/policy`: who may ask which question, and about what their examples ask.

use athyper_schemas::bundle::Action;
use serde_json::{Map, Value, json};

use super::Caller;
use crate::config::Config;

/// Marks an operation with the roles of which a caller needs one; null: everybody may.
const ROLES: &str = "x-athyper-roles";

/// The operations, each with who may ask.
const QUESTIONS: &str = include_str!("questions.json");

/// The questions that somebody may ask here.
///
/// # Errors
/// When the text is not JSON; a test holds that it is.
pub(super) fn all(config: &Config) -> Result<Map<String, Value>, serde_json::Error> {
    let mut paths: Map<String, Value> = serde_json::from_str(QUESTIONS)?;
    let policy = &config.policy;
    if policy.candidate.as_os_str().is_empty() {
        paths.remove("/api/policy/simulate");
    }
    for (path, item) in &mut paths {
        let roles = match path.as_str() {
            "/api/policy/explain" => json!(policy.explain_roles),
            "/api/policy/simulate" => json!(policy.simulate_roles),
            _ => Value::Null,
        };
        if let Some(operation) = item.get_mut("post").and_then(Value::as_object_mut) {
            operation.insert(ROLES.to_owned(), roles);
        }
    }
    Ok(paths)
}

/// Whether the caller may ask, with the mark taken off; nothing for an operation that is no question.
pub(super) fn may_ask(operation: &mut Value, caller: &Caller<'_>) -> Option<bool> {
    let roles = operation.as_object_mut()?.remove(ROLES)?;
    let entities = caller.scope.catalog().entities();
    let mut his = entities.iter().filter(|entity| !entity.is_owned() && caller.may(entity, Action::Read));
    let Some(entity) = his.next() else { return Some(false) };
    fill(operation, &entity.def().url);
    let held = &caller.principal.capacity().roles;
    Some(
        roles.as_array().is_none_or(|roles| roles.iter().filter_map(Value::as_str).any(|r| held.contains(r))),
    )
}

/// Lets the examples ask about this entity.
fn fill(value: &mut Value, entity: &str) {
    match value {
        Value::String(text) if text == "$entity" => entity.clone_into(text),
        Value::String(text) if text == "$id" => "0198c5a2-7c1e-7d1b-9b0a-3f2f5d6c7b8a".clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, entity)),
        Value::Object(members) => members.values_mut().for_each(|member| fill(member, entity)),
        _ => {}
    }
}
