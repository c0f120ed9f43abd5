//! The only place where SQL text is made: words of ours, names from the catalog, and binds. Pure.
//!
//! May not enter: text that a client wrote. A client's values are [`Bind`]s.

use std::fmt::Write as _;
use std::sync::Arc;

pub mod files;
pub mod own;
pub mod read;
mod script;
pub mod write;

pub use script::Script;

/// A value for a placeholder, in the form in which the database stores it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bind {
    /// `NULL`.
    Null,
    /// Integers, truth values (0 and 1), units of decimals, microseconds of durations.
    Int(i64),
    /// Everything else.
    Text(Arc<str>),
}

impl Bind {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }
}

/// One SQL statement and its values. Only this module makes one:
///
/// ```compile_fail,E0451
/// athyper_runtime::sql::Statement { text: "DROP TABLE x".into(), binds: Vec::new() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    text: Arc<str>,
    binds: Vec<Bind>,
}

impl Statement {
    /// The text, with numbered placeholders: `?1` is the first of the binds.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The values, by the number of their placeholder.
    #[must_use]
    pub fn binds(&self) -> &[Bind] {
        &self.binds
    }
}

/// Writes one statement from left to right.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: String,
    binds: Vec<Bind>,
}

impl Writer {
    /// Words of ours.
    pub(super) fn raw(&mut self, words: &'static str) -> &mut Self {
        self.text.push_str(words);
        self
    }

    /// A name from the catalog, quoted.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        self.text.push('"');
        for (index, part) in name.split('"').enumerate() {
            self.text.push_str(if index == 0 { "" } else { "\"\"" });
            self.text.push_str(part);
        }
        self.text.push('"');
        self
    }

    /// A placeholder and its value.
    pub(super) fn bind(&mut self, value: Bind) -> &mut Self {
        self.binds.push(value);
        self.again(self.binds.len())
    }

    /// A value whose placeholder comes later, by [`Writer::again`].
    pub(super) fn hold(&mut self, value: Bind) -> &mut Self {
        self.binds.push(value);
        self
    }

    /// The placeholder with this number once more.
    pub(super) fn again(&mut self, number: usize) -> &mut Self {
        let _ = write!(self.text, "?{number}");
        self
    }

    /// The name that the statement itself gave to a table: `a0`, `a1`, ...
    pub(super) fn alias(&mut self, number: usize) -> &mut Self {
        let _ = write!(self.text, "a{number}");
        self
    }

    /// A column of the table with this alias.
    pub(super) fn column(&mut self, alias: usize, column: &str) -> &mut Self {
        self.alias(alias).raw(".").name(column)
    }

    /// The finished statement.
    pub(super) fn done(self) -> Statement {
        Statement { text: self.text.into(), binds: self.binds }
    }
}
