//! Quantifiers: `list.exists(x, ..)` and its kin, which bind a name for each element.

use athyper_schemas::ir::{Fold, FoldKind, Kind, Literal, Node, Ty};

use super::tree::{Bound, Checker};
use super::type_name;
use super::typed::Typed;
use crate::ast::{Call, Expr, ExprKind};
use crate::problem::ProblemKind;

/// Which quantifier a name is.
pub(super) fn quantifier(name: &str) -> Option<FoldKind> {
    Some(match name {
        "exists" => FoldKind::Exists,
        "all" => FoldKind::All,
        "exists_one" | "existsOne" => FoldKind::ExistsOne,
        "map" => FoldKind::Map,
        "filter" => FoldKind::Filter,
        _ => return None,
    })
}

const USAGE: &str = "`list.exists(x, condition)`, `list.map(x, value)` or `list.map(x, condition, value)`";

impl Checker<'_> {
    pub(super) fn fold(&mut self, kind: FoldKind, receiver: &Expr, call: &Call) -> Option<Typed> {
        let list = self.expr(receiver);
        let name = call.function.text.as_str();
        let (variable, condition, body) = match (call.args.as_slice(), kind) {
            ([variable, body], _) => (variable, None, body),
            ([variable, condition, body], FoldKind::Map) => (variable, Some(condition), body),
            ([_, second, _], _) if matches!(second.kind, ExprKind::Name(_)) => {
                let what = format!("`{name}` with two variables");
                let instead = "it has one, the element";
                self.report(&call.function.span, ProblemKind::Unsupported { what, instead });
                return None;
            }
            _ => {
                let kind = ProblemKind::WrongCount { function: name.to_owned(), usage: USAGE };
                self.report(&call.function.span, kind);
                return None;
            }
        };
        let ExprKind::Name(variable_name) = &variable.kind else {
            let before = self.problems.len();
            self.expr(variable);
            if variable.kind != ExprKind::Invalid && self.problems.len() == before {
                self.report(&variable.span, ProblemKind::BadVariable(name.to_owned()));
            }
            return None;
        };
        let list = list?;
        let Kind::List(item) = list.kind.clone() else {
            let found = type_name(&list.kind);
            let (place, expected) = (format!("what stands before `.{name}(..)`"), "a list".into());
            self.report(&receiver.span, ProblemKind::WrongType { place, expected, found });
            return None;
        };
        if item.kind == Kind::Null && !item.nullable {
            return Some(of_nothing(kind, list));
        }
        let absent_list = self.strict(&[(&list, receiver)], name);
        let mut list = Typed { unknown: absent_list, nullable: false, ..list };
        let (name, unknown) = (variable_name.clone(), list.inside.clone());
        let bound = || Bound { name: name.clone(), ty: (*item).clone(), unknown: unknown.clone() };
        if let Some(condition) = condition {
            let judged = self.with_variable(bound(), Vec::new(), condition)?;
            list = self.folded(FoldKind::Filter, list, &item, (judged, condition))?;
        }
        let facts = condition.map(|c| super::narrow::proven(c, true)).unwrap_or_default();
        let body_typed = self.with_variable(bound(), facts, body)?;
        self.folded(kind, list, &item, (body_typed, body))
    }

    fn folded(&mut self, kind: FoldKind, list: Typed, item: &Ty, body: (Typed, &Expr)) -> Option<Typed> {
        let (body, expr) = body;
        let variable = u8::try_from(self.bound.len()).ok()?;
        if kind != FoldKind::Map && body.kind != Kind::Bool {
            let place = "the condition for each element".into();
            let (expected, found) = ("a condition".into(), type_name(&body.kind));
            self.report(&expr.span, ProblemKind::WrongType { place, expected, found });
            return None;
        }
        let mut unknown = list.unknown.clone();
        let inside = match kind {
            // An element that is unknown makes the list unknown.
            FoldKind::Map => body.inside.clone(),
            _ => list.inside.clone(),
        };
        let result = match kind {
            FoldKind::Map => {
                unknown = unknown.or(body.unknown.clone());
                let nullable = body.nullable;
                Kind::List(Box::new(Ty { kind: body.kind.clone(), nullable }))
            }
            FoldKind::Filter => Kind::List(Box::new(item.clone())),
            FoldKind::Exists | FoldKind::All | FoldKind::ExistsOne => {
                unknown = unknown.or(self.strict(&[(&body, expr)], ""));
                Kind::Bool
            }
        };
        if kind == FoldKind::Filter {
            unknown = unknown.or(self.strict(&[(&body, expr)], "filter"));
        }
        let fold = Fold { kind, variable, list: list.node, body: body.node };
        Some(Typed { unknown, inside, ..Typed::sure(Node::Fold(Box::new(fold)), result) })
    }
}

/// A quantifier over a list that is always empty, whose elements have no type to check the body with.
fn of_nothing(kind: FoldKind, list: Typed) -> Typed {
    match kind {
        FoldKind::Exists | FoldKind::ExistsOne => Typed::literal(Literal::Bool(false), Kind::Bool),
        FoldKind::All => Typed::literal(Literal::Bool(true), Kind::Bool),
        FoldKind::Map | FoldKind::Filter => list,
    }
}
