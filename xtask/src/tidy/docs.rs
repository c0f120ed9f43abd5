//! Rules about the manual: every link leads somewhere, every page can be reached.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use regex::Regex;

use super::{Source, Tree};

/// Pages a reader starts from.
const ENTRANCES: &[&str] = &["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/// The manual's pages: Markdown that people read, not the cases and goldens of tests.
fn pages(tree: &Tree) -> impl Iterator<Item = &Source> {
    tree.files.iter().filter(|file| {
        file.path.ends_with(".md") && (file.path.starts_with("docs/") || !file.path.contains('/'))
    })
}

/// The files that a page links to, relative to the root.
fn targets(page: &Source) -> anyhow::Result<Vec<String>> {
    let link = Regex::new(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")?;
    let folder = Path::new(&page.path).parent().unwrap_or(Path::new(""));
    Ok(link
        .captures_iter(&page.text)
        .filter_map(|found| found.get(1))
        .map(|target| target.as_str())
        .filter(|target| {
            !target.contains("://") && !target.starts_with("mailto:") && !target.starts_with('/')
        })
        .map(|target| normal(&folder.join(target)))
        .collect())
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> String {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                parts.pop();
            }
            Component::Normal(name) => parts.push(name),
            _ => {}
        }
    }
    parts.to_string_lossy().replace('\\', "/")
}

/// Links that lead nowhere.
pub fn links(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for page in pages(tree) {
        for target in targets(page)? {
            if !tree.root.join(&target).exists() {
                findings.push(format!("{}: `{target}` does not exist", page.path));
            }
        }
    }
    Ok(findings)
}

/// Pages under `docs/` that no path of links from the entrances reaches. A link to a folder, or to its `README.md`, reaches
/// the pages in it.
pub fn orphans(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<String> = ENTRANCES.iter().map(|page| (*page).to_owned()).collect();
    while let Some(path) = open.pop() {
        if !reached.insert(path.clone()) {
            continue;
        }
        let folder = format!("{}/", path.trim_end_matches("/README.md").trim_end_matches('/'));
        open.extend(pages(tree).filter(|page| page.path.starts_with(&folder)).map(|page| page.path.clone()));
        if let Some(page) = pages(tree).find(|page| page.path == path) {
            open.extend(targets(page)?);
        }
    }
    Ok(pages(tree)
        .filter(|page| page.path.starts_with("docs/") && !reached.contains(&page.path))
        .map(|page| format!("{} cannot be reached from the README", page.path))
        .collect())
}
