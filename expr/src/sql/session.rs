//! What a PostgreSQL session is told of a decision, for conditions that the database judges without binds: the
//! settings, how they are written, and how SQL reads them. A setting that is missing, or that a finished transaction
//! left behind as `''`, reads as NULL.

use std::fmt::Write as _;

use athyper_schemas::ir::Kind;

use super::lower::Lowered;
use super::postgres::cast_to;
use super::source::NotLowerable;
use super::text::SqlText;
use crate::sql;
use crate::value::{Stored, Value};

/// The setting with the tenant's id.
pub const TENANT: &str = "athyper.tenant";

/// The setting with the caller, as [`caller`] writes him.
pub const USER: &str = "athyper.user";

/// The setting with the instant of the decision, in RFC 3339. Without it a statement's own time counts.
pub const NOW: &str = "athyper.now";

/// The setting that says what row level security shows: [`WHOLE_TENANT`], or what the caller may see.
pub const SCOPE: &str = "athyper.scope";

/// What the setting [`SCOPE`] holds where a program decides itself.
pub const WHOLE_TENANT: &str = "tenant";

/// The key of the caller's standing in [`USER`]. No attribute can be called so.
pub const STANDING: &str = "@standing";

/// The key of the caller's roles in [`USER`]: those that rules speak to, whatever `user.roles` is filled with.
pub const ROLES: &str = "@roles";

/// How a statement asks for what the session was told. Each runs once per statement, not once per row.
#[derive(Debug, Clone)]
pub struct Session {
    /// The caller: `jsonb`, or NULL.
    pub user: SqlText,
    /// The instant of the decision: `timestamptz`.
    pub now: SqlText,
}

impl Session {
    /// An attribute of the caller as a column of its kind would hold it.
    pub(super) fn attribute(&self, name: &str, kind: &Kind) -> Lowered<SqlText> {
        let mut key = SqlText::new();
        if key.literal(name).is_err() {
            return Err(NotLowerable::new("`user`", "the name of the attribute has a NUL character"));
        }
        if matches!(kind, Kind::Json | Kind::List(_)) {
            return Ok(sql!["(SELECT nullif(", &self.user, " -> ", key, ", 'null'))"]);
        }
        Ok(sql!["(SELECT (", &self.user, " ->> ", key, ")", cast_to(kind), ")"])
    }

    /// The instant of the decision.
    pub(super) fn now(&self) -> SqlText {
        sql!["(SELECT ", &self.now, ")"]
    }

    /// The day of the decision, in UTC.
    pub(super) fn today(&self) -> SqlText {
        sql!["(SELECT (", &self.now, " AT TIME ZONE 'UTC')::date)"]
    }
}

/// What the setting [`USER`] holds for a caller: JSON with his standing, his roles and what is known of him.
#[must_use]
pub fn caller<'v>(
    standing: &str,
    roles: impl IntoIterator<Item = &'v str>,
    attributes: impl IntoIterator<Item = (&'v str, &'v Value)>,
) -> String {
    let mut out = String::from("{");
    member(&mut out, STANDING, &Value::text(standing));
    member(&mut out, ROLES, &Value::list(roles.into_iter().map(Value::text).collect()));
    for (name, value) in attributes {
        member(&mut out, name, value);
    }
    out.push('}');
    out
}

fn member(out: &mut String, name: &str, value: &Value) {
    if out.len() > 1 {
        out.push(',');
    }
    let _ = write!(out, "{}:", serde_json::Value::from(name));
    // Numbers as PostgreSQL reads them; the elements of a list in the form in which list columns hold them.
    match (value, value.stored()) {
        (Value::Bool(value), _) => _ = write!(out, "{value}"),
        (Value::Decimal(value), _) => _ = write!(out, "\"{value}\""),
        (_, Stored::Null) => out.push_str("null"),
        (_, Stored::Int(value)) => _ = write!(out, "{value}"),
        (Value::List(_) | Value::Json(_), Stored::Text(json)) => out.push_str(&json),
        (_, Stored::Text(text)) => _ = write!(out, "{}", serde_json::Value::from(text.as_ref())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::Decimal;

    #[test]
    fn a_caller_is_written_in_the_form_of_the_columns() {
        let price = Value::Decimal(Decimal::new(1250, 2).unwrap());
        let attributes = [
            ("id", Value::text("o'\"hara")),
            ("limit", Value::Int(i64::MAX)),
            ("budget", price.clone()),
            ("since", Value::Date(0)),
            ("region", Value::Null),
            ("steps", Value::list(vec![price, Value::Null])),
        ];
        let written =
            caller("authenticated", ["clerk"], attributes.iter().map(|(name, value)| (*name, value)));
        assert_eq!(
            written,
            r#"{"@standing":"authenticated","@roles":["clerk"],"id":"o'\"hara","limit":9223372036854775807,"budget":"12.50","since":"1970-01-01","region":null,"steps":[1250,null]}"#
        );
        assert!(serde_json::from_str::<serde_json::Value>(&written).is_ok());
    }
}
