//! The door to a PostgreSQL server: one pool for everything. Whose rows are meant is told in each transaction and
//! forgotten with it; one tenant's writes stand in one line, those of several do not.

use std::str::FromStr;

use sqlx::postgres::{PgArguments, PgConnectOptions};
use sqlx::{Arguments, AssertSqlSafe};

use super::{Cells, DbError, Row, Settings};
use crate::sql::{Bind, Script, Statement};
use crate::who::TenantId;

pub(super) mod connections;
mod error;

use connections::{Connections, Lease, Session};
pub(super) use error::mapped;

/// The oldest version with everything that the tables need.
const OLDEST: u32 = 150_000;

/// An open server.
#[derive(Debug, Clone)]
pub(super) struct Door {
    connections: Connections,
}

impl Door {
    /// Connects, and looks whether the server will do.
    pub(super) async fn open(url: &str, settings: &Settings) -> Result<Self, DbError> {
        let options = PgConnectOptions::from_str(url).map_err(|e| error::opening("it", &e))?;
        let server = server(&options);
        let options =
            options.application_name("athyper").extra_float_digits(None).statement_cache_capacity(512);
        let session = Session {
            statement_timeout: settings.statement_timeout,
            lock_timeout: settings.busy_timeout,
            role: settings.role.clone(),
            keeps_statements: settings.pooler_keeps_statements,
        };
        let connections = Connections::new(options, session, settings.connections.max(1));
        let lease = connections.lend().await.map_err(|e| error::opening(&server, &e))?;
        if let Some(version) = lease.server_version().filter(|version| *version < OLDEST) {
            let found = format!("PostgreSQL {}.{}", version / 10_000, version % 10_000);
            return Err(DbError::TooOld { found, needed: "15" });
        }
        if lease.is_behind_pooler() && settings.role.is_some() {
            let reason = "a pooler stands before it, which keeps us from changing the role; \
                connect as the role that serves"
                .to_owned();
            return Err(DbError::Unreachable { server, reason });
        }
        Ok(Self { connections })
    }

    /// A connection for one statement that reads.
    pub(super) async fn reader(&self) -> Result<Lease, DbError> {
        self.connections.lend().await.map_err(|e| mapped(&e))
    }

    /// A transaction about rows of this tenant, when it is its turn; without one, about what has no tenant.
    pub(super) async fn begin(&self, tenant: Option<&TenantId>) -> Result<Tx, DbError> {
        self.begin_with(tenant.map_or_else(Script::begin, Script::begin_for)).await
    }

    /// A transaction about rows of this tenant that no other write looks at, without a turn.
    pub(super) async fn begin_beside(&self, tenant: &TenantId) -> Result<Tx, DbError> {
        self.begin_with(Script::begin_beside(tenant)).await
    }

    /// A transaction that only reads rows of this tenant, all as they were at one time.
    pub(super) async fn begin_reading(&self, tenant: &TenantId) -> Result<Tx, DbError> {
        self.begin_with(Script::begin_reading(tenant)).await
    }

    async fn begin_with(&self, begin: Script) -> Result<Tx, DbError> {
        let mut inner = self.reader().await?;
        inner.begin(begin.text()).await.map_err(|e| mapped(&e))?;
        Ok(Tx { inner, begin })
    }

    /// Finishes what runs and closes every connection.
    pub(super) async fn close(&self) {
        self.connections.close().await;
    }
}

/// Where the server is, without what must not be told.
fn server(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// A transaction.
#[derive(Debug)]
pub(super) struct Tx {
    inner: Lease,
    begin: Script,
}

impl Tx {
    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<u64, DbError> {
        self.inner.execute(query(statement)?).await.map_err(|e| mapped(&e))
    }

    /// Runs statements that write, then perhaps one that reads.
    pub(super) async fn run(
        &mut self,
        writes: &[Statement],
        then: Option<&Statement>,
    ) -> Result<(u64, Option<Row>), DbError> {
        let mut touched = 0;
        for statement in writes {
            touched += self.execute(statement).await?;
        }
        Ok(match then {
            Some(statement) => (touched, self.read_one(statement).await?),
            None => (touched, None),
        })
    }

    pub(super) async fn read(&mut self, statement: &Statement) -> Result<Vec<Row>, DbError> {
        all(&mut self.inner, statement).await
    }

    pub(super) async fn read_one(&mut self, statement: &Statement) -> Result<Option<Row>, DbError> {
        one(&mut self.inner, statement).await
    }

    /// Begins anew, as if nothing had been done.
    pub(super) async fn restart(&mut self) -> Result<(), DbError> {
        self.end("ROLLBACK").await?;
        self.inner.begin(self.begin.text()).await.map_err(|e| mapped(&e))
    }

    pub(super) async fn end(&mut self, words: &'static str) -> Result<(), DbError> {
        self.inner.end(words).await.map_err(|e| mapped(&e))
    }

    pub(super) async fn script(&mut self, script: &Script) -> Result<(), DbError> {
        self.inner.script(script.text()).await.map_err(|e| mapped(&e))
    }

    pub(super) async fn words(&mut self, words: &'static str) -> Result<(), DbError> {
        self.inner.script(words).await.map_err(|e| mapped(&e))
    }
}

pub(super) async fn all(on: &mut Lease, statement: &Statement) -> Result<Vec<Row>, DbError> {
    let rows = on.all(query(statement)?).await.map_err(|e| mapped(&e))?;
    Ok(rows.into_iter().map(|row| Row(Cells::Postgres(row))).collect())
}

pub(super) async fn one(on: &mut Lease, statement: &Statement) -> Result<Option<Row>, DbError> {
    Ok(on.one(query(statement)?).await.map_err(|e| mapped(&e))?.map(|row| Row(Cells::Postgres(row))))
}

/// A statement as the driver takes it: every value is a text, which the statement casts. That its own text is safe is
/// held by its type: only [`crate::sql`] makes one. The log shows it without its values, which may be personal.
fn query(statement: &Statement) -> Result<connections::Query<'_>, DbError> {
    tracing::debug!(statement = %statement.text(), "asks the database");
    let mut arguments = PgArguments::default();
    for bind in statement.binds() {
        match bind {
            Bind::Null => arguments.add(None::<&str>),
            Bind::Int(number) => arguments.add(number.to_string()),
            Bind::Text(text) => arguments.add(text.as_ref()),
        }
        .map_err(|e| mapped(&sqlx::Error::Encode(e)))?;
    }
    Ok(sqlx::query_with(AssertSqlSafe(std::sync::Arc::clone(statement.text())), arguments))
}
