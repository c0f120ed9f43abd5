//! An expression as written: its text, and where each byte of it stands in the file.

use std::ops::Range;

use smol_str::SmolStr;

use crate::source::Span;
use crate::yaml::Node;

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
}
