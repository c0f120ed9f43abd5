//! Conditions as dual rails: SQL that is true exactly when an expression is definitely true, or definitely false.

use std::rc::Rc;

use athyper_schemas::dialect::Dialect;
use athyper_schemas::ir::{Call, FieldAccess, FoldKind, Literal, Node, Op};

use super::constant::{Constant, Constants};
use super::nullness::Nullness;
use super::rail::Rail;
use super::source::{Column, NotLowerable, Row, Source};
use super::spelling::{self, Names, Search, Spelling};
use super::text::SqlText;
use crate::sql;

/// The longest SQL text one expression may become.
const MAX_TEXT: usize = 64 * 1024;

/// The deepest chain of computed fields.
const MAX_COMPUTED: u8 = 16;

pub(super) type Lowered<T> = Result<T, NotLowerable>;

/// Turns checked expressions into SQL. One for all parts of a statement, so that names do not clash.
pub struct Lowering<'n> {
    pub(super) source: &'n dyn Source,
    pub(super) dialect: Dialect,
    pub(super) spelling: &'static dyn Spelling,
    pub(super) constants: Constants<'n>,
    pub(super) kept: Vec<Node>,
    pub(super) names: Names,
    pub(super) computed: u8,
}

/// What `this` and the variables stand for.
#[derive(Debug, Clone)]
pub(super) struct Env<'n> {
    pub(super) this: Row,
    pub(super) variables: Vec<Binding<'n>>,
    /// Whether records that [`Source::seen`] does not show are absent. Never inside a computed field or inside the
    /// condition that decides it.
    pub(super) as_seen: bool,
}

/// What a variable stands for.
#[derive(Debug, Clone)]
pub(super) enum Binding<'n> {
    /// A row.
    Row(Row),
    /// A value in SQL.
    Scalar(SqlText, Nullness),
    /// An expression, with what it sees.
    Node(&'n Node, Rc<Env<'n>>),
}

impl<'n> Env<'n> {
    pub(super) const fn of(this: Row) -> Self {
        Self { this, variables: Vec::new(), as_seen: false }
    }

    pub(super) fn variable(&self, number: u8) -> Option<&Binding<'n>> {
        self.variables.get(usize::from(number))
    }

    /// With one more variable.
    pub(super) fn with(&self, number: u8, binding: Binding<'n>) -> Self {
        let mut variables = self.variables.clone();
        variables.truncate(usize::from(number));
        variables.push(binding);
        Self { this: self.this.clone(), variables, as_seen: self.as_seen }
    }
}

/// A value with what is known about its NULL.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    pub(super) sql: SqlText,
    pub(super) nullness: Nullness,
    /// True exactly when the value is not unknown.
    pub(super) known: Rail,
}

impl<'n> Lowering<'n> {
    /// A lowering for one statement.
    #[must_use]
    pub fn new(source: &'n dyn Source, dialect: Dialect, constants: Constants<'n>) -> Self {
        let spelling = spelling::of(dialect);
        Self { source, dialect, spelling, constants, kept: Vec::new(), names: Names::new(), computed: 0 }
    }

    /// A condition that is true exactly for the rows for which `node` is definitely true.
    ///
    /// # Errors
    /// When that cannot be said in SQL.
    pub fn rail_true(&mut self, node: &'n Node, row: &Row) -> Result<Rail, NotLowerable> {
        let env = self.enter(row);
        self.rail(node, &env, true)
    }

    /// As [`Lowering::rail_true`], with the eyes of somebody who sees only what [`Source::seen`] shows: a record
    /// behind a reference that he does not see is absent. Computed fields are values to him, whatever they are
    /// computed from.
    ///
    /// # Errors
    /// When that cannot be said in SQL.
    pub fn rail_true_as_seen(&mut self, node: &'n Node, row: &Row) -> Result<Rail, NotLowerable> {
        let env = Env { as_seen: true, ..self.enter(row) };
        self.rail(node, &env, true)
    }

    /// A condition that is true exactly for the rows for which `node` is definitely false.
    ///
    /// # Errors
    /// When that cannot be said in SQL.
    pub fn rail_false(&mut self, node: &'n Node, row: &Row) -> Result<Rail, NotLowerable> {
        let env = self.enter(row);
        self.rail(node, &env, false)
    }

