//! The description of the API as one caller sees it: operations he may not do and fields that he never sees are gone,
//! with all that only they needed. Pure; `metac` marks each operation with the entity and action it is about.

use std::collections::BTreeSet;

use athyper_schemas::bundle::Action;
use serde_json::{Map, Value, json};

use crate::catalog::{Catalog, Entity};
use crate::config::Config;
use crate::policy;
use crate::who::{Principal, Scope};

mod fields;
mod questions;

const ENTITY: &str = "x-athyper-entity";
const ACTION: &str = "x-athyper-action";
const VERBS: [&str; 5] = ["get", "post", "patch", "put", "delete"];
const PARTS: [&str; 4] = ["schemas", "responses", "parameters", "headers"];

/// The operations that belong to the program and not to a package.
const OWN: &str = include_str!("openapi/own.json");

/// The whole description: what `metac` wrote of the package, and the operations of the program itself. Those on
/// files are there when a record can hold one. A token is optional where anonymous callers are served.
///
/// # Errors
/// When the text is not JSON.
pub fn whole(text: &str, catalog: &Catalog, config: &Config) -> Result<Value, serde_json::Error> {
    let mut document: Value = serde_json::from_str(text)?;
    if let Some(ways) = document.get_mut("security").and_then(Value::as_array_mut)
        && !config.auth.anonymous_tenant.is_empty()
    {
        ways.push(json!({}));
    }
    let own: Map<String, Value> = serde_json::from_str(OWN)?;
    let holds_files = catalog
        .entities()
        .iter()
        .flat_map(Entity::fields)
        .any(|field| matches!(field.def().ty.name.as_str(), "file" | "image"));
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        paths.extend(questions::all(config)?);
        paths.extend(own.into_iter().filter(|(path, _)| holds_files || !path.starts_with("/api/files")));
    }
    if let Some(tags) = document.get_mut("tags").and_then(Value::as_array_mut) {
        tags.push(json!({ "name": "files", "description": "Values of `file` and `image` fields.", "x-displayName": "Files" }));
        tags.push(json!({ "name": "permissions", "description": "What somebody may do, and why.", "x-displayName": "Permissions" }));
        tags.push(json!({ "name": "meta", "description": "What there is.", "x-displayName": "The model" }));
    }
    Ok(document)
}

/// What `document` leaves to this caller, and to every other of his capacity.
#[must_use]
pub fn seen_by(document: &Value, scope: &Scope, principal: &Principal) -> Value {
    let caller = &Caller { scope, principal };
    let mut seen = document.clone();
    if let Some(paths) = seen.get_mut("paths").and_then(Value::as_object_mut) {
        keep_allowed(paths, caller);
    }
    if let Some(schemas) = seen.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        fields::keep(schemas, caller);
    }
    if let Some(components) = seen.get_mut("components") {
        close_references(components, caller);
    }
    keep_needed(&mut seen);
    keep_tags(&mut seen);
    seen
}

/// Who looks at the description.
struct Caller<'c> {
    scope: &'c Scope,
    principal: &'c Principal,
}

impl Caller<'_> {
    fn may(&self, entity: &Entity, action: Action) -> bool {
        policy::decide(self.scope, self.principal, entity.id(), action).is_ok()
    }

    fn may_write(&self) -> bool {
        let writes = Action::DATA.into_iter().filter(|action| *action != Action::Read);
        let entities = self.scope.catalog().entities();
        writes.into_iter().any(|action| entities.iter().any(|entity| self.may(entity, action)))
    }

    fn may_read(&self, name: &Value) -> bool {
        let named = name.as_str().and_then(|name| self.scope.catalog().named(name));
        named.is_some_and(|entity| self.may(entity, Action::Read))
    }
}

fn keep_allowed(paths: &mut Map<String, Value>, caller: &Caller<'_>) {
    let may_write = caller.may_write();
    paths.retain(|path, item| {
        let Some(item) = item.as_object_mut() else { return true };
        item.retain(|verb, operation| {
            let is_read = verb == "get";
            fields::keep_search(operation, caller);
            !VERBS.contains(&verb.as_str())
                || questions::may_ask(operation, caller)
                    .or_else(|| is_allowed(operation, caller))
                    .unwrap_or(is_read || may_write)
        });
        let has_operations = VERBS.iter().any(|verb| item.contains_key(*verb));
        has_operations || !path.starts_with("/api/")
    });
}

/// Whether an operation on records may be done; nothing for one that is about no entity.
fn is_allowed(operation: &Value, caller: &Caller<'_>) -> Option<bool> {
    let entity = operation.get(ENTITY)?.as_str()?;
    let action = operation.get(ACTION)?.as_str()?;
    let action = Action::DATA.into_iter().find(|a| a.name() == action);
    let named = caller.scope.catalog().named(entity);
    Some(named.zip(action).is_some_and(|(entity, action)| caller.may(entity, action)))
}

/// A reference to records that may not be read is only an id, and does not say of what.
fn close_references(value: &mut Value, caller: &Caller<'_>) {
    match value {
        Value::Object(members) => {
            if let Some(choices) = members.get_mut("anyOf").and_then(Value::as_array_mut)
                && choices.iter().any(|choice| is_hidden(choice, caller))
            {
                choices.retain(|choice| choice.get("$ref").is_none());
            }
            if members.get(ENTITY).is_some_and(|name| !caller.may_read(name)) {
                members.remove(ENTITY);
            }
            members.values_mut().for_each(|member| close_references(member, caller));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| close_references(item, caller)),
        _ => {}
    }
}

fn is_hidden(choice: &Value, caller: &Caller<'_>) -> bool {
    choice.get(ENTITY).is_some_and(|name| !caller.may_read(name))
}

