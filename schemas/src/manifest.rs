//! `manifest.json`: what a build folder holds and what it was made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::canonical::Hash;

/// The file name of the manifest inside a build folder.
pub const FILE: &str = "manifest.json";

/// The contents of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The artifact format, see [`crate::FORMAT`].
    pub format: u32,
    /// The edition of the authoring language.
    pub edition: u16,
    /// The package that was compiled.
    pub package: String,
    /// Hash over the sorted paths and bytes of every source file.
    pub input: Hash,
    /// Hash over `files`: the identity of the artifact.
    pub output: Hash,
    /// Path inside the build folder (with `/`) to the hash of that file.
    pub files: BTreeMap<String, Hash>,
}

impl Manifest {
    /// The identity of an artifact that consists of exactly `files`.
    #[must_use]
    pub fn identity(files: &BTreeMap<String, Hash>) -> Hash {
        let mut text = String::new();
        for (path, hash) in files {
            text.push_str(path);
            text.push('\0');
            text.push_str(hash.as_str());
            text.push('\n');
        }
        Hash::of(text.as_bytes())
    }
}
