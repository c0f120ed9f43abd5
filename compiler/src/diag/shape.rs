//! Messages about the shape of documents (01, numbers from 0151): keys, kinds of value, the shorthand of types.
//!
//! May not enter: messages about YAML itself, or about what names mean.

use super::foreign::{self, Modifier};
use super::{Diagnostic, Edit, codes};
use crate::source::Span;

codes! {
    /// A key that the mapping does not have.
    UNKNOWN_KEY = "E0151" "unknown-key";
    /// A list where text belongs, and the like.
    WRONG_SHAPE = "E0152" "wrong-shape";
    /// A key that must be there.
    MISSING_KEY = "E0153" "missing-key";
    /// A document whose first key names no kind.
    UNKNOWN_KIND = "E0154" "unknown-kind";
    /// A word that is not one of those known at this place.
    UNKNOWN_WORD = "E0155" "unknown-word";
    /// A type that does not follow the shorthand.
    BAD_TYPE = "E0156" "bad-type";
    /// The shorthand and the mapping say the same thing differently.
    SAID_TWICE = "E0157" "said-twice";
    /// A character that is not seen and changes how text is read.
    HIDDEN_CHARACTER = "E0158" "hidden-character";
}

/// What a place in a document needs, for messages.
#[derive(Debug, Clone, Copy)]
pub struct Needed {
    /// `a list of fields`.
    pub what: &'static str,
    /// `key: [code]`.
    pub example: &'static str,
}

/// `of` has no key `key`; its keys are `known`.
#[must_use]
pub fn unknown_key(span: Span, key: &str, of: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_KEY, span, format!("{of} has no key `{key}`"))
        .label("not known here")
        .did_you_mean(span, key, known.iter().copied())
        .note(format!("its keys are {}", listed(known)))
}

/// A key without a value, and what was meant as its value in the same column: `key` stands beside `empty`.
#[must_use]
pub fn beside_its_key(places: (Span, Span), names: (&str, &str), of: &str) -> Diagnostic {
    let (key, empty) = names;
    Diagnostic::new(&UNKNOWN_KEY, places.0, format!("`{key}` stands beside `{empty}`, not below it"))
        .label(format!("{of} has no key `{key}`"))
        .also(places.1, "nothing stands below this")
        .fix(format!("indent what belongs to `{empty}` by two blanks"), places.0.at_start(), "  ")
}

/// Something else was needed under `key`.
#[must_use]
pub fn wrong_shape(span: Span, key: &str, needed: Needed, found: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_SHAPE, span, format!("`{key}` needs {}", needed.what))
        .label(format!("this is {found}"))
        .help(format!("write it like `{}`", needed.example))
}

/// A word that says `meant` to other tools.
#[must_use]
pub fn not_a_truth_value(span: Span, key: &str, meant: bool) -> Diagnostic {
    Diagnostic::new(&WRONG_SHAPE, span, format!("`{key}` needs `true` or `false`")).label("this is text").fix(
        format!("write `{meant}`"),
        span,
        meant.to_string(),
    )
}

/// A single value stands where a list belongs; `text` is how it is written.
#[must_use]
pub fn needs_brackets(span: Span, key: &str, needed: Needed, text: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_SHAPE, span, format!("`{key}` needs {}", needed.what))
        .label("this is a single value")
        .fix("put it in brackets", span, format!("[{text}]"))
}

/// `of` lacks `key`.
#[must_use]
pub fn missing_key(span: Span, of: &str, key: &str, example: &str) -> Diagnostic {
    Diagnostic::new(&MISSING_KEY, span, format!("{of} needs the key `{key}`"))
        .label(format!("`{key}` is missing"))
        .help(format!("add it, like `{example}`"))
}

/// The first key names no kind of document.
#[must_use]
pub fn unknown_kind(span: Span, key: &str, kinds: &[(&str, &str)]) -> Diagnostic {
    let known: Vec<String> = kinds.iter().map(|(kind, what)| format!("`{kind}` ({what})")).collect();
    Diagnostic::new(&UNKNOWN_KIND, span, format!("no kind of document starts with `{key}`"))
        .label("the first key says what a document is")
        .did_you_mean(span, key, kinds.iter().map(|(kind, _)| *kind))
        .note(format!("a document starts with {}", known.join(", ")))
}

/// A document that is no mapping.
#[must_use]
pub fn not_a_document(span: Span, found: &str) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_KIND, span, "a document starts with a key that says what it is")
        .label(format!("this is {found}"))
        .help("write it like `entity: Order`")
}

