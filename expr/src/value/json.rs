//! The JSON form of a value: decimals as strings with their scale, dates and times as ISO 8601 strings,
//! instants as RFC 3339 in UTC with a fraction only when there is one.

use std::fmt::Write as _;

use athyper_schemas::ir::Kind;
use uuid::Uuid;

use super::{Malformed, Value};
use crate::decimal::Decimal;
use crate::moment;

impl Value {
    /// Appends the JSON form. A record is written as its id.
    pub fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Int(value) => {
                let _ = write!(out, "{value}");
            }
            Self::Text(text) => write_text(text, out),
            Self::Json(text) => out.push_str(text),
            Self::List(values) => {
                out.push('[');
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    value.write_json(out);
                }
                out.push(']');
            }
            Self::Record(fields) => match fields.first() {
                Some(Self::Record(_)) | None => out.push_str("null"),
                Some(id) => id.write_json(out),
            },
            _ => {
                out.push('"');
                self.write_plain(out);
                out.push('"');
            }
        }
    }

    /// The JSON form.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Text(text) => text.as_ref().into(),
            Self::Json(text) => serde_json::from_str(text).unwrap_or(serde_json::Value::Null),
            Self::List(values) => values.iter().map(Self::to_json).collect(),
            Self::Record(fields) => match fields.first() {
                Some(Self::Record(_)) | None => serde_json::Value::Null,
                Some(id) => id.to_json(),
            },
            _ => self.to_string().into(),
        }
    }

    /// Reads the JSON form of this kind. Decimals must have at most the digits of the scale; a decimal or an
    /// instant may be written in any form that means the same.
    ///
    /// # Errors
    /// When it is not a value of this kind.
    pub fn from_json(kind: &Kind, json: &serde_json::Value) -> Result<Self, Malformed> {
        use serde_json::Value as J;
        let malformed = || Malformed { expected: json_form(kind), found: shortened(&json.to_string()) };
        match (kind, json) {
            (_, J::Null) => Ok(Self::Null),
            (Kind::Json, _) => Ok(Self::Json(canonical_json(json).into())),
            (Kind::Bool, J::Bool(value)) => Ok(Self::Bool(*value)),
            (Kind::Int, J::Number(number)) => number.as_i64().map(Self::Int).ok_or_else(malformed),
            (Kind::Decimal(scale), J::Number(number)) => {
                let units = number.as_i64().and_then(|value| Decimal::from_int(value, *scale));
                units.map(Self::Decimal).ok_or_else(malformed)
            }
            (Kind::List(item), J::Array(elements)) => elements
                .iter()
                .map(|element| Self::from_json(&item.kind, element))
                .collect::<Result<_, _>>()
                .map(Self::List),
            (Kind::Int | Kind::Bool, J::String(_)) => Err(malformed()),
            (_, J::String(text)) => Self::from_plain(kind, text),
            _ => Err(malformed()),
        }
    }

    /// Reads a value of this kind from bare text, as a query string or a CSV cell has it.
    ///
    /// # Errors
    /// When it is not a value of this kind.
    pub fn from_plain(kind: &Kind, text: &str) -> Result<Self, Malformed> {
        let value = match kind {
            Kind::Text | Kind::Enum(_) => Some(Self::text(text)),
            Kind::Int => text.parse().ok().map(Self::Int),
            Kind::Bool => match text {
                "true" => Some(Self::Bool(true)),
                "false" => Some(Self::Bool(false)),
                _ => None,
            },
            Kind::Decimal(scale) => Decimal::parse_exact(text, *scale).map(Self::Decimal),
            Kind::Date => moment::parse_date(text).map(Self::Date),
            Kind::Time => moment::parse_time(text).map(Self::Time),
            Kind::Datetime => moment::parse_datetime(text).map(Self::Datetime),
            Kind::Duration => moment::parse_duration(text).map(Self::Duration),
            Kind::Uuid | Kind::Record(_) => parse_uuid(text).map(Self::Uuid),
            Kind::Json | Kind::List(_) => {
                let json = serde_json::from_str(text).ok();
                return json.map_or_else(
                    || Err(Malformed { expected: json_form(kind), found: shortened(text) }),
                    |json| Self::from_json(kind, &json),
                );
            }
            Kind::Null => None,
        };
        value.ok_or_else(|| Malformed { expected: json_form(kind), found: shortened(text) })
    }

    /// The JSON form of a scalar without quotation marks.
    fn write_plain(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Decimal(value) => {
                let _ = write!(out, "{value}");
            }
            Self::Date(day) => moment::write_date(*day, out),
            Self::Time(us) => moment::write_time(*us, false, out),
            Self::Datetime(us) => moment::write_datetime(*us, false, out),
            Self::Duration(us) => moment::write_duration(*us, out),
            Self::Uuid(id) => out.push_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer())),
            _ => self.write_json(out),
        }
    }
}

