//! Whether an expression may be null, may be unknown, or neither. Says too much rather than too little.

use std::rc::Rc;

use athyper_schemas::ir::{Call, FieldAccess, FoldKind, Kind, Literal, Node, Op};

use super::lower::{Binding, Env, Lowering};
use super::source::{Column, Row};
use super::text::SqlText;

/// What a NULL in SQL can stand for. Null is a value (it equals null), unknown is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nullness {
    pub(super) null: bool,
    pub(super) unknown: bool,
}

impl Nullness {
    pub(super) const NEVER: Self = Self { null: false, unknown: false };
    pub(super) const NULL: Self = Self { null: true, unknown: false };
    pub(super) const UNKNOWN: Self = Self { null: false, unknown: true };
    pub(super) const BOTH: Self = Self { null: true, unknown: true };

    /// Whether it may be no value at all.
    pub(super) const fn any(self) -> bool {
        self.null || self.unknown
    }

    const fn or(self, other: Self) -> Self {
        Self { null: self.null || other.null, unknown: self.unknown || other.unknown }
    }

    /// Of an operator that is unknown when an operand is null or unknown.
    const fn strict(self) -> Self {
        if self.any() { Self::UNKNOWN } else { Self::NEVER }
    }
}

impl<'n> Lowering<'n> {
    pub(super) fn nullness(&self, node: &'n Node, env: &Env<'n>) -> Nullness {
        match node {
            Node::Literal(Literal::Null) => Nullness::NULL,
            Node::Literal(_) | Node::Now | Node::Today | Node::This | Node::List(_) => Nullness::NEVER,
            Node::User(attribute) if attribute.ty.nullable => Nullness::NULL,
            Node::User(_) => Nullness::NEVER,
            Node::Old => Nullness::BOTH,
            Node::Bound(variable) => match env.variable(*variable) {
                Some(Binding::Row(_)) => Nullness::NEVER,
                Some(Binding::Scalar(_, nullness)) => *nullness,
                Some(Binding::Node(node, env)) => self.nullness(node, env),
                None => Nullness::BOTH,
            },
            Node::Field(access) => self.field_nullness(access, env),
            Node::Call(call) => self.call_nullness(call, env),
            Node::If(choice) => {
                let condition = self.nullness(&choice.condition, env).strict();
                let branches = self.nullness(&choice.then, env).or(self.nullness(&choice.otherwise, env));
                condition.or(branches)
            }
            Node::Fold(fold) => {
                let list = self.nullness(&fold.list, env).strict();
                let inner = env.with(fold.variable, self.peek(&fold.list, env));
                if fold.kind == FoldKind::Map {
                    let body = self.nullness(&fold.body, &inner);
                    return list.or(Nullness { null: false, ..body });
                }
                list.or(self.nullness(&fold.body, &inner).strict())
            }
        }
    }

    fn field_nullness(&self, access: &'n FieldAccess, env: &Env<'n>) -> Nullness {
        if access.name == "id" {
            return self.nullness(&access.of, env).strict();
        }
        let absent = self.absence(access, env);
        let own = match self.source.column(&access.entity, &access.name) {
            Some(Column::Plain { nullable, .. } | Column::Reference { nullable, .. }) => {
                Nullness { null: nullable, unknown: false }
            }
            Some(Column::Children { .. }) => Nullness::NEVER,
            Some(Column::Computed(expr)) => self.nullness(&expr.root, &Env::of(Row::bare(&access.entity))),
            None => Nullness::BOTH,
        };
        absent.or(own)
    }

    /// Whether the record of which this is a field may be absent, or not seen.
    pub(super) fn absence(&self, access: &'n FieldAccess, env: &Env<'n>) -> Nullness {
        let unseen = self.is_unseen(&access.of, &access.entity, env);
        self.nullness(&access.of, env).strict().or(if unseen { Nullness::UNKNOWN } else { Nullness::NEVER })
    }

    /// Whether a record of this entity may be there and not be seen.
    fn is_unseen(&self, node: &'n Node, entity: &str, env: &Env<'n>) -> bool {
        match node {
            Node::Field(_) => env.as_seen && self.source.seen(entity).is_some(),
            Node::Bound(variable) => match env.variable(*variable) {
                Some(Binding::Node(node, env)) => self.is_unseen(node, entity, env),
                _ => false,
            },
            _ => false,
        }
    }

