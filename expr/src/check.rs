//! Names and types: a tree as written becomes a checked expression, or a list of problems.
//!
//! Knows kinds, nullability and narrowing. What an entity looks like is asked of a [`Scope`].

use athyper_schemas::ir::{self, Kind, Ty};

use crate::ast;
use crate::parser;
use crate::problem::{Problem, ProblemKind};

mod convert;
mod foreign;
mod functions;
mod limits;
mod literal;
mod macros;
mod methods;
mod narrow;
mod operators;
mod scope;
mod tree;
mod typed;

pub use scope::{Ingredient, Scope};

/// What the place needs that the expression stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// True, false or unknown; operands that may be null are warned about.
    Condition,
    /// A value that fits this type: an int fits a decimal, a text literal fits an enum or a date.
    Value(Ty),
    /// Anything.
    Any,
}

/// A checked expression and what is doubtful about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The expression.
    pub expr: ir::Expr,
    /// Hazards, in the order of places.
    pub warnings: Vec<Problem>,
}

/// Types a parsed expression. `source` is the text it was parsed from.
///
/// # Errors
/// Every problem found, in the order of places. A tree with [`ast::ExprKind::Invalid`] in it is refused, with
/// an empty list when the parser's problems are all there is to say.
pub fn check(
    expr: &ast::Expr,
    source: &str,
    scope: &dyn Scope,
    expected: &Expected,
) -> Result<Checked, Vec<Problem>> {
    tree::run(expr, source, scope, expected)
}

/// [`parser::parse`] and [`check`] in one step: the problems of both.
///
/// # Errors
/// Every problem found, at least one, in the order of places.
pub fn compile(text: &str, scope: &dyn Scope, expected: &Expected) -> Result<Checked, Vec<Problem>> {
    let parsed = parser::parse(text);
    let checked = parsed.expr.map(|expr| check(&expr, text, scope, expected));
    match checked {
        Some(Ok(checked)) if parsed.problems.is_empty() => Ok(checked),
        other => {
            let mut problems = parsed.problems;
            if let Some(Err(more)) = other {
                problems.extend(more);
            }
            problems.sort_by_key(|p| (p.span.start, p.span.end));
            Err(problems)
        }
    }
}

/// What is too much about a checked tree that was put together of others, if anything.
#[must_use]
pub fn exceeded(root: &ir::Node) -> Option<ProblemKind> {
    limits::exceeded(root)
}

/// A type as authors know it: `text`, `int`, `decimal(2)`, `a list of int`.
#[must_use]
pub fn type_name(kind: &Kind) -> String {
    match kind {
        Kind::Null => "`null`".into(),
        Kind::Bool => "a condition".into(),
        Kind::Int => "a whole number".into(),
        Kind::Decimal(scale) => format!("a decimal with {scale} digits behind the point"),
        Kind::Text => "a text".into(),
        Kind::Date => "a date".into(),
        Kind::Time => "a time".into(),
        Kind::Datetime => "a datetime".into(),
        Kind::Duration => "a duration".into(),
        Kind::Uuid => "a uuid".into(),
        Kind::Enum(name) => format!("a value of `{name}`"),
        Kind::Json => "a JSON document".into(),
        Kind::List(item) => format!("a list ({})", type_name(&item.kind)),
        Kind::Record(entity) => format!("a record of `{entity}`"),
    }
}

/// The candidate that `name` is probably a slip of.
fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let lower = name.to_ascii_lowercase();
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .map(|c| (strsim::damerau_levenshtein(&lower, &c.to_ascii_lowercase()), c))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}
