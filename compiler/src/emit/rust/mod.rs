//! `rust/`: a crate with the records of the package as types: what is answered at its root, the bodies of creates
//! and patches in modules of their own. It needs serde and nothing else.

use athyper_schemas::bundle::{Bundle, Entity, Enum};
use proc_macro2::TokenStream;
use quote::quote;

use super::OutputSet;

mod name;
mod prelude;
mod record;

use name::{documented, ident, module_path, pascal};
use record::{Body, records};

pub(super) fn emit(bundle: &Bundle, out: &mut OutputSet) {
    out.add("rust/Cargo.toml", cargo_toml(bundle));
    out.add("rust/src/lib.rs", pretty(library(bundle)));
}

fn cargo_toml(bundle: &Bundle) -> String {
    let name = name::ascii(&bundle.package.name);
    format!(
        "[package]\nname = \"{name}-model\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\n\
         # A workspace of its own, wherever the folder is put.\n[workspace]\n"
    )
}

/// `tokens` as formatted source text.
#[expect(clippy::expect_used, reason = "every item is quoted from whole items with checked identifiers")]
fn pretty(tokens: TokenStream) -> String {
    let file: syn::File = syn::parse2(tokens).expect("whole items make a file");
    prettyplease::unparse(&file)
}

fn library(bundle: &Bundle) -> TokenStream {
    let title = format!(" The records of the package `{}` as types.", bundle.package.name);
    let doc = bundle.package.doc.iter().flat_map(|doc| documented(doc));
    let prelude = prelude::tokens();
    let enums = bundle.enums.iter().map(|written| Item::new(&written.name, enumeration(written)));
    let answers = records(bundle, Body::Read).map(|(entity, tokens)| Item::new(&entity.name, tokens));
    let answers = modules(enums.chain(answers).collect());
    let create = modules(named(records(bundle, Body::Create)));
    let patch = modules(named(records(bundle, Body::Patch)));
    quote! {
        #![doc = #title]
        #![doc = ""]
        #(#![doc = #doc])*
        #![forbid(unsafe_code)]
        #prelude
        #answers
        #[doc = " The bodies of creates."]
        pub mod create { #create }
        #[doc = " The bodies of merge patches: what is `None` stays as it is."]
        pub mod patch { #patch }
    }
}

fn named<'b>(records: impl Iterator<Item = (&'b Entity, TokenStream)>) -> Vec<Item> {
    records.map(|(entity, tokens)| Item::new(&entity.name, tokens)).collect()
}

/// An item and the modules it stands in, outermost first.
struct Item {
    path: Vec<String>,
    tokens: TokenStream,
}

impl Item {
    fn new(qualified: &str, tokens: TokenStream) -> Self {
        Self { path: module_path(qualified), tokens }
    }
}

/// The items in nested modules, in the order of the names of the modules.
fn modules(mut items: Vec<Item>) -> TokenStream {
    items.sort_by(|a, b| a.path.cmp(&b.path));
    let mut out = TokenStream::new();
    let mut rest = items.into_iter().peekable();
    while let Some(mut item) = rest.next() {
        if item.path.is_empty() {
            out.extend(item.tokens);
            continue;
        }
        let first = item.path.remove(0);
        let mut inside = vec![item];
        while let Some(mut next) = rest.next_if(|next| next.path.first() == Some(&first)) {
            next.path.remove(0);
            inside.push(next);
        }
        let (name, inside) = (ident(&first), modules(inside));
        let doc = format!(" The module `{first}`.");
        out.extend(quote! { #[doc = #doc] pub mod #name { #inside } });
    }
    out
}

fn enumeration(written: &Enum) -> TokenStream {
    let name = ident(written.name.rsplit('.').next().unwrap_or_default());
    let doc = documented(written.doc.as_deref().unwrap_or(&written.label));
    let texts: Vec<&str> = written.values.iter().map(|value| value.name.as_str()).collect();
    let variants: Vec<_> =
        name::distinct(texts.iter().map(|text| pascal(text))).iter().map(|v| ident(v)).collect();
    let labels = written.values.iter().map(|value| format!(" {}.", value.label));
    quote! {
        #(#[doc = #doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum #name {
            #(#[doc = #labels] #[serde(rename = #texts)] #variants,)*
        }
        impl #name {
            #[doc = " Every value, in the order of the model."]
            pub const ALL: &'static [Self] = &[#(Self::#variants,)*];
            #[doc = " The value as it is stored and sent."]
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { #(Self::#variants => #texts,)* }
            }
        }
    }
}
