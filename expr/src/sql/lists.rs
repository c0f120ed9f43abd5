//! Quantifiers, `in` and aggregates: lists as rows.

use athyper_schemas::ir::{Fold, FoldKind, Kind, Node, Op};

use super::constant::Constant;
use super::lower::{Binding, Env, Lowered, Lowering, Operand};
use super::nullness::Nullness;
use super::rail::Rail;
use super::source::{By, Column, NotLowerable, Row};
use super::text::SqlText;
use super::values::no_table;
use crate::sql;
use crate::value::Value;

/// A list in SQL.
enum Listed<'n> {
    /// Rows.
    Rows(Rows<'n>),
    /// As many elements as were written, and what is true exactly when none of them is unknown that may not be.
    Written(Vec<Binding<'n>>, Rail),
}

/// The rows of a list.
struct Rows<'n> {
    from: SqlText,
    conditions: Vec<Rail>,
    element: Binding<'n>,
    /// True exactly when the list is neither null nor unknown, as long as no element is.
    known: Rail,
    /// True exactly when no element of a list as it was mapped last is unknown, which makes the list unknown.
    mapped: Rail,
}

impl Rows<'_> {
    /// `SELECT value FROM rows`, of those that also meet `condition`.
    fn select(&self, value: SqlText, condition: Rail) -> SqlText {
        let mut text = sql!["SELECT ", value, " FROM ", &self.from];
        match Rail::all(self.conditions.iter().cloned().chain([condition])) {
            Rail::Always => {}
            rail => {
                text.push(" WHERE ").append(rail.into_sql());
            }
        }
        text
    }

    /// Some row meets `condition`.
    fn some(&self, condition: Rail) -> Rail {
        if condition == Rail::Never {
            return Rail::Never;
        }
        Rail::When(sql!["EXISTS (", self.select("1".into(), condition), ")"])
    }

    /// True exactly when the list is neither null nor unknown.
    fn certain(&self) -> Rail {
        Rail::all([self.known.clone(), self.mapped.clone()])
    }

    /// No row meets `condition`.
    fn none(&self, condition: Rail) -> Rail {
        if condition == Rail::Never {
            return Rail::Always;
        }
        Rail::When(sql!["NOT EXISTS (", self.select("1".into(), condition), ")"])
    }
}

impl<'n> Lowering<'n> {
    /// `exists`, `all` and `exists_one`.
    pub(super) fn quantifier(&mut self, fold: &'n Fold, env: &Env<'n>, holds: bool) -> Lowered<Rail> {
        let rows = match self.open(&fold.list, env)? {
            Listed::Rows(rows) => rows,
            Listed::Written(elements, mapped) => {
                let rail = self.written_quantifier(fold, elements, env, holds)?;
                return Ok(Rail::all([mapped, rail]));
            }
        };
        let inner = env.with(fold.variable, rows.element.clone());
        let mut body = |holds| self.rail(&fold.body, &inner, holds);
        let rail = match (fold.kind, holds) {
            (FoldKind::Exists, true) => rows.some(body(true)?),
            (FoldKind::Exists, false) => rows.none(body(false)?.unless_true()),
            (FoldKind::All, true) => rows.none(body(true)?.unless_true()),
            (FoldKind::All, false) => rows.some(body(false)?),
            (_, holds) => {
                let undecided = Rail::any([body(true)?, body(false)?]).unless_true();
                let count = rows.select("COUNT(*)".into(), body(true)?);
                let one = sql!["(", count, if holds { ") = 1" } else { ") <> 1" }];
                Rail::all([Rail::When(one), rows.none(undecided)])
            }
        };
        Ok(Rail::all([rows.certain(), rail]))
    }

    fn written_quantifier(
        &mut self,
        fold: &'n Fold,
        elements: Vec<Binding<'n>>,
        env: &Env<'n>,
        holds: bool,
    ) -> Lowered<Rail> {
        if fold.kind == FoldKind::ExistsOne {
            return Err(NotLowerable::new("`exists_one` over a written list", "it is said more simply")
                .instead(&["combine the elements with `||` and `&&`"]));
        }
        let rails = elements
            .into_iter()
            .map(|element| self.rail(&fold.body, &env.with(fold.variable, element), holds))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(if holds == (fold.kind == FoldKind::Exists) { Rail::any(rails) } else { Rail::all(rails) })
    }

