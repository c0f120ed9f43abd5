//! Rules about single files: headers, sizes, names, words.

use super::Tree;

/// A file fits a sitting.
const MOST_LINES: usize = 600;

/// Names that say nothing about what lives inside.
const EMPTY_NAMES: &[&str] = &[
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "types",
    "manager",
    "service",
    "handler",
    "processor",
    "info",
];

/// Rust files that do not begin with `//!`.
pub fn headers(tree: &Tree) -> anyhow::Result<Vec<String>> {
    Ok(tree
        .rust()
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| format!("{} does not begin with `//!`: say what lives here and what may not", file.path))
        .collect())
}

/// Rust files that are too long to read in one go. Tests at the end do not count.
pub fn sizes(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| file.path.contains("/src/") && !file.path.contains("/golden/")) {
        let lines = file.text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count();
        if lines > MOST_LINES {
            findings.push(format!("{} has {lines} lines; more than {MOST_LINES} want a seam", file.path));
        }
    }
    Ok(findings)
}

/// Files and folders with empty names.
pub fn names(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let mut parts = file.path.split('/').map(|part| part.trim_end_matches(".rs"));
        if let Some(part) = parts.find(|part| EMPTY_NAMES.contains(part)) {
            findings.push(format!("{}: `{part}` says nothing about what lives inside", file.path));
        }
    }
    Ok(findings)
}

/// Words that may not be committed, made so that this file does not hold them itself.
fn banned() -> Vec<(String, &'static str)> {
    vec![
        (["TO", "DO"].concat(), "finish it, or leave it out"),
        (["FIX", "ME"].concat(), "finish it, or leave it out"),
        (["todo", "!("].concat(), "finish it, or leave it out"),
        (["unimplemented", "!("].concat(), "finish it, or leave it out"),
        (["#[ig", "nore"].concat(), "a test that does not run is not a test"),
        (["/wo", "rk/"].concat(), "a path of one machine"),
        (["/ro", "ot/"].concat(), "a path of one machine"),
        (["/home", "/"].concat(), "a path of one machine"),
        (["thread", "::sleep"].concat(), "wait for the event, not for a time"),
    ]
}

/// Lines that hold such a word.
pub fn words(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let banned = banned();
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path != "Cargo.lock" && !file.path.ends_with(".csv")) {
        for (number, line) in file.text.lines().enumerate() {
            for (word, why) in banned.iter().filter(|(word, _)| line.contains(word.as_str())) {
                findings.push(format!("{}:{}: `{word}`: {why}", file.path, number + 1));
            }
        }
    }
    Ok(findings)
}
