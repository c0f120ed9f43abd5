//! Parts of an expression without fields: evaluated in process, so that they become values.

use athyper_schemas::dialect::Dialect;
use athyper_schemas::ir::{Kind, Node};

use super::lower::{Lowered, Lowering};
use super::session::Session;
use super::source::NotLowerable;
use super::text::{Bind, SqlText};
use crate::eval::{Context, Layout, Place, Program};
use crate::kind::kind_of;
use crate::value::{Stored, Value};

/// What becomes of the parts of an expression that look at no record: `user.*`, `now()`, calculations with
/// constants.
pub enum Constants<'n> {
    /// Their values are known: the SQL text is special to them.
    Known(&'n dyn Fn(&Node) -> Option<Value>),
    /// They are kept, and numbered by [`Bind::Expr`]: the SQL text is the same for every principal.
    Kept,
    /// There are no binds (DDL): values are written as literals, and neither `user.*` nor the clock is there.
    Inline,
    /// There are no binds, but a PostgreSQL session that was told who asks and when: row level security.
    Session(Session),
}

/// The value of a constant part.
pub(super) enum Constant {
    Value(Value),
    Later(usize, Kind),
    Told(SqlText),
}

struct Nothing;

impl Layout for Nothing {
    fn field(&self, _entity: &str, _field: &str) -> Option<Place<'_>> {
        None
    }

    fn attribute(&self, _name: &str) -> Option<usize> {
        None
    }
}

impl<'n> Lowering<'n> {
    /// The constant that `node` is, if it looks at no record. Not for literals.
    pub(super) fn constant(&mut self, node: &'n Node) -> Lowered<Option<Constant>> {
        if !is_closed(node, u8::MAX) || matches!(node, Node::Literal(_)) {
            return Ok(None);
        }
        match &self.constants {
            Constants::Known(evaluate) => match evaluate(node) {
                Some(value) => Ok(Some(Constant::Value(value))),
                None => Err(NotLowerable::new("a part without fields", "it could not be evaluated")),
            },
            Constants::Kept => {
                // Of no kind: it can only be null or unknown, which is NULL either way.
                let Some(kind) = kind_of(node) else { return Ok(Some(Constant::Value(Value::Null))) };
                let index = self.kept.iter().position(|kept| kept == node).unwrap_or_else(|| {
                    self.kept.push(node.clone());
                    self.kept.len() - 1
                });
                Ok(Some(Constant::Later(index, kind)))
            }
            Constants::Inline if looks_outside(node) => Err(NotLowerable::new(
                "`now()`, `today()` or `user`",
                "a constraint must say the same whenever and by whomever it is asked",
            )),
            Constants::Session(_) if self.dialect != Dialect::Postgres => {
                Err(NotLowerable::new("`now()`, `today()` or `user`", "only PostgreSQL has settings"))
            }
            Constants::Session(session) => Ok(match node {
                Node::User(attribute) => {
                    Some(Constant::Told(session.attribute(&attribute.name, &attribute.ty.kind)?))
                }
                Node::Now => Some(Constant::Told(session.now())),
                Node::Today => Some(Constant::Told(session.today())),
                _ if looks_outside(node) => None,
                _ => Some(Constant::Value(inline(node)?)),
            }),
            Constants::Inline => Ok(Some(Constant::Value(inline(node)?))),
        }
    }

    /// Whether `list` looks at no record and is one value in SQL, not something to put together there.
    pub(super) fn is_one_value(&self, list: &Node) -> bool {
        let in_pieces = matches!(self.constants, Constants::Session(_)) && looks_outside(list);
        is_closed(list, u8::MAX) && (!in_pieces || matches!(list, Node::User(_)))
    }

    pub(super) fn constant_sql(&self, constant: Constant) -> Lowered<SqlText> {
        match constant {
            Constant::Later(index, kind) => Ok(self.spelling.typed(Bind::Expr(index), &kind)),
            Constant::Told(sql) => Ok(sql),
            Constant::Value(value) => self.value_sql(value),
        }
    }

