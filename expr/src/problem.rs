//! What can be wrong with an expression: facts with a place, and one plain sentence for each.
//!
//! Codes, colours and pages belong to the programs that show a problem.

use std::fmt;

use crate::ast::Span;

/// One mistake, or one hazard, at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where in the text.
    pub span: Span,
    /// What is wrong.
    pub kind: ProblemKind,
    /// What to write instead, when that is known.
    pub suggestion: Option<Fix>,
}

/// An edit that would repair the expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The bytes to replace.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

/// What is wrong. Types are said as authors know them: `text`, `int`, `decimal(2)`, `list of int`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Nothing but blanks.
    Empty,
    /// A character no expression contains.
    UnexpectedCharacter(char),
    /// Something else was expected at this place.
    UnexpectedToken {
        /// What stands there, as written.
        found: String,
        /// What could stand there.
        expected: &'static str,
    },
    /// A bracket without its partner.
    UnclosedBracket(char),
    /// A text without its closing quote.
    UnclosedText,
    /// An escape that texts do not have.
    BadEscape(String),
    /// A number with too many digits.
    NumberOutOfRange(String),
    /// Another language's spelling.
    UseInstead {
        /// As written.
        written: String,
        /// As it is written here.
        instead: String,
    },
    /// A construct of CEL that this language leaves out.
    Unsupported {
        /// What was written: `a map`, `an unsigned number`, ...
        what: String,
        /// What to do about it.
        instead: &'static str,
    },
    /// Nested deeper than the limit.
    TooDeep(u16),
    /// More bytes than the limit.
    TooLong(u32),
    /// More parts than the limit.
    TooLarge(u32),
    /// Nested quantifiers that could run too long.
    TooCostly,
    /// Nothing has this name here.
    UnknownName(String),
    /// The entity has no such field.
    UnknownField {
        /// The entity, `module.Name`.
        entity: String,
        /// The field.
        field: String,
    },
    /// The principal has no such attribute.
    UnknownAttribute(String),
    /// No such function or method.
    UnknownFunction(String),
    /// The enum has no such value.
    UnknownEnumValue {
        /// The enum, `module.Name`.
        of: String,
        /// The value.
        value: String,
        /// What it could be.
        values: Vec<String>,
    },
    /// Known elsewhere, not at this place: `user`, `old`, `now()`, ...
    NotAvailable(&'static str),
    /// A dot behind something that is no record.
    NotARecord {
        /// The name behind the dot.
        field: String,
        /// What stands before it.
        found: String,
    },
    /// The operator does not take these operands.
    Operands {
        /// The operator, as written.
        operator: &'static str,
        /// The type of the left operand.
        left: String,
        /// The type of the right operand.
        right: String,
    },
    /// One type was needed and another came.
    WrongType {
        /// Where it was needed: `the condition`, `argument 1 of `contains``, ...
        place: String,
        /// The type that is needed.
        expected: String,
        /// The type that came.
        found: String,
    },
    /// A function called with the wrong number of arguments.
    WrongCount {
        /// The function.
        function: String,
        /// How it is called.
        usage: &'static str,
    },
    /// A list whose elements have no common type.
    MixedList {
        /// The type of the elements before.
        first: String,
        /// The type of the element that differs.
        other: String,
    },
    /// The literal `null` where a value is needed.
    NullOperand(&'static str),
    /// A regular expression that does not compile.
    BadPattern {
        /// Why.
        reason: String,
    },
    /// An argument that must be a literal and is not.
    NotLiteral {
        /// The function.
        function: String,
    },
    /// A text that does not say what its function needs.
    BadText {
        /// The function or type: `duration`, `timestamp`, `date`, `uuid`.
        what: &'static str,
        /// The text.
        text: String,
        /// A text that would do.
        example: String,
    },
    /// A macro's first argument must be a fresh name.
    BadVariable(String),
    /// A hazard: a value that may be null where one is required.
    MayBeNull {
        /// What may be null, as written.
        operand: String,
    },
    /// A hazard: a null here makes the whole condition unknown.
    NullableOperand {
        /// The operand, as written.
        operand: String,
        /// The operator or function that meets it; empty when it is the whole condition.
        operator: String,
    },
}

impl Problem {
    pub(crate) fn new(span: Span, kind: ProblemKind) -> Self {
        Self { span, kind, suggestion: None }
    }

    pub(crate) fn with_fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.suggestion = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// A short stable name of the kind of problem.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        self.kind.slug()
    }
}

