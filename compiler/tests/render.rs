//! Every rendering of the same diagnostics, byte by byte. `BLESS=1` rewrites them.
#![expect(clippy::disallowed_methods, reason = "a test may read the tree it is about")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a test is the report")]

use std::fs;
use std::path::Path;

use athyper_metac::diag::{Diagnostic, Lints, find_code};
use athyper_metac::render::{Format, fingerprint, render};
use athyper_metac::source::{MAX_FILE_BYTES, SourceSet};

const ORDER: &str = r#"entity: Order
fields:
  code: strng(20)!
  größe: string(10)
  total: { type: decimal(10, 2), required: true }
checks:
  positive: { assert: totl >= 0, message: "no" }
---
enum: Answer
values: [yes, maybe]
---
policy: OrderAccess
for: Order
rules: [{ id: a, allow: [read], to: [x] }]
"#;

const OTHER: &str = "# twice\nentity: Order\nfields:\n  code: string(20)\n---\nentity: Broken\nlabel: a: b\n";

fn package(order: &str) -> SourceSet {
    let files =
        [("metac.yaml", "package: shop\nedition: 2026\n"), ("order.yaml", order), ("sales/other.yaml", "")];
    let mut files: Vec<(String, Vec<u8>)> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    files.push(("twice.yaml".to_owned(), OTHER.as_bytes().to_vec()));
    SourceSet::new(files)
}

fn said(sources: &SourceSet) -> Vec<Diagnostic> {
    athyper_metac::check(sources, Lints::default()).said
}

#[track_caller]
fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/render").join(name);
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, found).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(wanted == found, "{name} differs (BLESS=1 rewrites it):\n{found}");
}

/// The objects, one member a line; the pages of the codes have tests of their own.
fn json(sources: &SourceSet, said: &[Diagnostic]) -> String {
    let mut out = String::new();
    for (line, said) in render(Format::Json, sources, said).lines().zip(said) {
        let mut object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(object["code"]["explanation"], said.code.page);
        object["code"]["explanation"] = "its page".into();
        out.push_str(&format!("{object:#}\n"));
    }
    out
}

#[test]
fn each_format_stays_as_it_is() {
    let sources = package(ORDER);
    let said = said(&sources);
    golden("people.txt", &render(Format::Human { colour: false }, &sources, &said));
    golden("colour.txt", &render(Format::Human { colour: true }, &sources, &said));
    golden("json.txt", &json(&sources, &said));
    golden("github.txt", &render(Format::Github, &sources, &said));
    let mut log: serde_json::Value = serde_json::from_str(&render(Format::Sarif, &sources, &said)).unwrap();
    for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap() {
        let page = find_code(rule["id"].as_str().unwrap()).unwrap().page;
        assert_eq!(rule["help"]["markdown"], page);
        rule["help"] = "its page".into();
    }
    golden("sarif.json", &format!("{log:#}\n"));
}

#[test]
fn a_fingerprint_survives_moved_lines_and_tells_places_apart() {
    let prints = |sources: &SourceSet| -> Vec<String> {
        said(sources).iter().map(|said| fingerprint(sources, said).to_string()).collect()
    };
    let before = package(ORDER);
    let moved = package(&format!("# a comment\n\n{ORDER}"));
    assert_eq!(prints(&before), prints(&moved));
    let mut distinct = prints(&before);
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), prints(&before).len());
}

#[test]
fn paths_are_shown_as_they_are_found_from_outside_the_package() {
    let sources = package(ORDER).shown_below("./my shops/one/");
    let said = said(&sources);
    for (format, path) in [
        (Format::Human { colour: false }, "my shops/one/order.yaml:3:9"),
        (Format::Human { colour: false }, "see my shops/one/order.yaml"),
        (Format::Json, r#""file_name":"my shops/one/order.yaml""#),
        (Format::Sarif, "\"my%20shops/one/order.yaml\""),
        (Format::Github, "file=my shops/one/order.yaml,"),
    ] {
        let text = render(format, &sources, &said);
        assert!(text.contains(path), "{path} is not in {text}");
    }
    assert_eq!(fingerprint(&sources, &said[0]), fingerprint(&package(ORDER), &said[0]));
}

#[test]
fn lines_that_nobody_reads_are_not_drawn_and_long_lists_are_cut() {
    let long = format!("entity: Order\nfields: {{ code: strng, {} }}\n", "x: string(20), ".repeat(2_000));
    let many = format!("entity: Order\nfields:\n{}", "  a: strng\n  b: strng\n".repeat(2_000));
    for order in [&long, &many] {
        let sources = package(order);
        let said = said(&sources);
        assert!(said.len() > 200, "{}", said.len());
        let text = render(Format::Human { colour: false }, &sources, &said);
        assert!(text.contains("order.yaml:2:") || text.contains("order.yaml:3:"), "the place is told");
        assert!(text.len() < 100_000 && text.contains(" more\n"), "{}", text.len());
        for line in render(Format::Json, &sources, &said).lines() {
            assert!(line.len() < 20_000, "{}", line.len());
        }
    }
}

#[test]
fn every_place_of_every_format_is_drawn_for_files_that_are_no_text() {
    for bytes in [vec![0xff], b"entity: A\nx: \0".to_vec(), vec![b' '; MAX_FILE_BYTES + 1]] {
        let sources =
            SourceSet::new([("metac.yaml".to_owned(), bytes.clone()), ("a.yaml".to_owned(), bytes)]);
        let said = said(&sources);
        assert!(said.len() >= 2, "{said:?}");
        for format in [Format::Human { colour: false }, Format::Json, Format::Sarif, Format::Github] {
            let text = render(format, &sources, &said);
            for said in &said {
                assert!(text.contains(said.code.id) && text.contains(sources.path(said.primary.span.file)));
            }
        }
    }
}