    /// A value as SQL: a bind, or a literal where there are none.
    pub(super) fn value_sql(&self, value: Value) -> Lowered<SqlText> {
        match (&value, &self.constants) {
            (Value::Null, _) => Ok("NULL".into()),
            (Value::Bool(true), _) => Ok("TRUE".into()),
            (Value::Bool(false), _) => Ok("FALSE".into()),
            (_, Constants::Inline | Constants::Session(_)) => self.literal_sql(&value),
            (Value::Text(text), _) if text.contains('\0') => Err(nul()),
            _ => {
                let kind = kind_of_value(&value);
                Ok(self.spelling.typed(Bind::Value(value), &kind))
            }
        }
    }

    fn literal_sql(&self, value: &Value) -> Lowered<SqlText> {
        let mut text = SqlText::new();
        let written = match (self.dialect, value) {
            (Dialect::Postgres, Value::Decimal(decimal)) => {
                text.decimal(*decimal);
                return Ok(text);
            }
            (Dialect::Postgres, Value::Date(_)) => text.push("DATE ").literal(&value.to_string()),
            (Dialect::Postgres, Value::Time(_)) => text.push("TIME ").literal(&value.to_string()),
            (Dialect::Postgres, Value::Datetime(_)) => text.push("TIMESTAMPTZ ").literal(&value.to_string()),
            (Dialect::Postgres, Value::Uuid(_)) => text.push("UUID ").literal(&value.to_string()),
            _ => match value.stored() {
                Stored::Null => Ok(text.push("NULL")),
                Stored::Int(value) => Ok(text.int(value)),
                Stored::Text(stored) => text.literal(&stored),
            },
        };
        if written.is_err() {
            return Err(nul());
        }
        Ok(text)
    }
}

/// The kind of a value that is not null, as far as its column's type goes.
fn kind_of_value(value: &Value) -> Kind {
    match value {
        Value::Null | Value::Text(_) => Kind::Text,
        Value::Bool(_) => Kind::Bool,
        Value::Int(_) => Kind::Int,
        Value::Decimal(decimal) => Kind::Decimal(decimal.scale()),
        Value::Date(_) => Kind::Date,
        Value::Time(_) => Kind::Time,
        Value::Datetime(_) => Kind::Datetime,
        Value::Duration(_) => Kind::Duration,
        Value::Uuid(_) | Value::Record(_) => Kind::Uuid,
        Value::Json(_) | Value::List(_) => Kind::Json,
    }
}

/// The value of a part that looks at nothing.
fn inline(node: &Node) -> Lowered<Value> {
    let program = Program::compile_node(node, &Nothing).ok();
    let value = program.and_then(|program| program.evaluate(&Context::EMPTY).ok());
    value.ok_or_else(|| NotLowerable::new("a part without fields", "it could not be evaluated"))
}

fn nul() -> NotLowerable {
    NotLowerable::new("a text with a NUL character", "databases cannot hold one")
}

/// Whether a tree looks at no record. Variables from `bound_from` on are its own.
pub(super) fn is_closed(node: &Node, bound_from: u8) -> bool {
    match node {
        Node::This | Node::Old => false,
        Node::Bound(variable) => *variable >= bound_from,
        Node::Literal(_) | Node::User(_) | Node::Now | Node::Today => true,
        Node::Field(access) => is_closed(&access.of, bound_from),
        Node::List(nodes) => nodes.iter().all(|node| is_closed(node, bound_from)),
        Node::Call(call) => call.args.iter().all(|node| is_closed(node, bound_from)),
        Node::If(choice) => [&choice.condition, &choice.then, &choice.otherwise]
            .into_iter()
            .all(|node| is_closed(node, bound_from)),
        Node::Fold(fold) => {
            is_closed(&fold.list, bound_from) && is_closed(&fold.body, bound_from.min(fold.variable))
        }
    }
}

/// Whether a closed tree looks at the principal or the clock.
fn looks_outside(node: &Node) -> bool {
    match node {
        Node::User(_) | Node::Now | Node::Today => true,
        Node::This | Node::Old | Node::Bound(_) | Node::Literal(_) => false,
        Node::Field(access) => looks_outside(&access.of),
        Node::List(nodes) => nodes.iter().any(looks_outside),
        Node::Call(call) => call.args.iter().any(looks_outside),
        Node::If(choice) => {
            [&choice.condition, &choice.then, &choice.otherwise].into_iter().any(looks_outside)
        }
        Node::Fold(fold) => looks_outside(&fold.list) || looks_outside(&fold.body),
    }
}