    /// What a `CHECK` constraint says: a row is refused exactly when `node` is definitely false for it. Nothing
    /// when no row can be refused.
    ///
    /// # Errors
    /// When that cannot be said in SQL.
    pub fn check(&mut self, node: &'n Node, row: &Row) -> Result<Option<SqlText>, NotLowerable> {
        Ok(match self.rail_false(node, row)?.unless_true() {
            Rail::Always => None,
            rail => Some(rail.into_sql()),
        })
    }

    /// The value of `node` as a column holds it; NULL when it is null or unknown.
    ///
    /// # Errors
    /// When that cannot be said in SQL.
    pub fn value(&mut self, node: &'n Node, row: &Row) -> Result<SqlText, NotLowerable> {
        let env = self.enter(row);
        self.value_of(node, &env)
    }

    /// Where a row has no name, a subquery could take its columns for its own.
    fn enter(&mut self, row: &Row) -> Env<'n> {
        self.names.subqueries = row.alias.is_some();
        Env::of(row.clone())
    }

    /// The expressions without fields that [`super::Bind::Expr`] numbers.
    #[must_use]
    pub fn into_constants(self) -> Vec<Node> {
        self.kept
    }

    pub(super) fn rail(&mut self, node: &'n Node, env: &Env<'n>, holds: bool) -> Lowered<Rail> {
        let rail = self.rail_within(node, env, holds)?;
        let len = match &rail {
            Rail::When(text) => text.len(),
            Rail::Either(texts) => texts.iter().map(SqlText::len).sum(),
            Rail::Always | Rail::Never => 0,
        };
        if len > MAX_TEXT { Err(too_long()) } else { Ok(rail) }
    }

    fn rail_within(&mut self, node: &'n Node, env: &Env<'n>, holds: bool) -> Lowered<Rail> {
        if let Node::Literal(literal) = node {
            return Ok(Rail::constant(*literal == Literal::Bool(holds)));
        }
        if let Some(constant) = self.constant(node)? {
            return Ok(match constant {
                Constant::Value(value) => Rail::constant(value == holds.into()),
                later => {
                    let value = self.constant_sql(later)?;
                    Rail::When(self.spelling.truth(value, holds))
                }
            });
        }
        match node {
            Node::Bound(variable) => match env.variable(*variable).cloned() {
                Some(Binding::Node(node, env)) => self.rail(node, &env, holds),
                _ => self.truth(node, env, holds),
            },
            Node::Field(access) => self.field_rail(node, access, env, holds),
            Node::Call(call) => self.call_rail(node, call, env, holds),
            Node::If(choice) => {
                let when = self.rail(&choice.condition, env, true)?;
                let then = self.rail(&choice.then, env, holds)?;
                let unless = self.rail(&choice.condition, env, false)?;
                let otherwise = self.rail(&choice.otherwise, env, holds)?;
                Ok(Rail::any([Rail::all([when, then]), Rail::all([unless, otherwise])]))
            }
            Node::Fold(fold) if !matches!(fold.kind, FoldKind::Map | FoldKind::Filter) => {
                self.quantifier(fold, env, holds)
            }
            _ => self.truth(node, env, holds),
        }
    }

    /// The rail of a condition that is a value.
    fn truth(&mut self, node: &'n Node, env: &Env<'n>, holds: bool) -> Lowered<Rail> {
        let value = self.value_of(node, env)?;
        Ok(if value.is_null() { Rail::Never } else { Rail::When(self.spelling.truth(value, holds)) })
    }

    fn field_rail(
        &mut self,
        node: &'n Node,
        access: &'n FieldAccess,
        env: &Env<'n>,
        holds: bool,
    ) -> Lowered<Rail> {
        let column = self.source.column(&access.entity, &access.name);
        let row = match (&access.of, column) {
            (Node::This, Some(Column::Computed(_))) => Some(env.this.clone()),
            (Node::Bound(variable), Some(Column::Computed(_))) => match env.variable(*variable) {
                Some(Binding::Row(row)) => Some(row.clone()),
                _ => None,
            },
            _ => None,
        };
        match (row, self.source.column(&access.entity, &access.name)) {
            (Some(row), Some(Column::Computed(expr))) => {
                self.inside_computed(|inner| inner.rail(&expr.root, &Env::of(row), holds))
            }
            _ => self.truth(node, env, holds),
        }
    }

    /// Lowers the expression of a computed field, not deeper than fields can sensibly be computed from others.
    pub(super) fn inside_computed<T>(&mut self, lower: impl FnOnce(&mut Self) -> Lowered<T>) -> Lowered<T> {
        if self.computed >= MAX_COMPUTED {
            return Err(NotLowerable::new(
                "a computed field",
                "it is computed from too long a chain of others",
            ));
        }
        self.computed += 1;
        let result = lower(self);
        self.computed -= 1;
        result
    }

    fn call_rail(&mut self, node: &'n Node, call: &'n Call, env: &Env<'n>, holds: bool) -> Lowered<Rail> {
        match (call.op, call.args.as_slice()) {
            (Op::And | Op::Or, args) => {
                let rails =
                    args.iter().map(|arg| self.rail(arg, env, holds)).collect::<Result<Vec<_>, _>>()?;
                Ok(if holds == (call.op == Op::And) { Rail::all(rails) } else { Rail::any(rails) })
            }
            (Op::Not, [arg]) => self.rail(arg, env, !holds),
            (Op::Eq | Op::Ne, [a, b]) => {
                let (a, b) = (self.operand(a, env)?, self.operand(b, env)?);
                Ok(self.same(&a, &b, holds == (call.op == Op::Eq)))
            }
            (Op::Lt | Op::Le | Op::Gt | Op::Ge, operands @ [a, b]) => {
                let (a, b) = (self.value_of(a, env)?, self.value_of(b, env)?);
                if a.is_null() || b.is_null() {
                    return Ok(Rail::Never);
                }
                Ok(Rail::When(sql![self.ordered(a, operands, env), order(call.op, holds), b]))
            }
            (Op::In, [element, list]) => self.member(element, list, env, holds),
            (Op::Has, [arg]) => self.presence(arg, env, holds),
            (Op::Contains | Op::StartsWith | Op::EndsWith, [text, part]) => {
                let search = match call.op {
                    Op::Contains => Search::Contains,
                    Op::StartsWith => Search::StartsWith,
                    _ => Search::EndsWith,
                };
                let (text, part) = (self.value_of(text, env)?, self.value_of(part, env)?);
                if text.is_null() || part.is_null() {
                    return Ok(Rail::Never);
                }
                Ok(Rail::When(self.spelling.search(search, &text, &part, holds)))
            }
            _ => self.truth(node, env, holds),
        }
    }

    fn presence(&mut self, node: &'n Node, env: &Env<'n>, holds: bool) -> Lowered<Rail> {
        if !self.nullness(node, env).any() {
            return Ok(Rail::constant(holds));
        }
        let value = self.value_of(node, env)?;
        if value.is_null() {
            return Ok(Rail::constant(!holds));
        }
        Ok(Rail::When(sql![value, if holds { " IS NOT NULL" } else { " IS NULL" }]))
    }

    /// A value with what is known about its NULL.
    pub(super) fn operand(&mut self, node: &'n Node, env: &Env<'n>) -> Lowered<Operand> {
        if let Node::Bound(variable) = node {
            match env.variable(*variable).cloned() {
                Some(Binding::Node(node, env)) => return self.operand(node, &env),
                Some(Binding::Scalar(sql, nullness)) => {
                    let known = known_unless(nullness, &sql);
                    return Ok(Operand { sql, nullness, known });
                }
                _ => {}
            }
        }
        let mut nullness = self.nullness(node, env);
        let sql = self.value_of(node, env)?;
        if sql.is_null() && nullness.null != nullness.unknown {
            // Decided: a constant that is null, or one that is unknown.
            let known = Rail::constant(nullness.null);
            return Ok(Operand { sql, nullness, known });
        }
        if self.is_known_value(node)? {
            nullness = Nullness::NEVER;
        }
        let known =
            if nullness == Nullness::BOTH { self.known(node, env)? } else { known_unless(nullness, &sql) };
        Ok(Operand { sql, nullness, known })
    }

    /// Whether the value is there and known before the statement runs.
    fn is_known_value(&mut self, node: &'n Node) -> Lowered<bool> {
        if matches!(self.constants, Constants::Kept) || matches!(node, Node::Literal(_)) {
            return Ok(false);
        }
        Ok(matches!(self.constant(node)?, Some(Constant::Value(value)) if !value.is_null()))
    }

    /// True exactly when `node`, which may be null and may be unknown, is not unknown.
    pub(super) fn known(&mut self, node: &'n Node, env: &Env<'n>) -> Lowered<Rail> {
        let nullness = self.nullness(node, env);
        if nullness != Nullness::BOTH {
            let sql = self.value_of(node, env)?;
            return Ok(known_unless(nullness, &sql));
        }
        match node {
            Node::Bound(variable) => match env.variable(*variable).cloned() {
                Some(Binding::Node(node, env)) => self.known(node, &env),
                _ => Err(unclear()),
            },
            Node::If(choice) => {
                let when = self.rail(&choice.condition, env, true)?;
                let then = self.known(&choice.then, env)?;
                let unless = self.rail(&choice.condition, env, false)?;
                let otherwise = self.known(&choice.otherwise, env)?;
                Ok(Rail::any([Rail::all([when, then]), Rail::all([unless, otherwise])]))
            }
            Node::Field(access) => self.field_known(access, env),
            Node::Call(call) if call.op.keeps_null() => {
                let Some(arg) = call.args.first() else { return Err(unclear()) };
                let inner = self.operand(arg, env)?;
                let value = self.value_of(node, env)?;
                let null = Rail::When(sql![inner.sql, " IS NULL"]);
                Ok(Rail::all([inner.known, Rail::any([null, Rail::When(sql![value, " IS NOT NULL"])])]))
            }
            _ => Err(unclear()),
        }
    }

    fn field_known(&mut self, access: &'n FieldAccess, env: &Env<'n>) -> Lowered<Rail> {
        let record = self.record(&access.of, env)?;
        if let Some(Column::Computed(expr)) = self.source.column(&access.entity, &access.name) {
            let known = self.through(&record, |inner, row| {
                inner.inside_computed(|inner| Ok(inner.known(&expr.root, &Env::of(row.clone()))?.into_sql()))
            })?;
            return Ok(Rail::When(sql!["(", known, ") IS TRUE"]));
        }
        let identity = self.reached(&record)?;
        Ok(Rail::When(sql![identity, " IS NOT NULL"]))
    }

    /// Whether two values are equal: definite for null, never for unknown.
    pub(super) fn same(&self, a: &Operand, b: &Operand, equal: bool) -> Rail {
        match (a.sql.is_null(), b.sql.is_null()) {
            (true, true) => return Rail::all([a.known.clone(), b.known.clone(), Rail::constant(equal)]),
            (true, false) => return absent(b, &a.known, equal),
            (false, true) => return absent(a, &b.known, equal),
            (false, false) => {}
        }
        let plain =
            if equal { !(a.nullness.null && b.nullness.null) } else { !a.nullness.null && !b.nullness.null };
        if plain {
            return Rail::When(sql![&a.sql, if equal { " = " } else { " <> " }, &b.sql]);
        }
        let same = sql![&a.sql, self.spelling.same(equal), &b.sql];
        Rail::all([a.known.clone(), b.known.clone(), Rail::When(same)])
    }
}