/// Drops every component that nothing refers to any more.
fn keep_needed(document: &mut Value) {
    let mut needed = BTreeSet::new();
    let mut open = Vec::new();
    if let Some(paths) = document.get("paths") {
        references(paths, &mut open);
    }
    while let Some(reference) = open.pop() {
        if needed.insert(reference.clone())
            && let Some(target) = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer))
        {
            references(target, &mut open);
        }
    }
    for part in PARTS {
        let pointer = format!("/components/{part}");
        if let Some(members) = document.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            members.retain(|name, _| {
                let name = name.replace('~', "~0").replace('/', "~1");
                needed.contains(&format!("#{pointer}/{name}"))
            });
        }
    }
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(target) = members.get("$ref").and_then(Value::as_str) {
                found.push(target.to_owned());
            }
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn keep_tags(document: &mut Value) {
    let mut used = BTreeSet::new();
    let items = document.get("paths").and_then(Value::as_object).into_iter().flat_map(Map::values);
    for operation in items.filter_map(Value::as_object).flat_map(Map::values) {
        let tags = operation.get("tags").and_then(Value::as_array).into_iter().flatten();
        used.extend(tags.filter_map(Value::as_str).map(str::to_owned));
    }
    if let Some(tags) = document.get_mut("tags").and_then(Value::as_array_mut) {
        tags.retain(|tag| tag.get("name").and_then(Value::as_str).is_some_and(|name| used.contains(name)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalog::Build;

    fn catalog() -> Build {
        let entity = |name: &str| {
            json!({
                "name": format!("shop.{name}"), "url": name, "label": name, "plural": name, "class": "master",
                "table": name, "fields": [{ "name": "id", "column": "id", "label": "Id", "ty": { "name": "uuid" },
                "system": "id", "required": true }]
            })
        };
        let rule = |entity: &str, allow: &[&str], to: &str| {
            json!({ "name": format!("shop.{entity}Rules"), "entity": format!("shop.{entity}"),
                    "rules": [{ "id": "r", "effect": "allow", "actions": allow, "to": [{ "role": to }],
                        "place": { "file": "x.yaml", "line": 1 } }] })
        };
        let bundle = json!({
            "package": { "name": "shop", "dialects": ["sqlite"] },
            "entities": [entity("Order"), entity("Secret")],
            "enums": [],
            "policies": [rule("Order", &["read"], "*"), rule("Secret", &["read", "create"], "boss")],
        });
        Build::in_memory(serde_json::from_value(bundle).unwrap(), std::collections::BTreeMap::new()).unwrap()
    }

    fn document() -> Value {
        let operation = |entity: &str, action: &str| {
            json!({ "tags": [entity], ENTITY: format!("shop.{entity}"), ACTION: action, "responses": { "200": {
                "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{entity}") } } } } } })
        };
        json!({
            "tags": [{ "name": "Order" }, { "name": "Secret" }, { "name": "batch" }],
            "paths": {
                "/api/data/Order": { "get": operation("Order", "read"), "post": operation("Order", "create") },
                "/api/data/Secret/{id}": { "parameters": [], "get": operation("Secret", "read") },
                "/api/batch": { "post": { "tags": ["batch"] } },
            },
            "components": { "schemas": {
                "Order": { "properties": { "secret": { "anyOf": [
                    { "type": "string", ENTITY: "shop.Secret" }, { "$ref": "#/components/schemas/Secret" }, { "type": "null" }
                ] } } },
                "Secret": { "properties": { "deep": { "$ref": "#/components/schemas/Deep" } } },
                "Deep": {},
            } },
        })
    }

    fn seen(roles: &[&str]) -> Value {
        let principal = crate::fixture::principal(1, "anna", roles);
        seen_by(&document(), &Scope::of(&principal, Arc::clone(catalog().catalog())), &principal)
    }

    #[test]
    fn what_a_caller_may_not_do_is_not_described_nor_named() {
        let clerk = seen(&["clerk"]);
        assert_eq!(clerk["paths"].as_object().unwrap().len(), 1);
        assert!(clerk["paths"]["/api/data/Order"].get("post").is_none());
        assert!(!clerk.to_string().contains("Secret"), "{clerk}");
        assert!(!clerk.to_string().contains("Deep"), "{clerk}");
        assert_eq!(clerk["tags"], json!([{ "name": "Order" }]));
    }

    #[test]
    fn the_programs_own_operations_refer_to_what_is_there() {
        let text = document().to_string();
        let config = crate::config::layers::Layers::defaults().unwrap().resolve().unwrap();
        let paths = |build: &Build| {
            whole(&text, build.catalog(), &config).unwrap()["paths"].as_object().unwrap().clone()
        };
        let all = paths(&catalog());
        assert!(
            all.contains_key("/api/meta/entities") && !all.contains_key("/api/files"),
            "no record holds a file"
        );
        let mut found = Vec::new();
        references(&serde_json::from_str(OWN).unwrap(), &mut found);
        let known = ["Unauthenticated", "Forbidden", "NotFound", "Problem"]
            .map(|n| format!("#/components/responses/{n}"));
        assert!(found.iter().all(|r| known.contains(r) || r == "#/components/parameters/id"), "{found:?}");
    }

    #[test]
    fn what_he_may_do_stays_whole() {
        let boss = seen(&["boss"]);
        assert_eq!(boss["components"], document()["components"]);
        assert!(boss["paths"].get("/api/batch").is_some(), "he may write something");
        assert!(boss["paths"]["/api/data/Secret/{id}"].get("get").is_some());
    }
}
