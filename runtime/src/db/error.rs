//! What went wrong in the database, in our words. The database's own words go to the log, never further.

use std::path::{Path, PathBuf};

use sqlx::error::ErrorKind;

use crate::problem::{Kind, Problem};

/// Why the database did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// Another server has the file.
    #[error("`{file}` is in use by another athyper; stop it, or serve another file")]
    InUse {
        /// Which.
        file: PathBuf,
    },
    /// The file cannot be opened or made.
    #[error("cannot open `{file}`: {reason}")]
    Unopenable {
        /// Which.
        file: PathBuf,
        /// Why, in words of ours or the operating system's.
        reason: String,
    },
    /// The file, its folder or its file system is read-only.
    #[error("the database is read-only; make the file and its folder writable")]
    ReadOnly,
    /// The disk is full. The transaction was undone.
    #[error("the disk is full; nothing was written, make room and try again")]
    Full,
    /// Somebody else was writing for too long.
    #[error("the database is busy; try again")]
    Busy,
    /// The program was built with an SQLite that can corrupt a WAL file.
    #[error("SQLite {found} is too old; 3.51.3 or later is needed")]
    TooOld {
        /// Which.
        found: String,
    },
    /// The file is damaged or not a database.
    #[error("the file is damaged or not an SQLite database; restore it from a backup")]
    Corrupt,
    /// A constraint of the schema refused the write.
    #[error("a constraint was violated")]
    Violation(Violation),
    /// A sum does not fit into 64 bits.
    #[error("a sum is too large")]
    Overflow,
    /// Anything else: our bug, see the log.
    #[error("the database refused a statement; the log has the details")]
    Broken,
}

/// Which kind of constraint refused a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// These columns must be unique together; the tenant column is left out.
    Unique {
        /// The table.
        table: String,
        /// The columns, in index order.
        columns: Vec<String>,
    },
    /// A reference points nowhere, or something still points at what was deleted.
    Reference,
    /// A CHECK was false; its name when it has one.
    Check {
        /// The name of the constraint.
        constraint: String,
    },
    /// A column must not be null.
    Required {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;

/// What `error` means, after its words went to the log.
pub(super) fn mapped(error: &sqlx::Error) -> DbError {
    let meaning = meaning(error);
    if matches!(meaning, DbError::Broken | DbError::Corrupt | DbError::Full | DbError::ReadOnly) {
        tracing::error!(%error, "the database failed");
    } else {
        tracing::debug!(%error, "the database refused");
    }
    meaning
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
    let mut table = String::new();
    let mut columns = Vec::new();
    for part in behind_colon(message).split(", ") {
        if let Some((of, column)) = part.split_once('.') {
            of.clone_into(&mut table);
            if column != "tenant_id" {
                columns.push(column.to_owned());
            }
        }
    }
    Violation::Unique { table, columns }
}

fn behind_colon(message: &str) -> &str {
    message.split_once(": ").map_or("", |(_, rest)| rest)
}

impl From<DbError> for Problem {
    /// Unique violations are answered by the writer who knows the fields; here they only get their type.
    fn from(error: DbError) -> Self {
        let kind = match &error {
            DbError::Violation(Violation::Unique { .. }) => Kind::AlreadyExists,
            DbError::Violation(Violation::Reference) => Kind::StillReferenced,
            DbError::Violation(_) => Kind::Invalid,
            DbError::Overflow => Kind::LimitExceeded,
            DbError::Full => Kind::StorageFull,
            DbError::Busy | DbError::ReadOnly | DbError::InUse { .. } => Kind::Unavailable,
            DbError::Unopenable { .. } | DbError::TooOld { .. } | DbError::Corrupt | DbError::Broken => {
                Kind::Internal
            }
        };
        Self::new(kind).because(error)
    }
}
