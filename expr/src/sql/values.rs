//! Expressions as SQL values, in the form in which columns hold them.

use std::rc::Rc;

use athyper_schemas::ir::{Call, Choice, FieldAccess, FoldKind, Kind, Node, Op};

use super::lower::{Binding, Env, Lowered, Lowering, too_long};
use super::source::{By, Column, NotLowerable, Row};
use super::text::{Identifier, SqlText};
use crate::eval::literal;
use crate::sql;

/// The longest SQL text of one value.
const MAX_VALUE: usize = 64 * 1024;

/// A record: a row in sight, or one that a reference leads to.
pub(super) enum Record {
    Row(Row),
    Through {
        from: Box<Record>,
        column: Identifier,
        target: String,
        /// Whether it is absent when [`super::Source::seen`] does not show it.
        as_seen: bool,
    },
}

impl<'n> Lowering<'n> {
    pub(super) fn value_of(&mut self, node: &'n Node, env: &Env<'n>) -> Lowered<SqlText> {
        let value = self.value_within(node, env)?;
        if value.len() > MAX_VALUE { Err(too_long()) } else { Ok(value) }
    }

    fn value_within(&mut self, node: &'n Node, env: &Env<'n>) -> Lowered<SqlText> {
        if let Node::Literal(constant) = node {
            let value = literal(constant)
                .ok_or_else(|| NotLowerable::new("a literal", "it is not in its canonical form"))?;
            return self.value_sql(value);
        }
        if let Some(constant) = self.constant(node)? {
            return self.constant_sql(constant);
        }
        match node {
            Node::Bound(variable) => match env.variable(*variable).cloned() {
                Some(Binding::Node(node, env)) => self.value_of(node, &env),
                Some(Binding::Scalar(value, _)) => Ok(value),
                Some(Binding::Row(row)) => self.id_of(&row),
                None => Err(NotLowerable::new("a variable", "nothing binds it here")),
            },
            Node::This => self.id_of(&env.this),
            Node::Field(access) => self.field(access, env),
            Node::Call(call) => self.call(node, call, env),
            Node::If(choice) => self.choice(choice, env),
            Node::Fold(fold) if !matches!(fold.kind, FoldKind::Map | FoldKind::Filter) => {
                self.condition(node, env)
            }
            Node::List(_) | Node::Fold(_) => Err(a_list()),
            Node::Old => Err(NotLowerable::new("`old`", "the database holds only the record as it is")),
            Node::Literal(_) | Node::User(_) | Node::Now | Node::Today => {
                Err(NotLowerable::new("a constant", "it has no value"))
            }
        }
    }

    /// A condition as a value.
    fn condition(&mut self, node: &'n Node, env: &Env<'n>) -> Lowered<SqlText> {
        let yes = self.rail(node, env, true)?.into_sql();
        let no = self.rail(node, env, false)?.into_sql();
        Ok(sql!["CASE WHEN ", yes, " THEN TRUE WHEN ", no, " THEN FALSE END"])
    }

    fn choice(&mut self, choice: &'n Choice, env: &Env<'n>) -> Lowered<SqlText> {
        let yes = self.rail(&choice.condition, env, true)?.into_sql();
        let then = self.value_of(&choice.then, env)?;
        let no = self.rail(&choice.condition, env, false)?.into_sql();
        let otherwise = self.value_of(&choice.otherwise, env)?;
        if then.is_null() && otherwise.is_null() {
            return Ok(then);
        }
        Ok(sql!["CASE WHEN ", yes, " THEN ", then, " WHEN ", no, " THEN ", otherwise, " END"])
    }

    fn field(&mut self, access: &'n FieldAccess, env: &Env<'n>) -> Lowered<SqlText> {
        let record = self.record(&access.of, env)?;
        if access.name == "id" {
            return self.identity(&record);
        }
        match self.source.column(&access.entity, &access.name) {
            Some(Column::Plain { name, .. } | Column::Reference { name, .. }) => {
                let column = self.through(&record, |_, row| Ok(row.column(&name)))?;
                Ok(if access.ty.kind == Kind::Json { self.spelling.document(column) } else { column })
            }
            Some(Column::Computed(expr)) => self.through(&record, |inner, row| {
                inner.inside_computed(|inner| inner.value_of(&expr.root, &Env::of(row.clone())))
            }),
            Some(Column::Children { .. }) => Err(a_list()),
            None => Err(no_field(access)),
        }
    }

