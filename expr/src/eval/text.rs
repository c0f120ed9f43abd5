//! Operators on text. Positions count code points.

use std::sync::Arc;

use athyper_schemas::ir::Op;
use uuid::Uuid;

use super::Exhausted;
use super::list::elements;
use super::machine::Machine;
use super::slot::Slot;
use crate::decimal::Decimal;

/// What `trim` takes away: Unicode's `White_Space`.
pub(crate) const WHITE_SPACE: &str = "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";

type Outcome<'a> = Result<Slot<'a>, Exhausted>;

/// The text of an integer, a condition, a decimal, a UUID or an enum's value.
pub(super) fn of_scalar<'a>(a: &Slot<'a>) -> Slot<'a> {
    match a {
        Slot::Text(_) | Slot::Made(_) => a.clone(),
        Slot::Bool(true) => Slot::Text("true"),
        Slot::Bool(false) => Slot::Text("false"),
        Slot::Int(value) => Slot::made(&value.to_string()),
        Slot::Decimal(value) => Slot::made(&value.to_string()),
        Slot::Uuid(id) => Slot::made(id.hyphenated().encode_lower(&mut Uuid::encode_buffer())),
        _ => Slot::Unknown,
    }
}

/// Operators of one text.
pub(super) fn unary<'a>(op: Op, a: &Slot<'a>) -> Slot<'a> {
    let Some(text) = a.as_text() else { return Slot::Unknown };
    match op {
        Op::TextSize => Slot::or_unknown(i64::try_from(text.chars().count()).ok(), Slot::Int),
        Op::LowerAscii => Slot::Made(text.to_ascii_lowercase().into()),
        Op::UpperAscii => Slot::Made(text.to_ascii_uppercase().into()),
        Op::Trim => Slot::made(text.trim()),
        Op::TextToInt => Slot::or_unknown(parse_int(text), Slot::Int),
        Op::TextToBool => match text {
            "true" => Slot::Bool(true),
            "false" => Slot::Bool(false),
            _ => Slot::Unknown,
        },
        Op::TextToDecimal(scale) => Slot::or_unknown(Decimal::parse_exact(text, scale), Slot::Decimal),
        Op::TextToUuid if text.len() == 36 => Slot::or_unknown(Uuid::try_parse(text).ok(), Slot::Uuid),
        _ => Slot::Unknown,
    }
}

/// An optional minus and digits.
fn parse_int(text: &str) -> Option<i64> {
    if text.starts_with('+') { None } else { text.parse().ok() }
}

/// Operators of one text and one other operand.
pub(super) fn binary<'a>(op: Op, a: &Slot<'a>, b: &Slot<'a>) -> Slot<'a> {
    let Some(text) = a.as_text() else { return Slot::Unknown };
    match (op, b.as_text()) {
        (Op::Contains, Some(part)) => Slot::Bool(text.contains(part)),
        (Op::StartsWith, Some(part)) => Slot::Bool(text.starts_with(part)),
        (Op::EndsWith, Some(part)) => Slot::Bool(text.ends_with(part)),
        (Op::IndexOf, Some(part)) => Slot::or_unknown(index_of(text, part), Slot::Int),
        (Op::CharAt, None) => Slot::or_unknown(char_at(text, b), Slot::made),
        (Op::Substring, None) => substring(a, b, None),
        _ => Slot::Unknown,
    }
}

fn index_of(text: &str, part: &str) -> Option<i64> {
    match text.find(part) {
        None => Some(-1),
        Some(at) => i64::try_from(text.get(..at)?.chars().count()).ok(),
    }
}

fn char_at<'t>(text: &'t str, position: &Slot<'_>) -> Option<&'t str> {
    let rest = text.get(byte_of(text, position)?..)?;
    Some(rest.chars().next().map_or("", |c| rest.get(..c.len_utf8()).unwrap_or("")))
}

/// The byte at which the code point with this number begins; the end of the text is a position too.
fn byte_of(text: &str, position: &Slot<'_>) -> Option<usize> {
    let position = usize::try_from(position.as_int()?).ok()?;
    text.char_indices().map(|(byte, _)| byte).chain([text.len()]).nth(position)
}

/// `text.substring(start, end)`.
pub(super) fn substring<'a>(a: &Slot<'a>, start: &Slot<'a>, end: Option<&Slot<'a>>) -> Slot<'a> {
    let Some(text) = a.as_text() else { return Slot::Unknown };
    let start = byte_of(text, start);
    let end = end.map_or(Some(text.len()), |end| byte_of(text, end));
    let range = start.zip(end).and_then(|(start, end)| text.get(start..end));
    Slot::or_unknown(range, Slot::made)
}

/// All texts behind one another.
pub(super) fn concat<'a>(machine: &mut Machine<'a>, slots: &[Slot<'a>]) -> Outcome<'a> {
    let len: usize = slots.iter().filter_map(Slot::as_text).map(str::len).sum();
    machine.charge(len / 64)?;
    let mut out = String::with_capacity(len);
    for slot in slots {
        let Some(text) = slot.as_text() else { return Ok(Slot::Unknown) };
        out.push_str(text);
    }
    Ok(Slot::Made(out.into()))
}

/// Every occurrence of `old` becomes `new`.
pub(super) fn replace<'a>(
    machine: &mut Machine<'a>,
    a: &Slot<'a>,
    old: &Slot<'a>,
    new: &Slot<'a>,
) -> Outcome<'a> {
    let (Some(text), Some(old), Some(new)) = (a.as_text(), old.as_text(), new.as_text()) else {
        return Ok(Slot::Unknown);
    };
    if old.is_empty() {
        return Ok(a.clone());
    }
    let found = text.matches(old).count();
    machine.charge((text.len() + found.saturating_mul(new.len())) / 64)?;
    Ok(Slot::Made(text.replace(old, new).into()))
}

/// The parts of `a` between separators.
pub(super) fn split<'a>(machine: &mut Machine<'a>, a: &Slot<'a>, separator: &Slot<'a>) -> Outcome<'a> {
    let (Some(text), Some(separator)) = (a.as_text(), separator.as_text()) else {
        return Ok(Slot::Unknown);
    };
    machine.charge(text.len())?;
    let parts: Arc<[Slot<'a>]> = if separator.is_empty() {
        text.chars().map(|c| Slot::made(c.encode_utf8(&mut [0; 4]))).collect()
    } else {
        text.split(separator).map(Slot::made).collect()
    };
    Ok(Slot::MadeList(parts))
}

/// The elements with a separator between them; unknown when one is null.
pub(super) fn join<'a>(machine: &mut Machine<'a>, list: &Slot<'a>, separator: &str) -> Outcome<'a> {
    let Some(len) = list.list_len() else { return Ok(Slot::Unknown) };
    machine.charge(len.saturating_mul(1 + separator.len() / 64))?;
    let mut out = String::new();
    for (position, element) in elements(list).enumerate() {
        let Some(text) = element.as_text() else { return Ok(Slot::Unknown) };
        if position > 0 {
            out.push_str(separator);
        }
        machine.charge(text.len() / 64)?;
        out.push_str(text);
    }
    Ok(Slot::Made(out.into()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn white_space_is_what_rust_trims() {
        let spaces: String =
            (0..=0x10_ffff).filter_map(char::from_u32).filter(|c| c.is_whitespace()).collect();
        assert_eq!(super::WHITE_SPACE, spaces);
    }
}
