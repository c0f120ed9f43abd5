//! Bundle -> files. Pure, deterministic and total: what could not be written was refused by `check`, and what
//! had to be decided was decided by `lower`. Sees only the Bundle; no clock, path, span or environment enters.

use std::collections::BTreeMap;

use athyper_schemas::bundle::{Bundle, Field};
use athyper_schemas::canonical::Hash;

mod json;
mod json_schema;
mod manifest;
mod openapi;
mod rust;
mod shape;
pub mod sql;

/// The files of a build folder: path with `/` to contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutputSet {
    files: BTreeMap<String, Vec<u8>>,
}

impl OutputSet {
    /// Every file, by path.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// The contents of one file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    fn add(&mut self, path: impl Into<String>, contents: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), contents.into());
    }
}

/// An example of what a field holds, as JSON; nothing where none can be made up.
pub(crate) fn example(bundle: &Bundle, field: &Field) -> Option<serde_json::Value> {
    shape::example::field(bundle, field)
}

/// Every file of the build folder, the manifest included. `input` is the hash over the sources.
#[must_use]
pub fn emit(bundle: &Bundle, input: &Hash) -> OutputSet {
    let mut out = OutputSet::default();
    json::emit(bundle, &mut out);
    sql::emit(bundle, &mut out);
    json_schema::emit(bundle, &mut out);
    openapi::emit(bundle, &mut out);
    rust::emit(bundle, &mut out);
    manifest::emit(bundle, input, &mut out);
    out
}
