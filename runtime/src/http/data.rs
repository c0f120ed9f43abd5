//! `/api/data` and `/api/batch`: records. Each route reads its request, calls one flow and writes the answer.

use athyper_schemas::bundle::Action;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH, LINK, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::App;
use super::extract::{Caller, read_json};
use super::headers::{self, Form};
use crate::catalog::EntityId;
use crate::flow::decisions::{Tells, Wish};
use crate::flow::idempotency::Key;
use crate::flow::read::Table;
use crate::flow::write::{Answer, Call};
use crate::problem::Problem;
use crate::request::document::Purpose;
use crate::request::prefer::{Condition, Preferences};

const NO_STORE: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];
const DATA: [(HeaderName, &str); 2] = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];

/// A write as it arrives: who, what, how, and the body.
pub struct Write {
    app: App,
    caller: Caller,
    target: Target,
    preferences: Preferences,
    condition: Condition,
    key: Option<Key>,
    body: Bytes,
}

/// What the path names.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The entity, when the path names one.
    pub entity: Option<EntityId>,
    /// The record, when the path names one.
    pub id: Option<Uuid>,
}

impl Target {
    /// What the path of these parameters names. What is not there and what can not be there are one answer.
    async fn read(caller: &Caller, parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let parameters = RawPathParams::from_request_parts(parts, app).await.ok();
        let value =
            |name: &str| parameters.iter().flatten().find(|(n, _)| *n == name).map(|(_, value)| value);
        let entity = value("entity")
            .map(|url| caller.scope.catalog().at_url(url).map(|e| e.id()).ok_or_else(Problem::not_found))
            .transpose()?;
        let id = value("id").map(|id| Uuid::try_parse(id).map_err(|_| Problem::not_found())).transpose()?;
        Ok(Self { entity, id })
    }

    pub(super) fn entity(self) -> Result<EntityId, Problem> {
        self.entity.ok_or_else(Problem::not_found)
    }

    pub(super) fn id(self) -> Result<Uuid, Problem> {
        self.id.ok_or_else(Problem::not_found)
    }
}

impl FromRequest<App> for Write {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        let target = Target::read(&caller, &mut parts, app).await?;
        if let Some(query) = parts.uri.query().filter(|q| !q.is_empty()) {
            let name = query.split(['=', '&']).next().unwrap_or_default();
            return Err(Problem::query(name, "unknown_parameter", "a write has no query parameters"));
        }
        let preferences = Preferences::parse(headers::texts(&parts.headers, "prefer"))?;
        let condition = Condition::parse(headers::texts(&parts.headers, IF_MATCH.as_str()));
        let is_delete = parts.method == Method::DELETE;
        let body = if is_delete { Bytes::new() } else { read_json(&parts, body, app).await? };
        let key = headers::once(&parts.headers, "idempotency-key")?
            .map(|text| Key::new(text, parts.method.as_str(), parts.uri.path(), &body))
            .transpose()?;
        Ok(Self { app: app.clone(), caller, target, preferences, condition, key, body })
    }
}

impl Write {
    fn call(&self) -> Call<'_> {
        Call {
            scope: &self.caller.scope,
            principal: &self.caller.principal,
            preferences: self.preferences,
            condition: self.condition.clone(),
            key: self.key.clone(),
            watched: self.app.decisions().keeps(&self.caller.trace),
        }
    }

    /// Does the write, and tells the decision log what became of it.
    async fn watched(
        &self,
        wish: Option<Wish>,
        work: impl Future<Output = Result<Answer, Problem>>,
    ) -> Result<Response, Problem> {
        Ok(answered(self.app.decisions().watch(self.caller.asking(), wish, work).await?))
    }
}

/// A read as it arrives: who, what, and the headers.
pub struct Read {
    app: App,
    caller: Caller,
    target: Target,
    parts: Parts,
}

impl FromRequest<App> for Read {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, _) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        let target = Target::read(&caller, &mut parts, app).await?;
        Ok(Self { app: app.clone(), caller, target, parts })
    }
}

impl Read {
    fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// Does the read, and tells the decision log what became of it.
    async fn watched<T: Tells>(
        &self,
        (entity, id): (EntityId, Option<Uuid>),
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let wish = Some((entity, id, Action::Read));
        self.app.decisions().watch(self.caller.asking(), wish, work).await
    }
}

