//! What a database can judge by itself: expressions over the columns of one row, made of operators
//! that mean the same in every dialect and need no clock, no caller and no other row.

use athyper_schemas::field_types::Storage;
use athyper_schemas::ir::{Expr, FieldAccess, Node, Op};

use crate::model::{EntityRef, FieldRef};

/// Whether a CHECK can hold the condition.
pub(super) fn can_hold(entity: EntityRef<'_>, condition: &Expr) -> bool {
    is_of_row(entity, &condition.root)
}

fn is_of_row(entity: EntityRef<'_>, node: &Node) -> bool {
    let all = |nodes: &[Node]| nodes.iter().all(|node| is_of_row(entity, node));
    match node {
        Node::Literal(_) => true,
        Node::Field(access) => is_column(entity, access),
        Node::List(items) => all(items),
        Node::Call(call) => is_portable(call.op) && all(&call.args),
        Node::If(choice) => {
            [&choice.condition, &choice.then, &choice.otherwise].iter().all(|node| is_of_row(entity, node))
        }
        _ => false,
    }
}

fn is_column(entity: EntityRef<'_>, access: &FieldAccess) -> bool {
    let scalar = |field: FieldRef<'_>| {
        let storage = field.get().ty.storage();
        !matches!(storage, Storage::Json | Storage::Children) && field.refers_to().is_none()
    };
    access.of == Node::This
        && entity.field_named(&access.name).is_some_and(|field| field.column().is_some() && scalar(field))
}

/// Operators whose SQL is plain in every dialect and immutable in PostgreSQL's eyes.
fn is_portable(op: Op) -> bool {
    matches!(
        op,
        Op::And
            | Op::Or
            | Op::Not
            | Op::Eq
            | Op::Ne
            | Op::Lt
            | Op::Le
            | Op::Gt
            | Op::Ge
            | Op::In
            | Op::Has
            | Op::Coalesce
            | Op::NegInt
            | Op::AddInt
            | Op::SubInt
            | Op::MulInt
            | Op::NegDecimal
            | Op::AddDecimal(_)
            | Op::SubDecimal(_)
            | Op::MulDecimal(_)
            | Op::Rescale { .. }
            | Op::IntToDecimal(_)
            | Op::TextSize
    )
}
