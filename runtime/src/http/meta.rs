//! `/api/meta` and `/api/openapi.json`: what there is, as the caller sees it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::App;
use super::extract::Caller;
use crate::problem::Problem;
use crate::{descriptor, openapi};

const PRIVATE: (http::HeaderName, &str) = (CACHE_CONTROL, "private, no-cache");

/// `/api/meta/entities`.
pub async fn entities(caller: Caller) -> Response {
    let items = descriptor::summaries(&caller.scope, &caller.principal);
    ([PRIVATE], Json(json!({ "items": items }))).into_response()
}

/// `/api/meta/entities/{name}`.
pub async fn entity(caller: Caller, Path(name): Path<String>) -> Result<Response, Problem> {
    let found = descriptor::descriptor(&caller.scope, &caller.principal, &name);
    let found = found.ok_or_else(Problem::not_found)?;
    Ok(([PRIVATE], Json(found)).into_response())
}

/// `/api/openapi.json`. Callers of one capacity see the same.
pub async fn openapi(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let capacity = caller.principal.capacity();
    let text = match app.described().get(capacity) {
        Some(text) => text,
        None => {
            let document = app.openapi().ok_or_else(Problem::not_found)?;
            let seen = openapi::seen_by(document, &caller.scope, &caller.principal);
            let text = Bytes::from(seen.to_string());
            app.described().insert(Arc::clone(capacity), Bytes::clone(&text));
            text
        }
    };
    Ok(([PRIVATE, (CONTENT_TYPE, "application/json")], text).into_response())
}
