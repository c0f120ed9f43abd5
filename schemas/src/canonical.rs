//! Canonical JSON (RFC 8785), its readable form, and SHA-256 hashes: same data, same bytes, same name.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A SHA-256 hash, written `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(String);

impl Hash {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(format!("sha256:{}", hex::encode(Sha256::digest(bytes))))
    }

    /// The hash as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `value` as canonical JSON followed by one line feed.
///
/// # Errors
/// When `value` holds something JSON cannot say, such as a map whose keys are not strings.
pub fn to_canonical_json<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let mut text = serde_json_canonicalizer::to_string(value)?;
    text.push('\n');
    Ok(text)
}

/// The widest line of readable JSON, unless one string alone is wider.
const WIDTH: usize = 110;

/// `value` as JSON that people can compare: keys in the order of RFC 8785, whatever fits into one line
/// stands in one line, and one line feed ends the text.
///
/// # Errors
/// When `value` holds something JSON cannot say, such as a map whose keys are not strings.
pub fn to_readable_json<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    Ok(readable_json(&serde_json::to_value(value)?))
}

/// `value` in the form of [`to_readable_json`].
#[must_use]
pub fn readable_json(value: &Value) -> String {
    let mut text = String::new();
    write_readable(&mut text, value, 0, 0);
    text.push('\n');
    text
}

/// Writes `value`, which stands behind `used` characters of a line that is indented by `depth` levels.
fn write_readable(out: &mut String, value: &Value, depth: usize, used: usize) {
    let start = out.len();
    if write_line(out, value, &mut WIDTH.saturating_sub(used)) {
        return;
    }
    out.truncate(start);
    let (open, close, members): (char, char, Vec<(Option<&String>, &Value)>) = match value {
        Value::Array(items) => ('[', ']', items.iter().map(|item| (None, item)).collect()),
        Value::Object(_) => ('{', '}', sorted(value).into_iter().map(|(k, v)| (Some(k), v)).collect()),
        scalar => {
            let _ = write!(out, "{scalar}");
            return;
        }
    };
    out.push(open);
    let mut separator = "\n";
    for (key, member) in members {
        out.push_str(separator);
        separator = ",\n";
        out.extend(std::iter::repeat_n("  ", depth + 1));
        let start = out.len();
        if let Some(key) = key {
            write_key(out, key);
        }
        let key = out.get(start..).unwrap_or_default().chars().count();
        write_readable(out, member, depth + 1, 2 * (depth + 1) + key + 1);
    }
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
    out.push(close);
}

/// Writes `value` in one line and takes its characters from `room`; false as soon as there is no room left.
fn write_line(out: &mut String, value: &Value, room: &mut usize) -> bool {
    let start = out.len();
    match value {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "[" } else { ", " });
                if !take(room, 2) || !write_line(out, item, room) {
                    return false;
                }
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
            true
        }
        Value::Object(members) if members.is_empty() => {
            out.push_str("{}");
            take(room, 2)
        }
        Value::Object(members) if 4 * members.len() > *room => false,
        Value::Object(_) => {
            for (i, (key, member)) in sorted(value).into_iter().enumerate() {
                let start = out.len();
                out.push_str(if i == 0 { "{ " } else { ", " });
                write_key(out, key);
                let written = out.get(start..).unwrap_or_default().chars().count();
                if !take(room, written) || !write_line(out, member, room) {
                    return false;
                }
            }
            out.push_str(" }");
            take(room, 2)
        }
        scalar => {
            // Writing to a String cannot fail.
            let _ = write!(out, "{scalar}");
            take(room, out.get(start..).unwrap_or_default().chars().count())
        }
    }
}

fn write_key(out: &mut String, key: &str) {
    let _ = write!(out, "{}: ", Value::from(key));
}

/// Takes `count` from `room`, when there is that much.
fn take(room: &mut usize, count: usize) -> bool {
    let left = room.checked_sub(count);
    *room = left.unwrap_or_default();
    left.is_some()
}

/// The members of an object by the UTF-16 units of their keys, as RFC 8785 wants them.
fn sorted(value: &Value) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = value.as_object().into_iter().flatten().collect();
    members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readable_json_breaks_only_what_does_not_fit() {
        let long = "x".repeat(60);
        let value = serde_json::json!({ "b": [1, 2], "a": { "one": long, "two": [long] }, "e": {}, "f": [] });
        let expected = format!(
            "{{\n  \"a\": {{\n    \"one\": \"{long}\",\n    \"two\": [\"{long}\"]\n  }},\n  \"b\": [1, 2],\n  \"e\": {{}},\n  \"f\": []\n}}\n"
        );
        let text = to_readable_json(&value).unwrap();
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
