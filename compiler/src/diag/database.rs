//! Messages about what a database cannot hold (08).

use super::{Diagnostic, codes};
use crate::source::Span;

codes! {
    /// A table or column name that a database would cut.
    NAME_TOO_LONG = "E0801" "name-too-long";
    /// Two names that become one in the database.
    SQL_NAME_CLASH = "E0802" "sql-name-clash";
    /// More columns than a table can have.
    TOO_MANY_COLUMNS = "E0803" "too-many-columns";
}

/// A table or column name that a database would cut.
#[must_use]
pub fn name_too_long(span: Span, kind: &str, name: &str, most: usize) -> Diagnostic {
    Diagnostic::new(&NAME_TOO_LONG, span, format!("the name of the {kind} would have {} bytes", name.len()))
        .label(format!("becomes `{name}`"))
        .note(format!("PostgreSQL cuts names after {most} bytes without a word"))
        .help("choose a shorter name")
}

/// Two names that become one in the database.
#[must_use]
pub fn sql_name_clash(second: Span, first: Span, kind: &str, name: &str) -> Diagnostic {
    Diagnostic::new(&SQL_NAME_CLASH, second, format!("two names become the {kind} `{name}`"))
        .label("this one")
        .also(first, "and this one")
        .help("rename one of the two")
}

/// More columns than a table can have.
#[must_use]
pub fn too_many_columns(span: Span, entity: &str, count: usize, most: usize) -> Diagnostic {
    Diagnostic::new(&TOO_MANY_COLUMNS, span, format!("`{entity}` would have {count} columns"))
        .label(format!("a table has at most {most}"))
        .help("move some of the fields to an entity of their own")
}
