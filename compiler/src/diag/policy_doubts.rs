//! Messages about policies (06) that can be and may not be meant.

use super::{Diagnostic, codes};
use crate::source::Span;

codes! {
    /// An entity that nobody can reach.
    NO_POLICY = "W0602" "no-policy";
    /// A role that may write what it may not read.
    WRITE_WITHOUT_READ = "W0606" "write-without-read";
    /// `*` beside roles.
    EVERYBODY_AND_SOME = "W0607" "everybody-and-some";
    /// A null here makes a rule unknown, and it allows nothing.
    UNKNOWN_ALLOW = "W0630" "unknown-allow";
    /// A null here makes a rule unknown, and it denies.
    UNKNOWN_DENY = "W0631" "unknown-deny";
}

/// An entity that nobody can reach.
#[must_use]
pub fn no_policy(span: Span, entity: &str) -> Diagnostic {
    Diagnostic::new(&NO_POLICY, span, format!("nobody may do anything with `{entity}`: no policy is about it"))
        .label("out of reach")
        .note("what no rule allows is denied")
        .help(format!(
            "add a policy: `policy: {entity}Access`, `for: {entity}`, `rules: [{{ id: look, allow: [read], to: [clerk] }}]`"
        ))
}

/// A role that may write what it may not read.
#[must_use]
pub fn write_without_read(span: Span, role: &str, entity: &str) -> Diagnostic {
    Diagnostic::new(&WRITE_WITHOUT_READ, span, format!("`{role}` may write `{entity}` and not read it"))
        .label("no rule lets this role read")
        .note("to a caller who may not read, records do not exist: updates and deletes find nothing")
        .help("add `read` to the rule")
}

/// `*` beside roles.
#[must_use]
pub fn everybody_and_some(span: Span, role: &str) -> Diagnostic {
    Diagnostic::new(&EVERYBODY_AND_SOME, span, format!("`*` already speaks to `{role}`"))
        .label("adds nobody")
        .help("remove the role, or `*`")
}
