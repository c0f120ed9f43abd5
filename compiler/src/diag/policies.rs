//! Messages about policies (06).

use super::{Diagnostic, codes};
use crate::source::Span;

codes! {
    /// A policy for owned records.
    POLICY_FOR_CHILD = "E0601" "policy-for-child";
    /// An entity that nobody can reach.
    NO_POLICY = "W0602" "no-policy";
    /// One rule id twice.
    DUPLICATE_RULE = "E0603" "duplicate-rule";
    /// A rule that speaks to nobody.
    NO_ROLES = "E0604" "no-roles";
    /// A rule that allows nothing.
    NO_ACTIONS = "E0605" "no-actions";
    /// A role that may write what it may not read.
    WRITE_WITHOUT_READ = "W0606" "write-without-read";
    /// `*` beside roles.
    EVERYBODY_AND_SOME = "W0607" "everybody-and-some";
}

/// A policy for owned records.
#[must_use]
pub fn policy_for_child(span: Span, child: &str, owner: &str) -> Diagnostic {
    Diagnostic::new(
        &POLICY_FOR_CHILD,
        span,
        format!("`{child}` is owned by `{owner}` and has no policy of its own"),
    )
    .label("owned records follow their owner")
    .help(format!("write the rules into a policy for `{owner}`"))
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

/// One rule id twice.
#[must_use]
pub fn duplicate_rule(second: Span, first: Span, id: &str) -> Diagnostic {
    Diagnostic::new(&DUPLICATE_RULE, second, format!("the rule `{id}` is there twice"))
        .label("the second time")
        .also(first, "here first")
        .help("give each rule an id of its own")
}

/// A rule that speaks to nobody.
#[must_use]
pub fn no_roles(span: Span, id: &str) -> Diagnostic {
    Diagnostic::new(&NO_ROLES, span, format!("the rule `{id}` speaks to nobody"))
        .label("`to` is empty")
        .help("name roles, or `\"*\"` for every authenticated caller")
}

/// A rule that allows nothing.
#[must_use]
pub fn no_actions(span: Span, id: &str) -> Diagnostic {
    Diagnostic::new(&NO_ACTIONS, span, format!("the rule `{id}` allows nothing"))
        .label("`allow` is empty")
        .help("name actions: `read`, `create`, `update`, `delete`")
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
