//! Statements about uploaded files.

use uuid::Uuid;

use super::{Bind, Statement, Writer};
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
    w.bind(Bind::Int(bytes)).raw(", ").bind(Bind::text(at)).raw(")");
    w.done()
}

/// What is known of a file: name, media type, hash, uploader and size.
#[must_use]
pub fn find(tenant: &TenantId, id: Uuid) -> Statement {
    let mut w = Writer::default();
    w.raw("SELECT \"name\", \"media_type\", \"sha256\", \"created_by\", \"bytes\" FROM \"athyper_files\" WHERE \"tenant_id\" = ")
        .bind(Bind::text(tenant.as_str()))
        .raw(" AND \"id\" = ")
        .bind(Bind::text(&id.to_string()));
    w.done()
}

/// One row when a record of one of these entities has the file in one of these fields.
#[must_use]
pub fn held(tenant: &TenantId, id: Uuid, places: &[(&Entity, &Field)]) -> Statement {
    let mut w = Writer::default();
    w.raw("SELECT 1 WHERE 0");
    for (entity, field) in places {
        let Some(column) = field.column() else { continue };
        w.raw(" OR EXISTS (SELECT 1 FROM ")
            .name(entity.table())
            .raw(" WHERE \"tenant_id\" = ")
            .bind(Bind::text(tenant.as_str()))
            .raw(" AND ")
            .name(column)
            .raw(" = ")
            .bind(Bind::text(&id.to_string()));
        if let Some(deleted) =
            entity.system(athyper_schemas::bundle::System::DeletedAt).and_then(Field::column)
        {
            w.raw(" AND ").name(deleted).raw(" IS NULL");
        }
        w.raw(")");
    }
    w.done()
}
