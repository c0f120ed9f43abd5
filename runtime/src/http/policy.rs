//! `/api/policy`: questions about permissions.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;

use super::App;
use super::extract::{Caller, read_json};
use crate::flow::judge::Asking;
use crate::problem::Problem;

/// A question as it arrives.
pub struct Question {
    app: App,
    caller: Caller,
    body: Bytes,
}

impl FromRequest<App> for Question {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        let body = read_json(&parts, body, app).await?;
        Ok(Self { app: app.clone(), caller, body })
    }
}

impl Question {
    fn asking(&self) -> Asking<'_> {
        Asking { scope: &self.caller.scope, principal: &self.caller.principal }
    }
}

/// POST `/api/policy/check`.
pub async fn check(question: Question) -> Result<Response, Problem> {
    Ok(answer(question.app.policies().check(question.asking(), &question.body).await?))
}

/// POST `/api/policy/plan`.
pub async fn plan(question: Question) -> Result<Response, Problem> {
    Ok(answer(question.app.policies().plan(question.asking(), &question.body)?))
}

/// POST `/api/policy/explain`.
pub async fn explain(question: Question) -> Result<Response, Problem> {
    Ok(answer(question.app.policies().explain(question.asking(), &question.body).await?))
}

/// POST `/api/policy/simulate`.
pub async fn simulate(question: Question) -> Result<Response, Problem> {
    Ok(answer(question.app.policies().simulate(question.asking(), &question.body).await?))
}

fn answer(value: Value) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(value)).into_response()
}
