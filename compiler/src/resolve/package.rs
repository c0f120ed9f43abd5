//! The package as a whole, and what a caller is made of.

use athyper_schemas::field_types::Storage;
use smol_str::SmolStr;

use super::meaning::{Resolver, Site};
use crate::ast;
use crate::diag::package;
use crate::model::{Attribute, FieldType, Package};

pub(super) fn resolve(file: &ast::PackageFile, resolver: &mut Resolver<'_>) -> Package {
    Package {
        name: file.name.clone(),
        name_span: file.span,
        edition: file.edition,
        doc: file.doc.clone(),
        dialects: file.dialects.clone(),
        user: user(file, resolver),
    }
}

/// What was written, after what every caller has.
fn user(file: &ast::PackageFile, resolver: &mut Resolver<'_>) -> Vec<Attribute> {
    let mut out = Vec::new();
    for written in file.user.iter().flatten() {
        let Some(ty) = &written.ty else { continue };
        let site = Site { module: &file.name, inline: "" };
        let meaning = resolver.meaning(ty, site);
        if meaning.poisoned {
            continue;
        }
        let name = written.name.value.as_str();
        if let Some(must) = must_be(name, &meaning.ty, written.required) {
            resolver.sink.error(package::bad_attribute(ty.span, name, must));
        }
        out.push(Attribute {
            name: written.name.value.clone(),
            ty: meaning.ty,
            required: written.required,
            claim: written.claim.as_ref().map(|claim| claim.value.clone()),
        });
    }
    let usual = [("id", FieldType::plain("string"), true), ("roles", roles(), true)];
    let usual = usual
        .into_iter()
        .chain([("email", FieldType::plain("email"), false)].into_iter().filter(|_| file.user.is_none()));
    let missing: Vec<Attribute> = usual
        .filter(|(name, ..)| out.iter().all(|attribute| attribute.name != *name))
        .map(|(name, ty, required)| Attribute { name: SmolStr::new_static(name), ty, required, claim: None })
        .collect();
    missing.into_iter().chain(out).collect()
}

fn roles() -> FieldType {
    FieldType::List(Box::new(FieldType::plain("string")))
}

/// What an attribute must be, when it is not.
fn must_be(name: &str, ty: &FieldType, required: bool) -> Option<&'static str> {
    let is_text = |ty: &FieldType| matches!(ty, FieldType::Scalar(s) if s.facts.storage == Storage::Text);
    let is_uuid = |ty: &FieldType| matches!(ty, FieldType::Scalar(s) if s.facts.name == "uuid");
    match (name, ty) {
        ("id", ty) if !required || !(is_text(ty) || is_uuid(ty)) => {
            Some("`string!` or `uuid!`: every caller has one")
        }
        ("roles", FieldType::List(item)) if required && is_text(item) => None,
        ("roles", _) => Some("`list(string)!`: every caller has some, perhaps none"),
        (_, FieldType::Ref { .. } | FieldType::Children(_)) => Some("a plain value or a list of them"),
        _ => None,
    }
}
