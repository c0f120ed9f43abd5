//! What is wrong with one place of a document, in words for people and a code for programs. The table of
//! codes stands in `docs/api/validation.md`.

use std::fmt::Write as _;

use serde::Serialize;

/// One thing wrong with one place of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// JSON pointer (RFC 6901) into the request body; `""` is the whole document.
    pub pointer: String,
    /// From a closed set.
    pub code: Code,
    /// For people.
    pub message: String,
    /// The name of the model's check that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
}

/// The closed set of things that can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// A required value is missing or null.
    Required,
    /// The JSON kind is wrong: a number where a string belongs.
    Type,
    /// The text is not of the form the type asks for.
    Format,
    /// No such field.
    UnknownField,
    /// The same key twice in one object.
    DuplicateKey,
    /// The value is not the client's to set.
    ReadOnly,
    /// Too few characters.
    TooShort,
    /// Too many characters.
    TooLong,
    /// Below the smallest allowed value.
    TooSmall,
    /// Above the largest allowed value.
    TooLarge,
    /// Too few items.
    TooFew,
    /// Too many items.
    TooMany,
    /// More digits behind the point than are kept.
    TooPrecise,
    /// Does not match the pattern.
    Pattern,
    /// Not one of the allowed values.
    NotAllowed,
    /// Holds a NUL character.
    Nul,
    /// No record with this id that the caller may read.
    NotFound,
    /// Another record has the same values.
    Unique,
    /// A check of the model fails.
    Check,
    /// A tree would become a ring.
    Cycle,
    /// The period meets another of the same key.
    Overlap,
}

impl Code {
    /// As it is sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Type => "type",
            Self::Format => "format",
            Self::UnknownField => "unknown_field",
            Self::DuplicateKey => "duplicate_key",
            Self::ReadOnly => "read_only",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::TooSmall => "too_small",
            Self::TooLarge => "too_large",
            Self::TooFew => "too_few",
            Self::TooMany => "too_many",
            Self::TooPrecise => "too_precise",
            Self::Pattern => "pattern",
            Self::NotAllowed => "not_allowed",
            Self::Nul => "nul",
            Self::NotFound => "not_found",
            Self::Unique => "unique",
            Self::Check => "check",
            Self::Cycle => "cycle",
            Self::Overlap => "overlap",
        }
    }
}

/// A place in a document on the way down; made into text only when something is wrong there.
#[derive(Debug, Clone, Copy)]
pub enum Pointer<'p> {
    /// The whole document, below this prefix.
    Root(&'p str),
    /// A member of an object.
    Key(&'p Pointer<'p>, &'p str),
    /// An item of an array.
    Item(&'p Pointer<'p>, usize),
}

impl Pointer<'_> {
    /// The pointer as RFC 6901 writes it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Root(prefix) => out.push_str(prefix),
            Self::Key(above, key) => {
                above.write(out);
                out.push('/');
                for c in key.chars() {
                    match c {
                        '~' => out.push_str("~0"),
                        '/' => out.push_str("~1"),
                        c => out.push(c),
                    }
                }
            }
            Self::Item(above, index) => {
                above.write(out);
                let _ = write!(out, "/{index}");
            }
        }
    }

    /// A problem at this place.
    #[must_use]
    pub fn problem(&self, wrong: Wrong) -> FieldProblem {
        FieldProblem { pointer: self.text(), code: wrong.code, message: wrong.message, check: None }
    }
}

/// What is wrong with a value, wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// From a closed set.
    pub code: Code,
    /// For people.
    pub message: String,
}

impl Wrong {
    /// Something wrong.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_escape_as_rfc_6901_says() {
        let root = Pointer::Root("/operations/3/body");
        let lines = Pointer::Key(&root, "li~n/es");
        let item = Pointer::Item(&lines, 12);
        assert_eq!(item.text(), "/operations/3/body/li~0n~1es/12");
        assert_eq!(Pointer::Root("").text(), "");
    }
}
