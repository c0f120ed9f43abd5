//! Texts that say a point in time, a length of time or an identity, read once, while checking.

use athyper_schemas::ir::{Kind, Literal};

use super::typed::Typed;
use crate::moment;
use crate::problem::ProblemKind;

fn bad(what: &'static str, text: &str, example: &str) -> ProblemKind {
    ProblemKind::BadText { what, text: text.to_owned(), example: example.to_owned() }
}

fn written(write: impl Fn(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

/// Times are kept to the microsecond, so a literal that says more would silently mean something else.
fn too_fine(text: &str) -> Result<(), ProblemKind> {
    let fraction = text.split_once('.').map_or("", |(_, rest)| rest);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let seconds = !fraction.get(digits..).unwrap_or_default().starts_with(['h', 'm', 'u']);
    let significant = fraction.get(..digits).unwrap_or_default().trim_end_matches('0').len();
    if (seconds && significant > 6) || text.contains("ns") {
        let instead = "write at most six digits of a second";
        return Err(ProblemKind::Unsupported { what: "a time finer than a microsecond".into(), instead });
    }
    Ok(())
}

/// The spellings that CEL reads.
pub(super) fn boolean(text: &str) -> Result<Typed, ProblemKind> {
    let value = match text {
        "1" | "t" | "true" | "TRUE" | "True" => true,
        "0" | "f" | "false" | "FALSE" | "False" => false,
        _ => return Err(bad("bool", text, "true")),
    };
    Ok(Typed::literal(Literal::Bool(value), Kind::Bool))
}

pub(super) fn date(text: &str) -> Result<Typed, ProblemKind> {
    let day = moment::parse_date(text).ok_or_else(|| bad("date", text, "2026-03-31"))?;
    Ok(Typed::literal(Literal::Date(written(|out| moment::write_date(day, out))), Kind::Date))
}

pub(super) fn time(text: &str) -> Result<Typed, ProblemKind> {
    too_fine(text)?;
    let us = moment::parse_time(text).ok_or_else(|| bad("time", text, "09:30:00"))?;
    Ok(Typed::literal(Literal::Time(written(|out| moment::write_time(us, true, out))), Kind::Time))
}

pub(super) fn datetime(text: &str) -> Result<Typed, ProblemKind> {
    too_fine(text)?;
    let us = moment::parse_datetime(text).ok_or_else(|| {
        // A day has many instants; its first one is most likely meant.
        let day = if moment::parse_date(text).is_some() { text } else { "2026-03-31" };
        bad("datetime", text, &format!("timestamp(\"{day}T00:00:00Z\")"))
    })?;
    let written = written(|out| moment::write_datetime(us, true, out));
    Ok(Typed::literal(Literal::Datetime(written), Kind::Datetime))
}

pub(super) fn duration(text: &str) -> Result<Typed, ProblemKind> {
    too_fine(text)?;
    let us = moment::parse_duration(text).ok_or_else(|| bad("duration", text, "1h30m"))?;
    Ok(Typed::literal(Literal::Duration(us.to_string()), Kind::Duration))
}

pub(super) fn uuid(text: &str) -> Result<Typed, ProblemKind> {
    let example = "0198c5a2-7c1e-7d1b-9b0a-3f2f5d6c7b8a";
    let plain = text.len() == example.len();
    let id = uuid::Uuid::try_parse(text).ok().filter(|_| plain).ok_or_else(|| bad("uuid", text, example))?;
    Ok(Typed::literal(Literal::Uuid(id.to_string()), Kind::Uuid))
}
