//! Expectations on disk: compared byte by byte, rewritten with `BLESS=1`.

use std::path::Path;

use anyhow::{Context, bail};
use similar::TextDiff;

/// Whether the person who runs the tests has asked to write what they see.
#[must_use]
pub fn blessing() -> bool {
    std::env::var_os("BLESS").is_some_and(|value| value == "1")
}

/// A unified difference between two texts.
#[must_use]
pub fn difference(expected: &str, found: &str) -> String {
    TextDiff::from_lines(expected, found).unified_diff().header("expected", "found").to_string()
}

/// Compares `found` with the file at `path`, or writes it there when blessing.
///
/// # Errors
/// When they differ, with the difference.
pub fn compare(path: &Path, found: &str) -> anyhow::Result<()> {
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected == found {
        return Ok(());
    }
    if blessing() {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        return std::fs::write(path, found).with_context(|| format!("cannot write {}", path.display()));
    }
    bail!("{} differs (BLESS=1 rewrites it):\n{}", path.display(), difference(&expected, found));
}
