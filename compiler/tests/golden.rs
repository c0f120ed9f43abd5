//! The whole artifact of a small package in which everything occurs once, byte by byte. `BLESS=1` rewrites it.
#![expect(clippy::disallowed_methods, reason = "suites read packages and keep goldens")]
#![expect(clippy::unwrap_used, reason = "a panic is the report of a test")]

mod shop;

use std::collections::BTreeSet;

#[test]
fn the_artifact_is_what_was_reviewed() {
    let expected = shop::read(&shop::folder("build"));
    let found = shop::files();
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        for path in expected.keys().filter(|path| !found.contains_key(*path)) {
            std::fs::remove_file(shop::folder("build").join(path)).unwrap();
        }
        for (path, contents) in found {
            let file = shop::folder("build").join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, contents).unwrap();
        }
        return;
    }
    let paths = |files: &shop::Files| files.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(paths(&expected), paths(found));
    for (path, contents) in found {
        let (old, new) = (shop::utf8(&expected[path]), shop::utf8(contents));
        let difference =
            similar::TextDiff::from_lines(&old, &new).unified_diff().header("reviewed", "found").to_string();
        assert!(old == new, "{path} differs (BLESS=1 rewrites it):\n{difference}");
    }
}
