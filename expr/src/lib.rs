//! The expression language, linked by both programs: `metac` checks with it, `athyper` evaluates and filters with it.
//!
//! [`parse`] reads text, [`check()`] types the tree against a [`Scope`] and gives `athyper_schemas::ir`;
//! [`value`] has the values and their stored and JSON forms, [`mod@print`] makes text of a tree again.
//! May not enter: YAML, HTTP, a database connection, words about where an expression came from.

pub mod ast;
pub mod check;
pub mod decimal;
pub mod eval;
pub mod kind;
mod lexer;
pub mod moment;
mod parser;
pub mod print;
pub mod problem;
pub mod sql;
pub mod value;

pub use athyper_schemas::ir;
pub use check::{Checked, Expected, Ingredient, Scope, check, compile};
pub use parser::{MAX_BYTES, MAX_DEPTH, MAX_NODES, Parsed, parse};
pub use problem::{Fix, Problem, ProblemKind};
pub use value::Value;
