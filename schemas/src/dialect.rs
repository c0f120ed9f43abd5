//! Facts about the SQL dialects that `metac` writes and `athyper` serves.

use serde::{Deserialize, Serialize};

use crate::canonical::Hash;

/// A database that an artifact can be made for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
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

/// The longest identifier that every dialect keeps whole, in bytes.
pub const MAX_IDENTIFIER_BYTES: usize = 63;

/// `name` as it is when every dialect keeps it whole; else its beginning and a piece of its hash.
#[must_use]
pub fn fit_identifier(name: &str) -> String {
    if name.len() <= MAX_IDENTIFIER_BYTES {
        return name.to_owned();
    }
    let mut end = MAX_IDENTIFIER_BYTES - 9;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let hash = Hash::of(name.as_bytes());
    let digits: String = hash.as_str().chars().skip("sha256:".len()).take(8).collect();
    format!("{}_{digits}", name.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_identifier_is_cut_and_stays_distinct() {
        let (a, b) = ("ä".repeat(40), format!("{}b", "ä".repeat(40)));
        assert_eq!(fit_identifier("short"), "short");
        assert_ne!(fit_identifier(&a), fit_identifier(&b));
        assert!(fit_identifier(&a).len() <= MAX_IDENTIFIER_BYTES);
    }
}
