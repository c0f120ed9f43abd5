//! Scripts of several statements: our own migrations and the schema of a verified build.

use athyper_schemas::canonical::Hash;
use athyper_schemas::dialect::Dialect;

use crate::catalog::Build;

/// Several SQL statements without values. Made from what was compiled into the program or verified by its hash.
#[derive(Debug, Clone)]
pub struct Script {
    text: String,
}

impl Script {
    /// Words of ours.
    #[must_use]
    pub fn ours(text: &'static str) -> Self {
        Self { text: text.to_owned() }
    }

    /// What makes the tables of a build, if it was compiled for this dialect.
    #[must_use]
    pub fn schema_of(build: &Build, dialect: Dialect) -> Option<Self> {
        build.schema(dialect).map(|text| Self { text: text.to_owned() })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it is known by.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(self.text.as_bytes())
    }
}
