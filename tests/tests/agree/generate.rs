//! Random well-typed expressions.

use athyper_expr::ir::{
    Attribute, Call, Choice, FieldAccess, Fold, FoldKind, Kind, Literal, Node, Op, Part, Scales, Ty,
};
use athyper_expr::kind::kind_of;
use athyper_expr::value::Value;

use crate::world::{FieldFacts, attributes, fields, scalar};

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(u64::try_from(len).unwrap())).unwrap()
    }

    /// One of them; of nothing, the default of `Value` does not exist, so the slice must not be empty.
    pub fn pick<T: Clone + PickOr>(&mut self, from: &[T]) -> T {
        if from.is_empty() { T::nothing() } else { from[self.index(from.len())].clone() }
    }
}

/// What stands for a pick out of nothing.
pub trait PickOr {
    fn nothing() -> Self;
}

impl PickOr for Value {
    fn nothing() -> Self {
        Self::Null
    }
}

macro_rules! pick_or_default {
    ($($ty:ty),*) => { $(impl PickOr for $ty { fn nothing() -> Self { Self::default() } })* };
}
pick_or_default!(i64, i32, &'static str);

pub struct Generator {
    random: Random,
    /// The kinds of the variables in scope.
    variables: Vec<(Kind, bool)>,
}

fn call(op: Op, args: Vec<Node>) -> Node {
    Node::Call(Call { op, args })
}

/// Kinds whose values are only equal or not.
const fn is_unordered(kind: &Kind) -> bool {
    matches!(kind, Kind::Bool | Kind::Uuid | Kind::Enum(_) | Kind::Json | Kind::List(_))
}

fn literal(value: &Value, kind: &Kind) -> Node {
    let digits = || value.to_storage_text().unwrap();
    Node::Literal(match (value, kind) {
        (Value::Null, _) => Literal::Null,
        (Value::Bool(value), _) => Literal::Bool(*value),
        (Value::Int(_), _) => Literal::Int(digits()),
        (Value::Decimal(value), _) => Literal::Decimal { units: digits(), scale: value.scale() },
        (Value::Date(_), _) => Literal::Date(digits()),
        (Value::Time(_), _) => Literal::Time(digits()),
        (Value::Datetime(_), _) => Literal::Datetime(digits()),
        (Value::Duration(_), _) => Literal::Duration(digits()),
        (Value::Uuid(_), _) => Literal::Uuid(digits()),
        (_, Kind::Enum(of)) => Literal::Enum { of: of.clone(), value: digits() },
        _ => Literal::Text(digits()),
    })
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), variables: Vec::new() }
    }

    /// The kind of a whole expression: mostly conditions.
    pub fn kind(&mut self) -> Kind {
        match self.random.below(10) {
            0..6 => Kind::Bool,
            6 => Kind::Int,
            7 => Kind::Decimal(2),
            8 => Kind::Text,
            _ => self.scalar_kind(),
        }
    }

    fn scalar_kind(&mut self) -> Kind {
        let kinds = [
            Kind::Int,
            Kind::Decimal(2),
            Kind::Text,
            Kind::Bool,
            Kind::Enum("m.State".into()),
            Kind::Date,
            Kind::Time,
            Kind::Datetime,
            Kind::Duration,
            Kind::Uuid,
            Kind::Decimal(4),
            Kind::Json,
            Kind::List(Box::new(Ty { kind: Kind::Text, nullable: false })),
        ];
        let bound = if self.random.below(2) == 0 { 3 } else { kinds.len() };
        kinds[self.random.index(bound)].clone()
    }

    pub fn node(&mut self, kind: &Kind, depth: u8) -> Node {
        if depth == 0 || self.random.below(8) == 0 {
            return self.leaf(kind);
        }
        let depth = depth - 1;
        match self.random.below(12) {
            0 => return self.choice(kind, depth),
            1 => {
                let args = (0..1 + self.random.below(3)).map(|_| self.node(kind, depth)).collect();
                return call(Op::Coalesce, args);
            }
            2 if !is_unordered(kind) => {
                let op = if self.random.below(2) == 0 { Op::Least } else { Op::Greatest };
                let args = (0..2 + self.random.below(2)).map(|_| self.node(kind, depth)).collect();
                return call(op, args);
            }
            3 if !is_unordered(kind) => {
                let op = if self.random.below(2) == 0 { Op::ListMin } else { Op::ListMax };
                return call(op, vec![self.list(kind, depth)]);
            }
            _ => {}
        }
        match kind {
            Kind::Bool => self.condition(depth),
            Kind::Int => self.int(depth),
            Kind::Decimal(scale) => self.decimal(*scale, depth),
            Kind::Text => self.text(depth),
            Kind::Date | Kind::Datetime | Kind::Duration => self.moment(kind, depth),
            _ => self.leaf(kind),
        }
    }

    fn choice(&mut self, kind: &Kind, depth: u8) -> Node {
        Node::If(Box::new(Choice {
            condition: self.node(&Kind::Bool, depth),
            then: self.node(kind, depth),
            otherwise: self.node(kind, depth),
        }))
    }

    /// A literal, a field, a variable, an attribute or the clock.
    fn leaf(&mut self, kind: &Kind) -> Node {
        match self.random.below(10) {
            0..3 => self.literal(kind),
            3 => self.attribute(kind).unwrap_or_else(|| self.literal(kind)),
            4 if *kind == Kind::Datetime => Node::Now,
            4 if *kind == Kind::Date => Node::Today,
            _ => self.field(kind),
        }
    }

    fn literal(&mut self, kind: &Kind) -> Node {
        if self.random.below(12) == 0 || matches!(kind, Kind::Json | Kind::List(_)) {
            return Node::Literal(Literal::Null);
        }
        literal(&scalar(kind, &mut self.random), kind)
    }

    fn attribute(&mut self, kind: &Kind) -> Option<Node> {
        let fitting: Vec<FieldFacts> = attributes().into_iter().filter(|(_, k, _)| k == kind).collect();
        let (name, kind, nullable) = fitting.get(self.random.index(fitting.len().max(1)))?.clone();
        Some(Node::User(Attribute { name: name.into(), ty: Ty { kind, nullable } }))
    }

    /// A field of this kind of some record, or a variable; a literal when there is none.
    fn field(&mut self, kind: &Kind) -> Node {
        let direct: Vec<u8> = self.variables_where(|k| k == kind);
        if !direct.is_empty() && self.random.below(2) == 0 {
            return Node::Bound(direct[self.random.index(direct.len())]);
        }
        for _ in 0..4 {
            let (record, entity) = self.record(2);
            let fitting: Vec<FieldFacts> =
                fields(&entity).into_iter().filter(|(_, k, _)| k == kind).collect();
            if !fitting.is_empty() {
                let facts = fitting[self.random.index(fitting.len())].clone();
                return access(record, &entity, facts);
            }
        }
        self.literal(kind)
    }

    fn variables_where(&self, fits: impl Fn(&Kind) -> bool) -> Vec<u8> {
        (0u8..).zip(&self.variables).filter(|(_, (kind, _))| fits(kind)).map(|(number, _)| number).collect()
    }

    /// A record in sight and its entity.
    fn record(&mut self, depth: u8) -> (Node, String) {
        let bound = self.variables_where(|kind| matches!(kind, Kind::Record(_)));
        let (mut record, mut entity) = if !bound.is_empty() && self.random.below(3) > 0 {
            let number = bound[self.random.index(bound.len())];
            let Kind::Record(entity) = self.variables[usize::from(number)].0.clone() else { unreachable!() };
            (Node::Bound(number), entity)
        } else {
            (Node::This, "m.Rec".to_owned())
        };
        for _ in 0..depth {
            let references: Vec<FieldFacts> =
                fields(&entity).into_iter().filter(|(_, k, _)| matches!(k, Kind::Record(_))).collect();
            if references.is_empty() || self.random.below(2) == 0 {
                break;
            }
            let facts = references[self.random.index(references.len())].clone();
            record = access(record, &entity, facts);
            entity = "m.Other".into();
        }
        (record, entity)
    }

    fn condition(&mut self, depth: u8) -> Node {
        match self.random.below(16) {
            0..3 => {
                let op = if self.random.below(2) == 0 { Op::And } else { Op::Or };
                let args = (0..2 + self.random.below(2)).map(|_| self.node(&Kind::Bool, depth)).collect();
                call(op, args)
            }
            3 => call(Op::Not, vec![self.node(&Kind::Bool, depth)]),
            4..7 => {
                let kind = self.scalar_kind();
                let op = if self.random.below(2) == 0 { Op::Eq } else { Op::Ne };
                call(op, vec![self.node(&kind, depth), self.node(&kind, depth)])
            }
            7 => {
                let op = if self.random.below(2) == 0 { Op::Eq } else { Op::Ne };
                let (record, entity) = self.record(2);
                let to = match self.random.below(3) {
                    0 => Node::Literal(Literal::Null),
                    _ => self.record(2).0,
                };
                let _ = entity;
                call(op, vec![record, to])
            }
            8 | 9 => {
                let ops = [Op::Lt, Op::Le, Op::Gt, Op::Ge];
                let kind = match self.scalar_kind() {
                    kind if is_unordered(&kind) => Kind::Int,
                    kind => kind,
                };
                call(ops[self.random.index(4)], vec![self.node(&kind, depth), self.node(&kind, depth)])
            }
            10 => {
                let ops = [Op::Contains, Op::StartsWith, Op::EndsWith];
                let args = vec![self.node(&Kind::Text, depth), self.node(&Kind::Text, depth)];
                call(ops[self.random.index(3)], args)
            }
            11 => {
                let kind = self.scalar_kind();
                call(Op::Has, vec![self.node(&kind, depth)])
            }
            12 | 13 => {
                let kind = [Kind::Text, Kind::Int, Kind::Decimal(2)][self.random.index(3)].clone();
                call(Op::In, vec![self.node(&kind, depth), self.list(&kind, depth)])
            }
            _ => {
                let kinds = [FoldKind::Exists, FoldKind::All, FoldKind::ExistsOne];
                let kind = kinds[self.random.index(3)];
                let (list, element, nullable) = self.any_list(depth);
                self.fold(kind, list, (element, nullable), &Kind::Bool, depth)
            }
        }
    }

    fn fold(&mut self, kind: FoldKind, list: Node, element: (Kind, bool), body: &Kind, depth: u8) -> Node {
        let variable = u8::try_from(self.variables.len()).unwrap();
        self.variables.push(element);
        let body = self.node(body, depth);
        self.variables.pop();
        Node::Fold(Box::new(Fold { kind, variable, list, body }))
    }

    /// A list of anything, the kind of its elements, and whether they may be null.
    fn any_list(&mut self, depth: u8) -> (Node, Kind, bool) {
        match self.random.below(6) {
            0 => {
                let kind = [Kind::Text, Kind::Int][self.random.index(2)].clone();
                (self.list(&kind, depth.min(1)), kind, true)
            }
            1 if depth > 0 => {
                let (list, kind, nullable) = self.any_list(depth - 1);
                let element = (kind.clone(), nullable);
                (self.fold(FoldKind::Filter, list, element, &Kind::Bool, depth - 1), kind, nullable)
            }
            _ => self.children(),
        }
    }

    fn children(&mut self) -> (Node, Kind, bool) {
        for _ in 0..4 {
            let (record, entity) = self.record(2);
            for facts in fields(&entity) {
                if let Kind::List(item) = &facts.1
                    && matches!(item.kind, Kind::Record(_))
                {
                    let kind = item.kind.clone();
                    return (access(record, &entity, facts), kind, false);
                }
            }
        }
        let lines = fields("m.Rec").into_iter().find(|(name, ..)| *name == "lines").unwrap();
        (access(Node::This, "m.Rec", lines), Kind::Record("m.Line".into()), false)
    }

    /// A list whose elements have this kind.
    fn list(&mut self, kind: &Kind, depth: u8) -> Node {
        let stored = |nullable| Kind::List(Box::new(Ty { kind: kind.clone(), nullable }));
        match self.random.below(6) {
            0 => Node::List((0..self.random.below(4)).map(|_| self.node(kind, depth.min(1))).collect()),
            1 | 2 => {
                let wanted = stored(self.random.below(2) == 0);
                if let Some(attribute) = self.attribute(&wanted) {
                    return attribute;
                }
                match self.field_of_record(&wanted) {
                    Some(field) => field,
                    None => Node::List(vec![self.leaf(kind)]),
                }
            }
            3 if depth > 0 => {
                let list = self.list(kind, depth - 1);
                self.fold(FoldKind::Filter, list, (kind.clone(), true), &Kind::Bool, depth - 1)
            }
            _ => {
                let (list, element, nullable) = self.any_list(depth.min(1));
                self.fold(FoldKind::Map, list, (element, nullable), kind, depth.min(1))
            }
        }
    }

    fn field_of_record(&mut self, kind: &Kind) -> Option<Node> {
        let fitting: Vec<FieldFacts> = fields("m.Rec").into_iter().filter(|(_, k, _)| k == kind).collect();
        let facts = fitting.get(self.random.index(fitting.len().max(1)))?.clone();
        Some(access(Node::This, "m.Rec", facts))
    }

    fn int(&mut self, depth: u8) -> Node {
        match self.random.below(12) {
            0..4 => {
                let ops = [Op::AddInt, Op::SubInt, Op::MulInt, Op::DivInt, Op::RemInt];
                let args = vec![self.node(&Kind::Int, depth), self.node(&Kind::Int, depth)];
                call(ops[self.random.index(5)], args)
            }
            4 => call(Op::NegInt, vec![self.node(&Kind::Int, depth)]),
            5 => call(Op::TextSize, vec![self.node(&Kind::Text, depth)]),
            6 => call(Op::IndexOf, vec![self.node(&Kind::Text, depth), self.node(&Kind::Text, depth)]),
            7 => {
                let (list, ..) = self.any_list(depth);
                call(Op::ListSize, vec![list])
            }
            8 => call(Op::SumInt, vec![self.list(&Kind::Int, depth)]),
            9 => call(Op::DecimalToInt(2), vec![self.node(&Kind::Decimal(2), depth)]),
            10 => call(Op::DatetimeToInt, vec![self.node(&Kind::Datetime, depth)]),
            _ => self.part(depth),
        }
    }

    fn part(&mut self, depth: u8) -> Node {
        let calendar =
            [Part::FullYear, Part::Month, Part::Date, Part::DayOfMonth, Part::DayOfWeek, Part::DayOfYear];
        let clock = [Part::Hours, Part::Minutes, Part::Seconds, Part::Milliseconds];
        let calendar = calendar[self.random.index(6)];
        let clock = clock[self.random.index(4)];
        let (op, kind) = match self.random.below(5) {
            0 => (Op::DatePart(calendar), Kind::Date),
            1 => (Op::TimePart(clock), Kind::Time),
            2 => (Op::DurationPart(clock), Kind::Duration),
            3 => (Op::DatetimePart(calendar), Kind::Datetime),
            _ => (Op::DatetimePart(clock), Kind::Datetime),
        };
        call(op, vec![self.node(&kind, depth)])
    }

    fn decimal(&mut self, scale: u8, depth: u8) -> Node {
        let kind = Kind::Decimal(scale);
        let other = if scale == 2 { 4 } else { 2 };
        match self.random.below(8) {
            0 | 1 => {
                let op =
                    if self.random.below(2) == 0 { Op::AddDecimal(scale) } else { Op::SubDecimal(scale) };
                call(op, vec![self.node(&kind, depth), self.node(&kind, depth)])
            }
            2 => call(Op::NegDecimal, vec![self.node(&kind, depth)]),
            3 | 4 => {
                let scales = Scales { left: scale, right: other, to: scale };
                let op =
                    if self.random.below(2) == 0 { Op::MulDecimal(scales) } else { Op::DivDecimal(scales) };
                call(op, vec![self.node(&kind, depth), self.node(&Kind::Decimal(other), depth)])
            }
            5 => call(Op::Rescale { from: other, to: scale }, vec![self.node(&Kind::Decimal(other), depth)]),
            6 => call(Op::IntToDecimal(scale), vec![self.node(&Kind::Int, depth)]),
            _ => call(Op::SumDecimal(scale), vec![self.list(&kind, depth)]),
        }
    }

    fn text(&mut self, depth: u8) -> Node {
        let op = match self.random.below(16) {
            0 | 1 => {
                let args = (0..2 + self.random.below(2)).map(|_| self.node(&Kind::Text, depth)).collect();
                return call(Op::Concat, args);
            }
            2 => {
                let args = (0..3).map(|_| self.node(&Kind::Text, depth)).collect();
                return call(Op::Replace, args);
            }
            3 => {
                let mut args = vec![self.node(&Kind::Text, depth), self.small(depth)];
                if self.random.below(2) == 0 {
                    args.push(self.small(depth));
                }
                return call(Op::Substring, args);
            }
            4 => return call(Op::CharAt, vec![self.node(&Kind::Text, depth), self.small(depth)]),
            5 => return call(Op::IntToText, vec![self.node(&Kind::Int, depth)]),
            6 => return call(Op::BoolToText, vec![self.node(&Kind::Bool, depth)]),
            7 => return call(Op::DecimalToText(4), vec![self.node(&Kind::Decimal(4), depth)]),
            8 => return call(Op::DateToText, vec![self.node(&Kind::Date, depth)]),
            9 => return call(Op::TimeToText, vec![self.node(&Kind::Time, depth)]),
            10 => return call(Op::DatetimeToText, vec![self.node(&Kind::Datetime, depth)]),
            11 => return call(Op::EnumToText, vec![self.node(&Kind::Enum("m.State".into()), depth)]),
            12 => return call(Op::UuidToText, vec![self.node(&Kind::Uuid, depth)]),
            13 => Op::LowerAscii,
            14 => Op::UpperAscii,
            _ => Op::Trim,
        };
        call(op, vec![self.node(&Kind::Text, depth)])
    }

    fn small(&mut self, depth: u8) -> Node {
        if self.random.below(4) == 0 {
            return self.node(&Kind::Int, depth);
        }
        literal(&Value::Int(i64::try_from(self.random.below(4)).unwrap()), &Kind::Int)
    }

    fn moment(&mut self, kind: &Kind, depth: u8) -> Node {
        let (op, left, right) = match (kind, self.random.below(6)) {
            (Kind::Datetime, 0) => (Op::DatetimeSub, Kind::Datetime, Kind::Duration),
            (Kind::Datetime, 1) => return call(Op::DateToDatetime, vec![self.node(&Kind::Date, depth)]),
            (Kind::Datetime, 2) => return call(Op::IntToDatetime, vec![self.node(&Kind::Int, depth)]),
            (Kind::Datetime, _) => (Op::DatetimeAdd, Kind::Datetime, Kind::Duration),
            (Kind::Date, 0) => (Op::DateSub, Kind::Date, Kind::Duration),
            (Kind::Date, 1) => return call(Op::DatetimeToDate, vec![self.node(&Kind::Datetime, depth)]),
            (Kind::Date, _) => (Op::DateAdd, Kind::Date, Kind::Duration),
            (_, 0) => (Op::DatetimeDiff, Kind::Datetime, Kind::Datetime),
            (_, 1) => (Op::DateDiff, Kind::Date, Kind::Date),
            (_, 2) => (Op::DurationAdd, Kind::Duration, Kind::Duration),
            (_, 3) => (Op::DurationSub, Kind::Duration, Kind::Duration),
            (_, 4) => return call(Op::SumDuration, vec![self.list(&Kind::Duration, depth)]),
            _ => return call(Op::DurationNeg, vec![self.node(&Kind::Duration, depth)]),
        };
        call(op, vec![self.node(&left, depth), self.node(&right, depth)])
    }
}

