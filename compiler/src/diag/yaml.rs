//! Messages about YAML itself (01, numbers below 0130): text that is not YAML, and YAML that we refuse.
//!
//! May not enter: messages about the meaning of keys.

use super::{Diagnostic, codes};
use crate::{source::MAX_FILE_BYTES, source::Span, yaml::quoted};

codes! {
    /// A key is written twice.
    DUPLICATE_KEY = "E0101" "duplicate-key";
    /// The text is not YAML.
    SYNTAX = "E0102" "yaml-syntax";
    /// `&name`.
    ANCHOR = "E0103" "yaml-anchor";
    /// `*name`.
    ALIAS = "E0104" "yaml-alias";
    /// `<<`.
    MERGE_KEY = "E0105" "yaml-merge-key";
    /// `!tag`.
    TAG = "E0106" "yaml-tag";
    /// An expression cut at a comma.
    TORN_SCALAR = "E0107" "torn-scalar";
    /// A tab where indentation is expected.
    TAB = "E0108" "tab-indentation";
    /// Too many brackets inside each other.
    TOO_DEEP = "E0109" "too-deep";
    /// A file over the cap.
    FILE_TOO_LARGE = "E0110" "file-too-large";
    /// A NUL byte.
    NUL_BYTE = "E0111" "nul-byte";
    /// Bytes that are not UTF-8.
    NOT_UTF8 = "E0112" "not-utf8";
    /// A key that is a list, a mapping or nothing.
    KEY_NOT_TEXT = "E0113" "key-not-text";
    /// `%YAML`, `%TAG`.
    DIRECTIVE = "E0114" "yaml-directive";
    /// A line that stands under no other.
    INDENTATION = "E0115" "indentation";
    /// `yes`, `no`, `on`, `off` without quotes.
    OLD_BOOLEAN = "W0121" "yaml-boolean";
}

/// `key` stands twice in one mapping.
#[must_use]
pub fn duplicate_key(second: Span, first: Span, key: &str) -> Diagnostic {
    Diagnostic::new(&DUPLICATE_KEY, second, format!("the key `{key}` is written twice"))
        .label("the second time")
        .also(first, "written here first")
        .help("keep one of the two, or rename one")
}

/// What a broken document costs.
const REST: &str =
    "the rest of this document is not read; other documents and files are checked all the same";

/// The text is not YAML; `value` is the line's value and its quoted form, when quoting may repair it.
#[must_use]
pub fn syntax(span: Span, what: &str, value: Option<(Span, String)>) -> Diagnostic {
    let message = Diagnostic::new(&SYNTAX, span, "this is not valid YAML").label(what).note(REST);
    match value {
        Some((span, quoted)) => message.fix("if this is one text or expression, quote it", span, quoted),
        None => message.help("text that contains `: `, quotes, brackets or commas must be quoted as a whole"),
    }
}

/// A line that begins with a word and no `:` behind it.
#[must_use]
pub fn missing_colon(word: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&SYNTAX, word, format!("a `:` is missing behind `{name}`"))
        .label("a key stands here, and nothing ends it")
        .fix("end the key", word.at_end(), ":")
        .note(REST)
}

/// How a line is indented, and how it should be.
#[derive(Debug, Clone, Copy)]
pub struct Indented<'a> {
    /// The key it begins with, or nothing for `-`.
    pub what: Option<&'a str>,
    /// How many blanks it has.
    pub blanks: usize,
    /// Deeper than the line above rather than between two.
    pub deeper: bool,
    /// The line it was most likely meant to stand under.
    pub like: Span,
    /// The key of that line, or nothing for `-`.
    pub like_what: Option<&'a str>,
    /// How many blanks that has.
    pub like_blanks: usize,
}

/// A line that stands under no other one.
#[must_use]
pub fn indentation(word: Span, indent: Span, found: Indented<'_>) -> Diagnostic {
    let name = |key: Option<&str>, dash: &str| key.map_or_else(|| dash.to_owned(), |key| format!("`{key}`"));
    let (what, like) = (name(found.what, "this `-`"), name(found.like_what, "the `-` above"));
    let title = if found.deeper {
        format!("{what} is indented deeper than {like}, which has its value already")
    } else {
        format!("{what} is indented like no line above it")
    };
    let blanks = |count: usize| match count {
        0 => "not indented".to_owned(),
        1 => "indented by 1 blank".to_owned(),
        count => format!("indented by {count} blanks"),
    };
    Diagnostic::new(&INDENTATION, word, title)
        .label(blanks(found.blanks))
        .also(found.like, blanks(found.like_blanks))
        .fix(format!("indent it like {like}"), indent, " ".repeat(found.like_blanks))
        .note(REST)
}

