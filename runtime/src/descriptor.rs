//! What there is, as one caller sees it: entities with their fields, for pages and generic clients. Pure.
//!
//! Tables, columns and constraints are not told; an entity that may not be read is not named.

use athyper_schemas::bundle::{self, Action, Class, Trait};
use athyper_schemas::field_types::Operators;
use serde::Serialize;

use crate::catalog::{Catalog, Entity, Field};
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
    natural_key: &'c [String],
    search: &'c [String],
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
pub fn summaries<'c>(catalog: &'c Catalog, principal: &Principal) -> Vec<Summary<'c>> {
    catalog.entities().iter().filter(|e| may_see(e, principal)).map(|e| summary(e, principal)).collect()
}

/// The entity with this address or qualified name, if the principal may read it.
#[must_use]
pub fn descriptor<'c>(scope: &'c Scope, principal: &Principal, name: &str) -> Option<Descriptor<'c>> {
    let catalog = scope.catalog();
    let entity = catalog.at_url(name).or_else(|| catalog.named(name)).filter(|e| may_see(e, principal))?;
    let def = entity.def();
    Some(Descriptor {
        summary: summary(entity, principal),
        traits: def.traits.iter().copied().collect(),
        title: def.title.as_deref(),
        natural_key: &def.natural_key,
        search: &def.search,
        fields: fields(catalog, entity, principal),
    })
}

fn may_see(entity: &Entity, principal: &Principal) -> bool {
    !entity.is_owned() && entity.grant(Action::Read).reaches(principal.roles())
}

fn summary<'c>(entity: &'c Entity, principal: &Principal) -> Summary<'c> {
    let def = entity.def();
    let allowed = |action: &Action| entity.grant(*action).reaches(principal.roles());
    Summary {
        name: &def.name,
        url: &def.url,
        label: &def.label,
        plural: &def.plural,
        doc: def.doc.as_deref(),
        class: def.class,
        actions: Action::DATA.into_iter().filter(allowed).collect(),
    }
}

fn fields<'c>(catalog: &'c Catalog, entity: &'c Entity, principal: &Principal) -> Vec<FieldDescriptor<'c>> {
    let seen = entity.fields().iter().filter(|f| entity.answerable().contains(f.id()));
    seen.map(|f| field(catalog, f, principal)).collect()
}

fn field<'c>(catalog: &'c Catalog, field: &'c Field, principal: &Principal) -> FieldDescriptor<'c> {
    let def = field.def();
    let facts = def.ty.facts();
    let children = field.children().map(|id| fields(catalog, catalog.entity(id), principal));
    let readable = field.reference().map(|id| catalog.entity(id)).filter(|e| may_see(e, principal));
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
        required: def.required,
        read_only: !def.is_writable(),
        operators: operators(facts.operators),
        widget: facts.widget,
        limits: &def.limits,
        default: def.default.as_ref().map(|e| e.source.as_str()),
        computed: def.computed.as_ref().map(|c| c.value.source.as_str()),
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
