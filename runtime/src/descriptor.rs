//! What there is, as one caller sees it: entities with their fields, for pages and generic clients. Pure.
//!
//! Tables, columns and constraints are not told; an entity that may not be read, or a field that is never seen, is not
//! named, neither where it is used nor in what is computed from it.

use athyper_schemas::bundle::{self, Action, Class, Mask, Trait};
use athyper_schemas::field_types::Operators;
use athyper_schemas::ir::{Expr, Node};
use serde::Serialize;

use crate::catalog::{Catalog, Entity, Field, FieldSet};
use crate::policy::{self, Access, Sight};
use crate::who::{Principal, Scope};

/// An entity in a list of entities.
#[derive(Debug, Serialize)]
pub struct Summary<'c> {
    name: &'c str,
    url: &'c str,
    label: &'c str,
    plural: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc: Option<&'c str>,
    class: Class,
    actions: Vec<Action>,
}

/// An entity with its fields.
#[derive(Debug, Serialize)]
pub struct Descriptor<'c> {
    #[serde(flatten)]
    summary: Summary<'c>,
    traits: Vec<Trait>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'c str>,
    natural_key: Vec<&'c str>,
    search: Vec<&'c str>,
    fields: Vec<FieldDescriptor<'c>>,
}

/// A field.
#[derive(Debug, Serialize)]
struct FieldDescriptor<'c> {
    name: &'c str,
    label: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc: Option<&'c str>,
    #[serde(flatten)]
    shape: Shape<'c>,
    /// What is seen of it where it is not seen as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    mask: Option<Mask>,
    required: bool,
    read_only: bool,
    operators: &'static str,
    widget: &'static str,
    #[serde(skip_serializing_if = "bundle::Limits::is_empty")]
    limits: &'c bundle::Limits,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    computed: Option<&'c str>,
    personal: bool,
    /// The fields of owned children.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldDescriptor<'c>>,
}

/// A type with its arguments.
#[derive(Debug, Serialize)]
struct Shape<'c> {
    #[serde(rename = "type")]
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<&'c [bundle::EnumValue]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<&'c str>,
}

/// Every entity that the principal may read.
#[must_use]
pub fn summaries<'c>(scope: &'c Scope, principal: &Principal) -> Vec<Summary<'c>> {
    let readable = scope.catalog().entities().iter().filter_map(|e| read(scope, principal, e).map(|_| e));
    readable.map(|e| summary(scope, principal, e)).collect()
}

/// The entity with this address or qualified name, if the principal may read it.
#[must_use]
pub fn descriptor<'c>(scope: &'c Scope, principal: &Principal, name: &str) -> Option<Descriptor<'c>> {
    let catalog = scope.catalog();
    let entity = catalog.at_url(name).or_else(|| catalog.named(name))?;
    let access = read(scope, principal, entity)?;
    let def = entity.def();
    Some(Descriptor {
        summary: summary(scope, principal, entity),
        traits: def.traits.iter().copied().collect(),
        title: def.title.as_deref().filter(|name| named(entity, access.shown(), name)),
        natural_key: kept(entity, access.shown(), &def.natural_key),
        search: kept(entity, access.visible(), &def.search),
        fields: fields(entity, &access, catalog),
    })
}

/// Whether a field is one of these.
fn named(entity: &Entity, fields: &FieldSet, name: &str) -> bool {
    entity.named(name).is_some_and(|field| fields.contains(field.id()))
}

fn kept<'c>(entity: &Entity, fields: &FieldSet, names: &'c [String]) -> Vec<&'c str> {
    names.iter().map(String::as_str).filter(|name| named(entity, fields, name)).collect()
}

/// The text of an expression, if it names nothing that the caller never sees.
fn told<'c>(catalog: &Catalog, access: &Access, expr: &'c Expr) -> Option<&'c str> {
    let mut hidden = false;
    expr.root.each(&mut |node| {
        let Node::Field(field) = node else { return };
        let seen = catalog.named(&field.entity).is_some_and(|entity| {
            let top = catalog.top(entity).id();
            let readable = top == catalog.top(access.entity()).id() || access.follow(top).is_ok();
            let field = entity.named(&field.name).filter(|_| readable);
            field.is_some_and(|field| policy::sight(access.principal(), entity, field) != Sight::Nothing)
        });
        hidden |= !seen;
    });
    (!hidden).then_some(expr.source.as_str())
}

fn read(scope: &Scope, principal: &Principal, entity: &Entity) -> Option<Access> {
    policy::decide(scope, principal, entity.id(), Action::Read).ok()
}

fn summary<'c>(scope: &Scope, principal: &Principal, entity: &'c Entity) -> Summary<'c> {
    let def = entity.def();
    let data = |action: &Action| Action::DATA.contains(action);
    Summary {
        name: &def.name,
        url: &def.url,
        label: &def.label,
        plural: &def.plural,
        doc: def.doc.as_deref(),
        class: def.class,
        actions: policy::actions(scope, principal, entity.id()).filter(data).collect(),
    }
}

fn fields<'c>(entity: &'c Entity, access: &Access, catalog: &'c Catalog) -> Vec<FieldDescriptor<'c>> {
    let shown = entity.fields().iter().filter(|f| access.shown().contains(f.id()));
    shown.map(|f| field(f, access, catalog)).collect()
}

fn field<'c>(field: &'c Field, access: &Access, catalog: &'c Catalog) -> FieldDescriptor<'c> {
    let def = field.def();
    let facts = def.ty.facts();
    let children = access.children(field.id()).zip(field.children());
    let children = children.map(|(access, id)| fields(catalog.entity(id), &access, catalog));
    let readable = field.reference().filter(|id| access.follow(*id).is_ok()).map(|id| catalog.entity(id));
    FieldDescriptor {
        name: &def.name,
        label: &def.label,
        doc: def.doc.as_deref(),
        shape: Shape {
            name: &def.ty.name,
            max_length: def.ty.max_length,
            precision: def.ty.precision,
            scale: def.ty.scale,
            item: def.ty.item.as_ref().map(|item| item.name.as_str()),
            values: values(catalog, field),
            entity: readable.map(|e| e.name()),
        },
        mask: match access.sight(field.id()) {
            Sight::Masked(mask) | Sight::Where(_, Some(mask)) => Some(*mask),
            _ => None,
        },
        required: def.required,
        read_only: !policy::may_ever_set(access.principal(), access.entity(), field),
        operators: if access.visible().contains(field.id()) { operators(facts.operators) } else { "none" },
        widget: facts.widget,
        limits: &def.limits,
        default: def.default.as_ref().and_then(|default| told(catalog, access, default)),
        computed: def.computed.as_ref().and_then(|computed| told(catalog, access, &computed.value)),
        personal: def.personal,
        fields: children.unwrap_or_default(),
    }
}

fn values<'c>(catalog: &'c Catalog, field: &'c Field) -> Option<&'c [bundle::EnumValue]> {
    let ty = field.def().ty.item.as_deref().unwrap_or(&field.def().ty);
    let name = ty.target.as_deref().filter(|_| ty.name == "enum")?;
    catalog.enumeration(name).map(|e| e.values.as_slice())
}

const fn operators(operators: Operators) -> &'static str {
    match operators {
        Operators::Text => "text",
        Operators::Ordered => "ordered",
        Operators::Equality => "equality",
        Operators::List => "list",
        Operators::Presence => "presence",
    }
}
