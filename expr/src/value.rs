//! Values as expressions, databases and JSON see them.
//!
//! The forms of a value are decided here alone: `stored` is how a database column holds it, `json` how it is
//! sent. May not live here: what an operator does with values.

use std::cmp::Ordering;
use std::sync::Arc;

use uuid::Uuid;

use crate::decimal::Decimal;

mod json;
mod stored;

pub use json::canonical_json;
pub use stored::Stored;

/// Text that is not in the form of the value it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found} is not {expected}")]
pub struct Malformed {
    /// What it should be, with its article: `a date as YYYY-MM-DD`.
    pub expected: &'static str,
    /// What it is, shortened.
    pub found: String,
}

/// A value. Cheap to clone: at most a reference count is raised.
#[derive(Debug, Clone)]
pub enum Value {
    /// Absent.
    Null,
    /// True or false.
    Bool(bool),
    /// 64-bit integer.
    Int(i64),
    /// Exact decimal.
    Decimal(Decimal),
    /// Text, or the value of an enum.
    Text(Arc<str>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Datetime(i64),
    /// Microseconds.
    Duration(i64),
    /// A UUID; also a reference whose record was not loaded.
    Uuid(Uuid),
    /// A JSON document as canonical text, see [`canonical_json`].
    Json(Arc<str>),
    /// A list of scalars, or owned children as records.
    List(Arc<[Value]>),
    /// A record by field index; the first field is its id.
    Record(Arc<[Value]>),
}

impl Value {
    /// Text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// A list.
    #[must_use]
    pub fn list(values: Vec<Self>) -> Self {
        Self::List(values.into())
    }

    /// A record by field index; the first field is its id.
    #[must_use]
    pub fn record(fields: Vec<Self>) -> Self {
        Self::Record(fields.into())
    }

    /// Whether it is null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What identifies it: of a record its id, of everything else the value itself.
    #[must_use]
    pub fn identity(&self) -> &Self {
        match self {
            Self::Record(fields) => fields.first().unwrap_or(self),
            _ => self,
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Int(_) => 2,
            Self::Decimal(_) => 3,
            Self::Text(_) => 4,
            Self::Date(_) => 5,
            Self::Time(_) => 6,
            Self::Datetime(_) => 7,
            Self::Duration(_) => 8,
            Self::Uuid(_) => 9,
            Self::Json(_) => 10,
            Self::List(_) => 11,
            Self::Record(_) => 12,
        }
    }
}

/// Total: null first, then by kind, then by value. Text is ordered by code point, decimals by amount whatever
/// their scale, records and references by id.
impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.identity(), other.identity()) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Decimal(a), Self::Decimal(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) | (Self::Json(a), Self::Json(b)) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b))
            | (Self::Datetime(a), Self::Datetime(b))
            | (Self::Duration(a), Self::Duration(b)) => a.cmp(b),
            (Self::Uuid(a), Self::Uuid(b)) => a.cmp(b),
            (Self::List(a), Self::List(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::text(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

impl From<Uuid> for Value {
    fn from(value: Uuid) -> Self {
        Self::Uuid(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_its_id() {
        let id = Uuid::from_u128(7);
        let record = Value::record(vec![Value::Uuid(id), Value::Int(1)]);
        assert_eq!(record, Value::Uuid(id));
        assert!(Value::Null < record);
    }

    #[test]
    fn text_is_ordered_by_code_point() {
        assert!(Value::text("Z") < Value::text("a"));
        assert!(Value::text("z") < Value::text("é"));
        assert!(Value::text("\u{ffff}") < Value::text("\u{10000}"));
    }
}
