//! Statements of the read side: one per plan, whatever is expanded.
//!
//! Every table in a statement is bound to the tenant and hides what was deleted softly. The answer is JSON text
//! that the database builds: each record is an array of its cells in the order of the plan, so that nothing but
//! positions has to agree with `shape`.

use athyper_expr::sql::{Identifier, Lowering, NotLowerable, Rail, Row, SqlText};
use athyper_schemas::bundle::System;
use athyper_schemas::field_types::Storage;
use athyper_schemas::ir::Node;

use super::dialect::RowText;
use super::tables::Tables;
use super::{Bind, Slot, Template, Writer};
use crate::catalog::{Catalog, Entity, EntityId, Field, FieldId};
use crate::config::Rls;
use crate::plan::{Figure, FigureKind, GroupPlan, Joins, ListPlan, RecordPlan, SortKey, Spot};
use crate::policy::{Access, Rows};
use crate::problem::Problem;
use crate::request::query::Count;

mod cells;
mod file;

pub use file::file;

/// As far as an estimated count counts.
pub const COUNTED: u32 = 10_000;

/// The page of a list, and the count if it was asked for. One row: the records as arrays joined by commas (or
/// NULL), then the count. Behind its cells each record has the keys of the order. One record more than the page
/// holds is read, to know whether there are more.
///
/// # Errors
/// When a condition or a computed field cannot be asked of the database.
pub fn list(plan: &ListPlan) -> Result<Template, Refused> {
    let tables = Tables::of(plan.access());
    let mut reading = Reading::new(plan.access(), plan.joins(), tables.lowering());
    let conditions = reading.conditions(plan.access(), plan.filter());
    reading.w.either("SELECT group_concat(", "SELECT string_agg(");
    let mut row = reading.cells(plan.selection(), 0);
    for (index, key) in plan.order().iter().enumerate() {
        row.next(&mut reading.w);
        reading.key_cell(key, index);
    }
    row.end(&mut reading.w);
    reading.w.raw(", ',')");
    reading.count(plan, &conditions);
    reading.w.raw(" FROM (");
    reading.rows(plan, conditions);
    reading.w.raw(") AS ").alias(0).raw(" WHERE TRUE");
    reading.done()
}

/// One record: its cells as an array, then its version. No row when it is not there.
///
/// # Errors
/// When a condition or a computed field cannot be asked of the database.
pub fn record(plan: &RecordPlan) -> Result<Template, Refused> {
    let tables = Tables::of(plan.access());
    let mut reading = Reading::new(plan.access(), Joins::NONE, tables.lowering());
    let entity = plan.access().entity();
    reading.w.raw("SELECT ");
    reading.cells(plan.selection(), 0).end(&mut reading.w);
    if let Some(version) = entity.system(System::Version).and_then(Field::column) {
        reading.w.raw(", ").column(0, version);
    }
    reading.from(entity, Joins::NONE);
    reading.w.raw(" AND ").column(0, "id").raw(" = ").slot(Slot::Id).either("", "::uuid");
    reading.readable(plan.access().rows(), entity, 0);
    reading.done()
}

/// The ids of the records that an access reaches, one in each row.
///
/// # Errors
/// When a condition of a policy cannot be asked of the database.
pub fn reach(access: &Access) -> Result<Template, Refused> {
    let tables = Tables::of(access);
    let mut reading = Reading::new(access, Joins::NONE, tables.lowering());
    reading.w.raw("SELECT ").column(0, "id").either("", "::text");
    reading.from(access.entity(), Joins::NONE);
    reading.readable(access.rows(), access.entity(), 0);
    reading.done()
}