/// An anchor.
#[must_use]
pub fn anchor(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&ANCHOR, span, format!("the anchor `&{name}` is not allowed"))
        .label("YAML anchors are refused")
        .note("a file must mean the same wherever it is read from; anchors hide where a value comes from")
        .help(
            "write the value where it is used; a `type` document names constraints that several fields share",
        )
}

/// An alias.
#[must_use]
pub fn alias(span: Span, written: &str) -> Diagnostic {
    Diagnostic::new(&ALIAS, span, format!("the alias `{written}` is not allowed"))
        .label("YAML aliases are refused")
        .help("write the value out")
        .fix("if the text itself is meant, quote it", span, quoted(written))
}

/// A merge key.
#[must_use]
pub fn merge_key(span: Span) -> Diagnostic {
    Diagnostic::new(&MERGE_KEY, span, "the merge key `<<` is not allowed")
        .label("YAML merge keys are refused")
        .help("write the keys out")
}

/// A tag.
#[must_use]
pub fn tag(span: Span, written: &str) -> Diagnostic {
    Diagnostic::new(&TAG, span, format!("the tag `{written}` is not allowed"))
        .label("YAML tags are refused")
        .note(
            "a value that starts with `!` is a tag to YAML; this includes an expression that starts with `!`",
        )
        .help("remove the tag, or quote the whole expression: \"!(a && b)\"")
}

/// A plain scalar in `{ }` or `[ ]` that YAML cut at a comma.
#[must_use]
pub fn torn_scalar(span: Span, written: &str) -> Diagnostic {
    Diagnostic::new(&TORN_SCALAR, span, "this value is cut into pieces at the comma")
        .label("a bracket opens before the comma and closes behind it")
        .note("inside `{ }` and `[ ]` YAML ends unquoted text at a comma, whatever brackets are open")
        .fix("quote it", span, quoted(written))
}

/// A tab; `blanks` is what should stand in its place, `more` how many lines of the document begin with one too.
#[must_use]
pub fn tab(span: Span, blanks: Option<String>, more: usize) -> Diagnostic {
    let message =
        Diagnostic::new(&TAB, span, "a tab is used for indentation").label("YAML indents with blanks only");
    let message = match blanks {
        Some(blanks) => message.fix("write blanks", span, blanks),
        None => message.help("replace the tab by two blanks per level"),
    };
    match more {
        0 => message,
        1 => message.note("one more line of this document begins with a tab"),
        more => message.note(format!("{more} more lines of this document begin with a tab")),
    }
}

/// Nested too deeply.
#[must_use]
pub fn too_deep(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(&TOO_DEEP, span, format!("more than {limit} lists and mappings inside each other"))
        .label("one level too many")
        .help("close the brackets that were meant to be closed before")
}

/// Too large.
#[must_use]
pub fn file_too_large(span: Span, bytes: u64) -> Diagnostic {
    let limit = MAX_FILE_BYTES / (1024 * 1024);
    Diagnostic::new(
        &FILE_TOO_LARGE,
        span,
        format!("the file has {bytes} bytes; at most {limit} MiB are read"),
    )
    .help("split it; a folder may hold any number of files")
}

/// A NUL byte.
#[must_use]
pub fn nul_byte(span: Span) -> Diagnostic {
    Diagnostic::new(&NUL_BYTE, span, "the file contains a NUL byte")
        .label("here")
        .help("save the file as UTF-8 text; it may be UTF-16 or no text at all")
}

/// Not UTF-8.
#[must_use]
pub fn not_utf8(span: Span) -> Diagnostic {
    Diagnostic::new(&NOT_UTF8, span, "the file is not UTF-8")
        .label("the bytes from here on are not UTF-8")
        .help("save the file as UTF-8")
}

/// A key that is not text.
#[must_use]
pub fn key_not_text(span: Span) -> Diagnostic {
    Diagnostic::new(&KEY_NOT_TEXT, span, "a key must be text")
        .label("not a text")
        .note("a `{` at the start of a value begins a mapping; text in curly brackets must be quoted")
        .help("write a name before the `:`")
}

/// A directive.
#[must_use]
pub fn directive(span: Span) -> Diagnostic {
    Diagnostic::new(&DIRECTIVE, span, "YAML directives are not allowed")
        .label("a line that starts with `%`")
        .help("remove the line; files are YAML 1.2 always")
}

/// A word that YAML 1.1 readers take for a truth value.
#[must_use]
pub fn old_boolean(span: Span, written: &str) -> Diagnostic {
    let on = ["yes", "on"].iter().any(|word| word.eq_ignore_ascii_case(written));
    Diagnostic::new(
        &OLD_BOOLEAN,
        span,
        format!("`{written}` is text here, but a truth value to many YAML tools"),
    )
    .label("unclear to readers")
    .fix("quote it if text is meant", span, quoted(written))
    .help(format!("write `{on}` if a truth value is meant"))
}
