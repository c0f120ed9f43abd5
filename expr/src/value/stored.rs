//! How a database column holds a value: on SQLite an integer, a text or NULL, as the table of field types says.
//!
//! List columns hold a JSON array of the stored forms of their elements, so that SQL compares elements as it
//! compares columns.

use std::sync::Arc;

use athyper_schemas::ir::Kind;
use uuid::Uuid;

use super::json::{shortened, write_text};
use super::{Malformed, Value, canonical_json};
use crate::decimal::Decimal;
use crate::moment;

/// The stored form of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// NULL.
    Null,
    /// `INTEGER`: int, decimal (units), bool (0 or 1), duration (microseconds).
    Int(i64),
    /// `TEXT`: everything else.
    Text(Arc<str>),
}

impl Value {
    /// As a SQLite column holds it. Records are stored as their ids.
    #[must_use]
    pub fn stored(&self) -> Stored {
        match self {
            Self::Null => Stored::Null,
            Self::Bool(value) => Stored::Int(i64::from(*value)),
            Self::Int(value) | Self::Duration(value) => Stored::Int(*value),
            Self::Decimal(value) => Stored::Int(value.units()),
            Self::Text(text) | Self::Json(text) => Stored::Text(Arc::clone(text)),
            Self::Date(_) | Self::Time(_) | Self::Datetime(_) | Self::Uuid(_) | Self::List(_) => {
                let mut out = String::new();
                self.write_stored(&mut out);
                Stored::Text(out.into())
            }
            Self::Record(_) if self.identity().rank() == self.rank() => Stored::Null,
            Self::Record(_) => self.identity().stored(),
        }
    }

    /// The stored form as text: integers in digits; nothing for null.
    #[must_use]
    pub fn to_storage_text(&self) -> Option<String> {
        match self.stored() {
            Stored::Null => None,
            Stored::Int(value) => Some(value.to_string()),
            Stored::Text(text) => Some(text.as_ref().to_owned()),
        }
    }

    /// Reads what a SQLite column of this kind holds.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn from_stored(kind: &Kind, stored: &Stored) -> Result<Self, Malformed> {
        match stored {
            Stored::Null => Ok(Self::Null),
            Stored::Int(value) => from_int(kind, *value).ok_or_else(|| Malformed {
                expected: integer_form(kind),
                found: shortened(&value.to_string()),
            }),
            Stored::Text(text) => from_text(kind, text),
        }
    }

    /// Reads [`Value::to_storage_text`].
    ///
    /// # Errors
    /// When the text is not the stored form of this kind.
    pub fn from_storage_text(kind: &Kind, text: &str) -> Result<Self, Malformed> {
        match kind {
            Kind::Bool | Kind::Int | Kind::Decimal(_) | Kind::Duration => text
                .parse()
                .ok()
                .and_then(|value| from_int(kind, value))
                .ok_or_else(|| Malformed { expected: integer_form(kind), found: shortened(text) }),
            _ => from_text(kind, &text.into()),
        }
    }

    fn write_stored(&self, out: &mut String) {
        match self {
            Self::Date(day) => moment::write_date(*day, out),
            Self::Time(us) => moment::write_time(*us, true, out),
            Self::Datetime(us) => moment::write_datetime(*us, true, out),
            Self::Uuid(id) => out.push_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer())),
            Self::List(values) => {
                out.push('[');
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    write_element(value, out);
                }
                out.push(']');
            }
            _ => {}
        }
    }
}

fn write_element(value: &Value, out: &mut String) {
    match value {
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Json(text) => out.push_str(text),
        _ => match value.stored() {
            Stored::Null => out.push_str("null"),
            Stored::Int(value) => out.push_str(&value.to_string()),
            Stored::Text(text) => write_text(&text, out),
        },
    }
}

fn from_int(kind: &Kind, value: i64) -> Option<Value> {
    match kind {
        Kind::Bool => match value {
            0 => Some(Value::Bool(false)),
            1 => Some(Value::Bool(true)),
            _ => None,
        },
        Kind::Int => Some(Value::Int(value)),
        Kind::Decimal(scale) => Decimal::new(value, *scale).map(Value::Decimal),
        Kind::Duration => moment::duration(value).map(Value::Duration),
        _ => None,
    }
}

/// What a column of this kind holds, for a message.
const fn integer_form(kind: &Kind) -> &'static str {
    match kind {
        Kind::Bool => "0 or 1",
        Kind::Int => "a 64-bit integer",
        Kind::Decimal(_) => "an integer of at most 18 digits",
        Kind::Duration => "a count of microseconds within 292 years",
        _ => "text",
    }
}

