//! What a syntax error most likely is: from the YAML library's word for it to a message that shows the place and the repair.
//!
//! May not enter: reading on after the error (`read` does), and what keys mean.

use granit_parser::{ErrorKind, ScanError};

use super::line::{self, Line};
use super::{MAX_DEPTH, scalar};
use crate::diag::{Diagnostic, yaml as say};
use crate::source::{FileId, SourceFile, Span};

/// The message about a syntax error.
pub(super) fn explain(error: &ScanError, source: &SourceFile, file: FileId) -> Diagnostic {
    let text = source.text();
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let width = text.get(at..).and_then(|rest| rest.chars().next()).filter(|next| *next != '\n');
    let span = Span::new(file, at..at + width.map_or(0, char::len_utf8));
    let place = Place { source, file, at, index: source.line_index(span.start) };
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => say::too_deep(span, MAX_DEPTH),
        ErrorKind::DirectiveDisallowed => say::directive(span),
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => place.tab().unwrap_or_else(|| say::tab(span, None, 0)),
        kind if concerns_a_line(kind) => {
            let found = place.tab_nearby().or_else(|| place.indentation()).or_else(|| place.missing_colon());
            found.unwrap_or_else(|| say::syntax(span, &in_words(kind), place.quotable()))
        }
        kind => say::syntax(span, &in_words(kind), place.quotable()),
    }
}

/// The message about a line that begins with a tab.
pub(super) fn tab(source: &SourceFile, file: FileId, index: usize) -> Diagnostic {
    let line = Line::of(source, index);
    let more = line::document(source, index + 1).filter(Line::begins_with_tab).count();
    say::tab(line.indentation(file), Some(" ".repeat(line::fitting(source, index))), more)
}

/// Whether the error may come from how lines stand under each other.
const fn concerns_a_line(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::MappingValueNotAllowed
            | ErrorKind::InvalidColonPlacement
            | ErrorKind::SimpleKeyExpected
            | ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry
            | ErrorKind::ExpectedNodeContent
            | ErrorKind::ExpectedDocumentStart
            | ErrorKind::InvalidIndentation
            | ErrorKind::InvalidSimpleKey
    )
}

fn in_words(kind: &ErrorKind) -> String {
    let words = match kind {
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => "a `:` cannot stand here",
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            "nothing may follow the closing quote"
        }
        ErrorKind::UnclosedQuotedScalar => "this quote is not closed",
        ErrorKind::UnclosedFlowCollection { open } => return format!("this `{open}` is not closed"),
        ErrorKind::ExpectedFlowSequenceSeparator => "expected `,` or `]`",
        ErrorKind::ExpectedFlowMappingSeparator => "expected `,` or `}`",
        ErrorKind::MissingAnchorOrAliasName => "a value cannot start with `*` or `&` unless it is quoted",
        ErrorKind::UnexpectedCharacter { character } => {
            return format!("a value cannot start with `{character}` unless it is quoted");
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::ExpectedBlockMappingKey => "expected a key followed by `:`",
        ErrorKind::InvalidIndentation => "the indentation fits no line above",
        other => return other.to_string(),
    };
    words.to_owned()
}

/// Where the library stopped.
struct Place<'t> {
    source: &'t SourceFile,
    file: FileId,
    at: usize,
    /// The line, from 0.
    index: usize,
}

impl<'t> Place<'t> {
    fn line(&self) -> Line<'t> {
        Line::of(self.source, self.index)
    }

    /// The tab that the library ran into; it names the start of the value that the tab cuts off.
    fn tab(&self) -> Option<Diagnostic> {
        let line = self.line();
        if line.begins_with_tab() {
            return Some(tab(self.source, self.file, self.index));
        }
        let behind = self.source.text().get(self.at..line.end()).unwrap_or_default();
        if let Some(tab) = behind.find('\t') {
            let start = self.at + tab;
            return Some(say::tab(Span::new(self.file, start..start + 1), Some(" ".to_owned()), 0));
        }
        let below = line::document(self.source, self.index + 1).position(|line| line.begins_with_tab())?;
        Some(tab(self.source, self.file, self.index + 1 + below))
    }

    /// A tab in this line or the one above explains whatever the library did not understand.
    fn tab_nearby(&self) -> Option<Diagnostic> {
        let above = line::above(self.source, self.index).next().map(|(index, _)| index);
        let mut near = above.into_iter().chain([self.index]);
        let index = near.find(|index| Line::of(self.source, *index).begins_with_tab())?;
        Some(tab(self.source, self.file, index))
    }

    /// A line that stands under no other one.
    fn indentation(&self) -> Option<Diagnostic> {
        let line = self.line();
        let own = line.entry()?;
        let stops = [line.start + line.indent.len(), line.start + own.key_end];
        let levels = line::levels(self.source, self.index);
        let deepest = levels.first()?;
        if !stops.contains(&self.at) || levels.iter().any(|level| level.column == line.indent.len()) {
            return None;
        }
        let deeper = line.indent.len() > deepest.column;
        let like = if deeper {
            Some(deepest).filter(|level| !level.opens)
        } else {
            levels.iter().rev().find(|level| level.column > line.indent.len())
        };
        let like = like?;
        Some(say::indentation(
            line.word(self.file),
            line.indentation(self.file),
            say::Indented {
                what: own.name(),
                blanks: line.indent.len(),
                deeper,
                like: Span::new(self.file, like.start..like.end),
                like_what: like.name,
                like_blanks: like.column,
            },
        ))
    }

    /// A line `code string(20)`, seen here or in the next line.
    fn missing_colon(&self) -> Option<Diagnostic> {
        let line = self.line();
        let indent = line.indent.len();
        let lacking = if line.entry().is_some() {
            let (_, above) = line::above(self.source, self.index).next()?;
            Some(above).filter(|above| above.entry().is_none() && above.indent.len() == indent)?
        } else {
            line
        };
        let word = lacking.body.split_whitespace().next()?;
        let is_name =
            word.chars().all(|c| c.is_alphanumeric() || c == '_') && word.len() < lacking.body.len();
        is_name.then(|| say::missing_colon(lacking.word(self.file), word))
    }

    /// The value of a `key: value` line and its quoted form, when that would make the line readable.
    fn quotable(&self) -> Option<(Span, String)> {
        let line = self.line();
        let body = line.body;
        let colon = body.find(": ")?;
        let value = body.get(colon + 2..)?.trim_start();
        let opens_flow = body.starts_with(['{', '[', '-']) || value.starts_with(['{', '[', '|', '>']);
        let torn_quote = value.starts_with(['"', '\'']) && value.matches(['"', '\'']).count() < 2;
        let start = line.end_of_body() - value.len();
        if value.is_empty() || opens_flow || torn_quote || value.contains(" #") || self.at < start {
            return None;
        }
        Some((Span::new(self.file, start..start + value.len()), scalar::quoted(value)))
    }
}
