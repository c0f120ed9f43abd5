//! The one write transaction: statements in order, all or none of which last. Decides nothing.

use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;

use super::connections::{Connections, Lease};
use super::{Cells, DbError, Row, all, arguments, mapped, one, query, safe};
use crate::sql::{Script, Statement};

/// Most values of statements that are sent together. More are sent one by one: texts are kept, and long ones differ.
const TOGETHER: usize = 400;

/// A transaction. One that writes has its turn from the beginning. The database hears of it with the first statement.
#[derive(Debug)]
pub(in crate::db) struct Tx {
    inner: Lease,
    /// How it begins.
    words: &'static str,
    /// Whether the database has said that it began. Until then every statement begins it, so that none runs outside.
    begun: bool,
}

impl Tx {
    /// A transaction that writes, on this connection.
    pub(in crate::db) fn on(inner: Lease) -> Self {
        Self { inner, words: "BEGIN IMMEDIATE", begun: false }
    }

    /// A transaction that only reads: from its first statement on it sees the same records, and keeps nobody waiting.
    pub(in crate::db) fn reading(inner: Lease) -> Self {
        Self { inner, words: "BEGIN", begun: false }
    }

    /// A transaction in a database that is nowhere, to see what a script makes.
    pub(in crate::db) async fn in_memory() -> Result<Self, DbError> {
        let memory = SqliteConnectOptions::new().in_memory(true);
        let made = async { Connections::open(memory, 1, Duration::ZERO).await?.lend().await.map(Self::on) };
        made.await.map_err(|e| mapped(&e))
    }

    /// Runs a statement; how many rows it touched.
    pub(in crate::db) async fn execute(&mut self, statement: &Statement) -> Result<u64, DbError> {
        self.begin().await?;
        self.inner.execute(query(statement)?).await.map_err(|e| mapped(&e))
    }

    /// Runs statements that write, then perhaps one that reads; how many rows the writes touched, and the first row that
    /// was read. One that is refused ends it; those before it have run.
    pub(in crate::db) async fn run(
        &mut self,
        writes: &[Statement],
        then: Option<&Statement>,
    ) -> Result<(u64, Option<Row>), DbError> {
        let parts = writes.iter().chain(then);
        let values: usize = parts.clone().map(|part| part.binds().len()).sum();
        if values <= TOGETHER && parts.clone().count() > 1 {
            self.begin().await?;
            let together = Statement::joined(parts);
            let outcome = self.inner.several(query(&together)?, writes.len()).await;
            return outcome
                .map(|(touched, row)| (touched, row.map(|row| Row(Cells::Sqlite(row)))))
                .map_err(|e| mapped(&e));
        }
        let mut touched = 0;
        for statement in writes {
            touched += self.execute(statement).await?;
        }
        Ok(match then {
            Some(statement) => (touched, self.read_one(statement).await?),
            None => (touched, None),
        })
    }

    /// Runs a statement inside the transaction; its rows in order.
    pub(in crate::db) async fn read(&mut self, statement: &Statement) -> Result<Vec<Row>, DbError> {
        if self.begun {
            return all(&mut self.inner, statement).await;
        }
        // A write mostly reads first: one way to the database and back for both.
        let text = safe(format!("{}; {}", self.words, statement.text()));
        let both = sqlx::query_with(text, arguments(statement)?);
        self.inner.begins();
        let rows = self.inner.all(both).await.map_err(|e| mapped(&e))?;
        self.begun = true;
        Ok(rows.into_iter().map(|row| Row(Cells::Sqlite(row))).collect())
    }

    /// Runs a statement inside the transaction; its first row.
    pub(in crate::db) async fn read_one(&mut self, statement: &Statement) -> Result<Option<Row>, DbError> {
        self.begin().await?;
        one(&mut self.inner, statement).await
    }

    /// Begins anew, as if nothing had been done.
    pub(in crate::db) async fn restart(&mut self) -> Result<(), DbError> {
        self.end("ROLLBACK").await?;
        self.begun = false;
        Ok(())
    }

    pub(in crate::db) async fn script(&mut self, script: &Script) -> Result<(), DbError> {
        self.begin().await?;
        self.inner.script(safe(script.text())).await.map_err(|e| mapped(&e))
    }

    pub(in crate::db) async fn words(&mut self, words: &'static str) -> Result<(), DbError> {
        self.begin().await?;
        self.inner.execute(sqlx::query(words)).await.map(drop).map_err(|e| mapped(&e))
    }

    /// Makes sure that the database knows of the transaction.
    pub(in crate::db) async fn started(&mut self) -> Result<(), sqlx::Error> {
        if !self.begun {
            self.inner.begins();
            self.inner.execute(sqlx::query(self.words)).await?;
            self.begun = true;
        }
        Ok(())
    }

    async fn begin(&mut self) -> Result<(), DbError> {
        self.started().await.map_err(|e| mapped(&e))
    }

    /// Ends it with `COMMIT` or `ROLLBACK`.
    pub(in crate::db) async fn end(&mut self, words: &'static str) -> Result<(), DbError> {
        if !self.begun {
            return Ok(());
        }
        self.inner.end(words).await.map_err(|e| mapped(&e))
    }
}
