//! Operators that look at all their operands, by the number of operands.

use std::cmp::Ordering;

use athyper_schemas::ir::Op;

use super::machine::Machine;
use super::slot::Slot;
use super::{Exhausted, list, text, time};
use crate::decimal::Decimal;
use crate::value::Value;

type Outcome<'a> = Result<Slot<'a>, Exhausted>;

/// Operators of one operand.
pub(super) fn unary<'a>(machine: &mut Machine<'a>, op: Op, a: &Slot<'a>) -> Outcome<'a> {
    Ok(match op {
        Op::Not => Slot::judged(a.truth().map(|truth| !truth)),
        Op::Has => Slot::Bool(a.is_some()),
        _ if matches!(a, Slot::Null) && op.keeps_null() => Slot::Null,
        _ if !a.is_some() => Slot::Unknown,
        Op::NegInt => Slot::or_unknown(a.as_int().and_then(i64::checked_neg), Slot::Int),
        Op::NegDecimal => Slot::or_unknown(a.as_decimal().map(Decimal::negated), Slot::Decimal),
        Op::Rescale { to, .. } => Slot::or_unknown(a.as_decimal().and_then(|d| d.rescale(to)), Slot::Decimal),
        Op::IntToDecimal(scale) => {
            Slot::or_unknown(a.as_int().and_then(|n| Decimal::from_int(n, scale)), Slot::Decimal)
        }
        Op::DecimalToInt(_) => Slot::or_unknown(a.as_decimal().and_then(Decimal::to_int), Slot::Int),
        Op::UuidToText | Op::EnumToText | Op::IntToText | Op::BoolToText | Op::DecimalToText(_) => {
            text::of_scalar(a)
        }
        Op::TextSize
        | Op::LowerAscii
        | Op::UpperAscii
        | Op::Trim
        | Op::TextToInt
        | Op::TextToBool
        | Op::TextToDecimal(_)
        | Op::TextToUuid => {
            machine.charge(a.as_text().map_or(0, str::len) / 64)?;
            text::unary(op, a)
        }
        Op::ListSize | Op::SumInt | Op::SumDecimal(_) | Op::SumDuration | Op::ListMin | Op::ListMax => {
            machine.charge(a.list_len().unwrap_or(0))?;
            list::unary(op, a)
        }
        Op::Join => text::join(machine, a, "")?,
        _ => time::unary(op, a),
    })
}

/// Operators of two operands.
pub(super) fn binary<'a>(machine: &mut Machine<'a>, op: Op, a: &Slot<'a>, b: &Slot<'a>) -> Outcome<'a> {
    Ok(match op {
        Op::Eq | Op::Ne => {
            machine.charge(a.list_len().unwrap_or(0))?;
            Slot::judged(a.equals(b).map(|equal| equal == (op == Op::Eq)))
        }
        Op::In => {
            machine.charge(b.list_len().unwrap_or(0))?;
            list::contains(b, a)
        }
        _ if !a.is_some() || !b.is_some() => Slot::Unknown,
        Op::Lt => Slot::judged(a.compare(b).map(Ordering::is_lt)),
        Op::Le => Slot::judged(a.compare(b).map(Ordering::is_le)),
        Op::Gt => Slot::judged(a.compare(b).map(Ordering::is_gt)),
        Op::Ge => Slot::judged(a.compare(b).map(Ordering::is_ge)),
        Op::AddInt | Op::SubInt | Op::MulInt | Op::DivInt | Op::RemInt => {
            Slot::or_unknown(int(op, a, b), Slot::Int)
        }
        Op::AddDecimal(_) | Op::SubDecimal(_) | Op::MulDecimal(_) | Op::DivDecimal(_) => {
            Slot::or_unknown(decimal(op, a, b), Slot::Decimal)
        }
        Op::Least | Op::Greatest => extreme(op == Op::Least, &[a.clone(), b.clone()]),
        Op::ListAt => list::at(a, b),
        Op::ListConcat => list::concat(machine, a, b)?,
        Op::Concat => text::concat(machine, &[a.clone(), b.clone()])?,
        Op::Split => text::split(machine, a, b)?,
        Op::Join => text::join(machine, a, b.as_text().unwrap_or(""))?,
        Op::Contains | Op::StartsWith | Op::EndsWith | Op::IndexOf | Op::CharAt | Op::Substring => {
            machine.charge(a.as_text().map_or(0, str::len) / 64)?;
            text::binary(op, a, b)
        }
        _ => time::binary(op, a, b),
    })
}

/// A comparison of two values of one plain kind; none where it takes more than looking at both.
pub(super) fn compared(op: Op, a: &Value, b: &Value) -> Option<bool> {
    let order = match (a, b) {
        (Value::Null, other) | (other, Value::Null) if matches!(op, Op::Eq | Op::Ne) => {
            return Some(other.is_null() == (op == Op::Eq));
        }
        (Value::Text(a), Value::Text(b)) if matches!(op, Op::Eq | Op::Ne) => {
            return Some((a == b) == (op == Op::Eq));
        }
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) | (Value::Datetime(a), Value::Datetime(b)) => a.cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
        _ => return None,
    };
    Some(match op {
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        _ => return None,
    })
}

/// Operators of three or more operands.
pub(super) fn many<'a>(machine: &mut Machine<'a>, op: Op, slots: &[Slot<'a>]) -> Outcome<'a> {
    if !slots.iter().all(Slot::is_some) {
        return Ok(Slot::Unknown);
    }
    Ok(match (op, slots) {
        (Op::Least | Op::Greatest, _) => extreme(op == Op::Least, slots),
        (Op::Concat, _) => text::concat(machine, slots)?,
        (Op::Replace, [a, old, new]) => text::replace(machine, a, old, new)?,
        (Op::Substring, [a, start, end]) => text::substring(a, start, Some(end)),
        _ => Slot::Unknown,
    })
}

fn int(op: Op, a: &Slot<'_>, b: &Slot<'_>) -> Option<i64> {
    let (a, b) = (a.as_int()?, b.as_int()?);
    match op {
        Op::AddInt => a.checked_add(b),
        Op::SubInt => a.checked_sub(b),
        Op::MulInt => a.checked_mul(b),
        Op::DivInt => a.checked_div(b),
        // The least integer leaves no rest when divided by -1, although its quotient does not fit.
        _ => (b != 0).then(|| a.wrapping_rem(b)),
    }
}

fn decimal(op: Op, a: &Slot<'_>, b: &Slot<'_>) -> Option<Decimal> {
    let (a, b) = (a.as_decimal()?, b.as_decimal()?);
    match op {
        Op::AddDecimal(_) => a.checked_add(b),
        Op::SubDecimal(_) => a.checked_sub(b),
        Op::MulDecimal(scales) => a.checked_mul(b, scales.to),
        Op::DivDecimal(scales) => a.checked_div(b, scales.to),
        _ => None,
    }
}

fn extreme<'a>(least: bool, slots: &[Slot<'a>]) -> Slot<'a> {
    let mut best = slots.first().cloned().unwrap_or(Slot::Unknown);
    for slot in slots.iter().skip(1) {
        match slot.compare(&best) {
            None => return Slot::Unknown,
            Some(order) if order.is_lt() == least && order.is_ne() => best = slot.clone(),
            Some(_) => {}
        }
    }
    best
}
