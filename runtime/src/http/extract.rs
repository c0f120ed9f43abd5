//! Parts of a request as routes want them: who calls, the query, the body. Reads HTTP, decides nothing.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use super::{App, headers};
use crate::problem::{Kind, Problem};
use crate::who::{Principal, Scope};

/// An authenticated caller whose tenant is served.
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// Where.
    pub scope: Scope,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let verified = app.authenticator().authenticate(&parts.headers).await?;
        let principal = app.registry().admit(&verified).await?;
        let scope = Scope::of(&principal, app.catalog());
        Ok(Self { principal, scope })
    }
}

/// The query's parameters in the order given. One that is there twice is refused: no reader of the same
/// address may understand something else.
pub struct Query(pub Vec<(String, String)>);

impl FromRequestParts<App> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        read_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn read_query(text: &str) -> Result<Vec<(String, String)>, Problem> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for part in text.split('&').filter(|p| !p.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (Some(name), Some(value)) = (decode(name), decode(value)) else {
            return Err(Problem::query(name, "encoding", "must be percent-encoded UTF-8"));
        };
        if pairs.iter().any(|(known, _)| *known == name) {
            return Err(Problem::query(name, "duplicate", "must be given once"));
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// Undoes `application/x-www-form-urlencoded`; nothing for what is not UTF-8 or half an escape.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                let mut byte = [0];
                hex::decode_to_slice(digits, &mut byte).ok()?;
                bytes.extend(byte);
                rest = after;
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// A JSON body, not parsed yet, within the size limit.
pub struct JsonBody(pub Bytes);

impl FromRequest<App> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        check_type(request.method(), request.headers())?;
        read(request, app.config().limits.body_bytes).await.map(Self)
    }
}

fn check_type(method: &Method, all: &HeaderMap) -> Result<(), Problem> {
    if method == Method::PATCH {
        headers::content_type(all, &["application/merge-patch+json", "application/json"])
    } else {
        headers::content_type(all, &["application/json"])
    }
}

async fn read(request: Request, limit: usize) -> Result<Bytes, Problem> {
    let too_large =
        || Problem::new(Kind::PayloadTooLarge).detail(format!("the body may have up to {limit} bytes"));
    let announced =
        request.headers().get("content-length").and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    axum::body::to_bytes(request.into_body(), limit).await.map_err(|error| {
        let is_limit = std::error::Error::source(&error)
            .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        if is_limit { too_large() } else { Problem::new(Kind::InvalidRequest).because(error) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_once_and_strictly() {
        let pairs = read_query("filter=total+%3E%201&q=%C3%A4&&flag").unwrap();
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("filter", "total > 1"), ("q", "ä"), ("flag", "")]);
        for wrong in ["a=1&a=2", "a=1&%61=2", "a=%ff", "a=%4", "a=%zz"] {
            assert_eq!(read_query(wrong).unwrap_err().kind(), Kind::InvalidQuery, "{wrong}");
        }
    }
}
