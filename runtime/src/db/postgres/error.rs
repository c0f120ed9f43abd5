//! What PostgreSQL says when it refuses, in our words. Decided by its codes: its texts speak many languages.

use sqlx::postgres::PgDatabaseError;

use crate::db::error::logged;
use crate::db::{DbError, Violation};

/// What `error` means, after its words went to the log.
pub(in crate::db) fn mapped(error: &sqlx::Error) -> DbError {
    logged(meaning(error), error)
}

/// What `error` means while the server is being asked for the first time.
pub(super) fn opening(server: &str, error: &sqlx::Error) -> DbError {
    let unreachable =
        |reason: &str| DbError::Unreachable { server: server.to_owned(), reason: reason.to_owned() };
    let meaning = match error {
        sqlx::Error::Io(error) => unreachable(&error.to_string()),
        sqlx::Error::Tls(_) => unreachable("no secure connection can be made; the log has the details"),
        sqlx::Error::PoolTimedOut => unreachable("there is no answer"),
        sqlx::Error::Configuration(_) => {
            unreachable("the address is not of the form `postgres://USER:PASSWORD@HOST:PORT/DATABASE`")
        }
        sqlx::Error::Database(database) => match database.code().as_deref() {
            Some("28P01" | "28000") => unreachable("the user or the password is not accepted"),
            Some("3D000") => unreachable("there is no database of this name; make it with `createdb`"),
            Some("22023" | "42501") => unreachable("the user may not become the role in `database.role`"),
            Some("53300") => unreachable("all its connections are taken"),
            _ => meaning(error),
        },
        _ => meaning(error),
    };
    match meaning {
        DbError::Broken => unreachable("the server refused; the log has the details"),
        meaning => logged(meaning, error),
    }
}

fn meaning(error: &sqlx::Error) -> DbError {
    let database = match error {
        sqlx::Error::PoolTimedOut => return DbError::Busy,
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => return DbError::Lost,
        sqlx::Error::Database(database) => database.try_downcast_ref::<PgDatabaseError>(),
        _ => None,
    };
    let Some(database) = database else { return DbError::Broken };
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let (class, _) = database.code().split_at_checked(2).unwrap_or_default();
    match (class, database.code()) {
        (_, "23505") => DbError::Violation(Violation::Unique { table: owned(database.table()) }),
        (_, "23503") => DbError::Violation(Violation::Reference),
        (_, "23514") => DbError::Violation(Violation::Check { constraint: owned(database.constraint()) }),
        (_, "23502") => DbError::Violation(Violation::Required {
            table: owned(database.table()),
            column: owned(database.column()),
        }),
        (_, "22003") => DbError::Overflow,
        (_, "53100") => DbError::Full,
        (_, "25006") => DbError::ReadOnly,
        (_, "42501") => DbError::Denied,
        // Two who change the same role, or make the same one, at the same time. The server has no code for the first.
        (_, "42710") => DbError::Busy,
        (_, "XX000") if database.routine() == Some("simple_heap_update") => DbError::Busy,
        (_, "57014" | "55P03") | ("40" | "53", _) => DbError::Busy,
        ("08" | "57", _) | (_, "25P03") => DbError::Lost,
        ("XX", "XX001" | "XX002") => DbError::Corrupt,
        _ => DbError::Broken,
    }
}
