//! The pages on codes and on the language are run: what they call wrong gives their code, what they call right
//! compiles without a word.
#![expect(clippy::disallowed_methods, reason = "a test may read the tree it is about")]
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use athyper_metac::Outcome;
use athyper_metac::diag::{self, Diagnostic, Lints};
use athyper_metac::source::SourceSet;

const PACKAGE: &str = "package: shop\nedition: 2026\n";

type Files = Vec<(String, Vec<u8>)>;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn pages(folder: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for entry in fs::read_dir(docs().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|ending| ending == "md") && name != "README" {
            out.push((name, fs::read_to_string(path).unwrap()));
        }
    }
    out.sort();
    out
}

/// The YAML blocks of a page, as files; a block without a name is a file of its own.
fn files(text: &str) -> Files {
    let mut out = Files::new();
    let mut block: Option<(String, bool, String)> = None;
    for line in text.lines() {
        match &mut block {
            None => {
                if let Some(info) = line.strip_prefix("```yaml") {
                    let mut words = info.split_whitespace();
                    let path = words.next().map_or_else(|| format!("page_{}.yaml", out.len()), str::to_owned);
                    block = Some((path, words.any(|word| word == "escaped"), String::new()));
                }
            }
            Some((path, escaped, body)) if line == "```" => {
                let bytes = if *escaped { unescape(body) } else { body.clone().into_bytes() };
                out.push((std::mem::take(path), bytes));
                block = None;
            }
            Some((_, _, body)) => {
                body.push_str(line);
                body.push('\n');
            }
        }
    }
    if !out.is_empty() && out.iter().all(|(path, _)| path != "metac.yaml") {
        out.push(("metac.yaml".to_owned(), PACKAGE.as_bytes().to_vec()));
    }
    out
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x") {
        out.extend(before.as_bytes());
        out.push(u8::from_str_radix(&after[..2], 16).unwrap());
        rest = &after[2..];
    }
    out.extend(rest.as_bytes());
    out
}

fn section<'p>(page: &'p str, title: &str) -> Option<&'p str> {
    let start = page.find(&format!("\n## {title}\n"))?;
    let body = &page[start + 1..];
    Some(body[3..].find("\n## ").map_or(body, |end| &body[..end + 3]))
}

fn run(files: Files) -> (Vec<Diagnostic>, SourceSet, bool) {
    let sources = SourceSet::new(files);
    let Outcome { made, said } = athyper_metac::check(&sources, Lints::default());
    let made = made.is_ok() && athyper_metac::compile(&sources, Lints::default()).made.is_ok();
    (said, sources, made)
}

