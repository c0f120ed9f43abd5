//! How SQLite says it. Decimals are integers of units, dates and times are fixed-width text, overflow is REAL.

use athyper_schemas::ir::{Kind, Op, Part, Scales};

use super::spelling::{Names, Search, Spelling, power};
use super::text::{Bind, Identifier, SqlText};
use crate::decimal::{MAX_DIGITS, MAX_UNITS};
use crate::eval::WHITE_SPACE;
use crate::moment::{MAX_DURATION_US, MAX_INSTANT_US, MIN_INSTANT_US};
use crate::sql;

/// The spelling of SQLite.
pub(super) struct Sqlite;

impl Spelling for Sqlite {
    /// Integer overflow gives a REAL, and every operator over a REAL gives a REAL or NULL.
    fn overflow_shows(&self) -> bool {
        true
    }

    /// Every value is bound in its stored form, which tells its type.
    fn typed(&self, bind: Bind, _kind: &Kind) -> SqlText {
        bind.into()
    }

    fn document(&self, column: SqlText) -> SqlText {
        column
    }

    fn by_code_point(&self) -> &'static str {
        ""
    }

    fn fitting(&self, raw: SqlText, names: &mut Names) -> SqlText {
        names.named([raw], |[v]| sql!["CASE WHEN typeof(", v, ") = 'integer' THEN ", v, " END"])
    }

    fn call(&self, op: Op, args: Vec<SqlText>, names: &mut Names) -> Option<SqlText> {
        let args = match <[SqlText; 1]>::try_from(args) {
            Ok([a]) => return unary(op, a, names),
            Err(args) => args,
        };
        let args = match <[SqlText; 2]>::try_from(args) {
            Ok([a, b]) => return binary(op, a, b, names),
            Err(args) => args,
        };
        many(op, args, names)
    }

    fn same(&self, equal: bool) -> &'static str {
        if equal { " IS " } else { " IS NOT " }
    }

    fn truth(&self, value: SqlText, holds: bool) -> SqlText {
        sql![value, if holds { " = 1" } else { " = 0" }]
    }

    fn search(&self, search: Search, text: &SqlText, part: &SqlText, holds: bool) -> SqlText {
        let equal = if holds { " = " } else { " <> " };
        match search {
            Search::Contains => sql!["instr(", text, ", ", part, ")", if holds { " > 0" } else { " = 0" }],
            Search::StartsWith => sql!["substr(", text, ", 1, length(", part, "))", equal, part],
            Search::EndsWith => {
                sql!["substr(", text, ", length(", text, ") - length(", part, ") + 1)", equal, part]
            }
        }
    }

    fn each(&self, list: SqlText, _item: &Kind, alias: &Identifier) -> (SqlText, SqlText) {
        (sql!["json_each(", list, ") AS ", alias], sql![alias, ".\"value\""])
    }

    /// `SUM` of SQLite fails when it overflows, so the high and the low digits are added apart.
    fn sum(&self, op: Op, value: &Identifier, rows: SqlText, names: &mut Names) -> SqlText {
        let parts = sql![
            "SELECT COALESCE(SUM(",
            value,
            " / 1000000000), 0) AS \"h\", COALESCE(SUM(",
            value,
            " % 1000000000), 0) AS \"l\" FROM (",
            rows,
            ") AS ",
            &names.fresh("s"),
            " HAVING COUNT(*) = COUNT(",
            value,
            ")"
        ];
        let carried = sql![
            "SELECT \"h\" + \"l\" / 1000000000 AS \"h\", \"l\" % 1000000000 AS \"l\" FROM (",
            parts,
            ")"
        ];
        let whole = sql![
            "SELECT CASE WHEN \"h\" > 0 AND \"l\" < 0 THEN (\"h\" - 1) * 1000000000 + (\"l\" + 1000000000) ",
            "WHEN \"h\" < 0 AND \"l\" > 0 THEN (\"h\" + 1) * 1000000000 + (\"l\" - 1000000000) ",
            "ELSE \"h\" * 1000000000 + \"l\" END AS \"n\" FROM (",
            carried,
            ")"
        ];
        let fits = match op {
            Op::SumDecimal(_) => bounded(&"\"n\"".into()),
            Op::SumDuration => duration(&"\"n\"".into()),
            _ => "CASE WHEN typeof(\"n\") = 'integer' THEN \"n\" END".into(),
        };
        sql!["(SELECT ", fits, " FROM (", whole, "))"]
    }
}

