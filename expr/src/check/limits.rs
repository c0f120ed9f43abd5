//! How large a checked expression may be: high enough for people, low enough for stored JSON and for time.

use athyper_schemas::ir::{Fold, Node};

use crate::problem::ProblemKind;

/// Levels of JSON that an expression may need; its readers stop at 128 for the whole document.
const MAX_JSON_DEPTH: u32 = 112;
/// Levels of calls that fit into it.
const MAX_LEVELS: u16 = 36;
/// How long a list is taken to be when it is not written out.
const LIST_SIZE: u64 = 1_000;
/// How many nodes one evaluation may visit.
const MAX_COST: u64 = 10_000_000;

/// What is too much about the expression, if anything.
pub(super) fn exceeded(node: &Node) -> Option<ProblemKind> {
    if json_depth(node) > MAX_JSON_DEPTH {
        return Some(ProblemKind::TooDeep(MAX_LEVELS));
    }
    (cost(node) > MAX_COST).then_some(ProblemKind::TooCostly)
}

fn json_depth(node: &Node) -> u32 {
    match node {
        Node::Literal(_) | Node::User(_) => 4,
        Node::This | Node::Old | Node::Now | Node::Today | Node::Bound(_) => 1,
        Node::Field(access) => 2 + json_depth(&access.of).max(4),
        Node::List(items) => 2 + deepest(items),
        Node::Call(call) => 3 + deepest(&call.args),
        Node::If(choice) => {
            let parts = [&choice.condition, &choice.then, &choice.otherwise];
            2 + parts.into_iter().map(json_depth).max().unwrap_or(0)
        }
        Node::Fold(fold) => 2 + json_depth(&fold.list).max(json_depth(&fold.body)),
    }
}

fn deepest(nodes: &[Node]) -> u32 {
    nodes.iter().map(json_depth).max().unwrap_or(0)
}

fn cost(node: &Node) -> u64 {
    match node {
        Node::Literal(_)
        | Node::User(_)
        | Node::This
        | Node::Old
        | Node::Now
        | Node::Today
        | Node::Bound(_) => 1,
        Node::Field(access) => cost(&access.of).saturating_add(1),
        Node::List(items) => total(items),
        Node::Call(call) => total(&call.args),
        Node::If(choice) => {
            let branches = cost(&choice.then).max(cost(&choice.otherwise));
            cost(&choice.condition).saturating_add(branches)
        }
        Node::Fold(fold) => cost(&fold.list).saturating_add(length(fold).saturating_mul(cost(&fold.body))),
    }
}

fn total(nodes: &[Node]) -> u64 {
    nodes.iter().map(cost).fold(1, u64::saturating_add)
}

fn length(fold: &Fold) -> u64 {
    match &fold.list {
        Node::List(items) => u64::try_from(items.len()).unwrap_or(u64::MAX),
        _ => LIST_SIZE,
    }
}
