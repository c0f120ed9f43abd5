//! Fields, types and enums as written.

use athyper_schemas::bundle::OnDelete;

use super::{Name, Passage, Spanned, Text};
use crate::source::Span;

/// A field of an entity, whichever form it was written in.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: Text,
    /// Its type; absent when it could not be read.
    pub ty: Option<Type>,
    /// Where it says `!` or `required: true`.
    pub required: Option<Span>,
    /// Where it says `unique`.
    pub unique: Option<Span>,
    /// Where it says `index`.
    pub index: Option<Span>,
    /// `= default` or `default:`.
    pub default: Option<Passage>,
    /// `label`.
    pub label: Option<String>,
    /// `doc`.
    pub doc: Option<String>,
    /// What bounds its values.
    pub constraints: Constraints,
    /// `computed`.
    pub computed: Option<Passage>,
    /// `stored`, when true.
    pub stored: Option<Span>,
    /// `copy`.
    pub copy: Option<Passage>,
    /// `on_delete`.
    pub on_delete: Option<Spanned<OnDelete>>,
    /// `was`.
    pub was: Option<Text>,
    /// `lint`.
    pub lint: Vec<Text>,
}

/// What bounds values: of a field, or of a named type.
#[derive(Debug, Clone, Default)]
pub struct Constraints {
    /// `min`.
    pub min: Option<Text>,
    /// `max`.
    pub max: Option<Text>,
    /// `min_length`.
    pub min_length: Option<Spanned<u32>>,
    /// `max_length`.
    pub max_length: Option<Spanned<u32>>,
    /// `pattern`.
    pub pattern: Option<Text>,
    /// `values`.
    pub values: Option<Spanned<Vec<EnumValue>>>,
    /// `personal`.
    pub personal: bool,
}

/// A type as written.
#[derive(Debug, Clone)]
pub struct Type {
    /// What was written.
    pub kind: TypeKind,
    /// Where, arguments included.
    pub span: Span,
}

/// The shapes of a type.
#[derive(Debug, Clone)]
pub enum TypeKind {
    /// `string`, `string(20)`, `Supplier`, `sales.Supplier`.
    Named {
        /// The name.
        name: Text,
        /// What stands in the brackets.
        args: Vec<Text>,
    },
    /// `list(T)`.
    List(Box<Type>),
    /// `enum(a, b)`; empty when the values stand in `values:`.
    Enum(Vec<Text>),
}

/// A document that starts with `type:`.
#[derive(Debug, Clone)]
pub struct Named {
    /// Its name.
    pub name: Name,
    /// `base`; absent when it could not be read.
    pub base: Option<Type>,
    /// `doc`.
    pub doc: Option<String>,
    /// What bounds its values.
    pub constraints: Constraints,
}

/// A document that starts with `enum:`.
#[derive(Debug, Clone)]
pub struct Enum {
    /// Its name.
    pub name: Name,
    /// `label`.
    pub label: Option<String>,
    /// `doc`.
    pub doc: Option<String>,
    /// `values`, in the order written.
    pub values: Vec<EnumValue>,
    /// Where `values` stands.
    pub span: Span,
    /// Whether `values` could not be read.
    pub poisoned: bool,
}

/// A value and perhaps its label.
#[derive(Debug, Clone)]
pub struct EnumValue {
    /// The value.
    pub name: Text,
    /// Its label.
    pub label: Option<String>,
}
