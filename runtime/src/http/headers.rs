//! Request headers that change what a request means: conditions, preferences, keys, media types. Each is read
//! whole or refused; what is refused is named.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};

use crate::problem::{Kind, Problem};
use crate::request::prefer::{Condition, Preferences};

/// The longest idempotency key.
const LONGEST_KEY: usize = 255;

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

/// `If-Match`. A proxy that compresses may have weakened the tag; the version is the same.
///
/// # Errors
/// When it is not a list of entity tags.
pub fn if_match(headers: &HeaderMap) -> Result<Condition, Problem> {
    tags(headers, IF_MATCH.as_str())
}

/// Whether `If-None-Match` says that the client has this version already.
///
/// # Errors
/// When it is not a list of entity tags.
pub fn has_already(headers: &HeaderMap, version: i64) -> Result<bool, Problem> {
    Ok(match tags(headers, IF_NONE_MATCH.as_str())? {
        Condition::Absent => false,
        Condition::Any => true,
        Condition::Versions(versions) => versions.contains(&version),
    })
}

/// Entity tags; that of a record is its version in quotes. One that can not be ours matches nothing.
fn tags(headers: &HeaderMap, name: &str) -> Result<Condition, Problem> {
    let Some(text) = joined(headers, name)? else { return Ok(Condition::Absent) };
    if text.trim() == "*" {
        return Ok(Condition::Any);
    }
    let wrong = || {
        let message = "must be `*` or entity tags in quotes, such as `\"3\"`";
        Problem::new(Kind::InvalidRequest).header(name, "format", message)
    };
    let mut versions = Vec::new();
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let tag = part.strip_prefix("W/").unwrap_or(part);
        let inner = tag.strip_prefix('"').and_then(|t| t.strip_suffix('"')).ok_or_else(wrong)?;
        versions.extend(inner.parse::<i64>().ok());
    }
    Ok(Condition::Versions(versions))
}

/// `Prefer`. Preferences that are not known are ignored, as RFC 7240 says.
///
/// # Errors
/// When `max-affected` is no number: a safety belt is not ignored.
pub fn prefer(headers: &HeaderMap) -> Result<Preferences, Problem> {
    let mut preferences = Preferences::default();
    let Some(text) = joined(headers, "prefer")? else { return Ok(preferences) };
    for part in text.split([',', ';']).map(str::trim) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "return" => preferences.minimal = value == "minimal",
            "tx" => preferences.dry_run = value == "rollback",
            "max-affected" => {
                let number = value.parse().map_err(|_| {
                    let message = "`max-affected` must be a number, such as `max-affected=1`";
                    Problem::new(Kind::InvalidRequest).header("prefer", "format", message)
                })?;
                preferences.max_affected = Some(number);
            }
            _ => {}
        }
    }
    Ok(preferences)
}

/// `Idempotency-Key`: one word of visible characters, with or without quotes.
///
/// # Errors
/// When it is there twice or is not such a word.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    let is_word = (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if is_word && values.next().is_none() {
        return Ok(Some(text));
    }
    let message = format!("must be given once and be a word of 1 to {LONGEST_KEY} visible characters");
    Err(Problem::new(Kind::InvalidRequest).header("idempotency-key", "format", message))
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
    fn entity_tags_are_versions() {
        let read = |value| if_match(&headers("if-match", value));
        assert_eq!(read("\"3\"").unwrap(), Condition::Versions(vec![3]));
        assert_eq!(read("W/\"3\", \"4\"").unwrap(), Condition::Versions(vec![3, 4]));
        assert_eq!(read("*").unwrap(), Condition::Any);
        assert_eq!(read("\"abc\"").unwrap(), Condition::Versions(vec![]), "not ours, matches nothing");
        assert!(read("3").is_err());
        assert_eq!(if_match(&HeaderMap::new()).unwrap(), Condition::Absent);
        let known = headers("if-none-match", "W/\"3\"");
        assert!(has_already(&known, 3).unwrap() && !has_already(&known, 4).unwrap());
        assert!(!has_already(&HeaderMap::new(), 3).unwrap());
    }

    #[test]
    fn preferences_are_read_and_unknown_ones_ignored() {
        let all =
            prefer(&headers("prefer", "respond-async, tx=rollback; max-affected=5, return=minimal")).unwrap();
        assert_eq!(all, Preferences { minimal: true, dry_run: true, max_affected: Some(5) });
        assert!(prefer(&headers("prefer", "max-affected=few")).is_err());
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
    fn idempotency_keys_are_words() {
        let key =
            |value| idempotency_key(&headers("idempotency-key", value)).map(|k| k.map(str::to_owned)).ok();
        assert_eq!(key("\"abc-1\""), Some(Some("abc-1".to_owned())));
        assert_eq!(key("two words"), None);
        assert_eq!(key(""), None);
    }
}
