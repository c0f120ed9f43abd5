//! What is around every answer: the id of the request, one line in the log, problems in one form, headers
//! that make browsers careful, and a time limit. Knows nothing of what is inside.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, HOST, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument as _;
use tracing::field::Empty;

use super::App;
use crate::decision::Trace;
use crate::problem::{Kind, Problem};

/// Carries the id of the request, in both directions.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("2");

impl IntoResponse for Problem {
    /// A status and the problem itself; `wrap` writes it out, because only there the request's id is known.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// What happens around every request.
pub async fn wrap(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = request_id(request.headers());
    let parent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    let trace = Arc::new(Trace::of(&id, parent));
    request.extensions_mut().insert(trace);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let span =
        tracing::info_span!("request", id = %id, method = %method, route, tenant = Empty, subject = Empty);
    let answer = async {
        match one_host(request.headers()) {
            Err(problem) => problem.into_response(),
            Ok(()) => tokio::time::timeout(app.config().http.request_timeout(), next.run(request))
                .await
                .unwrap_or_else(|_| Problem::new(Kind::Timeout).into_response()),
        }
    };
    let answer = answer.instrument(span.clone()).await;
    let _inside = span.enter();
    let mut response = finish(&method, &id, answer);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    careful(response.headers_mut());
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::info!(status = response.status().as_u16(), micros, "answered");
    response
}

/// A panic inside is our bug, and one request's misfortune.
pub fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Problem::internal(anyhow::anyhow!("a panic, see above")).into_response()
}

/// The client's id when it is a short word, otherwise one of ours.
fn request_id(headers: &HeaderMap) -> String {
    let sane = |id: &&str| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    headers
        .get(REQUEST_ID)
        .and_then(|v| v.to_str().ok())
        .filter(sane)
        .map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

/// RFC 9112 3.2: a request without `Host`, or with two, is answered 400.
fn one_host(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.get_all(HOST).iter().count() == 1 {
        return Ok(());
    }
    Err(Problem::new(Kind::InvalidRequest).header("host", "host", "exactly one Host header is needed"))
}

/// Writes problems out, whoever made them.
fn finish(method: &Method, id: &str, mut response: Response) -> Response {
    let status = response.status();
    if status == StatusCode::METHOD_NOT_ALLOWED && method == Method::OPTIONS {
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().remove(CONTENT_TYPE);
        *response.body_mut() = Body::empty();
        return response;
    }
    let carried = response.extensions_mut().remove::<Arc<Problem>>();
    let problem = match carried {
        Some(problem) => problem,
        None if is_bare(&response) => Arc::new(of_status(status)),
        None => return response,
    };
    log(&problem);
    let allow = response.headers().get(ALLOW).cloned();
    let mut written = (status, problem.to_json(id).to_string()).into_response();
    let headers = written.headers_mut();
    headers.insert(CONTENT_TYPE, PROBLEM_JSON);
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    if let Some(allow) = problem.allowed().map(HeaderValue::from_static).or(allow) {
        headers.insert(ALLOW, allow);
    }
    if let Some(challenge) = problem.challenged().and_then(|c| HeaderValue::from_str(c).ok()) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    if problem.kind() == Kind::Unavailable {
        headers.insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
    }
    if method == Method::HEAD {
        *written.body_mut() = Body::empty();
    }
    written
}

/// Whether an error came without a body that a program could read: from the routing library, not from us.
fn is_bare(response: &Response) -> bool {
    let failed = response.status().is_client_error() || response.status().is_server_error();
    failed && response.headers().get(CONTENT_TYPE).is_none_or(|t| t != "application/json")
}

/// The problem behind a status that the routing library answered with.
fn of_status(status: StatusCode) -> Problem {
    let kind = Kind::ALL.iter().find(|k| k.status() == status.as_u16());
    match kind {
        Some(Kind::Internal) | None if status.is_server_error() => {
            Problem::internal(anyhow::anyhow!("status {status} without a problem"))
        }
        kind => Problem::new(kind.copied().unwrap_or(Kind::InvalidRequest)),
    }
}

fn log(problem: &Problem) {
    let cause = problem.cause().map(|c| format!("{c:#}")).unwrap_or_default();
    if problem.kind().status() >= 500 {
        tracing::error!(problem = problem.kind().slug(), cause, "failed");
    } else {
        tracing::debug!(problem = %problem, cause, "refused");
    }
}

/// Nothing here is meant to be framed, sniffed or to leak its address.
fn careful(headers: &mut HeaderMap) {
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry("content-security-policy")
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
}
