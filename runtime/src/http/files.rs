//! `/api/files`: bytes in, bytes out. What comes out is never shown in place by a browser.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;
use uuid::Uuid;

use super::App;
use super::extract::{self, Caller};
use crate::flow::files::Upload;
use crate::problem::Problem;

/// POST `/api/files?name=...`: the body is the file.
pub async fn upload(State(app): State<App>, caller: Caller, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let mut name = String::new();
    for (key, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
        if key != "name" || !name.is_empty() {
            return Err(Problem::query(key, "unknown_parameter", "only `name` can be given, and once"));
        }
        name = value.into_owned();
    }
    let bytes = extract::read(&parts.headers, body, app.config().limits.file_bytes).await?;
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let upload = Upload { name: &name, media_type, bytes };
    let known = app.files().upload(&caller.scope, &caller.principal, upload).await?;
    let location = [(LOCATION, format!("/api/files/{}", known.id)), (CACHE_CONTROL, "no-store".to_owned())];
    Ok((StatusCode::CREATED, location, Json(known)).into_response())
}

/// GET `/api/files/{id}`.
pub async fn download(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::not_found())?;
    let (known, bytes) = app.files().download(&caller.scope, &caller.principal, id).await?;
    let tag = format!("\"{}\"", known.sha256);
    let fixed = [(ETAG, tag.clone()), (CACHE_CONTROL, "private, no-cache".to_owned())];
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known == tag.as_str()) {
        return Ok((StatusCode::NOT_MODIFIED, fixed).into_response());
    }
    let about = [(CONTENT_TYPE, known.media_type), (CONTENT_DISPOSITION, attachment(&known.name))];
    Ok((fixed, about, Body::from(bytes)).into_response())
}

/// RFC 6266: a name for every reader, and the true one for those who know `filename*`.
fn attachment(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    format!(
        "attachment; filename=\"{plain}\"; filename*=UTF-8''{}",
        encoded.replace('+', "%20").replace('*', "%2A")
    )
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn names_can_not_break_out_of_the_header() {
        assert_eq!(attachment("a b.pdf"), "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf");
        assert_eq!(
            attachment("ä\";x=\"y"),
            "attachment; filename=\"__;x=_y\"; filename*=UTF-8''%C3%A4%22%3Bx%3D%22y"
        );
    }
}
