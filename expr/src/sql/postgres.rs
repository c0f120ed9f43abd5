//! How PostgreSQL says it. Decimals are `numeric`, dates and times are its own types, durations are `bigint`
//! microseconds, text is ordered by `COLLATE "C"`. Integer overflow is an error there, so integers are added as
//! `numeric`. What can fail is never written where the planner could calculate it before its condition is known.

use athyper_schemas::ir::{Kind, Op, Scales};

use super::postgres_time as time;
use super::spelling::{Names, Search, Spelling};
use super::text::{Bind, Identifier, SqlText};
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

    /// A bind is text unless it is told otherwise, whatever the driver sends it as.
    fn typed(&self, bind: Bind, kind: &Kind) -> SqlText {
        sql![bind, cast_to(kind)]
    }

    fn document(&self, column: SqlText) -> SqlText {
        sql!["(", column, ")::jsonb"]
    }

    fn by_code_point(&self) -> &'static str {
        " COLLATE \"C\""
    }

    fn fitting(&self, raw: SqlText, names: &mut Names) -> SqlText {
        names.named([raw], fits)
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
            Kind::Decimal(scale) => sql!["((", value, ")::numeric * ", power_of_ten(-i16::from(*scale)), ")"],
            Kind::Date => sql!["(", value, ")::date"],
            Kind::Time => sql!["(", value, ")::time"],
            Kind::Datetime => sql!["(", value, ")::timestamptz"],
            Kind::Uuid | Kind::Record(_) => sql!["(", value, ")::uuid"],
            Kind::Json => {
                return (sql!["jsonb_array_elements(", list, ") AS ", alias, "(\"value\")"], value);
            }
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
            Op::SumDuration => time::length(&n),
            _ => fits([&n]),
        };
        sql!["(SELECT ", fits, " FROM (", total, ") AS ", &names.fresh("s"), ")"]
    }
}

/// The words that make of a text a value as a column of this kind holds it.
pub(super) const fn cast_to(kind: &Kind) -> &'static str {
    match kind {
        Kind::Null | Kind::Text | Kind::Enum(_) => "",
        Kind::Bool => "::boolean",
        Kind::Int | Kind::Duration => "::bigint",
        Kind::Decimal(_) => "::numeric",
        Kind::Date => "::date",
        Kind::Time => "::time",
        Kind::Datetime => "::timestamptz",
        Kind::Uuid | Kind::Record(_) => "::uuid",
        Kind::Json | Kind::List(_) => "::jsonb",
    }
}

/// A number as an integer, NULL when it does not fit 64 bits.
fn fits([v]: [&SqlText; 1]) -> SqlText {
    sql!["CASE WHEN ", v, " BETWEEN ", MIN_INT, " AND ", MAX_INT, " THEN ", v, "::bigint END"]
}

/// A decimal, NULL when its units have more than 18 digits.
fn bounded(v: &SqlText, scale: u8) -> SqlText {
    let bound = power_of_ten(i16::from(MAX_DIGITS) - i16::from(scale));
    sql!["CASE WHEN abs(", v, ") < ", bound, " THEN ", v, " END"]
}

/// `10^exponent` as an exact literal, for what scales can ask for.
pub(super) fn power_of_ten(exponent: i16) -> SqlText {
    const DIGITS: &str = "100000000000000000000000000000000000000000000000000";
    const FRACTION: &str = "00000000000000000000000000000000000000000000000001";
    let digits = usize::from(exponent.unsigned_abs());
    if exponent < 0 {
        sql!["0.", FRACTION.get(FRACTION.len().saturating_sub(digits)..).unwrap_or(FRACTION)]
    } else {
        sql![DIGITS.get(..=digits).unwrap_or(DIGITS)]
    }
}

fn unary(op: Op, a: SqlText, names: &mut Names) -> Option<SqlText> {
    Some(match op {
        Op::NegInt => sql!["(- ", a, "::numeric)"],
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
        Op::IntToText | Op::BoolToText | Op::UuidToText | Op::EnumToText => {
            sql!["((", a, ")::text COLLATE \"C\")"]
        }
        Op::DecimalToText(scale) => sql!["(round(", a, ", ", i64::from(scale), ")::text COLLATE \"C\")"],
        _ => return time::unary(op, a, names),
    })
}

fn binary(op: Op, a: SqlText, b: SqlText, names: &mut Names) -> Option<SqlText> {
    Some(match op {
        Op::AddInt => sql!["(", a, "::numeric + ", b, ")"],
        Op::SubInt => sql!["(", a, "::numeric - ", b, ")"],
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
            let taken = sql!["substr(", x, ", ", place(i), " + 1, 1)"];
            sql!["CASE WHEN ", i, " BETWEEN 0 AND length(", x, ") THEN ", taken, " END"]
        }),
        Op::Substring => names.named([a, b], |[x, from]| {
            let taken = sql!["substr(", x, ", ", place(from), " + 1)"];
            sql!["CASE WHEN ", from, " BETWEEN 0 AND length(", x, ") THEN ", taken, " END"]
        }),
        _ => return time::binary(op, a, b, names),
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
                let fits = sql![from, " >= 0 AND ", from, " <= ", to, " AND ", to, " <= length(", x, ")"];
                let (start, end) = (place(from), place(to));
                // `greatest`, because a negative length is an error wherever the planner calculates it.
                let taken = sql!["substr(", x, ", ", &start, " + 1, greatest(", end, " - ", &start, ", 0))"];
                sql!["CASE WHEN ", fits, " THEN ", taken, " END"]
            }))
        }
        _ => None,
    }
}

/// A position in a text as `integer`. One that is a constant may be calculated before it is known to be within the
/// text, so that it must not fail.
fn place(position: &SqlText) -> SqlText {
    sql!["greatest(least(", position, ", 1073741823), 0)::integer"]
}

/// `round` of `numeric` rounds half away from zero.
fn rounded(a: SqlText, scale: u8, names: &mut Names) -> SqlText {
    names.named([sql!["round(", a, ", ", i64::from(scale), ")"]], |[v]| bounded(v, scale))
}

fn divide(a: SqlText, b: SqlText, scales: Scales, names: &mut Names) -> SqlText {
    let dividend = names.named([a], |[v]| bounded(v, scales.to.saturating_add(scales.right)));
    // `div` cuts towards zero: one more digit, cut, is enough to round half away from zero by.
    let digits = i16::from(scales.to) + 1;
    let (up, down) = (power_of_ten(digits), power_of_ten(-digits));
    let cut = sql!["div(", dividend, " * ", up, ", nullif(", b, ", 0)) * ", down];
    rounded(cut, scales.to, names)
}
