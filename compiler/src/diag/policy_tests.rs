//! Messages about policy tests (07): what they name, what they give, what they expect.

use athyper_expr::value::Malformed;

use super::shape::listed;
use super::{Diagnostic, codes};
use crate::policy_test::Told;
use crate::source::Span;

codes! {
    /// A principal that the document does not have.
    UNKNOWN_PRINCIPAL = "E0701" "unknown-principal";
    /// A record that the document does not have.
    UNKNOWN_RECORD = "E0702" "unknown-record";
    /// A value of another kind than its field or attribute.
    WRONG_VALUE = "E0703" "wrong-test-value";
    /// A value that a condition looks at, and that nobody gave.
    UNSAID_VALUE = "E0704" "unsaid-value";
    /// A rule that no policy of the entity has.
    UNKNOWN_RULE = "E0705" "unknown-rule";
    /// A rule that could not decide.
    CANNOT_DECIDE = "E0706" "rule-cannot-decide";
    /// One expectation twice.
    EXPECTED_TWICE = "E0707" "expected-twice";
    /// A record or field that no policy test can be about.
    NOT_TESTABLE = "E0708" "not-testable";
    /// An attribute that no caller has.
    UNKNOWN_ATTRIBUTE = "E0709" "unknown-test-attribute";
    /// A test that expects nothing.
    NOTHING_EXPECTED = "E0710" "nothing-expected";
    /// A field that a test may not give.
    NOT_GIVEN = "E0711" "not-given";
    /// A role of a principal that looks like one that rules speak to.
    LOOK_ALIKE = "E0712" "look-alike-test-role";
    /// An expectation that did not come.
    TEST_FAILED = "E0790" "policy-test-failed";
    /// Memory and a database decide differently.
    DATABASE_DIFFERS = "E0791" "database-differs";
}

/// No principal is called `name`.
#[must_use]
pub fn unknown_principal<'a>(span: Span, name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_PRINCIPAL, span, format!("there is no principal `{name}` in this test"))
        .label("not among `principals`")
        .did_you_mean(span, name, known)
}

/// No record is called `name`.
#[must_use]
pub fn unknown_record<'a>(span: Span, name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_RECORD, span, format!("there is no record `{name}` in this test"))
        .label("not among `records`")
        .did_you_mean(span, name, known)
}

/// The record is there, but of another entity than the reference needs.
#[must_use]
pub fn record_of_other_entity(span: Span, name: &str, places: (&str, &str), at: Span) -> Diagnostic {
    let (found, needed) = places;
    Diagnostic::new(&WRONG_VALUE, span, format!("`{name}` is a record of `{found}`"))
        .label(format!("a record of `{needed}` is needed"))
        .also(at, "the record")
}

/// A value of another kind than its field.
#[must_use]
pub fn wrong_value(span: Span, name: &str, malformed: &Malformed) -> Diagnostic {
    let Malformed { expected, found } = malformed;
    Diagnostic::new(&WRONG_VALUE, span, format!("`{name}` is {expected}")).label(format!("{found} is none"))
}

/// A value of another shape than its field.
#[must_use]
pub fn wrong_shape(span: Span, name: &str, needed: &str, found: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_VALUE, span, format!("`{name}` is {needed}")).label(format!("this is {found}"))
}

/// A word that is no value of the enum.
#[must_use]
pub fn not_a_value(span: Span, (name, word): (&str, &str), known: &[&str]) -> Diagnostic {
    Diagnostic::new(&WRONG_VALUE, span, format!("`{name}` has no value `{word}`"))
        .label("not known")
        .note(format!("the values are {}", listed(known)))
        .did_you_mean(span, word, known.iter().copied())
}

/// A number or a truth value where text is needed.
#[must_use]
pub fn not_quoted(span: Span, name: &str, (written, found): (&str, &str)) -> Diagnostic {
    Diagnostic::new(&WRONG_VALUE, span, format!("`{name}` is text")).label(format!("this is {found}")).fix(
        format!("write `\"{written}\"`"),
        span,
        format!("\"{written}\""),
    )
}

/// A value that no record can hold.
#[must_use]
pub fn beyond_limit(span: Span, name: &str, needed: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_VALUE, span, format!("`{name}` is {needed}")).label("no record can hold this")
}

/// Null where a value is required.
#[must_use]
pub fn null_value(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_VALUE, span, format!("`{name}` always has a value"))
        .label("nothing is written here")
        .help("write a value, or make it optional in the model")
}

/// `now` is no instant.
#[must_use]
pub fn bad_now(span: Span, text: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_VALUE, span, format!("`{text}` is no instant"))
        .label("needs a date, a time and a zone")
        .help("write `now: 2026-03-01T09:00:00Z`")
}

/// A required field that conditions look at has no value.
#[must_use]
pub fn unsaid_field(record: Span, name: &str, field: &str, entity: &str) -> Diagnostic {
    Diagnostic::new(&UNSAID_VALUE, record, format!("the record `{name}` does not say its `{field}`"))
        .label("a value is missing")
        .note(format!(
            "`{field}` of `{entity}` is required and has no default, and a condition of the package looks at it"
        ))
        .help(format!("add `{field}: ...`"))
}

