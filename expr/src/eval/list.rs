//! Operators on lists.

use athyper_schemas::ir::Op;

use super::Exhausted;
use super::machine::Machine;
use super::slot::Slot;
use crate::decimal::Decimal;
use crate::moment;

/// The elements of a list.
pub(super) fn elements<'s, 'a: 's>(list: &'s Slot<'a>) -> impl Iterator<Item = Slot<'a>> + 's {
    (0..list.list_len().unwrap_or(0)).filter_map(|position| list.element(position))
}

/// Operators of one list.
pub(super) fn unary<'a>(op: Op, list: &Slot<'a>) -> Slot<'a> {
    if list.list_len().is_none() {
        return Slot::Unknown;
    }
    match op {
        Op::ListSize => Slot::or_unknown(list.list_len().and_then(|len| i64::try_from(len).ok()), Slot::Int),
        Op::SumInt => Slot::or_unknown(sum(list, |slot| slot.as_int()), Slot::Int),
        Op::SumDuration => Slot::or_unknown(
            sum(list, |slot| match slot {
                Slot::Duration(us) => Some(*us),
                _ => None,
            })
            .and_then(moment::duration),
            Slot::Duration,
        ),
        Op::SumDecimal(scale) => Slot::or_unknown(
            sum(list, |slot| slot.as_decimal().map(Decimal::units))
                .and_then(|units| Decimal::new(units, scale)),
            Slot::Decimal,
        ),
        Op::ListMin | Op::ListMax => extreme(list, op == Op::ListMin),
        _ => Slot::Unknown,
    }
}

/// The exact sum, when every element is there and the sum fits.
fn sum(list: &Slot<'_>, number: impl Fn(&Slot<'_>) -> Option<i64>) -> Option<i64> {
    let mut total: i128 = 0;
    for element in elements(list) {
        total += i128::from(number(&element)?);
    }
    i64::try_from(total).ok()
}

fn extreme<'a>(list: &Slot<'a>, least: bool) -> Slot<'a> {
    let mut best: Option<Slot<'a>> = None;
    for element in elements(list) {
        let replace = match &best {
            None if element.is_some() => true,
            None => return Slot::Unknown,
            Some(best) => match element.compare(best) {
                None => return Slot::Unknown,
                Some(order) => order.is_ne() && order.is_lt() == least,
            },
        };
        if replace {
            best = Some(element);
        }
    }
    best.unwrap_or(Slot::Unknown)
}

/// `element in list`.
pub(super) fn contains<'a>(list: &Slot<'a>, element: &Slot<'a>) -> Slot<'a> {
    if list.list_len().is_none() {
        return Slot::Unknown;
    }
    let mut found = Some(false);
    for candidate in elements(list) {
        match element.equals(&candidate) {
            Some(true) => return Slot::Bool(true),
            Some(false) => {}
            None => found = None,
        }
    }
    Slot::judged(found)
}

/// `list[position]`.
pub(super) fn at<'a>(list: &Slot<'a>, position: &Slot<'a>) -> Slot<'a> {
    let position = position.as_int().and_then(|n| usize::try_from(n).ok());
    position.and_then(|position| list.element(position)).unwrap_or(Slot::Unknown)
}

/// `list + list`.
pub(super) fn concat<'a>(
    machine: &mut Machine<'a>,
    a: &Slot<'a>,
    b: &Slot<'a>,
) -> Result<Slot<'a>, Exhausted> {
    let (Some(left), Some(right)) = (a.list_len(), b.list_len()) else {
        return Ok(Slot::Unknown);
    };
    machine.charge(left + right)?;
    Ok(Slot::MadeList(elements(a).chain(elements(b)).collect()))
}
