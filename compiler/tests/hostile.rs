//! Damaged packages are told what is wrong with them: never a crash, and never an edit or a place outside a file.
#![expect(clippy::disallowed_methods, reason = "a test may read the tree it is about")]

use std::fs;
use std::path::Path;

use athyper_metac::diag::Lints;
use athyper_metac::source::SourceSet;
use proptest::prelude::*;

const PIECES: &[&str] = &[
    "", " ", ":", ": ", "\n", "\n  ", "---\n", "{", "}", "[", "]", "(", ")", ",", "!", "'", "\"", "é",
    "\u{202e}", "null", "~", "entity", "Order", "list(", "enum(", "= ", "#", "|", "&a ", "*a", "parent", "0",
    "-1", "lines", "\t",
];

fn example(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name);
    let mut out: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_string_lossy().into_owned();
            name.ends_with(".yaml").then(|| fs::read(&path).ok().map(|bytes| (name, bytes)))?
        })
        .collect();
    out.sort();
    out
}

/// Replaces a few bytes of one file.
fn damage(files: &mut [(String, Vec<u8>)], at: usize, length: usize, piece: &str) {
    let total: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut at = at % total.max(1);
    for (_, bytes) in files {
        if at < bytes.len() {
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, piece.bytes());
            return;
        }
        at -= bytes.len();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_damaged_package_is_told_what_is_wrong(
        damages in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, prop::sample::select(PIECES)), 1..6)
    ) {
        let mut files = example("purchase");
        for (at, length, piece) in damages {
            damage(&mut files, at.index(1 << 20), length, piece);
        }
        let sources = SourceSet::new(files);
        let outcome = athyper_metac::compile(&sources, Lints::default());
        prop_assert!(outcome.made.is_ok() || !outcome.said.is_empty());
        for said in &outcome.said {
            let places = said.secondary.iter().chain([&said.primary]).map(|label| label.span);
            let edits = said.helps.iter().flat_map(|help| &help.edits).map(|edit| edit.span);
            for span in places.chain(edits) {
                prop_assert!(sources.text(span.file).get(span.range()).is_some(), "{:?} {}", span, said.title);
            }
        }
    }
}
