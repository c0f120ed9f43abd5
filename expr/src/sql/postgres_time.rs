//! Dates, times, instants and durations on PostgreSQL: exact to the microsecond, and by nothing that depends on the
//! session, so that a generated column may say it too. Instants outside the years 1 to 9999 are NULL. May not live
//! here: everything else.

use athyper_schemas::ir::{Op, Part};

use super::spelling::Names;
use super::text::SqlText;
use crate::moment::{DAY_US, MAX_DURATION_US, MAX_INSTANT_US, MIN_INSTANT_US};
use crate::sql;

pub(super) fn unary(op: Op, a: SqlText, names: &mut Names) -> Option<SqlText> {
    Some(match op {
        Op::DateToText => names.named([a], |[v]| sql!["(", digits(v), " COLLATE \"C\")"]),
        Op::TimeToText => sql!["((", a, ")::text COLLATE \"C\")"],
        Op::DatetimeToText => names.named([utc(&a)], |[v]| {
            sql!["(", digits(v), " || 'T' || (", v, ")::time::text || 'Z' COLLATE \"C\")"]
        }),
        Op::DatetimeToDate => sql![utc(&a), "::date"],
        Op::DateToDatetime => sql!["((", a, ")::timestamp AT TIME ZONE 'UTC')"],
        Op::DatetimeToInt => sql!["floor(extract(epoch FROM ", utc(&a), "))::bigint"],
        Op::IntToDatetime => instant(sql!["(", a, "::numeric * 1000000)"], names),
        Op::DatePart(part) | Op::TimePart(part) => extract(part, &a)?,
        Op::DatetimePart(part) => extract(part, &utc(&a))?,
        Op::DurationNeg => sql!["(- ", a, ")"],
        Op::DurationPart(part) => match part {
            Part::Hours => sql!["(", a, " / 3600000000)"],
            Part::Minutes => sql!["(", a, " / 60000000)"],
            Part::Seconds => sql!["(", a, " / 1000000)"],
            Part::Milliseconds => sql!["(", a, " / 1000 % 1000)"],
            _ => return None,
        },
        _ => return None,
    })
}

pub(super) fn binary(op: Op, a: SqlText, b: SqlText, names: &mut Names) -> Option<SqlText> {
    Some(match op {
        Op::DatetimeAdd => instant(sql!["(", microseconds(&a), " + ", b, ")"], names),
        Op::DatetimeSub => instant(sql!["(", microseconds(&a), " - ", b, ")"], names),
        Op::DatetimeDiff => {
            let between = sql!["(", microseconds(&a), " - ", microseconds(&b), ")"];
            names.named([between], |[v]| length(v))
        }
        Op::DurationAdd => names.named([sql!["(", a, "::numeric + ", b, ")"]], |[v]| length(v)),
        Op::DurationSub => names.named([sql!["(", a, "::numeric - ", b, ")"]], |[v]| length(v)),
        Op::DateAdd => day(sql!["(", midnight(&a), " + ", b, ")"], names),
        Op::DateSub => day(sql!["(", midnight(&a), " - ", b, ")"], names),
        Op::DateDiff => {
            let between = sql!["((", a, " - ", b, ")::bigint * ", DAY_US, ")"];
            names.named([between], |[v]| length(v))
        }
        _ => return None,
    })
}

/// Microseconds as a duration, NULL when it is too long.
pub(super) fn length(v: &SqlText) -> SqlText {
    let within = sql![v, " BETWEEN ", -MAX_DURATION_US, " AND ", MAX_DURATION_US];
    sql!["CASE WHEN ", within, " THEN ", v, "::bigint END"]
}

/// An instant as what a clock in UTC shows.
fn utc(a: &SqlText) -> SqlText {
    sql!["(", a, " AT TIME ZONE 'UTC')"]
}

/// The digits of a day; `to_char` would ask the session.
fn digits(v: &SqlText) -> SqlText {
    let year = sql!["lpad(extract(year FROM ", v, ")::text, 4, '0')"];
    let month = sql!["lpad(extract(month FROM ", v, ")::text, 2, '0')"];
    sql![year, " || '-' || ", month, " || '-' || lpad(extract(day FROM ", v, ")::text, 2, '0')"]
}

/// An instant as `numeric` microseconds since 1970: `extract` is exact.
fn microseconds(a: &SqlText) -> SqlText {
    sql!["extract(epoch FROM ", utc(a), ") * 1000000"]
}

/// The midnight that begins a date, as `numeric` microseconds since 1970.
fn midnight(a: &SqlText) -> SqlText {
    sql!["(", a, " - DATE '1970-01-01')::numeric * ", DAY_US]
}

/// `numeric` microseconds since 1970 as an instant. Whole days are added to a date and the rest to its midnight,
/// because an interval is made from a floating point number.
fn instant(us: SqlText, names: &mut Names) -> SqlText {
    within_years(us, names, |v| {
        let rest = sql!["mod(", since_year_one(v), ", ", DAY_US, ")::bigint"];
        let clock = sql![whole_days(v), " + ", rest, " * INTERVAL '1 microsecond'"];
        sql!["(", clock, ") AT TIME ZONE 'UTC'"]
    })
}

/// `numeric` microseconds since 1970 as the day they fall on.
fn day(us: SqlText, names: &mut Names) -> SqlText {
    within_years(us, names, whole_days)
}

/// What `of` makes of microseconds since 1970; NULL outside the years 1 to 9999.
fn within_years(us: SqlText, names: &mut Names, of: impl Fn(&SqlText) -> SqlText) -> SqlText {
    names.named([us], |[v]| {
        sql!["CASE WHEN ", v, " BETWEEN ", MIN_INSTANT_US, " AND ", MAX_INSTANT_US, " THEN ", of(v), " END"]
    })
}

fn since_year_one(us: &SqlText) -> SqlText {
    sql!["(", us, " - (", MIN_INSTANT_US, "))"]
}

fn whole_days(us: &SqlText) -> SqlText {
    sql!["(DATE '0001-01-01' + div(", since_year_one(us), ", ", DAY_US, ")::integer)"]
}

fn extract(part: Part, of: &SqlText) -> Option<SqlText> {
    let (words, less_one) = match part {
        Part::FullYear => ("extract(year FROM ", false),
        Part::Month => ("extract(month FROM ", true),
        Part::Date => ("extract(day FROM ", false),
        Part::DayOfMonth => ("extract(day FROM ", true),
        Part::DayOfWeek => ("extract(dow FROM ", false),
        Part::DayOfYear => ("extract(doy FROM ", true),
        Part::Hours => ("extract(hour FROM ", false),
        Part::Minutes => ("extract(minute FROM ", false),
        Part::Seconds => ("trunc(extract(second FROM ", false),
        Part::Milliseconds => {
            return Some(sql!["(trunc(extract(milliseconds FROM ", of, "))::bigint % 1000)"]);
        }
    };
    let close = if part == Part::Seconds { "))" } else { ")" };
    Some(if less_one {
        sql!["(", words, of, close, "::bigint - 1)"]
    } else {
        sql![words, of, close, "::bigint"]
    })
}
