//! A checked part of an expression while the walk is still going on.

use athyper_schemas::ir::{Call, Kind, Literal, Node, Op, Ty};

/// A node with its type and what is known about its absence.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub node: Node,
    pub kind: Kind,
    /// Whether its value may be null.
    pub nullable: bool,
    /// Whether it may be unknown, and then because of what, as written.
    pub unknown: Option<String>,
    /// Of a list: whether an element may be unknown, and then because of what.
    pub inside: Option<String>,
}

impl Typed {
    /// Never null, never unknown.
    pub fn sure(node: Node, kind: Kind) -> Self {
        Self { node, kind, nullable: false, unknown: None, inside: None }
    }

    pub fn literal(literal: Literal, kind: Kind) -> Self {
        Self::sure(Node::Literal(literal), kind)
    }

    pub fn null() -> Self {
        Self { nullable: true, ..Self::literal(Literal::Null, Kind::Null) }
    }

    pub fn call(op: Op, args: Vec<Node>, kind: Kind, unknown: Option<String>) -> Self {
        Self { unknown, ..Self::sure(Node::Call(Call { op, args }), kind) }
    }

    /// What makes a comparison with it unknown: itself, or one of its elements.
    pub fn incomparable(&self) -> Option<String> {
        self.unknown.clone().or_else(|| self.inside.clone())
    }

    pub fn may_be_absent(&self) -> bool {
        self.nullable || self.unknown.is_some()
    }

    pub fn ty(&self) -> Ty {
        Ty { kind: self.kind.clone(), nullable: self.may_be_absent() }
    }

    /// The text of a text literal.
    pub fn literal_text(&self) -> Option<&str> {
        match &self.node {
            Node::Literal(Literal::Text(text)) => Some(text),
            _ => None,
        }
    }
}
