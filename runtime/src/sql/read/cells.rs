//! Records as rows of cells: what is shown of each, and where.

use athyper_expr::sql::SqlText;
use athyper_schemas::bundle::System;

use super::Reading;
use crate::catalog::{Entity, Field};
use crate::plan::{Cell, Content, Figure, FigureKind, Selection, SortKey};
use crate::policy::Sight;
use crate::sql::dialect::{Around, RowText};

impl<'p> Reading<'p> {
    /// The row of the cells, not yet ended.
    pub(super) fn cells(&mut self, selection: &'p Selection, alias: usize) -> RowText {
        let entity = self.catalog().entity(selection.entity());
        let mut row = RowText::begin(&mut self.w);
        for cell in selection.cells() {
            row.next(&mut self.w);
            self.cell(&mut row, entity, cell, alias);
        }
        row
    }

    /// One field. Where it is seen in some records only, a 1 for these stands before it; what is hidden in the others
    /// stays in the database, what is masked is masked by `shape`.
    fn cell(&mut self, row: &mut RowText, entity: &'p Entity, cell: &'p Cell, alias: usize) {
        let field = entity.field(cell.field);
        let (seen, hidden) = match &cell.sight {
            Sight::Where(node, mask) => {
                let seen = self.rail(node, entity, alias);
                self.w.raw("CASE WHEN ").expression(seen.clone());
                self.w.either(" THEN 1 END", " THEN '1' ELSE 'null' END");
                row.next(&mut self.w);
                (Some(seen.clone()), Some(seen).filter(|_| mask.is_none()))
            }
            _ => (None, None),
        };
        match &cell.content {
            Content::Value => self.value_cell((entity, field), alias, hidden),
            Content::Record(inner) => {
                self.referenced(field, inner, alias, seen);
                if cell.has_bare_id() {
                    row.next(&mut self.w);
                    self.value_cell((entity, field), alias, hidden);
                }
            }
            Content::Children(inner) => self.children(inner, alias, seen),
        }
    }

    /// The value of a field as a cell; null for those of which this is not true.
    fn value_cell(&mut self, (entity, field): (&Entity, &Field), alias: usize, seen: Option<SqlText>) {
        let nullable = seen.is_some() || !(field.def().required && field.column().is_some());
        self.json_cell(field, nullable, |reading| match seen {
            None => reading.field(entity.id(), field.id(), alias),
            Some(seen) => {
                reading.w.raw("CASE WHEN ").expression(seen).raw(" THEN ");
                reading.field(entity.id(), field.id(), alias);
                reading.w.raw(" END");
            }
        });
    }

    /// A value as a cell of a row.
    fn json_cell(&mut self, field: &Field, nullable: bool, value: impl FnOnce(&mut Self)) {
        let around = Around::json(self.w.dialect, field, nullable);
        self.w.open(&around);
        value(self);
        self.w.close(&around);
    }

    /// A key of the order as a cell.
    pub(super) fn key_cell(&mut self, key: &SortKey, index: usize) {
        let field = self.catalog().entity(key.spot.entity).field(key.spot.field);
        self.json_cell(field, key.spot.nullable, |reading| {
            reading.w.key(index);
        });
    }

    /// A figure as a cell.
    pub(super) fn figure_cell(&mut self, figure: &Figure) {
        let field = figure.spot.as_ref().filter(|_| figure.kind != FigureKind::Count);
        match field {
            None => self.figure(figure),
            Some(spot) => {
                let field = self.catalog().entity(spot.entity).field(spot.field);
                let nullable = spot.nullable || figure.kind != FigureKind::Group;
                self.json_cell(field, nullable, |reading| reading.figure(figure));
            }
        }
    }

    /// The record that `field` points to as an array, or NULL.
    fn referenced(&mut self, field: &Field, inner: &'p Selection, holder: usize, seen: Option<SqlText>) {
        let target = self.catalog().entity(inner.entity());
        let alias = self.next_alias();
        self.w.either("(SELECT ", "coalesce((SELECT ");
        self.cells(inner, alias).end(&mut self.w);
        self.w.raw(" FROM ").name(target.table()).raw(" AS ").alias(alias).raw(" WHERE ");
        self.living(target, alias);
        self.w.raw(" AND ").column(alias, "id").raw(" = ");
        self.w.column(holder, field.column().unwrap_or_default());
        self.readable(inner.rows(), target, alias);
        self.filter(seen);
        self.w.either(")", "), 'null')");
    }

    /// The owned children as an array of arrays, in their order.
    fn children(&mut self, inner: &'p Selection, holder: usize, seen: Option<SqlText>) {
        let child = self.catalog().entity(inner.entity());
        let alias = self.next_alias();
        let column = |purpose| child.system(purpose).and_then(Field::column).unwrap_or("id");
        self.w.either("(SELECT json_group_array(", "(SELECT concat('[', string_agg(");
        self.cells(inner, alias).end(&mut self.w);
        self.w
            .either(" ORDER BY ", ", ',' ORDER BY ")
            .column(alias, column(System::Position))
            .raw(", ")
            .column(alias, "id");
        self.w.either(") FROM ", "), ']') FROM ").name(child.table()).raw(" AS ").alias(alias).raw(" WHERE ");
        self.living(child, alias);
        self.w.raw(" AND ").column(alias, column(System::Parent)).raw(" = ").column(holder, "id");
        self.filter(seen);
        self.w.raw(")");
    }
}
