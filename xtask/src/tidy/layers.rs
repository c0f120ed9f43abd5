//! Who may import whom. The table is the architecture; `docs/ARCHITECTURE.md` says why.

use super::Tree;

/// `(folder or file prefix, what may not stand in it, why)`.
const WALLS: &[(&str, &[&str], &str)] = &[
    (
        "schemas/src/",
        &["athyper_expr", "athyper_metac", "athyper_runtime", "std::fs", "std::env"],
        "the contract is plain data",
    ),
    (
        "expr/src/",
        &["athyper_metac", "athyper_runtime", "std::fs", "std::env", "std::time", "sqlx"],
        "the expression language is pure",
    ),
    (
        "policy/src/",
        &["athyper_metac", "athyper_runtime", "std::fs", "std::env", "std::time", "sqlx", "tokio", "axum"],
        "what a policy decides is pure",
    ),
    (
        "compiler/src/emit/",
        &["crate::model", "crate::ast", "crate::parse", "crate::resolve", "crate::check"],
        "emit sees only the Bundle",
    ),
    (
        "compiler/src/parse/",
        &["crate::model", "crate::resolve", "crate::check", "crate::lower", "crate::emit"],
        "parse knows only what is written",
    ),
    (
        "compiler/src/policy_test/",
        &["sqlx", "tokio", "std::fs", "std::env", "std::time"],
        "policies are tried in memory; `cli/test` asks databases",
    ),
    ("compiler/src/yaml/", &["crate::ast", "crate::model", "crate::parse"], "the YAML layer knows no entity"),
    ("compiler/src/check/", &["crate::lower::", "crate::emit"], "checks come before lowering"),
    (
        "runtime/src/request/",
        &["sqlx", "axum", "tokio", "crate::db", "crate::http", "crate::flow"],
        "deciding is pure",
    ),
    (
        "runtime/src/policy",
        &["sqlx", "axum", "tokio", "crate::db", "crate::http", "crate::flow"],
        "deciding is pure",
    ),
    (
        "runtime/src/plan/",
        &["sqlx", "axum", "tokio", "crate::db", "crate::http", "crate::flow"],
        "deciding is pure",
    ),
    ("runtime/src/sql/", &["axum", "tokio", "crate::http", "crate::flow"], "deciding is pure"),
    (
        "runtime/src/value/",
        &["sqlx", "axum", "tokio", "crate::db", "crate::http", "crate::flow"],
        "deciding is pure",
    ),
    ("runtime/src/shape", &["axum", "tokio", "crate::http", "crate::flow"], "deciding is pure"),
    (
        "runtime/src/db/",
        &["axum", "crate::http", "crate::flow", "crate::plan"],
        "the database door knows no HTTP",
    ),
    ("runtime/src/flow/", &["axum", "sqlx"], "flows speak through the doors"),
    ("runtime/src/http/", &["sqlx", "crate::sql::", "crate::plan::"], "the edge calls flows"),
];

/// Lines that import across a wall.
pub fn imports(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let walls = WALLS.iter().filter(|(prefix, ..)| file.path.starts_with(prefix));
        for (_, banned, why) in walls {
            for (number, line) in code_lines(&file.text) {
                if let Some(word) = banned.iter().find(|word| mentions(line, word)) {
                    findings.push(format!("{}:{number}: `{word}` may not be used here: {why}", file.path));
                }
            }
        }
    }
    Ok(findings)
}

/// The lines of a file before its tests, without comments, numbered from 1.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line))
}

/// Whether a line uses `word` as a path, not as a part of a longer word.
fn mentions(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(part) && (word.ends_with(':') || !after.is_some_and(part))
    })
}

/// Which crate may depend on which of ours.
const CRATES: &[(&str, &[&str])] = &[
    ("schemas", &[]),
    ("expr", &["athyper-schemas"]),
    ("policy", &["athyper-schemas", "athyper-expr"]),
    ("compiler", &["athyper-schemas", "athyper-expr", "athyper-policy"]),
    ("runtime", &["athyper-schemas", "athyper-expr", "athyper-policy"]),
];

/// Dependencies between our crates that the table does not know.
pub fn crates(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for (folder, allowed) in CRATES {
        let path = format!("{folder}/Cargo.toml");
        let dependencies = tree.text(&path)?.split("[dev-dependencies]").next().unwrap_or_default();
        for line in dependencies.lines().filter(|line| line.starts_with("athyper-")) {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if !allowed.contains(&name) {
                findings.push(format!("{path}: `{folder}` may not depend on `{name}`"));
            }
        }
    }
    Ok(findings)
}
