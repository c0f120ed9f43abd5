//! Operators: which operands they take and which monomorphic operator they become.

use athyper_schemas::ir::{Call, Kind, Node, Op, Scales, Ty};

use super::tree::Checker;
use super::typed::Typed;
use super::{convert, foreign, narrow, type_name};
use crate::ast::{BinaryOp, Expr, ExprKind, Span, UnaryOp};
use crate::problem::{Problem, ProblemKind};

/// Digits behind the point that a product keeps at most, unless an operand has more.
const PRODUCT_SCALE: u8 = 6;
/// Digits behind the point that a quotient has at least.
const QUOTIENT_SCALE: u8 = 4;

impl Checker<'_> {
    /// The operand of a logical operator.
    pub(super) fn bool_operand(&mut self, expr: &Expr, operator: &str) -> Option<Typed> {
        let typed = self.expr(expr)?;
        if typed.kind != Kind::Bool {
            let place = format!("an operand of `{operator}`");
            let (expected, found) = ("a condition".into(), type_name(&typed.kind));
            self.report(&expr.span, ProblemKind::WrongType { place, expected, found });
            return None;
        }
        Some(typed)
    }

    /// What makes the result of a strict operator unknown: its first operand that may be absent.
    pub(super) fn strict(&mut self, operands: &[(&Typed, &Expr)], operator: &str) -> Option<String> {
        for (typed, expr) in operands {
            self.hazard(typed, expr, operator);
        }
        operands
            .iter()
            .find(|(typed, _)| typed.may_be_absent())
            .map(|(typed, expr)| typed.unknown.clone().unwrap_or_else(|| expr.to_string()))
    }

    pub(super) fn unary(&mut self, op: UnaryOp, of: &Expr, expr: &Expr) -> Option<Typed> {
        if op == UnaryOp::Not {
            let typed = self.bool_operand(of, "!")?;
            let unknown = self.strict(&[(&typed, of)], "!");
            return Some(Typed::call(Op::Not, vec![typed.node], Kind::Bool, unknown));
        }
        let typed = self.expr(of)?;
        let op = match &typed.kind {
            Kind::Int => Op::NegInt,
            Kind::Decimal(_) => Op::NegDecimal,
            Kind::Duration => Op::DurationNeg,
            kind => {
                let (place, found) = ("the operand of `-`".to_owned(), type_name(kind));
                let expected = "a number or a duration".to_owned();
                self.report(&expr.span, ProblemKind::WrongType { place, expected, found });
                return None;
            }
        };
        let unknown = self.strict(&[(&typed, of)], "-");
        Some(Typed::call(op, vec![typed.node], typed.kind, unknown))
    }

    pub(super) fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, expr: &Expr) -> Option<Typed> {
        match op {
            BinaryOp::And | BinaryOp::Or => self.logic(op, left, right),
            BinaryOp::In => self.membership(left, right),
            BinaryOp::Eq | BinaryOp::Ne => self.equality(op, left, right),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => self.ordering(op, left, right),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                self.arithmetic(op, left, right, expr)
            }
        }
    }

    fn logic(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Option<Typed> {
        let truth = op == BinaryOp::And;
        let op_node = if truth { Op::And } else { Op::Or };
        let before = self.with_tested(right, truth, left);
        let first = before.and_then(|typed| self.logical(typed, left, op));
        let second = self.with_facts(narrow::proven(left, truth), right);
        let second = second.and_then(|typed| self.logical(typed, right, op));
        let (first, second) = (first?, second?);
        let unknown = self.strict(&[(&first, left), (&second, right)], op.symbol());
        let mut args = Vec::new();
        for node in [first.node, second.node] {
            match node {
                Node::Call(Call { op, args: inner }) if op == op_node => args.extend(inner),
                node => args.push(node),
            }
        }
        Some(Typed::call(op_node, args, Kind::Bool, unknown))
    }

    fn with_tested(&mut self, test: &Expr, truth: bool, expr: &Expr) -> Option<Typed> {
        let mut facts = narrow::tested(test, truth);
        // An element may be unknown, and then the test is unknown too.
        facts.retain(|path| self.bound.iter().all(|b| b.name != *path));
        self.with_facts(facts, expr)
    }

    fn logical(&mut self, typed: Typed, expr: &Expr, op: BinaryOp) -> Option<Typed> {
        if typed.kind == Kind::Bool {
            return Some(typed);
        }
        let place = format!("an operand of `{}`", op.symbol());
        let (expected, found) = ("a condition".into(), type_name(&typed.kind));
        self.report(&expr.span, ProblemKind::WrongType { place, expected, found });
        None
    }

    /// Both operands, brought to one type.
    pub(super) fn same_kind(
        &mut self,
        first: Typed,
        first_expr: &Expr,
        second: Typed,
        second_expr: &Expr,
        operator: &'static str,
    ) -> Option<(Typed, Typed, Kind)> {
        let (first_kind, second_kind) = (first.kind.clone(), second.kind.clone());
        let first = self.adopt(first, first_expr, &second_kind);
        let second = self.adopt(second, second_expr, &first_kind);
        let (mut first, mut second) = (first?, second?);
        let kind = convert::common(&first.kind, &second.kind).filter(|kind| {
            [&first, &second].iter().all(|side| convert::convertible(&side.node, &side.kind, kind))
        });
        let Some(kind) = kind else {
            let (left, right) = (type_name(&first.kind), type_name(&second.kind));
            let span = first_expr.span.start.min(second_expr.span.start)..second_expr.span.end;
            let fix = foreign::days([&first.kind, &second.kind], [first_expr, second_expr]);
            self.report_with(&span, ProblemKind::Operands { operator, left, right }, fix);
            return None;
        };
        for side in [&mut first, &mut second] {
            let node = std::mem::replace(&mut side.node, Node::This);
            side.node = convert::convert(node, &side.kind, &kind);
            side.kind = kind.clone();
        }
        Some((first, second, kind))
    }

    fn equality(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Option<Typed> {
        let (first, second) = (self.expr(left), self.expr(right));
        for (known, other) in [(&first, right), (&second, left)] {
            self.value_without_quotes(known.as_ref(), other);
        }
        let (first, second) = (first?, second?);
        let (first, second) = match (&first.kind, &second.kind) {
            (Kind::Record(_), Kind::Uuid) | (Kind::Uuid, Kind::Record(_)) => (first, second),
            (Kind::Record(_), Kind::Text) if second.literal_text().is_some() => {
                let kind = first.kind.clone();
                (first, self.adopt(second, right, &kind)?)
            }
            (Kind::Text, Kind::Record(_)) if first.literal_text().is_some() => {
                let kind = second.kind.clone();
                (self.adopt(first, left, &kind)?, second)
            }
            _ => {
                let (first, second, _) = self.same_kind(first, left, second, right, op.symbol())?;
                (first, second)
            }
        };
        // Null is a value to `==`; only what is unknown makes it unknown.
        for (typed, expr) in [(&first, left), (&second, right)] {
            if let Some(culprit) = typed.incomparable() {
                let typed = Typed { unknown: Some(culprit), ..typed.clone() };
                self.hazard(&typed, expr, op.symbol());
            }
        }
        let unknown = first.incomparable().or_else(|| second.incomparable());
        let op = if op == BinaryOp::Eq { Op::Eq } else { Op::Ne };
        Some(Typed::call(op, vec![first.node, second.node], Kind::Bool, unknown))
    }

    /// `status == open`: an unknown name beside an enum that has such a value.
    fn value_without_quotes(&mut self, known: Option<&Typed>, other: &Expr) {
        let (Some(Kind::Enum(of)), ExprKind::Name(name)) = (known.map(|known| &known.kind), &other.kind)
        else {
            return;
        };
        let is_value = self.scope.enum_values(of).is_some_and(|values| values.contains(name));
        let unknown = ProblemKind::UnknownName(name.clone());
        let told = self.problems.last_mut().filter(|last| last.span == other.span && last.kind == unknown);
        if let Some(told) = told.filter(|_| is_value) {
            let quoted = format!("\"{name}\"");
            let kind = ProblemKind::UseInstead { written: name.clone(), instead: format!("`{quoted}`") };
            *told = Problem::new(other.span.clone(), kind).with_fix(other.span.clone(), quoted);
        }
    }

    fn report_with(&mut self, span: &Span, kind: ProblemKind, fix: Option<(Span, String)>) {
        let problem = Problem::new(span.clone(), kind);
        self.problems.push(match fix {
            Some((span, replacement)) => problem.with_fix(span, replacement),
            None => problem,
        });
    }

    fn ordering(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Option<Typed> {
        let (first, second) = (self.expr(left), self.expr(right));
        let (first, second) = (first?, second?);
        self.no_null(&first, left, op)?;
        self.no_null(&second, right, op)?;
        let (first, second, kind) = self.same_kind(first, left, second, right, op.symbol())?;
        let ordered = matches!(
            kind,
            Kind::Bool
                | Kind::Int
                | Kind::Decimal(_)
                | Kind::Text
                | Kind::Date
                | Kind::Time
                | Kind::Datetime
                | Kind::Duration
        );
        if !ordered {
            let name = type_name(&kind);
            let kind = ProblemKind::Operands { operator: op.symbol(), left: name.clone(), right: name };
            self.report(&(left.span.start..right.span.end), kind);
            return None;
        }
        let unknown = self.strict(&[(&first, left), (&second, right)], op.symbol());
        let op = match op {
            BinaryOp::Lt => Op::Lt,
            BinaryOp::Le => Op::Le,
            BinaryOp::Gt => Op::Gt,
            _ => Op::Ge,
        };
        Some(Typed::call(op, vec![first.node, second.node], Kind::Bool, unknown))
    }

    fn no_null(&mut self, typed: &Typed, expr: &Expr, op: BinaryOp) -> Option<()> {
        if typed.kind == Kind::Null {
            self.report(&expr.span, ProblemKind::NullOperand(op.symbol()));
            return None;
        }
        Some(())
    }

    fn membership(&mut self, left: &Expr, right: &Expr) -> Option<Typed> {
        let (element, list) = (self.expr(left), self.expr(right));
        let (element, list) = (element?, list?);
        let Kind::List(item) = &list.kind else {
            let found = type_name(&list.kind);
            let (place, expected) = ("what stands behind `in`".into(), "a list".into());
            let text = matches!(right.kind, ExprKind::Text(_));
            let fix = text.then(|| (right.span.clone(), format!("[{right}]")));
            self.report_with(&right.span, ProblemKind::WrongType { place, expected, found }, fix);
            return None;
        };
        let item_kind = item.kind.clone();
        let element_list = Kind::List(Box::new(Ty { kind: element.kind.clone(), nullable: false }));
        let element = self.adopt(element, left, &item_kind)?;
        let mut list = self.adopt(list, right, &element_list)?;
        let Kind::List(item) = list.kind.clone() else { return None };
        let identities = matches!(
            (&element.kind, &item.kind),
            (Kind::Record(_), Kind::Uuid) | (Kind::Uuid, Kind::Record(_))
        );
        let common = if identities {
            Some((element.kind.clone(), item.kind.clone()))
        } else {
            convert::common(&element.kind, &item.kind).map(|kind| (kind.clone(), kind))
        };
        let fits = common.filter(|(_, item_kind)| {
            let wanted = Kind::List(Box::new(Ty { kind: item_kind.clone(), nullable: item.nullable }));
            convert::convertible(&list.node, &list.kind, &wanted)
        });
        let Some((element_kind, item_kind)) = fits else {
            let (left_name, right_name) = (type_name(&element.kind), type_name(&list.kind));
            let kind = ProblemKind::Operands { operator: "in", left: left_name, right: right_name };
            self.report(&(left.span.start..right.span.end), kind);
            return None;
        };
        let wanted = Kind::List(Box::new(Ty { kind: item_kind, nullable: item.nullable }));
        list.node = convert::convert(list.node, &list.kind, &wanted);
        let node = convert::convert(element.node, &element.kind, &element_kind);
        let absent_list = list.nullable.then(|| right.to_string());
        let unknown = element.unknown.or(element.inside).or(list.unknown).or(list.inside).or(absent_list);
        let typed = Typed::call(Op::In, vec![node, list.node], Kind::Bool, unknown);
        self.hazard(&typed, right, "in");
        Some(typed)
    }

    fn arithmetic(&mut self, op: BinaryOp, left: &Expr, right: &Expr, expr: &Expr) -> Option<Typed> {
        let (first, second) = (self.expr(left), self.expr(right));
        let (first, second) = (first?, second?);
        self.no_null(&first, left, op)?;
        self.no_null(&second, right, op)?;
        if let (Kind::Int | Kind::Decimal(_), Kind::Int | Kind::Decimal(_)) = (&first.kind, &second.kind) {
            return self.numbers(op, (first, left), (second, right), expr);
        }
        let found = match (op, &first.kind, &second.kind) {
            (BinaryOp::Add, Kind::Text, Kind::Text) => (Op::Concat, Kind::Text),
            (BinaryOp::Add, Kind::List(_), Kind::List(_)) => {
                let (first, second, kind) = self.same_kind(first, left, second, right, "+")?;
                let unknown = self.strict(&[(&first, left), (&second, right)], "+");
                let inside = first.inside.or(second.inside);
                let typed = Typed::call(Op::ListConcat, vec![first.node, second.node], kind, unknown);
                return Some(Typed { inside, ..typed });
            }
            (BinaryOp::Add, Kind::Duration, Kind::Datetime | Kind::Date) => {
                let unknown = self.strict(&[(&first, left), (&second, right)], "+");
                let op = if second.kind == Kind::Date { Op::DateAdd } else { Op::DatetimeAdd };
                return Some(Typed::call(op, vec![second.node, first.node], second.kind, unknown));
            }
            (BinaryOp::Add, Kind::Datetime, Kind::Duration) => (Op::DatetimeAdd, Kind::Datetime),
            (BinaryOp::Add, Kind::Date, Kind::Duration) => (Op::DateAdd, Kind::Date),
            (BinaryOp::Add, Kind::Duration, Kind::Duration) => (Op::DurationAdd, Kind::Duration),
            (BinaryOp::Sub, Kind::Datetime, Kind::Datetime) => (Op::DatetimeDiff, Kind::Duration),
            (BinaryOp::Sub, Kind::Datetime, Kind::Duration) => (Op::DatetimeSub, Kind::Datetime),
            (BinaryOp::Sub, Kind::Date, Kind::Date) => (Op::DateDiff, Kind::Duration),
            (BinaryOp::Sub, Kind::Date, Kind::Duration) => (Op::DateSub, Kind::Date),
            (BinaryOp::Sub, Kind::Duration, Kind::Duration) => (Op::DurationSub, Kind::Duration),
            (_, a, b) => {
                let (left_name, right_name) = (type_name(a), type_name(b));
                let kind =
                    ProblemKind::Operands { operator: op.symbol(), left: left_name, right: right_name };
                let fix = foreign::days([a, b], [left, right]);
                self.report_with(&expr.span, kind, fix);
                return None;
            }
        };
        let unknown = self.strict(&[(&first, left), (&second, right)], op.symbol());
        let mut args = vec![second.node];
        match first.node {
            Node::Call(Call { op: Op::Concat, args: inner }) if found.0 == Op::Concat => {
                args.splice(0..0, inner);
            }
            node => args.insert(0, node),
        }
        Some(Typed::call(found.0, args, found.1, unknown))
    }

    fn numbers(
        &mut self,
        op: BinaryOp,
        first: (Typed, &Expr),
        second: (Typed, &Expr),
        expr: &Expr,
    ) -> Option<Typed> {
        let ((first, left), (second, right)) = (first, second);
        let mut unknown = self.strict(&[(&first, left), (&second, right)], op.symbol());
        if matches!(op, BinaryOp::Div | BinaryOp::Rem) && is_zero(&second.node) != Some(false) {
            unknown = unknown.or_else(|| Some(expr.to_string()));
        }
        let is_decimal = matches!(first.kind, Kind::Decimal(_)) || matches!(second.kind, Kind::Decimal(_));
        if op == BinaryOp::Div && is_decimal && is_zero(&second.node) == Some(true) {
            let what = "a decimal divided by zero".into();
            let instead = "there is no infinity and no NaN";
            self.report(&expr.span, ProblemKind::Unsupported { what, instead });
            return None;
        }
        if first.kind == Kind::Int && second.kind == Kind::Int {
            let op = match op {
                BinaryOp::Add => Op::AddInt,
                BinaryOp::Sub => Op::SubInt,
                BinaryOp::Mul => Op::MulInt,
                BinaryOp::Div => Op::DivInt,
                _ => Op::RemInt,
            };
            return Some(Typed::call(op, vec![first.node, second.node], Kind::Int, unknown));
        }
        let (left, right) = (scale(&first.kind), scale(&second.kind));
        let most = left.max(right);
        let (op, to) = match op {
            BinaryOp::Add => (Op::AddDecimal(most), most),
            BinaryOp::Sub => (Op::SubDecimal(most), most),
            BinaryOp::Mul => {
                let to = most.max((left + right).min(PRODUCT_SCALE));
                (Op::MulDecimal(Scales { left, right, to }), to)
            }
            BinaryOp::Div => {
                let to = most.max(QUOTIENT_SCALE);
                (Op::DivDecimal(Scales { left, right, to }), to)
            }
            _ => {
                let (left, right) = (type_name(&first.kind), type_name(&second.kind));
                self.report(&expr.span, ProblemKind::Operands { operator: "%", left, right });
                return None;
            }
        };
        let same = matches!(op, Op::AddDecimal(_) | Op::SubDecimal(_));
        let as_decimal = |side: Typed, own: u8| {
            convert::convert(side.node, &side.kind, &Kind::Decimal(if same { most } else { own }))
        };
        let args = vec![as_decimal(first, left), as_decimal(second, right)];
        Some(Typed::call(op, args, Kind::Decimal(to), unknown))
    }
}

fn scale(kind: &Kind) -> u8 {
    match kind {
        Kind::Decimal(scale) => *scale,
        _ => 0,
    }
}

/// Whether a number is zero, when that can be read in the text.
fn is_zero(node: &Node) -> Option<bool> {
    use athyper_schemas::ir::Literal;
    match node {
        Node::Literal(Literal::Int(units) | Literal::Decimal { units, .. }) => Some(units == "0"),
        _ => None,
    }
}
