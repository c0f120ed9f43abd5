//! Scalars: how they are written and what they say under the YAML 1.2 core schema.
//!
//! May not enter: the meaning of a value to an entity.

use smol_str::SmolStr;

use super::Offsets;

/// A scalar value.
#[derive(Debug, Clone)]
pub struct Scalar {
    /// The text after quotes, escapes and folding.
    pub value: SmolStr,
    /// How it is written.
    pub style: Style,
    pub(super) offsets: Offsets,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'text'`
    Single,
    /// `"text"`
    Double,
    /// `|`: lines as they are.
    Literal,
    /// `>`: lines folded.
    Folded,
}

/// What a scalar says under the core schema. Only plain scalars are anything but text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved<'a> {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits 64 bits.
    Int(i64),
    /// Any other number, as written.
    Number(&'a str),
    /// Text.
    Text(&'a str),
}

impl Resolved<'_> {
    /// For messages.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Int(_) | Self::Number(_) => "a number",
            Self::Text(_) => "text",
        }
    }
}

impl Scalar {
    /// What it says.
    #[must_use]
    pub fn resolve(&self) -> Resolved<'_> {
        let text = self.value.as_str();
        if self.style != Style::Plain {
            return Resolved::Text(text);
        }
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
            "true" | "True" | "TRUE" => Resolved::Bool(true),
            "false" | "False" | "FALSE" => Resolved::Bool(false),
            _ => number(text).unwrap_or(Resolved::Text(text)),
        }
    }
}

fn number(text: &str) -> Option<Resolved<'_>> {
    let radix = |digits: &str, radix| i64::from_str_radix(digits, radix).ok().map(Resolved::Int);
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Some(Resolved::Number(text));
    }
    let (mantissa, exponent) =
        unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let some_digit = !whole.is_empty() || fraction.is_some_and(|text| !text.is_empty());
    let exponent_fits = exponent.is_none_or(|text| {
        let text = text.strip_prefix(['-', '+']).unwrap_or(text);
        !text.is_empty() && digits(text)
    });
    if !some_digit || !exponent_fits || !digits(whole) || !digits(fraction.unwrap_or_default()) {
        return None;
    }
    if fraction.is_none() && exponent.is_none() {
        return Some(text.parse().map_or(Resolved::Number(text), Resolved::Int));
    }
    Some(Resolved::Number(text))
}

/// Words that YAML 1.1 readers take for truth values.
pub(super) fn is_old_boolean(text: &str) -> bool {
    ["yes", "no", "on", "off"].iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// `text` as a quoted scalar on one line: double quotes, or single ones where that avoids escapes.
#[must_use]
pub fn quoted(text: &str) -> String {
    let plain = !text.chars().any(char::is_control);
    if plain && (text.contains('"') || text.contains('\\')) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            character if character.is_control() => {
                out.push_str(&format!("\\u{:04X}", u32::from(character)));
            }
            character => out.push(character),
        }
    }
    out.push('"');
    out
}
