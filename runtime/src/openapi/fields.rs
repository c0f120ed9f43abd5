//! Of each schema of a record the fields that one caller can meet there, as he sees them.

use athyper_schemas::bundle::System;
use serde_json::{Map, Value};

use super::{Caller, ENTITY};
use crate::catalog::{Entity, Field};
use crate::policy::{self, Sight};

/// The member of a record that names its masked fields.
const MASKED: &str = "@masked";
/// Marks what is shown in place of a value.
const MASK: &str = "x-athyper-mask";

/// What stands behind the name of an entity in the name of a schema of bodies.
const BODIES: [&str; 5] = [".create", ".replace", ".patch", ".replace.child", ".patch.child"];

/// What a record is described for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Answer,
    Body,
}

/// Leaves of the schemas what the caller can meet.
pub(super) fn keep(schemas: &mut Map<String, Value>, caller: &Caller<'_>) {
    for entity in caller.scope.catalog().entities() {
        let url = &entity.def().url;
        if let Some(schema) = schemas.get_mut(url) {
            record(schema, caller, (entity, Purpose::Answer));
            masks(schema, caller, entity);
        }
        for suffix in BODIES {
            if let Some(schema) = schemas.get_mut(&format!("{url}{suffix}")) {
                record(schema, caller, (entity, Purpose::Body));
            }
        }
    }
}

/// Takes the search away where the caller sees no field that is searched.
pub(super) fn keep_search(operation: &mut Value, caller: &Caller<'_>) {
    let entity = operation.get(ENTITY).and_then(Value::as_str).and_then(|e| caller.scope.catalog().named(e));
    let Some(entity) = entity else { return };
    let mut searched = entity.def().search.iter().filter_map(|name| entity.named(name));
    if searched.any(|field| policy::sees_whole(caller.principal, entity, field)) {
        return;
    }
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        let is_search = |parameter: &Value| parameter["$ref"] == "#/components/parameters/search";
        parameters.retain(|parameter| !is_search(parameter));
    }
}

impl Caller<'_> {
    fn meets(&self, (entity, purpose): (&Entity, Purpose), field: &Field) -> bool {
        match purpose {
            Purpose::Answer => policy::sight(self.principal, entity, field) != Sight::Nothing,
            Purpose::Body => {
                field.def().system == Some(System::Id) || policy::may_ever_set(self.principal, entity, field)
            }
        }
    }
}

fn record(schema: &mut Value, caller: &Caller<'_>, of: (&Entity, Purpose)) {
    let meets = |name: &str| of.0.named(name).is_none_or(|field| caller.meets(of, field));
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| meets(name));
    }
    let keep = |schema: &mut Value| {
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|name| name.as_str().is_none_or(meets));
        }
    };
    keep(schema);
    for part in members(schema, "anyOf") {
        keep(part);
    }
    for shown in members(schema, "examples") {
        example(shown, caller, of);
    }
}

fn members<'v>(value: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// An example, and those of owned children in it.
fn example(shown: &mut Value, caller: &Caller<'_>, of: (&Entity, Purpose)) {
    let Some(object) = shown.as_object_mut() else { return };
    object.retain(|name, _| of.0.named(name).is_none_or(|field| caller.meets(of, field)));
    for (name, inner) in object {
        let children = of.0.named(name).and_then(Field::children).map(|c| caller.scope.catalog().entity(c));
        if let (Some(children), Some(items)) = (children, inner.as_array_mut()) {
            items.iter_mut().for_each(|item| example(item, caller, (children, of.1)));
        }
    }
}

/// Of the values and masks of each field what the caller can meet, and the names of those that are masked for him.
fn masks(schema: &mut Value, caller: &Caller<'_>, entity: &Entity) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let mut partly = Vec::new();
    for field in entity.fields() {
        let sight = policy::sight(caller.principal, entity, field);
        if !matches!(sight, Sight::Whole | Sight::Nothing) {
            partly.push(Value::from(field.name()));
        }
        if let Some(choices) = properties.get_mut(field.name()).and_then(|shape| shape.get_mut("anyOf")) {
            narrow(choices, &sight);
        }
    }
    if partly.is_empty() {
        properties.remove(MASKED);
    } else if let Some(names) =
        properties.get_mut(MASKED).and_then(|member| member.pointer_mut("/items/enum"))
    {
        *names = partly.into();
    }
}

fn narrow(choices: &mut Value, sight: &Sight) {
    let Some(choices) = choices.as_array_mut() else { return };
    let is_mask = |choice: &Value| choice.get(MASK).is_some();
    if !choices.iter().any(is_mask) {
        return;
    }
    match sight {
        Sight::Masked(_) => choices.retain(|choice| is_mask(choice) || choice["type"] == "null"),
        Sight::Where(_, Some(_)) => {}
        _ => choices.retain(|choice| !is_mask(choice)),
    }
}
