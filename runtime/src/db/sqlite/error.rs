//! What SQLite says when it refuses, in our words.

use std::path::Path;

use sqlx::error::ErrorKind;

use crate::db::error::logged;
use crate::db::{DbError, Violation};

const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;

/// What `error` means, after its words went to the log.
pub(in crate::db) fn mapped(error: &sqlx::Error) -> DbError {
    logged(meaning(error), error)
}

/// What `error` means while the file is being opened.
pub(super) fn opening(file: &Path, error: &sqlx::Error) -> DbError {
    match mapped(error) {
        DbError::Broken => {
            DbError::Unopenable { file: file.to_owned(), reason: "SQLite refused it".to_owned() }
        }
        other => other,
    }
}

fn meaning(error: &sqlx::Error) -> DbError {
    let database = match error {
        sqlx::Error::PoolTimedOut => return DbError::Busy,
        sqlx::Error::Database(database) => database,
        _ => return DbError::Broken,
    };
    let message = database.message();
    match database.kind() {
        ErrorKind::UniqueViolation => return DbError::Violation(unique(message)),
        ErrorKind::ForeignKeyViolation => return DbError::Violation(Violation::Reference),
        ErrorKind::CheckViolation => {
            return DbError::Violation(Violation::Check { constraint: behind_colon(message).to_owned() });
        }
        ErrorKind::NotNullViolation => {
            let (table, column) = behind_colon(message).split_once('.').unwrap_or_default();
            return DbError::Violation(Violation::Required {
                table: table.to_owned(),
                column: column.to_owned(),
            });
        }
        _ => {}
    }
    if message == "integer overflow" {
        return DbError::Overflow;
    }
    let code: i32 = database.code().and_then(|c| c.parse().ok()).unwrap_or(0);
    match code & 0xff {
        BUSY | LOCKED => DbError::Busy,
        READONLY | CANTOPEN => DbError::ReadOnly,
        FULL | IOERR => DbError::Full,
        CORRUPT | NOTADB => DbError::Corrupt,
        _ => DbError::Broken,
    }
}

/// `UNIQUE constraint failed: t.tenant_id, t.code` is the only thing SQLite says about it.
fn unique(message: &str) -> Violation {
    let table = behind_colon(message).split_once('.').map_or("", |(table, _)| table);
    Violation::Unique { table: table.to_owned() }
}

fn behind_colon(message: &str) -> &str {
    message.split_once(": ").map_or("", |(_, rest)| rest)
}
