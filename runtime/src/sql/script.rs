//! Scripts of several statements: the beginning of a transaction, our own migrations, the schema of a verified build,
//! and what a server's role is given.

use athyper_expr::sql::By;
use athyper_schemas::bundle::System;
use athyper_schemas::canonical::Hash;
use athyper_schemas::dialect::Dialect;
use uuid::Uuid;

use super::Writer;
use super::tables::finder;
use crate::catalog::{Build, Field};
use crate::who::TenantId;

/// Several SQL statements without values. Made from what was compiled into the program or verified by its hash.
#[derive(Debug, Clone)]
pub struct Script {
    text: String,
}

/// What the serving role may do with our own tables: those without a tenant are only read.
const OWN_TABLES: &[(&str, &str)] = &[
    ("SELECT", "athyper_migrations"),
    ("SELECT", "athyper_facts"),
    ("SELECT", "athyper_tenants"),
    ("SELECT, INSERT, UPDATE, DELETE", "athyper_idempotency"),
    ("SELECT, INSERT, UPDATE, DELETE", "athyper_sequences"),
    ("SELECT, INSERT, UPDATE, DELETE", "athyper_files"),
    ("SELECT, INSERT, DELETE", "athyper_decisions"),
];

/// Before and behind what a finder looks for.
const FINDS: &str = " ROWS 10\n  LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$\nDECLARE\n  \"before\" text := current_setting('athyper.scope', TRUE);\nBEGIN\n  PERFORM set_config('athyper.scope', 'tenant', TRUE);\n  RETURN QUERY SELECT \"r\".* FROM ";
const FOUND: &str =
    " = $1;\n  PERFORM set_config('athyper.scope', coalesce(\"before\", ''), TRUE);\nEND;\n$$;\n";

impl Script {
    /// Words of ours.
    #[must_use]
    pub fn ours(text: &'static str) -> Self {
        Self { text: text.to_owned() }
    }

    /// What makes the tables of a build, if it was compiled for this dialect.
    #[must_use]
    pub fn schema_of(build: &Build, dialect: Dialect) -> Option<Self> {
        build.schema(dialect).map(|text| Self { text: text.to_owned() })
    }

    /// What makes the policies of a build row level security, if it was compiled for PostgreSQL; and functions that go on
    /// finding every record of the tenant, for conditions of policies in statements that are held to what their caller
    /// may read. They give nobody a right: they make a setting that whoever calls them can make.
    #[must_use]
    pub fn row_security_of(build: &Build) -> Option<Self> {
        let mut w = Writer::new(Dialect::Postgres);
        w.text.push_str(build.row_security()?);
        for entity in build.catalog().entities() {
            let parent = entity.system(System::Parent).and_then(Field::column);
            for (by, column) in [(By::Id, Some("id")), (By::Owner, parent)] {
                let Some(column) = column else { continue };
                w.raw("CREATE OR REPLACE FUNCTION ").name(&finder(entity.table(), by));
                w.raw("(uuid) RETURNS SETOF ").name(entity.table()).raw(FINDS).name(entity.table());
                w.raw(" AS \"r\" WHERE \"r\".").name(column).raw(FOUND);
            }
        }
        Some(Self { text: w.text })
    }

    /// Begins a transaction of PostgreSQL that is about no tenant.
    #[must_use]
    pub fn begin() -> Self {
        Self::ours("BEGIN ISOLATION LEVEL READ COMMITTED")
    }

    /// Begins a transaction of PostgreSQL about this tenant's rows in which the program holds the policies, and waits until nobody else writes any of them.
    /// Each statement after that sees what was committed before.
    #[must_use]
    pub fn begin_for(tenant: &TenantId) -> Self {
        let (high, low) = Uuid::parse_str(tenant.as_str()).unwrap_or_default().as_u64_pair();
        // A tenant's id is a UUID by its type: it needs no escape.
        let text = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL athyper.tenant = '{tenant}'; SET LOCAL athyper.scope = 'tenant'; SELECT pg_advisory_xact_lock({})",
            (high ^ low).cast_signed()
        );
        Self { text }
    }

    /// Begins a transaction of PostgreSQL that adds and removes rows of this tenant in tables of our own which no other
    /// write looks at. It stands in nobody's line.
    #[must_use]
    pub fn begin_beside(tenant: &TenantId) -> Self {
        // A tenant's id is a UUID by its type: it needs no escape.
        let text = format!("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL athyper.tenant = '{tenant}'");
        Self { text }
    }

    /// Begins a transaction of PostgreSQL that reads this tenant's rows, all as they are when the first is read, in which
    /// the program holds the policies. It keeps nobody waiting.
    #[must_use]
    pub fn begin_reading(tenant: &TenantId) -> Self {
        // A tenant's id is a UUID by its type: it needs no escape.
        let text = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL athyper.tenant = '{tenant}'; SET LOCAL athyper.scope = 'tenant'"
        );
        Self { text }
    }

    /// Waits until nobody else changes the tables of the database.
    #[must_use]
    pub fn lock_tables() -> Self {
        Self::ours("SELECT pg_advisory_xact_lock(7021796523423265)")
    }

    /// Makes the role that serves.
    #[must_use]
    pub fn make_role(role: &str) -> Self {
        let mut w = Writer::new(Dialect::Postgres);
        w.raw("CREATE ROLE ").name(role).raw(" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;\n");
        Self { text: w.text }
    }

    /// Gives the role the settings that a pooler may keep connections from bringing along.
    #[must_use]
    pub fn settle_role(role: &str) -> Self {
        let mut w = Writer::new(Dialect::Postgres);
        for setting in [
            "jit = off",
            "lock_timeout = '5s'",
            "statement_timeout = '30s'",
            "idle_in_transaction_session_timeout = '60s'",
        ] {
            w.raw("ALTER ROLE ").name(role).raw(" SET ").raw(setting).raw(";\n");
        }
        Self { text: w.text }
    }

    /// Gives the role what serving these tables takes, and no more.
    #[must_use]
    pub fn grant(role: &str, build: &Build) -> Self {
        let mut w = Writer::new(Dialect::Postgres);
        let mut give = |what: &'static str, table: &str| {
            w.raw("GRANT ").raw(what).raw(" ON ").name(table).raw(" TO ").name(role).raw(";\n");
        };
        for (what, table) in OWN_TABLES {
            give(what, table);
        }
        for entity in build.catalog().entities() {
            give("SELECT, INSERT, UPDATE, DELETE", entity.table());
        }
        Self { text: w.text }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it is known by.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(self.text.as_bytes())
    }
}
