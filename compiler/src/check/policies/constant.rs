//! Conditions that say the same of every record.

use athyper_expr::eval::{Context, Layout, Place, Program};
use athyper_schemas::ir::{Call, Expr, Kind, Literal, Node, Op, Ty};

use super::typed::TypedPolicy;
use crate::ast::Condition;
use crate::check::walk;
use crate::diag::{Sink, policy_doubts as say};
use crate::model::Policy;
use crate::source::Span;

/// Says which conditions are none.
pub(super) fn conditions(policy: &Policy, typed: &TypedPolicy, sink: &mut Sink) {
    let mut judge = |expr: &Option<Expr>, span: Span| {
        if let Some(always) = expr.as_ref().and_then(|expr| decided(&expr.root)) {
            sink.warn(say::constant_condition(span, always));
        }
    };
    for (role, when) in policy.roles.iter().zip(&typed.roles) {
        judge(when, role.when.as_ref().map_or(role.span, Condition::span));
    }
    for (rule, typed) in policy.rules.iter().zip(&typed.rules) {
        judge(&typed.when, rule.when.as_ref().or(rule.unless.as_ref()).map_or(rule.span, Condition::span));
        judge(&typed.after, rule.after.as_ref().map_or(rule.span, Condition::span));
    }
    for (rule, when) in policy.fields.iter().zip(&typed.fields) {
        judge(when, rule.when.as_ref().map_or(rule.span, Condition::span));
    }
}

/// What a condition comes to, when that is the same for every record and caller.
pub(super) fn decided(node: &Node) -> Option<bool> {
    if let Node::Call(call) = node {
        match (call.op, call.args.as_slice()) {
            (Op::And, args) if args.iter().any(|arg| decided(arg) == Some(false)) || excluded(args) => {
                return Some(false);
            }
            (Op::Or, args) if args.iter().any(|arg| decided(arg) == Some(true)) || exhausted(args) => {
                return Some(true);
            }
            (Op::And, args) => return args.iter().all(|arg| decided(arg) == Some(true)).then_some(true),
            (Op::Or, args) => return args.iter().all(|arg| decided(arg) == Some(false)).then_some(false),
            (Op::Not, [arg]) => return decided(arg).map(|decided| !decided),
            (Op::Eq | Op::Ne, [a, b]) if a == b && is_known(a) => return Some(call.op == Op::Eq),
            _ => {}
        }
    }
    constant(node)
}

/// Two parts that cannot both hold: one field equal to two values, a part and its opposite.
fn excluded(parts: &[Node]) -> bool {
    let pairs = parts.iter().enumerate().flat_map(|(at, a)| parts.iter().skip(at + 1).map(move |b| (a, b)));
    let mut pairs = pairs;
    pairs.any(|(a, b)| match (equality(a), equality(b)) {
        (Some((field, one, true)), Some((other, two, true))) => field == other && one != two,
        (Some((field, one, equal)), Some((other, two, other_equal))) => {
            field == other && one == two && equal != other_equal
        }
        _ => false,
    })
}

/// Two parts of which one always holds.
fn exhausted(parts: &[Node]) -> bool {
    let mut pairs =
        parts.iter().enumerate().flat_map(|(at, a)| parts.iter().skip(at + 1).map(move |b| (a, b)));
    pairs.any(|(a, b)| match (equality(a), equality(b)) {
        (Some((field, one, false)), Some((other, two, false))) => field == other && one != two,
        (Some((field, one, equal)), Some((other, two, other_equal))) => {
            field == other && one == two && equal != other_equal
        }
        _ => false,
    })
}

/// `field == literal` or `field != literal` of the record itself.
fn equality(node: &Node) -> Option<(&Node, &Literal, bool)> {
    let Node::Call(Call { op: op @ (Op::Eq | Op::Ne), args }) = node else { return None };
    let (field, literal) = match args.as_slice() {
        [field @ Node::Field(_), Node::Literal(literal)]
        | [Node::Literal(literal), field @ Node::Field(_)] => (field, literal),
        _ => return None,
    };
    is_known(field).then_some((field, literal, *op == Op::Eq))
}

/// Whether it has a value or is null, and is never unknown: a field of the record itself, an attribute.
fn is_known(node: &Node) -> bool {
    match node {
        Node::Field(access) => access.of == Node::This,
        Node::User(_) | Node::Now | Node::Today | Node::Literal(_) => true,
        _ => false,
    }
}

/// The value of a condition that looks at nothing.
fn constant(node: &Node) -> Option<bool> {
    let mut looks = false;
    walk::nodes(node, &mut |node| {
        looks |= matches!(node, Node::This | Node::Old | Node::User(_) | Node::Now | Node::Today);
    });
    if looks {
        return None;
    }
    let ty = Ty { kind: Kind::Bool, nullable: true };
    let expr = Expr { source: String::new(), ty, root: node.clone() };
    Program::compile(&expr, &Nothing).ok()?.judge(&Context::EMPTY).ok()?
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