/// The JSON form of a scalar without quotation marks: for a query string, a CSV cell or a message.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        self.write_plain(&mut out);
        f.write_str(&out)
    }
}

/// A UUID with hyphens, in either case.
fn parse_uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

/// What a value of this kind is in JSON, for a message.
const fn json_form(kind: &Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Bool => "true or false",
        Kind::Int => "a 64-bit integer",
        Kind::Decimal(_) => "a decimal that fits the digits of the field",
        Kind::Text => "text",
        Kind::Enum(_) => "the name of a value",
        Kind::Date => "a date as YYYY-MM-DD",
        Kind::Time => "a time as HH:MM:SS",
        Kind::Datetime => "an instant as YYYY-MM-DDTHH:MM:SSZ",
        Kind::Duration => "a duration as PT1H30M",
        Kind::Uuid | Kind::Record(_) => "a UUID with hyphens",
        Kind::Json => "JSON",
        Kind::List(_) => "a list",
    }
}

/// `text` in backticks, cut for a message.
pub(super) fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let head: String = characters.by_ref().take(40).collect();
    if characters.next().is_some() { format!("`{head}...`") } else { format!("`{head}`") }
}

/// Appends `text` as a JSON string.
pub(super) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A JSON document with sorted keys and without blanks: equal documents are equal text.
#[must_use]
pub fn canonical_json(json: &serde_json::Value) -> String {
    let mut out = String::new();
    write_canonical(json, &mut out);
    out
}

fn write_canonical(json: &serde_json::Value, out: &mut String) {
    match json {
        serde_json::Value::String(text) => write_text(text, out),
        serde_json::Value::Array(elements) => {
            out.push('[');
            for (i, element) in elements.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_canonical(element, out);
            }
            out.push(']');
        }
        serde_json::Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (i, (key, member)) in members.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write_canonical(member, out);
            }
            out.push('}');
        }
        serde_json::Value::Number(number) => write_number(number, out),
        _ => {
            let _ = write!(out, "{json}");
        }
    }
}

/// Equal numbers are equal text, as they are equal to a database: `1.0` is `1`.
fn write_number(number: &serde_json::Number, out: &mut String) {
    const END_OF_INTEGERS: f64 = 18_446_744_073_709_551_616.0;
    let is_whole = |float: &f64| float.fract() == 0.0 && float.abs() < END_OF_INTEGERS;
    let _ = match number.as_f64().filter(|float| number.is_f64() && is_whole(float)) {
        // Zero has no sign.
        Some(float) => write!(out, "{:.0}", float + 0.0),
        None => write!(out, "{number}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &Kind, json: &str) -> Result<Value, Malformed> {
        Value::from_json(kind, &serde_json::from_str(json).unwrap())
    }

    #[test]
    fn json_in_is_json_out_in_its_one_form() {
        for (kind, given, sent) in [
            (Kind::Decimal(2), "\"12.5\"", "\"12.50\""),
            (Kind::Decimal(2), "12", "\"12.00\""),
            (Kind::Datetime, "\"2026-03-31T09:30:00.100+02:00\"", "\"2026-03-31T07:30:00.1Z\""),
            (Kind::Time, "\"09:30:00.000000\"", "\"09:30:00\""),
            (Kind::Duration, "\"P1DT1H\"", "\"PT25H\""),
            (Kind::Text, "\"a\\u0001\\\"\\\\é\"", "\"a\\u0001\\\"\\\\é\""),
            (
                Kind::Uuid,
                "\"0123ABCD-0000-7000-8000-000000000001\"",
                "\"0123abcd-0000-7000-8000-000000000001\"",
            ),
            (Kind::Json, "{\"b\": [1.50, null], \"a\": {}}", "{\"a\":{},\"b\":[1.5,null]}"),
            (Kind::Json, "[1.0, -0.0, 1e2, 1e19, 1e300]", "[1,0,100,10000000000000000000,1e+300]"),
            (Kind::Json, "null", "null"),
            (Kind::Int, "-9223372036854775808", "-9223372036854775808"),
        ] {
            let value = read(&kind, given).unwrap();
            let mut out = String::new();
            value.write_json(&mut out);
            assert_eq!(out, sent);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), value.to_json());
            if kind != Kind::Json {
                assert_eq!(Value::from_plain(&kind, &value.to_string()).unwrap(), value);
            }
        }
    }

    #[test]
    fn what_is_not_of_the_kind_is_refused() {
        for (kind, json) in [
            (Kind::Int, "1.5"),
            (Kind::Int, "\"1\""),
            (Kind::Int, "9223372036854775808"),
            (Kind::Decimal(2), "\"1.005\""),
            (Kind::Decimal(2), "1.5"),
            (Kind::Bool, "\"true\""),
            (Kind::Uuid, "\"{0123abcd-0000-7000-8000-000000000001}\""),
            (Kind::Date, "\"2026-02-29\""),
            (Kind::Text, "1"),
        ] {
            assert!(read(&kind, json).is_err(), "{kind:?} {json}");
        }
    }
}
