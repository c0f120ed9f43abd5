//! Evaluation in process: a checked expression is compiled once against a layout of records and then run for
//! any number of records, without looking up a name.
//!
//! Comparisons and logic allocate nothing. May not live here: loading records, reading clocks.

use athyper_schemas::ir;

use crate::value::Value;

mod call;
mod compile;
mod list;
mod machine;
mod paths;
mod slot;
mod text;
mod time;

use compile::Code;
pub(crate) use compile::literal;
use machine::Machine;
pub(crate) use text::WHITE_SPACE;

/// The most steps one evaluation may take: about one per operator, list element and 64 bytes of text.
pub const MAX_STEPS: u32 = 1_000_000;

/// Where the fields of records are. Asked only while compiling.
pub trait Layout {
    /// Where this field of this entity (`module.Name`) is.
    fn field(&self, entity: &str, field: &str) -> Option<Place<'_>>;
    /// The place of this attribute in [`Context::user`].
    fn attribute(&self, name: &str) -> Option<usize>;
}

/// Where the value of a field comes from.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// The index in the record.
    Index(usize),
    /// Computed by each read from other fields of the same record.
    Computed(&'a ir::Expr),
}

/// Why an expression cannot be compiled against a layout: the artifact does not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A field that the layout does not have.
    #[error("entity `{entity}` has no field `{field}`")]
    Field {
        /// The entity.
        entity: String,
        /// The field.
        field: String,
    },
    /// An attribute of the principal that the layout does not have.
    #[error("the principal has no attribute `{0}`")]
    Attribute(String),
    /// A literal that is not in its canonical form.
    #[error("malformed literal: {0}")]
    Literal(String),
    /// A pattern that is no regular expression.
    #[error("malformed pattern `{0}`")]
    Pattern(String),
    /// A call with the wrong number of arguments.
    #[error("operator `{0:?}` cannot take {1} arguments")]
    Arguments(ir::Op, usize),
    /// A variable that no enclosing quantifier binds.
    #[error("variable {0} is not bound here")]
    Variable(u8),
    /// A tree so deep that walking it could exhaust the stack.
    #[error("the expression is nested more than {max} deep", max = compile::MAX_DEPTH)]
    Depth,
}

/// The evaluation was stopped: it took more than [`MAX_STEPS`] steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the expression needs more than {MAX_STEPS} steps for this record")]
pub struct Exhausted;

/// What an evaluation may look at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The record by field index. References and children named by [`Program::paths`] are loaded as records;
    /// any other reference may be its id.
    pub this: &'a [Value],
    /// The record before the change, if there was one.
    pub old: Option<&'a [Value]>,
    /// The attributes of the principal, as [`Layout::attribute`] numbers them.
    pub user: &'a [Value],
    /// The instant of the decision, in microseconds since 1970.
    pub now_us: i64,
    /// The day of the decision in UTC, in days since 1970.
    pub today: i32,
}

impl Context<'static> {
    /// Nothing to look at: for expressions without fields, attributes and clock.
    pub const EMPTY: Self = Self { this: &[], old: None, user: &[], now_us: 0, today: 0 };
}

/// The names of references and children that lead from the record to one that must be loaded.
pub type Path = Vec<String>;

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Program {
    code: Code,
    paths: Vec<Path>,
}

impl Program {
    /// Compiles a checked expression.
    ///
    /// # Errors
    /// When it names what the layout does not have.
    pub fn compile(expr: &ir::Expr, layout: &dyn Layout) -> Result<Self, Unfit> {
        Self::compile_node(&expr.root, layout)
    }

    /// Compiles a part of a checked expression that uses no variable from outside.
    ///
    /// # Errors
    /// When it names what the layout does not have.
    pub fn compile_node(node: &ir::Node, layout: &dyn Layout) -> Result<Self, Unfit> {
        let code = compile::compile(node, layout)?;
        Ok(Self { code, paths: paths::needed(node, layout) })
    }

    /// The references and children that must be loaded before the evaluation, sorted; a path comes after its
    /// prefixes: `[[lines], [lines, product], [supplier]]`.
    #[must_use]
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The value; null when it is unknown.
    ///
    /// # Errors
    /// When it takes too many steps.
    pub fn evaluate(&self, context: &Context<'_>) -> Result<Value, Exhausted> {
        Ok(Machine::new(context).run(&self.code)?.into_value())
    }

    /// Whether the condition holds: `None` is unknown.
    ///
    /// # Errors
    /// When it takes too many steps.
    pub fn judge(&self, context: &Context<'_>) -> Result<Option<bool>, Exhausted> {
        Machine::new(context).judge(&self.code)
    }
}
