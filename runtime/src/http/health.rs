//! `/health/live` and `/health/ready`: for whoever starts and stops the program.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::App;
use crate::db::migrate;

/// The process runs.
pub async fn live() -> Json<serde_json::Value> {
    Json(json!({ "status": "ok" }))
}

/// Requests would be served: the database answers and there are keys to check tokens with.
pub async fn ready(State(app): State<App>) -> Response {
    let database = migrate::is_applied(app.db()).await.unwrap_or(false);
    let words = |ok: bool| if ok { "ok" } else { "failing" };
    let keys = app.authenticator().is_ready().await;
    let status = if database && keys { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": words(database && keys),
        "checks": { "database": words(database), "keys": words(keys), "catalog": "ok" },
        "build": app.catalog().identity().as_str(),
    });
    // Not a problem document: probes look at the status, people at the body.
    (status, [("cache-control", "no-store")], Json(body)).into_response()
}