    /// The record that `node` is.
    pub(super) fn record(&mut self, node: &'n Node, env: &Env<'n>) -> Lowered<Record> {
        match node {
            Node::This => Ok(Record::Row(env.this.clone())),
            Node::Bound(variable) => match env.variable(*variable).cloned() {
                Some(Binding::Row(row)) => Ok(Record::Row(row)),
                Some(Binding::Node(node, env)) => self.record(node, &env),
                _ => Err(not_a_record()),
            },
            Node::Field(access) => {
                let from = self.record(&access.of, env)?;
                match self.source.column(&access.entity, &access.name) {
                    Some(Column::Reference { name, target, .. }) => {
                        let (from, target) = (Box::new(from), target.to_owned());
                        Ok(Record::Through { from, column: name, target, as_seen: env.as_seen })
                    }
                    Some(_) => Err(not_a_record()),
                    None => Err(no_field(access)),
                }
            }
            Node::Old => Err(NotLowerable::new("`old`", "the database holds only the record as it is")),
            _ => Err(not_a_record()),
        }
    }

    /// The id of a record; NULL when it is absent.
    pub(super) fn identity(&mut self, record: &Record) -> Lowered<SqlText> {
        match record {
            Record::Row(row) => self.id_of(row),
            Record::Through { from, column, .. } => self.through(from, |_, row| Ok(row.column(column))),
        }
    }

    /// The id of a record; NULL also when it is there and not seen.
    pub(super) fn reached(&mut self, record: &Record) -> Lowered<SqlText> {
        match record {
            Record::Through { target, as_seen: true, .. } if self.source.seen(target).is_some() => {
                self.through(record, |inner, row| inner.id_of(row))
            }
            _ => self.identity(record),
        }
    }

    fn id_of(&self, row: &Row) -> Lowered<SqlText> {
        let table = self.source.table(&row.entity).ok_or_else(|| no_table(&row.entity))?;
        Ok(row.column(&table.id))
    }

    /// `value` of the row that a record is; NULL when it is absent.
    pub(super) fn through(
        &mut self,
        record: &Record,
        value: impl FnOnce(&mut Self, &Row) -> Lowered<SqlText>,
    ) -> Lowered<SqlText> {
        let (from, target, as_seen) = match record {
            Record::Row(row) => return value(self, row),
            Record::Through { from, target, as_seen, .. } => (from, target, *as_seen),
        };
        self.allow_subqueries()?;
        let table = self.source.table(target).ok_or_else(|| no_table(target))?;
        let row = Row::aliased(target, self.names.fresh("t"));
        let inner = value(self, &row)?;
        let id = row.column(&table.id);
        let of_tenant = row.column(&table.tenant);
        let holder_tenant = self.tenant(from)?;
        let reference = self.identity(record)?;
        let finder = self.source.finder(target, By::Id).filter(|_| !as_seen);
        let (from, found) = match finder {
            Some(finder) => (sql![&finder, "(", reference, ")"], SqlText::new()),
            None => (sql![&table.name], sql![" AND ", id, " = ", reference]),
        };
        let mut text = sql!["(SELECT ", inner, " FROM ", from];
        if let Some(alias) = &row.alias {
            text.push(" AS ").ident(alias);
        }
        text.append(sql![" WHERE ", of_tenant, " = ", holder_tenant, found]);
        if let Some(seen) = self.source.seen(target).filter(|_| as_seen) {
            let seen = self.rail(seen, &Env::of(row), true)?;
            text.append(sql![" AND ", seen.into_conjunct()]);
        }
        text.push(")");
        Ok(text)
    }

    /// The tenant of a record: that of the row in sight from which it was reached.
    pub(super) fn tenant(&self, record: &Record) -> Lowered<SqlText> {
        match record {
            Record::Row(row) => {
                let table = self.source.table(&row.entity).ok_or_else(|| no_table(&row.entity))?;
                Ok(row.column(&table.tenant))
            }
            Record::Through { from, .. } => self.tenant(from),
        }
    }

    pub(super) fn allow_subqueries(&self) -> Lowered<()> {
        if self.names.subqueries {
            return Ok(());
        }
        Err(NotLowerable::new("another record", "a constraint sees the columns of one row only"))
    }

