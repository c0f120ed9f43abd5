//! Messages about names (03): how they look, whether they are free, and whether something has them.

use super::foreign::{self, Meant};
use super::{Diagnostic, codes};
use crate::source::Span;

codes! {
    /// A type that nothing is called.
    UNKNOWN_TYPE = "E0301" "unknown-type";
    /// An entity that nothing is called.
    UNKNOWN_ENTITY = "E0302" "unknown-entity";
    /// A field that the entity does not have.
    UNKNOWN_FIELD = "E0303" "unknown-field";
    /// Two things with one name.
    DUPLICATE_NAME = "E0304" "duplicate-name";
    /// A short name that several modules have.
    AMBIGUOUS_NAME = "E0305" "ambiguous-name";
    /// A name with the wrong case or letters.
    BAD_NAME = "E0306" "bad-name";
    /// A letter of another script that looks like a usual one.
    LOOK_ALIKE = "E0307" "look-alike";
    /// Two names that people cannot tell apart.
    LOOK_ALIKE_NAMES = "W0308" "look-alike-names";
    /// A name that is taken by the system or the language.
    RESERVED_NAME = "E0309" "reserved-name";
    /// One name twice in a list.
    LISTED_TWICE = "E0310" "listed-twice";
    /// The name of something of another kind.
    WRONG_KIND = "E0311" "wrong-kind";
    /// A former name that is the present one.
    RENAMED_TO_ITSELF = "E0312" "renamed-to-itself";
    /// A former name that something else has now.
    FORMER_NAME_TAKEN = "E0313" "former-name-taken";
    /// A former name that two things claim.
    FORMER_NAME_TWICE = "E0314" "former-name-twice";
}

/// A type as written, for messages.
#[derive(Debug, Clone, Copy)]
pub struct WrittenType<'a> {
    /// The name.
    pub name: &'a str,
    /// Where the name stands.
    pub span: Span,
    /// What stands in its brackets, when that is one thing.
    pub inside: Option<&'a str>,
    /// Where all of it stands, brackets included.
    pub whole: Span,
}

/// Nothing is called like the type.
#[must_use]
pub fn unknown_type<'a>(written: WrittenType<'_>, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let WrittenType { name, span, inside, whole } = written;
    let message = Diagnostic::new(&UNKNOWN_TYPE, span, format!("there is no type, entity or enum `{name}`"))
        .label("not known");
    match (foreign::type_name(name), inside) {
        (Some(Meant::Type(ours @ "decimal")), _) => {
            message.fix("write `decimal`, which is exact", span, ours)
        }
        (Some(Meant::Type(ours)), _) => message.fix(format!("write `{ours}`"), span, ours),
        (Some(Meant::Reference), Some(entity)) => {
            message.fix("a reference is written as the name of its entity", whole, entity)
        }
        (Some(Meant::Reference), None) => message.help("a reference is written as the name of its entity"),
        (Some(Meant::List), Some(item)) => {
            message.fix("many of something are a `list`", whole, format!("list({item})"))
        }
        (Some(Meant::List), None) => message.help("many of something are written `list(T)`"),
        (None, _) => message.did_you_mean(span, name, known),
    }
}

/// No entity is called `name`.
#[must_use]
pub fn unknown_entity<'a>(span: Span, name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_ENTITY, span, format!("there is no entity `{name}`"))
        .label("not known")
        .did_you_mean(span, name, known)
}

/// The entity has no field `name`.
#[must_use]
pub fn unknown_field<'a>(
    span: Span,
    entity: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_FIELD, span, format!("`{entity}` has no field `{name}`"))
        .label("not known")
        .did_you_mean(span, name, known)
}

/// Two documents give one name.
#[must_use]
pub fn duplicate_name(second: Span, first: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&DUPLICATE_NAME, second, format!("`{name}` is declared twice"))
        .label("the second time")
        .also(first, "declared here first")
        .help("rename one of the two, or put it into another module")
}

