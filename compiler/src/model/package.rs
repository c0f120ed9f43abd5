//! The package as a whole, and its enums.

use std::collections::BTreeSet;

use athyper_schemas::dialect::Dialect;
use smol_str::SmolStr;

use super::{FieldType, Id, Name};
use crate::source::Span;

/// Facts about the package as a whole.
#[derive(Debug, Clone)]
pub struct Package {
    /// From `metac.yaml`.
    pub name: SmolStr,
    /// Where it is named.
    pub name_span: Option<Span>,
    /// The edition of the language it is written in.
    pub edition: u16,
    /// What it is for.
    pub doc: Option<String>,
    /// The databases that SQL is written for.
    pub dialects: BTreeSet<Dialect>,
    /// The attributes of a principal, in the order written.
    pub user: Vec<Attribute>,
}

/// An attribute of the principal: `user.id`.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name behind `user.`.
    pub name: SmolStr,
    /// Its type: a scalar or a list of one.
    pub ty: FieldType,
    /// Whether every principal has it.
    pub required: bool,
    /// The claim of the token that fills it, when one is named.
    pub claim: Option<SmolStr>,
}

/// The place of an enum in its model.
pub type EnumId = Id<Enum>;

/// A closed set of values.
#[derive(Debug, Clone)]
pub struct Enum {
    /// Its name; an enum written inside a field is named after entity and field.
    pub name: Name,
    /// For people; derived from the name when absent.
    pub label: Option<String>,
    /// What the enum stands for.
    pub doc: Option<String>,
    /// In the order written.
    pub values: Vec<EnumValue>,
    /// Where the values stand.
    pub span: Span,
    /// A mistake in the values was told already.
    pub poisoned: bool,
}

/// One value of an [`Enum`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumValue {
    /// As stored and sent.
    pub name: SmolStr,
    /// Where it stands.
    pub span: Span,
    /// For people; derived from the name when absent.
    pub label: Option<String>,
}
