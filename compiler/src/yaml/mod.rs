//! Text to a tree in which every key and value knows its exact bytes. The only place that knows the YAML
//! library, and the only one that knows what of YAML we accept.
//!
//! May not enter: what keys mean; the tree knows mappings, sequences and scalars, nothing of entities.

use std::ops::Range;

use smol_str::SmolStr;

use crate::{
    diag::{Reported, Sink},
    source::{FileId, SourceSet, Span},
};

mod broken;
mod line;
mod offsets;
mod read;
mod scalar;
mod torn;

#[cfg(test)]
mod tests;

pub use offsets::Offsets;
pub use scalar::{Resolved, Scalar, Style, quoted};

/// How deep collections may be nested.
pub const MAX_DEPTH: usize = 64;

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The documents, in order; empty ones are left out.
    pub documents: Vec<Document>,
    /// The comments, in order.
    pub comments: Vec<Comment>,
    /// Set when the text is not wholly understood.
    pub broken: Option<Reported>,
}

/// One document of a file.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its tree. Of a broken document, what stands before the mistake.
    pub root: Node,
    /// Set when the document ends in a syntax error: keys may be missing through no fault of the author, but
    /// the names it declares are known.
    pub broken: Option<Reported>,
}

/// A comment, from `#` to the end of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// Its bytes, without the line break.
    pub span: Span,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its bytes: quotes and brackets included, comments and blanks around it not. An absent value is empty.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a [`Node`] is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Text, a number, a truth value or nothing.
    Scalar(Scalar),
    /// A list.
    Sequence(Sequence),
    /// Keys and values.
    Mapping(Mapping),
    /// Something we refuse, such as an alias; already reported, so say nothing more about it.
    Poisoned(Reported),
}

/// A list.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// Its elements.
    pub items: Vec<Node>,
    /// Written `[a, b]` rather than with dashes.
    pub flow: bool,
}

/// Keys and values. Keys are text and each is there once.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// In the order written.
    pub entries: Vec<Entry>,
    /// Written `{a: b}` rather than one key per line.
    pub flow: bool,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value; an empty plain scalar when nothing is written.
    pub value: Node,
}

impl Entry {
    /// From the key to the end of the value.
    #[must_use]
    pub fn span(&self) -> Span {
        self.key.span.to(self.value.span)
    }
}

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its bytes, quotes included.
    pub span: Span,
    /// The text.
    pub text: SmolStr,
    /// How it is written.
    pub style: Style,
}

impl Node {
    /// The scalar, if it is one.
    #[must_use]
    pub const fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The elements, if it is a list.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::Sequence(sequence) => Some(&sequence.items),
            _ => None,
        }
    }

    /// The entries, if it is a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Mapping(mapping) => Some(&mapping.entries),
            _ => None,
        }
    }

    /// The value under `key`, if it is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_mapping()?.iter().find(|entry| entry.key.text == key).map(|entry| &entry.value)
    }

    /// Whether nothing is written, or `null` or `~`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(|scalar| scalar.resolve() == Resolved::Null)
    }

    /// What it is, for messages: `text`, `a number`, `a list` ...
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar(scalar) => scalar.resolve().describe(),
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
            Kind::Poisoned(_) => "something refused",
        }
    }

    /// The source bytes of `range`, which counts bytes of a scalar's value: exact through quotes, escapes,
    /// folding and indentation. Of anything but a scalar, the whole span.
    #[must_use]
    pub fn inner_span(&self, range: Range<usize>) -> Span {
        match &self.kind {
            Kind::Scalar(scalar) => scalar.offsets.map(&range, self.span),
            _ => self.span,
        }
    }
}

/// Reads one file. Never fails: what is wrong is said to `sink`, what can be understood is returned.
pub fn parse(sources: &SourceSet, file: FileId, sink: &mut Sink) -> Parsed {
    read::read(sources, file, sink)
}
