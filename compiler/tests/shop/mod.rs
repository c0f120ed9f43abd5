//! The package `tests/golden/shop/package`, compiled once per suite.

#![allow(dead_code, reason = "every suite uses a part")]
#![allow(clippy::disallowed_methods, reason = "the library is pure, its suites read and write files")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use athyper_metac::diag::Lints;
use athyper_metac::source::SourceSet;
use serde_json::Value;

/// Path with `/` to contents.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A folder of this golden.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/shop").join(name)
}

/// Every file below a folder.
pub fn read(root: &Path) -> Files {
    let files = ignore::WalkBuilder::new(root).standard_filters(false).build().flatten();
    let files = files.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    files
        .map(|entry| {
            let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            (path, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// The files of its artifact.
pub fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let sources = SourceSet::new(read(&folder("package")));
        let outcome = athyper_metac::compile(&sources, Lints::default());
        assert!(outcome.said.is_empty(), "{:#?}", outcome.said);
        outcome.made.unwrap().files().clone()
    })
}

/// The text of one of them.
pub fn text(path: &str) -> String {
    utf8(&files()[path])
}

/// One of them as JSON.
pub fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

/// Contents as text.
pub fn utf8(contents: &[u8]) -> String {
    String::from_utf8(contents.to_vec()).unwrap()
}
