//! Rails: SQL conditions that are true exactly when an expression is definitely true, or definitely false.

use super::text::SqlText;
use crate::sql;

/// A condition in SQL; what is decided without looking at a row is kept apart, so that a caller can see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rail {
    /// True for every row.
    Always,
    /// True for no row.
    Never,
    /// True for the rows for which this is true. The text may be joined by `AND` as it is.
    When(SqlText),
    /// True when one of these is. Each may be joined by `OR` as it is.
    Either(Vec<SqlText>),
}

impl Rail {
    /// A constant rail.
    #[must_use]
    pub const fn constant(holds: bool) -> Self {
        if holds { Self::Always } else { Self::Never }
    }

    /// As SQL.
    #[must_use]
    pub fn into_sql(self) -> SqlText {
        match self {
            Self::Always => "TRUE".into(),
            Self::Never => "FALSE".into(),
            Self::When(text) => text,
            Self::Either(parts) => {
                let mut text = SqlText::new();
                text.join(parts, " OR ");
                text
            }
        }
    }

    /// As SQL that may be joined by `AND`.
    #[must_use]
    pub fn into_conjunct(self) -> SqlText {
        match self {
            Self::Either(_) => sql!["(", self.into_sql(), ")"],
            _ => self.into_sql(),
        }
    }

    /// All of them.
    #[must_use]
    pub fn all(rails: impl IntoIterator<Item = Self>) -> Self {
        let mut parts = Vec::new();
        for rail in rails {
            match rail {
                Self::Always => {}
                Self::Never => return Self::Never,
                rail => parts.push(rail),
            }
        }
        if parts.len() < 2 {
            return parts.pop().unwrap_or(Self::Always);
        }
        let mut text = SqlText::new();
        text.join(parts.into_iter().map(Self::into_conjunct), " AND ");
        Self::When(text)
    }

    /// One of them.
    #[must_use]
    pub fn any(rails: impl IntoIterator<Item = Self>) -> Self {
        let mut parts = Vec::new();
        for rail in rails {
            match rail {
                Self::Always => return Self::Always,
                Self::Never => {}
                Self::When(text) => parts.push(text),
                Self::Either(texts) => parts.extend(texts),
            }
        }
        match parts.len() {
            0 => Self::Never,
            1 => parts.pop().map_or(Self::Never, Self::When),
            _ => Self::Either(parts),
        }
    }

    /// True exactly when this is not: rails are never negated by `NOT`, which would keep NULL.
    pub(super) fn unless_true(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            rail => Self::When(sql!["(", rail.into_sql(), ") IS NOT TRUE"]),
        }
    }
}
