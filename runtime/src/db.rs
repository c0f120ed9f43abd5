//! The door to the database: one SQLite file, one writer, several readers. Runs statements, decides nothing.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{Arguments, AssertSqlSafe, Row as _, Sqlite, TypeInfo, ValueRef};

use crate::sql::{Bind, Statement, own};
use crate::who::TenantId;

mod connections;
mod error;
pub mod migrate;
#[cfg(test)]
mod tests;
mod transaction;

use connections::{Connections, Lease};
pub use error::{DbError, Violation};
pub use transaction::Tx;

/// The oldest SQLite without the WAL corruption bug.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

/// How to open the database.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file; made when missing.
    pub file: PathBuf,
    /// Connections for reading.
    pub readers: u32,
    /// How long a write waits for its turn.
    pub busy_timeout: Duration,
    /// Whether to keep every other server away. Tools that work beside a running server do not.
    pub alone: bool,
}

impl Settings {
    /// The usual settings for this file.
    #[must_use]
    pub fn for_file(file: &Path) -> Self {
        Self { file: file.to_owned(), readers: 4, busy_timeout: Duration::from_secs(5), alone: true }
    }
}

/// An open database. Cheap to clone; the file stays locked against a second server until the last clone is gone.
///
/// It runs statements, and no text is one:
///
/// ```compile_fail,E0308
/// # async fn ask(db: &athyper_runtime::db::Db, typed: &str) {
/// let _ = db.read(typed).await;
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Db {
    readers: Connections,
    writer: Connections,
    _lock: Option<Arc<File>>,
    #[cfg(test)]
    read: Arc<std::sync::atomic::AtomicUsize>,
}

impl Db {
    /// Opens the file, alone if the settings say so.
    ///
    /// # Errors
    /// [`DbError`] when the file is in use by another server, cannot be opened or written, or SQLite is too old.
    pub async fn open(settings: &Settings) -> Result<Self, DbError> {
        if settings.file.is_dir() {
            let reason = "it is a folder".to_owned();
            return Err(DbError::Unopenable { file: settings.file.clone(), reason });
        }
        let lock = if settings.alone { Some(Arc::new(lock(&settings.file)?)) } else { None };
        let mut options = connect_options(settings)?;
        if !is_foreign(&options).await {
            options = options.journal_mode(SqliteJournalMode::Wal);
        }
        let failed = |e: sqlx::Error| error::opening(&settings.file, &e);
        let wait = settings.busy_timeout;
        let writer = Connections::open(options.clone(), 1, wait).await.map_err(failed)?;
        require_recent_sqlite(&writer).await?;
        let mut probe = Tx::on(writer.lend().await.map_err(failed)?);
        probe.started().await.map_err(failed)?;
        probe.rollback().await?;
        let options = options.pragma("query_only", "ON");
        let readers = Connections::open(options, settings.readers.max(1), wait).await.map_err(failed)?;
        Ok(Self {
            readers,
            writer,
            _lock: lock,
            #[cfg(test)]
            read: Arc::default(),
        })
    }

    /// Runs a statement that only reads; its rows in order.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn read(&self, statement: &Statement) -> Result<Vec<Row>, DbError> {
        all(&mut self.reader().await?, statement).await
    }

    /// Runs a statement that only reads; its first row.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn read_one(&self, statement: &Statement) -> Result<Option<Row>, DbError> {
        one(&mut self.reader().await?, statement).await
    }

    async fn reader(&self) -> Result<Lease, DbError> {
        #[cfg(test)]
        self.read.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.readers.lend().await.map_err(|e| error::mapped(&e))
    }

    /// Begins the one write transaction: waits for its turn, then nobody else writes until it ends.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn begin(&self) -> Result<Tx, DbError> {
        self.writer.lend().await.map(Tx::on).map_err(|e| error::mapped(&e))
    }

    /// The same, for rows of this tenant.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn begin_for(&self, _tenant: &TenantId) -> Result<Tx, DbError> {
        self.begin().await
    }

    /// How many statements were read so far.
    #[cfg(test)]
    pub(crate) fn statements_read(&self) -> usize {
        self.read.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Finishes what runs and closes every connection.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// One row of an answer.
#[derive(Debug)]
pub struct Row(SqliteRow);

impl Row {
    /// The text in this column; nothing for `NULL` and for numbers.
    #[must_use]
    pub fn text(&self, column: usize) -> Option<&str> {
        self.0.try_get::<Option<_>, _>(column).ok().flatten()
    }

    /// The integer in this column; nothing for `NULL` and for text.
    #[must_use]
    pub fn int(&self, column: usize) -> Option<i64> {
        self.0.try_get::<Option<_>, _>(column).ok().flatten()
    }

    /// The value in this column.
    #[must_use]
    pub fn value(&self, column: usize) -> Bind {
        let is_text =
            self.0.try_get_raw(column).is_ok_and(|v| !v.is_null() && v.type_info().name() == "TEXT");
        match (is_text, self.text(column), self.int(column)) {
            (true, Some(text), _) => Bind::text(text),
            (false, _, Some(number)) => Bind::Int(number),
            _ => Bind::Null,
        }
    }
}

async fn all(on: &mut Lease, statement: &Statement) -> Result<Vec<Row>, DbError> {
    let rows = on.all(query(statement)?).await.map_err(|e| error::mapped(&e))?;
    Ok(rows.into_iter().map(Row).collect())
}

async fn one(on: &mut Lease, statement: &Statement) -> Result<Option<Row>, DbError> {
    Ok(on.one(query(statement)?).await.map_err(|e| error::mapped(&e))?.map(Row))
}

/// A statement for the driver.
fn query(statement: &Statement) -> Result<sqlx::query::Query<'_, Sqlite, SqliteArguments>, DbError> {
    Ok(sqlx::query_with(safe(Arc::clone(statement.text())), arguments(statement)?))
}

/// The one place that tells the driver a text is safe: a [`Statement`] and a [`Script`] are only made by [`crate::sql`].
fn safe<T>(text: T) -> AssertSqlSafe<T> {
    AssertSqlSafe(text)
}

fn arguments(statement: &Statement) -> Result<SqliteArguments, DbError> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(statement.binds().len(), 0);
    for bind in statement.binds() {
        match bind {
            Bind::Null => arguments.add(None::<i64>),
            Bind::Int(number) => arguments.add(*number),
            Bind::Text(text) => arguments.add(Arc::clone(text)),
        }
        .map_err(|e| error::mapped(&sqlx::Error::Encode(e)))?;
    }
    Ok(arguments)
}

fn connect_options(settings: &Settings) -> Result<SqliteConnectOptions, DbError> {
    let options =
        SqliteConnectOptions::from_str("sqlite:").map_err(|e| error::opening(&settings.file, &e))?;
    Ok(options
        .filename(&settings.file)
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
    let objects = all(&mut lease, &own::schema_objects()).await.unwrap_or_default();
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

async fn require_recent_sqlite(on: &Connections) -> Result<(), DbError> {
    let asked = async { on.lend().await?.one(sqlx::query("SELECT sqlite_version()")).await };
    let row = asked.await.map_err(|e| error::mapped(&e))?.map(Row);
    let found = row.as_ref().and_then(|row| row.text(0)).unwrap_or_default().to_owned();
    let parts: Vec<u32> = found.split('.').filter_map(|p| p.parse().ok()).collect();
    if parts.as_slice() < OLDEST_SQLITE.as_slice() { Err(DbError::TooOld { found }) } else { Ok(()) }
}
