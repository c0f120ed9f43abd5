//! Policies as written.

use athyper_schemas::bundle::{Action, Effect, Otherwise};

use super::{Name, Passage, Spanned, Text};
use crate::source::Span;

/// A document that starts with `policy:`.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name.
    pub name: Name,
    /// `for`.
    pub entity: Option<Text>,
    /// `doc`.
    pub doc: Option<String>,
    /// `let`, in the order written.
    pub lets: Vec<Let>,
    /// `roles`, in the order written.
    pub roles: Vec<DerivedRole>,
    /// `rules`, in the order written.
    pub rules: Vec<Rule>,
    /// `fields`, in the order written.
    pub fields: Vec<FieldRule>,
    /// Whether all of it could be read.
    pub read: bool,
}

/// A name for an expression.
#[derive(Debug, Clone)]
pub struct Let {
    /// The name.
    pub name: Text,
    /// The expression.
    pub value: Passage,
}

/// A role that follows from other roles and from the record.
#[derive(Debug, Clone)]
pub struct DerivedRole {
    /// Its name.
    pub name: Text,
    /// `from`.
    pub from: Vec<Text>,
    /// `when`.
    pub when: Option<Condition>,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `id`.
    pub id: Text,
    /// Whether it says `allow` or `deny`.
    pub effect: Effect,
    /// The actions.
    pub actions: Vec<Spanned<Action>>,
    /// `to`.
    pub to: Vec<Text>,
    /// `when`.
    pub when: Option<Condition>,
    /// `unless`.
    pub unless: Option<Condition>,
    /// `after`.
    pub after: Option<Condition>,
    /// `message`.
    pub message: Option<String>,
    /// `obligation`.
    pub obligation: Option<String>,
    /// `output`.
    pub output: Option<Passage>,
    /// Whether all of its actions and roles could be read.
    pub read: bool,
}

/// A condition, perhaps put together of several.
#[derive(Debug, Clone)]
pub enum Condition {
    /// An expression.
    Text(Passage),
    /// Conditions under one of the words `all`, `any` and `none`.
    Group {
        /// The word.
        quantity: Quantity,
        /// The conditions.
        parts: Vec<Condition>,
        /// The whole of it.
        span: Span,
    },
}

/// How many of several conditions hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Every one.
    All,
    /// At least one.
    Any,
    /// Not one.
    None,
}

impl Condition {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Text(passage) => passage.span(),
            Self::Group { span, .. } => *span,
        }
    }
}

/// Who may see and change one field.
#[derive(Debug, Clone)]
pub struct FieldRule {
    /// The field.
    pub field: Text,
    /// `read`.
    pub read: Option<Vec<Text>>,
    /// `update`.
    pub update: Option<Vec<Text>>,
    /// `when`.
    pub when: Option<Condition>,
    /// `else`.
    pub otherwise: Option<Spanned<Otherwise>>,
}