/// Figures over groups. One row: the groups as arrays joined by commas, or NULL.
///
/// # Errors
/// When a condition or a computed field cannot be asked of the database.
pub fn groups(plan: &GroupPlan) -> Result<Template, Refused> {
    let tables = Tables::of(plan.access());
    let mut reading = Reading::new(plan.access(), plan.joins(), tables.lowering());
    reading.w.either("SELECT group_concat(", "SELECT string_agg(").raw("\"row\", ',') FROM (SELECT ");
    let mut row = RowText::begin(&mut reading.w);
    for figure in plan.columns() {
        row.next(&mut reading.w);
        reading.figure_cell(figure);
    }
    row.end(&mut reading.w);
    reading.w.raw(" AS \"row\"");
    reading.from(plan.access().entity(), plan.joins());
    let conditions = reading.conditions(plan.access(), plan.filter());
    reading.filter(conditions);
    let groupings = plan.columns().iter().filter(|c| c.kind == FigureKind::Group);
    for (index, figure) in groups_spots(groupings).enumerate() {
        reading.w.raw(if index == 0 { " GROUP BY " } else { ", " });
        reading.spot(figure);
    }
    let order = plan.order().iter().filter_map(|(place, desc)| Some((plan.columns().get(*place)?, *desc)));
    for (index, (figure, descending)) in order.enumerate() {
        reading.w.raw(if index == 0 { " ORDER BY " } else { ", " });
        reading.figure(figure);
        let nullable = figure.spot.as_ref().is_some_and(|spot| {
            spot.nullable || !matches!(figure.kind, FigureKind::Group | FigureKind::Count)
        });
        reading.w.direction(descending, nullable);
    }
    reading.limit();
    reading.w.raw(") AS ").alias(0).raw(" WHERE TRUE");
    reading.done()
}

fn groups_spots<'p>(figures: impl Iterator<Item = &'p Figure>) -> impl Iterator<Item = &'p Spot> {
    figures.filter_map(|figure| figure.spot.as_ref())
}

/// What cannot be asked of the database.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The client's condition.
    #[error(transparent)]
    Condition(NotLowerable),
    /// A condition of a policy: the compiler should have refused it.
    #[error("a policy of `{entity}`: {why}")]
    Policy {
        /// About what.
        entity: String,
        /// Why.
        why: NotLowerable,
    },
    /// A field of the model: the compiler should have refused it.
    #[error("`{field}`: {why}")]
    Computed {
        /// Which.
        field: String,
        /// Why.
        why: NotLowerable,
    },
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Condition(why) => Self::query("filter", "not_askable", why.to_string()),
            ours @ (Refused::Computed { .. } | Refused::Policy { .. }) => Self::internal(ours),
        }
    }
}

/// A statement being written for one access.
struct Reading<'p> {
    w: Writer,
    access: &'p Access,
    lowering: Lowering<'p>,
    aliases: usize,
    refused: Option<Refused>,
}

/// The placeholder of the tenant: the first of every statement.
const TENANT: usize = 1;

impl<'p> Reading<'p> {
    fn new(access: &'p Access, joins: &Joins, lowering: Lowering<'p>) -> Self {
        let mut w = Writer::new(access.entity().dialect());
        w.text.reserve(1024);
        w.slots.push(Slot::Tenant);
        Self { w, access, lowering, aliases: joins.iter().count(), refused: None }
    }

    fn done(mut self) -> Result<Template, Refused> {
        match self.catalog().rls() {
            Rls::Tenant => self.w.gate(Slot::Tenant),
            Rls::Full => self.w.gate_for_caller(),
        };
        match self.refused {
            Some(refused) => Err(refused),
            None => Ok(self.w.template(&self.lowering.into_constants(), self.access.scope().catalog())),
        }
    }