    fn call(&mut self, node: &'n Node, call: &'n Call, env: &Env<'n>) -> Lowered<SqlText> {
        match (call.op, call.args.as_slice()) {
            (
                Op::And
                | Op::Or
                | Op::Not
                | Op::Eq
                | Op::Ne
                | Op::Lt
                | Op::Le
                | Op::Gt
                | Op::Ge
                | Op::In
                | Op::Has
                | Op::Contains
                | Op::StartsWith
                | Op::EndsWith,
                _,
            ) => self.condition(node, env),
            (Op::Coalesce, [only]) => self.value_of(only, env),
            (Op::ListSize | Op::SumInt | Op::SumDecimal(_) | Op::SumDuration, [list])
            | (Op::ListMin | Op::ListMax, [list]) => self.aggregate(call.op, list, env),
            (op, _) if is_integer_sum(op) => {
                let raw = self.raw_integer(node, env)?;
                if raw.is_null() {
                    return Ok(raw);
                }
                Ok(self.spelling.fitting(raw, &mut self.names))
            }
            (op, args) => {
                if matches!(op, Op::Split | Op::ListConcat) {
                    return Err(a_list());
                }
                if let Some(refused) = refused(op) {
                    return Err(refused);
                }
                let mut values =
                    args.iter().map(|arg| self.value_of(arg, env)).collect::<Result<Vec<_>, _>>()?;
                if op == Op::Coalesce {
                    values.retain(|value| !value.is_null());
                    if values.len() < 2 {
                        return Ok(values.pop().unwrap_or_else(|| "NULL".into()));
                    }
                } else if values.iter().any(SqlText::is_null) {
                    return Ok("NULL".into());
                }
                // Compared in pairs, the first two first.
                if let (Op::Least | Op::Greatest, Some(first), Some(arg)) =
                    (op, values.first_mut(), args.first())
                {
                    *first = self.ordered(std::mem::take(first), std::slice::from_ref(arg), env);
                }
                self.spelling.call(op, values, &mut self.names).ok_or_else(|| {
                    NotLowerable::new(
                        "this calculation with dates and times",
                        "the database has no exact equal",
                    )
                })
            }
        }
    }

    /// A sum, difference or product of integers that may not fit. Where an overflow shows, the operands are raw
    /// too.
    fn raw_integer(&mut self, node: &'n Node, env: &Env<'n>) -> Lowered<SqlText> {
        let Node::Call(call) = node else { return self.value_of(node, env) };
        let mut operand = |arg: &'n Node| match arg {
            Node::Call(inner)
                if is_integer_sum(inner.op)
                    && self.spelling.overflow_shows()
                    && !super::constant::is_closed(arg, u8::MAX) =>
            {
                self.raw_integer(arg, env)
            }
            _ => self.value_of(arg, env),
        };
        let args = call.args.iter().map(&mut operand).collect::<Result<Vec<_>, _>>()?;
        if args.iter().any(SqlText::is_null) {
            return Ok("NULL".into());
        }
        self.spelling
            .call(call.op, args, &mut self.names)
            .ok_or_else(|| NotLowerable::new("this calculation", "the database has no exact equal"))
    }

    /// The expression that a variable stands for when it is made from an element.
    pub(super) fn mapped(
        &self,
        body: &'n Node,
        variable: u8,
        element: Binding<'n>,
        env: &Env<'n>,
    ) -> Binding<'n> {
        Binding::Node(body, Rc::new(env.with(variable, element)))
    }
}

const fn is_integer_sum(op: Op) -> bool {
    matches!(op, Op::NegInt | Op::AddInt | Op::SubInt | Op::MulInt)
}

fn a_list() -> NotLowerable {
    NotLowerable::new("a list", "it is not one value")
        .instead(&["ask about its elements: `exists`, `all`, `in`, `size`, `sum`, `min`, `max`"])
}

fn not_a_record() -> NotLowerable {
    NotLowerable::new("a record chosen by an expression", "only references lead from row to row")
        .instead(&["choose between the fields instead: `condition ? a.name : b.name`"])
}

pub(super) fn no_table(entity: &str) -> NotLowerable {
    NotLowerable::new(format!("`{entity}`"), "it has no table")
}

fn no_field(access: &FieldAccess) -> NotLowerable {
    NotLowerable::new(format!("`{}`", access.name), "it has no column")
}

/// Operators that no database says exactly.
fn refused(op: Op) -> Option<NotLowerable> {
    let refused = |what: &'static str, reason| NotLowerable::new(what, reason);
    Some(match op {
        Op::Matches => refused("`matches`", "databases read patterns differently")
            .instead(&["`startsWith`, `endsWith` or `contains`", "a `pattern` on the field"]),
        Op::TextToInt
        | Op::TextToBool
        | Op::TextToDecimal(_)
        | Op::TextToDate
        | Op::TextToTime
        | Op::TextToDatetime
        | Op::TextToDuration
        | Op::TextToUuid => {
            refused("reading a value out of a text field", "databases read texts differently").instead(&[
                "give the field the type that is read",
                "convert the other side with `string(...)`",
            ])
        }
        Op::DurationToText => refused("`string(duration)`", "databases write durations differently")
            .instead(&["compare the duration itself"]),
        Op::ListAt => refused("`list[position]`", "rows have no position")
            .instead(&["ask about all elements: `exists`, `all`, `min`, `max`"]),
        Op::Join => refused("`join`", "rows have no order").instead(&["store it in a computed field"]),
        _ => return None,
    })
}
