//! Operators on dates, times, instants and durations.

use athyper_schemas::ir::{Op, Part};

use super::slot::Slot;
use crate::moment::{self, DAY_US, SECOND_US};

/// Operators of one operand.
pub(super) fn unary<'a>(op: Op, a: &Slot<'a>) -> Slot<'a> {
    match (op, a) {
        (Op::DurationNeg, Slot::Duration(us)) => {
            Slot::or_unknown(us.checked_neg().and_then(moment::duration), Slot::Duration)
        }
        (Op::DatePart(part), Slot::Date(day)) => Slot::or_unknown(date_part(part, *day), Slot::Int),
        (Op::TimePart(part), Slot::Time(us)) => Slot::or_unknown(clock_part(part, *us), Slot::Int),
        (Op::DatetimePart(part), Slot::Datetime(us)) => {
            let day = moment::day_of_instant(*us);
            let part = clock_part(part, us.rem_euclid(DAY_US)).or_else(|| date_part(part, day?));
            Slot::or_unknown(part, Slot::Int)
        }
        (Op::DurationPart(part), Slot::Duration(us)) => Slot::or_unknown(duration_part(part, *us), Slot::Int),
        (Op::DateToText, Slot::Date(day)) => written(|out| moment::write_date(*day, out)),
        (Op::TimeToText, Slot::Time(us)) => written(|out| moment::write_time(*us, false, out)),
        (Op::DatetimeToText, Slot::Datetime(us)) => written(|out| moment::write_datetime(*us, false, out)),
        (Op::DurationToText, Slot::Duration(us)) => written(|out| moment::write_duration_seconds(*us, out)),
        (Op::DatetimeToDate, Slot::Datetime(us)) => Slot::or_unknown(moment::day_of_instant(*us), Slot::Date),
        (Op::DateToDatetime, Slot::Date(day)) => Slot::Datetime(i64::from(*day) * DAY_US),
        (Op::DatetimeToInt, Slot::Datetime(us)) => Slot::Int(us.div_euclid(SECOND_US)),
        (Op::IntToDatetime, Slot::Int(seconds)) => {
            Slot::or_unknown(seconds.checked_mul(SECOND_US).and_then(moment::instant), Slot::Datetime)
        }
        _ => parsed(op, a.as_text()),
    }
}

fn written<'a>(write: impl FnOnce(&mut String)) -> Slot<'a> {
    let mut out = String::new();
    write(&mut out);
    Slot::Made(out.into())
}

fn parsed<'a>(op: Op, text: Option<&str>) -> Slot<'a> {
    let Some(text) = text else { return Slot::Unknown };
    match op {
        Op::TextToDate => Slot::or_unknown(moment::parse_date(text), Slot::Date),
        Op::TextToTime => Slot::or_unknown(moment::parse_time(text), Slot::Time),
        Op::TextToDatetime => Slot::or_unknown(moment::parse_datetime(text), Slot::Datetime),
        Op::TextToDuration => Slot::or_unknown(moment::parse_duration(text), Slot::Duration),
        _ => Slot::Unknown,
    }
}

fn date_part(part: Part, day: i32) -> Option<i64> {
    let date = moment::civil(day)?;
    Some(match part {
        Part::FullYear => i64::from(date.year()),
        Part::Month => i64::from(date.month()) - 1,
        Part::Date => i64::from(date.day()),
        Part::DayOfMonth => i64::from(date.day()) - 1,
        Part::DayOfWeek => i64::from(date.weekday().to_sunday_zero_offset()),
        Part::DayOfYear => i64::from(date.day_of_year()) - 1,
        _ => return None,
    })
}

const fn clock_part(part: Part, us: i64) -> Option<i64> {
    Some(match part {
        Part::Hours => us / (3600 * SECOND_US),
        Part::Minutes => us / (60 * SECOND_US) % 60,
        Part::Seconds => us / SECOND_US % 60,
        Part::Milliseconds => us / 1000 % 1000,
        _ => return None,
    })
}

const fn duration_part(part: Part, us: i64) -> Option<i64> {
    Some(match part {
        Part::Hours => us / (3600 * SECOND_US),
        Part::Minutes => us / (60 * SECOND_US),
        Part::Seconds => us / SECOND_US,
        Part::Milliseconds => us / 1000 % 1000,
        _ => return None,
    })
}

/// Operators of two operands.
pub(super) fn binary<'a>(op: Op, a: &Slot<'a>, b: &Slot<'a>) -> Slot<'a> {
    match (op, a, b) {
        (Op::DatetimeAdd, Slot::Datetime(us), Slot::Duration(by)) => {
            Slot::or_unknown(us.checked_add(*by).and_then(moment::instant), Slot::Datetime)
        }
        (Op::DatetimeSub, Slot::Datetime(us), Slot::Duration(by)) => {
            Slot::or_unknown(us.checked_sub(*by).and_then(moment::instant), Slot::Datetime)
        }
        (Op::DatetimeDiff, Slot::Datetime(us), Slot::Datetime(from)) => length(us.checked_sub(*from)),
        (Op::DateAdd, Slot::Date(day), Slot::Duration(by)) => moved(*day, Some(*by)),
        (Op::DateSub, Slot::Date(day), Slot::Duration(by)) => moved(*day, by.checked_neg()),
        (Op::DateDiff, Slot::Date(day), Slot::Date(from)) => {
            length(Some((i64::from(*day) - i64::from(*from)) * DAY_US))
        }
        (Op::DurationAdd, Slot::Duration(a), Slot::Duration(b)) => length(a.checked_add(*b)),
        (Op::DurationSub, Slot::Duration(a), Slot::Duration(b)) => length(a.checked_sub(*b)),
        _ => Slot::Unknown,
    }
}

fn length<'a>(us: Option<i64>) -> Slot<'a> {
    Slot::or_unknown(us.and_then(moment::duration), Slot::Duration)
}

/// The day on which midnight of `day` plus `by` falls.
fn moved<'a>(day: i32, by: Option<i64>) -> Slot<'a> {
    let us = by.and_then(|by| (i64::from(day) * DAY_US).checked_add(by)).and_then(moment::instant);
    Slot::or_unknown(us.and_then(moment::day_of_instant), Slot::Date)
}