    fn catalog(&self) -> &'p Catalog {
        self.access.scope().catalog()
    }

    /// The record's own table and those it is joined to. The record itself is `a0`, a join `a` and its number.
    fn from(&mut self, entity: &Entity, joins: &'p Joins) {
        self.w.raw(" FROM ").name(entity.table()).raw(" AS ").alias(0);
        for (source, join) in joins.iter() {
            let (holder, target) = (self.catalog().entity(join.entity), self.catalog().entity(join.target));
            let alias = source.number();
            self.w.raw(" LEFT JOIN ").name(target.table()).raw(" AS ").alias(alias).raw(" ON ");
            self.living(target, alias);
            self.w.raw(" AND ").column(alias, "id").raw(" = ");
            self.w.column(join.from.number(), holder.field(join.field).column().unwrap_or_default());
            self.readable(&join.rows, target, alias);
        }
        self.w.raw(" WHERE ");
        self.living(entity, 0);
    }

    /// Of this tenant and not deleted.
    fn living(&mut self, entity: &Entity, alias: usize) {
        self.w.column(alias, "tenant_id").raw(" = ").again(TENANT).either("", "::uuid");
        if let Some(deleted) = entity.system(System::DeletedAt).and_then(Field::column) {
            self.w.raw(" AND ").column(alias, deleted).raw(" IS NULL");
        }
    }

    /// The rows of the page in their order, with the keys of the order. The cells are written around them: only
    /// for these rows, not for all that had to be sorted.
    fn rows(&mut self, plan: &'p ListPlan, conditions: Vec<SqlText>) {
        let entity = plan.access().entity();
        self.w.raw("SELECT ").column(0, "tenant_id");
        for column in entity.fields().iter().filter_map(Field::column) {
            self.w.raw(", ").column(0, column);
        }
        for (index, key) in plan.order().iter().enumerate() {
            self.w.raw(", ");
            self.spot(&key.spot);
            self.w.raw(" AS ").key(index);
        }
        self.from(entity, plan.joins());
        self.filter(conditions);
        if plan.after().is_some() {
            self.w.raw(" AND ");
            self.after(plan.order());
        }
        for (index, key) in plan.order().iter().enumerate() {
            self.w.raw(if index == 0 { " ORDER BY " } else { ", " });
            self.spot(&key.spot);
            self.w.direction(key.descending, key.spot.nullable);
        }
        self.limit();
    }

    fn limit(&mut self) {
        self.w.raw(" LIMIT ").slot(Slot::Limit).either("", "::bigint");
    }

    fn count(&mut self, plan: &ListPlan, conditions: &[SqlText]) {
        let capped = match plan.count() {
            Count::None => return,
            Count::Exact => false,
            Count::Estimated => true,
        };
        self.w.raw(if capped { ", (SELECT count(*) FROM (SELECT 1" } else { ", (SELECT count(*)" });
        self.from(plan.access().entity(), Joins::NONE);
        self.filter(conditions.to_vec());
        if capped {
            self.w.raw(" LIMIT ").bind(Bind::Int(i64::from(COUNTED) + 1));
            self.w.either(")", "::bigint) AS \"counted\"");
        }
        self.w.raw(")");
    }

    fn next_alias(&mut self) -> usize {
        self.aliases += 1;
        self.aliases
    }

    fn spot(&mut self, spot: &Spot) {
        self.field(spot.entity, spot.field, spot.source.number());
    }

    fn figure(&mut self, figure: &Figure) {
        let Some(spot) = &figure.spot else {
            self.w.raw("count(*)");
            return;
        };
        let storage = self.catalog().entity(spot.entity).field(spot.field).storage();
        let (before, behind) = function(figure.kind, storage, self.w.is_postgres());
        self.w.raw(before);
        self.spot(spot);
        self.w.raw(behind);
    }

    /// Behind the record with the keys of the cursor. Null is less than everything.
    fn after(&mut self, order: &[SortKey]) {
        let first = order.first().is_some_and(|key| key.descending);
        if order.iter().all(|key| !key.spot.nullable && key.descending == first) {
            self.after_tuple(order, first);
            return;
        }
        self.w.raw("(");
        for last in 0..order.len() {
            self.w.raw(if last == 0 { "(" } else { " OR (" });
            for (index, key) in order.iter().take(last + 1).enumerate() {
                self.w.raw(if index == 0 { "" } else { " AND " });
                if index < last {
                    self.spot(&key.spot);
                    self.w.either(" IS ", " IS NOT DISTINCT FROM ");
                    self.key_value(key, index);
                } else {
                    self.beyond(key, index);
                }
            }
            self.w.raw(")");
        }
        self.w.raw(")");
    }

    fn after_tuple(&mut self, order: &[SortKey], descending: bool) {
        self.w.raw("(");
        for (index, key) in order.iter().enumerate() {
            self.w.raw(if index == 0 { "" } else { ", " });
            self.spot(&key.spot);
        }
        self.w.raw(if descending { ") < (" } else { ") > (" });
        for (index, key) in order.iter().enumerate() {
            self.w.raw(if index == 0 { "" } else { ", " });
            self.key_value(key, index);
        }
        self.w.raw(")");
    }

    /// The value that the cursor has for a key of the order.
    fn key_value(&mut self, key: &SortKey, index: usize) {
        let field = self.catalog().entity(key.spot.entity).field(key.spot.field);
        self.w.typed(field, Slot::Key(index));
    }

    /// Strictly behind one key of the cursor, which may be null where the field may be.
    fn beyond(&mut self, key: &SortKey, index: usize) {
        self.w.raw("(");
        self.spot(&key.spot);
        self.w.raw(if key.descending { " < " } else { " > " });
        self.key_value(key, index);
        if key.spot.nullable {
            self.w.raw(" OR (");
            self.spot(&key.spot);
            self.w.raw(if key.descending { " IS NULL AND " } else { " IS NOT NULL AND " });
            self.key_value(key, index);
            self.w.raw(if key.descending { " IS NOT NULL)" } else { " IS NULL)" });
        }
        self.w.raw(")");
    }

    /// The value of a field: its column, or what it is computed from.
    fn field(&mut self, entity: EntityId, field: FieldId, alias: usize) {
        let entity = self.catalog().entity(entity);
        let field = entity.field(field);
        let computed = match (field.column(), &field.def().computed) {
            (Some(column), _) => {
                self.w.column(alias, column);
                return;
            }
            (None, Some(computed)) => self.lowering.value(&computed.value.root, &row(entity, alias)),
            (None, None) => Ok("NULL".into()),
        };
        match computed {
            Ok(sql) => self.w.raw("(").expression(sql).raw(")"),
            Err(why) => {
                self.refused.get_or_insert(Refused::Computed { field: field.name().to_owned(), why });
                &mut self.w
            }
        };
    }

    /// What must be true of each row: that it may be read, and what the client asks for. The client sees no more
    /// records through a reference than he may read; the policy sees all.
    fn conditions(&mut self, access: &'p Access, filter: Option<&'p Node>) -> Vec<SqlText> {
        let entity = access.entity();
        let mut conditions = Vec::new();
        if let Rows::Where(node) = access.rows() {
            conditions.push(self.rail(node, entity, 0));
        }
        let asked = filter.map(|filter| self.lowering.rail_true_as_seen(filter, &row(entity, 0)));
        match asked {
            None | Some(Ok(Rail::Always)) => {}
            Some(Ok(rail)) => conditions.push(rail.into_sql()),
            Some(Err(why)) => {
                self.refused.get_or_insert(Refused::Condition(why));
            }
        }
        conditions
    }

    /// Only those that may be read.
    fn readable(&mut self, rows: &'p Rows, entity: &Entity, alias: usize) {
        if let Rows::Where(node) = rows {
            let condition = self.rail(node, entity, alias);
            self.filter([condition]);
        }
    }

    /// A condition of a policy, as SQL that is true where it is definitely true.
    fn rail(&mut self, node: &'p Node, entity: &Entity, alias: usize) -> SqlText {
        match self.lowering.rail_true(node, &row(entity, alias)) {
            Ok(rail) => rail.into_sql(),
            Err(why) => {
                self.refused.get_or_insert(Refused::Policy { entity: entity.name().to_owned(), why });
                "FALSE".into()
            }
        }
    }

    fn filter(&mut self, conditions: impl IntoIterator<Item = SqlText>) {
        for condition in conditions {
            self.w.raw(" AND (").expression(condition).raw(")");
        }
    }
}