/// A required attribute of a principal has no value.
#[must_use]
pub fn unsaid_attribute(principal: Span, name: &str, attribute: &str) -> Diagnostic {
    Diagnostic::new(&UNSAID_VALUE, principal, format!("the principal `{name}` does not say `{attribute}`"))
        .label("a value is missing")
        .note(format!("every caller has `{attribute}`: `metac.yaml` says so with `!`"))
        .help(format!("add `{attribute}: ...`"))
}

/// No policy of the entity has this rule.
#[must_use]
pub fn unknown_rule<'a>(
    span: Span,
    (rule, entity): (&str, &str),
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_RULE, span, format!("no policy for `{entity}` has a rule `{rule}`"))
        .label("not known")
        .did_you_mean(span, rule, known)
}

/// Several policies have a rule with this id.
#[must_use]
pub fn ambiguous_rule(span: Span, rule: &str, policies: &[&str]) -> Diagnostic {
    let first = policies.first().copied().unwrap_or_default();
    Diagnostic::new(&UNKNOWN_RULE, span, format!("several policies have a rule `{rule}`"))
        .label("which one?")
        .note(format!("they are {}", listed(policies)))
        .help(format!("write `{first}.{rule}`"))
}

/// The rule could not decide here.
#[must_use]
pub fn cannot_decide(span: Span, rule: (&str, Span), why: &str) -> Diagnostic {
    let (id, at) = rule;
    Diagnostic::new(&CANNOT_DECIDE, span, format!("the rule `{id}` can not decide this"))
        .label(why)
        .also(at, "the rule")
        .help("name the rule that decides, or leave it away")
}

/// One expectation is there twice.
#[must_use]
pub fn expected_twice(second: Span, first: Span, cell: &str) -> Diagnostic {
    Diagnostic::new(&EXPECTED_TWICE, second, format!("{cell} is expected twice"))
        .label("the second time")
        .also(first, "here first")
        .help("keep one of them")
}

/// One name is given to two things.
#[must_use]
pub fn named_twice(second: Span, first: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&EXPECTED_TWICE, second, format!("`{name}` is there twice"))
        .label("the second time")
        .also(first, "here first")
        .help("give each a name of its own")
}

/// Owned records have no rights of their own.
#[must_use]
pub fn owned_entity(span: Span, entity: &str, owner: &str) -> Diagnostic {
    Diagnostic::new(&NOT_TESTABLE, span, format!("`{entity}` is owned by `{owner}`"))
        .label("owned records follow their owner")
        .help(format!("test the records of `{owner}`, and write these inside them"))
}

/// A record of another entity where only those of the test's entity count.
#[must_use]
pub fn not_of_the_entity(span: Span, record: &str, entity: &str) -> Diagnostic {
    Diagnostic::new(&NOT_TESTABLE, span, format!("`{record}` is no record of `{entity}`"))
        .label("of another entity")
        .help("write a `policy_test` for that entity")
}

/// `changed` in a test that writes nothing.
#[must_use]
pub fn changed_without_write(span: Span) -> Diagnostic {
    Diagnostic::new(&NOT_TESTABLE, span, "nothing in this test writes the changed values")
        .label("no cell is about `update` or `create`")
        .help("expect something of `update` or `create`, or remove `changed`")
}

/// A masked value whose key nobody knows here.
#[must_use]
pub fn hash_is_secret(span: Span, field: &str) -> Diagnostic {
    Diagnostic::new(&NOT_TESTABLE, span, format!("nobody knows here what a hash of `{field}` looks like"))
        .label("the key belongs to the tenant")
        .help(format!("write `masked: [{field}]`"))
}

/// No caller has this attribute.
#[must_use]
pub fn unknown_attribute<'a>(span: Span, name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_ATTRIBUTE, span, format!("callers have no attribute `{name}`"))
        .label("not under `user:` in `metac.yaml`")
        .did_you_mean(span, name, known)
}

/// A role that no rule speaks to, and that looks like one that some rule does.
#[must_use]
pub fn look_alike_role(span: Span, name: &str, near: &str) -> Diagnostic {
    Diagnostic::new(&LOOK_ALIKE, span, format!("no rule speaks to the role `{name}`"))
        .label(format!("looks like `{near}`"))
        .fix(format!("did you mean `{near}`?"), span, near)
}

/// A test without expectation.
#[must_use]
pub fn nothing_expected(span: Span) -> Diagnostic {
    Diagnostic::new(&NOTHING_EXPECTED, span, "this test expects nothing")
        .label("it has neither `expect`, `list` nor `fields`")
        .help("add `expect: { ann: { draft: { allow: read } } }`")
}

/// A part of a test with nothing in it.
#[must_use]
pub fn empty(span: Span, key: &str) -> Diagnostic {
    Diagnostic::new(&NOTHING_EXPECTED, span, format!("`{key}` is empty"))
        .label("nothing is expected here")
        .help("write what is expected, or remove it")
}

