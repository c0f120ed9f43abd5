//! `rust/`: a crate with the records of the package as types: what is answered at its root, the bodies of creates
//! and patches in modules of their own. It needs serde and nothing else.

use athyper_schemas::bundle::{Bundle, Entity, Enum};

use super::OutputSet;

mod name;
mod prelude;
mod record;
mod source;

use name::{ident, module_path, pascal};
use record::{Body, record};
use source::{Source, literal};

pub(super) fn emit(bundle: &Bundle, out: &mut OutputSet) {
    out.add("rust/Cargo.toml", cargo_toml(bundle));
    out.add("rust/src/lib.rs", library(bundle));
}

fn cargo_toml(bundle: &Bundle) -> String {
    let name = name::ascii(&bundle.package.name);
    format!(
        "[package]\nname = \"{name}-model\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\n\
         # A workspace of its own, wherever the folder is put.\n[workspace]\n"
    )
}

fn library(bundle: &Bundle) -> String {
    let mut out = Source::new(prelude::text(&bundle.package));
    let enums = bundle.enums.iter().map(Item::Enum);
    modules(&mut out, enums.chain(records(bundle, Body::Read)).collect());
    out.doc("The bodies of creates.");
    out.block(&["pub mod create"], |out| modules(out, records(bundle, Body::Create).collect()));
    out.doc("The bodies of merge patches: what is `None` stays as it is.");
    out.block(&["pub mod patch"], |out| modules(out, records(bundle, Body::Patch).collect()));
    out.into_text()
}

fn records(bundle: &Bundle, body: Body) -> impl Iterator<Item = Item<'_>> {
    bundle.entities.iter().map(move |entity| Item::Record(entity, body))
}

/// What a module holds.
enum Item<'b> {
    Enum(&'b Enum),
    Record(&'b Entity, Body),
}

impl Item<'_> {
    /// The modules it stands in, outermost first.
    fn path(&self) -> Vec<String> {
        match self {
            Self::Enum(written) => module_path(&written.name),
            Self::Record(entity, _) => module_path(&entity.name),
        }
    }

    fn write(&self, out: &mut Source) {
        match self {
            Self::Enum(written) => enumeration(out, written),
            Self::Record(entity, body) => record(out, entity, *body),
        }
    }
}

/// The items in nested modules, in the order of the names of the modules.
fn modules(out: &mut Source, items: Vec<Item<'_>>) {
    let mut placed: Vec<_> = items.into_iter().map(|item| (item.path(), item)).collect();
    placed.sort_by(|(a, _), (b, _)| a.cmp(b));
    module(out, &placed, 0);
}

/// The items of one module, which stands in `depth` others; those of modules inside it come behind its own.
fn module(out: &mut Source, items: &[(Vec<String>, Item<'_>)], depth: usize) {
    for inside in items.chunk_by(|(a, _), (b, _)| a.get(depth) == b.get(depth)) {
        match inside.first().and_then(|(path, _)| path.get(depth)) {
            None => inside.iter().for_each(|(_, item)| item.write(out)),
            Some(name) => {
                out.doc(&format!("The module `{name}`."));
                out.block(&["pub mod ", &ident(name)], |out| module(out, inside, depth + 1));
            }
        }
    }
}

fn enumeration(out: &mut Source, written: &Enum) {
    let name = ident(written.name.rsplit('.').next().unwrap_or_default());
    let texts: Vec<String> = written.values.iter().map(|value| literal(&value.name)).collect();
    let names = name::distinct(written.values.iter().map(|value| pascal(&value.name)));
    let variants: Vec<String> = names.iter().map(|name| ident(name)).collect();
    let paths: Vec<String> = variants.iter().map(|variant| format!("Self::{variant}")).collect();
    out.doc(written.doc.as_deref().unwrap_or(&written.label));
    out.attribute("derive", ENUM_TRAITS);
    out.block(&["pub enum ", &name], |out| {
        for ((value, text), variant) in written.values.iter().zip(&texts).zip(&variants) {
            out.doc(&format!("{}.", value.label));
            out.attribute("serde", &[&format!("rename = {text}")]);
            out.line(&[variant, ","]);
        }
    });
    out.block(&["impl ", &name], |out| {
        out.doc("Every value, in the order of the model.");
        let all: Vec<&str> = paths.iter().map(String::as_str).collect();
        out.list(&["pub const ALL: &'static [Self] = &["], &all, ",", "];");
        out.doc("The value as it is stored and sent.");
        out.line(&["#[must_use]"]);
        out.block(&["pub const fn name(self) -> &'static str"], |out| {
            out.block(&["match self"], |out| {
                paths.iter().zip(&texts).for_each(|(path, text)| out.arm(path, text));
            });
        });
    });
}

/// What every enum derives.
const ENUM_TRAITS: &[&str] = &[
    "Debug",
    "Clone",
    "Copy",
    "PartialEq",
    "Eq",
    "PartialOrd",
    "Ord",
    "Hash",
    "serde::Serialize",
    "serde::Deserialize",
];

#[cfg(test)]
mod tests;
