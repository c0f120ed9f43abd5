//! A condition taken apart: into others, and into tests of what it looks at.
//!
//! May not enter: what a test comes to.

use athyper_expr::Value;
use athyper_expr::eval::{Context, Layout, Place, Program};
use athyper_schemas::ir::{Kind, Node, Op, Ty};

/// A condition that is not made of others.
pub(super) enum Leaf<'n> {
    /// The same of everything.
    Constant(Option<bool>),
    /// A value compared with a constant.
    Compared(&'n Node, Op, Value),
    /// A value that is one of several constants.
    Among(&'n Node, Vec<Value>),
    /// A value that is there.
    Given(&'n Node),
    /// A value that is true.
    Flag(&'n Node),
    /// Two values compared.
    Two(&'n Node, &'n Node, Op),
    /// Anything else.
    Whole(&'n Node),
}

/// What a node tests, that is neither and, or, not nor a choice.
pub(super) fn of(node: &Node) -> Leaf<'_> {
    if is_closed(node) {
        return program(node).map_or(Leaf::Whole(node), |program| {
            program.judge(&Context::EMPTY).map_or(Leaf::Whole(node), Leaf::Constant)
        });
    }
    let Node::Call(call) = node else {
        let is_flag = ty(node).is_some_and(|ty| ty.kind == Kind::Bool);
        return if is_flag { Leaf::Flag(node) } else { Leaf::Whole(node) };
    };
    match (call.op, call.args.as_slice()) {
        (op @ (Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge), [a, b]) => {
            match (constant(a), constant(b)) {
                (Constant::None, Constant::None) => Leaf::Two(a, b, op),
                (Constant::None, Constant::Is(value)) => Leaf::Compared(a, op, value),
                (Constant::Is(value), Constant::None) => Leaf::Compared(b, flipped(op), value),
                _ => Leaf::Whole(node),
            }
        }
        (Op::In, [of, Node::List(items)]) if !items.is_empty() && !is_closed(of) => {
            let values = items.iter().map(|item| match constant(item) {
                Constant::Is(value) if !value.is_null() => Some(value),
                _ => None,
            });
            values.collect::<Option<_>>().map_or(Leaf::Whole(node), |values| Leaf::Among(of, values))
        }
        (Op::Has, [of]) => Leaf::Given(of),
        _ => Leaf::Whole(node),
    }
}

/// What a node is whoever asks of whatever record.
enum Constant {
    /// It depends.
    None,
    Is(Value),
    /// It does not depend, and is nothing that is compared here.
    Other,
}

fn constant(node: &Node) -> Constant {
    if !is_closed(node) {
        return Constant::None;
    }
    let value = program(node).and_then(|program| program.evaluate(&Context::EMPTY).ok());
    match value {
        // Null may stand for unknown, unless it is written.
        Some(Value::Null) if !matches!(node, Node::Literal(_)) => Constant::Other,
        Some(Value::Json(_) | Value::List(_) | Value::Record(_)) | None => Constant::Other,
        Some(value) => Constant::Is(value),
    }
}

fn program(node: &Node) -> Option<Program> {
    Program::compile_node(node, &Nothing).ok()
}

/// Whether it looks at nothing.
fn is_closed(node: &Node) -> bool {
    let mut looks = false;
    node.each(&mut |node| {
        looks |= matches!(node, Node::This | Node::Old | Node::User(_) | Node::Now | Node::Today);
    });
    !looks
}

/// The type of a field or an attribute.
pub(super) fn ty(node: &Node) -> Option<&Ty> {
    match node {
        Node::Field(access) => Some(&access.ty),
        Node::User(attribute) => Some(&attribute.ty),
        _ => None,
    }
}

/// Whether two such values are equal or not, and never unknown.
pub(super) const fn is_plain(kind: &Kind) -> bool {
    !matches!(kind, Kind::Json | Kind::List(_))
}

/// Whether it asks no more than whether two are equal.
pub(super) const fn is_equality(op: Op) -> bool {
    matches!(op, Op::Eq | Op::Ne)
}

const fn flipped(op: Op) -> Op {
    match op {
        Op::Lt => Op::Gt,
        Op::Le => Op::Ge,
        Op::Gt => Op::Lt,
        Op::Ge => Op::Le,
        other => other,
    }
}

struct Nothing;

impl Layout for Nothing {
    fn field(&self, _: &str, _: &str) -> Option<Place<'_>> {
        None
    }

    fn attribute(&self, _: &str) -> Option<usize> {
        None
    }
}
