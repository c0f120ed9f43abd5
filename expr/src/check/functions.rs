//! Functions without a receiver, conversions and `math.*`.

use athyper_schemas::ir::{Kind, Literal, Node, Op};

use super::tree::Checker;
use super::typed::Typed;
use super::{Ingredient, convert, foreign, literal, macros, methods, nearest, type_name};
use crate::ast::{Call, Expr, ExprKind};
use crate::decimal::Decimal;
use crate::problem::{Problem, ProblemKind};

const FUNCTIONS: &[&str] = &[
    "has",
    "size",
    "coalesce",
    "now",
    "today",
    "int",
    "string",
    "bool",
    "decimal",
    "duration",
    "timestamp",
    "date",
    "time",
    "uuid",
    "matches",
];

/// Namespaces of CEL extensions.
const NAMESPACES: &[&str] =
    &["math", "cel", "optional", "base64", "strings", "lists", "sets", "ip", "cidr", "net"];

impl Checker<'_> {
    pub(super) fn call(&mut self, call: &Call, expr: &Expr) -> Option<Typed> {
        let name = call.function.text.as_str();
        let Some(receiver) = &call.receiver else { return self.function(call, expr) };
        if let Some(kind) = macros::quantifier(name) {
            return self.fold(kind, receiver, call);
        }
        match &receiver.kind {
            ExprKind::Name(space) if NAMESPACES.contains(&space.as_str()) && !self.is_taken(space) => {
                self.math(space, call, expr)
            }
            _ => self.method(receiver, call, expr),
        }
    }

    fn function(&mut self, call: &Call, expr: &Expr) -> Option<Typed> {
        match (call.function.text.as_str(), call.args.as_slice()) {
            ("now" | "today", args) => {
                self.count(call, 0, 0, "`now()` or `today()`")?;
                if !self.scope.allows(Ingredient::Clock) {
                    self.report(&expr.span, ProblemKind::NotAvailable("the clock"));
                    return None;
                }
                debug_assert!(args.is_empty());
                Some(if call.function.text == "now" {
                    Typed::sure(Node::Now, Kind::Datetime)
                } else {
                    Typed::sure(Node::Today, Kind::Date)
                })
            }
            ("has", [of]) => {
                let typed = self.quietly(of)?;
                Some(Typed::call(Op::Has, vec![typed.node], Kind::Bool, None))
            }
            ("coalesce", [_, ..]) => self.coalesce(&call.args),
            ("size", [of]) => self.size(of, call, expr),
            ("matches", [of, pattern]) => {
                let args = vec![pattern.clone()];
                self.method(of, &Call { receiver: None, function: call.function.clone(), args }, expr)
            }
            (
                "int" | "string" | "bool" | "decimal" | "duration" | "timestamp" | "date" | "time" | "uuid",
                args,
            ) => {
                let most = if call.function.text == "decimal" { 2 } else { 1 };
                self.count(call, 1, most, "`int(value)`, `decimal(value, 2)`")?;
                let typed = self.expr(args.first()?)?;
                self.conversion(call, typed, args, expr)
            }
            ("has", _) => self.count(call, 1, 1, "`has(value)`").and(None),
            ("coalesce", _) => self.count(call, 1, 64, "`coalesce(value, otherwise)`").and(None),
            ("size", _) => self.count(call, 1, 1, "`size(list)` or `size(text)`").and(None),
            ("matches", _) => self.count(call, 2, 2, "`text.matches(\"pattern\")`").and(None),
            _ => self.unknown_function(call),
        }
    }

    fn unknown_function(&mut self, call: &Call) -> Option<Typed> {
        let name = call.function.text.as_str();
        let span = call.function.span.clone();
        if let Some(problem) = foreign::function(call) {
            self.problems.push(problem);
            return None;
        }
        let problem = if methods::names().any(|known| known == name) || macros::quantifier(name).is_some() {
            let instead = format!("`value.{name}(..)`");
            Problem::new(span, ProblemKind::UseInstead { written: format!("{name}(..)"), instead })
        } else {
            let problem = Problem::new(span.clone(), ProblemKind::UnknownFunction(name.to_owned()));
            match nearest(name, FUNCTIONS.iter().copied()) {
                Some(nearest) => problem.with_fix(span, nearest),
                None => problem,
            }
        };
        self.problems.push(problem);
        for arg in &call.args {
            self.expr(arg);
        }
        None
    }

    /// Types an operand whose absence is provided for.
    fn quietly(&mut self, expr: &Expr) -> Option<Typed> {
        let condition = std::mem::replace(&mut self.condition, false);
        let typed = self.expr(expr);
        self.condition = condition;
        typed
    }

    fn coalesce(&mut self, args: &[Expr]) -> Option<Typed> {
        let mut sides: Vec<Option<Typed>> = Vec::with_capacity(args.len());
        for arg in args {
            sides.push(self.quietly(arg));
        }
        let sides: Vec<Typed> = sides.into_iter().collect::<Option<_>>()?;
        let (nodes, kind) = self.alike(&sides, args, "coalesce")?;
        let absent = sides.iter().all(Typed::may_be_absent);
        let inside = sides.iter().find_map(|side| side.inside.clone());
        let typed = Typed::call(Op::Coalesce, nodes, kind, None);
        Some(Typed { nullable: absent, inside, ..typed })
    }

    /// Several operands, brought to one type.
    fn alike(&mut self, sides: &[Typed], args: &[Expr], operator: &'static str) -> Option<(Vec<Node>, Kind)> {
        let (mut kind, mut sides) = (Kind::Null, sides.to_vec());
        let beside = sides.iter().map(|s| &s.kind).find(|k| !matches!(k, Kind::Null | Kind::Text)).cloned();
        if let Some(beside) = beside {
            for (side, arg) in sides.iter_mut().zip(args) {
                *side = self.adopt(side.clone(), arg, &beside)?;
            }
        }
        for (side, arg) in sides.iter().zip(args) {
            let Some(found) = convert::common(&kind, &side.kind) else {
                let (left, right) = (type_name(&kind), type_name(&side.kind));
                self.report(&arg.span, ProblemKind::Operands { operator, left, right });
                return None;
            };
            kind = found;
        }
        let misfit = sides.iter().zip(args).find(|(s, _)| !convert::convertible(&s.node, &s.kind, &kind));
        if let Some((side, arg)) = misfit {
            let (left, right) = (type_name(&kind), type_name(&side.kind));
            self.report(&arg.span, ProblemKind::Operands { operator, left, right });
            return None;
        }
        let nodes = sides.into_iter().map(|s| convert::convert(s.node, &s.kind, &kind)).collect();
        Some((nodes, kind))
    }

    fn size(&mut self, of: &Expr, call: &Call, expr: &Expr) -> Option<Typed> {
        let function = call.function.clone();
        self.method(of, &Call { receiver: None, function, args: Vec::new() }, expr)
    }

    fn math(&mut self, space: &str, call: &Call, expr: &Expr) -> Option<Typed> {
        let op = match (space, call.function.text.as_str()) {
            ("math", "least") => Op::Least,
            ("math", "greatest") => Op::Greatest,
            (space, function) => {
                let what = format!("the function `{space}.{function}`");
                let instead = "of these it has `math.least` and `math.greatest`";
                self.report(&expr.span, ProblemKind::Unsupported { what, instead });
                return None;
            }
        };
        let operator = if op == Op::Least { "math.least" } else { "math.greatest" };
        let items = match call.args.as_slice() {
            [Expr { kind: ExprKind::List(items), .. }] => items.as_slice(),
            args => args,
        };
        if items.is_empty() {
            return self.count(call, 1, 64, "`math.least(a, b)`").and(None);
        }
        let mut sides = Vec::with_capacity(items.len());
        for item in items {
            sides.push(self.expr(item));
        }
        let sides: Vec<Typed> = sides.into_iter().collect::<Option<_>>()?;
        let (mut nodes, kind) = self.alike(&sides, items, operator)?;
        let ordered = matches!(
            kind,
            Kind::Int | Kind::Decimal(_) | Kind::Date | Kind::Time | Kind::Datetime | Kind::Duration
        );
        if !ordered {
            let place = format!("an argument of `{operator}`");
            let (expected, found) = ("a number, a date or a duration".into(), type_name(&kind));
            self.report(&expr.span, ProblemKind::WrongType { place, expected, found });
            return None;
        }
        let operands: Vec<(&Typed, &Expr)> = sides.iter().zip(items).collect();
        let unknown = self.strict(&operands, operator);
        if let ([_], Some(node)) = (nodes.as_slice(), nodes.first()) {
            return Some(Typed { unknown, ..Typed::sure(node.clone(), kind) });
        }
        nodes.shrink_to_fit();
        Some(Typed::call(op, nodes, kind, unknown))
    }

    fn conversion(&mut self, call: &Call, typed: Typed, args: &[Expr], expr: &Expr) -> Option<Typed> {
        let name = call.function.text.as_str();
        let arg = args.first()?;
        if name == "decimal" {
            return self.decimal(typed, args, expr);
        }
        if let Some(text) = typed.literal_text() {
            let text = text.to_owned();
            let found = match name {
                "bool" => Some(literal::boolean(&text)),
                "duration" => Some(literal::duration(&text)),
                "timestamp" => Some(literal::datetime(&text)),
                "date" => Some(literal::date(&text)),
                "time" => Some(literal::time(&text)),
                "uuid" => Some(literal::uuid(&text)),
                _ => None,
            };
            if let Some(found) = found {
                return self.report_literal(found, &arg.span);
            }
        }
        let Some((op, kind, partial)) = conversion_op(name, &typed.kind) else {
            let place = format!("the argument of `{name}`");
            let (expected, found) = (accepted(name).to_owned(), type_name(&typed.kind));
            self.report(&arg.span, ProblemKind::WrongType { place, expected, found });
            return None;
        };
        let Some(op) = op else { return Some(typed) };
        let mut unknown = self.strict(&[(&typed, arg)], name);
        if partial {
            unknown = unknown.or_else(|| Some(expr.to_string()));
        }
        Some(Typed::call(op, vec![typed.node], kind, unknown))
    }

    fn decimal(&mut self, typed: Typed, args: &[Expr], expr: &Expr) -> Option<Typed> {
        let arg = args.first()?;
        let wanted = match args.get(1).map(|scale| (&scale.kind, scale)) {
            None => None,
            Some((ExprKind::Int(scale @ 0..=18), _)) => u8::try_from(*scale).ok(),
            Some((_, scale)) => {
                self.report(&scale.span, ProblemKind::NotLiteral { function: "decimal".into() });
                return None;
            }
        };
        if let Some(text) = typed.literal_text() {
            let Some(decimal) = Decimal::parse(text) else {
                let kind = ProblemKind::BadText {
                    what: "decimal",
                    text: text.to_owned(),
                    example: "12.50".to_owned(),
                };
                self.report(&arg.span, kind);
                return None;
            };
            let literal = Literal::Decimal { units: decimal.units().to_string(), scale: decimal.scale() };
            let typed = Typed::literal(literal, Kind::Decimal(decimal.scale()));
            return Some(rescale(typed, wanted));
        }
        match (&typed.kind, wanted) {
            (Kind::Int | Kind::Decimal(_), wanted) => Some(rescale(typed, wanted)),
            (Kind::Text, Some(scale)) => {
                let unknown = self.strict(&[(&typed, arg)], "decimal").or_else(|| Some(expr.to_string()));
                Some(Typed::call(Op::TextToDecimal(scale), vec![typed.node], Kind::Decimal(scale), unknown))
            }
            (Kind::Text, None) => {
                let kind =
                    ProblemKind::WrongCount { function: "decimal".into(), usage: "`decimal(text, 2)`" };
                self.report(&expr.span, kind);
                None
            }
            (kind, _) => {
                let place = "the argument of `decimal`".to_owned();
                let (expected, found) = ("a number or a text".into(), type_name(kind));
                self.report(&arg.span, ProblemKind::WrongType { place, expected, found });
                None
            }
        }
    }
}

