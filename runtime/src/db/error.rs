//! What went wrong in the database, in our words. The database's own words go to the log, never further.

use std::path::PathBuf;

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
    /// The server cannot be reached, or does not let us in.
    #[error("cannot open the database on {server}: {reason}")]
    Unreachable {
        /// Where.
        server: String,
        /// Why, in words of ours or the operating system's.
        reason: String,
    },
    /// The connection ended before the answer came.
    #[error("the connection to the database was lost; try again")]
    Lost,
    /// The role of the connection may not do this.
    #[error("the role that is used for the database may not do this; use the one that owns the tables")]
    Denied,
    /// The file, its folder or its file system is read-only; or the server is a copy of another one.
    #[error("the database is read-only; make the file and its folder writable")]
    ReadOnly,
    /// The disk is full. The transaction was undone.
    #[error("the disk is full; nothing was written, make room and try again")]
    Full,
    /// Somebody else was writing for too long.
    #[error("the database is busy; try again")]
    Busy,
    /// An SQLite that can corrupt a WAL file, or a PostgreSQL that lacks what the tables need.
    #[error("{found} is too old; {needed} or later is needed")]
    TooOld {
        /// Which.
        found: String,
        /// The oldest that does.
        needed: &'static str,
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
    /// Values that must be unique are there already. Databases look at the keys of a table in different orders:
    /// which key it was is not told.
    Unique {
        /// The table.
        table: String,
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

/// The meaning of an error, after its words went to the log.
pub(super) fn logged(meaning: DbError, error: &sqlx::Error) -> DbError {
    let is_ours = matches!(
        meaning,
        DbError::Broken
            | DbError::Corrupt
            | DbError::Full
            | DbError::ReadOnly
            | DbError::Denied
            | DbError::Lost
    );
    if is_ours {
        tracing::error!(%error, "the database failed");
    } else {
        tracing::debug!(%error, "the database refused");
    }
    meaning
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
            DbError::Busy
            | DbError::Lost
            | DbError::Unreachable { .. }
            | DbError::ReadOnly
            | DbError::InUse { .. } => Kind::Unavailable,
            DbError::Unopenable { .. }
            | DbError::TooOld { .. }
            | DbError::Denied
            | DbError::Corrupt
            | DbError::Broken => Kind::Internal,
        };
        Self::new(kind).because(error)
    }
}
