//! The JSON form of each stored value.

use athyper_expr::value::Stored;
use athyper_expr::{Value, moment};
use athyper_policy::{MaskKey, mask};
use athyper_schemas::bundle::Mask;
use athyper_schemas::ir::Kind;

use super::scan::{Scanner, unquoted};
use super::{Misshapen, Shape, list_json};
use crate::sql::Bind;

/// How a stored value is written.
pub(super) enum Form<'m> {
    /// As it is stored.
    Plain,
    /// 0 and 1 as `false` and `true`.
    Bool,
    /// Units as a string with so many digits behind the point.
    Decimal(usize),
    /// Without a fraction that says nothing.
    Moment,
    /// Microseconds as ISO 8601.
    Duration,
    /// The stored text is JSON.
    Document,
    /// The stored text is a list whose elements have another form in JSON.
    List(Kind),
    /// An object, or null.
    Record(Shape<'m>),
    /// An object, or the id that follows where there is none.
    RecordOrId(Shape<'m>),
    /// A list of objects.
    Children(Shape<'m>),
}

/// How a value is masked.
pub(super) struct Masked {
    pub(super) mask: Mask,
    pub(super) kind: Kind,
    pub(super) key: MaskKey,
}

impl Form<'_> {
    /// Reads one value and writes it.
    pub(super) fn write(&self, scanner: &mut Scanner<'_>, out: &mut Vec<u8>) -> Result<(), Misshapen> {
        match self {
            Self::Children(shape) => return children(shape, scanner, out),
            Self::Record(shape) | Self::RecordOrId(shape) if scanner.peek() == Some(b'[') => {
                scanner.expect(b'[')?;
                shape.write(scanner, out)?;
                scanner.expect(b']')?;
                return self.skip_id(scanner);
            }
            Self::RecordOrId(_) => {
                scanner.skip()?;
                scanner.expect(b',')?;
            }
            _ => {}
        }
        let misshapen = scanner.misshapen();
        let token = scanner.scalar()?;
        if token == "null" {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        self.write_scalar(token, out).ok_or(misshapen)
    }

    /// Goes over the id behind a record.
    fn skip_id(&self, scanner: &mut Scanner<'_>) -> Result<(), Misshapen> {
        if matches!(self, Self::RecordOrId(_)) {
            scanner.expect(b',')?;
            scanner.skip()?;
        }
        Ok(())
    }

    /// Goes over one value.
    pub(super) fn skip(&self, scanner: &mut Scanner<'_>) -> Result<(), Misshapen> {
        scanner.skip()?;
        self.skip_id(scanner)
    }

    /// Reads one value and writes what is shown instead of it.
    pub(super) fn write_masked(
        &self,
        masked: &Masked,
        scanner: &mut Scanner<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Misshapen> {
        if matches!(self, Self::RecordOrId(_)) {
            scanner.skip()?;
            scanner.expect(b',')?;
        }
        let misshapen = scanner.misshapen();
        let stored = match scanner.bind()? {
            Bind::Null => Stored::Null,
            Bind::Int(number) => Stored::Int(number),
            Bind::Text(text) => Stored::Text(text),
        };
        let value = Value::from_stored(&masked.kind, &stored).map_err(|_| misshapen)?;
        let mut text = String::new();
        mask(masked.mask, &value, &masked.key).write_json(&mut text);
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn write_scalar(&self, token: &str, out: &mut Vec<u8>) -> Option<()> {
        match self {
            Self::Plain => out.extend_from_slice(token.as_bytes()),
            Self::Bool => out.extend_from_slice(match token {
                "0" => b"false".as_slice(),
                "1" => b"true".as_slice(),
                _ => return None,
            }),
            Self::Decimal(scale) => decimal(token, *scale, out)?,
            Self::Moment => moment_text(token, out)?,
            Self::Duration => {
                let mut text = String::new();
                moment::write_duration(token.parse().ok()?, &mut text);
                out.push(b'"');
                out.extend_from_slice(text.as_bytes());
                out.push(b'"');
            }
            Self::Document => out.extend_from_slice(unquoted(token)?.as_bytes()),
            Self::List(kind) => out.extend_from_slice(list_json(kind, &unquoted(token)?)?.as_bytes()),
            Self::RecordOrId(_) => out.extend_from_slice(token.as_bytes()),
            Self::Record(_) | Self::Children(_) => return None,
        }
        Some(())
    }
}

fn children(shape: &Shape<'_>, scanner: &mut Scanner<'_>, out: &mut Vec<u8>) -> Result<(), Misshapen> {
    scanner.expect(b'[')?;
    out.push(b'[');
    let mut first = true;
    while scanner.peek() != Some(b']') {
        if !first {
            scanner.expect(b',')?;
            out.push(b',');
        }
        first = false;
        scanner.expect(b'[')?;
        shape.write(scanner, out)?;
        scanner.expect(b']')?;
    }
    out.push(b']');
    scanner.expect(b']')
}

/// `-5` with two digits behind the point is `"-0.05"`.
fn decimal(token: &str, scale: usize, out: &mut Vec<u8>) -> Option<()> {
    let (sign, digits) = token.strip_prefix('-').map_or(("", token), |digits| ("-", digits));
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    out.push(b'"');
    out.extend_from_slice(sign.as_bytes());
    let missing = (scale + 1).saturating_sub(digits.len());
    let whole = (digits.len() + missing).checked_sub(scale)?;
    let padded = std::iter::repeat_n(b'0', missing).chain(digits.bytes());
    for (index, digit) in padded.enumerate() {
        if index == whole {
            out.push(b'.');
        }
        out.push(digit);
    }
    out.push(b'"');
    Some(())
}

/// `"09:30:00.500000"` is `"09:30:00.5"`, and `"...:00.000000Z"` is `"...:00Z"`.
fn moment_text(token: &str, out: &mut Vec<u8>) -> Option<()> {
    let text = token.strip_prefix('"')?.strip_suffix('"')?;
    let (text, zone) = text.strip_suffix('Z').map_or((text, ""), |text| (text, "Z"));
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    for part in ["\"", text, zone, "\""] {
        out.extend_from_slice(part.as_bytes());
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use athyper_expr::decimal::Decimal;

    use super::*;

    /// What `form` makes of a stored value must be what [`Value`] says its JSON form is.
    fn agrees(form: &Form<'_>, value: &Value) {
        let stored = match value.stored() {
            Stored::Null => "null".to_owned(),
            Stored::Int(number) => number.to_string(),
            Stored::Text(text) => serde_json::Value::from(text.as_ref()).to_string(),
        };
        let mut out = Vec::new();
        form.write(&mut Scanner::new(&stored), &mut out).unwrap();
        let mut expected = String::new();
        value.write_json(&mut expected);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn stored_forms_become_the_json_forms_of_values() {
        for units in [0, 5, -5, 99, 100, -12_345, 999_999_999_999_999_999] {
            for scale in [0, 2, 9] {
                agrees(
                    &Form::Decimal(usize::from(scale)),
                    &Value::Decimal(Decimal::new(units, scale).unwrap()),
                );
            }
        }
        for us in [0, 1, -1, 1_000_000, 1_500_000, 86_399_999_999, -62_135_596_800_000_000] {
            agrees(&Form::Moment, &Value::Datetime(us));
            agrees(&Form::Duration, &Value::Duration(us));
        }
        agrees(&Form::Moment, &Value::Time(34_200_000_000));
        agrees(&Form::Bool, &Value::Bool(true));
        agrees(&Form::Plain, &Value::text("é \" \\ \n \u{1}"));
        agrees(&Form::Document, &Value::Json(r#"{"a":["\"",null]}"#.into()));
        agrees(&Form::Plain, &Value::Null);
        agrees(&Form::Decimal(2), &Value::Null);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (form, text) in [
            (Form::Bool, "2"),
            (Form::Decimal(2), "\"1\""),
            (Form::Plain, "[1]"),
            (Form::Plain, "\"abc"),
            (Form::Plain, ""),
            (Form::Duration, "x"),
        ] {
            assert!(form.write(&mut Scanner::new(text), &mut Vec::new()).is_err(), "{text}");
        }
        let mut scanner = Scanner::new("[1,[\"]\",[]],null],5");
        scanner.skip().unwrap();
        assert_eq!(scanner.peek(), Some(b','));
    }
}
