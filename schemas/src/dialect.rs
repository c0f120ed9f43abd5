//! Facts about the SQL dialects that `metac` writes and `athyper` serves.

use serde::{Deserialize, Serialize};

/// A database that an artifact can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// SQLite 3.51.3 or later.
    Sqlite,
    /// PostgreSQL 15 or later.
    Postgres,
}

/// What a dialect can hold and say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DialectFacts {
    /// As written in `metac.yaml` and in build paths.
    pub name: &'static str,
    /// Longest identifier in bytes; PostgreSQL cuts longer ones silently.
    pub max_identifier_bytes: usize,
    /// Most columns a table can have.
    pub max_columns: usize,
    /// Whether comments on tables and columns can be stored.
    pub has_comments: bool,
}

impl Dialect {
    /// Every dialect, in the order of their names in build paths.
    pub const ALL: [Self; 2] = [Self::Postgres, Self::Sqlite];

    /// The facts about this dialect.
    #[must_use]
    pub const fn facts(self) -> DialectFacts {
        match self {
            Self::Sqlite => DialectFacts {
                name: "sqlite",
                max_identifier_bytes: 63,
                max_columns: 2000,
                has_comments: false,
            },
            Self::Postgres => DialectFacts {
                name: "postgres",
                max_identifier_bytes: 63,
                max_columns: 1600,
                has_comments: true,
            },
        }
    }
}
