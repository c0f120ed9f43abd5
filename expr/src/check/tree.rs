//! The walk over the tree.

use athyper_schemas::ir::{self, Kind, Literal, Node, Ty};

use super::{Checked, Expected, Scope};
use crate::ast;
use crate::problem::{Problem, ProblemKind};

pub(super) fn run(
    expr: &ast::Expr,
    source: &str,
    scope: &dyn Scope,
    _expected: &Expected,
) -> Result<Checked, Vec<Problem>> {
    let (kind, root) = match &expr.kind {
        ast::ExprKind::Bool(value) => (Kind::Bool, Node::Literal(Literal::Bool(*value))),
        ast::ExprKind::Int(value) => (Kind::Int, Node::Literal(Literal::Int(value.to_string()))),
        ast::ExprKind::Text(text) => (Kind::Text, Node::Literal(Literal::Text(text.clone()))),
        ast::ExprKind::Name(name) => {
            let entity = scope.this().unwrap_or_default().to_owned();
            let ty = scope.field(&entity, name).ok_or_else(|| {
                vec![Problem::new(expr.span.clone(), ProblemKind::UnknownName(name.clone()))]
            })?;
            let access = ir::FieldAccess { of: Node::This, entity, name: name.clone(), ty: ty.clone() };
            (ty.kind, Node::Field(Box::new(access)))
        }
        ast::ExprKind::Invalid => return Err(Vec::new()),
        _ => return Err(vec![Problem::new(expr.span.clone(), ProblemKind::NotAvailable("this operator"))]),
    };
    let ty = Ty { kind, nullable: false };
    Ok(Checked { expr: ir::Expr { source: source.to_owned(), ty, root }, warnings: Vec::new() })
}
