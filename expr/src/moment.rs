//! Days, times, instants and lengths of time as integers, and their texts.
//!
//! A day is a count of days since 1970-01-01, the others are microseconds. Years 1 to 9999 only.

use std::fmt::Write as _;

use jiff::Span;
use jiff::civil::Date;

/// Microseconds in a second.
pub const SECOND_US: i64 = 1_000_000;
/// Microseconds in a day.
pub const DAY_US: i64 = 86_400 * SECOND_US;
/// 0001-01-01 in days.
pub const MIN_DAY: i32 = -719_162;
/// 9999-12-31 in days.
pub const MAX_DAY: i32 = 2_932_896;
/// 0001-01-01T00:00:00Z in microseconds.
pub const MIN_INSTANT_US: i64 = MIN_DAY as i64 * DAY_US;
/// 9999-12-31T23:59:59.999999Z in microseconds.
pub const MAX_INSTANT_US: i64 = (MAX_DAY as i64 + 1) * DAY_US - 1;

/// The longest duration in microseconds: the 64-bit count of nanoseconds that others keep, about 292 years.
pub const MAX_DURATION_US: i64 = i64::MAX / 1000;

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// The calendar day, when it lies in the years 1 to 9999.
#[must_use]
pub fn civil(day: i32) -> Option<Date> {
    if !(MIN_DAY..=MAX_DAY).contains(&day) {
        return None;
    }
    EPOCH.checked_add(Span::new().try_days(day).ok()?).ok()
}

/// The number of a calendar day.
#[must_use]
pub fn day_of(date: Date) -> Option<i32> {
    let day = i32::try_from(date.duration_since(EPOCH).as_hours() / 24).ok()?;
    (MIN_DAY..=MAX_DAY).contains(&day).then_some(day)
}

/// Whether an instant lies in the years 1 to 9999.
#[must_use]
pub const fn instant(us: i64) -> Option<i64> {
    if us >= MIN_INSTANT_US && us <= MAX_INSTANT_US { Some(us) } else { None }
}

/// The day of an instant, in UTC.
#[must_use]
pub fn day_of_instant(us: i64) -> Option<i32> {
    i32::try_from(us.div_euclid(DAY_US)).ok()
}

/// Exactly `count` ASCII digits at the front of `text`, and what follows.
fn digits(text: &str, count: usize) -> Option<(i64, &str)> {
    let (head, tail) = text.split_at_checked(count)?;
    if !head.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((head.parse().ok()?, tail))
}

/// `YYYY-MM-DD` at the front of `text`, and what follows.
fn date_prefix(text: &str) -> Option<(i32, &str)> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let date =
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some((day_of(date)?, rest))
}

/// A fraction of a second behind its point, rounded to microseconds, and what follows.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut us = 0;
    for place in 0..6 {
        us = us * 10 + digits.as_bytes().get(place).map_or(0, |b| i64::from(b - b'0'));
    }
    let up = digits.as_bytes().get(6).is_some_and(|b| *b >= b'5');
    Some((us + i64::from(up), rest))
}