fn from_text(kind: &Kind, text: &Arc<str>) -> Result<Value, Malformed> {
    let malformed = |expected| Malformed { expected, found: shortened(text) };
    match kind {
        Kind::Text | Kind::Enum(_) => Ok(Value::Text(Arc::clone(text))),
        Kind::Json => Ok(Value::Json(Arc::clone(text))),
        Kind::Date => {
            moment::parse_date(text).map(Value::Date).ok_or_else(|| malformed("a date as YYYY-MM-DD"))
        }
        Kind::Time => {
            moment::parse_time(text).map(Value::Time).ok_or_else(|| malformed("a time as HH:MM:SS.ffffff"))
        }
        Kind::Datetime => moment::parse_datetime(text)
            .map(Value::Datetime)
            .ok_or_else(|| malformed("an instant as YYYY-MM-DDTHH:MM:SS.ffffffZ")),
        Kind::Uuid | Kind::Record(_) => {
            Uuid::try_parse(text).map(Value::Uuid).map_err(|_| malformed("a UUID with hyphens"))
        }
        Kind::List(item) => {
            let elements: Vec<serde_json::Value> =
                serde_json::from_str(text).map_err(|_| malformed("a JSON array"))?;
            elements.iter().map(|e| from_element(&item.kind, e)).collect::<Result<_, _>>().map(Value::List)
        }
        Kind::Null | Kind::Bool | Kind::Int | Kind::Decimal(_) | Kind::Duration => {
            Err(malformed(integer_form(kind)))
        }
    }
}

fn from_element(kind: &Kind, element: &serde_json::Value) -> Result<Value, Malformed> {
    let malformed =
        || Malformed { expected: "a stored list element", found: shortened(&element.to_string()) };
    match (kind, element) {
        (_, serde_json::Value::Null) => Ok(Value::Null),
        (Kind::Json, _) => Ok(Value::Json(canonical_json(element).into())),
        (Kind::Bool, serde_json::Value::Bool(value)) => Ok(Value::Bool(*value)),
        (_, serde_json::Value::Number(number)) => {
            number.as_i64().and_then(|n| from_int(kind, n)).ok_or_else(malformed)
        }
        (_, serde_json::Value::String(text)) => from_text(kind, &text.as_str().into()),
        _ => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use athyper_schemas::ir::Ty;

    use super::*;

    #[test]
    fn what_is_stored_is_read_back() {
        let id = Uuid::from_u128(0x0123_4567_89ab_cdef);
        let list = |kind| Kind::List(Box::new(Ty { kind, nullable: true }));
        let decimal = |units| Value::Decimal(Decimal::new(units, 2).unwrap());
        for (kind, value, text) in [
            (Kind::Bool, Value::Bool(true), "1"),
            (Kind::Int, Value::Int(i64::MIN), "-9223372036854775808"),
            (Kind::Decimal(2), decimal(1250), "1250"),
            (Kind::Text, Value::text("é %_"), "é %_"),
            (Kind::Date, Value::Date(0), "1970-01-01"),
            (Kind::Time, Value::Time(1), "00:00:00.000001"),
            (Kind::Datetime, Value::Datetime(-1), "1969-12-31T23:59:59.999999Z"),
            (Kind::Duration, Value::Duration(-5), "-5"),
            (Kind::Uuid, Value::Uuid(id), "00000000-0000-0000-0123-456789abcdef"),
            (list(Kind::Decimal(2)), Value::list(vec![decimal(-5), Value::Null]), "[-5,null]"),
            (list(Kind::Bool), Value::list(vec![Value::Bool(true)]), "[true]"),
            (list(Kind::Text), Value::list(vec![Value::text("\"\n\u{1}")]), r#"["\"\n\u0001"]"#),
        ] {
            assert_eq!(value.to_storage_text().as_deref(), Some(text));
            assert_eq!(Value::from_storage_text(&kind, text).unwrap(), value);
            assert_eq!(Value::from_stored(&kind, &value.stored()).unwrap(), value);
        }
        assert_eq!(Value::Null.stored(), Stored::Null);
        assert_eq!(Value::record(vec![Value::Uuid(id)]).stored(), Value::Uuid(id).stored());
    }

    #[test]
    fn a_damaged_column_is_an_error() {
        assert!(Value::from_storage_text(&Kind::Bool, "2").is_err());
        assert!(Value::from_storage_text(&Kind::Date, "2026-02-30").is_err());
        assert!(Value::from_stored(&Kind::Text, &Stored::Int(1)).is_err());
        let error = Value::from_storage_text(&Kind::Decimal(2), "1000000000000000000").unwrap_err();
        assert_eq!(error.to_string(), "`1000000000000000000` is not an integer of at most 18 digits");
    }
}
