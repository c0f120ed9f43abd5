//! Everything said to an author. [`Diagnostic`] is one value with many renderings; the checkers pass facts, a
//! function per message finds the words, grouped by phase in the files beside this one.
//!
//! May not enter: deciding whether something is wrong (the phases do), printing (the program does).
//!
//! A new diagnostic is a row in the `codes!` table and a function of its phase's file, the check that calls
//! it, and its page `docs/errors/<CODE>.md`. A row without a page does not compile.

use crate::source::Span;

mod code;
pub mod database;
pub mod entities;
pub mod expressions;
pub mod foreign;
pub mod limits;
pub mod names;
pub mod package;
pub mod policies;
pub mod policy_doubts;
pub mod policy_tests;
pub mod shape;
mod sink;
mod suggest;
pub mod yaml;

pub(crate) use code::codes;
pub use code::{CODES, Code, Severity, find_code, is_lint, lints};
pub use sink::{Level, Lints, Missing, Reported, Sink};
pub use suggest::nearest;

/// A place with words beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// A change to the source that would repair something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace; empty to insert.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

/// Advice: what to type, and where it is certain, the edits that do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// What to do.
    pub text: String,
    /// The edits; empty when a person must decide.
    pub edits: Vec<Edit>,
}

/// One thing said to an author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its row in the table of codes.
    pub code: &'static Code,
    /// Error or warning, after lint levels have been applied.
    pub severity: Severity,
    /// One sentence, lower case, names in backticks.
    pub title: String,
    /// Where it is.
    pub primary: Label,
    /// Other places that matter, also in other files.
    pub secondary: Vec<Label>,
    /// Facts that explain.
    pub notes: Vec<String>,
    /// What to do about it.
    pub helps: Vec<Help>,
}

impl Diagnostic {
    /// A message with this code at `span`.
    #[must_use]
    pub fn new(code: &'static Code, span: Span, title: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            title: title.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
        }
    }

    /// Words beside the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Another place that matters.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// A fact that explains.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Advice in words.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(Help { text: text.into(), edits: Vec::new() });
        self
    }

    /// Advice that an editor can apply: replace `span` by `replacement`.
    #[must_use]
    pub fn fix(self, text: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        self.fixes(text, vec![Edit { span, replacement: replacement.into() }])
    }

    /// Advice that an editor can apply: several edits together.
    #[must_use]
    pub fn fixes(mut self, text: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.helps.push(Help { text: text.into(), edits });
        self
    }

    /// `did you mean X?` with its edit when some candidate is near `written`.
    #[must_use]
    pub fn did_you_mean<'a>(
        self,
        span: Span,
        written: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        match nearest(written, candidates) {
            Some(name) => self.fix(format!("did you mean `{name}`?"), span, name),
            None => self,
        }
    }
}
