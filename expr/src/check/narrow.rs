//! What a condition proves about null: after `x != null &&`, `x` has a value.
//!
//! Works on the tree as written; paths are told apart by their text.

use crate::ast::{BinaryOp, Expr, ExprKind, UnaryOp};

/// The text of `a`, `a.b`, `this.a`, `user.a`: something that can be known not to be null.
pub(super) fn path(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Select(of, name) => {
            let of = path(of)?;
            Some(if of == "this" { name.text.clone() } else { format!("{of}.{}", name.text) })
        }
        _ => None,
    }
}

/// The paths that have a value when `expr` came out definitely as `truth`.
pub(super) fn proven(expr: &Expr, truth: bool) -> Vec<String> {
    match &expr.kind {
        ExprKind::Unary(UnaryOp::Not, of) => proven(of, !truth),
        ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), sides) => {
            let (left, right) = (proven(&sides.0, truth), proven(&sides.1, truth));
            if (*op == BinaryOp::And) == truth {
                return [left, right].concat();
            }
            left.into_iter().filter(|path| right.contains(path)).collect()
        }
        ExprKind::Binary(op, sides) => proven_by_comparison(*op, &sides.0, &sides.1, truth),
        ExprKind::Call(call) => match (&call.receiver, call.args.first()) {
            (None, Some(of)) if call.function.text == "has" && truth => prefixes(of),
            (Some(of), _) if takes_a_value(&call.function.text) => prefixes(of),
            _ => Vec::new(),
        },
        ExprKind::Name(_) | ExprKind::Select(..) => prefixes(expr),
        _ => Vec::new(),
    }
}

/// Of what [`proven`] says, the part that holds whatever the order of evaluation: tests of the record's own fields.
pub(super) fn tested(expr: &Expr, truth: bool) -> Vec<String> {
    match &expr.kind {
        ExprKind::Unary(UnaryOp::Not, of) => tested(of, !truth),
        ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), sides) if (*op == BinaryOp::And) == truth => {
            [tested(&sides.0, truth), tested(&sides.1, truth)].concat()
        }
        ExprKind::Binary(BinaryOp::Eq | BinaryOp::Ne, sides)
            if matches!(sides.0.kind, ExprKind::Null) || matches!(sides.1.kind, ExprKind::Null) =>
        {
            own_fields(proven(expr, truth))
        }
        ExprKind::Call(call) if call.receiver.is_none() && call.function.text == "has" => {
            own_fields(proven(expr, truth))
        }
        _ => Vec::new(),
    }
}

fn own_fields(mut paths: Vec<String>) -> Vec<String> {
    paths.retain(|path| !path.contains('.'));
    paths
}

fn proven_by_comparison(op: BinaryOp, left: &Expr, right: &Expr, truth: bool) -> Vec<String> {
    let null = |e: &Expr| matches!(e.kind, ExprKind::Null);
    let value = |e: &Expr| {
        matches!(e.kind, ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Decimal { .. } | ExprKind::Text(_))
    };
    match op {
        BinaryOp::Eq | BinaryOp::Ne if null(left) || null(right) => {
            let side = if null(left) { right } else { left };
            let mut paths = prefixes(side);
            if (op == BinaryOp::Eq) == truth {
                // `a.b == null` proves that `a` is there.
                paths.retain(|p| Some(p) != path(side).as_ref());
            }
            paths
        }
        BinaryOp::Eq | BinaryOp::Ne if value(left) || value(right) => {
            let side = if value(left) { right } else { left };
            let mut paths = prefixes(side);
            if (op == BinaryOp::Eq) != truth {
                paths.retain(|p| Some(p) != path(side).as_ref());
            }
            paths
        }
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
            [operands(left), operands(right)].concat()
        }
        _ => Vec::new(),
    }
}

/// The paths without which `expr` has no value.
fn operands(expr: &Expr) -> Vec<String> {
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Select(..) => prefixes(expr),
        ExprKind::Unary(_, of) => operands(of),
        ExprKind::Binary(
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem,
            sides,
        ) => [operands(&sides.0), operands(&sides.1)].concat(),
        _ => Vec::new(),
    }
}

/// `a.b.c` and all it goes through: `a.b`, `a`.
fn prefixes(expr: &Expr) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = expr;
    loop {
        out.extend(path(at));
        match &at.kind {
            ExprKind::Select(of, _) => at = of,
            _ => return out,
        }
    }
}

fn takes_a_value(method: &str) -> bool {
    matches!(method, "contains" | "startsWith" | "endsWith" | "matches")
}
