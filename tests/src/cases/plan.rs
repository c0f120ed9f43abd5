//! What the server asked of its database for one request, and how the database goes about it.

use std::path::Path;

use anyhow::Context;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};

/// The settings under which the server writes its statements to the log, without their values.
pub const SETTINGS: [(&str, &str); 2] =
    [("ATHYPER_LOG_FORMAT", "json"), ("ATHYPER_LOG_LEVEL", "info,athyper_runtime::db=debug")];

/// The clauses that begin a line.
const CLAUSES: [&str; 7] =
    [" FROM ", " LEFT JOIN ", " WHERE ", " GROUP BY ", " HAVING ", " ORDER BY ", " LIMIT "];

/// Each statement about the package's tables in this part of a log, a line `---`, and SQLite's plan of it.
///
/// # Errors
/// When the log or the database cannot be read.
pub async fn show(log: &str, database: &Path) -> anyhow::Result<String> {
    let options = SqliteConnectOptions::new().filename(database).read_only(true);
    let mut connection = options.connect().await?;
    let mut parts = Vec::new();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).with_context(|| format!("not JSON: {line}"))?;
        // The server also asks for things of its own, at times of its own: outside of a request, or its own tables.
        let statement = line.get("statement").filter(|_| line.get("span").is_some()).and_then(Value::as_str);
        if let Some(statement) = statement.filter(|statement| !statement.contains("\"athyper_")) {
            parts.push(format!("{}\n---\n{}", folded(statement), plan(&mut connection, statement).await?));
        }
    }
    Ok(parts.join("\n"))
}

/// The statement with its clauses on lines of their own.
fn folded(statement: &str) -> String {
    let mut text = statement.to_owned();
    for clause in CLAUSES {
        text = text.replace(clause, &format!("\n{}", clause.trim_start()));
    }
    text
}

/// SQLite's plan, indented as it nests.
async fn plan(connection: &mut SqliteConnection, statement: &str) -> anyhow::Result<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let rows: Vec<SqliteRow> = sqlx::query(explain).fetch_all(connection).await?;
    let mut nesting: Vec<i64> = Vec::new();
    let mut out = String::new();
    for row in rows {
        let (id, parent): (i64, i64) = (row.try_get("id")?, row.try_get("parent")?);
        while nesting.last().is_some_and(|last| *last != parent) {
            nesting.pop();
        }
        out.push_str(&format!("{:1$}{2}\n", "", 2 * nesting.len(), row.try_get::<String, _>("detail")?));
        nesting.push(id);
    }
    Ok(out)
}