    /// `element in list`.
    pub(super) fn member(
        &mut self,
        element: &'n Node,
        list: &'n Node,
        env: &Env<'n>,
        holds: bool,
    ) -> Lowered<Rail> {
        let a = self.operand(element, env)?;
        if let Some(known) = self.known_list(list, env)? {
            return self.member_of_known(&a, known.as_deref(), holds);
        }
        match self.open(list, env)? {
            Listed::Written(elements, mapped) => {
                let operands = elements
                    .into_iter()
                    .map(|element| self.operand(&BOUND, &env_of(element, env)))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(Rail::all([mapped, self.member_of_written(&a, operands, holds)]))
            }
            Listed::Rows(rows) => {
                let b = self.operand(&BOUND, &env_of(rows.element.clone(), env))?;
                let rail = match holds {
                    _ if a.sql.is_null() || b.sql.is_null() => self.some_or_none(&rows, &a, &b, holds),
                    true if !(a.nullness.null && b.nullness.null) => {
                        let values = rows.select(b.sql, Rail::Always);
                        Rail::When(sql![&a.sql, " IN (", values, ")"])
                    }
                    false if !a.nullness.null && !b.nullness.null => {
                        let values = rows.select(b.sql, Rail::Always);
                        Rail::When(sql![&a.sql, " NOT IN (", values, ")"])
                    }
                    _ => self.some_or_none(&rows, &a, &b, holds),
                };
                Ok(Rail::all([rows.certain(), rail]))
            }
        }
    }

    /// Whether `a` is an element, by looking at one after another.
    fn some_or_none(&self, rows: &Rows<'n>, a: &Operand, element: &Operand, holds: bool) -> Rail {
        if holds {
            rows.some(self.same(a, element, true))
        } else {
            rows.none(self.same(a, element, false).unless_true())
        }
    }

    /// The values of a list without fields, when they are known and none is unknown; inside, nothing for null.
    fn known_list(&mut self, list: &'n Node, env: &Env<'n>) -> Lowered<Option<Option<Vec<Value>>>> {
        if matches!(list, Node::List(_)) || self.element_unknown(list, env) {
            return Ok(None);
        }
        Ok(match self.constant(list)? {
            Some(Constant::Value(Value::List(values))) => Some(Some(values.to_vec())),
            Some(Constant::Value(_)) => Some(None),
            _ => None,
        })
    }

    fn element_unknown(&self, list: &'n Node, env: &Env<'n>) -> bool {
        self.nullness(&BOUND, &env_of(self.peek(list, env), env)).unknown
    }

    fn member_of_known(&self, a: &Operand, values: Option<&[Value]>, holds: bool) -> Lowered<Rail> {
        let Some(values) = values else { return Ok(Rail::Never) };
        let operands = values
            .iter()
            .map(|value| {
                let nullness = if value.is_null() { Nullness::NULL } else { Nullness::NEVER };
                Ok(Operand { sql: self.value_sql(value.clone())?, nullness, known: Rail::Always })
            })
            .collect::<Lowered<Vec<_>>>()?;
        Ok(self.member_of_written(a, operands, holds))
    }

    /// Values that are always there become one `IN`, the others are compared one by one.
    fn member_of_written(&self, a: &Operand, elements: Vec<Operand>, holds: bool) -> Rail {
        let (plain, others): (Vec<_>, Vec<_>) = elements.into_iter().partition(|e| !e.nullness.any());
        let mut rails: Vec<Rail> = others.iter().map(|b| self.same(a, b, holds)).collect();
        match plain.as_slice() {
            [] => {}
            [one] => rails.push(self.same(a, one, holds)),
            _ if a.sql.is_null() => {
                rails.push(if holds { Rail::Never } else { a.known.clone() });
            }
            _ => {
                let mut list = SqlText::new();
                list.join(plain.into_iter().map(|e| e.sql), ", ");
                let words = if holds { " IN (" } else { " NOT IN (" };
                let within = Rail::When(sql![&a.sql, words, list, ")"]);
                rails.push(if holds || !a.nullness.null {
                    within
                } else {
                    let null = Rail::When(sql![&a.sql, " IS NULL"]);
                    Rail::all([a.known.clone(), Rail::any([null, within])])
                });
            }
        }
        if holds { Rail::any(rails) } else { Rail::all(rails) }
    }