    fn call_nullness(&self, call: &'n Call, env: &Env<'n>) -> Nullness {
        let args = || call.args.iter().map(|arg| self.nullness(arg, env));
        let any = || args().fold(Nullness::NEVER, Nullness::or);
        match call.op {
            Op::Has => Nullness::NEVER,
            Op::Coalesce => Nullness { null: args().all(Nullness::any), unknown: false },
            Op::Eq | Op::Ne => Nullness { null: false, unknown: any().unknown },
            Op::In => {
                let list = call.args.last();
                let element = list.map_or(Nullness::BOTH, |list| {
                    let variables = vec![self.peek(list, env)];
                    let inner = Env { this: env.this.clone(), variables, as_seen: env.as_seen };
                    self.nullness(&Node::Bound(0), &inner)
                });
                let list = list.map_or(Nullness::BOTH, |list| self.nullness(list, env)).strict();
                let first = args().next().unwrap_or(Nullness::BOTH);
                Nullness { null: false, unknown: list.or(element).or(first).unknown }
            }
            op if op.keeps_null() => {
                let narrower = matches!(op, Op::Rescale { from, to } if from > to);
                let fits = narrower || matches!(op, Op::UuidToText | Op::EnumToText);
                if fits { any() } else { any().or(Nullness::UNKNOWN) }
            }
            op if always_fits(op) => any().strict(),
            _ => Nullness::UNKNOWN,
        }
    }

    /// What an element of `list` is like; without SQL text.
    pub(super) fn peek(&self, list: &'n Node, env: &Env<'n>) -> Binding<'n> {
        let scalar = |nullness| Binding::Scalar(SqlText::new(), nullness);
        let item = |kind: &Kind| match kind {
            Kind::List(item) if item.nullable => scalar(Nullness::NULL),
            Kind::List(_) => scalar(Nullness::NEVER),
            _ => scalar(Nullness::BOTH),
        };
        match list {
            Node::Bound(variable) => match env.variable(*variable) {
                Some(Binding::Node(node, env)) => self.peek(node, env),
                _ => scalar(Nullness::BOTH),
            },
            Node::User(attribute) => item(&attribute.ty.kind),
            Node::Field(access) => match self.source.column(&access.entity, &access.name) {
                Some(Column::Children { entity, .. }) => Binding::Row(Row::bare(entity)),
                Some(Column::Computed(expr)) => self.peek(&expr.root, &Env::of(Row::bare(&access.entity))),
                _ => item(&access.ty.kind),
            },
            Node::List(nodes) => {
                scalar(nodes.iter().map(|node| self.nullness(node, env)).fold(Nullness::NEVER, Nullness::or))
            }
            Node::Fold(fold) if fold.kind == FoldKind::Filter => self.peek(&fold.list, env),
            Node::Fold(fold) if fold.kind == FoldKind::Map => {
                let inner = env.with(fold.variable, self.peek(&fold.list, env));
                Binding::Node(&fold.body, Rc::new(inner))
            }
            _ => scalar(Nullness::BOTH),
        }
    }
}

/// Operators that give a value whenever all their operands are values.
const fn always_fits(op: Op) -> bool {
    matches!(
        op,
        Op::And
            | Op::Or
            | Op::Not
            | Op::Lt
            | Op::Le
            | Op::Gt
            | Op::Ge
            | Op::Least
            | Op::Greatest
            | Op::NegDecimal
            | Op::Concat
            | Op::TextSize
            | Op::Contains
            | Op::StartsWith
            | Op::EndsWith
            | Op::Matches
            | Op::LowerAscii
            | Op::UpperAscii
            | Op::Trim
            | Op::Replace
            | Op::IndexOf
            | Op::DurationNeg
            | Op::DatePart(_)
            | Op::TimePart(_)
            | Op::DatetimePart(_)
            | Op::DurationPart(_)
            | Op::IntToText
            | Op::BoolToText
            | Op::DecimalToText(_)
            | Op::DateToText
            | Op::TimeToText
            | Op::DatetimeToText
            | Op::DurationToText
            | Op::DatetimeToDate
            | Op::DateToDatetime
            | Op::DatetimeToInt
            | Op::ListSize
    )
}
