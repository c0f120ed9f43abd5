//! An expression as written: its text, and where each byte of it stands in the file.

use std::ops::Range;

use smol_str::SmolStr;

use crate::source::Span;
use crate::yaml::{self, Node, Style};

/// The text of a scalar, or the end of one.
#[derive(Debug, Clone)]
pub struct Passage {
    /// The text.
    pub text: SmolStr,
    scalar: Node,
    start: usize,
}

impl Passage {
    /// The value of `scalar` from byte `start` on; nothing when it is no scalar.
    #[must_use]
    pub fn from(scalar: &Node, start: usize) -> Self {
        let value = scalar.as_scalar().map_or("", |s| s.value.as_str());
        let text = value.get(start..).unwrap_or_default();
        Self { text: SmolStr::new(text), scalar: scalar.clone(), start }
    }

    /// Where it stands: without quotes when it is only a part of its scalar.
    #[must_use]
    pub fn span(&self) -> Span {
        if self.start == 0 { self.scalar.span } else { self.at(0..self.text.len()) }
    }

    /// Where the bytes `range` of [`Passage::text`] stand.
    #[must_use]
    pub fn at(&self, range: Range<usize>) -> Span {
        self.scalar.inner_span(range.start + self.start..range.end + self.start)
    }

    /// The edits of the file that change these ranges of [`Passage::text`]: escaped where the scalar's quotes ask for that,
    /// and the whole in quotes where what would stand there means something to YAML.
    #[must_use]
    pub fn edits(&self, changes: &[(Range<usize>, String)]) -> Vec<(Span, String)> {
        let style = self.scalar.as_scalar().map_or(Style::Plain, |scalar| scalar.style);
        let means_something = |(range, new): &(Range<usize>, String)| {
            new.contains(['[', ']', '{', '}', ',', '#'])
                || (range.start == 0 && new.starts_with(['!', '"', '\'']))
        };
        if style == Style::Plain && self.start == 0 && changes.iter().any(means_something) {
            return vec![(self.scalar.span, yaml::quoted(&self.changed(changes)))];
        }
        let written = |new: &str| match style {
            Style::Double => new.replace('\\', "\\\\").replace('"', "\\\""),
            Style::Single => new.replace('\'', "''"),
            _ => new.to_owned(),
        };
        changes.iter().map(|(range, new)| (self.at(range.clone()), written(new))).collect()
    }

    fn changed(&self, changes: &[(Range<usize>, String)]) -> String {
        let mut sorted: Vec<_> = changes.to_vec();
        sorted.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let mut text = self.text.to_string();
        for (range, new) in sorted {
            if text.is_char_boundary(range.start)
                && text.is_char_boundary(range.end)
                && range.end <= text.len()
            {
                text.replace_range(range, &new);
            }
        }
        text
    }
}
