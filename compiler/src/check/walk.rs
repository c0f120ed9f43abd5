//! Walks over checked expressions.

use athyper_schemas::ir::{FieldAccess, Node};

/// Calls `found` for every field that is read.
pub(super) fn fields<'e>(node: &'e Node, found: &mut impl FnMut(&'e FieldAccess)) {
    node.each(&mut |node| {
        if let Node::Field(access) = node {
            found(access);
        }
    });
}
