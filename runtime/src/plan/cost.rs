//! What a condition costs, in operators weighed by what the database does for them.

use athyper_schemas::ir::{Node, Op};

/// A list is taken to have this many elements.
const ELEMENTS: u32 = 10;

/// What following a reference costs.
const REFERENCE: u32 = 3;

/// The cost of a checked condition.
pub(super) fn cost(node: &Node) -> u32 {
    match node {
        Node::Field(field) => match field.of {
            Node::This | Node::Old | Node::Bound(_) => 1,
            _ => REFERENCE.saturating_add(cost(&field.of)),
        },
        Node::List(nodes) => nodes.iter().map(cost).fold(1, u32::saturating_add),
        Node::Call(call) => call.args.iter().map(cost).fold(weight(call.op), u32::saturating_add),
        Node::If(choice) => [&choice.condition, &choice.then, &choice.otherwise]
            .into_iter()
            .map(cost)
            .fold(1, u32::saturating_add),
        Node::Fold(fold) => ELEMENTS
            .saturating_mul(cost(&fold.body))
            .saturating_add(ELEMENTS)
            .saturating_add(cost(&fold.list)),
        _ => 0,
    }
}

fn weight(op: Op) -> u32 {
    match op {
        Op::Matches | Op::Split | Op::Replace => 10,
        Op::Contains | Op::EndsWith | Op::LowerAscii | Op::UpperAscii | Op::Concat => 2,
        _ => 1,
    }
}
