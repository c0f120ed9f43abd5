//! Statements about the decision log.

use super::{Bind, Statement, Writer};
use crate::who::TenantId;

/// The texts of one decision, in the order in which [`find`] reads them behind the id: time, subject, caller, action,
/// entity, record, decision, details, build, trace, request.
pub type Texts<'t> = [Option<&'t str>; 11];

/// Which decisions of a tenant are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'w> {
    /// Not before this time.
    pub since: Option<&'w str>,
    /// Only those that were no `allow`.
    pub refused: bool,
    /// About this entity, by its full name or the end of it.
    pub entity: Option<&'w str>,
    /// Of this caller.
    pub subject: Option<&'w str>,
    /// At most so many, the latest.
    pub limit: u32,
}

/// Notes a decision.
#[must_use]
pub fn add(tenant: &TenantId, id: &str, texts: Texts<'_>, micros: i64) -> Statement {
    let mut w = Writer::default();
    w.raw(
        "INSERT INTO \"athyper_decisions\" (\"tenant_id\", \"id\", \"at\", \"subject\", \"caller\", \"action\", \
         \"entity\", \"record\", \"decision\", \"details\", \"build\", \"trace\", \"request\", \"micros\") VALUES (",
    )
    .bind(Bind::text(tenant.as_str()))
    .raw(", ")
    .bind(Bind::text(id))
    .raw(", ");
    for text in texts {
        w.bind(text.map_or(Bind::Null, Bind::text)).raw(", ");
    }
    w.raw("CAST(").bind(Bind::Int(micros)).raw(" AS bigint))");
    w.done()
}

/// Decisions of a tenant, the latest first: the id, the texts and the microseconds.
#[must_use]
pub fn find(tenant: &TenantId, wanted: Wanted<'_>) -> Statement {
    let mut w = Writer::default();
    w.raw(
        "SELECT \"id\", \"at\", \"subject\", \"caller\", \"action\", \"entity\", \"record\", \"decision\", \
         \"details\", \"build\", \"trace\", \"request\", \"micros\" FROM \"athyper_decisions\" WHERE \"tenant_id\" = ",
    )
    .bind(Bind::text(tenant.as_str()));
    let texts = [(" AND \"at\" >= ", wanted.since), (" AND \"subject\" = ", wanted.subject)];
    for (words, text) in texts {
        if let Some(text) = text {
            w.raw(words).bind(Bind::text(text));
        }
    }
    if let Some(name) = wanted.entity {
        // Its full name, or what stands behind the last dot.
        w.raw(" AND (\"entity\" = ").bind(Bind::text(name));
        w.raw(" OR substr(\"entity\", length(\"entity\") - length(CAST(").bind(Bind::text(name));
        w.raw(" AS text))) = '.' || CAST(").bind(Bind::text(name)).raw(" AS text))");
    }
    if wanted.refused {
        w.raw(" AND \"decision\" <> 'allow'");
    }
    w.raw(" ORDER BY \"id\" DESC LIMIT CAST(").bind(Bind::Int(i64::from(wanted.limit))).raw(" AS bigint)");
    w.done()
}

/// One row when a tenant has decisions from before this time.
#[must_use]
pub fn is_there(tenant: &TenantId, before: &str) -> Statement {
    let mut w = Writer::default();
    w.raw("SELECT 1 FROM \"athyper_decisions\"");
    older(&mut w, tenant, before);
    w.raw(" LIMIT 1");
    w.done()
}

/// Forgets decisions of a tenant from before this time: at most so many, the oldest.
#[must_use]
pub fn forget(tenant: &TenantId, before: &str, most: u32) -> Statement {
    let mut w = Writer::default();
    w.raw("DELETE FROM \"athyper_decisions\" WHERE \"tenant_id\" = ")
        .bind(Bind::text(tenant.as_str()))
        .raw(" AND \"id\" IN (SELECT \"id\" FROM \"athyper_decisions\"");
    older(&mut w, tenant, before);
    w.raw(" ORDER BY \"at\" LIMIT CAST(").bind(Bind::Int(i64::from(most))).raw(" AS bigint))");
    w.done()
}

fn older(w: &mut Writer, tenant: &TenantId, before: &str) {
    w.raw(" WHERE \"tenant_id\" = ")
        .bind(Bind::text(tenant.as_str()))
        .raw(" AND \"at\" < ")
        .bind(Bind::text(before));
}
