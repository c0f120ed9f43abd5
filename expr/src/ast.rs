//! An expression as written: names are text, nothing is typed, every node knows its place.
//!
//! Printing lives here too, because a tree and its text are two forms of one thing. Types may not enter.

use std::fmt::{self, Write as _};

/// A byte range within the text of the expression.
pub type Span = std::ops::Range<u32>;

/// One node and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// Where it stands in the text.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
    height: u16,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// `42`, `-42`, `0x2a`.
    Int(i64),
    /// `1.50` is 150 units of scale 2.
    Decimal {
        /// Units of 10^-scale.
        units: i64,
        /// Digits behind the point.
        scale: u8,
    },
    /// `"text"`, its escapes resolved.
    Text(String),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// A bare name.
    Name(String),
    /// `of.name`.
    Select(Box<Expr>, Ident),
    /// `of[index]`.
    Index(Box<Expr>, Box<Expr>),
    /// `!a`, `-a`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`.
    Binary(BinaryOp, Box<(Expr, Expr)>),
    /// `condition ? then : otherwise`.
    Conditional(Box<(Expr, Expr, Expr)>),
    /// `f(args)` or `receiver.f(args)`.
    Call(Box<Call>),
    /// Stands where a mistake was already reported.
    Invalid,
}

/// A name and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A call of a function or method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What stands before the dot.
    pub receiver: Option<Expr>,
    /// The name before the brackets.
    pub function: Ident,
    /// What stands in the brackets.
    pub args: Vec<Expr>,
}

/// Operators before their operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Negate,
}

/// Operators between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
}

impl BinaryOp {
    /// As written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
        }
    }

    /// How tightly it binds: a higher number binds first.
    #[must_use]
    pub const fn precedence(self) -> u8 {
        match self {
            Self::Or => 2,
            Self::And => 3,
            Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge | Self::In => 4,
            Self::Add | Self::Sub => 5,
            Self::Mul | Self::Div | Self::Rem => 6,
        }
    }
}

const CONDITIONAL: u8 = 1;
const UNARY: u8 = 7;
const POSTFIX: u8 = 8;

impl Expr {
    /// A node; its height follows from its children.
    #[must_use]
    pub fn new(kind: ExprKind, span: Span) -> Self {
        let mut height = 0;
        let mut below = |child: &Self| height = height.max(child.height);
        match &kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Decimal { .. }
            | ExprKind::Text(_)
            | ExprKind::Name(_)
            | ExprKind::Invalid => {}
            ExprKind::List(items) => items.iter().for_each(below),
            ExprKind::Select(of, _) | ExprKind::Unary(_, of) => below(of),
            ExprKind::Index(of, index) => {
                below(of);
                below(index);
            }
            ExprKind::Binary(_, sides) => {
                below(&sides.0);
                below(&sides.1);
            }
            ExprKind::Conditional(parts) => {
                below(&parts.0);
                below(&parts.1);
                below(&parts.2);
            }
            ExprKind::Call(call) => {
                call.receiver.iter().for_each(&mut below);
                call.args.iter().for_each(below);
            }
        }
        Self { span, kind, height: height.saturating_add(1) }
    }

    /// The longest path from this node down, in nodes.
    #[must_use]
    pub fn height(&self) -> u16 {
        self.height
    }

    fn precedence(&self) -> u8 {
        match &self.kind {
            ExprKind::Conditional(_) => CONDITIONAL,
            ExprKind::Binary(op, _) => op.precedence(),
            ExprKind::Unary(..) => UNARY,
            _ => POSTFIX,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, at_least: u8) -> fmt::Result {
        if self.precedence() < at_least {
            f.write_char('(')?;
            self.write_bare(f)?;
            return f.write_char(')');
        }
        self.write_bare(f)
    }

    fn write_bare(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Null => f.write_str("null"),
            ExprKind::Bool(value) => write!(f, "{value}"),
            ExprKind::Int(value) => write!(f, "{value}"),
            ExprKind::Decimal { units, scale } => f.write_str(&decimal_text(*units, *scale)),
            ExprKind::Text(text) => write_text(f, text),
            ExprKind::List(items) => {
                f.write_char('[')?;
                write_joined(f, items)?;
                f.write_char(']')
            }
            ExprKind::Name(name) => f.write_str(name),
            ExprKind::Select(of, name) => {
                of.write(f, POSTFIX)?;
                write!(f, ".{}", name.text)
            }
            ExprKind::Index(of, index) => {
                of.write(f, POSTFIX)?;
                f.write_char('[')?;
                index.write(f, 0)?;
                f.write_char(']')
            }
            ExprKind::Unary(op, of) => write_unary(f, *op, of),
            ExprKind::Binary(op, sides) => {
                sides.0.write(f, op.precedence())?;
                write!(f, " {} ", op.symbol())?;
                sides.1.write(f, op.precedence() + 1)
            }
            ExprKind::Conditional(parts) => {
                parts.0.write(f, CONDITIONAL + 1)?;
                f.write_str(" ? ")?;
                parts.1.write(f, CONDITIONAL + 1)?;
                f.write_str(" : ")?;
                parts.2.write(f, CONDITIONAL)
            }
            ExprKind::Call(call) => {
                if let Some(receiver) = &call.receiver {
                    receiver.write(f, POSTFIX)?;
                    f.write_char('.')?;
                }
                f.write_str(&call.function.text)?;
                f.write_char('(')?;
                write_joined(f, &call.args)?;
                f.write_char(')')
            }
            ExprKind::Invalid => f.write_char('?'),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

/// The text of `units` of 10^-`scale` as a literal that reads back as the same decimal.
#[must_use]
pub fn decimal_text(units: i64, scale: u8) -> String {
    if scale == 0 {
        return format!("{units}e0");
    }
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{whole}.{fraction}")
}

fn write_unary(f: &mut fmt::Formatter<'_>, op: UnaryOp, of: &Expr) -> fmt::Result {
    f.write_str(match op {
        UnaryOp::Not => "!",
        UnaryOp::Negate => "-",
    })?;
    // `-5` is one literal, so what begins with a number keeps its brackets: `-(5)`, `-(5.f())`.
    let brackets = op == UnaryOp::Negate && begins_with_number(of);
    of.write(f, if brackets { u8::MAX } else { UNARY })
}

fn begins_with_number(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Int(_) | ExprKind::Decimal { .. } => true,
        ExprKind::Select(of, _) | ExprKind::Index(of, _) => begins_with_number(of),
        ExprKind::Call(call) => call.receiver.as_ref().is_some_and(begins_with_number),
        _ => false,
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, items: &[Expr]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        item.write(f, 0)?;
    }
    Ok(())
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
