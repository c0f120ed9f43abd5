//! Suites as SQL: the records as rows, and everything that was decided in memory as questions to a database. Makes
//! text and values; `cli/test` asks.

use athyper_expr::eval::Program;
use athyper_expr::sql;
use athyper_expr::sql::{Bind, Constants, Identifier, Lowering, NotLowerable, Row, SqlText};
use athyper_expr::value::Value;
use athyper_policy::Condition;
use athyper_schemas::bundle::{Bundle, Entity, Field};
use athyper_schemas::dialect::Dialect;
use athyper_schemas::ir::{Kind, Node};
use uuid::Uuid;

use super::stage::{Bundled, Moment};
use super::suite::{Record, Suite};
use crate::emit::sql::{Tables, name};
use crate::naming::TENANT_COLUMN;

mod attempts;
mod claims;
mod held;

pub use attempts::{Attempt, Unasked};
pub use claims::{Claim, Step, Unclaimed, steps};
pub(crate) use held::settings;
pub use held::{Held, held};

/// The tenant that the records belong to.
pub const TENANT: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_00ff_0000_0000);

/// A statement and its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its text.
    pub text: String,
    /// What stands in its places, in order.
    pub binds: Vec<Value>,
}

impl Statement {
    pub(crate) fn of(text: SqlText, dialect: Dialect) -> Self {
        let (text, binds) = text.into_parts(dialect);
        // Every constant is known here, so that there is no other kind of place.
        let value = |bind| if let Bind::Value(value) = bind { value } else { Value::Null };
        Self { text, binds: binds.into_iter().map(value).collect() }
    }
}

/// The statements that store the records of a suite.
#[must_use]
pub fn rows(bundle: &Bundle, suite: &Suite, dialect: Dialect) -> Vec<Statement> {
    let stored = suite.records.iter().filter(|record| record.stored);
    stored.filter_map(|record| insert(bundle, suite, dialect, record)).collect()
}

/// Stores one record, without those it owns.
pub(crate) fn insert(bundle: &Bundle, suite: &Suite, dialect: Dialect, record: &Record) -> Option<Statement> {
    let entity = bundle.entity(&record.entity)?;
    let mut columns = vec![SqlText::from(&name(TENANT_COLUMN))];
    let mut places = vec![place(dialect, &Kind::Uuid, Value::Uuid(TENANT))];
    for (at, field) in entity.fields.iter().enumerate() {
        let Some(column) = &field.column else { continue };
        if field.computed.as_ref().is_some_and(|computed| computed.generated) {
            continue;
        }
        let value = stored_value((bundle, suite), record, (at, field));
        columns.push((&name(column)).into());
        places.push(place(dialect, &field.ty.kind(), value));
    }
    let (mut names, mut list) = (SqlText::new(), SqlText::new());
    names.join(columns, ", ");
    list.join(places, ", ");
    let text = sql!["INSERT INTO ", &name(&entity.table), " (", names, ") VALUES (", list, ")"];
    Some(Statement::of(text, dialect))
}

fn stored_value((bundle, suite): (&Bundle, &Suite), record: &Record, (at, field): (usize, &Field)) -> Value {
    let computed = field.computed.as_ref();
    let program = computed.map(|computed| Program::compile(&computed.value, &Bundled(bundle)));
    let value = match program {
        Some(Ok(program)) => {
            let image = suite.image(bundle, record, program.paths());
            let nobody = vec![Value::Null; bundle.package.user.len()];
            let moment = Moment { user: &nobody, now_us: suite.now_us };
            program.evaluate(&moment.context(&image, None)).unwrap_or(Value::Null)
        }
        _ => record.values.get(at).cloned().unwrap_or(Value::Null),
    };
    if value.is_null() && field.required { unsaid(&field.ty.kind(), record) } else { value }
}

/// What stands in a column that must have a value, when nobody looks at it and nobody said one.
fn unsaid(kind: &Kind, record: &Record) -> Value {
    match kind {
        Kind::Bool => Value::Bool(false),
        Kind::Int => Value::Int(0),
        Kind::Date => Value::Date(0),
        Kind::Time => Value::Time(0),
        Kind::Datetime => Value::Datetime(0),
        Kind::Duration => Value::Duration(0),
        Kind::Uuid | Kind::Record(_) => Value::Uuid(record.id()),
        Kind::List(_) => Value::list(Vec::new()),
        Kind::Json => Value::Json("null".into()),
        Kind::Decimal(scale) => {
            athyper_expr::decimal::Decimal::new(0, *scale).map_or(Value::Null, Value::Decimal)
        }
        Kind::Text | Kind::Enum(_) | Kind::Null => Value::text("unsaid"),
    }
}

/// Removes one record, without those it owns.
pub(crate) fn delete(bundle: &Bundle, dialect: Dialect, record: &Record) -> Option<Statement> {
    let entity = bundle.entity(&record.entity)?;
    let id = place(dialect, &Kind::Uuid, Value::Uuid(record.id()));
    Some(Statement::of(sql!["DELETE FROM ", &name(&entity.table), " WHERE \"id\" = ", id], dialect))
}

/// The ids of the records of an entity for which a condition is definitely true.
pub(crate) fn question(
    (bundle, dialect): (&Bundle, Dialect),
    entity: &Entity,
    condition: &Condition,
    moment: Moment<'_>,
) -> Result<Statement, NotLowerable> {
    let tables = Tables(bundle);
    let layout = Bundled(bundle);
    let constant = |node: &Node| {
        let program = Program::compile_node(node, &layout).ok()?;
        program.evaluate(&moment.context(&[], None)).ok()
    };
    let mut lowering = Lowering::new(&tables, dialect, Constants::Known(&constant));
    let alias = Identifier::numbered("r", 0);
    let row = Row::aliased(&entity.name, alias.clone());
    let condition = match condition {
        Condition::Always => SqlText::from("TRUE"),
        Condition::Never => SqlText::from("FALSE"),
        Condition::When(node) => lowering.rail_true(node, &row)?.into_conjunct(),
    };
    let mut text = sql!["SELECT CAST("];
    text.qualified(&alias, &name("id"));
    text.append(sql![" AS TEXT) FROM ", &name(&entity.table), " AS ", &alias, " WHERE "]);
    text.qualified(&alias, &name(TENANT_COLUMN)).push(" = ");
    text.append(place(dialect, &Kind::Uuid, Value::Uuid(TENANT))).push(" AND ").append(condition);
    Ok(Statement::of(text, dialect))
}

/// A place for a value of this kind.
pub(crate) fn place(dialect: Dialect, kind: &Kind, value: Value) -> SqlText {
    let cast = match (dialect, kind) {
        (Dialect::Sqlite, _) | (Dialect::Postgres, Kind::Text | Kind::Enum(_) | Kind::Null) => "",
        (Dialect::Postgres, Kind::Bool) => "::boolean",
        (Dialect::Postgres, Kind::Int | Kind::Duration) => "::bigint",
        (Dialect::Postgres, Kind::Decimal(_)) => "::numeric",
        (Dialect::Postgres, Kind::Date) => "::date",
        (Dialect::Postgres, Kind::Time) => "::time",
        (Dialect::Postgres, Kind::Datetime) => "::timestamptz",
        (Dialect::Postgres, Kind::Uuid | Kind::Record(_)) => "::uuid",
        (Dialect::Postgres, Kind::Json) => "::json",
        (Dialect::Postgres, Kind::List(_)) => "::jsonb",
    };
    sql![Bind::Value(value), cast]
}
