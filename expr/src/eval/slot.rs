//! What an operator works on: a value that borrows where it can, or unknown.

use std::cmp::Ordering;
use std::sync::Arc;

use uuid::Uuid;

use crate::decimal::Decimal;
use crate::value::Value;

/// A value being worked on. `'a` is how long the context and the program live.
#[derive(Debug, Clone)]
pub(super) enum Slot<'a> {
    /// No value can be given. Not the same as null: null equals null, unknown equals nothing.
    Unknown,
    Null,
    Bool(bool),
    Int(i64),
    Decimal(Decimal),
    Text(&'a str),
    Made(Arc<str>),
    Date(i32),
    Time(i64),
    Datetime(i64),
    Duration(i64),
    Uuid(Uuid),
    Json(&'a str),
    List(&'a [Value]),
    MadeList(Arc<[Slot<'a>]>),
    Record(&'a [Value]),
}

impl<'a> Slot<'a> {
    /// Looks at a value.
    pub(super) fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Decimal(value) => Self::Decimal(*value),
            Value::Text(text) => Self::Text(text),
            Value::Date(day) => Self::Date(*day),
            Value::Time(us) => Self::Time(*us),
            Value::Datetime(us) => Self::Datetime(*us),
            Value::Duration(us) => Self::Duration(*us),
            Value::Uuid(id) => Self::Uuid(*id),
            Value::Json(text) => Self::Json(text),
            Value::List(values) => Self::List(values),
            Value::Record(fields) => Self::Record(fields),
        }
    }

    /// The text a text operator made.
    pub(super) fn made(text: &str) -> Self {
        Self::Made(text.into())
    }

    /// The value to keep; null when unknown.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Unknown | Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Decimal(value) => Value::Decimal(value),
            Self::Text(text) => Value::Text(text.into()),
            Self::Made(text) => Value::Text(text),
            Self::Date(day) => Value::Date(day),
            Self::Time(us) => Value::Time(us),
            Self::Datetime(us) => Value::Datetime(us),
            Self::Duration(us) => Value::Duration(us),
            Self::Uuid(id) => Value::Uuid(id),
            Self::Json(text) => Value::Json(text.into()),
            Self::List(values) => Value::List(values.into()),
            Self::MadeList(slots) => Value::List(slots.iter().cloned().map(Self::into_value).collect()),
            Self::Record(fields) => Value::Record(fields.into()),
        }
    }

    /// Whether a condition holds; null is unknown.
    pub(super) const fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// True, false or unknown.
    pub(super) fn judged(truth: Option<bool>) -> Self {
        truth.map_or(Self::Unknown, Self::Bool)
    }

    /// A result that may not exist.
    pub(super) fn or_unknown<T>(value: Option<T>, make: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Unknown, make)
    }

    /// Whether it is neither null nor unknown.
    pub(super) const fn is_some(&self) -> bool {
        !matches!(self, Self::Unknown | Self::Null)
    }

    /// As text, or the name of an enum's value.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Made(text) => Some(text),
            _ => None,
        }
    }

    /// As an integer.
    pub(super) const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// As a decimal.
    pub(super) const fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Decimal(value) => Some(*value),
            _ => None,
        }
    }

    /// The id of a record, of a reference the reference itself.
    pub(super) fn identity(&self) -> Self {
        match self {
            Self::Record(fields) => fields.first().map_or(Self::Unknown, Self::of),
            other => other.clone(),
        }
    }

    /// How many elements a list has.
    pub(super) fn list_len(&self) -> Option<usize> {
        match self {
            Self::List(values) => Some(values.len()),
            Self::MadeList(slots) => Some(slots.len()),
            _ => None,
        }
    }

    /// An element of a list.
    pub(super) fn element(&self, position: usize) -> Option<Self> {
        match self {
            Self::List(values) => values.get(position).map(Self::of),
            Self::MadeList(slots) => slots.get(position).cloned(),
            _ => None,
        }
    }

    /// `==`: definite for null, unknown for unknown.
    pub(super) fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => None,
            (Self::Null, other) | (other, Self::Null) => Some(!other.is_some()),
            (Self::Json(a), Self::Json(b)) => Some(a == b),
            (Self::Bool(a), Self::Bool(b)) => Some(a == b),
            (Self::Uuid(a), Self::Uuid(b)) => Some(a == b),
            (Self::Record(_), _) | (_, Self::Record(_)) => match (self.identity(), other.identity()) {
                (Self::Uuid(a), Self::Uuid(b)) => Some(a == b),
                _ => None,
            },
            _ => match (self.list_len(), other.list_len()) {
                (Some(a), Some(b)) if a != b => Some(false),
                (Some(len), Some(_)) => self.elements_equal(other, len),
                _ => self.compare(other).map(Ordering::is_eq),
            },
        }
    }

    fn elements_equal(&self, other: &Self, len: usize) -> Option<bool> {
        let mut all = Some(true);
        for position in 0..len {
            match self.element(position)?.equals(&other.element(position)?) {
                Some(false) => return Some(false),
                None => all = None,
                Some(true) => {}
            }
        }
        all
    }

    /// The order of two values of one ordered kind; none for null and unknown.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b))
            | (Self::Time(a), Self::Time(b))
            | (Self::Datetime(a), Self::Datetime(b))
            | (Self::Duration(a), Self::Duration(b)) => Some(a.cmp(b)),
            (Self::Decimal(a), Self::Decimal(b)) => Some(a.cmp(b)),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(b)),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Uuid(a), Self::Uuid(b)) => Some(a.cmp(b)),
            _ => Some(self.as_text()?.cmp(other.as_text()?)),
        }
    }
}
