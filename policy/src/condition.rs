//! Conditions with what is known of them before a record is looked at.

use athyper_schemas::ir::{Call, Expr, Literal, Node, Op};

/// The truth of a condition for one record: `None` is unknown.
pub type Truth = Option<bool>;

/// A condition on a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Definitely false for every record.
    Never,
    /// Definitely true for every record.
    Always,
    /// True, false or unknown for each record.
    When(Node),
}

impl Condition {
    /// A condition as written; a missing one always holds.
    #[must_use]
    pub fn of(written: Option<&Expr>) -> Self {
        written.map_or(Self::Always, |expr| Self::of_node(&expr.root))
    }

    fn of_node(node: &Node) -> Self {
        match node {
            Node::Literal(Literal::Bool(true)) => Self::Always,
            Node::Literal(Literal::Bool(false)) => Self::Never,
            other => Self::When(other.clone()),
        }
    }

    /// Kleene and.
    #[must_use]
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(conditions, Op::And)
    }

    /// Kleene or.
    #[must_use]
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(conditions, Op::Or)
    }

    fn joined(conditions: impl IntoIterator<Item = Self>, op: Op) -> Self {
        let (neutral, decisive) = match op {
            Op::And => (Self::Always, Self::Never),
            _ => (Self::Never, Self::Always),
        };
        let mut nodes: Vec<Node> = Vec::new();
        for condition in conditions {
            match condition {
                decided if decided == decisive => return decisive,
                Self::When(node) if !nodes.contains(&node) => nodes.push(node),
                _ => {}
            }
        }
        match nodes.len() {
            0 => neutral,
            1 => nodes.pop().map_or(neutral, Self::When),
            _ => Self::When(Node::Call(Call { op, args: nodes })),
        }
    }

    /// Definitely true where this is definitely false.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Never => Self::Always,
            Self::Always => Self::Never,
            Self::When(node) => Self::When(Node::Call(Call { op: Op::Not, args: vec![node] })),
        }
    }
}

/// Kleene and.
pub(crate) const fn and(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Kleene or.
pub(crate) const fn or(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}
