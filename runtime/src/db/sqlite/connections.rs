//! Open SQLite connections, lent to one user at a time. Knows the driver; knows no statement but those that begin and
//! end a transaction.
//!
//! The driver has a pool of its own. It asks its thread once more before a connection may be lent again, from a task
//! made for that, and so doubles what a small read costs; here only a connection that was left in the middle of
//! something is looked after.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Either, Executor, Sqlite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// A statement as the driver takes it.
pub(in crate::db) type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// A fixed number of connections to one database. Cheap to clone.
#[derive(Clone)]
pub(in crate::db) struct Connections(Arc<Inner>);

struct Inner {
    options: SqliteConnectOptions,
    count: u32,
    wait: Duration,
    free: Mutex<Vec<SqliteConnection>>,
    permits: Arc<Semaphore>,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connections({} of {} free)", self.0.permits.available_permits(), self.0.count)
    }
}

impl Connections {
    /// Opens `count` connections; who wants one waits for at most `wait`.
    pub(in crate::db) async fn open(
        options: SqliteConnectOptions,
        count: u32,
        wait: Duration,
    ) -> Result<Self, sqlx::Error> {
        let free = try_join_all((0..count).map(|_| options.connect())).await?;
        let permits = Arc::new(Semaphore::new(free.len()));
        Ok(Self(Arc::new(Inner { options, count, wait, free: Mutex::new(free), permits })))
    }

    /// A connection for the caller alone.
    pub(in crate::db) async fn lend(&self) -> Result<Lease, sqlx::Error> {
        let permit = self.permit().await?;
        let free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match free {
            Some(connection) => connection,
            // The last one in this place had to be given up.
            None => self.0.options.connect().await?,
        };
        let of = Arc::clone(&self.0);
        Ok(Lease { connection: Some(connection), left: Left::Nothing, of, permit: Some(permit) })
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, sqlx::Error> {
        match Arc::clone(&self.0.permits).try_acquire_owned() {
            Ok(permit) => return Ok(permit),
            Err(TryAcquireError::Closed) => return Err(sqlx::Error::PoolClosed),
            Err(TryAcquireError::NoPermits) => {}
        }
        let turn = Arc::clone(&self.0.permits).acquire_owned();
        match tokio::time::timeout(self.0.wait, turn).await {
            Ok(permit) => permit.map_err(|_| sqlx::Error::PoolClosed),
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// Waits until every connection is back, and closes them.
    pub(in crate::db) async fn close(&self) {
        let all = self.0.permits.acquire_many(self.0.count).await;
        let free = std::mem::take(&mut *self.0.free.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in free {
            // It was only lent for statements that have ended; there is nothing to lose.
            let _ = connection.close().await;
        }
        self.0.permits.close();
        drop(all);
    }
}

/// What a user left behind on a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Nothing: it may be lent at once.
    Nothing,
    /// A statement, perhaps still running.
    Statement,
    /// A transaction, perhaps with a statement.
    Transaction,
}

/// A connection in use. Dropped, it goes back; what was left in it ends first.
pub(in crate::db) struct Lease {
    connection: Option<SqliteConnection>,
    left: Left,
    of: Arc<Inner>,
    permit: Option<OwnedSemaphorePermit>,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lease")
    }
}

impl Lease {
    /// The first row, if there is one.
    pub(in crate::db) async fn one(&mut self, query: Query<'_>) -> Result<Option<SqliteRow>, sqlx::Error> {
        let (connection, before) = self.working()?;
        let outcome = query.fetch_optional(connection).await;
        self.rested(before, outcome)
    }

    /// Every row.
    pub(in crate::db) async fn all(&mut self, query: Query<'_>) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let (connection, before) = self.working()?;
        let outcome = query.fetch(connection).try_collect().await;
        self.rested(before, outcome)
    }

    /// How many rows were touched.
    pub(in crate::db) async fn execute(&mut self, query: Query<'_>) -> Result<u64, sqlx::Error> {
        let (connection, before) = self.working()?;
        let outcome = query.execute(connection).await.map(|done| done.rows_affected());
        self.rested(before, outcome)
    }

    /// Several statements as one: `writes` that write, then perhaps one that reads. How many rows the writes touched, and
    /// the first row that was read.
    pub(in crate::db) async fn several(
        &mut self,
        query: Query<'_>,
        writes: usize,
    ) -> Result<(u64, Option<SqliteRow>), sqlx::Error> {
        let (connection, before) = self.working()?;
        let outcome = async {
            let (mut touched, mut ended, mut first) = (0, 0, None);
            let mut parts = connection.fetch_many(query);
            while let Some(part) = parts.try_next().await? {
                match part {
                    Either::Left(done) if ended < writes => {
                        touched += done.rows_affected();
                        ended += 1;
                    }
                    Either::Left(_) => {}
                    Either::Right(row) => {
                        first.get_or_insert(row);
                    }
                }
            }
            Ok((touched, first))
        };
        let outcome = outcome.await;
        self.rested(before, outcome)
    }

    /// Runs statements without values, one after another.
    pub(in crate::db) async fn script(&mut self, words: AssertSqlSafe<&str>) -> Result<(), sqlx::Error> {
        let (connection, before) = self.working()?;
        let outcome = sqlx::raw_sql(words).execute(connection).await.map(drop);
        self.rested(before, outcome)
    }

    /// Notes that the next statement begins a transaction, which nobody else can write beside.
    pub(in crate::db) fn begins(&mut self) {
        self.left = Left::Transaction;
    }

    /// Ends the transaction with `COMMIT` or `ROLLBACK`. When that fails it is still open, and is undone with the lease.
    pub(in crate::db) async fn end(&mut self, words: &'static str) -> Result<(), sqlx::Error> {
        self.execute(sqlx::query(words)).await?;
        self.left = Left::Nothing;
        Ok(())
    }

    /// The connection for a statement, and what was left in it before.
    fn working(&mut self) -> Result<(&mut SqliteConnection, Left), sqlx::Error> {
        let before = self.left;
        if before == Left::Nothing {
            self.left = Left::Statement;
        }
        Ok((self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?, before))
    }

    /// After a statement: one that SQLite refused has ended too, anything else broke the connection.
    fn rested<T>(&mut self, before: Left, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        match &outcome {
            Ok(_) | Err(sqlx::Error::Database(_)) => self.left = before,
            Err(_) => self.connection = None,
        }
        outcome
    }
}

impl Inner {
    fn take_back(&self, connection: SqliteConnection) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.left == Left::Nothing {
            self.of.take_back(connection);
            return;
        }
        // Without a runtime the connection is closed, which undoes what it had begun.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (of, permit, left) = (Arc::clone(&self.of), self.permit.take(), self.left);
        runtime.spawn(async move {
            let ended = match left {
                Left::Transaction => sqlx::query("ROLLBACK").execute(&mut connection).await.map(drop),
                Left::Statement | Left::Nothing => connection.ping().await,
            };
            match ended {
                Ok(()) => of.take_back(connection),
                // For example SQLite ended the transaction by itself. Whatever state this is in, another one is not.
                Err(error) => tracing::debug!(%error, "a connection is given up"),
            }
            drop(permit);
        });
    }
}
