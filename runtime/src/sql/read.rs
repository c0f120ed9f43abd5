//! Statements of the read side: one per plan, whatever is expanded.
//!
//! Every table in a statement is bound to the tenant and hides what was deleted softly. The answer is JSON text
//! that the database builds: each record is an array of its cells in the order of the plan, so that nothing but
//! positions has to agree with `shape`.

use athyper_expr::sql::{Constants, Identifier, Lowering, NotLowerable, Rail, Row, SqlText};
use athyper_schemas::bundle::System;
use athyper_schemas::dialect::Dialect;
use athyper_schemas::ir::Node;

use super::tables::Tables;
use super::{Bind, Slot, Template, Writer};
use crate::catalog::{Catalog, Entity, EntityId, Field, FieldId};
use crate::plan::{
    Content, Figure, FigureKind, GroupPlan, Joins, ListPlan, RecordPlan, Selection, SortKey, Spot,
};
use crate::policy::Access;
use crate::problem::Problem;
use crate::request::query::Count;

/// As far as an estimated count counts.
pub const COUNTED: u32 = 10_000;

/// The page of a list, and the count if it was asked for. One row: the records as arrays joined by commas (or
/// NULL), then the count. Behind its cells each record has the keys of the order. One record more than the page
/// holds is read, to know whether there are more.
///
/// # Errors
/// When a condition or a computed field cannot be asked of the database.
pub fn list(plan: &ListPlan) -> Result<Template, Refused> {
    let tables = Tables(plan.access().scope().catalog());
    let mut reading =
        Reading::new(plan.access(), plan.joins(), Lowering::new(&tables, Dialect::Sqlite, Constants::Kept));
    let filter = reading.condition(plan.filter());
    reading.w.raw("SELECT group_concat(json_array(");
    reading.cells(plan.selection(), 0);
    for index in 0..plan.order().len() {
        reading.w.raw(", ").key(index);
    }
    reading.w.raw("), ',')");
    reading.count(plan, filter.as_ref());
    reading.w.raw(" FROM (");
    reading.rows(plan, filter);
    reading.w.raw(") AS ").alias(0);
    reading.done()
}

/// One record: its cells as an array, then its version. No row when it is not there.
///
/// # Errors
/// When a condition or a computed field cannot be asked of the database.
pub fn record(plan: &RecordPlan) -> Result<Template, Refused> {
    let tables = Tables(plan.access().scope().catalog());
    let joins = Joins::default();
    let mut reading =
        Reading::new(plan.access(), &joins, Lowering::new(&tables, Dialect::Sqlite, Constants::Kept));
    let entity = plan.access().entity();
    reading.w.raw("SELECT json_array(");
    reading.cells(plan.selection(), 0);
    reading.w.raw(")");
    if let Some(version) = entity.system(System::Version).and_then(Field::column) {
        reading.w.raw(", ").column(0, version);
    }
    reading.from(entity, &Joins::default());
    reading.w.raw(" AND ").column(0, "id").raw(" = ").slot(Slot::Id);
    reading.done()
}

