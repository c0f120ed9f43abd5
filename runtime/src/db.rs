//! The door to the database: an SQLite file or a PostgreSQL server. Runs statements, decides nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use athyper_schemas::dialect::Dialect;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, Row as _, TypeInfo, ValueRef};

use crate::sql::{Bind, Script, Statement};
use crate::who::TenantId;

mod error;
pub mod migrate;
mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

pub use error::{DbError, Violation};

/// Where the database is.
#[derive(Debug, Clone)]
pub enum Place {
    /// In this file; made when missing.
    File(PathBuf),
    /// On the server with this address, `postgres://...`.
    Server(String),
}

/// How to open the database.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it is.
    pub place: Place,
    /// Connections for reading a file.
    pub readers: u32,
    /// Most connections to a server.
    pub connections: u32,
    /// How long a write waits for its turn.
    pub busy_timeout: Duration,
    /// How long a statement may run on a server.
    pub statement_timeout: Duration,
    /// As which role everything is done on a server, when not as the user of the address.
    pub role: Option<String>,
    /// Whether a pooler before the server keeps prepared statements for its clients.
    pub pooler_keeps_statements: bool,
    /// Whether to keep every other server away from a file. Tools that work beside a running server do not.
    pub alone: bool,
}

impl Settings {
    /// The usual settings for this place.
    #[must_use]
    pub fn for_place(place: Place) -> Self {
        Self {
            place,
            readers: 4,
            connections: 16,
            busy_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            role: None,
            pooler_keeps_statements: false,
            alone: true,
        }
    }

    /// The usual settings for this file.
    #[must_use]
    pub fn for_file(file: &Path) -> Self {
        Self::for_place(Place::File(file.to_owned()))
    }
}

/// An open database. Cheap to clone.
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
    door: Door,
    #[cfg(test)]
    read: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

#[derive(Debug, Clone)]
enum Door {
    Sqlite(sqlite::Door),
    Postgres(postgres::Door),
}

impl Db {
    /// Opens the database, a file alone if the settings say so.
    ///
    /// # Errors
    /// [`DbError`] when a file is in use by another server or cannot be opened or written, a server cannot be reached,
    /// or either is too old.
    pub async fn open(settings: &Settings) -> Result<Self, DbError> {
        let door = match &settings.place {
            Place::File(file) => Door::Sqlite(sqlite::Door::open(file, settings).await?),
            Place::Server(url) => Door::Postgres(postgres::Door::open(url, settings).await?),
        };
        Ok(Self {
            door,
            #[cfg(test)]
            read: std::sync::Arc::default(),
        })
    }

    /// What it speaks.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.door {
            Door::Sqlite(_) => Dialect::Sqlite,
            Door::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement that only reads; its rows in order.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn read(&self, statement: &Statement) -> Result<Vec<Row>, DbError> {
        self.count();
        match &self.door {
            Door::Sqlite(door) => sqlite::all(&mut door.reader().await?, statement).await,
            Door::Postgres(door) => postgres::all(&mut door.reader().await?, statement).await,
        }
    }

    /// Runs a statement that only reads; its first row.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn read_one(&self, statement: &Statement) -> Result<Option<Row>, DbError> {
        self.count();
        match &self.door {
            Door::Sqlite(door) => sqlite::one(&mut door.reader().await?, statement).await,
            Door::Postgres(door) => postgres::one(&mut door.reader().await?, statement).await,
        }
    }

    /// Begins a transaction about what belongs to no tenant.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn begin(&self) -> Result<Tx, DbError> {
        self.transaction(None).await
    }

    /// Begins the one write transaction of this tenant: waits for its turn, then nobody else writes its rows until it
    /// ends.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn begin_for(&self, tenant: &TenantId) -> Result<Tx, DbError> {
        self.transaction(Some(tenant)).await
    }

    /// Begins a transaction that adds and removes rows of this tenant in tables of our own which no other write looks at.
    /// On a server it waits for no writer, and none for it; a file has one writer, whatever he writes.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn begin_beside(&self, tenant: &TenantId) -> Result<Tx, DbError> {
        let inner = match &self.door {
            Door::Sqlite(door) => Inner::Sqlite(door.begin().await?),
            Door::Postgres(door) => Inner::Postgres(door.begin_beside(tenant).await?),
        };
        Ok(Tx { inner, marks: 0 })
    }

    /// Begins a transaction that only reads this tenant's rows, all as they were at one time. It waits for no writer,
    /// and none for it.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn begin_reading(&self, tenant: &TenantId) -> Result<Tx, DbError> {
        let inner = match &self.door {
            Door::Sqlite(door) => Inner::Sqlite(door.begin_reading().await?),
            Door::Postgres(door) => Inner::Postgres(door.begin_reading(tenant).await?),
        };
        Ok(Tx { inner, marks: 0 })
    }

    async fn transaction(&self, tenant: Option<&TenantId>) -> Result<Tx, DbError> {
        let inner = match &self.door {
            Door::Sqlite(door) => Inner::Sqlite(door.begin().await?),
            Door::Postgres(door) => Inner::Postgres(door.begin(tenant).await?),
        };
        Ok(Tx { inner, marks: 0 })
    }

    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "only tests count"))]
    fn count(&self) {
        #[cfg(test)]
        self.read.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    /// How many statements were read so far.
    #[cfg(test)]
    pub(crate) fn statements_read(&self) -> usize {
        self.read.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Finishes what runs and closes every connection.
    pub async fn close(&self) {
        match &self.door {
            Door::Sqlite(door) => door.close().await,
            Door::Postgres(door) => door.close().await,
        }
    }
}

/// A transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    marks: u32,
}