/// `word` is not one of `known`.
#[must_use]
pub fn unknown_word(span: Span, key: &str, word: &str, known: &[&str]) -> Diagnostic {
    let message = Diagnostic::new(&UNKNOWN_WORD, span, format!("`{word}` is no value of `{key}`"))
        .label("not known here")
        .note(format!("it can be {}", one_of(known)));
    match foreign::word(key, word) {
        Some(ours) => message.fix(format!("write `{ours}`"), span, ours),
        None => message.did_you_mean(span, word, known.iter().copied()),
    }
}

/// How a type is written.
const TYPE_FORM: &str =
    "a type is written `TYPE[(args)][!][ unique][ index][ = default]`, such as `string(20)! unique`";

/// A type stops following `TYPE[(args)][!][ unique][ index][ = default]`.
#[must_use]
pub fn bad_type(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(&BAD_TYPE, span, what).label("here").note(TYPE_FORM)
}

/// A word behind a type that is neither `unique` nor `index`.
#[must_use]
pub fn unknown_modifier(span: Span, word: &str) -> Diagnostic {
    bad_type(span, &format!("`{word}` cannot follow a type")).did_you_mean(span, word, ["unique", "index"])
}

/// `unique` or `index` right behind the type.
#[must_use]
pub fn no_blank_before(word: Span, name: &str) -> Diagnostic {
    bad_type(word, &format!("a blank is missing before `{name}`")).fix("put one", word.at_start(), " ")
}

/// `?` behind a type.
#[must_use]
pub fn needless_question(span: Span) -> Diagnostic {
    bad_type(span, "`?` is not needed: a field may be empty unless `!` follows its type").fix(
        "remove it",
        span,
        "",
    )
}

/// `T[]`; `whole` is all of it.
#[must_use]
pub fn array(whole: Span, item: &str) -> Diagnostic {
    bad_type(whole, "a list is written `list(T)`").fix("write it so", whole, format!("list({item})"))
}

/// Words that another tool has behind a type: the words at `words`, with the blanks before them at `all`, behind the
/// type that ends at `ty`.
#[must_use]
pub fn foreign_modifier(meant: Modifier, written: &str, places: [Span; 3]) -> Diagnostic {
    let [ty, all, words] = places;
    let remove = Edit { span: all, replacement: String::new() };
    let message = |what: &str| bad_type(words, &format!("`{written}` {what}"));
    match meant {
        Modifier::Required => {
            let mark = Edit { span: ty.at_end(), replacement: "!".to_owned() };
            let edits =
                if ty.end == all.start { vec![Edit { span: all, ..mark }] } else { vec![mark, remove] };
            message("is written `!` right behind the type").fixes("write `!`", edits)
        }
        Modifier::Optional => message("is not needed: a field may be empty unless `!` follows its type")
            .fixes("remove it", vec![remove]),
        Modifier::Default => message("is written `=` here").fix("write `=`", words, "="),
        Modifier::Key => message("is not needed: every record has an `id`")
            .fixes("remove it", vec![remove])
            .help("for a key that people use, list its fields under `key` of the entity: `key: [code]`"),
        Modifier::Reference => message("is not written: the type of a reference is the name of its entity")
            .help("write it like `customer: Customer!`"),
        Modifier::Numbered => message("is not needed: every record has an `id`")
            .fixes("remove it", vec![remove])
            .help("for running numbers: `number: { field: code, format: \"PO-{SEQ:5}\" }` in the entity"),
    }
}

/// The shorthand says one thing and the key another.
#[must_use]
pub fn said_twice(key: Span, shorthand: Span, what: &str) -> Diagnostic {
    Diagnostic::new(&SAID_TWICE, key, format!("`{what}` is said twice"))
        .label("here by its key")
        .also(shorthand, "here in the type")
        .help("keep one of the two")
}

/// A control character that reorders or hides text.
#[must_use]
pub fn hidden_character(span: Span, character: char) -> Diagnostic {
    let code = u32::from(character);
    Diagnostic::new(&HIDDEN_CHARACTER, span, format!("the text holds the hidden character U+{code:04X}"))
        .label("it is not seen, and makes text look other than it is")
        .help("remove it")
}

/// `` `a`, `b` and `c` ``.
#[must_use]
pub fn listed(names: &[&str]) -> String {
    joined(names, "and")
}

/// `` `a`, `b` or `c` ``.
#[must_use]
pub fn one_of(names: &[&str]) -> String {
    joined(names, "or")
}

fn joined(names: &[&str], last_word: &str) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => format!("`{one}`"),
        [rest @ .., last] => {
            let rest: Vec<String> = rest.iter().map(|name| format!("`{name}`")).collect();
            format!("{} {last_word} `{last}`", rest.join(", "))
        }
    }
}