/// The words around what a figure is made of. PostgreSQL knows neither the least of truth values nor that of ids, and
/// a sum is wider there than what it adds.
fn function(kind: FigureKind, storage: Storage, is_postgres: bool) -> (&'static str, &'static str) {
    match (kind, storage) {
        (FigureKind::Group, _) => ("(", ")"),
        (FigureKind::Count, _) => ("count(", ")"),
        (FigureKind::Sum, Storage::Int | Storage::Duration) if is_postgres => ("sum(", ")::bigint"),
        (FigureKind::Sum, _) => ("sum(", ")"),
        (FigureKind::Min, Storage::Bool) if is_postgres => ("bool_and(", ")"),
        (FigureKind::Max, Storage::Bool) if is_postgres => ("bool_or(", ")"),
        (FigureKind::Min, Storage::Uuid) if is_postgres => ("min((", ")::text COLLATE \"C\")::uuid"),
        (FigureKind::Max, Storage::Uuid) if is_postgres => ("max((", ")::text COLLATE \"C\")::uuid"),
        (FigureKind::Min, _) => ("min(", ")"),
        (FigureKind::Max, _) => ("max(", ")"),
    }
}

/// A row of `entity` under our alias, as expressions name it.
fn row(entity: &Entity, alias: usize) -> Row {
    Row::aliased(entity.name(), Identifier::numbered("a", alias))
}