    /// `size`, `sum`, `min` and `max`.
    pub(super) fn aggregate(&mut self, op: Op, list: &'n Node, env: &Env<'n>) -> Lowered<SqlText> {
        let rows = match self.open(list, env)? {
            Listed::Rows(rows) => rows,
            Listed::Written(elements, mapped) if op == Op::ListSize => {
                let size: SqlText = i64::try_from(elements.len()).unwrap_or(i64::MAX).into();
                return Ok(provided(mapped, size));
            }
            Listed::Written(..) => {
                return Err(NotLowerable::new("a sum over a written list", "it is said more simply")
                    .instead(&["add the elements with `+`", "`math.least` or `math.greatest`"]));
            }
        };
        let value = if op == Op::ListSize {
            let size = sql!["(", rows.select("COUNT(*)".into(), Rail::Always), ")"];
            return Ok(provided(rows.certain(), size));
        } else {
            let inner = env_of(rows.element.clone(), env);
            let element = self.value_of(&BOUND, &inner)?;
            if element.is_null() && matches!(op, Op::ListMin | Op::ListMax) {
                return Ok(element);
            }
            // A NULL alone would be text to PostgreSQL.
            let element = if element.is_null() { "CAST(NULL AS bigint)".into() } else { element };
            let name = self.names.fresh("v");
            // The values are named first: an aggregate over nothing but columns of an outer query would belong
            // to that query.
            let selected = rows.select(sql![element, " AS ", &name], Rail::Always);
            match op {
                Op::ListMin | Op::ListMax => {
                    let smallest = self.ordered((&name).into(), std::slice::from_ref(&BOUND), &inner);
                    let table = self.names.fresh("s");
                    let words = if op == Op::ListMin { "(SELECT MIN(" } else { "(SELECT MAX(" };
                    sql![
                        words,
                        smallest,
                        ") FROM (",
                        selected,
                        ") AS ",
                        &table,
                        " HAVING COUNT(*) = COUNT(",
                        &name,
                        "))"
                    ]
                }
                _ => self.spelling.sum(op, &name, selected, &mut self.names),
            }
        };
        // An element that is unknown makes the value unknown by itself.
        Ok(provided(rows.known, value))
    }

