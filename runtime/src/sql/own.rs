//! Statements about the runtime's own tables.

use athyper_schemas::dialect::Dialect;

use super::{Bind, Statement, Writer};
use crate::who::TenantId;

/// The name of every table and index, except the database's own, and what makes it what it is.
#[must_use]
pub fn schema_objects(dialect: Dialect) -> Statement {
    words(match dialect {
        Dialect::Sqlite => SQLITE_OBJECTS,
        Dialect::Postgres => include_str!("objects.sql"),
    })
}

const SQLITE_OBJECTS: &str = "SELECT \"name\", \"sql\" FROM \"sqlite_schema\" WHERE \"sql\" IS NOT NULL AND substr(\"name\", 1, 7) <> 'sqlite_' ORDER BY \"name\"";

/// The name and hash of every applied migration.
#[must_use]
pub fn applied_migrations() -> Statement {
    words("SELECT \"name\", \"hash\" FROM \"athyper_migrations\" ORDER BY \"name\"")
}

/// Notes that a migration was applied.
#[must_use]
pub fn record_migration(name: &str, hash: &str, at: &str) -> Statement {
    let mut w = Writer::default();
    w.raw("INSERT INTO \"athyper_migrations\" (\"name\", \"hash\", \"applied_at\") VALUES (")
        .bind(Bind::text(name))
        .raw(", ")
        .bind(Bind::text(hash))
        .raw(", ")
        .bind(Bind::text(at))
        .raw(")");
    w.done()
}

/// What the current role of PostgreSQL may do: its name, whether it is a superuser, goes past row security, or may act
/// as the owner of a table.
#[must_use]
pub fn role() -> Statement {
    words(include_str!("role.sql"))
}

/// One row when PostgreSQL has a role of this name.
#[must_use]
pub fn role_named(name: &str) -> Statement {
    let mut w = Writer::default();
    w.raw("SELECT 1 FROM pg_roles WHERE rolname = ").bind(Bind::text(name)).raw("::text");
    w.done()
}

/// One fact about the database as a whole.
#[must_use]
pub fn fact(name: &str) -> Statement {
    let mut w = Writer::default();
    w.raw("SELECT \"value\" FROM \"athyper_facts\" WHERE \"name\" = ").bind(Bind::text(name));
    w.done()
}

/// Notes a fact, instead of what was there before.
#[must_use]
pub fn record_fact(name: &str, value: &str) -> Statement {
    let mut w = Writer::default();
    w.raw("INSERT INTO \"athyper_facts\" (\"name\", \"value\") VALUES (")
        .bind(Bind::text(name))
        .raw(", ")
        .bind(Bind::text(value))
        .raw(") ON CONFLICT (\"name\") DO UPDATE SET \"value\" = excluded.\"value\"");
    w.done()
}

/// Makes the secret of this database, 256 random bits, unless there is one.
#[must_use]
pub fn make_secret(dialect: Dialect) -> Statement {
    let mut w = Writer::new(dialect);
    w.raw("INSERT INTO \"athyper_facts\" (\"name\", \"value\") VALUES ('secret', ")
        .either("lower(hex(randomblob(32)))", RANDOM_HEX)
        .raw(") ON CONFLICT (\"name\") DO NOTHING");
    w.done()
}

/// PostgreSQL's only strong random numbers without an extension are in its UUIDs, 122 bits each.
const RANDOM_HEX: &str = "encode(sha256(convert_to(concat(gen_random_uuid(), gen_random_uuid(), gen_random_uuid()), 'UTF8')), 'hex')";

/// The id and state of the tenant with this name.
#[must_use]
pub fn tenant(name: &str) -> Statement {
    let mut w = Writer::default();
    w.raw("SELECT \"id\", \"state\" FROM \"athyper_tenants\" WHERE \"name\" = ").bind(Bind::text(name));
    w.done()
}

/// The name, id, state and birth of every tenant.
#[must_use]
pub fn tenants() -> Statement {
    words("SELECT \"name\", \"id\", \"state\", \"created_at\" FROM \"athyper_tenants\" ORDER BY \"name\"")
}

/// Registers a tenant.
#[must_use]
pub fn add_tenant(id: &str, name: &str, at: &str) -> Statement {
    let mut w = Writer::default();
    w.raw("INSERT INTO \"athyper_tenants\" (\"id\", \"name\", \"state\", \"created_at\") VALUES (")
        .bind(Bind::text(id))
        .raw(", ")
        .bind(Bind::text(name))
        .raw(", 'active', ")
        .bind(Bind::text(at))
        .raw(")");
    w.done()
}

/// Changes the state of a tenant.
#[must_use]
pub fn set_tenant_state(name: &str, state: &'static str) -> Statement {
    let mut w = Writer::default();
    w.raw("UPDATE \"athyper_tenants\" SET \"state\" = ")
        .bind(Bind::text(state))
        .raw(" WHERE \"name\" = ")
        .bind(Bind::text(name));
    w.done()
}

/// Forgets answers kept before this instant.
#[must_use]
pub fn forget_answers(before: &Bind) -> Statement {
    let mut w = Writer::default();
    w.raw("DELETE FROM \"athyper_idempotency\" WHERE \"created_at\" < ").bind(before.clone());
    w.done()
}

/// The request, status and answer kept under a key.
#[must_use]
pub fn answer(tenant: &TenantId, subject: &str, key: &str) -> Statement {
    let mut w = Writer::default();
    w.raw("SELECT \"request\", \"status\", \"answer\" FROM \"athyper_idempotency\" WHERE \"tenant_id\" = ")
        .bind(Bind::text(tenant.as_str()))
        .raw(" AND \"subject\" = ")
        .bind(Bind::text(subject))
        .raw(" AND \"key\" = ")
        .bind(Bind::text(key));
    w.done()
}

/// Keeps an answer under a key.
#[must_use]
pub fn record_answer(
    (tenant, subject, key): (&TenantId, &str, &str),
    request: &str,
    status: u16,
    (answer, now): (&str, Bind),
) -> Statement {
    let mut w = Writer::default();
    w.raw("INSERT INTO \"athyper_idempotency\" (\"tenant_id\", \"subject\", \"key\", \"request\", \"status\", \"answer\", \"created_at\") VALUES (");
    for text in [tenant.as_str(), subject, key, request] {
        w.bind(Bind::text(text)).raw(", ");
    }
    w.raw("CAST(")
        .bind(Bind::Int(i64::from(status)))
        .raw(" AS bigint), ")
        .bind(Bind::text(answer))
        .raw(", ")
        .bind(now)
        .raw(")");
    w.done()
}

fn words(words: &'static str) -> Statement {
    let mut w = Writer::default();
    w.raw(words);
    w.done()
}