/// A short name that several modules have.
#[must_use]
pub fn ambiguous_name(span: Span, name: &str, candidates: &[&str]) -> Diagnostic {
    let message =
        Diagnostic::new(&AMBIGUOUS_NAME, span, format!("`{name}` is declared in more than one module"))
            .label("which one?");
    candidates
        .iter()
        .fold(message, |message, found| message.fix(format!("write `{found}`"), span, (*found).to_owned()))
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy)]
pub struct BadName<'a> {
    /// The name.
    pub name: &'a str,
    /// What it names: `field`.
    pub what: &'a str,
    /// How such names are written.
    pub rule: &'a str,
}

/// A name with the wrong case or letters.
#[must_use]
pub fn bad_name(span: Span, bad: BadName<'_>, repaired: Option<String>) -> Diagnostic {
    let BadName { name, what, rule } = bad;
    let message = Diagnostic::new(&BAD_NAME, span, format!("`{name}` is no name of this kind: {what}"))
        .label(format!("names like this are written in {rule}"));
    match repaired {
        Some(repaired) => message.fix(format!("write `{repaired}`"), span, repaired),
        None => message,
    }
}

/// A letter that looks like another.
#[must_use]
pub fn look_alike(span: Span, name: &str, odd: char, plain: Option<String>) -> Diagnostic {
    let code = u32::from(odd);
    let message = Diagnostic::new(
        &LOOK_ALIKE,
        span,
        format!("`{name}` is not written in the letters it shows"),
    )
    .label(format!("`{odd}` is U+{code:04X}"))
    .note("names are written in the letters `a` to `z`, digits and `_`, so that what looks equal is equal");
    match plain {
        Some(plain) => message.fix(format!("write `{plain}` in plain letters"), span, plain),
        None => message.help("write it in plain letters"),
    }
}

/// Two names that people cannot tell apart.
#[must_use]
pub fn look_alike_names(second: Span, first: Span, names: [&str; 2]) -> Diagnostic {
    let [first_name, second_name] = names;
    Diagnostic::new(&LOOK_ALIKE_NAMES, second, format!("`{second_name}` looks like `{first_name}`"))
        .label("hard to tell apart")
        .also(first, format!("`{first_name}` is here"))
        .help("rename one of the two")
}

/// A name that is taken.
#[must_use]
pub fn reserved_name(span: Span, name: &str, reason: &str) -> Diagnostic {
    Diagnostic::new(&RESERVED_NAME, span, format!("the name `{name}` is taken"))
        .label("not free")
        .note(reason)
        .help("choose another name")
}

/// One name twice in a list.
#[must_use]
pub fn listed_twice(second: Span, first: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&LISTED_TWICE, second, format!("`{name}` is listed twice"))
        .label("the second time")
        .also(first, "listed here first")
        .help("remove one of the two")
}

/// The name of something of another kind.
#[must_use]
pub fn wrong_kind(span: Span, name: &str, found: &str, needed: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_KIND, span, format!("`{name}` is {found}, and {needed} is needed"))
        .label(format!("this is {found}"))
}

/// `was` gives the name that a thing has.
#[must_use]
pub fn renamed_to_itself(was: Span, named: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&RENAMED_TO_ITSELF, was, format!("`{name}` was not called otherwise before"))
        .label("the name it has now")
        .also(named, "this one")
        .help("write the name that the database still has, or remove `was`")
}

/// `was` gives the name of something else; `other` is where that is, if it was written.
#[must_use]
pub fn former_name_taken(was: Span, other: Option<Span>, name: &str) -> Diagnostic {
    let message = Diagnostic::new(&FORMER_NAME_TAKEN, was, format!("the former name `{name}` is in use"))
        .label("what is stored under this name belongs to something else")
        .help("remove `was` if this is something new; to exchange two names, rename one of them first and migrate");
    match other {
        Some(other) => message.also(other, format!("this is `{name}` now")),
        None => message.note(format!("`{name}` is a field that every record has")),
    }
}

/// Two things give one former name.
#[must_use]
pub fn former_name_twice(second: Span, first: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&FORMER_NAME_TWICE, second, format!("two things say that they were `{name}`"))
        .label("the second one")
        .also(first, "the first one")
        .help("only one of them can keep what is stored under that name: remove `was` from the other")
}
