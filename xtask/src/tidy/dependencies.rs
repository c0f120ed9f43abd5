//! Rules about what we build on: every crate explained, every licence permissive, one SQLite.

use anyhow::Context;
use serde_json::Value;

use super::Tree;
use crate::process;

/// Licences that ask for no more than attribution.
const PERMISSIVE: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "CC0-1.0",
    "Unlicense",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "NCSA",
    "bzip2-1.0.6",
];

/// Crates under MPL-2.0, used unchanged: its terms reach no further than the files of the crate itself.
const FILE_COPYLEFT: &[&str] = &["cssparser", "dtoa-short", "option-ext"];

/// Dependencies of the workspace without a line in `docs/dependencies.md`, and lines without a dependency.
pub fn explained(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let manifest = tree.text("Cargo.toml")?;
    let table = manifest.split("[workspace.dependencies]").nth(1).context("no [workspace.dependencies]")?;
    let declared: Vec<&str> = table
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('=').map(|(name, _)| name.trim()))
        .filter(|name| !name.starts_with('#') && !name.starts_with("athyper-"))
        .collect();
    let explained: Vec<&str> = tree
        .text("docs/dependencies.md")?
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let used = |name: &str| {
        tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml")).any(|file| {
            file.text
                .lines()
                .any(|line| line.starts_with(&format!("{name}.")) || line.starts_with(&format!("{name} ")))
        })
    };
    let mut findings = Vec::new();
    for name in &declared {
        if !explained.contains(name) {
            findings.push(format!("`{name}` has no line in docs/dependencies.md"));
        }
        if !used(name) {
            findings.push(format!("`{name}` is declared in Cargo.toml and used by no crate"));
        }
    }
    for name in explained.iter().filter(|name| !declared.contains(name)) {
        findings.push(format!("docs/dependencies.md explains `{name}`, which is no dependency"));
    }
    Ok(findings)
}

/// Crates in the lock file whose licence is not permissive.
pub fn licences(_tree: &Tree) -> anyhow::Result<Vec<String>> {
    let args =
        ["metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"];
    let metadata: Value = serde_json::from_str(&process::output(&mut process::cargo(&args)?)?)?;
    let packages =
        metadata.get("packages").and_then(Value::as_array).context("no packages in cargo's metadata")?;
    let mut findings = Vec::new();
    for package in packages {
        let word = |key| package.get(key).and_then(Value::as_str).unwrap_or("none stated");
        let (name, licence) = (word("name"), word("license"));
        // An expression is fine when every part joined by AND has a permissive choice among its parts joined by OR.
        let fine = licence.replace(['(', ')'], "").split(" AND ").all(|part| {
            part.split(" OR ")
                .flat_map(|choice| choice.split('/'))
                .any(|choice| PERMISSIVE.contains(&choice.trim()))
        });
        if !fine && !FILE_COPYLEFT.contains(&name) {
            findings.push(format!("{name} {}: {licence}", word("version")));
        }
    }
    Ok(findings)
}

/// A second SQLite in the lock file would be an older one, with a bug that corrupts write-ahead logs.
pub fn one_sqlite(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let copies = tree.text("Cargo.lock")?.matches("name = \"libsqlite3-sys\"").count();
    Ok((copies != 1)
        .then(|| format!("Cargo.lock holds {copies} copies of libsqlite3-sys"))
        .into_iter()
        .collect())
}
