//! Parts of a request as routes want them: who calls, and the body. Reads HTTP, decides nothing.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::FromRequestParts;
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use super::{App, headers};
use crate::decision::Trace;
use crate::flow::decisions::Asking;
use crate::problem::{Kind, Problem};
use crate::who::{Principal, Scope};

/// An authenticated caller whose tenant is served.
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// Where.
    pub scope: Scope,
    /// In which request.
    pub trace: Arc<Trace>,
}

impl Caller {
    /// Him, as the decision log asks for it.
    pub fn asking(&self) -> Asking<'_> {
        Asking { scope: &self.scope, principal: &self.principal, trace: &self.trace }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let verified = app.authenticator().authenticate(&parts.headers).await?;
        let span = tracing::Span::current();
        span.record("tenant", verified.tenant()).record("subject", verified.id());
        let catalog = app.catalog();
        let principal = app.registry().admit(&verified, &catalog).await?;
        let scope = Scope::of(&principal, catalog);
        let trace = parts.extensions.get::<Arc<Trace>>().cloned();
        let trace = trace.ok_or_else(|| Problem::internal(anyhow::anyhow!("a request without an id")))?;
        Ok(Self { principal, scope, trace })
    }
}

/// A JSON body, not parsed yet, of a media type that the method reads and within the size limit.
pub(super) async fn read_json(parts: &Parts, body: Body, app: &App) -> Result<Bytes, Problem> {
    if parts.method == Method::PATCH {
        headers::content_type(&parts.headers, &["application/merge-patch+json", "application/json"])?;
    } else {
        headers::content_type(&parts.headers, &["application/json"])?;
    }
    read(&parts.headers, body, app.config().limits.body_bytes).await
}

/// A body of at most `limit` bytes.
pub(super) async fn read(all: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Problem> {
    let too_large =
        || Problem::new(Kind::PayloadTooLarge).detail(format!("the body may have up to {limit} bytes"));
    let announced = all.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    axum::body::to_bytes(body, limit).await.map_err(|error| {
        let is_limit = std::error::Error::source(&error)
            .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        if is_limit { too_large() } else { Problem::new(Kind::InvalidRequest).because(error) }
    })
}
