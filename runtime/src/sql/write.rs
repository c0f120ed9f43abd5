//! Statements of the write side: whole rows in, whole rows out, and the few questions a write has to ask.
//!
//! May not enter: list filters and anything else that a client composes.

use athyper_schemas::bundle::System;
use uuid::Uuid;

use super::{Bind, Slot, Statement, Writer};
use crate::catalog::{Entity, Field};
use crate::who::TenantId;

/// Most rows of one `INSERT`.
pub const ROWS_AT_ONCE: usize = 64;

/// Which rows of a table are meant.
#[derive(Debug, Clone, Copy)]
pub enum Which<'w> {
    /// Those whose field, a reference or the id, has one of these values.
    Having(&'w Field, &'w [Uuid]),
    /// Those whose field has one of these values.
    Among(&'w Field, &'w [Bind]),
    /// Those whose fields together have these values.
    Matching(&'w [(&'w Field, Bind)]),
}

/// Which of them count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dead {
    /// Rows that were deleted softly do not.
    Hidden,
    /// All.
    Counted,
}

/// The fields that [`select`] gives, in its order.
pub fn stored(entity: &Entity) -> impl Iterator<Item = &Field> {
    entity.fields().iter().filter(|field| field.column().is_some())
}

/// The fields that [`insert`] wants, in its order: what the database computes itself is left out.
pub fn writable(entity: &Entity) -> impl Iterator<Item = &Field> {
    stored(entity).filter(|field| field.def().computed.as_ref().is_none_or(|c| !c.generated))
}

/// Every stored field of these rows; owned children in the order of their owners and positions.
#[must_use]
pub fn select(entity: &Entity, tenant: &TenantId, which: Which<'_>, dead: Dead) -> Statement {
    let mut w = Writer::new(entity.dialect());
    w.raw("SELECT ");
    for (index, field) in stored(entity).enumerate() {
        w.raw(if index == 0 { "" } else { ", " }).stored(field);
    }
    from(&mut w, entity, tenant, which, dead);
    w.gate(Slot::Value(Bind::text(tenant.as_str())));
    let places = [entity.system(System::Parent), entity.system(System::Position)];
    if let [Some(parent), Some(position)] = places.map(|f| f.and_then(Field::column)) {
        w.raw(" ORDER BY ").name(parent).raw(", ").name(position).raw(", \"id\"");
    }
    w.done()
}

/// Some living rows in the order of these fields, behind a row that has these values of them.
#[must_use]
pub fn page(
    entity: &Entity,
    tenant: &TenantId,
    order: &[&Field],
    after: Option<Vec<Bind>>,
    rows: i64,
) -> Statement {
    let mut w = Writer::new(entity.dialect());
    w.raw("SELECT ");
    for (index, field) in stored(entity).enumerate() {
        w.raw(if index == 0 { "" } else { ", " }).stored(field);
    }
    from(&mut w, entity, tenant, Which::Matching(&[]), Dead::Hidden);
    let columns = |w: &mut Writer| {
        for (index, field) in order.iter().enumerate() {
            w.raw(if index == 0 { "" } else { ", " }).name(field.column().unwrap_or_default());
        }
    };
    if let Some(after) = after {
        w.raw(" AND (");
        columns(&mut w);
        w.raw(") > (");
        for (index, (field, value)) in order.iter().zip(after).enumerate() {
            w.raw(if index == 0 { "" } else { ", " }).value(field, value);
        }
        w.raw(")");
    }
    w.gate(Slot::Value(Bind::text(tenant.as_str()))).raw(" ORDER BY ");
    columns(&mut w);
    w.raw(" LIMIT ").bind(Bind::Int(rows)).either("", "::bigint");
    w.done()
}

/// The ids of these rows, and for owned children their owners' ids behind them.
#[must_use]
pub fn ids(entity: &Entity, tenant: &TenantId, which: Which<'_>, dead: Dead) -> Statement {
    let mut w = Writer::new(entity.dialect());
    w.raw("SELECT \"id\"").either("", "::text");
    if let Some(parent) = entity.system(System::Parent) {
        w.raw(", ").stored(parent);
    }
    from(&mut w, entity, tenant, which, dead);
    w.raw(" ORDER BY \"id\"");
    w.done()
}

