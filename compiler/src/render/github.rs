//! Workflow commands: GitHub shows them beside the changed lines.

use crate::diag::Diagnostic;
use crate::source::SourceSet;

/// Every diagnostic, one line each.
pub fn render(sources: &SourceSet, diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|said| line(sources, said)).collect()
}

fn line(sources: &SourceSet, said: &Diagnostic) -> String {
    let span = said.primary.span;
    let place = sources.get(span.file).map(|file| {
        let (from, to) = (file.position(span.start), file.position(span.end));
        format!(
            "file={},line={},col={},endLine={},endColumn={},",
            property(&sources.shown_path(span.file)),
            from.line,
            from.column,
            to.line,
            to.column
        )
    });
    let helps = said.helps.iter().map(|help| help.text.as_str());
    let text: Vec<&str> = std::iter::once(said.title.as_str()).chain(helps).collect();
    format!(
        "::{} {}title={} {}::{}\n",
        said.severity.name(),
        place.unwrap_or_default(),
        said.code.id,
        property(said.code.slug),
        data(&text.join("\n"))
    )
}

/// Text behind `::`, escaped as the runner wants it.
pub(crate) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value.
pub(crate) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