/// `"*"` where there is none.
#[must_use]
pub fn stands_for_none(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(&NOTHING_EXPECTED, span, format!("`\"*\"` stands for no {what}"))
        .label("nothing is expected here")
        .help(format!("write a {what} into the document"))
}

/// A field whose value is not for tests to give.
#[must_use]
pub fn not_given(span: Span, field: &str, why: &str) -> Diagnostic {
    Diagnostic::new(&NOT_GIVEN, span, format!("`{field}` can not be given")).label(why.to_owned())
}

/// An expectation that did not come.
#[derive(Debug, Clone, Copy)]
pub struct Missed<'a> {
    /// The principal.
    pub who: &'a str,
    /// The record.
    pub what: &'a str,
    /// The action.
    pub action: &'a str,
    /// Whether it was expected to be allowed.
    pub allowed: bool,
    /// The rule that was expected to decide.
    pub because: Option<&'a str>,
}

/// What led to a decision.
#[derive(Debug, Clone)]
pub struct Said {
    /// Every rule about the action, and where it stands.
    pub told: Vec<(Told, Option<Span>)>,
    /// What else denies it.
    pub besides: Vec<String>,
}

/// A cell of a policy test came out otherwise.
#[must_use]
pub fn cell_failed(span: Span, missed: Missed<'_>, allowed: bool, said: &Said) -> Diagnostic {
    let Missed { who, what, action, .. } = missed;
    let word = |allowed| if allowed { "allowed" } else { "denied" };
    let title = if missed.allowed == allowed {
        let rule = missed.because.unwrap_or_default();
        format!("`{action}` of `{what}` by `{who}` is {}, but not by `{rule}`", word(allowed))
    } else {
        format!("`{action}` of `{what}` by `{who}` is {}", word(allowed))
    };
    let expected = match (missed.because, missed.allowed) {
        (Some(rule), allowed) => format!("expected: {} by `{rule}`", word(allowed)),
        (None, allowed) => format!("expected: {}", word(allowed)),
    };
    let mut out = Diagnostic::new(&TEST_FAILED, span, title).label(expected);
    let mut silent = Vec::new();
    for (told, place) in &said.told {
        let Some(truth) = told.truth else {
            silent.push(told.rule.as_str());
            continue;
        };
        let truth = match truth {
            Some(true) => "true",
            Some(false) => "false",
            None => "unknown",
        };
        let decides = if told.decided { ", decides" } else { "" };
        let text = format!("{} is {truth}{decides}", told.effect.name());
        out = match place {
            Some(place) => out.also(*place, text),
            None => out.note(format!("`{}`: {text}", told.rule)),
        };
    }
    if !silent.is_empty() {
        let verb = if silent.len() == 1 { "does" } else { "do" };
        out = out.note(format!("{} {verb} not speak to `{who}`", listed(&silent)));
    }
    if said.told.is_empty() && said.besides.is_empty() {
        out = out.note(format!("no rule is about `{action}`"));
    } else if !allowed && !said.told.iter().any(|(told, _)| told.decided) && said.besides.is_empty() {
        out = out.note("no rule that allows it holds");
    }
    for besides in &said.besides {
        out = out.note(format!("{besides}, so it is denied"));
    }
    out
}

/// A condition takes too long to judge: whatever is expected did not come.
#[must_use]
pub fn undecided(span: Span, about: &str, error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::new(&TEST_FAILED, span, format!("{about} can not be decided"))
        .label("no answer")
        .note(error.to_string())
        .help("shorten the condition, or give the record fewer and shorter values")
}

/// Somebody sees other records than expected.
#[must_use]
pub fn list_failed(span: Span, who: &str, missing: &[&str], beyond: &[&str]) -> Diagnostic {
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("does not see {}", listed(missing)));
    }
    if !beyond.is_empty() {
        parts.push(format!("also sees {}", listed(beyond)));
    }
    Diagnostic::new(&TEST_FAILED, span, format!("`{who}` {}", parts.join(" and ")))
        .label("expected: these and no others")
}

/// Somebody sees a field otherwise than expected.
#[must_use]
pub fn field_failed(
    span: Span,
    (who, what, field): (&str, &str, &str),
    (expected, came): (&str, &str),
    rule: Option<Span>,
) -> Diagnostic {
    let out = Diagnostic::new(&TEST_FAILED, span, format!("`{field}` of `{what}`: `{who}` {came}"))
        .label(format!("expected: {expected}"));
    match rule {
        Some(rule) => out.also(rule, "the rule about the field"),
        None => out.note(format!("no rule is about `{field}`: whoever reads the record sees it")),
    }
}

/// A database answers otherwise than memory.
#[must_use]
pub fn database_differs(span: Span, database: &str, what: &str, memory: bool) -> Diagnostic {
    let word = |allowed| if allowed { "allows" } else { "denies" };
    let title = format!("{database} {} {what}, memory {} it", word(!memory), word(memory));
    Diagnostic::new(&DATABASE_DIFFERS, span, title)
        .label("two answers to one question")
        .help("this is a bug in metac; please report it with the package")
}