fn access(of: Node, entity: &str, (name, kind, nullable): FieldFacts) -> Node {
    let ty = Ty { kind, nullable };
    Node::Field(Box::new(FieldAccess { of, entity: entity.into(), name: name.into(), ty }))
}

/// Every part of a tree that uses no variable from outside and is a value.
pub fn closed_parts(node: &Node) -> Vec<Node> {
    let mut parts = Vec::new();
    collect(node, &mut parts);
    parts
}

fn collect(node: &Node, parts: &mut Vec<Node>) {
    let is_list = matches!(kind_of(node), Some(Kind::List(_)));
    if !bound_outside(node, u8::MAX) && !is_list {
        parts.push(node.clone());
    }
    match node {
        Node::Field(access) => collect(&access.of, parts),
        Node::List(nodes) => nodes.iter().for_each(|n| collect(n, parts)),
        Node::Call(call) => call.args.iter().for_each(|n| collect(n, parts)),
        Node::If(choice) => {
            [&choice.condition, &choice.then, &choice.otherwise].into_iter().for_each(|n| collect(n, parts));
        }
        Node::Fold(fold) => {
            collect(&fold.list, parts);
            collect(&fold.body, parts);
        }
        _ => {}
    }
}

fn bound_outside(node: &Node, from: u8) -> bool {
    match node {
        Node::Bound(variable) => *variable < from,
        Node::Field(access) => bound_outside(&access.of, from),
        Node::List(nodes) => nodes.iter().any(|n| bound_outside(n, from)),
        Node::Call(call) => call.args.iter().any(|n| bound_outside(n, from)),
        Node::If(choice) => {
            [&choice.condition, &choice.then, &choice.otherwise].into_iter().any(|n| bound_outside(n, from))
        }
        Node::Fold(fold) => {
            bound_outside(&fold.list, from) || bound_outside(&fold.body, from.min(fold.variable))
        }
        _ => false,
    }
}
