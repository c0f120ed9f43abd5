//! For people: the source with the places marked, what to do, and small diffs of the fixes.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, Severity as Level,
    SourceCode, SourceSpan, SpanContents,
};

use crate::diag::{Diagnostic, Edit, Severity};
use crate::source::{FileId, SourceFile, SourceSet, Span};

/// Columns that a report may use.
const WIDTH: usize = 110;

/// Lines longer than this are not drawn, in bytes. No person reads them, and miette cannot count so far.
pub(super) const LONGEST_LINE: usize = 1000;

/// Of a place over more lines than this, the first line is marked.
pub(super) const MOST_LINES: usize = 8;

/// After so many diagnostics people have enough.
const MOST_SAID: usize = 200;

/// Every diagnostic, one below the other; of very many the first ones.
pub fn render(sources: &SourceSet, diagnostics: &[Diagnostic], colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(WIDTH)
        .with_links(false)
        .with_context_lines(1)
        .without_primary_span_start();
    let mut text = String::new();
    for said in diagnostics.iter().take(MOST_SAID) {
        let report = Report::new(sources, said);
        for report in std::iter::once(&report).chain(&report.others) {
            // Only the writer could fail, and a String does not.
            let _ = handler.render_report(&mut text, report);
            if !report.is_drawn() {
                text.push_str(&format!("   at {}\n", report.file.head(report.file.at)));
            }
        }
        footer(sources, said, colour, &mut text);
        text.push('\n');
    }
    if let Some(more) = diagnostics.len().checked_sub(MOST_SAID).filter(|more| *more > 0) {
        text.push_str(&format!("and {more} more\n\n"));
    }
    text
}

/// Below all places: what to do, with small diffs of the fixes, then facts that explain.
fn footer(sources: &SourceSet, said: &Diagnostic, colour: bool, text: &mut String) {
    let mut add = |word: &str, lines: &str| {
        let word = if colour { format!("\u{1b}[36m{word}:\u{1b}[0m") } else { format!("{word}:") };
        for (index, line) in lines.lines().enumerate() {
            let start = if index == 0 { format!("  {word} ") } else { " ".repeat(8) };
            text.push_str(&format!("{start}{line}\n"));
        }
    };
    for help in &said.helps {
        add("help", &format!("{}{}", help.text, difference(sources, &help.edits)));
    }
    for note in &said.notes {
        add("note", note);
    }
}

/// A diagnostic as miette wants it: one report per file that it speaks about, the primary file first.
#[derive(Debug)]
struct Report<'a> {
    title: String,
    code: Option<String>,
    severity: Level,
    file: Lines<'a>,
    labels: Vec<LabeledSpan>,
    others: Vec<Report<'a>>,
}

impl<'a> Report<'a> {
    fn new(sources: &'a SourceSet, said: &Diagnostic) -> Self {
        let home = said.primary.span.file;
        let mut labels = vec![LabeledSpan::new_primary_with_span(
            words(&said.primary.text),
            place(sources, said.primary.span),
        )];
        let mut others: Vec<Report<'a>> = Vec::new();
        let mut files: Vec<FileId> = Vec::new();
        for label in &said.secondary {
            let mark = LabeledSpan::new_with_span(words(&label.text), place(sources, label.span));
            let file = label.span.file;
            if file == home {
                labels.push(mark);
            } else if let Some(at) = files.iter().position(|known| *known == file) {
                if let Some(report) = others.get_mut(at) {
                    report.labels.push(mark);
                }
            } else {
                files.push(file);
                let mut report = Self::elsewhere(sources, label.span);
                report.labels.push(mark);
                others.push(report);
            }
        }
        Self {
            title: said.title.clone(),
            code: Some(format!("{} {}", said.code.id, said.code.slug)),
            severity: if said.severity == Severity::Error { Level::Error } else { Level::Warning },
            file: Lines::of(sources, said.primary.span),
            labels,
            others,
        }
    }

    /// Whether every line that would be shown is one that people can read.
    fn is_drawn(&self) -> bool {
        let Some(file) = self.file.file else { return false };
        self.labels
            .iter()
            .filter_map(|label| self.file.window(label.inner(), 1, 1).ok())
            .all(|(top, bottom)| (top..=bottom).all(|line| file.line_range(line).len() <= LONGEST_LINE))
    }

