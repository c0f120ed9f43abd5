//! Expressions as written, with what each stands for. Their checked form is kept by `check`.

use super::{EntityId, FieldId, Id};
use crate::ast::Passage;

/// The place of an expression in its model.
pub type ExprId = Id<Expression>;

/// An expression as written.
#[derive(Debug, Clone)]
pub struct Expression {
    /// Its text with its places.
    pub passage: Passage,
    /// The record whose fields are its bare names.
    pub entity: EntityId,
    /// What it is for.
    pub role: Role,
}

/// What an expression is for: it decides the names in scope and the type that must come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The default of a field: no fields in scope.
    Default(FieldId),
    /// The value of a field.
    Computed(FieldId),
    /// A condition on the record.
    Check,
}
