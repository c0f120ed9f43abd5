//! What is wrong with one place of a document, in words for people and a code for programs. The table of
//! codes stands in `docs/api/validation.md`.

use std::fmt::Write as _;

/// One thing wrong with one place of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// JSON pointer (RFC 6901) into the request body; `""` is the whole document.
    pub pointer: String,
    /// From a closed set.
    pub code: Code,
    /// For people.
    pub message: String,
    /// The name of the model's check that failed.
    pub check: Option<String>,
}

/// Declares the codes, so that none can be without its name.
macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident: $name:literal;)*) => {
        /// The closed set of things that can be wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $code,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// As it is sent.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)* }
            }
        }
    };
}

codes! {
    /// A required value is missing or null.
    Required: "required";
    /// The JSON kind is wrong: a number where a string belongs.
    Type: "type";
    /// The text is not of the form the type asks for.
    Format: "format";
    /// No such field.
    UnknownField: "unknown_field";
    /// The same key twice in one object.
    DuplicateKey: "duplicate_key";
    /// The value is not the client's to set.
    ReadOnly: "read_only";
    /// Too few characters.
    TooShort: "too_short";
    /// Too many characters.
    TooLong: "too_long";
    /// Below the smallest allowed value.
    TooSmall: "too_small";
    /// Above the largest allowed value.
    TooLarge: "too_large";
    /// Too few items.
    TooFew: "too_few";
    /// Too many items.
    TooMany: "too_many";
    /// More digits behind the point than are kept.
    TooPrecise: "too_precise";
    /// Does not match the pattern.
    Pattern: "pattern";
    /// Not one of the allowed values.
    NotAllowed: "not_allowed";
    /// Holds a NUL character.
    Nul: "nul";
    /// No record with this id that the caller may read.
    NotFound: "not_found";
    /// Another record has the same values.
    Unique: "unique";
    /// A check of the model fails.
    Check: "check";
    /// A tree would become a ring.
    Cycle: "cycle";
    /// The period meets another of the same key.
    Overlap: "overlap";
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
    fn the_page_explains_exactly_these_codes() {
        let page = include_str!("../../../docs/api/validation.md");
        let (_, table) = page.split_once("## Codes").expect("a section");
        let (table, _) = table.split_once("\n## ").expect("another section");
        let rows = table.lines().filter(|line| line.starts_with("| `"));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        let explained: Vec<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
        let known: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(explained, known);
    }

    #[test]
    fn pointers_escape_as_rfc_6901_says() {
        let root = Pointer::Root("/operations/3/body");
        let lines = Pointer::Key(&root, "li~n/es");
        let item = Pointer::Item(&lines, 12);
        assert_eq!(item.text(), "/operations/3/body/li~0n~1es/12");
        assert_eq!(Pointer::Root("").text(), "");
    }
}
