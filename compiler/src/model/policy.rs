//! Policies as meant.

use std::collections::BTreeSet;

use athyper_schemas::bundle::Action;
use smol_str::SmolStr;

use super::{EntityId, Name};
use crate::source::Span;

/// Who may do what with one entity.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name.
    pub name: Name,
    /// The entity it is about.
    pub entity: EntityId,
    /// Where that entity is named.
    pub entity_span: Span,
    /// In the order written.
    pub rules: Vec<Rule>,
}

/// One rule of a [`Policy`].
#[derive(Debug, Clone)]
pub struct Rule {
    /// Stable name inside the policy.
    pub id: SmolStr,
    /// Where its id stands.
    pub span: Span,
    /// What it allows.
    pub allow: BTreeSet<Action>,
    /// To whom: roles, or `*`; in the order written.
    pub to: Vec<SmolStr>,
    /// Where each of them stands.
    pub to_spans: Vec<Span>,
    /// Whether all of it could be read.
    pub read: bool,
}
