//! Open connections to a PostgreSQL server, lent to one user at a time. Knows the driver; knows no statement but those
//! that begin and end a transaction.
//!
//! The driver's own pool asks the server once more, from a task made for that, before a connection may be lent again.
//! Here a connection goes back at once when nothing was left in it; an open transaction is undone first; and one on
//! which a statement may still run is closed, because nobody knows for how long.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Postgres, Row};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use uuid::Uuid;

/// A statement as the driver takes it.
pub(in crate::db) type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

/// A connection that nobody used for so long is asked whether it is still there.
const FORGOTTEN: Duration = Duration::from_secs(30);
/// How long that may take.
const REPLY: Duration = Duration::from_secs(2);

/// What holds for every connection.
#[derive(Debug, Clone)]
pub(in crate::db) struct Session {
    /// How long a statement may run.
    pub statement_timeout: Duration,
    /// How long a statement or a user of this pool waits for others.
    pub lock_timeout: Duration,
    /// As whom everything is done, when not as the user of the connection.
    pub role: Option<String>,
    /// Whether prepared statements stay with their client behind a pooler.
    pub keeps_statements: bool,
}

/// At most so many connections to one server. Cheap to clone.
#[derive(Clone)]
pub(in crate::db) struct Connections(Arc<Inner>);

struct Inner {
    options: PgConnectOptions,
    session: Session,
    most: u32,
    free: Mutex<Vec<Live>>,
    permits: Arc<Semaphore>,
    behind_pooler: AtomicBool,
}

/// An open connection.
struct Live {
    connection: PgConnection,
    /// Whether it is the server's session for as long as it is open: then statements are prepared once.
    is_session: bool,
    since: Instant,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connections({} of {} free)", self.0.permits.available_permits(), self.0.most)
    }
}

impl Connections {
    /// Connections that are opened when somebody needs them.
    pub(in crate::db) fn new(options: PgConnectOptions, session: Session, most: u32) -> Self {
        let permits = Arc::new(Semaphore::new(most as usize));
        let free = Mutex::new(Vec::new());
        Self(Arc::new(Inner { options, session, most, free, permits, behind_pooler: AtomicBool::new(false) }))
    }

