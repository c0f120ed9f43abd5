//! The table of ways out, `docs/leaks.md`: every row has its probes, every probe its row.

use std::collections::BTreeSet;
use std::path::Path;

use athyper_tests::programs::root;

/// The rows of the table: what each says holds it.
fn rows(page: &str) -> Vec<Vec<String>> {
    let lines = page.lines().filter(|line| line.starts_with("| ")).skip(1);
    lines.map(|line| probes(line.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap())).collect()
}

/// Paths from the root, as links from `docs` or in backticks.
fn probes(cell: &str) -> Vec<String> {
    let links = cell.split("](../").skip(1).filter_map(|link| link.split_once(')')).map(|(path, _)| path);
    let code = cell.split('`').skip(1).step_by(2);
    links.chain(code).map(str::to_owned).collect()
}

/// The files of a folder that hold probes.
fn files(folder: &str, is_probe: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let all = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let probes =
        all.filter(|path| path.is_file() && is_probe(&name(path), &std::fs::read_to_string(path).unwrap()));
    probes.map(|path| format!("{folder}/{}", name(&path))).collect()
}

/// A way out that nothing holds, and a probe that nobody finds, are both forgotten.
#[test]
fn every_way_out_has_its_probe_and_every_probe_its_way_out() {
    let rows = rows(&std::fs::read_to_string(root().join("docs/leaks.md")).unwrap());
    assert!(rows.len() > 10, "the table is read: {rows:?}");
    for row in &rows {
        assert!(!row.is_empty(), "a row of docs/leaks.md names no probe: {rows:?}");
        for probe in row {
            assert!(root().join(probe).exists(), "docs/leaks.md names `{probe}`, which is not there");
        }
    }
    let named: BTreeSet<String> = rows.into_iter().flatten().collect();
    let mut there = files("tests/cases", |name, _| name.starts_with("leaks-"));
    there.extend(files("tests/tests/leaks", |name, text| name != "table.rs" && text.contains("test]")));
    assert!(there.len() > 8, "the probes are found: {there:?}");
    for probe in there {
        assert!(named.contains(&probe), "`{probe}` stands in no row of docs/leaks.md");
    }
}