/// Whether a value is null, compared with a constant null that is known or not.
fn absent(a: &Operand, other_known: &Rail, equal: bool) -> Rail {
    if !a.nullness.any() {
        return Rail::all([other_known.clone(), Rail::constant(!equal)]);
    }
    let test = Rail::When(sql![&a.sql, if equal { " IS NULL" } else { " IS NOT NULL" }]);
    Rail::all([other_known.clone(), a.known.clone(), test])
}

/// For a value whose NULL always stands for one thing.
fn known_unless(nullness: Nullness, sql: &SqlText) -> Rail {
    if nullness.unknown { Rail::When(sql![sql, " IS NOT NULL"]) } else { Rail::Always }
}

const fn order(op: Op, holds: bool) -> &'static str {
    match (op, holds) {
        (Op::Lt, true) | (Op::Ge, false) => " < ",
        (Op::Le, true) | (Op::Gt, false) => " <= ",
        (Op::Gt, true) | (Op::Le, false) => " > ",
        _ => " >= ",
    }
}

fn unclear() -> NotLowerable {
    NotLowerable::new("this comparison", "whether an operand is null or unknown depends on too much")
        .instead(&["compare with `coalesce(...)`, which is never unknown"])
}

pub(super) fn too_long() -> NotLowerable {
    NotLowerable::new("an expression this large", "its SQL text would be longer than 64 KiB")
        .instead(&["store parts of it in computed fields"])
}