    /// A connection for the caller alone.
    pub(in crate::db) async fn lend(&self) -> Result<Lease, sqlx::Error> {
        let permit = self.permit().await?;
        let live = loop {
            match self.0.take() {
                None => break self.0.connect().await?,
                Some(mut live) if live.since.elapsed() > FORGOTTEN => {
                    if matches!(tokio::time::timeout(REPLY, live.connection.ping()).await, Ok(Ok(()))) {
                        break live;
                    }
                }
                Some(live) => break live,
            }
        };
        let of = Arc::clone(&self.0);
        Ok(Lease { live: Some(live), left: Left::default(), of, permit: Some(permit) })
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, sqlx::Error> {
        match Arc::clone(&self.0.permits).try_acquire_owned() {
            Ok(permit) => return Ok(permit),
            Err(TryAcquireError::Closed) => return Err(sqlx::Error::PoolClosed),
            Err(TryAcquireError::NoPermits) => {}
        }
        let turn = Arc::clone(&self.0.permits).acquire_owned();
        match tokio::time::timeout(self.0.session.lock_timeout, turn).await {
            Ok(permit) => permit.map_err(|_| sqlx::Error::PoolClosed),
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// Waits until every connection is back, and closes them.
    pub(in crate::db) async fn close(&self) {
        let all = self.0.permits.acquire_many(self.0.most).await;
        while let Some(live) = self.0.take() {
            // It was only lent for statements that have ended; there is nothing to lose.
            let _ = live.connection.close().await;
        }
        self.0.permits.close();
        drop(all);
    }
}

impl Inner {
    fn take(&self) -> Option<Live> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn take_back(&self, mut live: Live) {
        live.since = Instant::now();
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(live);
    }

    /// Closes what waits to be lent: when one connection broke, the others did not fare better.
    fn forget(&self) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn connect(&self) -> Result<Live, sqlx::Error> {
        let wait = self.session.lock_timeout.max(REPLY);
        match tokio::time::timeout(wait, self.open()).await {
            Ok(opened) => opened,
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// Opens a connection with our settings. A pooler between us and the server refuses or forgets them: then the role
    /// has to have them, and no statement outlives its transaction.
    async fn open(&self) -> Result<Live, sqlx::Error> {
        let mark = Uuid::now_v7().simple().to_string();
        if !self.behind_pooler.load(Ordering::Relaxed) {
            match self.options.clone().options(self.settings(&mark)).connect().await {
                Ok(connection) => return self.look(connection, &mark).await,
                Err(error) if refuses_settings(&error) => {
                    tracing::info!("a pooler stands before the database");
                    self.behind_pooler.store(true, Ordering::Relaxed);
                }
                Err(error) => return Err(error),
            }
        }
        self.look(self.options.connect().await?, &mark).await
    }

    fn settings(&self, mark: &str) -> Vec<(&'static str, String)> {
        let Session { statement_timeout, lock_timeout, role, .. } = &self.session;
        let mut settings = vec![
            ("athyper.connection", mark.to_owned()),
            ("jit", "off".to_owned()),
            ("statement_timeout", statement_timeout.as_millis().to_string()),
            ("idle_in_transaction_session_timeout", (statement_timeout.as_millis() * 2).to_string()),
            ("lock_timeout", lock_timeout.as_millis().to_string()),
        ];
        settings.extend(role.as_ref().map(|role| ("role", role.clone())));
        settings
    }

    /// Whether the session at the other end is the one that we asked for.
    async fn look(&self, mut connection: PgConnection, mark: &str) -> Result<Live, sqlx::Error> {
        let asked = "SELECT coalesce(current_setting('athyper.connection', true), '')";
        let row = (&mut connection).fetch_one(sqlx::raw_sql(asked)).await?;
        let is_session = row.try_get::<String, _>(0)? == mark;
        if is_session {
            // A server that cannot watch its clients goes on until the statement times out.
            let watch = "SET client_connection_check_interval = 1000";
            let _ = (&mut connection).execute(sqlx::raw_sql(watch)).await;
        }
        Ok(Live { connection, is_session, since: Instant::now() })
    }
}

/// Whether a pooler does not take settings with the connection.
fn refuses_settings(error: &sqlx::Error) -> bool {
    let words = error.as_database_error().map(sqlx::error::DatabaseError::message).unwrap_or_default();
    words.contains("unsupported startup parameter")
}

/// What a user left behind on a connection.
#[derive(Clone, Copy, Default)]
struct Left {
    /// A transaction.
    transaction: bool,
    /// The transaction can only be undone: its last statement was refused.
    refused: bool,
    /// A statement that perhaps still runs.
    running: bool,
}

/// A connection in use. Dropped, it goes back; what was left in it ends first.
pub(in crate::db) struct Lease {
    live: Option<Live>,
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
    /// The server's version as one number: 150004 is 15.4.
    pub(in crate::db) fn server_version(&self) -> Option<u32> {
        self.live.as_ref().and_then(|live| live.connection.server_version_num())
    }

    /// Whether another program stands between us and the server.
    pub(in crate::db) fn is_behind_pooler(&self) -> bool {
        self.live.as_ref().is_some_and(|live| !live.is_session)
    }

    /// The first row, if there is one.
    pub(in crate::db) async fn one(&mut self, query: Query<'_>) -> Result<Option<PgRow>, sqlx::Error> {
        let (query, alone) = self.ready(query).await?;
        let outcome = query.fetch_optional(self.working()?).await;
        let row = self.rested(outcome)?;
        self.done(alone).await?;
        Ok(row)
    }

    /// Every row.
    pub(in crate::db) async fn all(&mut self, query: Query<'_>) -> Result<Vec<PgRow>, sqlx::Error> {
        let (query, alone) = self.ready(query).await?;
        let outcome = query.fetch(self.working()?).try_collect().await;
        let rows = self.rested(outcome)?;
        self.done(alone).await?;
        Ok(rows)
    }

    /// How many rows were touched.
    pub(in crate::db) async fn execute(&mut self, query: Query<'_>) -> Result<u64, sqlx::Error> {
        let (query, alone) = self.ready(query).await?;
        let outcome = query.execute(self.working()?).await.map(|done| done.rows_affected());
        let rows = self.rested(outcome)?;
        self.done(alone).await?;
        Ok(rows)
    }

    /// Runs statements without values, one after another.
    pub(in crate::db) async fn script(&mut self, words: &str) -> Result<(), sqlx::Error> {
        let outcome = self.working()?.execute(sqlx::raw_sql(AssertSqlSafe(words))).await.map(drop);
        self.rested(outcome)
    }

    /// Begins a transaction with these words.
    pub(in crate::db) async fn begin(&mut self, words: &str) -> Result<(), sqlx::Error> {
        self.left.transaction = true;
        self.script(words).await
    }

    /// Ends the transaction with `COMMIT` or `ROLLBACK`.
    pub(in crate::db) async fn end(&mut self, words: &'static str) -> Result<(), sqlx::Error> {
        if self.left.refused && words == "COMMIT" {
            // The server would undo it and call that a success.
            return Err(sqlx::Error::Protocol(
                "a transaction with a refused statement cannot be kept".into(),
            ));
        }
        self.script(words).await?;
        self.left = Left::default();
        Ok(())
    }

    /// The statement as this connection takes it, and whether it stands alone in a transaction: where statements
    /// outlive nothing else, preparing and running it must meet the same session.
    async fn ready<'q>(&mut self, query: Query<'q>) -> Result<(Query<'q>, bool), sqlx::Error> {
        let keeps = !self.is_behind_pooler() || self.of.session.keeps_statements;
        let alone = !keeps && !self.left.transaction;
        if alone {
            self.begin("BEGIN").await?;
        }
        Ok((query.persistent(keeps), alone))
    }

    async fn done(&mut self, alone: bool) -> Result<(), sqlx::Error> {
        if alone { self.end("COMMIT").await } else { Ok(()) }
    }

    fn working(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.left.running = true;
        Ok(&mut self.live.as_mut().ok_or(sqlx::Error::PoolClosed)?.connection)
    }

    /// After a statement: one that the server refused has ended too, anything else broke the connection.
    fn rested<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        self.left.refused = self.left.transaction && outcome.is_err();
        match &outcome {
            Ok(_) => self.left.running = false,
            Err(sqlx::Error::Database(error)) if !error.code().is_some_and(|code| ends_session(&code)) => {
                self.left.running = false;
            }
            Err(_) => {
                self.live = None;
                self.of.forget();
            }
        }
        outcome
    }
}

/// Whether the server says with this code that it hangs up.
fn ends_session(code: &str) -> bool {
    code.starts_with("57P") || code.starts_with("08") || code == "25P03"
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut live) = self.live.take().filter(|_| !self.left.running) else { return };
        if !self.left.transaction {
            self.of.take_back(live);
            return;
        }
        // Without a runtime the connection is closed, which undoes what it had begun.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (of, permit) = (Arc::clone(&self.of), self.permit.take());
        runtime.spawn(async move {
            let undone = (&mut live.connection).execute(sqlx::raw_sql("ROLLBACK"));
            match tokio::time::timeout(REPLY, undone).await {
                Ok(Ok(_)) => of.take_back(live),
                _ => tracing::debug!("a connection is given up"),
            }
            drop(permit);
        });
    }
}
