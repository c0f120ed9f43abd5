//! Conditions in one form, so that two that mean the same by the laws of three-valued logic are equal. Two that stay
//! different may still mean the same: then a search for a record decides.

use athyper_policy::Condition;
use athyper_schemas::bundle::Bundle;
use athyper_schemas::ir::{Call, Choice, FieldAccess, Fold, Literal, Node, Op};

/// How deep computed fields are written out; they never compute themselves.
const DEEPEST: u8 = 16;

/// A condition in its one form.
pub(super) fn condition(condition: &Condition, bundle: &Bundle) -> Condition {
    match condition {
        Condition::When(found) => match node(found, bundle) {
            Node::Literal(Literal::Bool(true)) => Condition::Always,
            Node::Literal(Literal::Bool(false)) => Condition::Never,
            form => Condition::When(form),
        },
        decided => decided.clone(),
    }
}

/// An expression in its one form; what reads compute is written out.
pub(super) fn node(node: &Node, bundle: &Bundle) -> Node {
    plain(&written_out(node, bundle, DEEPEST))
}

/// Puts the values of fields that each read computes in the place of the fields.
fn written_out(node: &Node, bundle: &Bundle, depth: u8) -> Node {
    let inner = |node: &Node| written_out(node, bundle, depth);
    if let Node::Field(access) = node {
        let of = inner(&access.of);
        let field = bundle.entity(&access.entity).and_then(|entity| entity.field(&access.name));
        let computed = field.and_then(|field| field.computed.as_ref()).filter(|computed| !computed.stored);
        return match computed.filter(|_| depth > 0) {
            Some(computed) => on(&of, &written_out(&computed.value.root, bundle, depth - 1)),
            None => Node::Field(Box::new(FieldAccess { of, ..access.as_ref().clone() })),
        };
    }
    each(node, &inner)
}

/// An expression about a record as one about the record that `of` gives.
fn on(of: &Node, node: &Node) -> Node {
    if *node == Node::This { of.clone() } else { each(node, &|inner| on(of, inner)) }
}

/// A node with `change` made to each of its parts.
pub(super) fn each(node: &Node, change: &impl Fn(&Node) -> Node) -> Node {
    let all = |nodes: &[Node]| nodes.iter().map(change).collect();
    match node {
        Node::Field(access) => {
            Node::Field(Box::new(FieldAccess { of: change(&access.of), ..access.as_ref().clone() }))
        }
        Node::List(items) => Node::List(all(items)),
        Node::Call(call) => Node::Call(Call { op: call.op, args: all(&call.args) }),
        Node::If(choice) => Node::If(Box::new(Choice {
            condition: change(&choice.condition),
            then: change(&choice.then),
            otherwise: change(&choice.otherwise),
        })),
        Node::Fold(fold) => Node::Fold(Box::new(Fold {
            list: change(&fold.list),
            body: change(&fold.body),
            ..fold.as_ref().clone()
        })),
        leaf => leaf.clone(),
    }
}

fn plain(node: &Node) -> Node {
    match each(node, &plain) {
        // That a field may be null changes no value it has.
        Node::Field(mut access) => {
            access.ty.nullable = false;
            Node::Field(access)
        }
        Node::User(mut attribute) => {
            attribute.ty.nullable = false;
            Node::User(attribute)
        }
        Node::Call(call) => called(call),
        other => other,
    }
}

fn called(mut call: Call) -> Node {
    match call.op {
        Op::And | Op::Or => joined(call),
        Op::Not => call.args.pop().map_or(Node::Literal(Literal::Null), negated),
        Op::Gt | Op::Ge => {
            call.args.reverse();
            let op = if call.op == Op::Gt { Op::Lt } else { Op::Le };
            Node::Call(Call { op, args: call.args })
        }
        Op::Eq | Op::Ne => {
            call.args.sort_by_cached_key(text);
            Node::Call(call)
        }
        _ => Node::Call(call),
    }
}

/// `!node`, where `node` is in its form.
fn negated(node: Node) -> Node {
    let Node::Call(call) = node else {
        return match node {
            Node::Literal(Literal::Bool(truth)) => Node::Literal(Literal::Bool(!truth)),
            other => Node::Call(Call { op: Op::Not, args: vec![other] }),
        };
    };
    let swapped = |op, args| called(Call { op, args });
    match call.op {
        Op::Not => call.args.into_iter().next().unwrap_or(Node::Literal(Literal::Null)),
        Op::And => swapped(Op::Or, call.args.into_iter().map(negated).collect()),
        Op::Or => swapped(Op::And, call.args.into_iter().map(negated).collect()),
        Op::Eq => swapped(Op::Ne, call.args),
        Op::Ne => swapped(Op::Eq, call.args),
        Op::Lt => swapped(Op::Ge, call.args),
        Op::Le => swapped(Op::Gt, call.args),
        _ => Node::Call(Call { op: Op::Not, args: vec![Node::Call(call)] }),
    }
}

/// A conjunction or disjunction, flat, sorted, each part once.
fn joined(call: Call) -> Node {
    let (neutral, decisive) = (Literal::Bool(call.op == Op::And), Literal::Bool(call.op != Op::And));
    let mut parts = Vec::new();
    for arg in call.args {
        match arg {
            Node::Call(inner) if inner.op == call.op => parts.extend(inner.args),
            Node::Literal(literal) if literal == neutral => {}
            Node::Literal(literal) if literal == decisive => return Node::Literal(decisive),
            other => parts.push(other),
        }
    }
    parts.sort_by_cached_key(text);
    parts.dedup();
    match parts.len() {
        0 => Node::Literal(neutral),
        1 => parts.pop().unwrap_or(Node::Literal(neutral)),
        _ => Node::Call(Call { op: call.op, args: parts }),
    }
}

/// Any total order does.
fn text(node: &Node) -> String {
    format!("{node:?}")
}

#[cfg(test)]
mod tests {
    use athyper_schemas::bundle::Package;
    use athyper_schemas::ir::{Attribute, Kind, Ty};

    use super::*;

    fn bundle() -> Bundle {
        let package = Package { name: "p".into(), doc: None, dialects: vec![], user: vec![] };
        Bundle { package, entities: vec![], enums: vec![], policies: vec![] }
    }

    fn user(name: &str) -> Node {
        Node::User(Attribute { name: name.into(), ty: Ty { kind: Kind::Bool, nullable: true } })
    }

    fn call(op: Op, args: Vec<Node>) -> Node {
        Node::Call(Call { op, args })
    }

    #[test]
    fn what_means_the_same_has_one_form() {
        let (a, b, c) = (user("a"), user("b"), user("c"));
        let not = |node: Node| call(Op::Not, vec![node]);
        let same = |one: Node, other: Node| assert_eq!(node(&one, &bundle()), node(&other, &bundle()));
        same(
            call(Op::And, vec![a.clone(), call(Op::And, vec![c.clone(), b.clone(), a.clone()])]),
            call(Op::And, vec![b.clone(), a.clone(), c]),
        );
        same(
            not(call(Op::And, vec![a.clone(), not(b.clone())])),
            call(Op::Or, vec![b.clone(), not(a.clone())]),
        );
        same(not(call(Op::Lt, vec![a.clone(), b.clone()])), call(Op::Le, vec![b.clone(), a.clone()]));
        same(call(Op::Eq, vec![a.clone(), b.clone()]), not(call(Op::Ne, vec![b.clone(), a.clone()])));
        let differ = node(&call(Op::Or, vec![a.clone(), b.clone()]), &bundle());
        assert_ne!(differ, node(&call(Op::And, vec![a, b]), &bundle()));
    }
}
