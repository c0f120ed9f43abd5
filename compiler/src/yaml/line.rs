//! Lines as their author sees them: how far each is indented, what it begins, and which lines it stands under. For
//! messages about text that could not be read as a tree.
//!
//! May not enter: the tree.

use crate::source::{FileId, SourceFile, Span};

/// How many lines above a place are looked at.
const MOST_ABOVE: usize = 2_000;

/// Blanks by which what a key opens stands deeper.
const STEP: usize = 2;

/// One line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'t> {
    /// Its first byte in the file.
    pub start: usize,
    /// The blanks and tabs it begins with.
    pub indent: &'t str,
    /// The rest, without blanks behind it.
    pub body: &'t str,
}

/// A line that begins an entry of a mapping or of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'t> {
    /// The key; nothing for a list's element that is no mapping.
    key: Option<&'t str>,
    /// Where the key ends, in bytes from the start of the line.
    pub key_end: usize,
    /// Whether nothing follows the key, so that what it opens stands below.
    opens: bool,
}

/// A column in which entries begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level<'t> {
    /// The column, from 0.
    pub column: usize,
    /// The key that begins there, or nothing for `-`.
    pub name: Option<&'t str>,
    /// Where it begins in the file.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Whether what it opens stands below.
    pub opens: bool,
}

impl<'t> Line<'t> {
    /// The line with this number, from 0.
    pub fn of(source: &'t SourceFile, index: usize) -> Self {
        let text = source.line_text(index);
        let body = text.trim_start_matches([' ', '\t']);
        let indent = text.get(..text.len() - body.len()).unwrap_or_default();
        Self { start: source.line_range(index).start, indent, body: body.trim_end() }
    }

    /// The blanks and tabs it begins with.
    pub fn indentation(&self, file: FileId) -> Span {
        Span::new(file, self.start..self.start + self.indent.len())
    }

    /// Its first word.
    pub fn word(&self, file: FileId) -> Span {
        let start = self.start + self.indent.len();
        let end = self.entry().map_or_else(
            || start + self.body.find(char::is_whitespace).unwrap_or(self.body.len()),
            |entry| self.start + entry.key_end,
        );
        Span::new(file, start..end)
    }

    /// Where its text ends.
    pub const fn end_of_body(&self) -> usize {
        self.start + self.indent.len() + self.body.len()
    }

    /// Where it ends, but for blanks.
    pub const fn end(&self) -> usize {
        self.end_of_body()
    }

    /// Whether a tab is part of its indentation.
    pub fn begins_with_tab(&self) -> bool {
        self.indent.contains('\t') && !self.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.body.is_empty() || self.body.starts_with('#')
    }

    fn is_marker(&self) -> bool {
        let marker = self.body.starts_with("---") || self.body.starts_with("...");
        self.indent.is_empty() && marker
    }

    /// What it begins, if it begins something.
    pub fn entry(&self) -> Option<Entry<'t>> {
        let inner = self.inner();
        let before = self.body.len() - inner.len();
        let key = inner.split(':').next().filter(|key| {
            let rest = inner.get(key.len() + 1..);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
                && !key.is_empty()
                && !key.contains(|c: char| c.is_whitespace() || matches!(c, '{' | '[' | '"' | '\'' | '#'))
        });
        if key.is_none() && before == 0 {
            return None;
        }
        let length = before + key.map_or(0, str::len);
        let rest = inner.get(key.map_or(0, |key| key.len() + 1)..).unwrap_or_default().trim();
        let opens = rest.is_empty() || rest.starts_with('#');
        Some(Entry { key, key_end: self.indent.len() + length, opens })
    }

    /// What stands behind its dashes.
    fn inner(&self) -> &'t str {
        let mut rest = self.body;
        while let Some(inner) =
            rest.strip_prefix('-').filter(|inner| inner.is_empty() || inner.starts_with(' '))
        {
            rest = inner.trim_start();
        }
        rest
    }
}

impl<'t> Entry<'t> {
    /// The key, or nothing for `-`.
    pub const fn name(&self) -> Option<&'t str> {
        self.key
    }
}

/// The lines from `index` on that say something, up to the end of the document.
pub(super) fn document(source: &SourceFile, index: usize) -> impl Iterator<Item = Line<'_>> {
    (index..source.line_count()).map(|index| Line::of(source, index)).take_while(|line| !line.is_marker())
}

/// The lines above `index` that say something, the nearest first, up to the start of the document.
pub(super) fn above(source: &SourceFile, index: usize) -> impl Iterator<Item = (usize, Line<'_>)> {
    let lines = (0..index).rev().take(MOST_ABOVE).map(|index| (index, Line::of(source, index)));
    lines.take_while(|(_, line)| !line.is_marker()).filter(|(_, line)| !line.is_empty())
}

/// The columns in which a line at `index` could continue what stands above it, the deepest first.
pub(super) fn levels(source: &SourceFile, index: usize) -> Vec<Level<'_>> {
    let mut out: Vec<Level<'_>> = Vec::new();
    for (_, line) in above(source, index) {
        let Some(entry) = line.entry() else { continue };
        let indent = line.indent.len();
        let inner = indent + (line.body.len() - line.inner().len());
        let own = entry.key.map(|key| (inner, Some(key), entry.opens));
        let dash = (inner > indent).then_some((indent, None, false));
        for (column, name, opens) in own.into_iter().chain(dash) {
            if out.last().is_none_or(|last| column < last.column) {
                let start = line.start + column;
                out.push(Level { column, name, start, end: start + name.map_or(1, str::len), opens });
            }
        }
        if indent == 0 {
            break;
        }
    }
    out
}

/// The column in which a line at `index` was most likely meant to begin, when a tab stands for two blanks.
pub(super) fn fitting(source: &SourceFile, index: usize) -> usize {
    let written: usize =
        Line::of(source, index).indent.chars().map(|c| if c == '\t' { STEP } else { 1 }).sum();
    let levels = levels(source, index);
    match levels.first() {
        None => written,
        Some(deepest) if deepest.opens => deepest.column + STEP,
        Some(_) => {
            let columns = levels.iter().map(|level| level.column);
            columns.min_by_key(|column| column.abs_diff(written)).unwrap_or(written)
        }
    }
}
