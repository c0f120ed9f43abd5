//! Walks over checked expressions.

use athyper_schemas::ir::{FieldAccess, Node};

/// Calls `found` for every field that is read.
pub(super) fn fields<'e>(node: &'e Node, found: &mut impl FnMut(&'e FieldAccess)) {
    nodes(node, &mut |node| {
        if let Node::Field(access) = node {
            found(access);
        }
    });
}

/// Calls `visit` for every node, parents first.
pub(crate) fn nodes<'e>(node: &'e Node, visit: &mut impl FnMut(&'e Node)) {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        visit(node);
        match node {
            Node::Field(access) => open.push(&access.of),
            Node::List(items) => open.extend(items),
            Node::Call(call) => open.extend(&call.args),
            Node::If(choice) => open.extend([&choice.condition, &choice.then, &choice.otherwise]),
            Node::Fold(fold) => open.extend([&fold.list, &fold.body]),
            _ => {}
        }
    }
}
