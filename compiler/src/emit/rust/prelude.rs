//! What every generated crate begins with: what it is about, and the types of single values.

use athyper_schemas::bundle::Package;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// Values that travel as text, each with its form.
const TEXTS: [(&str, &str); 6] = [
    ("Decimal", "An exact decimal: `-12.50`."),
    ("Date", "A calendar day: `2026-03-31`."),
    ("Time", "A time of day: `09:30:00`."),
    ("Datetime", "An instant in RFC 3339: `2026-03-31T09:30:00Z`."),
    ("Duration", "A length of time in ISO 8601: `PT1H30M`."),
    ("Uuid", "A UUID, lower case with hyphens."),
];

/// The beginning of the crate for `package`, as whole lines.
#[expect(clippy::expect_used, reason = "the items are quoted here and made of fixed identifiers")]
pub(super) fn text(package: &Package) -> String {
    let title = format!(" The records of the package `{}` as types.", package.name);
    let doc = package.doc.iter().flat_map(|doc| doc.lines()).map(|line| format!(" {}", line.trim_end()));
    let values = values();
    let tokens = quote! {
        #![doc = #title]
        #![doc = ""]
        #(#![doc = #doc])*
        #![forbid(unsafe_code)]
        #values
    };
    let file: syn::File = syn::parse2(tokens).expect("whole items make a file");
    prettyplease::unparse(&file)
}

fn values() -> TokenStream {
    let names = TEXTS.iter().map(|(name, _)| format_ident!("{name}"));
    let docs = TEXTS.iter().map(|(_, doc)| format!(" {doc}"));
    let json = json();
    quote! {
        #(
            #[doc = #docs]
            #[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
            #[serde(transparent)]
            pub struct #names(pub String);
            impl std::fmt::Display for #names {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(&self.0)
                }
            }
        )*
        #json
        #[doc = " A reference in an answer: the id, or with `expand` the record."]
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(untagged)]
        pub enum Ref<T> {
            #[doc = " The id of the record."]
            Id(Uuid),
            #[doc = " The record itself."]
            Record(Box<T>),
        }
        #[doc = " Tells an explicit `null` from an absent key: reads whatever is present as `Some`."]
        #[doc = ""]
        #[doc = " # Errors"]
        #[doc = " When the value is not a `T`."]
        pub fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
        where
            D: serde::Deserializer<'de>,
            T: serde::Deserialize<'de>,
        {
            T::deserialize(deserializer).map(Some)
        }
    }
}

fn json() -> TokenStream {
    quote! {
        #[doc = " Any JSON document."]
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(untagged)]
        pub enum Json {
            #[doc = " `null`."]
            Null,
            #[doc = " `true` or `false`."]
            Bool(bool),
            #[doc = " A whole number."]
            Integer(i64),
            #[doc = " Any other number."]
            Number(f64),
            #[doc = " Text."]
            Text(String),
            #[doc = " An array."]
            List(Vec<Json>),
            #[doc = " An object."]
            Object(std::collections::BTreeMap<String, Json>),
        }
    }
}