/// A number as a decimal with the wanted scale, or its own.
fn rescale(typed: Typed, wanted: Option<u8>) -> Typed {
    let own = if let Kind::Decimal(scale) = typed.kind { scale } else { 0 };
    let kind = Kind::Decimal(wanted.unwrap_or(own));
    Typed { node: convert::convert(typed.node, &typed.kind, &kind), kind, ..typed }
}

/// The operator (none when nothing is to be done), the type it gives, and whether it can fail.
fn conversion_op(name: &str, from: &Kind) -> Option<(Option<Op>, Kind, bool)> {
    Some(match (name, from) {
        ("int", Kind::Int) => (None, Kind::Int, false),
        ("int", Kind::Decimal(scale)) => (Some(Op::DecimalToInt(*scale)), Kind::Int, false),
        ("int", Kind::Text) => (Some(Op::TextToInt), Kind::Int, true),
        ("int", Kind::Datetime) => (Some(Op::DatetimeToInt), Kind::Int, false),
        ("bool", Kind::Bool) => (None, Kind::Bool, false),
        ("bool", Kind::Text) => (Some(Op::TextToBool), Kind::Bool, true),
        ("string", Kind::Text) => (None, Kind::Text, false),
        ("string", from) => (Some(to_text(from)?), Kind::Text, false),
        ("duration", Kind::Duration) => (None, Kind::Duration, false),
        ("duration", Kind::Text) => (Some(Op::TextToDuration), Kind::Duration, true),
        ("timestamp", Kind::Datetime) => (None, Kind::Datetime, false),
        ("timestamp", Kind::Date) => (Some(Op::DateToDatetime), Kind::Datetime, false),
        ("timestamp", Kind::Int) => (Some(Op::IntToDatetime), Kind::Datetime, true),
        ("timestamp", Kind::Text) => (Some(Op::TextToDatetime), Kind::Datetime, true),
        ("date", Kind::Date) => (None, Kind::Date, false),
        ("date", Kind::Datetime) => (Some(Op::DatetimeToDate), Kind::Date, false),
        ("date", Kind::Text) => (Some(Op::TextToDate), Kind::Date, true),
        ("time", Kind::Time) => (None, Kind::Time, false),
        ("time", Kind::Text) => (Some(Op::TextToTime), Kind::Time, true),
        ("uuid", Kind::Uuid) => (None, Kind::Uuid, false),
        ("uuid", Kind::Text) => (Some(Op::TextToUuid), Kind::Uuid, true),
        _ => return None,
    })
}

fn to_text(from: &Kind) -> Option<Op> {
    Some(match from {
        Kind::Int => Op::IntToText,
        Kind::Bool => Op::BoolToText,
        Kind::Decimal(scale) => Op::DecimalToText(*scale),
        Kind::Date => Op::DateToText,
        Kind::Time => Op::TimeToText,
        Kind::Datetime => Op::DatetimeToText,
        Kind::Duration => Op::DurationToText,
        Kind::Uuid => Op::UuidToText,
        Kind::Enum(_) => Op::EnumToText,
        _ => return None,
    })
}

fn accepted(function: &str) -> &'static str {
    match function {
        "int" => "a number, a text or a datetime",
        "string" => "a plain value",
        "bool" => "a text",
        "timestamp" => "a text, a date or seconds since 1970",
        "date" => "a text or a datetime",
        _ => "a text",
    }
}
