//! Statements of the read side: one per plan, whatever is expanded.
//!
//! Every table in a statement is bound to the tenant and hides what was deleted softly. The answer is JSON text
//! that the database builds: each record is an array of its cells in the order of the plan, so that nothing but
//! positions has to agree with `shape`.

use athyper_schemas::bundle::System;

use super::{Bind, Statement, Writer};
use crate::catalog::{Catalog, Entity, EntityId, Field, FieldId};
use crate::plan::{
    After, Content, Figure, FigureKind, GroupPlan, Joins, ListPlan, RecordPlan, Selection, SortKey, Spot,
};
use crate::policy::Access;
use crate::request::query::Count;
use crate::sql::write::id;

/// As far as an estimated count counts.
pub const COUNTED: u32 = 10_000;

/// The page of a list, and the count if it was asked for. One row: the records as arrays joined by commas (or
/// NULL), then the count. Behind its cells each record has the keys of the order. One record more than the page
/// holds is read, to know whether there are more.
#[must_use]
pub fn list(plan: &ListPlan) -> Statement {
    let mut reading = Reading::new(plan.access(), plan.joins());
    let entity = plan.access().entity();
    reading.w.raw("SELECT group_concat(\"row\", ',')");
    reading.count(plan);
    reading.w.raw(" FROM (SELECT json_array(");
    reading.cells(plan.selection(), 0);
    for key in plan.order() {
        reading.w.raw(", ");
        reading.spot(&key.spot);
    }
    reading.w.raw(") AS \"row\"");
    reading.from(entity, plan.joins());
    reading.filter(plan.filter());
    if let Some(after) = plan.after() {
        reading.w.raw(" AND ");
        reading.after(plan.order(), after);
    }
    for (index, key) in plan.order().iter().enumerate() {
        reading.w.raw(if index == 0 { " ORDER BY " } else { ", " });
        reading.spot(&key.spot);
        reading.w.raw(if key.descending { " DESC" } else { "" });
    }
    let limit = i64::from(plan.limit()) + i64::from(plan.limit() > 0);
    reading.w.raw(" LIMIT ").bind(Bind::Int(limit)).raw(")");
    reading.w.done()
}

/// One record: its cells as an array, then its version. No row when it is not there.
#[must_use]
pub fn record(plan: &RecordPlan) -> Statement {
    let mut reading = Reading::new(plan.access(), &Joins::default());
    let entity = plan.access().entity();
    reading.w.raw("SELECT json_array(");
    reading.cells(plan.selection(), 0);
    reading.w.raw(")");
    if let Some(version) = entity.system(System::Version).and_then(Field::column) {
        reading.w.raw(", ").column(0, version);
    }
    reading.from(entity, &Joins::default());
    reading.w.raw(" AND ").column(0, "id").raw(" = ").bind(id(plan.id()));
    reading.w.done()
}

/// Figures over groups. One row: the groups as arrays joined by commas, or NULL.
#[must_use]
pub fn groups(plan: &GroupPlan) -> Statement {
    let mut reading = Reading::new(plan.access(), plan.joins());
    reading.w.raw("SELECT group_concat(\"row\", ',') FROM (SELECT json_array(");
    for (index, figure) in plan.columns().iter().enumerate() {
        reading.w.raw(if index == 0 { "" } else { ", " });
        reading.figure(figure);
    }
    reading.w.raw(") AS \"row\"");
    reading.from(plan.access().entity(), plan.joins());
    reading.filter(plan.filter());
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
    reading.w.raw(" LIMIT ").bind(Bind::Int(i64::from(plan.limit()))).raw(")");
    reading.w.done()
}

fn groups_spots<'p>(figures: impl Iterator<Item = &'p Figure>) -> impl Iterator<Item = &'p Spot> {
    figures.filter_map(|figure| figure.spot.as_ref())
}

/// A statement being written for one access.
struct Reading<'p> {
    w: Writer,
    access: &'p Access,
    aliases: usize,
}

/// The placeholder of the tenant: the first of every statement.
const TENANT: usize = 1;

impl<'p> Reading<'p> {
    fn new(access: &'p Access, joins: &Joins) -> Self {
        let mut w = Writer::default();
        w.hold(Bind::text(access.scope().tenant().as_str()));
        Self { w, access, aliases: joins.iter().count() }
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

    fn count(&mut self, plan: &ListPlan) {
        let capped = match plan.count() {
            Count::None => return,
            Count::Exact => false,
            Count::Estimated => true,
        };
        self.w.raw(if capped { ", (SELECT count(*) FROM (SELECT 1" } else { ", (SELECT count(*)" });
        self.from(plan.access().entity(), &Joins::default());
        self.filter(plan.filter());
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

    /// Behind the record with the keys of `after`. Null is less than everything.
    fn after(&mut self, order: &[SortKey], after: &After) {
        let first = order.first().is_some_and(|key| key.descending);
        if order.iter().all(|key| !key.spot.nullable && key.descending == first) {
            self.after_tuple(order, after, first);
            return;
        }
        self.w.raw("(");
        for last in 0..order.len() {
            self.w.raw(if last == 0 { "(" } else { " OR (" });
            for (index, (key, value)) in order.iter().zip(after.keys()).take(last + 1).enumerate() {
                self.w.raw(if index == 0 { "" } else { " AND " });
                if index < last {
                    self.spot(&key.spot);
                    self.w.raw(" IS ").bind(value.clone());
                } else {
                    self.beyond(key, value);
                }
            }
            self.w.raw(")");
        }
        self.w.raw(")");
    }

    fn after_tuple(&mut self, order: &[SortKey], after: &After, descending: bool) {
        self.w.raw("(");
        for (index, key) in order.iter().enumerate() {
            self.w.raw(if index == 0 { "" } else { ", " });
            self.spot(&key.spot);
        }
        self.w.raw(if descending { ") < (" } else { ") > (" });
        for (index, value) in after.keys().iter().enumerate() {
            self.w.raw(if index == 0 { "" } else { ", " }).bind(value.clone());
        }
        self.w.raw(")");
    }

    /// Strictly behind one value of one key.
    fn beyond(&mut self, key: &SortKey, value: &Bind) {
        match (value, key.descending) {
            (Bind::Null, false) => {
                self.spot(&key.spot);
                self.w.raw(" IS NOT NULL");
            }
            (Bind::Null, true) => {
                self.w.raw("0");
            }
            (value, false) => {
                self.spot(&key.spot);
                self.w.raw(" > ").bind(value.clone());
            }
            (value, true) => {
                self.w.raw("(");
                self.spot(&key.spot);
                self.w.raw(" < ").bind(value.clone());
                if key.spot.nullable {
                    self.w.raw(" OR ");
                    self.spot(&key.spot);
                    self.w.raw(" IS NULL");
                }
                self.w.raw(")");
            }
        }
    }

    /// The value of a field: its column, or what it is computed from.
    fn field(&mut self, entity: EntityId, field: FieldId, alias: usize) {
        let field = self.catalog().entity(entity).field(field);
        match field.column() {
            Some(column) => {
                self.w.column(alias, column);
            }
            None => {
                self.w.raw("NULL");
            }
        }
    }

    fn filter(&mut self, _filter: Option<&athyper_schemas::ir::Node>) {}
}
