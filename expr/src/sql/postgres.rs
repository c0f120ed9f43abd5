//! How PostgreSQL says it. Decimals are `numeric`, dates and times are its own types, durations are `bigint`
//! microseconds; integer overflow is an error, so integers are added as `numeric`.

use athyper_schemas::ir::{Kind, Op, Part, Scales};

use super::spelling::{Names, Search, Spelling, power};
use super::text::{Identifier, SqlText};
use crate::decimal::MAX_DIGITS;
use crate::eval::WHITE_SPACE;
use crate::sql;

/// The spelling of PostgreSQL.
pub(super) struct Postgres;

const MIN_INT: &str = "(-9223372036854775808)::numeric";
const MAX_INT: &str = "9223372036854775807";

impl Spelling for Postgres {
    /// A `numeric` that left the range and came back shows nothing.
    fn overflow_shows(&self) -> bool {
        false
    }

    fn fitting(&self, raw: SqlText, names: &mut Names) -> SqlText {
        names.named([raw], |[v]| {
            sql!["CASE WHEN ", v, " BETWEEN ", MIN_INT, " AND ", MAX_INT, " THEN ", v, "::bigint END"]
        })
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
        if equal { " IS NOT DISTINCT FROM " } else { " IS DISTINCT FROM " }
    }

    fn truth(&self, value: SqlText, holds: bool) -> SqlText {
        sql![value, if holds { " IS TRUE" } else { " IS FALSE" }]
    }

    fn search(&self, search: Search, text: &SqlText, part: &SqlText, holds: bool) -> SqlText {
        let equal = if holds { " = " } else { " <> " };
        match search {
            Search::Contains => sql!["strpos(", text, ", ", part, ")", if holds { " > 0" } else { " = 0" }],
            Search::StartsWith => sql!["left(", text, ", length(", part, "))", equal, part],
            Search::EndsWith => sql!["right(", text, ", length(", part, "))", equal, part],
        }
    }

    fn each(&self, list: SqlText, item: &Kind, alias: &Identifier) -> (SqlText, SqlText) {
        let value = sql![alias, ".\"value\""];
        let element = match item {
            Kind::Bool => sql!["(", value, ")::boolean"],
            Kind::Int | Kind::Duration => sql!["(", value, ")::bigint"],
            Kind::Decimal(scale) => {
                sql!["((", value, ")::numeric / ", power(*scale).unwrap_or(1), ")"]
            }
            Kind::Date => sql!["(", value, ")::date"],
            Kind::Time => sql!["(", value, ")::time"],
            Kind::Datetime => sql!["(", value, ")::timestamptz"],
            Kind::Uuid => sql!["(", value, ")::uuid"],
            _ => sql!["(", value, " COLLATE \"C\")"],
        };
        (sql!["jsonb_array_elements_text(", list, ") AS ", alias, "(\"value\")"], element)
    }

    fn sum(&self, op: Op, value: &Identifier, rows: SqlText, names: &mut Names) -> SqlText {
        let total = sql![
            "SELECT COALESCE(SUM(",
            value,
            "), 0) AS \"n\" FROM (",
            rows,
            ") AS ",
            &names.fresh("s"),
            " HAVING COUNT(*) = COUNT(",
            value,
            ")"
        ];
        let n = SqlText::from("\"n\"");
        let fits = match op {
            Op::SumDecimal(scale) => bounded(&n, scale),
            _ => sql!["CASE WHEN ", &n, " BETWEEN ", MIN_INT, " AND ", MAX_INT, " THEN ", &n, "::bigint END"],
        };
        sql!["(SELECT ", fits, " FROM (", total, ") AS ", &names.fresh("s"), ")"]
    }
}

/// A decimal, NULL when its units have more than 18 digits.
fn bounded(v: &SqlText, scale: u8) -> SqlText {
    sql![
        "CASE WHEN abs(",
        v,
        ") < 10::numeric ^ ",
        i64::from(MAX_DIGITS) - i64::from(scale),
        " THEN ",
        v,
        " END"
    ]
}