/// GET `/api/data/{entity}`.
pub async fn list(read: Read) -> Result<Response, Problem> {
    let entity = read.target.entity()?;
    let form = headers::accept(&read.parts.headers, &[Form::Json, Form::Csv])?;
    let Caller { scope, principal, .. } = &read.caller;
    let (reads, query, all) = (read.app.reads(), read.query(), (entity, None));
    match form {
        Form::Json => {
            let page = read.watched(all, reads.list(scope, principal, entity, query)).await?;
            Ok((DATA, page.json).into_response())
        }
        Form::Csv => Ok(table(read.watched(all, reads.table(scope, principal, entity, query)).await?, query)),
    }
}

/// A page as CSV; the next page is named by a `Link` (RFC 8288).
fn table(table: Table, query: &str) -> Response {
    let mut response = (NO_STORE, table.text).into_response();
    let all = response.headers_mut();
    all.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    if let Some(cursor) = table.next {
        let others = query.split('&').filter(|part| !part.is_empty() && !part.starts_with("cursor="));
        let query: String = others.map(|part| format!("{part}&")).collect();
        if let Ok(link) = HeaderValue::from_str(&format!("<?{query}cursor={cursor}>; rel=\"next\"")) {
            all.insert(LINK, link);
        }
    }
    response
}

/// GET `/api/data/{entity}/{id}`.
pub async fn get(read: Read) -> Result<Response, Problem> {
    let target = (read.target.entity()?, read.target.id()?);
    headers::accept(&read.parts.headers, &[Form::Json])?;
    let Caller { scope, principal, .. } = &read.caller;
    let work = read.app.reads().record(scope, principal, target, read.query());
    let record = read.watched((target.0, Some(target.1)), work).await?;
    let tag = [(ETAG, format!("\"{}\"", record.version))];
    if headers::has_already(&read.parts.headers, record.version) {
        return Ok((StatusCode::NOT_MODIFIED, tag, NO_STORE).into_response());
    }
    Ok((tag, DATA, record.body).into_response())
}

/// POST `/api/data/{entity}`.
pub async fn create(write: Write) -> Result<Response, Problem> {
    let entity = write.target.entity()?;
    let (call, wish) = (write.call(), Some((entity, None, Action::Create)));
    write.watched(wish, write.app.writes().create(&call, entity, &write.body)).await
}

/// PATCH `/api/data/{entity}/{id}`.
pub async fn patch(write: Write) -> Result<Response, Problem> {
    change(write, Purpose::Patch).await
}

/// PUT `/api/data/{entity}/{id}`.
pub async fn replace(write: Write) -> Result<Response, Problem> {
    change(write, Purpose::Replace).await
}

async fn change(write: Write, purpose: Purpose) -> Result<Response, Problem> {
    let (entity, id) = (write.target.entity()?, write.target.id()?);
    let body = (write.body.as_ref(), purpose);
    let (call, wish) = (write.call(), Some((entity, Some(id), Action::Update)));
    write.watched(wish, write.app.writes().update(&call, entity, id, body)).await
}

/// DELETE `/api/data/{entity}/{id}`.
pub async fn delete(write: Write) -> Result<Response, Problem> {
    let (entity, id) = (write.target.entity()?, write.target.id()?);
    let (call, wish) = (write.call(), Some((entity, Some(id), Action::Delete)));
    write.watched(wish, write.app.writes().delete(&call, entity, id)).await
}

/// POST `/api/batch`.
pub async fn batch(write: Write) -> Result<Response, Problem> {
    let call = write.call();
    write.watched(None, write.app.writes().batch(&call, &write.body)).await
}

fn answered(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let has_body = answer.body.is_some();
    let mut response = (status, answer.body.map_or_else(Body::empty, Body::from)).into_response();
    let all = response.headers_mut();
    all.remove(CONTENT_TYPE);
    all.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if has_body {
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let texts = [
        (LOCATION.as_str(), answer.location),
        (ETAG.as_str(), answer.etag),
        ("preference-applied", answer.applied),
    ];
    for (name, text) in texts {
        if let Some(value) = text.and_then(|t| HeaderValue::from_str(&t).ok()) {
            all.insert(HeaderName::from_static(name), value);
        }
    }
    if answer.replayed {
        all.insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    response
}