#[derive(Debug)]
enum Inner {
    Sqlite(sqlite::Tx),
    Postgres(postgres::Tx),
}

/// Calls the same method on either.
macro_rules! either {
    ($inner:expr, $method:ident ( $($argument:expr),* )) => {
        match $inner {
            Inner::Sqlite(tx) => tx.$method($($argument),*).await,
            Inner::Postgres(tx) => tx.$method($($argument),*).await,
        }
    };
}

impl Tx {
    /// Runs a statement; how many rows it touched.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn execute(&mut self, statement: &Statement) -> Result<u64, DbError> {
        either!(&mut self.inner, execute(statement))
    }

    /// Runs statements that write, then perhaps one that reads; how many rows the writes touched, and the first row that
    /// was read. One that is refused ends it; those before it have run.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn run(
        &mut self,
        writes: &[Statement],
        then: Option<&Statement>,
    ) -> Result<(u64, Option<Row>), DbError> {
        either!(&mut self.inner, run(writes, then))
    }

    /// Runs a statement inside the transaction; its rows in order.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn read(&mut self, statement: &Statement) -> Result<Vec<Row>, DbError> {
        either!(&mut self.inner, read(statement))
    }

    /// Runs a statement inside the transaction; its first row.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn read_one(&mut self, statement: &Statement) -> Result<Option<Row>, DbError> {
        either!(&mut self.inner, read_one(statement))
    }

    /// Marks a place to which [`Tx::undo`] returns. Places nest.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn mark(&mut self) -> Result<(), DbError> {
        self.words("SAVEPOINT mark").await?;
        self.marks += 1;
        Ok(())
    }

    /// Forgets the last mark and keeps what was done since.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn keep(&mut self) -> Result<(), DbError> {
        self.marks = self.marks.saturating_sub(1);
        self.words("RELEASE mark").await
    }

    /// Undoes everything since the last mark and forgets the mark.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn undo(&mut self) -> Result<(), DbError> {
        self.marks = self.marks.saturating_sub(1);
        self.words("ROLLBACK TO mark").await?;
        self.words("RELEASE mark").await
    }

    /// Whether there is a mark.
    #[must_use]
    pub fn is_marked(&self) -> bool {
        self.marks > 0
    }

    /// Undoes everything and begins anew. Marks are gone.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn restart(&mut self) -> Result<(), DbError> {
        self.marks = 0;
        either!(&mut self.inner, restart())
    }

    /// Makes everything durable at once.
    ///
    /// # Errors
    /// [`DbError`]; then nothing was written, except that nobody knows when it is [`DbError::Lost`].
    pub async fn commit(self) -> Result<(), DbError> {
        self.end("COMMIT").await
    }

    /// Undoes everything.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn rollback(self) -> Result<(), DbError> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, words: &'static str) -> Result<(), DbError> {
        either!(&mut self.inner, end(words))
    }

    async fn script(&mut self, script: &Script) -> Result<(), DbError> {
        either!(&mut self.inner, script(script))
    }

    async fn words(&mut self, words: &'static str) -> Result<(), DbError> {
        either!(&mut self.inner, words(words))
    }
}

/// One row of an answer. Its cells are in the stored form, whatever the database.
#[derive(Debug)]
pub struct Row(Cells);

#[derive(Debug)]
enum Cells {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The text in this column; nothing for `NULL` and for numbers.
    #[must_use]
    pub fn text(&self, column: usize) -> Option<&str> {
        match &self.0 {
            Cells::Sqlite(row) => row.try_get::<Option<_>, _>(column).ok().flatten(),
            Cells::Postgres(row) => row.try_get::<Option<_>, _>(column).ok().flatten(),
        }
    }

    /// The integer in this column; nothing for `NULL` and for text.
    #[must_use]
    pub fn int(&self, column: usize) -> Option<i64> {
        match &self.0 {
            Cells::Sqlite(row) => row.try_get::<Option<_>, _>(column).ok().flatten(),
            Cells::Postgres(row) => row.try_get::<Option<_>, _>(column).ok().flatten(),
        }
    }

    /// The value in this column.
    #[must_use]
    pub fn value(&self, column: usize) -> Bind {
        let is_text = match &self.0 {
            Cells::Sqlite(row) => {
                row.try_get_raw(column).is_ok_and(|v| !v.is_null() && v.type_info().name() == "TEXT")
            }
            Cells::Postgres(row) => row.try_column(column).is_ok_and(|c| c.type_info().name() == "TEXT"),
        };
        match (is_text, self.text(column), self.int(column)) {
            (true, Some(text), _) => Bind::text(text),
            (false, _, Some(number)) => Bind::Int(number),
            _ => Bind::Null,
        }
    }
}