fn from(w: &mut Writer, entity: &Entity, tenant: &TenantId, which: Which<'_>, dead: Dead) {
    w.raw(" FROM ").name(entity.table()).raw(" WHERE \"tenant_id\" = ").tenant(tenant);
    condition(w, which);
    if let (Dead::Hidden, Some(column)) = (dead, entity.system(System::DeletedAt).and_then(Field::column)) {
        w.raw(" AND ").name(column).raw(" IS NULL");
    }
}

fn condition(w: &mut Writer, which: Which<'_>) {
    match which {
        Which::Having(field, [one]) => {
            w.raw(" AND ").name(field.column().unwrap_or_default()).raw(" = ").value(field, id(*one));
        }
        Which::Having(field, many) => {
            w.raw(" AND ").name(field.column().unwrap_or_default()).among(field, id_list(many));
        }
        Which::Among(field, values) => {
            w.raw(" AND ").name(field.column().unwrap_or_default()).among(field, value_list(values));
        }
        Which::Matching(fields) => {
            for (field, value) in fields {
                w.raw(" AND ").name(field.column().unwrap_or_default());
                if *value == Bind::Null {
                    w.raw(" IS NULL");
                } else {
                    w.raw(" = ").value(field, value.clone());
                }
            }
        }
    }
}

