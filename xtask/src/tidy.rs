//! Rules about the tree that no compiler checks. Each rule is one function that lists what breaks it.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

mod dependencies;
mod docs;
mod layers;
mod text;

/// A file that git tracks or would track.
pub struct Source {
    /// Relative to the root, with `/`.
    pub path: String,
    /// Its text; empty for files that are not text.
    pub text: String,
}

/// What every rule looks at.
pub struct Tree {
    pub root: PathBuf,
    pub files: Vec<Source>,
}

impl Tree {
    fn read(root: &Path) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        let walk = ignore::WalkBuilder::new(root)
            .hidden(false)
            .require_git(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .sort_by_file_path(Path::cmp)
            .build();
        for entry in walk {
            let entry = entry?;
            if entry.file_type().is_some_and(|kind| kind.is_file()) {
                let path = entry.path().strip_prefix(root)?.to_str().context("a file name is not UTF-8")?;
                let text = String::from_utf8(std::fs::read(entry.path())?).unwrap_or_default();
                files.push(Source { path: path.to_owned(), text });
            }
        }
        Ok(Self { root: root.to_owned(), files })
    }

    /// The Rust files.
    pub fn rust(&self) -> impl Iterator<Item = &Source> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> anyhow::Result<&str> {
        let found = self.files.iter().find(|file| file.path == path);
        Ok(&found.with_context(|| format!("{path} is missing"))?.text)
    }
}

/// A rule: lists what breaks it, one line each.
type Rule = fn(&Tree) -> anyhow::Result<Vec<String>>;

const RULES: &[(&str, Rule)] = &[
    ("layers", layers::imports),
    ("layers of crates", layers::crates),
    ("file headers", text::headers),
    ("sizes", text::sizes),
    ("file names", text::names),
    ("words that may not be committed", text::words),
    ("links between pages", docs::links),
    ("pages nobody can reach", docs::orphans),
    ("a line for every dependency", dependencies::explained),
    ("licences", dependencies::licences),
    ("one SQLite", dependencies::one_sqlite),
];

/// Runs every rule and lists every finding.
pub fn run() -> anyhow::Result<()> {
    let tree = Tree::read(&crate::root()?)?;
    let mut findings = 0;
    for (name, rule) in RULES {
        for finding in rule(&tree)? {
            println!("tidy: {name}: {finding}");
            findings += 1;
        }
    }
    if findings > 0 {
        bail!("{findings} findings");
    }
    println!("tidy: {} rules hold over {} files", RULES.len(), tree.files.len());
    Ok(())
}