/// Figures over groups. One row: the groups as arrays joined by commas, or NULL.
///
/// # Errors
/// When a condition or a computed field cannot be asked of the database.
pub fn groups(plan: &GroupPlan) -> Result<Template, Refused> {
    let tables = Tables(plan.access().scope().catalog());
    let mut reading =
        Reading::new(plan.access(), plan.joins(), Lowering::new(&tables, Dialect::Sqlite, Constants::Kept));
    reading.w.raw("SELECT group_concat(\"row\", ',') FROM (SELECT json_array(");
    for (index, figure) in plan.columns().iter().enumerate() {
        reading.w.raw(if index == 0 { "" } else { ", " });
        reading.figure(figure);
    }
    reading.w.raw(") AS \"row\"");
    reading.from(plan.access().entity(), plan.joins());
    let filter = reading.condition(plan.filter());
    reading.filter(filter);
    let groupings = plan.columns().iter().filter(|c| c.kind == FigureKind::Group);
    for (index, figure) in groups_spots(groupings).enumerate() {
        reading.w.raw(if index == 0 { " GROUP BY " } else { ", " });
        reading.spot(figure);
    }
    let order = plan.order().iter().filter_map(|(place, desc)| Some((plan.columns().get(*place)?, *desc)));
    for (index, (figure, descending)) in order.enumerate() {
        reading.w.raw(if index == 0 { " ORDER BY " } else { ", " });
        reading.figure(figure);
        reading.w.raw(if descending { " DESC" } else { "" });
    }
    reading.w.raw(" LIMIT ").slot(Slot::Limit).raw(")");
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
            computed @ Refused::Computed { .. } => Self::internal(computed),
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
        let w = Writer { text: String::with_capacity(1024), slots: vec![Slot::Tenant] };
        Self { w, access, lowering, aliases: joins.iter().count(), refused: None }
    }

    fn done(self) -> Result<Template, Refused> {
        match self.refused {
            Some(refused) => Err(refused),
            None => Ok(self.w.template(&self.lowering.into_constants(), self.access.scope().catalog())),
        }
    }

    fn catalog(&self) -> &'p Catalog {
        self.access.scope().catalog()
    }

    /// The record's own table and those it is joined to. The record itself is `a0`, a join `a` and its number.
    fn from(&mut self, entity: &Entity, joins: &Joins) {
        self.w.raw(" FROM ").name(entity.table()).raw(" AS ").alias(0);
        for (source, join) in joins.iter() {
            let (holder, target) = (self.catalog().entity(join.entity), self.catalog().entity(join.target));
            let alias = source.number();
            self.w.raw(" LEFT JOIN ").name(target.table()).raw(" AS ").alias(alias).raw(" ON ");
            self.living(target, alias);
            self.w.raw(" AND ").column(alias, "id").raw(" = ");
            self.w.column(join.from.number(), holder.field(join.field).column().unwrap_or_default());
        }
        self.w.raw(" WHERE ");
        self.living(entity, 0);
    }

    /// Of this tenant and not deleted.
    fn living(&mut self, entity: &Entity, alias: usize) {
        self.w.column(alias, "tenant_id").raw(" = ").again(TENANT);
        if let Some(deleted) = entity.system(System::DeletedAt).and_then(Field::column) {
            self.w.raw(" AND ").column(alias, deleted).raw(" IS NULL");
        }
    }

    /// The rows of the page in their order, with the keys of the order. The cells are written around them: only
    /// for these rows, not for all that had to be sorted.
    fn rows(&mut self, plan: &ListPlan, filter: Option<SqlText>) {
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
        self.filter(filter);
        if plan.after().is_some() {
            self.w.raw(" AND ");
            self.after(plan.order());
        }
        for (index, key) in plan.order().iter().enumerate() {
            self.w.raw(if index == 0 { " ORDER BY " } else { ", " });
            self.spot(&key.spot);
            self.w.raw(if key.descending { " DESC" } else { "" });
        }
        self.w.raw(" LIMIT ").slot(Slot::Limit);
    }

    fn count(&mut self, plan: &ListPlan, filter: Option<&SqlText>) {
        let capped = match plan.count() {
            Count::None => return,
            Count::Exact => false,
            Count::Estimated => true,
        };
        self.w.raw(if capped { ", (SELECT count(*) FROM (SELECT 1" } else { ", (SELECT count(*)" });
        self.from(plan.access().entity(), &Joins::default());
        self.filter(filter.cloned());
        if capped {
            self.w.raw(" LIMIT ").bind(Bind::Int(i64::from(COUNTED) + 1)).raw(")");
        }
        self.w.raw(")");
    }

    fn cells(&mut self, selection: &Selection, alias: usize) {
        let entity = self.catalog().entity(selection.entity());
        for (index, cell) in selection.cells().iter().enumerate() {
            self.w.raw(if index == 0 { "" } else { ", " });
            match &cell.content {
                Content::Value => self.field(entity.id(), cell.field, alias),
                Content::Record(inner) => self.referenced(entity.field(cell.field), inner, alias),
                Content::Children(inner) => self.children(inner, alias),
            }
        }
    }

    /// The record that `field` points to as an array, or NULL.
    fn referenced(&mut self, field: &Field, inner: &Selection, holder: usize) {
        let target = self.catalog().entity(inner.entity());
        let alias = self.next_alias();
        self.w.raw("(SELECT json_array(");
        self.cells(inner, alias);
        self.w.raw(") FROM ").name(target.table()).raw(" AS ").alias(alias).raw(" WHERE ");
        self.living(target, alias);
        self.w.raw(" AND ").column(alias, "id").raw(" = ");
        self.w.column(holder, field.column().unwrap_or_default()).raw(")");
    }

    /// The owned children as an array of arrays, in their order.
    fn children(&mut self, inner: &Selection, holder: usize) {
        let child = self.catalog().entity(inner.entity());
        let alias = self.next_alias();
        let column = |purpose| child.system(purpose).and_then(Field::column).unwrap_or("id");
        self.w.raw("(SELECT json_group_array(json_array(");
        self.cells(inner, alias);
        self.w.raw(") ORDER BY ").column(alias, column(System::Position)).raw(", ").column(alias, "id");
        self.w.raw(") FROM ").name(child.table()).raw(" AS ").alias(alias).raw(" WHERE ");
        self.living(child, alias);
        self.w.raw(" AND ").column(alias, column(System::Parent)).raw(" = ").column(holder, "id").raw(")");
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
        self.w.raw(match figure.kind {
            FigureKind::Group => "(",
            FigureKind::Count => "count(",
            FigureKind::Sum => "sum(",
            FigureKind::Min => "min(",
            FigureKind::Max => "max(",
        });
        self.spot(spot);
        self.w.raw(")");
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
                    self.w.raw(" IS ").slot(Slot::Key(index));
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
        for index in 0..order.len() {
            self.w.raw(if index == 0 { "" } else { ", " }).slot(Slot::Key(index));
        }
        self.w.raw(")");
    }

    /// Strictly behind one key of the cursor, which may be null where the field may be.
    fn beyond(&mut self, key: &SortKey, index: usize) {
        self.w.raw("(");
        self.spot(&key.spot);
        self.w.raw(if key.descending { " < " } else { " > " }).slot(Slot::Key(index));
        if key.spot.nullable {
            self.w.raw(" OR (");
            self.spot(&key.spot);
            self.w.raw(if key.descending { " IS NULL AND " } else { " IS NOT NULL AND " });
            self.w.slot(Slot::Key(index)).raw(if key.descending { " IS NOT NULL)" } else { " IS NULL)" });
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

    /// The condition in SQL; nothing when it always holds.
    fn condition(&mut self, filter: Option<&'p Node>) -> Option<SqlText> {
        let rail = self.lowering.rail_true(filter?, &row(self.access.entity(), 0));
        match rail {
            Ok(Rail::Always) => None,
            Ok(rail) => Some(rail.into_sql()),
            Err(why) => {
                self.refused.get_or_insert(Refused::Condition(why));
                None
            }
        }
    }

    fn filter(&mut self, condition: Option<SqlText>) {
        if let Some(condition) = condition {
            self.w.raw(" AND (").expression(condition).raw(")");
        }
    }
}

/// A row of `entity` under our alias, as expressions name it.
fn row(entity: &Entity, alias: usize) -> Row {
    Row::aliased(entity.name(), Identifier::numbered("a", alias))
}