/// An id as a value.
#[must_use]
pub fn id(id: Uuid) -> Bind {
    Bind::text(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
}

/// Many ids as one value, so that their number does not change the statement.
fn id_list(ids: &[Uuid]) -> Bind {
    let mut text = String::with_capacity(2 + 39 * ids.len());
    text.push('[');
    for (index, id) in ids.iter().enumerate() {
        text.push_str(if index == 0 { "\"" } else { ",\"" });
        text.push_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        text.push('"');
    }
    text.push(']');
    Bind::Text(text.into())
}

/// Many values as one.
fn value_list(values: &[Bind]) -> Bind {
    let json = |value: &Bind| match value {
        Bind::Null => serde_json::Value::Null,
        Bind::Int(number) => (*number).into(),
        Bind::Text(text) => text.as_ref().into(),
    };
    Bind::text(&values.iter().map(json).collect::<serde_json::Value>().to_string())
}

/// Adds rows; each has a value for every field of [`writable`].
#[must_use]
pub fn insert(entity: &Entity, tenant: &TenantId, rows: Vec<Vec<Bind>>) -> Statement {
    let mut w = Writer::new(entity.dialect());
    w.raw("INSERT INTO ").name(entity.table()).raw(" (\"tenant_id\"");
    for field in writable(entity) {
        w.raw(", ").name(field.column().unwrap_or_default());
    }
    w.raw(") VALUES ");
    for (index, row) in rows.into_iter().enumerate() {
        w.raw(if index == 0 { "(" } else { ", (" }).tenant(tenant);
        for (field, value) in writable(entity).zip(row) {
            w.raw(", ").value(field, value);
        }
        w.raw(")");
    }
    w.done()
}

/// Changes some fields of one row.
#[must_use]
pub fn update(entity: &Entity, tenant: &TenantId, row: Uuid, changes: Vec<(&Field, Bind)>) -> Statement {
    let mut w = Writer::new(entity.dialect());
    w.raw("UPDATE ").name(entity.table()).raw(" SET ");
    for (index, (field, value)) in changes.into_iter().enumerate() {
        w.raw(if index == 0 { "" } else { ", " });
        w.name(field.column().unwrap_or_default()).raw(" = ").value(field, value);
    }
    w.raw(" WHERE \"tenant_id\" = ").tenant(tenant).raw(" AND \"id\" = ").id(row);
    w.done()
}

/// Removes these rows.
#[must_use]
pub fn delete(entity: &Entity, tenant: &TenantId, which: Which<'_>) -> Statement {
    let mut w = Writer::new(entity.dialect());
    w.raw("DELETE FROM ").name(entity.table()).raw(" WHERE \"tenant_id\" = ").tenant(tenant);
    condition(&mut w, which);
    w.done()
}

/// Hides these rows: what a delete of entities with soft deletes does.
#[must_use]
pub fn hide(entity: &Entity, tenant: &TenantId, rows: &[Uuid], now: &Bind, by: &Bind) -> Statement {
    let mut w = Writer::new(entity.dialect());
    w.raw("UPDATE ").name(entity.table()).raw(" SET ");
    for (purpose, value) in [(System::DeletedAt, now), (System::UpdatedAt, now), (System::UpdatedBy, by)] {
        if let Some((field, column)) = entity.system(purpose).and_then(|field| Some((field, field.column()?)))
        {
            w.name(column).raw(" = ").value(field, value.clone()).raw(", ");
        }
    }
    w.raw("\"version\" = \"version\" + 1 WHERE \"tenant_id\" = ").tenant(tenant);
    if let Some(key) = entity.system(System::Id) {
        w.raw(" AND \"id\"").among(key, id_list(rows));
    }
    w.done()
}

const SAME_SERIES: &str = "ON CONFLICT (\"tenant_id\", \"series\", \"period\") DO UPDATE SET \"last\" = ";

/// The next number of a series in a period, taken.
#[must_use]
pub fn next_number(tenant: &TenantId, series: &str, period: &str) -> Statement {
    let mut w = Writer::default();
    w.raw("INSERT INTO \"athyper_sequences\" (\"tenant_id\", \"series\", \"period\", \"last\") VALUES (");
    for value in [tenant.as_str(), series, period] {
        w.bind(Bind::text(value)).raw(", ");
    }
    w.raw("1) ").raw(SAME_SERIES).raw("\"athyper_sequences\".\"last\" + 1 RETURNING \"last\"");
    w.done()
}

/// Lets a series go on behind a number that was given by other means.
#[must_use]
pub fn raise_number(tenant: &TenantId, series: &str, period: &str, least: i64) -> Statement {
    let mut w = Writer::default();
    w.raw("INSERT INTO \"athyper_sequences\" (\"tenant_id\", \"series\", \"period\", \"last\") VALUES (");
    for value in [tenant.as_str(), series, period] {
        w.bind(Bind::text(value)).raw(", ");
    }
    w.raw("CAST(").bind(Bind::Int(least)).raw(" AS bigint)) ").raw(SAME_SERIES);
    w.raw("CASE WHEN \"athyper_sequences\".\"last\" > excluded.\"last\" ");
    w.raw("THEN \"athyper_sequences\".\"last\" ELSE excluded.\"last\" END");
    w.done()
}

/// One row when there is another with the same key whose period meets this one. Periods are half open; no end is for ever.
#[must_use]
pub fn overlapping(
    entity: &Entity,
    tenant: &TenantId,
    row: Uuid,
    key: &[(&Field, Bind)],
    (from, to): (Bind, Bind),
) -> Statement {
    let mut w = Writer::new(entity.dialect());
    w.raw("SELECT 1");
    self::from(&mut w, entity, tenant, Which::Matching(key), Dead::Hidden);
    w.raw(" AND \"id\" <> ").id(row);
    let [Some(start), Some(end)] = ["valid_from", "valid_to"].map(|name| entity.named(name)) else {
        return w.done();
    };
    w.raw(" AND (\"valid_to\" IS NULL OR \"valid_to\" > ").value(start, from).raw(")");
    if to != Bind::Null {
        w.raw(" AND \"valid_from\" < ").value(end, to);
    }
    w.raw(" LIMIT 1");
    w.done()
}

/// One row when `row` stands above `start` in the tree of `parent`, or is it.
#[must_use]
pub fn above(entity: &Entity, tenant: &TenantId, parent: &Field, (start, row): (Uuid, Uuid)) -> Statement {
    let parent = parent.column().unwrap_or_default();
    let mut w = Writer::new(entity.dialect());
    w.raw("WITH RECURSIVE \"up\" (\"id\") AS (SELECT ").id(start);
    w.raw(" UNION SELECT \"t\".").name(parent).raw(" FROM ").name(entity.table());
    w.raw(" AS \"t\" JOIN \"up\" ON \"t\".\"id\" = \"up\".\"id\" WHERE \"t\".\"tenant_id\" = ")
        .tenant(tenant);
    w.raw(" AND \"t\".").name(parent).raw(" IS NOT NULL) SELECT 1 FROM \"up\" WHERE \"id\" = ").id(row);
    w.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_ids_are_one_value() {
        let ids = [Uuid::from_u128(1), Uuid::from_u128(2)];
        assert_eq!(
            id_list(&ids),
            Bind::text("[\"00000000-0000-0000-0000-000000000001\",\"00000000-0000-0000-0000-000000000002\"]")
        );
        assert_eq!(id_list(&[]), Bind::text("[]"));
    }
}
