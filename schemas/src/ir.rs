//! Checked expressions as data: what is left of an expression once it was parsed, typed and proven.
//!
//! Operators are monomorphic and decimals carry static scales, so that the evaluator and the SQL of every
//! dialect read the same tree and need no types of their own. Evaluation lives in `athyper-expr`.

use serde::{Deserialize, Serialize};

/// A checked expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expr {
    /// As the author wrote it.
    pub source: String,
    /// The type of the whole.
    pub ty: Ty,
    /// The checked tree.
    pub root: Node,
}

/// A type and whether its values may be null (in a condition: unknown).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ty {
    /// What kind of value.
    pub kind: Kind,
    /// Whether null is among the values.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
}

/// The kinds of value the language knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The type of the literal `null` alone.
    Null,
    /// True or false (and, when nullable, unknown).
    Bool,
    /// 64-bit signed integer.
    Int,
    /// Exact decimal: a 64-bit count of units of 10^-scale.
    Decimal(u8),
    /// Unicode text, ordered by code point.
    Text,
    /// A calendar day.
    Date,
    /// A time of day, in microseconds.
    Time,
    /// An instant, in microseconds, UTC.
    Datetime,
    /// A length of time, in microseconds.
    Duration,
    /// A UUID; also the type of a reference's identity.
    Uuid,
    /// A value of the named enum.
    Enum(String),
    /// Anything JSON can say; only compared for equality.
    Json,
    /// A list.
    List(Box<Ty>),
    /// A record of the named entity.
    Record(String),
}

/// One node of a checked tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// A constant.
    Literal(Literal),
    /// The record as it is (for checks and computed fields: as it is about to be written).
    This,
    /// The record before the change.
    Old,
    /// An attribute of the principal: `user.id`, `user.roles`, ...
    User(Attribute),
    /// The instant of the decision.
    Now,
    /// The day of the decision, in UTC.
    Today,
    /// The variable of an enclosing [`Node::Fold`]; 0 is the outermost.
    Bound(u8),
    /// A field of a record. A reference gives the record it points to, or null.
    Field(Box<FieldAccess>),
    /// A list of values of one type.
    List(Vec<Node>),
    /// A monomorphic operator or function.
    Call(Call),
    /// `condition ? then : otherwise`; unknown when the condition is.
    If(Box<Choice>),
    /// A quantifier over a list.
    Fold(Box<Fold>),
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldAccess {
    /// The record.
    pub of: Node,
    /// The entity of that record, `module.Name`.
    pub entity: String,
    /// The field's name.
    pub name: String,
    /// Its type; nullable also when the record may be absent.
    pub ty: Ty,
}

/// An attribute of the principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its name behind `user.`.
    pub name: String,
    /// Its type.
    pub ty: Ty,
}

/// A call of a monomorphic operator or function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Which.
    pub op: Op,
    /// As many as the operator takes; a method's receiver comes first.
    pub args: Vec<Node>,
}

/// A conditional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The condition.
    pub condition: Node,
    /// The value when it is definitely true.
    pub then: Node,
    /// The value when it is definitely false.
    pub otherwise: Node,
}

/// A quantifier over a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fold {
    /// Which quantifier.
    pub kind: FoldKind,
    /// The number of the variable it binds, see [`Node::Bound`].
    pub variable: u8,
    /// The list.
    pub list: Node,
    /// Judged or evaluated for each element.
    pub body: Node,
}

/// The quantifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldKind {
    /// Some element satisfies the body.
    Exists,
    /// Every element satisfies the body.
    All,
    /// Exactly one element satisfies the body.
    ExistsOne,
    /// The list of the body's values.
    Map,
    /// The list of the elements that satisfy the body.
    Filter,
}

/// A constant. 64-bit numbers are text, because canonical JSON cannot hold them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Literal {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer, in decimal digits.
    Int(String),
    /// A decimal.
    Decimal {
        /// Units of 10^-scale, in decimal digits.
        units: String,
        /// Digits behind the point.
        scale: u8,
    },
    /// Text.
    Text(String),
    /// A value of the named enum.
    Enum {
        /// The enum, `module.Name`.
        of: String,
        /// Its value.
        value: String,
    },
    /// `YYYY-MM-DD`.
    Date(String),
    /// `HH:MM:SS.ffffff`.
    Time(String),
    /// `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
    Datetime(String),
    /// Microseconds, in decimal digits.
    Duration(String),
    /// Lower case with hyphens.
    Uuid(String),
}

/// Monomorphic operators and functions. Overflow, a null operand and a failed conversion give null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Kleene and.
    And,
    /// Kleene or.
    Or,
    /// Kleene not.
    Not,
    /// Equal; definite for nullable operands (null equals null). Decimals have one scale.
    Eq,
    /// Not equal; definite for nullable operands.
    Ne,
    /// Less; unknown when an operand is null.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
}
