//! Same files, same bytes: wherever, whenever and in whatever order they lie on the disk.
#![expect(clippy::unwrap_used, reason = "a panic is the report of a test")]

use std::collections::BTreeMap;
use std::path::Path;

use athyper_metac::diag::Lints;
use athyper_metac::source::SourceSet;
use athyper_tests::{golden, package, programs, tree};

const EXAMPLES: &[&str] = &["chinook", "hello", "leave", "purchase"];

/// Examples whose whole build is kept, for reviews to read; of the others the manifest, which holds the hash of every file.
const KEPT_WHOLE: &[&str] = &["hello", "purchase"];

fn sources(example: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = tree::read(&programs::root().join("examples").join(example)).unwrap();
    files.retain(|path, _| path.ends_with(".yaml") && !path.starts_with("build/"));
    files
}

/// Compiles with a hostile environment and gives every file of the build.
fn build(package: &Path, environment: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let out = package.parent().unwrap().join("out");
    let mut command = programs::metac().unwrap();
    command
        .arg("compile")
        .arg(".")
        .arg("--out")
        .arg(&out)
        .current_dir(package)
        .envs(environment.iter().copied());
    programs::run(&mut command).unwrap();
    let files = tree::read(&out).unwrap();
    std::fs::remove_dir_all(out).unwrap();
    files
}

#[test]
fn every_example_compiles_to_the_same_bytes_everywhere() {
    for example in EXAMPLES {
        let files = sources(example);
        let here = tempfile::tempdir().unwrap();
        let one = here.path().join("one");
        tree::write(&one, files.iter()).unwrap();
        let first = build(&one, &[]);
        let there = tempfile::tempdir().unwrap();
        let other = there.path().join("a longer path/with blanks and ümläuts");
        tree::write(&other, files.iter().rev()).unwrap();
        for environment in [
            &[("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8"), ("TZ", "Pacific/Chatham")][..],
            &[("HOME", "/nonexistent"), ("TZ", "America/St_Johns"), ("COLUMNS", "20")],
            &[("RUST_BACKTRACE", "1"), ("TERM", "xterm-256color"), ("USER", "somebody")],
        ] {
            let again = build(&other, environment);
            assert_eq!(first.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>(), "{example}");
            for (path, bytes) in &first {
                assert!(again[path] == *bytes, "{example}: {path} differs with {environment:?}");
            }
        }
    }
}

#[test]
fn every_example_compiles_to_the_bytes_that_were_reviewed() {
    let mut failures = Vec::new();
    for example in EXAMPLES {
        let here = tempfile::tempdir().unwrap();
        let package = here.path().join("package");
        tree::write(&package, sources(example).iter()).unwrap();
        let kept = programs::root().join("tests/golden").join(example);
        let found = build(&package, &[]);
        if golden::blessing() && kept.exists() {
            std::fs::remove_dir_all(&kept).unwrap();
        }
        for (path, bytes) in &found {
            if path == "manifest.json" || KEPT_WHOLE.contains(example) {
                let text = std::str::from_utf8(bytes).unwrap();
                failures.extend(golden::compare(&kept.join(path), text).err());
            }
        }
        for path in tree::read(&kept).unwrap().keys() {
            assert!(found.contains_key(path), "{example}: {path} is no longer made");
        }
    }
    let failures: Vec<String> = failures.iter().map(|failure| format!("{failure:#}")).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_thousand_entities_compile_to_the_same_bytes_in_any_order_of_files() {
    let files = package::generated(1_000).into_iter().map(|(path, text)| (path, text.into_bytes()));
    let files: Vec<_> = files.collect();
    let build = |files: Vec<_>| {
        let outcome = athyper_metac::compile(&SourceSet::new(files), Lints::default());
        outcome.made.unwrap_or_else(|_| panic!("{:?}", outcome.said.first()))
    };
    let first = build(files.clone());
    assert!(first == build(files.into_iter().rev().collect()), "the order of files changes the build");
}
