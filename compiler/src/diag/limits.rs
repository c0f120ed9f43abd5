//! Messages about what bounds the values of a field, and about its default (04, numbers 0405 to 0411, 0428, 0430, 0432).

use super::{Diagnostic, codes, foreign};
use crate::source::Span;

codes! {
    /// A limit that the type cannot have.
    LIMIT_NOT_FOR_TYPE = "E0405" "limit-not-for-type";
    /// A limit that is no value of the type.
    BAD_LIMIT = "E0406" "bad-limit";
    /// A lower limit above the upper one.
    MIN_ABOVE_MAX = "E0407" "min-above-max";
    /// A pattern that is no regular expression of ours.
    BAD_REGEX = "E0408" "bad-regex";
    /// A default on something that cannot have one.
    NO_DEFAULT = "E0409" "no-default-possible";
    /// A default outside the limits of its field.
    DEFAULT_BREAKS_LIMIT = "E0410" "default-breaks-limit";
    /// A default that a check of its entity refuses.
    DEFAULT_BREAKS_CHECK = "E0411" "default-breaks-check";
    /// A limit that names a value the enum does not have.
    UNKNOWN_VALUE = "E0428" "unknown-value";
    /// Two patterns for one value.
    TWO_PATTERNS = "E0430" "two-patterns";
    /// A default that is no value of its field.
    BAD_DEFAULT = "E0432" "bad-default";
}

/// A limit that the type cannot have.
#[must_use]
pub fn limit_not_for_type(span: Span, limit: &str, ty: &str, instead: Option<&str>) -> Diagnostic {
    let message = Diagnostic::new(&LIMIT_NOT_FOR_TYPE, span, format!("`{ty}` has no `{limit}`"))
        .label("bounds nothing here");
    match instead {
        Some(instead) => message.help(format!("use {instead}")),
        None => message.help("remove it"),
    }
}

/// A limit that is no value of the type.
#[must_use]
pub fn bad_limit(span: Span, ty: &str, expected: &str) -> Diagnostic {
    Diagnostic::new(&BAD_LIMIT, span, format!("this is no value of `{ty}`"))
        .label(format!("expected {expected}"))
}

/// A lower limit above the upper one.
#[must_use]
pub fn min_above_max(low: Span, high: Span, names: [&str; 2]) -> Diagnostic {
    let [low_name, high_name] = names;
    Diagnostic::new(&MIN_ABOVE_MAX, low, format!("`{low_name}` is above `{high_name}`"))
        .label("the lower limit")
        .also(high, "the upper limit")
        .help("no value could be valid; exchange or correct them")
}

/// A pattern that does not compile.
#[must_use]
pub fn bad_regex(span: Span, reason: &str) -> Diagnostic {
    Diagnostic::new(&BAD_REGEX, span, "this is not a regular expression")
        .label(reason.to_owned())
        .note("patterns run in linear time, so look-around and back-references do not exist")
}

/// A default on something that cannot have one.
#[must_use]
pub fn no_default(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::new(&NO_DEFAULT, span, format!("{ty} cannot have a default"))
        .label("no default here")
        .help("remove it")
}

/// A default that is no value of its field.
#[must_use]
pub fn bad_default(span: Span, value: &str, ty: &str, expected: &str) -> Diagnostic {
    let message = Diagnostic::new(&BAD_DEFAULT, span, format!("the default `{value}` is no value of {ty}"))
        .label(format!("expected {expected}"));
    match foreign::clock(value) {
        Some(call) => message.fix(format!("write `{call}`"), span, call),
        None => message,
    }
}

/// A default outside the limits of its field.
#[must_use]
pub fn default_breaks_limit(span: Span, value: &str, limit: &str) -> Diagnostic {
    Diagnostic::new(
        &DEFAULT_BREAKS_LIMIT,
        span,
        format!("the default `{value}` breaks the field's `{limit}`"),
    )
    .label("never valid")
    .help("choose a default inside the limits, or widen them")
}

/// A default that a check of its entity refuses.
#[must_use]
pub fn default_breaks_check(span: Span, check: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&DEFAULT_BREAKS_CHECK, span, format!("the default breaks the check `{name}`"))
        .label("a record made with it would be refused")
        .also(check, "by this check")
        .help("change the default or the check")
}

/// A limit that names a value the enum does not have.
#[must_use]
pub fn unknown_value(span: Span, value: &str, of: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_VALUE, span, format!("`{value}` is no value of `{of}`"))
        .label("not known")
        .did_you_mean(span, value, known.iter().copied())
        .note(format!("its values are {}", super::shape::listed(known)))
}

/// Two patterns for one value.
#[must_use]
pub fn two_patterns(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&TWO_PATTERNS, span, format!("the type `{name}` already has a pattern"))
        .label("a second pattern")
        .help("write one pattern that says both, in the type or in the field")
}