fn show(said: &[Diagnostic], sources: &SourceSet) -> String {
    let line = |d: &Diagnostic| {
        let at = sources.get(d.primary.span.file).map(|file| file.position(d.primary.span.start));
        let at = at.map(|at| at.to_string()).unwrap_or_default();
        format!("  {} {}:{at} {} ({})", d.code.id, sources.path(d.primary.span.file), d.title, d.primary.text)
    };
    said.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_page_calls_wrong_gives_its_code_and_what_it_calls_right_gives_none() {
    let mut failures = Vec::new();
    for (code, page) in pages("errors") {
        if page.contains("\n## When\n") {
            continue;
        }
        let (Some(wrong), Some(right)) = (section(&page, "Wrong"), section(&page, "Right")) else {
            failures.push(format!("{code}: lacks `## Wrong` or `## Right`"));
            continue;
        };
        let (said, sources, _) = run(files(wrong));
        let codes: BTreeSet<&str> = said.iter().map(|d| d.code.id).collect();
        if codes != BTreeSet::from([code.as_str()]) {
            failures.push(format!("{code}: wrong says\n{}", show(&said, &sources)));
        }
        let (said, sources, made) = run(files(right));
        if !said.is_empty() || !made {
            failures.push(format!("{code}: right says\n{}", show(&said, &sources)));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_edit_that_a_page_offers_stays_inside_its_file() {
    for (code, page) in pages("errors") {
        let Some(wrong) = section(&page, "Wrong") else { continue };
        let (said, sources, _) = run(files(wrong));
        for edit in said.iter().flat_map(|d| &d.helps).flat_map(|help| &help.edits) {
            let text = sources.text(edit.span.file);
            assert!(text.get(edit.span.range()).is_some(), "{code}: an edit cuts a character");
        }
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let codes: BTreeSet<String> =
        diag::CODES.iter().flat_map(|phase| phase.iter()).map(|code| code.id.to_owned()).collect();
    let written: BTreeSet<String> = pages("errors").into_iter().map(|(name, _)| name).collect();
    assert_eq!(codes, written);
}

#[test]
fn the_language_pages_and_those_for_newcomers_compile() {
    let mut failures = Vec::new();
    let language = ["entities", "fields", "policies", "policy-tests"].map(|name| {
        (name.to_owned(), fs::read_to_string(docs().join("language").join(format!("{name}.md"))).unwrap())
    });
    for (name, page) in language.into_iter().chain(pages("coming-from")) {
        let (said, sources, made) = run(files(&page));
        if !said.is_empty() || !made {
            failures.push(format!("{name}:\n{}", show(&said, &sources)));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn the_examples_compile_without_a_word() {
    let mut failures = Vec::new();
    for entry in fs::read_dir(docs().join("../examples")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("metac.yaml").exists() {
            continue;
        }
        let yaml = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "yaml");
        let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(yaml);
        let read = |path: PathBuf| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())
        };
        let (said, sources, made) = run(paths.map(read).collect());
        if !said.is_empty() || !made {
            failures.push(format!("{}:\n{}", folder.display(), show(&said, &sources)));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn codes(files: Files) -> Vec<&'static str> {
    run(files).0.iter().map(|d| d.code.id).collect()
}

#[test]
fn a_package_without_its_file_is_told_once() {
    let order = ("order.yaml".to_owned(), b"enum: Status\nvalues: [draft]\n".to_vec());
    assert_eq!(codes(vec![order.clone()]), ["E0901"]);
    assert_eq!(codes(vec![]), ["E0901"]);
    assert_eq!(codes(vec![("metac.yaml".to_owned(), vec![]), order]), ["E0901"]);
}

#[test]
fn more_columns_than_a_table_holds_are_refused() {
    let package = |fields: usize, dialects: &str| {
        let metac = format!("{PACKAGE}dialects: [{dialects}]\n");
        let fields: String = (0..fields).map(|i| format!("  field_{i}a: int\n")).collect();
        let order = format!(
            "entity: Order\nfields:\n{fields}---\npolicy: A\nfor: Order\nrules: [{{ id: a, allow: [read], to: [clerk] }}]\n"
        );
        vec![("metac.yaml".to_owned(), metac.into_bytes()), ("order.yaml".to_owned(), order.into_bytes())]
    };
    assert_eq!(codes(package(1_600, "sqlite, postgres")), ["E0803"]);
    assert_eq!(codes(package(1_600, "sqlite")), [""; 0]);
}

#[test]
fn one_mistake_is_one_message() {
    let text = "entity: Order\ntitle: name\nfields:\n  name: strng!\n  twice: { type: string, computed: name + name }\n  \
                other: { type: Ordr, on_delete: cascade, default: 3 }\n---\npolicy: P\nfor: Order\nrules: [{ id: a, allow: [read], to: [clerk] }]\n";
    let files = vec![
        ("metac.yaml".to_owned(), PACKAGE.as_bytes().to_vec()),
        ("order.yaml".to_owned(), text.as_bytes().to_vec()),
    ];
    assert_eq!(codes(files), ["E0301", "E0301"]);
}

#[test]
fn a_name_that_nothing_has_is_told_once_with_every_place() {
    let text = "entity: Order\nkey: [cod]\ntitle: cod\nsearch: [cod]\nfields:\n  code: string(20)!\n  who: Suplier\n  \
                line: { type: string, computed: cod + \"x\" }\nchecks:\n  a: { assert: cod != \"x\", message: M }\n\
                number: { field: cod, format: \"A-{SEQ:3}\" }\n---\nentity: Line\nfields: { text: string!, who: Suplier }\n\
                ---\npolicy: P\nfor: Suplier\nrules: [{ id: a, allow: [read], to: [clerk] }]\n";
    let files = vec![
        ("metac.yaml".to_owned(), PACKAGE.as_bytes().to_vec()),
        ("order.yaml".to_owned(), text.as_bytes().to_vec()),
    ];
    let (said, ..) = run(files);
    let told: Vec<(&str, usize)> = said.iter().map(|said| (said.code.id, said.secondary.len())).collect();
    assert_eq!(told, [("E0303", 5), ("E0301", 2)]);
    assert_eq!(said[0].helps[0].edits.len(), 6, "the edit repairs every place");
}

#[test]
fn a_long_chain_of_types_is_told_and_does_not_exhaust_the_stack() {
    let mut text = String::from("type: T0\nbase: string(20)\n");
    for i in 1..4_000 {
        text.push_str(&format!("---\ntype: T{i}\nbase: T{}\n", i - 1));
    }
    let files = |text: &str| {
        vec![
            ("metac.yaml".to_owned(), PACKAGE.as_bytes().to_vec()),
            ("types.yaml".to_owned(), text.as_bytes().to_vec()),
        ]
    };
    assert!(codes(files(&text)).iter().all(|code| *code == "E0429"));
    let circle = text.replacen("base: string(20)", "base: T3999", 1);
    assert!(codes(files(&circle)).iter().all(|code| *code == "E0429"));
}

#[test]
fn a_broken_file_does_not_hide_the_others() {
    let files = vec![
        ("metac.yaml".to_owned(), PACKAGE.as_bytes().to_vec()),
        ("a.yaml".to_owned(), b"entity: Broken\nfields: { a: [".to_vec()),
        (
            "b.yaml".to_owned(),
            b"entity: Order\nfields: { total: strng }\n---\nenum: Empty\nvalues: []\n".to_vec(),
        ),
    ];
    let said = codes(files);
    assert!(said.contains(&"E0102") && said.contains(&"E0426"), "{said:?}");
}
