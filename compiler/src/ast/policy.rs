//! Policies as written.

use athyper_schemas::bundle::Action;

use super::{Name, Spanned, Text};
use crate::source::Span;

/// A document that starts with `policy:`.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name.
    pub name: Name,
    /// `for`.
    pub entity: Option<Text>,
    /// `rules`, in the order written.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `id`.
    pub id: Text,
    /// `allow`.
    pub allow: Vec<Spanned<Action>>,
    /// `to`.
    pub to: Vec<Text>,
    /// The whole rule.
    pub span: Span,
    /// Whether all of `allow` and `to` could be read.
    pub read: bool,
}
