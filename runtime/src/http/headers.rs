//! Request headers that the edge itself heeds: media types and what the client has already. What a
//! write wants of its headers is in `request::prefer`.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, IF_NONE_MATCH};

use crate::problem::{Kind, Problem};
use crate::request::prefer::Condition;

/// The forms an answer can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `application/json`.
    Json,
    /// `text/csv`.
    Csv,
}

impl Form {
    const fn media_type(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::Csv => ("text", "csv"),
        }
    }
}

/// Whether `If-None-Match` says that the client has this version already.
#[must_use]
pub fn has_already(headers: &HeaderMap, version: i64) -> bool {
    match Condition::parse(texts(headers, IF_NONE_MATCH.as_str())) {
        Condition::Absent => false,
        Condition::Any => true,
        Condition::Versions(versions) => versions.contains(&version),
    }
}

/// The values of a header that are text.
pub fn texts<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
}

/// The value of a header that may be there once.
///
/// # Errors
/// When it is there twice or is not text.
pub fn once<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text)),
        _ => Err(Problem::new(Kind::InvalidRequest).header(name, "format", "must be plain text, given once")),
    }
}

/// The form that `Accept` likes best among those there are; the first when it says nothing.
///
/// # Errors
/// [`Kind::NotAcceptable`] when it likes none of them.
pub fn accept(headers: &HeaderMap, forms: &[Form]) -> Result<Form, Problem> {
    let text = joined(headers, ACCEPT.as_str())?.unwrap_or_else(|| "*/*".to_owned());
    let mut best: Option<(u16, Form)> = None;
    for form in forms {
        let quality = quality(&text, form.media_type());
        if quality > best.map_or(0, |(q, _)| q) {
            best = Some((quality, *form));
        }
    }
    best.map(|(_, form)| form).ok_or_else(|| Problem::new(Kind::NotAcceptable))
}

/// How much `accept` likes a media type, in thousandths; the most specific range decides.
fn quality(accept: &str, (kind, subtype): (&str, &str)) -> u16 {
    let mut decided = (0, 0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some((k, s)) = parts.next().and_then(|r| r.split_once('/')) else { continue };
        let specific = match (k, s) {
            ("*", "*") => 1,
            (k, "*") if k.eq_ignore_ascii_case(kind) => 2,
            (k, s) if k.eq_ignore_ascii_case(kind) && s.eq_ignore_ascii_case(subtype) => 3,
            _ => continue,
        };
        let weight = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
        let thousandths = weight.map_or(1000, thousandths);
        if specific > decided.0 {
            decided = (specific, thousandths);
        }
    }
    decided.1
}

/// `0.25` is 250. What can not be read is as good as 0.
fn thousandths(weight: &str) -> u16 {
    let (whole, rest) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    let digits: String = rest.chars().chain("000".chars()).take(3).collect();
    match (whole, digits.parse::<u16>()) {
        ("1", _) => 1000,
        ("0", Ok(n)) => n,
        _ => 0,
    }
}

/// Checks that the body is one of `types` (`application/json` ...), in UTF-8 and not compressed.
///
/// # Errors
/// [`Kind::UnsupportedMediaType`].
pub fn content_type(headers: &HeaderMap, types: &[&str]) -> Result<(), Problem> {
    let wrong = |header: &str, message: String| {
        Err(Problem::new(Kind::UnsupportedMediaType).header(header, "not_supported", message))
    };
    if headers.get(CONTENT_ENCODING).is_some_and(|v| !v.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return wrong("content-encoding", "must be absent: send the body as it is".to_owned());
    }
    let text = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let is_utf8 = parts
        .filter_map(|p| p.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .all(|(_, value)| value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"));
    if is_utf8 && types.iter().any(|t| t.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    wrong("content-type", format!("must be `{}` in UTF-8", types.join("` or `")))
}

/// All values of a header that may be said several times, as one list.
fn joined(headers: &HeaderMap, name: &str) -> Result<Option<String>, Problem> {
    let mut all: Option<String> = None;
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| {
            Problem::new(Kind::InvalidRequest).header(name, "format", "must be plain ASCII text")
        })?;
        all = Some(all.map_or_else(|| text.to_owned(), |before| format!("{before}, {text}")));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn a_client_may_have_a_version_already() {
        let known = headers("if-none-match", "\"2\", W/\"3\"");
        assert!(has_already(&known, 3) && has_already(&known, 2) && !has_already(&known, 4));
        assert!(has_already(&headers("if-none-match", "*"), 1) && !has_already(&HeaderMap::new(), 1));
    }

    #[test]
    fn accept_weighs_its_ranges() {
        let like = |value| accept(&headers("accept", value), &[Form::Json, Form::Csv]).ok();
        assert_eq!(like("*/*"), Some(Form::Json));
        assert_eq!(like("text/csv"), Some(Form::Csv));
        assert_eq!(like("text/*;q=0.3, application/json;q=0.2"), Some(Form::Csv));
        assert_eq!(like("application/json;q=0, */*;q=0.1"), Some(Form::Csv));
        assert_eq!(like("image/png"), None);
        assert_eq!(accept(&HeaderMap::new(), &[Form::Csv]).ok(), Some(Form::Csv));
    }

    #[test]
    fn bodies_have_a_known_type() {
        let check = |value| content_type(&headers("content-type", value), &["application/json"]).is_ok();
        assert!(check("application/json") && check("Application/JSON; charset=\"UTF-8\""));
        assert!(!check("application/json; charset=latin1") && !check("text/plain") && !check(""));
        let mut packed = headers("content-type", "application/json");
        packed.insert("content-encoding", "gzip".parse().unwrap());
        assert!(content_type(&packed, &["application/json"]).is_err());
    }

    #[test]
    fn some_headers_come_once() {
        let mut all = headers("idempotency-key", "abc");
        assert_eq!(once(&all, "idempotency-key").unwrap(), Some("abc"));
        all.append("idempotency-key", "def".parse().unwrap());
        assert!(once(&all, "idempotency-key").is_err());
    }
}