    /// The rows of a list, or its written elements.
    fn open(&mut self, list: &'n Node, env: &Env<'n>) -> Lowered<Listed<'n>> {
        match list {
            Node::List(nodes) => {
                let env = std::rc::Rc::new(env.clone());
                let elements = nodes.iter().map(|n| Binding::Node(n, env.clone())).collect();
                Ok(Listed::Written(elements, Rail::Always))
            }
            Node::Bound(variable) => match env.variable(*variable).cloned() {
                Some(Binding::Node(node, env)) => self.open(node, &env),
                _ => Err(stranger()),
            },
            _ if self.is_one_value(list) && !self.element_unknown(list, env) => self.stored(list, env),
            Node::Field(access) => match self.source.column(&access.entity, &access.name) {
                Some(Column::Children { entity, parent }) => {
                    let owner = self.record(&access.of, env)?;
                    self.allow_subqueries()?;
                    let table = self.source.table(entity).ok_or_else(|| no_table(entity))?;
                    let alias = self.names.fresh("t");
                    let row = Row::aliased(entity, alias.clone());
                    let tenant = sql![row.column(&table.tenant), " = ", self.tenant(&owner)?];
                    let identity = self.reached(&owner)?;
                    let mut conditions = vec![Rail::When(tenant)];
                    let from = match self.source.finder(entity, By::Owner).filter(|_| !env.as_seen) {
                        Some(finder) => sql![&finder, "(", &identity, ") AS ", &alias],
                        None => {
                            conditions.push(Rail::When(sql![row.column(&parent), " = ", &identity]));
                            sql![&table.name, " AS ", &alias]
                        }
                    };
                    if let Some(deleted) = &table.deleted_at {
                        conditions.push(Rail::When(sql![row.column(deleted), " IS NULL"]));
                    }
                    let known = if self.absence(access, env).any() {
                        Rail::When(sql![identity, " IS NOT NULL"])
                    } else {
                        Rail::Always
                    };
                    let element = Binding::Row(row);
                    Ok(Listed::Rows(Rows { from, conditions, element, known, mapped: Rail::Always }))
                }
                Some(Column::Computed(expr)) => match self.record(&access.of, env)? {
                    super::values::Record::Row(row) => {
                        self.inside_computed(|inner| inner.open(&expr.root, &Env::of(row)))
                    }
                    super::values::Record::Through { .. } => Err(stranger()),
                },
                _ => self.stored(list, env),
            },
            Node::Fold(fold) if fold.kind == FoldKind::Map => self.mapped_list(fold, env),
            Node::Fold(fold) if fold.kind == FoldKind::Filter => self.filtered(fold, env),
            _ => Err(stranger()),
        }
    }

    fn mapped_list(&mut self, fold: &'n Fold, env: &Env<'n>) -> Lowered<Listed<'n>> {
        Ok(match self.open(&fold.list, env)? {
            Listed::Rows(mut rows) => {
                let known = self.known_of_element(fold, &rows.element, env)?;
                rows.known = rows.certain();
                rows.mapped = rows.none(known.unless_true());
                rows.element = self.mapped(&fold.body, fold.variable, rows.element, env);
                Listed::Rows(rows)
            }
            Listed::Written(elements, mapped) => {
                let mut known = vec![mapped];
                for element in &elements {
                    known.push(self.known_of_element(fold, element, env)?);
                }
                let map = |element| self.mapped(&fold.body, fold.variable, element, env);
                Listed::Written(elements.into_iter().map(map).collect(), Rail::all(known))
            }
        })
    }

    /// True exactly when what an element is mapped to is not unknown.
    fn known_of_element(&mut self, fold: &'n Fold, element: &Binding<'n>, env: &Env<'n>) -> Lowered<Rail> {
        let inner = env.with(fold.variable, element.clone());
        if self.nullness(&fold.body, &inner).unknown {
            self.known(&fold.body, &inner)
        } else {
            Ok(Rail::Always)
        }
    }

    fn filtered(&mut self, fold: &'n Fold, env: &Env<'n>) -> Lowered<Listed<'n>> {
        let Listed::Rows(mut rows) = self.open(&fold.list, env)? else { return Err(stranger()) };
        let inner = env.with(fold.variable, rows.element.clone());
        if self.nullness(&fold.body, &inner).any()
            && let Listed::Rows(all) = self.open(&fold.list, env)?
        {
            let inner = env.with(fold.variable, all.element.clone());
            let decided = [self.rail(&fold.body, &inner, true)?, self.rail(&fold.body, &inner, false)?];
            let none_undecided = all.none(Rail::any(decided).unless_true());
            rows.known = Rail::all([rows.known, none_undecided]);
        }
        rows.known = rows.certain();
        rows.mapped = Rail::Always;
        rows.conditions.push(self.rail(&fold.body, &inner, true)?);
        Ok(Listed::Rows(rows))
    }

    /// A list of scalars in one value: a column, or what is known before the statement runs.
    fn stored(&mut self, list: &'n Node, env: &Env<'n>) -> Lowered<Listed<'n>> {
        self.allow_subqueries()?;
        let operand = self.operand(list, env)?;
        let Some(item) = item_of(list) else { return Err(stranger()) };
        let alias = self.names.fresh("j");
        let (from, element) = self.spelling.each(operand.sql.clone(), &item, &alias);
        let nullness = self.nullness(&BOUND, &env_of(self.peek(list, env), env));
        let known =
            if operand.nullness.any() { Rail::When(sql![operand.sql, " IS NOT NULL"]) } else { Rail::Always };
        let element = Binding::Scalar(element, nullness);
        Ok(Listed::Rows(Rows { from, conditions: Vec::new(), element, known, mapped: Rail::Always }))
    }
}

/// `value`, NULL unless `known` holds.
fn provided(known: Rail, value: SqlText) -> SqlText {
    match known {
        Rail::Always => value,
        known => sql!["CASE WHEN ", known.into_sql(), " THEN ", value, " END"],
    }
}

/// The element that [`env_of`] binds.
const BOUND: Node = Node::Bound(0);

/// An environment with nothing but one element.
fn env_of<'n>(element: Binding<'n>, env: &Env<'n>) -> Env<'n> {
    Env { this: env.this.clone(), variables: vec![element], as_seen: env.as_seen }
}

/// The kind of the elements of a list of scalars.
fn item_of(list: &Node) -> Option<Kind> {
    let kind = match list {
        Node::Field(access) => &access.ty.kind,
        Node::User(attribute) => &attribute.ty.kind,
        Node::Fold(fold) if fold.kind == FoldKind::Filter => return item_of(&fold.list),
        Node::Call(call) if call.op == Op::Split => return Some(Kind::Text),
        Node::Call(call) if call.op == Op::ListConcat => return call.args.first().and_then(item_of),
        Node::If(choice) => return item_of(&choice.then),
        _ => return None,
    };
    match kind {
        Kind::List(item) => Some(item.kind.clone()),
        _ => None,
    }
}

fn stranger() -> NotLowerable {
    NotLowerable::new("this list", "it is neither a field nor known before the database is asked")
        .instead(&["start from a field: `lines.filter(...)`, `lines.map(...)`"])
}
