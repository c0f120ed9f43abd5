//! Statements about uploaded files.

use athyper_schemas::dialect::Dialect;
use uuid::Uuid;

use super::{Bind, Slot, Statement, Writer};
use crate::catalog::{Entity, Field};
use crate::who::TenantId;

/// Notes a file: name, media type, hash and uploader in this order.
#[must_use]
pub fn add(tenant: &TenantId, id: Uuid, texts: [&str; 4], (bytes, at): (i64, &str)) -> Statement {
    let mut w = Writer::default();
    w.raw("INSERT INTO \"athyper_files\" (\"tenant_id\", \"id\", \"name\", \"media_type\", \"sha256\", \"created_by\", \"bytes\", \"created_at\") VALUES (")
        .bind(Bind::text(tenant.as_str()))
        .raw(", ")
        .bind(Bind::text(&id.to_string()))
        .raw(", ");
    for text in texts {
        w.bind(Bind::text(text)).raw(", ");
    }
    w.raw("CAST(").bind(Bind::Int(bytes)).raw(" AS bigint), ").bind(Bind::text(at)).raw(")");
    w.done()
}

/// What is known of a file: name, media type, hash, uploader and size.
#[must_use]
pub fn find(dialect: Dialect, tenant: &TenantId, id: Uuid) -> Statement {
    let mut w = Writer::new(dialect);
    w.raw("SELECT \"name\", \"media_type\", \"sha256\", \"created_by\", \"bytes\" FROM \"athyper_files\" WHERE \"tenant_id\" = ")
        .bind(Bind::text(tenant.as_str()))
        .raw(" AND \"id\" = ")
        .bind(Bind::text(&id.to_string()))
        .gate(Slot::Value(Bind::text(tenant.as_str())));
    w.done()
}

/// One row when a record of one of these entities has the file in one of these fields.
#[must_use]
pub fn held(dialect: Dialect, tenant: &TenantId, id: Uuid, places: &[(&Entity, &Field)]) -> Statement {
    let mut w = Writer::new(dialect);
    // None of these looks at a column from outside: only CASE keeps the order in which they are judged.
    w.raw("SELECT 1 WHERE CASE WHEN TRUE").gate(Slot::Value(Bind::text(tenant.as_str()))).raw(" THEN FALSE");
    for (entity, field) in places {
        let Some(column) = field.column() else { continue };
        w.raw(" OR EXISTS (SELECT 1 FROM ")
            .name(entity.table())
            .raw(" WHERE \"tenant_id\" = ")
            .tenant(tenant)
            .raw(" AND ")
            .name(column)
            .raw(" = ")
            .id(id);
        if let Some(deleted) =
            entity.system(athyper_schemas::bundle::System::DeletedAt).and_then(Field::column)
        {
            w.raw(" AND ").name(deleted).raw(" IS NULL");
        }
        w.raw(")");
    }
    w.raw(" END");
    w.done()
}
