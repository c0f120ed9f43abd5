//! The door to an SQLite file: one writer, several readers, and a lock that keeps every other server away.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use athyper_schemas::dialect::Dialect;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Arguments, AssertSqlSafe};

use super::{Cells, DbError, Row, Settings};
use crate::sql::{Bind, Statement, own};

pub(super) mod connections;
mod error;
mod transaction;

use connections::{Connections, Lease};
pub(super) use error::mapped;
pub(super) use transaction::Tx;

/// The oldest SQLite without the WAL corruption bug.
const OLDEST: [u32; 3] = [3, 51, 3];

/// An open file; it stays locked against a second server until the last clone is gone.
#[derive(Debug, Clone)]
pub(super) struct Door {
    readers: Connections,
    writer: Connections,
    _lock: Option<Arc<File>>,
}

impl Door {
    /// Opens the file, alone if the settings say so.
    pub(super) async fn open(file: &Path, settings: &Settings) -> Result<Self, DbError> {
        if file.is_dir() {
            return Err(DbError::Unopenable { file: file.to_owned(), reason: "it is a folder".to_owned() });
        }
        let lock = if settings.alone { Some(Arc::new(lock(file)?)) } else { None };
        let mut options = connect_options(file, settings)?;
        if !is_foreign(&options).await {
            options = options.journal_mode(SqliteJournalMode::Wal);
        }
        let failed = |e: sqlx::Error| error::opening(file, &e);
        let wait = settings.busy_timeout;
        let writer = Connections::open(options.clone(), 1, wait).await.map_err(failed)?;
        require_recent(&writer).await?;
        let mut probe = Tx::on(writer.lend().await.map_err(failed)?);
        probe.started().await.map_err(failed)?;
        probe.end("ROLLBACK").await?;
        drop(probe);
        let options = options.pragma("query_only", "ON");
        let readers = Connections::open(options, settings.readers.max(1), wait).await.map_err(failed)?;
        Ok(Self { readers, writer, _lock: lock })
    }

    /// A connection that only reads.
    pub(super) async fn reader(&self) -> Result<Lease, DbError> {
        self.readers.lend().await.map_err(|e| mapped(&e))
    }

    /// The one write transaction, when it is its turn.
    pub(super) async fn begin(&self) -> Result<Tx, DbError> {
        self.writer.lend().await.map(Tx::on).map_err(|e| mapped(&e))
    }

    /// A transaction that only reads.
    pub(super) async fn begin_reading(&self) -> Result<Tx, DbError> {
        self.reader().await.map(Tx::reading)
    }

    /// Finishes what runs and closes every connection.
    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

pub(super) async fn all(on: &mut Lease, statement: &Statement) -> Result<Vec<Row>, DbError> {
    let rows = on.all(query(statement)?).await.map_err(|e| mapped(&e))?;
    Ok(rows.into_iter().map(|row| Row(Cells::Sqlite(row))).collect())
}

pub(super) async fn one(on: &mut Lease, statement: &Statement) -> Result<Option<Row>, DbError> {
    Ok(on.one(query(statement)?).await.map_err(|e| mapped(&e))?.map(|row| Row(Cells::Sqlite(row))))
}

/// A statement for the driver.
fn query(statement: &Statement) -> Result<connections::Query<'_>, DbError> {
    Ok(sqlx::query_with(safe(Arc::clone(statement.text())), arguments(statement)?))
}

/// Tells the driver that a text is safe: a [`Statement`] and a `Script` are only made by [`crate::sql`].
fn safe<T>(text: T) -> AssertSqlSafe<T> {
    AssertSqlSafe(text)
}

/// The values of a statement that is about to run. The log shows it without them: they may be personal.
fn arguments(statement: &Statement) -> Result<SqliteArguments, DbError> {
    tracing::debug!(statement = %statement.text(), "asks the database");
    let mut arguments = SqliteArguments::default();
    arguments.reserve(statement.binds().len(), 0);
    for bind in statement.binds() {
        match bind {
            Bind::Null => arguments.add(None::<i64>),
            Bind::Int(number) => arguments.add(*number),
            Bind::Text(text) => arguments.add(Arc::clone(text)),
        }
        .map_err(|e| mapped(&sqlx::Error::Encode(e)))?;
    }
    Ok(arguments)
}

fn connect_options(file: &Path, settings: &Settings) -> Result<SqliteConnectOptions, DbError> {
    let options = SqliteConnectOptions::from_str("sqlite:").map_err(|e| error::opening(file, &e))?;
    Ok(options
        .filename(file)
        .create_if_missing(true)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(settings.busy_timeout)
        .statement_cache_capacity(512)
        .pragma("trusted_schema", "OFF")
        .pragma("temp_store", "MEMORY"))
}

/// Whether somebody else made this database. It will be refused, and keeps its journal as it is.
async fn is_foreign(options: &SqliteConnectOptions) -> bool {
    let options = options.clone().create_if_missing(false).read_only(true);
    let Ok(looking) = Connections::open(options, 1, Duration::ZERO).await else { return false };
    let Ok(mut lease) = looking.lend().await else { return false };
    let objects = all(&mut lease, &own::schema_objects(Dialect::Sqlite)).await.unwrap_or_default();
    let ours = objects.iter().any(|row| row.text(0) == Some("athyper_migrations"));
    drop(lease);
    looking.close().await;
    !objects.is_empty() && !ours
}

/// Takes the lock file beside the database; the operating system gives it back whatever happens to us. A file that is
/// known by several names has one lock.
fn lock(file: &Path) -> Result<File, DbError> {
    let mut name = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()).into_os_string();
    name.push(".lock");
    let path = PathBuf::from(name);
    if fs::metadata(file).is_ok_and(|m| m.permissions().readonly()) {
        return Err(DbError::ReadOnly);
    }
    let open = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = open.map_err(|e| DbError::Unopenable { file: path, reason: e.kind().to_string() })?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(DbError::InUse { file: file.to_owned() }),
        Err(TryLockError::Error(e)) => {
            Err(DbError::Unopenable { file: file.to_owned(), reason: e.kind().to_string() })
        }
    }
}

async fn require_recent(on: &Connections) -> Result<(), DbError> {
    let asked = async { on.lend().await?.one(sqlx::query("SELECT sqlite_version()")).await };
    let row = asked.await.map_err(|e| mapped(&e))?.map(|row| Row(Cells::Sqlite(row)));
    let found = row.as_ref().and_then(|row| row.text(0)).unwrap_or_default().to_owned();
    let parts: Vec<u32> = found.split('.').filter_map(|p| p.parse().ok()).collect();
    if parts.as_slice() < OLDEST.as_slice() {
        Err(DbError::TooOld { found: format!("SQLite {found}"), needed: "3.51.3" })
    } else {
        Ok(())
    }
}
