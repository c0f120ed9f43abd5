//! Entities as structs: what is answered, and what is sent to create or patch.

use athyper_schemas::bundle::{Entity, Field, FieldType};
use athyper_schemas::field_types::Storage;

use super::name::{distinct, ident, module_path};
use super::source::{Source, Type, literal};
use crate::emit::shape::{Purpose, has, must_be_sent};

/// Which structs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// Answers.
    Read,
    /// Bodies of creates.
    Create,
    /// Bodies of merge patches, and what they say about owned children.
    Patch,
}

/// The struct of an entity.
pub(super) fn record(out: &mut Source, entity: &Entity, body: Body) {
    let purpose = match (body, &entity.owner) {
        (Body::Read, _) => Purpose::Read,
        (Body::Create, _) => Purpose::Create,
        (Body::Patch, None) => Purpose::Patch,
        (Body::Patch, Some(_)) => Purpose::PatchChild,
    };
    let fields: Vec<&Field> = entity.fields.iter().filter(|field| has(entity, field, purpose)).collect();
    let can_be_empty = body != Body::Read && fields.iter().all(|field| !is_bare(entity, field, body));
    let mut traits = vec!["Debug", "Clone", "PartialEq"];
    traits.extend(can_be_empty.then_some("Default"));
    traits.extend(["serde::Serialize", "serde::Deserialize"]);
    out.doc(entity.doc.as_deref().unwrap_or(&entity.label));
    out.attribute("derive", &traits);
    out.block(&["pub struct ", &ident(entity.name.rsplit('.').next().unwrap_or_default())], |out| {
        let names = distinct(fields.iter().map(|field| ident(&field.name)));
        for (field, name) in fields.iter().zip(&names) {
            member(out, field, name, (body, is_bare(entity, field, body)));
        }
    });
}

/// Whether the member is a value as it is, neither optional nor a list that may be left out.
fn is_bare(entity: &Entity, field: &Field, body: Body) -> bool {
    match body {
        Body::Read => field.required && !field.ty.is_children(),
        Body::Create => must_be_sent(entity, field),
        Body::Patch => false,
    }
}

fn member(out: &mut Source, field: &Field, name: &str, (body, is_bare): (Body, bool)) {
    match &field.doc {
        Some(doc) => out.doc(doc),
        None => out.doc(&format!("{}.", field.label)),
    }
    let rename = (name != field.name).then(|| format!("rename = {}", literal(&field.name)));
    let mut attributes: Vec<&str> = rename.as_deref().into_iter().collect();
    let mut ty = value(field, body);
    if !is_bare && field.ty.is_children() && body != Body::Patch {
        attributes.extend(["default", "skip_serializing_if = \"Vec::is_empty\""]);
    } else if !is_bare {
        attributes.push("default");
        if body == Body::Patch && !field.required && !field.ty.is_children() {
            attributes.push("deserialize_with = \"crate::present\"");
            ty = Type::of("Option", ty);
        }
        attributes.push("skip_serializing_if = \"Option::is_none\"");
        ty = Type::of("Option", ty);
    }
    if !attributes.is_empty() {
        out.serde(&attributes);
    }
    out.field(name, &ty);
}

fn value(field: &Field, body: Body) -> Type {
    let target = field.ty.target.as_deref().unwrap_or_default();
    if field.ty.is_children() {
        return Type::of("Vec", path(target, body));
    }
    if field.ty.is_ref() && body == Body::Read {
        return Type::of("crate::Ref", path(target, Body::Read));
    }
    scalar(&field.ty)
}

fn scalar(ty: &FieldType) -> Type {
    if let Some(item) = &ty.item {
        return Type::of("Vec", scalar(item));
    }
    if let Some(target) = ty.target.as_deref().filter(|_| ty.name == "enum") {
        return path(target, Body::Read);
    }
    Type::Path(
        match ty.storage() {
            Storage::Text => "String",
            Storage::Int => "i64",
            Storage::Bool => "bool",
            Storage::Decimal => "crate::Decimal",
            Storage::Date => "crate::Date",
            Storage::Time => "crate::Time",
            Storage::Datetime => "crate::Datetime",
            Storage::Duration => "crate::Duration",
            Storage::Uuid => "crate::Uuid",
            Storage::Json | Storage::Children => "crate::Json",
        }
        .to_owned(),
    )
}

/// The path of the type for `qualified`.
fn path(qualified: &str, body: Body) -> Type {
    let mut path = match body {
        Body::Read => "crate::".to_owned(),
        Body::Create => "crate::create::".to_owned(),
        Body::Patch => "crate::patch::".to_owned(),
    };
    for module in module_path(qualified) {
        path.push_str(&ident(&module));
        path.push_str("::");
    }
    path.push_str(&ident(qualified.rsplit('.').next().unwrap_or_default()));
    Type::Path(path)
}
