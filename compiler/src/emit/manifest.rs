//! `manifest.json`: the list of all other files with their hashes, written last.

use std::collections::BTreeMap;

use athyper_schemas::bundle::Bundle;
use athyper_schemas::canonical::Hash;
use athyper_schemas::manifest::{self, Manifest};
use athyper_schemas::{EDITION, FORMAT};

use super::OutputSet;
use super::json::readable;

pub(super) fn emit(bundle: &Bundle, input: &Hash, out: &mut OutputSet) {
    let files: BTreeMap<String, Hash> =
        out.files().iter().map(|(path, contents)| (path.clone(), Hash::of(contents))).collect();
    let manifest = Manifest {
        format: FORMAT,
        edition: EDITION,
        package: bundle.package.name.clone(),
        input: input.clone(),
        output: Manifest::identity(&files),
        files,
    };
    out.add(manifest::FILE, readable(&manifest));
}
