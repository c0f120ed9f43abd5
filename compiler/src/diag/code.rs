//! The table of codes: number, slug, severity and the page that explains it.
//!
//! May not enter: messages; they are functions in the files of their phases.

use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is written.
    Error,
    /// The artifact is written all the same.
    Warning,
}

impl Severity {
    /// As written in every output format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One row: a kind of message.
#[derive(PartialEq, Eq)]
pub struct Code {
    /// `E` or `W` and four digits. Numbers are never reused.
    pub id: &'static str,
    /// The readable name; lints are levelled by it.
    pub slug: &'static str,
    /// Severity before lint levels.
    pub severity: Severity,
    /// The page `docs/errors/<id>.md`.
    pub page: &'static str,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.id, self.slug)
    }
}

/// The codes of one phase: `NAME = "E0101" "slug";`. Makes a `static` each and the list `CODES`; the page is
/// embedded, so a code without a page does not compile.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal $slug:literal;)+) => {
        $(
            $(#[$doc])*
            pub static $name: $crate::diag::Code = $crate::diag::Code {
                id: $id,
                slug: $slug,
                severity: if matches!($id.as_bytes(), [b'W', ..]) {
                    $crate::diag::Severity::Warning
                } else {
                    $crate::diag::Severity::Error
                },
                page: include_str!(concat!("../../../docs/errors/", $id, ".md")),
            };
        )+
        /// The codes of this phase, by number.
        pub static CODES: &[&$crate::diag::Code] = &[$(&$name),+];
    };
}
pub(crate) use codes;

/// Every code, phase by phase.
pub static CODES: &[&[&Code]] = &[
    super::yaml::CODES,
    super::shape::CODES,
    super::names::CODES,
    super::entities::CODES,
    super::limits::CODES,
    super::expressions::CODES,
    super::policies::CODES,
    super::policy_doubts::CODES,
    super::policy_tests::CODES,
    super::database::CODES,
    super::package::CODES,
];

/// The code with this number (`E0101`, also `e0101`) or slug.
#[must_use]
pub fn find_code(wanted: &str) -> Option<&'static Code> {
    CODES
        .iter()
        .flat_map(|phase| phase.iter())
        .copied()
        .find(|code| code.id.eq_ignore_ascii_case(wanted) || code.slug == wanted)
}

/// The slugs of the warnings, whose levels can be set.
pub fn lints() -> impl Iterator<Item = &'static str> {
    let all = CODES.iter().flat_map(|phase| phase.iter());
    all.filter(|code| code.severity == Severity::Warning).map(|code| code.slug)
}

/// Whether `slug` is a warning, whose level can be set.
#[must_use]
pub fn is_lint(slug: &str) -> bool {
    lints().any(|lint| lint == slug)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_and_slugs_are_unique_and_pages_are_about_their_code() {
        let mut seen = BTreeSet::new();
        for code in CODES.iter().flat_map(|phase| phase.iter()) {
            assert!(seen.insert(code.id) && seen.insert(code.slug), "{code:?} is there twice");
            assert!(code.id.len() == 5 && code.id.starts_with(['E', 'W']), "{code:?}");
            let title = format!("# {} {}\n", code.id, code.slug);
            assert!(code.page.starts_with(&title), "the page of {code:?} must start with {title:?}");
            for section in ["\n## Wrong\n", "\n## Right\n"] {
                let tested_in_rust = code.page.contains("\n## When\n");
                assert!(tested_in_rust || code.page.contains(section), "{code:?} lacks {section:?}");
            }
        }
    }
}
