//! Bringing two operands to one type: numbers to one scale, text literals to what stands beside them.

use athyper_schemas::ir::{Call, Kind, Literal, Node, Op, Ty};

use super::literal;
use super::tree::Checker;
use super::typed::Typed;
use crate::ast::{Expr, ExprKind, Span};
use crate::problem::{Problem, ProblemKind};

/// The type that values of both can be brought to without loss. Text literals are looked at by [`adopt`].
pub(super) fn common(a: &Kind, b: &Kind) -> Option<Kind> {
    Some(match (a, b) {
        (Kind::Null, other) | (other, Kind::Null) => other.clone(),
        (Kind::Int, Kind::Decimal(scale)) | (Kind::Decimal(scale), Kind::Int) => Kind::Decimal(*scale),
        (Kind::Decimal(x), Kind::Decimal(y)) => Kind::Decimal(*x.max(y)),
        (Kind::Enum(_) | Kind::Uuid, Kind::Text) | (Kind::Text, Kind::Enum(_) | Kind::Uuid) => Kind::Text,
        (Kind::List(x), Kind::List(y)) => {
            let kind = common(&x.kind, &y.kind)?;
            Kind::List(Box::new(Ty { kind, nullable: x.nullable || y.nullable }))
        }
        (a, b) if a == b => a.clone(),
        _ => return None,
    })
}

/// Whether a node of type `from` can be turned into `to`; lists only when they are written out.
pub(super) fn convertible(node: &Node, from: &Kind, to: &Kind) -> bool {
    match (from, to) {
        (Kind::List(x), Kind::List(y)) if x.kind != y.kind => match node {
            Node::List(items) => items.iter().all(|item| convertible(item, &x.kind, &y.kind)),
            _ => false,
        },
        (Kind::List(_), Kind::List(_)) | (Kind::Null, _) => true,
        (Kind::Int | Kind::Decimal(_), Kind::Decimal(_)) | (Kind::Enum(_) | Kind::Uuid, Kind::Text) => true,
        (a, b) => a == b,
    }
}

/// The node as a value of `to`; [`convertible`] said that it can be.
pub(super) fn convert(node: Node, from: &Kind, to: &Kind) -> Node {
    let op = match (from, to) {
        (Kind::List(x), Kind::List(y)) if x.kind != y.kind => {
            return match node {
                Node::List(items) => {
                    Node::List(items.into_iter().map(|item| convert(item, &x.kind, &y.kind)).collect())
                }
                other => other,
            };
        }
        (Kind::Int, Kind::Decimal(scale)) => Op::IntToDecimal(*scale),
        (Kind::Decimal(from), Kind::Decimal(to)) if from != to => Op::Rescale { from: *from, to: *to },
        (Kind::Enum(_), Kind::Text) => Op::EnumToText,
        (Kind::Uuid, Kind::Text) => Op::UuidToText,
        _ => return node,
    };
    if let (Node::Literal(literal), Kind::Decimal(to)) = (&node, to)
        && let Some(literal) = rescaled(literal, *to)
    {
        return Node::Literal(literal);
    }
    Node::Call(Call { op, args: vec![node] })
}

/// A number literal with more digits behind the point, when it still fits.
fn rescaled(literal: &Literal, to: u8) -> Option<Literal> {
    let (units, from) = match literal {
        Literal::Int(units) => (units, 0),
        Literal::Decimal { units, scale } => (units, *scale),
        _ => return None,
    };
    let factor = 10_i64.checked_pow(u32::from(to.checked_sub(from)?))?;
    let units = units.parse::<i64>().ok()?.checked_mul(factor)?;
    (units.unsigned_abs() < 10_u64.pow(18)).then(|| Literal::Decimal { units: units.to_string(), scale: to })
}

impl Checker<'_> {
    /// Text literals beside a value of another type become literals of that type: `status == "draft"`.
    /// Empty when a literal does not fit, which was then reported.
    pub(super) fn adopt(&mut self, value: Typed, expr: &Expr, beside: &Kind) -> Option<Typed> {
        if let (Node::List(nodes), Kind::List(item), Kind::List(wanted)) = (&value.node, &value.kind, beside)
            && item.kind == Kind::Text
            && nodes.iter().all(|node| matches!(node, Node::Literal(_)))
        {
            return self.adopt_list(&value, expr, &wanted.kind);
        }
        match value.literal_text() {
            Some(text) => self.adopt_text(text, &expr.span, beside).unwrap_or(Some(value.clone())),
            None => Some(value),
        }
    }

    fn adopt_list(&mut self, value: &Typed, expr: &Expr, wanted: &Kind) -> Option<Typed> {
        let mut adopted = value.clone();
        let (Node::List(nodes), Kind::List(item)) = (&mut adopted.node, &mut adopted.kind) else {
            return Some(adopted);
        };
        let mut sound = true;
        for (i, node) in nodes.iter_mut().enumerate() {
            let Node::Literal(Literal::Text(text)) = node else { continue };
            let span = match &expr.kind {
                ExprKind::List(items) => items.get(i).map_or(&expr.span, |item| &item.span),
                _ => &expr.span,
            };
            match self.adopt_text(text, span, wanted) {
                Some(Some(found)) => {
                    *node = found.node;
                    item.kind = found.kind;
                }
                Some(None) => sound = false,
                None => return Some(value.clone()),
            }
        }
        sound.then_some(adopted)
    }

    /// The outer option is empty when texts are just texts beside that type.
    fn adopt_text(&mut self, text: &str, span: &Span, wanted: &Kind) -> Option<Option<Typed>> {
        let found = match wanted {
            Kind::Enum(name) => self.enum_value(text, name, span),
            Kind::Date => self.report_literal(literal::date(text), span),
            Kind::Time => self.report_literal(literal::time(text), span),
            Kind::Datetime => self.report_literal(literal::datetime(text), span),
            Kind::Duration => self.report_literal(literal::duration(text), span),
            Kind::Uuid | Kind::Record(_) => self.report_literal(literal::uuid(text), span),
            _ => return None,
        };
        Some(found)
    }

    fn enum_value(&mut self, text: &str, name: &str, span: &Span) -> Option<Typed> {
        let values = self.scope.enum_values(name).unwrap_or_default();
        if !values.iter().any(|value| value == text) {
            let nearest = super::nearest(text, values.iter().map(String::as_str)).map(|v| format!("\"{v}\""));
            let kind = ProblemKind::UnknownEnumValue { of: name.to_owned(), value: text.to_owned(), values };
            let problem = Problem::new(span.clone(), kind);
            self.problems.push(match nearest {
                Some(nearest) => problem.with_fix(span.clone(), nearest),
                None => problem,
            });
            return None;
        }
        let literal = Literal::Enum { of: name.to_owned(), value: text.to_owned() };
        Some(Typed::literal(literal, Kind::Enum(name.to_owned())))
    }

    pub(super) fn report_literal(&mut self, found: Result<Typed, ProblemKind>, span: &Span) -> Option<Typed> {
        match found {
            Ok(typed) => Some(typed),
            Err(kind) => {
                self.problems.push(Problem::new(span.clone(), kind));
                None
            }
        }
    }
}
