//! Every page under `tests/cases/`, and the pages of the manual that show requests and answers. `CASE=part` runs those
//! whose path holds that part.

use std::path::{Path, PathBuf};

use athyper_tests::{cases, programs};

fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = ignore::Walk::new(folder)
        .flatten()
        .map(ignore::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .filter(|path| path.file_name().is_some_and(|name| name != "README.md"))
        .collect();
    pages.sort();
    pages
}

/// Pages of the manual that show what the programs say.
const MANUAL: &[&str] = &["docs/tutorial.md"];

#[tokio::test]
async fn every_case_and_every_page_of_the_manual_holds() {
    let root = programs::root();
    let mut pages = pages(&root.join("tests/cases"));
    pages.extend(MANUAL.iter().map(|page| root.join(page)));
    let wanted = std::env::var("CASE").unwrap_or_default();
    pages.retain(|page| page.to_string_lossy().contains(&wanted));
    assert!(!pages.is_empty(), "no case is called `{wanted}`");
    let mut failures = Vec::new();
    for page in pages {
        if let Err(error) = cases::run(&page).await {
            failures.push(format!("{error:#}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}