/// A decimal's units, NULL when they have more than 18 digits. A REAL is larger than that.
fn bounded(v: &SqlText) -> SqlText {
    sql!["CASE WHEN ", v, " BETWEEN ", -MAX_UNITS, " AND ", MAX_UNITS, " THEN ", v, " END"]
}

/// A duration, NULL when it is too long.
fn duration(v: &SqlText) -> SqlText {
    sql!["CASE WHEN ", v, " BETWEEN ", -MAX_DURATION_US, " AND ", MAX_DURATION_US, " THEN ", v, " END"]
}

fn unary(op: Op, a: SqlText, names: &mut Names) -> Option<SqlText> {
    Some(match op {
        Op::NegInt | Op::NegDecimal | Op::DurationNeg => sql!["(- ", a, ")"],
        Op::Rescale { from, to } => rescale(a, from, to, names)?,
        Op::IntToDecimal(scale) => rescale(a, 0, scale, names)?,
        Op::DecimalToInt(scale) => sql!["(", a, " / ", power(scale)?, ")"],
        Op::TextSize => sql!["length(", a, ")"],
        Op::LowerAscii => sql!["lower(", a, ")"],
        Op::UpperAscii => sql!["upper(", a, ")"],
        Op::Trim => {
            let mut spaces = SqlText::new();
            spaces.literal(WHITE_SPACE).ok()?;
            sql!["trim(", a, ", ", spaces, ")"]
        }
        Op::IntToText => sql!["CAST(", a, " AS TEXT)"],
        Op::BoolToText => sql!["CASE ", a, " WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"],
        Op::DecimalToText(0) => sql!["CAST(", a, " AS TEXT)"],
        Op::DecimalToText(scale) => {
            let power = power(scale)?;
            let scale = i64::from(scale);
            names.named([a], |[v]| {
                sql![
                    "(CASE WHEN ",
                    v,
                    " < 0 THEN '-' ELSE '' END || (abs(",
                    v,
                    ") / ",
                    power,
                    ") || '.' || printf('%0*d', ",
                    scale,
                    ", abs(",
                    v,
                    ") % ",
                    power,
                    "))"
                ]
            })
        }
        Op::DateToText | Op::UuidToText | Op::EnumToText => a,
        Op::TimeToText => sql!["rtrim(rtrim(", a, ", '0'), '.')"],
        Op::DatetimeToText => sql!["(rtrim(rtrim(substr(", a, ", 1, 26), '0'), '.') || 'Z')"],
        Op::DatetimeToDate => sql!["substr(", a, ", 1, 10)"],
        Op::DateToDatetime => sql!["(", a, " || 'T00:00:00.000000Z')"],
        Op::DatetimeToInt => sql!["unixepoch(substr(", a, ", 1, 19))"],
        Op::IntToDatetime => datetime(sql!["(", a, " * 1000000)"], names),
        Op::DatePart(part) => date_part(part, a)?,
        Op::DatetimePart(part) => clock_part(part, &a, 11).or_else(|| date_part(part, a))?,
        Op::TimePart(part) => clock_part(part, &a, 0)?,
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

fn binary(op: Op, a: SqlText, b: SqlText, names: &mut Names) -> Option<SqlText> {
    Some(match op {
        Op::AddInt => sql!["(", a, " + ", b, ")"],
        Op::SubInt => sql!["(", a, " - ", b, ")"],
        Op::MulInt => sql!["(", a, " * ", b, ")"],
        Op::DivInt => Sqlite.fitting(sql!["(", a, " / ", b, ")"], names),
        Op::RemInt => sql!["(", a, " % ", b, ")"],
        Op::AddDecimal(_) => names.named([sql!["(", a, " + ", b, ")"]], |[v]| bounded(v)),
        Op::SubDecimal(_) => names.named([sql!["(", a, " - ", b, ")"]], |[v]| bounded(v)),
        Op::MulDecimal(scales) => {
            let exact = names.named([sql!["(", a, " * ", b, ")"]], |[v]| bounded(v));
            rescale(exact, scales.left + scales.right, scales.to, names)?
        }
        Op::DivDecimal(scales) => divide(a, b, scales, names)?,
        Op::Least => sql!["min(", a, ", ", b, ")"],
        Op::Greatest => sql!["max(", a, ", ", b, ")"],
        Op::Coalesce => sql!["coalesce(", a, ", ", b, ")"],
        Op::Concat => sql!["(", a, " || ", b, ")"],
        Op::IndexOf => sql!["(instr(", a, ", ", b, ") - 1)"],
        Op::CharAt => names.named([a, b], |[x, i]| {
            sql!["CASE WHEN ", i, " BETWEEN 0 AND length(", x, ") THEN substr(", x, ", ", i, " + 1, 1) END"]
        }),
        Op::Substring => names.named([a, b], |[x, from]| {
            sql![
                "CASE WHEN ",
                from,
                " BETWEEN 0 AND length(",
                x,
                ") THEN substr(",
                x,
                ", ",
                from,
                " + 1) END"
            ]
        }),
        Op::DatetimeAdd => datetime(sql!["(", microseconds(a, names), " + ", b, ")"], names),
        Op::DatetimeSub => datetime(sql!["(", microseconds(a, names), " - ", b, ")"], names),
        Op::DurationAdd => names.named([sql!["(", a, " + ", b, ")"]], |[v]| duration(v)),
        Op::DurationSub => names.named([sql!["(", a, " - ", b, ")"]], |[v]| duration(v)),
        Op::DatetimeDiff => {
            let between = sql!["(", microseconds(a, names), " - ", microseconds(b, names), ")"];
            names.named([between], |[v]| duration(v))
        }
        Op::DateAdd => day(sql!["(unixepoch(", a, ") * 1000000 + ", b, ")"], names),
        Op::DateSub => day(sql!["(unixepoch(", a, ") * 1000000 - ", b, ")"], names),
        Op::DateDiff => {
            let between = sql!["((unixepoch(", a, ") - unixepoch(", b, ")) * 1000000)"];
            names.named([between], |[v]| duration(v))
        }
        _ => return None,
    })
}

fn many(op: Op, args: Vec<SqlText>, names: &mut Names) -> Option<SqlText> {
    let mut list = SqlText::new();
    match op {
        Op::Least => Some(sql!["min(", list.join(args, ", ").clone(), ")"]),
        Op::Greatest => Some(sql!["max(", list.join(args, ", ").clone(), ")"]),
        Op::Coalesce => Some(sql!["coalesce(", list.join(args, ", ").clone(), ")"]),
        Op::Concat => Some(sql!["(", list.join(args, " || ").clone(), ")"]),
        Op::Replace => {
            // An empty old text is answered before the new one is seen to be NULL.
            let args = <[SqlText; 3]>::try_from(args).ok()?;
            Some(names.named(args, |[x, old, new]| {
                sql!["CASE WHEN ", new, " IS NOT NULL THEN replace(", x, ", ", old, ", ", new, ") END"]
            }))
        }
        Op::Substring => {
            let args = <[SqlText; 3]>::try_from(args).ok()?;
            Some(names.named(args, |[x, from, to]| {
                sql![
                    "CASE WHEN ",
                    from,
                    " >= 0 AND ",
                    from,
                    " <= ",
                    to,
                    " AND ",
                    to,
                    " <= length(",
                    x,
                    ") THEN substr(",
                    x,
                    ", ",
                    from,
                    " + 1, ",
                    to,
                    " - ",
                    from,
                    ") END"
                ]
            }))
        }
        _ => None,
    }
}

/// Units of another scale, rounded half away from zero.
fn rescale(a: SqlText, from: u8, to: u8, names: &mut Names) -> Option<SqlText> {
    if to >= from {
        if to == from {
            return Some(names.named([a], |[v]| bounded(v)));
        }
        let raw = sql!["(", a, " * ", power(to - from)?, ")"];
        return Some(names.named([raw], |[v]| bounded(v)));
    }
    let digits = from - to;
    if digits > MAX_DIGITS {
        // No 18 digits reach half of that unit.
        return Some(sql!["(", a, " * 0)"]);
    }
    let (power, half) = (power(digits)?, power(digits)? / 2);
    Some(names.named([a], |[v]| {
        sql!["((", v, " + CASE WHEN ", v, " < 0 THEN ", -half, " ELSE ", half, " END) / ", power, ")"]
    }))
}

/// The quotient of two decimals, rounded half away from zero.
fn divide(a: SqlText, b: SqlText, scales: Scales, names: &mut Names) -> Option<SqlText> {
    let shift = (scales.to + scales.right).checked_sub(scales.left)?;
    let dividend = match power(shift) {
        Some(power) => names.named([sql!["(", a, " * ", power, ")"]], |[v]| bounded(v)),
        None => sql!["CASE WHEN ", a, " = 0 THEN 0 END"],
    };
    Some(names.named([dividend, b], |[n, d]| {
        sql![
            "(",
            n,
            " / ",
            d,
            " + CASE WHEN 2 * abs(",
            n,
            " % ",
            d,
            ") >= abs(",
            d,
            ") THEN CASE WHEN (",
            n,
            " < 0) = (",
            d,
            " < 0) THEN 1 ELSE -1 END ELSE 0 END)"
        ]
    }))
}

/// An instant as microseconds since 1970. Only whole seconds go through SQLite's floating point days.
fn microseconds(a: SqlText, names: &mut Names) -> SqlText {
    names.named([a], |[v]| {
        sql!["(unixepoch(substr(", v, ", 1, 19)) * 1000000 + CAST(substr(", v, ", 21, 6) AS INTEGER))"]
    })
}

/// Microseconds since 1970 as an instant; NULL outside the years 1 to 9999.
fn datetime(us: SqlText, names: &mut Names) -> SqlText {
    names.named([us], |[v]| {
        sql![
            "CASE WHEN ",
            v,
            " BETWEEN ",
            MIN_INSTANT_US,
            " AND ",
            MAX_INSTANT_US,
            " THEN strftime('%Y-%m-%dT%H:%M:%S', ",
            seconds(v),
            ", 'unixepoch') || printf('.%06dZ', (",
            v,
            " % 1000000 + 1000000) % 1000000) END"
        ]
    })
}

/// Microseconds since 1970 as the day they fall on; NULL outside the years 1 to 9999.
fn day(us: SqlText, names: &mut Names) -> SqlText {
    names.named([us], |[v]| {
        sql![
            "CASE WHEN ",
            v,
            " BETWEEN ",
            MIN_INSTANT_US,
            " AND ",
            MAX_INSTANT_US,
            " THEN strftime('%Y-%m-%d', ",
            seconds(v),
            ", 'unixepoch') END"
        ]
    })
}

/// Whole seconds of microseconds, cut downwards.
fn seconds(us: &SqlText) -> SqlText {
    sql!["(", us, " - (", us, " % 1000000 + 1000000) % 1000000) / 1000000"]
}

fn date_part(part: Part, a: SqlText) -> Option<SqlText> {
    Some(match part {
        Part::FullYear => sql!["CAST(substr(", a, ", 1, 4) AS INTEGER)"],
        Part::Month => sql!["(CAST(substr(", a, ", 6, 2) AS INTEGER) - 1)"],
        Part::Date => sql!["CAST(substr(", a, ", 9, 2) AS INTEGER)"],
        Part::DayOfMonth => sql!["(CAST(substr(", a, ", 9, 2) AS INTEGER) - 1)"],
        Part::DayOfWeek => sql!["CAST(strftime('%w', substr(", a, ", 1, 10)) AS INTEGER)"],
        Part::DayOfYear => sql!["(CAST(strftime('%j', substr(", a, ", 1, 10)) AS INTEGER) - 1)"],
        _ => return None,
    })
}

/// A part of a clock that begins behind so many characters.
fn clock_part(part: Part, a: &SqlText, offset: i64) -> Option<SqlText> {
    let (at, width) = match part {
        Part::Hours => (1, 2),
        Part::Minutes => (4, 2),
        Part::Seconds => (7, 2),
        Part::Milliseconds => (10, 3),
        _ => return None,
    };
    Some(sql!["CAST(substr(", a, ", ", offset + at, ", ", width, ") AS INTEGER)"])
}
