//! Statements about uploaded files.

use athyper_schemas::dialect::Dialect;
use uuid::Uuid;

use super::{Bind, Slot, Statement, Writer};
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

/// The beginning of a question about a file: name, media type, hash and size.
pub(super) const KNOWN: &str =
    "SELECT \"name\", \"media_type\", \"sha256\", \"bytes\" FROM \"athyper_files\"";

/// What is known of a file that this subject uploaded.
#[must_use]
pub fn own(dialect: Dialect, tenant: &TenantId, id: Uuid, subject: &str) -> Statement {
    let mut w = Writer::new(dialect);
    w.raw(KNOWN).raw(" WHERE \"tenant_id\" = ").bind(Bind::text(tenant.as_str()));
    w.raw(" AND \"id\" = ").bind(Bind::text(&id.to_string()));
    w.raw(" AND \"created_by\" = ").bind(Bind::text(subject)).gate(Slot::Value(Bind::text(tenant.as_str())));
    w.done()
}
