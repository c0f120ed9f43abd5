//! A connection to a database, of either kind. The only place in `metac` that knows the driver.

use std::collections::BTreeSet;
use std::str::FromStr;

use athyper_expr::value::{Stored, Value};
use athyper_metac::policy_test::sql::{Statement, TENANT};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgDatabaseError};
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Row, raw_sql};
use uuid::Uuid;

use crate::cli::{Exit, Stop};

/// What PostgreSQL says when row level security refuses a row, and the function of PostgreSQL that says so.
const REFUSED: &str = "42501";
const REFUSES: &str = "ExecWithCheckOptions";

/// A connection.
pub enum Door {
    Sqlite(SqliteConnection),
    Postgres {
        connection: PgConnection,
        /// The name of the schema, and of the role where one is needed.
        scratch: String,
        /// Whether row level security does not hold whoever is connected.
        needs_role: bool,
    },
}

/// What a database says that could not.
#[derive(Debug)]
pub struct Failed(String);

impl Failed {
    /// Stops the program.
    pub fn while_doing(&self, what: &str) -> Stop {
        Stop::new(Exit::Outside, format!("cannot {what}: {}", self.0))
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<sqlx::error::BoxDynError> for Failed {
    fn from(error: sqlx::error::BoxDynError) -> Self {
        Self(error.to_string())
    }
}

/// The address of a PostgreSQL database; what is wrong with it otherwise.
pub fn address(url: &str) -> Result<PgConnectOptions, String> {
    let advice = "write `postgres://user:password@host/database`";
    PgConnectOptions::from_str(url)
        .map_err(|error| format!("that is no address of a database: {error}; {advice}"))
}

impl Door {
    /// A new database in memory.
    pub async fn sqlite() -> Result<Self, Stop> {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(false);
        let connection = options.pragma("ignore_check_constraints", "ON").connect().await;
        let stop = |error: sqlx::Error| Failed::from(error).while_doing("open SQLite");
        connection.map(Self::Sqlite).map_err(stop)
    }

    /// The database with this address.
    pub async fn postgres(url: &str) -> Result<Self, Stop> {
        let options = address(url).map_err(|wrong| Stop::new(Exit::WrongCall, wrong))?;
        let stop = |error: sqlx::Error| Failed::from(error).while_doing("connect to PostgreSQL");
        // What the server notices while things are dropped is of no use to anybody.
        let options = options.options([("client_min_messages", "warning")]);
        let connection = options.connect().await.map_err(stop)?;
        let scratch = format!("athyper_test_{}", Uuid::now_v7().simple());
        Ok(Self::Postgres { connection, scratch, needs_role: false })
    }

    /// Runs several statements without values.
    pub async fn script(&mut self, text: &str) -> Result<(), Failed> {
        // The text is ours: DDL from the package, and words of this file.
        let script = raw_sql(AssertSqlSafe(text.to_owned()));
        match self {
            Self::Sqlite(connection) => _ = script.execute(connection).await?,
            Self::Postgres { connection, .. } => _ = script.execute(connection).await?,
        }
        Ok(())
    }

    /// Runs a statement; how many rows it reached.
    pub async fn execute(&mut self, statement: &Statement) -> Result<u64, Failed> {
        let text = AssertSqlSafe(statement.text.clone());
        Ok(match self {
            Self::Sqlite(connection) => {
                let query = sqlx::query_with(text, in_sqlite(&statement.binds)?).persistent(false);
                query.execute(connection).await?.rows_affected()
            }
            Self::Postgres { connection, .. } => {
                let query = sqlx::query_with(text, in_postgres(&statement.binds)?).persistent(false);
                query.execute(connection).await?.rows_affected()
            }
        })
    }

    /// The ids that a statement gives.
    pub async fn ids(&mut self, statement: &Statement) -> Result<BTreeSet<Uuid>, Failed> {
        let text = AssertSqlSafe(statement.text.clone());
        let found: Vec<String> = match self {
            Self::Sqlite(connection) => {
                let query = sqlx::query_with(text, in_sqlite(&statement.binds)?).persistent(false);
                let rows = query.fetch_all(connection).await?;
                rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?
            }
            Self::Postgres { connection, .. } => {
                let query = sqlx::query_with(text, in_postgres(&statement.binds)?).persistent(false);
                let rows = query.fetch_all(connection).await?;
                rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?
            }
        };
        let id = |text: &String| Uuid::try_parse(text).map_err(|error| Failed(error.to_string()));
        found.iter().map(id).collect()
    }

    /// Whether row level security lets each of these writes reach a row.
    pub async fn are_let_through(&mut self, writes: &[Statement]) -> Result<bool, Failed> {
        let Self::Postgres { connection, .. } = self else {
            return Err(Failed("SQLite has no row level security".to_owned()));
        };
        for statement in writes {
            let text = AssertSqlSafe(statement.text.clone());
            let query = sqlx::query_with(text, in_postgres(&statement.binds)?).persistent(false);
            match query.execute(&mut *connection).await {
                Ok(done) if done.rows_affected() > 0 => {}
                Ok(_) => return Ok(false),
                Err(sqlx::Error::Database(error)) if is_refusal(error.as_ref()) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// Takes away what judges whether records are complete and unique: tests say no more than matters to them.
    pub async fn forget_constraints(&mut self) -> Result<(), Failed> {
        match self {
            Self::Sqlite(connection) => {
                let found =
                    "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE 'CREATE UNIQUE%'";
                let rows = raw_sql(found).fetch_all(&mut *connection).await?;
                for row in rows {
                    let name: String = row.try_get(0)?;
                    let drop = format!("DROP INDEX \"{}\"", name.replace('"', "\"\""));
                    raw_sql(AssertSqlSafe(drop)).execute(&mut *connection).await?;
                }
                Ok(())
            }
            Self::Postgres { .. } => self.script(FORGET).await,
        }
    }

    /// Makes a schema that nobody else has, to work in.
    pub async fn begin_scratch(&mut self) -> Result<(), Failed> {
        let Self::Postgres { connection, scratch, needs_role } = self else { return Ok(()) };
        let held = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
        *needs_role = raw_sql(held).fetch_one(&mut *connection).await?.try_get(0)?;
        let script = format!(
            "CREATE SCHEMA \"{scratch}\"; SET search_path TO \"{scratch}\"; SET jit TO off; \
             SET athyper.tenant = '{TENANT}'; SET athyper.scope = 'tenant'"
        );
        raw_sql(AssertSqlSafe(script)).execute(connection).await?;
        Ok(())
    }

    /// Removes what was made.
    pub async fn end_scratch(&mut self) -> Result<(), Failed> {
        let Self::Postgres { connection, scratch, .. } = self else { return Ok(()) };
        // After a failure a transaction may be open; the role that callers had goes with it.
        let _ = raw_sql("ROLLBACK").execute(&mut *connection).await;
        let script = format!("DROP SCHEMA IF EXISTS \"{scratch}\" CASCADE");
        raw_sql(AssertSqlSafe(script)).execute(connection).await?;
        Ok(())
    }

    /// Makes the role that callers have, where whoever is connected is held to nothing. It goes with the transaction.
    pub async fn make_role(&mut self) -> Result<(), Failed> {
        let Self::Postgres { scratch, needs_role: true, .. } = self else { return Ok(()) };
        let script = format!(
            "CREATE ROLE \"{scratch}\"; GRANT USAGE ON SCHEMA \"{scratch}\" TO \"{scratch}\"; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \"{scratch}\" TO \"{scratch}\""
        );
        self.script(&script).await
    }

    /// From here on row level security decides, for the caller in these settings, until the savepoint before.
    pub async fn become_caller(&mut self, settings: &[(&'static str, String)]) -> Result<(), Failed> {
        let Self::Postgres { scratch, needs_role, .. } = self else { return Ok(()) };
        let mut script = String::from("SELECT set_config('athyper.scope', '', TRUE)");
        for (name, value) in settings {
            let value = value.replace('\'', "''");
            script.push_str(&format!("; SELECT set_config('{name}', '{value}', TRUE)"));
        }
        if *needs_role {
            script.push_str(&format!("; SET LOCAL ROLE \"{scratch}\""));
        }
        self.script(&script).await
    }
}

/// Whether row level security refused a row. A right that is missing has the same code, and is no answer.
fn is_refusal(error: &dyn DatabaseError) -> bool {
    let error = error.try_downcast_ref::<PgDatabaseError>();
    error.is_some_and(|error| error.code() == REFUSED && error.routine() == Some(REFUSES))
}

/// Drops constraints and unique indexes of the schema, but for primary keys.
const FORGET: &str = r"
DO $$
DECLARE one record;
BEGIN
  FOR one IN SELECT conrelid::regclass AS holder, conname FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace AND contype IN ('f', 'c', 'u', 'x') AND conparentid = 0
    ORDER BY contype = 'f' DESC LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', one.holder, one.conname);
  END LOOP;
  FOR one IN SELECT indexrelid::regclass AS index FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = current_schema()::regnamespace AND indisunique AND NOT indisprimary LOOP
    EXECUTE format('DROP INDEX %s', one.index);
  END LOOP;
END $$";

fn in_sqlite(values: &[Value]) -> Result<SqliteArguments, Failed> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value.stored() {
            Stored::Null => arguments.add(None::<i64>)?,
            Stored::Int(value) => arguments.add(value)?,
            Stored::Text(text) => arguments.add(text.as_ref().to_owned())?,
        }
    }
    Ok(arguments)
}

/// Every value is bound as text: the statement says what it is.
fn in_postgres(values: &[Value]) -> Result<PgArguments, Failed> {
    let mut arguments = PgArguments::default();
    for value in values {
        let text = match value {
            Value::Bool(value) => Some(value.to_string()),
            Value::Decimal(value) => Some(value.to_string()),
            _ => value.to_storage_text(),
        };
        arguments.add(text)?;
    }
    Ok(arguments)
}