impl ProblemKind {
    /// A short stable name of the kind.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Empty => "empty-expression",
            Self::UnexpectedCharacter(_) => "unexpected-character",
            Self::UnexpectedToken { .. } => "unexpected-token",
            Self::UnclosedBracket(_) => "unclosed-bracket",
            Self::UnclosedText => "unclosed-text",
            Self::BadEscape(_) => "bad-escape",
            Self::NumberOutOfRange(_) => "number-out-of-range",
            Self::UseInstead { .. } => "use-instead",
            Self::Unsupported { .. } => "unsupported",
            Self::TooDeep(_) => "too-deep",
            Self::TooLong(_) => "too-long",
            Self::TooLarge(_) => "too-large",
            Self::TooCostly => "too-costly",
            Self::UnknownName(_) => "unknown-name",
            Self::UnknownField { .. } => "unknown-field",
            Self::UnknownAttribute(_) => "unknown-attribute",
            Self::UnknownFunction(_) => "unknown-function",
            Self::UnknownEnumValue { .. } => "unknown-enum-value",
            Self::NotAvailable(_) => "not-available",
            Self::NotARecord { .. } => "not-a-record",
            Self::Operands { .. } => "type-mismatch",
            Self::WrongType { .. } => "wrong-type",
            Self::WrongCount { .. } => "wrong-count",
            Self::MixedList { .. } => "mixed-list",
            Self::NullOperand(_) => "null-operand",
            Self::BadPattern { .. } => "bad-pattern",
            Self::NotLiteral { .. } => "not-literal",
            Self::BadText { .. } => "bad-text",
            Self::BadVariable(_) => "bad-variable",
            Self::MayBeNull { .. } => "may-be-null",
            Self::NullableOperand { .. } => "nullable-operand",
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the expression is empty"),
            Self::UnexpectedCharacter(c) => {
                write!(f, "`{}` has no meaning in an expression", c.escape_debug())
            }
            Self::UnexpectedToken { found, expected } => write!(f, "expected {expected}, found {found}"),
            Self::UnclosedBracket(c) => write!(f, "`{c}` is never closed"),
            Self::UnclosedText => f.write_str("the text has no closing quote"),
            Self::BadEscape(escape) => write!(f, "`{escape}` is no escape; write `\\\\` for a backslash"),
            Self::NumberOutOfRange(n) => {
                write!(f, "`{n}` is out of range: whole numbers have 64 bits, decimals at most 18 digits")
            }
            Self::UseInstead { written, instead } => write!(f, "`{written}` is written {instead} here"),
            Self::Unsupported { what, instead } => {
                write!(f, "{what} is not part of this language; {instead}")
            }
            Self::TooDeep(limit) => write!(f, "nested deeper than {limit} levels; split the expression"),
            Self::TooLong(limit) => write!(f, "longer than {limit} bytes; split the expression"),
            Self::TooLarge(limit) => write!(f, "more than {limit} parts; split the expression"),
            Self::TooCostly => f.write_str("the nested quantifiers could run too long; nest fewer of them"),
            Self::NotAvailable(what) => write!(f, "{what} is not available here"),
            _ => self.fmt_typing(f),
        }
    }
}

impl ProblemKind {
    fn fmt_typing(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownName(name) => write!(f, "nothing is called `{name}` here"),
            Self::UnknownField { entity, field } => write!(f, "`{entity}` has no field `{field}`"),
            Self::UnknownAttribute(name) => write!(f, "`user` has no attribute `{name}`"),
            Self::UnknownFunction(name) => write!(f, "there is no function `{name}`"),
            Self::UnknownEnumValue { of, value, values } => {
                write!(f, "`{value}` is no value of `{of}`; its values are {}", quoted(values))
            }
            Self::NotARecord { field, found } => {
                write!(f, "`.{field}` needs a record before the dot, and this is {found}")
            }
            Self::Operands { operator, left, right } => {
                write!(f, "`{operator}` does not work between {left} and {right}")
            }
            Self::WrongType { place, expected, found } => {
                write!(f, "{place} must be {expected}, and is {found}")
            }
            Self::WrongCount { function, usage } => write!(f, "`{function}` is called as {usage}"),
            Self::MixedList { first, other } => {
                write!(f, "a list has elements of one type: this is {other} after {first}")
            }
            Self::NullOperand(operator) => {
                write!(f, "`{operator}` with `null` is never known; compare with `== null` or `!= null`")
            }
            Self::BadPattern { reason } => write!(f, "the pattern is not a regular expression: {reason}"),
            Self::NotLiteral { function } => write!(f, "`{function}` needs a literal text here"),
            Self::BadText { what, text, example } => {
                write!(f, "`{text}` is no {what}; write it like `{example}`")
            }
            Self::BadVariable(function) => {
                write!(f, "the first argument of `{function}` is a new name for the element, like `x`")
            }
            Self::MayBeNull { operand } => {
                write!(
                    f,
                    "`{operand}` may be null where a value is required; say what counts then with `coalesce`"
                )
            }
            Self::NullableOperand { operand, operator } => {
                match operator.as_str() {
                    "" => write!(f, "`{operand}` may be null, and then the condition is unknown; ")?,
                    _ => write!(
                        f,
                        "`{operand}` may be null, and then `{operator}` makes the condition unknown; "
                    )?,
                }
                write!(f, "test it with `{operand} != null &&` or say what counts with `coalesce`")
            }
            _ => f.write_str(self.slug()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match &self.suggestion {
            Some(fix) if !matches!(self.kind, ProblemKind::UseInstead { .. }) => {
                write!(f, "; did you mean `{}`?", fix.replacement)
            }
            _ => Ok(()),
        }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