/// `HH:MM:SS` with an optional fraction at the front of `text`, and what follows.
fn time_prefix(text: &str) -> Option<(i64, &str)> {
    let (hour, rest) = digits(text, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = digits(rest.strip_prefix(':')?, 2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (us, rest) = match rest.strip_prefix('.') {
        Some(rest) => fraction(rest)?,
        None => (0, rest),
    };
    Some((((hour * 60 + minute) * 60 + second) * SECOND_US + us, rest))
}

/// Reads `YYYY-MM-DD`.
#[must_use]
pub fn parse_date(text: &str) -> Option<i32> {
    date_prefix(text).filter(|(_, rest)| rest.is_empty()).map(|(day, _)| day)
}

/// Reads `HH:MM:SS` with an optional fraction.
#[must_use]
pub fn parse_time(text: &str) -> Option<i64> {
    time_prefix(text).filter(|(us, rest)| rest.is_empty() && *us < DAY_US).map(|(us, _)| us)
}

/// Reads RFC 3339: a day, `T`, a time, and `Z` or an offset.
#[must_use]
pub fn parse_datetime(text: &str) -> Option<i64> {
    let (day, rest) = date_prefix(text)?;
    let (time, rest) = time_prefix(rest.strip_prefix(['T', 't', ' '])?)?;
    let offset = match rest {
        "Z" | "z" => 0,
        _ => {
            let sign = if rest.starts_with('-') { -1 } else { 1 };
            let (hour, rest) = digits(rest.strip_prefix(['-', '+'])?, 2)?;
            let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
            if hour > 23 || minute > 59 || !rest.is_empty() {
                return None;
            }
            sign * (hour * 60 + minute) * 60 * SECOND_US
        }
    };
    instant(i64::from(day) * DAY_US + time - offset)
}

/// How long one of these units is, in microseconds.
fn unit_us(iso: bool, unit: &str, after_t: bool) -> Option<i64> {
    Some(match (iso, unit, after_t) {
        (true, "W", false) => 7 * DAY_US,
        (true, "D", false) => DAY_US,
        (true, "H", true) | (false, "h", _) => 3600 * SECOND_US,
        (true, "M", true) | (false, "m", _) => 60 * SECOND_US,
        (true, "S", true) | (false, "s", _) => SECOND_US,
        (false, "d", _) => DAY_US,
        (false, "ms", _) => 1000,
        (false, "us", _) => 1,
        _ => return None,
    })
}

/// Reads a length of time: ISO 8601 without years and months (`P1DT2H`, `-PT1.5S`), or as CEL writes it
/// (`1h30m`, `-1.5s`, `30d`, `250ms`).
#[must_use]
pub fn parse_duration(text: &str) -> Option<i64> {
    let negative = text.starts_with('-');
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    if text == "0" {
        return Some(0);
    }
    let (iso, mut rest) = text.strip_prefix('P').map_or((false, text), |rest| (true, rest));
    let mut after_t = false;
    let mut previous = i64::MAX;
    let mut total: i128 = 0;
    while !rest.is_empty() {
        if iso
            && !after_t
            && let Some(tail) = rest.strip_prefix('T')
        {
            after_t = true;
            rest = tail;
        }
        let end = rest.bytes().position(|b| !b.is_ascii_digit() && b != b'.')?;
        let (number, tail) = rest.split_at_checked(end)?;
        let end = tail
            .bytes()
            .position(|b| b.is_ascii_digit() || b == b'.' || (iso && b == b'T'))
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(end)?;
        let unit = unit_us(iso, unit, after_t)?;
        if unit >= previous {
            return None;
        }
        previous = unit;
        total += scaled(number, unit)?;
        rest = tail;
    }
    if previous == i64::MAX {
        return None;
    }
    i64::try_from(if negative { -total } else { total }).ok().and_then(duration)
}

/// A length of time, when it is no longer than [`MAX_DURATION_US`] either way.
#[must_use]
pub fn duration(us: i64) -> Option<i64> {
    (-MAX_DURATION_US..=MAX_DURATION_US).contains(&us).then_some(us)
}

/// `number` (digits, perhaps a point and digits) times `unit`, rounded to microseconds.
fn scaled(number: &str, unit: i64) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || whole.len() > 18 || fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let power = 10i128.pow(u32::try_from(fraction.len()).ok()?);
    let whole: i128 = whole.parse().ok()?;
    let fraction: i128 = fraction.parse().ok()?;
    Some(whole * i128::from(unit) + (fraction * i128::from(unit) + power / 2) / power)
}

/// Writes `YYYY-MM-DD`.
pub fn write_date(day: i32, out: &mut String) {
    if let Some(date) = civil(day) {
        let _ = write!(out, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day());
    }
}

/// Writes `HH:MM:SS`, then the fraction: six digits when `fixed`, otherwise only those that count.
pub fn write_time(us: i64, fixed: bool, out: &mut String) {
    let seconds = us / SECOND_US;
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = us % SECOND_US;
    if fixed {
        let _ = write!(out, ".{fraction:06}");
    } else {
        write_fraction(fraction, out);
    }
}

/// Writes a point and the digits of a fraction that count, or nothing.
fn write_fraction(us: i64, out: &mut String) {
    if us != 0 {
        let digits = format!("{us:06}");
        out.push('.');
        out.push_str(digits.trim_end_matches('0'));
    }
}

/// Writes `YYYY-MM-DDTHH:MM:SS`, the fraction as [`write_time`] does, and `Z`.
pub fn write_datetime(us: i64, fixed: bool, out: &mut String) {
    if let Some(day) = day_of_instant(us) {
        write_date(day, out);
        out.push('T');
        write_time(us.rem_euclid(DAY_US), fixed, out);
        out.push('Z');
    }
}

/// Writes ISO 8601 in hours, minutes and seconds: `PT36H`, `-PT0.5S`, `PT0S`.
pub fn write_duration(us: i64, out: &mut String) {
    let magnitude = us.unsigned_abs();
    let seconds = magnitude / SECOND_US.unsigned_abs();
    let fraction = i64::try_from(magnitude % SECOND_US.unsigned_abs()).unwrap_or(0);
    out.push_str(if us < 0 { "-PT" } else { "PT" });
    if seconds >= 3600 {
        let _ = write!(out, "{}H", seconds / 3600);
    }
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    if minutes > 0 {
        let _ = write!(out, "{minutes}M");
    }
    if rest > 0 || fraction != 0 || magnitude == 0 {
        let _ = write!(out, "{rest}");
        write_fraction(fraction, out);
        out.push('S');
    }
}

/// Writes seconds as CEL does: `5400s`, `-0.5s`.
pub fn write_duration_seconds(us: i64, out: &mut String) {
    let magnitude = us.unsigned_abs();
    let _ = write!(out, "{}{}", if us < 0 { "-" } else { "" }, magnitude / SECOND_US.unsigned_abs());
    write_fraction(i64::try_from(magnitude % SECOND_US.unsigned_abs()).unwrap_or(0), out);
    out.push('s');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn the_calendar_ends_where_it_is_said_to() {
        assert_eq!(parse_date("0001-01-01"), Some(MIN_DAY));
        assert_eq!(parse_date("9999-12-31"), Some(MAX_DAY));
        assert_eq!(parse_datetime("9999-12-31T23:59:59.999999Z"), Some(MAX_INSTANT_US));
        assert_eq!(parse_datetime("9999-12-31T23:59:59.9999999Z"), None);
        for text in ["2026-02-29", "2026-13-01", "0000-01-01", "2026-1-01", "2026-01-01 ", "+026-01-01"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn instants_are_read_with_offsets_and_written_in_utc() {
        for (text, short) in [
            ("2026-03-31T09:30:00Z", "2026-03-31T09:30:00Z"),
            ("2026-03-31T09:30:00.120000+02:00", "2026-03-31T07:30:00.12Z"),
            ("1969-12-31T23:59:59.9999996Z", "1970-01-01T00:00:00Z"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"),
        ] {
            let us = parse_datetime(text).unwrap();
            assert_eq!(written(|out| write_datetime(us, false, out)), short);
        }
        for text in ["2026-03-31T09:30:00", "2026-03-31", "2026-03-31T24:00:00Z", "2026-03-31T09:30Z"] {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }

    #[test]
    fn durations_have_one_written_form() {
        for (text, iso, cel) in [
            ("1h30m", "PT1H30M", "5400s"),
            ("P1DT12H", "PT36H", "129600s"),
            ("-PT0.5S", "-PT0.5S", "-0.5s"),
            ("0", "PT0S", "0s"),
            ("1.5s", "PT1.5S", "1.5s"),
            ("P1W", "PT168H", "604800s"),
            ("250ms", "PT0.25S", "0.25s"),
        ] {
            let us = parse_duration(text).unwrap();
            assert_eq!(written(|out| write_duration(us, out)), iso);
            assert_eq!(written(|out| write_duration_seconds(us, out)), cel);
        }
        for text in
            ["", "P", "PT", "1", "P1M", "P1Y", "PT1M1H", "1m1h", "P1DT", "1h ", "2562048h", "P106752D"]
        {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn every_extreme_duration_can_be_written() {
        let least = parse_duration("-PT2562047H47M16.854775S").unwrap();
        assert_eq!(least, -MAX_DURATION_US);
        assert_eq!(written(|out| write_duration(least, out)), "-PT2562047H47M16.854775S");
    }
}