    fn elsewhere(sources: &'a SourceSet, at: Span) -> Self {
        Self {
            title: format!("see {}", sources.shown_path(at.file)),
            code: None,
            severity: Level::Advice,
            file: Lines::of(sources, at),
            labels: Vec::new(),
            others: Vec::new(),
        }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<Level> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.is_drawn().then_some(&self.file as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

fn words(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The bytes to mark: of a place over many lines, the first.
fn place(sources: &SourceSet, span: Span) -> SourceSpan {
    let mut range = span.range();
    if let Some(file) = sources.get(span.file) {
        let (first, last) = (file.line_index(span.start), file.line_index(span.end));
        if last - first >= MOST_LINES {
            range.end = (file.line_range(first).start + file.line_text(first).len()).max(range.start);
        }
    }
    (range.start, range.len()).into()
}

/// The line that edits touch first, as a small diff. Edits over several lines are told in words alone.
fn difference(sources: &SourceSet, edits: &[Edit]) -> String {
    let Some(first) = edits.first() else { return String::new() };
    let Some(file) = sources.get(first.span.file) else { return String::new() };
    let line = file.line_index(first.span.start);
    let range = file.line_range(line);
    if range.len() > LONGEST_LINE {
        return String::new();
    }
    let written = file.line_text(line);
    let mut text = written.to_owned();
    let here = |edit: &&Edit| edit.span.file == first.span.file && file.line_index(edit.span.start) == line;
    let mut sorted: Vec<&Edit> = edits.iter().filter(here).collect();
    let elsewhere = edits.len() - sorted.len();
    sorted.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    for edit in sorted {
        let (start, end) = (edit.span.range().start, edit.span.range().end);
        if end > range.start + written.len() || edit.replacement.contains('\n') {
            return String::new();
        }
        text.replace_range(start - range.start..end - range.start, &edit.replacement);
    }
    let (old, new) = match (written.trim(), text.trim()) {
        (old, new) if old == new => (blanks_shown(written), blanks_shown(&text)),
        (old, new) => (old.to_owned(), new.to_owned()),
    };
    let rest = match elsewhere {
        0 => String::new(),
        1 => "\n  and so in one more place".to_owned(),
        more => format!("\n  and so in {more} more places"),
    };
    format!("\n- {old}\n+ {new}{rest}")
}

/// The line with the blanks and tabs it begins with made visible.
fn blanks_shown(line: &str) -> String {
    let body = line.trim_start();
    let indent = line.get(..line.len() - body.len()).unwrap_or_default();
    let shown: String = indent.chars().map(|c| if c == '\t' { '→' } else { '·' }).collect();
    format!("{shown}{}", body.trim_end())
}

/// A file as miette reads it. Its own reader scans from byte 0 for every label; the line table does not.
#[derive(Debug)]
struct Lines<'a> {
    file: Option<&'a SourceFile>,
    path: String,
    /// Where the report is about, for its head: editors and terminals open `path:line:column`.
    at: u32,
}

impl<'a> Lines<'a> {
    fn of(sources: &'a SourceSet, at: Span) -> Self {
        Self { file: sources.get(at.file), path: sources.shown_path(at.file), at: at.start }
    }

    /// The first and the last line to show around a place.
    fn window(&self, span: &SourceSpan, before: usize, after: usize) -> Result<(usize, usize), MietteError> {
        let file = self.file.ok_or(MietteError::OutOfBounds)?;
        let first = file.line_index(byte(span.offset())?);
        let last = file.line_index(byte(span.offset() + span.len().saturating_sub(1))?);
        Ok((first.saturating_sub(before), (last + after).min(file.line_count() - 1)))
    }

    /// `path:line:column` of byte `at`.
    fn head(&self, at: u32) -> String {
        self.file.map_or_else(|| self.path.clone(), |file| format!("{}:{}", self.path, file.position(at)))
    }
}

impl SourceCode for Lines<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let file = self.file.ok_or(MietteError::OutOfBounds)?;
        let (top, bottom) = self.window(span, before, after)?;
        let start = file.line_range(top).start;
        let end = file.line_range(bottom).end;
        let data = file.text().as_bytes().get(start..end).ok_or(MietteError::OutOfBounds)?;
        let shown = (start, end - start).into();
        // A place far from the primary one is shown apart, and has a head of its own.
        let (from, to) = (byte(span.offset())?, byte(span.offset() + span.len())?);
        let at = if (from..=to).contains(&self.at) { self.at } else { from };
        Ok(Box::new(MietteSpanContents::new_named(self.head(at), data, shown, top, 0, bottom - top + 1)))
    }
}

fn byte(at: usize) -> Result<u32, MietteError> {
    u32::try_from(at).map_err(|_| MietteError::OutOfBounds)
}