fn unary(op: Op, a: SqlText, names: &mut Names) -> Option<SqlText> {
    Some(match op {
        Op::NegInt | Op::DurationNeg => sql!["(- ", a, "::numeric)"],
        Op::NegDecimal => sql!["(- ", a, ")"],
        Op::Rescale { to, .. } => rounded(a, to, names),
        Op::IntToDecimal(scale) => rounded(sql![a, "::numeric"], scale, names),
        Op::DecimalToInt(_) => sql!["trunc(", a, ")::bigint"],
        Op::TextSize => sql!["length(", a, ")::bigint"],
        Op::LowerAscii => {
            sql!["translate(", a, ", 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"]
        }
        Op::UpperAscii => {
            sql!["translate(", a, ", 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')"]
        }
        Op::Trim => {
            let mut spaces = SqlText::new();
            spaces.literal(WHITE_SPACE).ok()?;
            sql!["btrim(", a, ", ", spaces, ")"]
        }
        Op::IntToText | Op::BoolToText | Op::DateToText | Op::UuidToText | Op::EnumToText => {
            sql!["(", a, ")::text"]
        }
        Op::DecimalToText(scale) => sql!["round(", a, ", ", i64::from(scale), ")::text"],
        Op::DatetimeToDate => sql!["(", a, " AT TIME ZONE 'UTC')::date"],
        Op::DateToDatetime => sql!["((", a, ")::timestamp AT TIME ZONE 'UTC')"],
        Op::DatetimeToInt => sql!["floor(extract(epoch FROM ", a, "))::bigint"],
        Op::DatePart(part) => extract(part, &sql!["(", a, ")::date"])?,
        Op::TimePart(part) => extract(part, &a)?,
        Op::DatetimePart(part) => extract(part, &sql!["(", a, " AT TIME ZONE 'UTC')"])?,
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
        Op::AddInt | Op::DurationAdd => sql!["(", a, "::numeric + ", b, ")"],
        Op::SubInt | Op::DurationSub => sql!["(", a, "::numeric - ", b, ")"],
        Op::MulInt => sql!["(", a, "::numeric * ", b, ")"],
        Op::DivInt => Postgres.fitting(sql!["div(", a, "::numeric, nullif(", b, ", 0))"], names),
        Op::RemInt => sql!["mod(", a, "::numeric, nullif(", b, ", 0))::bigint"],
        Op::AddDecimal(scale) => names.named([sql!["(", a, " + ", b, ")"]], |[v]| bounded(v, scale)),
        Op::SubDecimal(scale) => names.named([sql!["(", a, " - ", b, ")"]], |[v]| bounded(v, scale)),
        Op::MulDecimal(scales) => {
            let exact =
                names.named([sql!["(", a, " * ", b, ")"]], |[v]| bounded(v, scales.left + scales.right));
            rounded(exact, scales.to, names)
        }
        Op::DivDecimal(scales) => divide(a, b, scales, names),
        Op::Least | Op::Greatest => names.named([a, b], |[a, b]| {
            let first = if op == Op::Least { " <= " } else { " >= " };
            let second = if op == Op::Least { " > " } else { " < " };
            sql!["CASE WHEN ", a, first, b, " THEN ", a, " WHEN ", a, second, b, " THEN ", b, " END"]
        }),
        Op::Coalesce => sql!["coalesce(", a, ", ", b, ")"],
        Op::Concat => sql!["(", a, " || ", b, ")"],
        Op::IndexOf => sql!["(strpos(", a, ", ", b, ")::bigint - 1)"],
        Op::CharAt => names.named([a, b], |[x, i]| {
            sql![
                "CASE WHEN ",
                i,
                " BETWEEN 0 AND length(",
                x,
                ") THEN substr(",
                x,
                ", ",
                i,
                "::integer + 1, 1) END"
            ]
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
                "::integer + 1) END"
            ]
        }),
        Op::DateDiff => sql!["((", a, " - ", b, ")::bigint * 86400000000)"],
        _ => return None,
    })
}

fn many(op: Op, args: Vec<SqlText>, names: &mut Names) -> Option<SqlText> {
    let mut list = SqlText::new();
    match op {
        Op::Coalesce => Some(sql!["coalesce(", list.join(args, ", ").clone(), ")"]),
        Op::Concat => Some(sql!["(", list.join(args, " || ").clone(), ")"]),
        Op::Replace => Some(sql!["replace(", list.join(args, ", ").clone(), ")"]),
        Op::Least | Op::Greatest => {
            let mut args = args.into_iter();
            let first = args.next()?;
            args.try_fold(first, |best, next| binary(op, best, next, names))
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
                    "::integer + 1, (",
                    to,
                    " - ",
                    from,
                    ")::integer) END"
                ]
            }))
        }
        _ => None,
    }
}

/// `round` of `numeric` rounds half away from zero.
fn rounded(a: SqlText, scale: u8, names: &mut Names) -> SqlText {
    names.named([sql!["round(", a, ", ", i64::from(scale), ")"]], |[v]| bounded(v, scale))
}

fn divide(a: SqlText, b: SqlText, scales: Scales, names: &mut Names) -> SqlText {
    let dividend = names.named([a], |[v]| bounded(v, scales.to.saturating_add(scales.right)));
    // `div` cuts towards zero: one more digit, cut, is enough to round half away from zero by.
    let digits = i64::from(scales.to) + 1;
    let cut =
        sql!["div(", dividend, " * 10::numeric ^ ", digits, ", nullif(", b, ", 0)) / 10::numeric ^ ", digits];
    rounded(cut, scales.to, names)
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
