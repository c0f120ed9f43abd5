//! Diagnostics as text: for people, and in the formats that tools read. One value, many renderings.
//!
//! May not enter: printing, and anything that asks what kind of terminal there is.

use std::fmt::Write;

use athyper_schemas::canonical::Hash;

use crate::diag::{Diagnostic, Severity};
use crate::source::{SourceSet, Span};

pub(crate) mod github;
mod human;
mod json;
mod sarif;

/// Who the text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// People; with colours or without.
    Human {
        /// Whether to write ANSI colours.
        colour: bool,
    },
    /// One JSON object a line, in the shape that `rustc` made known.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that annotate a change on GitHub.
    Github,
}

/// All diagnostics in one format. For people a closing line counts them.
#[must_use]
pub fn render(format: Format, sources: &SourceSet, diagnostics: &[Diagnostic]) -> String {
    match format {
        Format::Human { colour } => {
            let mut text = human::render(sources, diagnostics, colour);
            text.push_str(&summary(diagnostics));
            text
        }
        Format::Json => json::render(sources, diagnostics),
        Format::Sarif => sarif::render(sources, diagnostics),
        Format::Github => github::render(sources, diagnostics),
    }
}

/// `2 errors, 1 warning`, or nothing when nothing was said.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|said| said.severity == severity).count();
    let mut parts = Vec::new();
    for (number, word) in [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")] {
        if number > 0 {
            parts.push(format!("{number} {word}{}", if number == 1 { "" } else { "s" }));
        }
    }
    let mut text = parts.join(", ");
    let code = diagnostics.iter().find(|said| said.severity == Severity::Error).or(diagnostics.first());
    if let Some(said) = code {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "; `metac explain {}` says more", said.code.id);
    }
    text
}

/// A name for a diagnostic that stays when lines move: code, file, and the text of its line.
#[must_use]
pub fn fingerprint(sources: &SourceSet, said: &Diagnostic) -> Hash {
    let Span { file, start, .. } = said.primary.span;
    let line = sources.get(file).map_or("", |source| source.line_text(source.line_index(start)).trim());
    let line = line.get(..line.floor_char_boundary(human::LONGEST_LINE)).unwrap_or(line);
    Hash::of([said.code.id, sources.path(file), line, &said.title].join("\0").as_bytes())
}
