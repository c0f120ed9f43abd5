//! What names look like: their letters, their case, and characters that deceive.

use unicode_security::GeneralSecurityProfile;
use unicode_security::confusable_detection::skeleton;

use super::reader::Reader;
use crate::ast::{Name, Text};
use crate::diag::{names, shape};
use crate::naming;
use crate::source::Span;
use crate::yaml::{Key, Node};

/// How a name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// `PurchaseOrder`: entities, enums, types, policies.
    Pascal,
    /// `unit_price`: fields, checks, indexes, packages.
    Snake,
    /// Letters, digits, `_` and `-`: values of enums, roles, rules.
    Any,
}

impl Case {
    fn accepts(self, name: &str) -> bool {
        match self {
            Self::Pascal => {
                name.starts_with(|c: char| c.is_ascii_uppercase())
                    && name.chars().all(|c| c.is_ascii_alphanumeric())
            }
            Self::Snake => is_snake(name),
            Self::Any => {
                name.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
            }
        }
    }

    const fn rule(self) -> &'static str {
        match self {
            Self::Pascal => "`PascalCase`: letters and digits, the first a capital",
            Self::Snake => "`snake_case`: small letters, digits and single `_`, the first a letter",
            Self::Any => "letters, digits, `_` and `-`, the first a letter or digit",
        }
    }

    fn repair(self, name: &str) -> Option<String> {
        let letters = naming::snake_case(name);
        let words: Vec<&str> =
            letters.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let joined = words.join("_");
        let repaired = match self {
            Self::Pascal => naming::pascal_case(&joined),
            Self::Snake | Self::Any => joined,
        };
        self.accepts(&repaired).then_some(repaired)
    }
}

/// Small letters, digits and single `_`, the first a letter.
pub(super) fn is_snake(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.ends_with('_')
        && !name.contains("__")
}

/// Characters that are not seen and change what is: direction marks, joiners, the byte order mark.
pub(super) const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}'
            | '\u{00AD}'
            | '\u{061C}'
    )
}

/// Says what is wrong with the letters of a name; `what` it names: `field`.
pub(super) fn judge(reader: &mut Reader<'_>, name: &str, span: Span, case: Case, what: &str) {
    if case.accepts(name) {
        return;
    }
    if let Some(hidden) = name.chars().find(|c| is_hidden(*c)) {
        reader.sink.error(shape::hidden_character(span, hidden));
        return;
    }
    let plain: String = skeleton(name).collect();
    let deceives = plain.is_ascii() || name.chars().any(|c| !c.identifier_allowed());
    if let Some(odd) = name.chars().find(|c| !c.is_ascii()).filter(|_| deceives) {
        let suggestion = Some(plain).filter(|plain| case.accepts(plain));
        reader.sink.error(names::look_alike(span, name, odd, suggestion));
        return;
    }
    let facts = names::BadName { name, what, rule: case.rule() };
    reader.sink.error(names::bad_name(span, facts, case.repair(name)));
}

/// The name that a document gives under its first key.
pub(super) fn document_name(reader: &mut Reader<'_>, node: &Node, kind: &'static str) -> Option<Name> {
    let needed = shape::Needed { what: "a name", example: "entity: PurchaseOrder" };
    let text = reader.scalar(node, kind, needed)?;
    judge(reader, &text.value, text.span, Case::Pascal, kind);
    Some(Name { module: reader.module.clone(), short: text.value, span: text.span })
}

/// A key that is a name of the author's choice.
pub(super) fn key_name(reader: &mut Reader<'_>, key: &Key, what: &'static str) -> Text {
    judge(reader, &key.text, key.span, Case::Snake, what);
    Text::new(key.text.clone(), key.span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_accept_and_repair() {
        assert!(is_snake("unit_price2") && !is_snake("unit__price") && !is_snake("2nd") && !is_snake("Unit"));
        assert_eq!(Case::Snake.repair("unitPrice").as_deref(), Some("unit_price"));
        assert_eq!(Case::Pascal.repair("purchase-order").as_deref(), Some("PurchaseOrder"));
        assert_eq!(Case::Snake.repair("2nd"), None);
    }
}
