//! Entities as structs: what is answered, and what is sent to create or patch.

use athyper_schemas::bundle::{Bundle, Entity, Field, FieldType};
use athyper_schemas::field_types::Storage;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::name::{distinct, documented, ident, module_path};
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

/// The struct of every entity.
pub(super) fn records(bundle: &Bundle, body: Body) -> impl Iterator<Item = (&Entity, TokenStream)> {
    bundle.entities.iter().map(move |entity| (entity, record(entity, body)))
}

fn record(entity: &Entity, body: Body) -> TokenStream {
    let purpose = match (body, &entity.owner) {
        (Body::Read, _) => Purpose::Read,
        (Body::Create, _) => Purpose::Create,
        (Body::Patch, None) => Purpose::Patch,
        (Body::Patch, Some(_)) => Purpose::PatchChild,
    };
    let fields: Vec<&Field> = entity.fields.iter().filter(|field| has(entity, field, purpose)).collect();
    let names = distinct(fields.iter().map(|field| ident(&field.name).to_string()));
    let members = fields.iter().zip(&names).map(|(field, name)| member(entity, field, name, body));
    let name = ident(entity.name.rsplit('.').next().unwrap_or_default());
    let doc = documented(entity.doc.as_deref().unwrap_or(&entity.label));
    let can_be_empty = body != Body::Read && fields.iter().all(|field| !is_bare(entity, field, body));
    let default = can_be_empty.then(|| quote! { Default, });
    quote! {
        #(#[doc = #doc])*
        #[derive(Debug, Clone, PartialEq, #default serde::Serialize, serde::Deserialize)]
        pub struct #name { #(#members)* }
    }
}

/// Whether the member is a value as it is, neither optional nor a list that may be left out.
fn is_bare(entity: &Entity, field: &Field, body: Body) -> bool {
    match body {
        Body::Read => field.required && !field.ty.is_children(),
        Body::Create => must_be_sent(entity, field),
        Body::Patch => false,
    }
}

fn member(entity: &Entity, field: &Field, name: &str, body: Body) -> TokenStream {
    let text = &field.name;
    let name: syn::Ident = syn::parse_str(name).unwrap_or_else(|_| ident(name));
    let words = field.doc.as_deref().map_or_else(|| format!("{}.", field.label), ToOwned::to_owned);
    let doc = documented(&words);
    let rename = (name != text.as_str()).then(|| quote! { rename = #text, });
    let inner = value(field, body);
    let (attributes, ty) = if is_bare(entity, field, body) {
        (quote! {}, inner)
    } else if field.ty.is_children() && body != Body::Patch {
        (quote! { default, skip_serializing_if = "Vec::is_empty", }, inner)
    } else if body == Body::Patch && !field.required && !field.ty.is_children() {
        let attributes =
            quote! { default, deserialize_with = "crate::present", skip_serializing_if = "Option::is_none", };
        (attributes, quote! { Option<Option<#inner>> })
    } else {
        (quote! { default, skip_serializing_if = "Option::is_none", }, quote! { Option<#inner> })
    };
    let serde =
        (rename.is_some() || !attributes.is_empty()).then(|| quote! { #[serde(#rename #attributes)] });
    quote! { #(#[doc = #doc])* #serde pub #name: #ty, }
}

fn value(field: &Field, body: Body) -> TokenStream {
    let target = field.ty.target.as_deref().unwrap_or_default();
    if field.ty.is_children() {
        let child = path(target, body);
        return quote! { Vec<#child> };
    }
    if field.ty.is_ref() && body == Body::Read {
        let record = path(target, Body::Read);
        return quote! { crate::Ref<#record> };
    }
    scalar(&field.ty)
}

fn scalar(ty: &FieldType) -> TokenStream {
    if let Some(item) = &ty.item {
        let item = scalar(item);
        return quote! { Vec<#item> };
    }
    if let Some(target) = ty.target.as_deref().filter(|_| ty.name == "enum") {
        return path(target, Body::Read);
    }
    match ty.storage() {
        Storage::Text => quote! { String },
        Storage::Int => quote! { i64 },
        Storage::Bool => quote! { bool },
        Storage::Decimal => quote! { crate::Decimal },
        Storage::Date => quote! { crate::Date },
        Storage::Time => quote! { crate::Time },
        Storage::Datetime => quote! { crate::Datetime },
        Storage::Duration => quote! { crate::Duration },
        Storage::Uuid => quote! { crate::Uuid },
        Storage::Json | Storage::Children => quote! { crate::Json },
    }
}

/// The path of the type for `qualified`.
fn path(qualified: &str, body: Body) -> TokenStream {
    let root = match body {
        Body::Read => None,
        Body::Create => Some(format_ident!("create")),
        Body::Patch => Some(format_ident!("patch")),
    };
    let modules = module_path(qualified);
    let modules = root.into_iter().chain(modules.iter().map(|module| ident(module)));
    let name = ident(qualified.rsplit('.').next().unwrap_or_default());
    quote! { crate::#(#modules::)*#name }
}
