//! The server over real sockets: limits, hosts, ids, tenants, problems, pages, and a good end.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is the report of a test"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use athyper_runtime::auth::dev::DevKey;
use athyper_runtime::catalog::Build;
use athyper_runtime::config::Config;
use athyper_runtime::config::layers::Layers;
use athyper_runtime::db::{Db, Settings, migrate};
use athyper_runtime::http::{App, Parts, serve};
use athyper_runtime::tenants;
use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use http_body_util::StreamBody;
use hyper::body::Frame;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct Server {
    base: String,
    key: DevKey,
    db: Db,
    client: Client,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

fn build() -> Build {
    let entity = |name: &str| {
        json!({
            "name": format!("shop.{name}"), "url": name, "label": name, "plural": name, "class": "master",
            "table": format!("shop_{name}"),
            "fields": [
                { "name": "id", "column": "id", "label": "Id", "ty": { "name": "uuid" }, "system": "id", "required": true },
                { "name": "version", "column": "version", "label": "Version", "ty": { "name": "int" }, "system": "version", "required": true },
                { "name": "name", "column": "name", "label": "Name", "ty": { "name": "string", "max_length": 20 }, "required": true },
                { "name": "photo", "column": "photo", "label": "Photo", "ty": { "name": "image" }, "required": false },
            ]
        })
    };
    let bundle = json!({
        "package": { "name": "shop", "dialects": ["sqlite"] },
        "entities": [entity("Order"), entity("Secret")],
        "enums": [],
        "policies": [
            { "name": "shop.O", "entity": "shop.Order", "rules": [{ "id": "all", "effect": "allow", "actions": ["create", "read"], "to": [{ "role": "*" }], "place": { "file": "shop.yaml", "line": 1 } }] },
            { "name": "shop.S", "entity": "shop.Secret", "rules": [{ "id": "boss", "effect": "allow", "actions": ["read"], "to": [{ "role": "boss" }], "place": { "file": "shop.yaml", "line": 1 } }] },
        ],
    });
    let table = |name: &str| {
        format!(
            "CREATE TABLE \"shop_{name}\" (\"tenant_id\" TEXT NOT NULL, \"id\" TEXT NOT NULL, \
             \"version\" INTEGER NOT NULL, \"name\" TEXT NOT NULL, \"photo\" TEXT, PRIMARY KEY (\"tenant_id\", \"id\")) STRICT;"
        )
    };
    let operation = |entity: &str, action: &str| json!({ "tags": [entity], "x-athyper-entity": format!("shop.{entity}"), "x-athyper-action": action });
    let openapi = json!({
        "openapi": "3.1.0", "info": { "title": "shop", "version": "1" }, "tags": [{ "name": "Order" }, { "name": "Secret" }],
        "paths": {
            "/api/data/Order": { "get": operation("Order", "read"), "post": operation("Order", "create") },
            "/api/data/Secret": { "get": operation("Secret", "read"), "post": operation("Secret", "create") },
        },
    });
    let files = BTreeMap::from([
        ("sql/sqlite/schema.sql".to_owned(), table("Order") + &table("Secret")),
        ("openapi.json".to_owned(), openapi.to_string()),
    ]);
    Build::in_memory(serde_json::from_value(bundle).unwrap(), files).unwrap()
}

fn config(changes: &[(&str, &str)]) -> Config {
    let mut layers = Layers::defaults().unwrap();
    for (key, value) in changes {
        layers.flag("test", key, value);
    }
    layers.resolve().unwrap()
}

async fn start(changes: &[(&str, &str)]) -> Server {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let config = config(&[&[("data.folder", data)][..], changes].concat());
    let db = Db::open(&Settings::for_file(&folder.path().join("test.db"))).await.unwrap();
    let build = build();
    migrate::apply(&db, &build).await.unwrap();
    tenants::add(&db, "acme").await.unwrap();
    let key = DevKey::load_or_make(folder.path()).unwrap();
    let authenticator = key.authenticator(&config.auth);
    let app =
        App::new(Parts { config: config.clone(), build, candidate: None, db: db.clone(), authenticator })
            .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn({
        let stop = stop.clone();
        async move { serve(listener, app.router(), &config.http, stop).await }
    });
    Server { base, key, db, client: Client::new(), stop, _folder: folder }
}

impl Server {
    fn token(&self, tenant: &str, roles: &[&str]) -> String {
        let claims = json!({ "sub": "anna", "tenant": tenant, "roles": roles }).as_object().unwrap().clone();
        self.key.mint(claims, jiff::Timestamp::now().as_second(), 3600).unwrap()
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    async fn get_as(&self, path: &str, token: &str) -> Response {
        self.client.get(format!("{}{path}", self.base)).bearer_auth(token).send().await.unwrap()
    }

    /// Sends bytes as they are and reads until the server closes.
    async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.base.strip_prefix("http://").unwrap()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_string(&mut answer)).await;
        read.expect("the server did not close").unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |v| v.to_str().unwrap())
}

async fn problem(response: Response, slug: &str) -> Value {
    assert_eq!(header(&response, "content-type"), "application/problem+json");
    let id = header(&response, "x-request-id").to_owned();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["type"], format!("/docs/problems/{slug}"), "{body}");
    assert_eq!(body["status"], status);
    assert_eq!(body["instance"], id);
    body
}

#[tokio::test]
async fn a_token_is_needed_and_the_answer_does_not_say_why_it_fails() {
    let server = start(&[]).await;
    let none = server.get("/api/meta/entities").await;
    assert_eq!(header(&none, "www-authenticate"), "Bearer realm=\"athyper\"");
    let none = problem(none, "unauthenticated").await;
    let bad = server.get_as("/api/meta/entities", &format!("{}x", server.token("acme", &[]))).await;
    assert_eq!(header(&bad, "www-authenticate"), "Bearer realm=\"athyper\", error=\"invalid_token\"");
    let mut bad = problem(bad, "unauthenticated").await;
    bad["instance"] = none["instance"].clone();
    assert_eq!(bad, none);
    assert_eq!(
        server.get_as("/api/meta/entities", &server.token("acme", &[])).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn unknown_and_suspended_tenants_get_the_same_nothing() {
    let server = start(&[]).await;
    let (acme, ghost) = (server.token("acme", &["boss"]), server.token("ghost", &["boss"]));
    assert_eq!(server.get_as("/api/openapi.json", &acme).await.status(), StatusCode::OK);
    let mut unknown = problem(server.get_as("/api/openapi.json", &ghost).await, "tenant-unavailable").await;
    tenants::set_active(&server.db, "acme", false).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let suspended = problem(server.get_as("/api/openapi.json", &acme).await, "tenant-unavailable").await;
    unknown["instance"] = suspended["instance"].clone();
    assert_eq!(unknown, suspended);
    tenants::set_active(&server.db, "acme", true).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(server.get_as("/api/openapi.json", &acme).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_model_is_described_as_the_caller_may_see_it() {
    let server = start(&[]).await;
    let (clerk, boss) = (server.token("acme", &["clerk"]), server.token("acme", &["boss"]));
    let text = |path: &'static str, token: String| {
        let server = &server;
        async move { server.get_as(path, &token).await.text().await.unwrap() }
    };
    for path in ["/api/openapi.json", "/api/meta/entities"] {
        assert!(!text(path, clerk.clone()).await.contains("Secret"), "{path}");
        assert!(text(path, boss.clone()).await.contains("Secret"), "{path}");
    }
    let order: Value = server.get_as("/api/meta/entities/Order", &clerk).await.json().await.unwrap();
    assert_eq!(order["actions"], json!(["read", "create"]));
    assert_eq!(
        order["fields"][2],
        json!({
            "name": "name", "label": "Name", "type": "string", "max_length": 20, "required": true, "read_only": false,
            "operators": "text", "widget": "text", "personal": false,
        })
    );
    assert!(!order.to_string().contains("shop_Order"), "tables are not told");
    problem(server.get_as("/api/meta/entities/Secret", &clerk).await, "not-found").await;
    problem(server.get_as("/api/meta/entities/Nothing", &clerk).await, "not-found").await;
}

#[tokio::test]
async fn every_answer_has_an_id_and_careful_headers() {
    let server = start(&[]).await;
    let request = |id: &'static str| {
        server.client.get(format!("{}/health/live", server.base)).header("x-request-id", id).send()
    };
    assert_eq!(header(&request("abc-1").await.unwrap(), "x-request-id"), "abc-1");
    let long = request("a b").await.unwrap();
    assert_eq!(header(&long, "x-request-id").len(), 36, "an id that is no word is replaced");
    assert_eq!(header(&long, "x-content-type-options"), "nosniff");
    assert!(header(&long, "content-security-policy").contains("frame-ancestors 'none'"));
    let ready: Value = server.get("/health/ready").await.json().await.unwrap();
    assert_eq!(ready["checks"], json!({ "database": "ok", "keys": "ok", "catalog": "ok" }));
}

#[tokio::test]
async fn wrong_addresses_and_methods_are_problems() {
    let server = start(&[]).await;
    problem(server.get("/nowhere").await, "not-found").await;
    let posted = server.client.post(format!("{}/health/live", server.base)).send().await.unwrap();
    assert_eq!(header(&posted, "allow"), "GET,HEAD");
    problem(posted, "method-not-allowed").await;
    let url = format!("{}/health/live", server.base);
    let options = server.client.request(reqwest::Method::OPTIONS, &url).send().await.unwrap();
    assert_eq!((options.status(), header(&options, "allow")), (StatusCode::NO_CONTENT, "GET,HEAD"));
    let head = server.client.head(&url).send().await.unwrap();
    assert_eq!((head.status(), header(&head, "content-type")), (StatusCode::OK, "application/json"));
}

#[tokio::test]
async fn the_docs_come_from_the_binary_under_a_strict_policy() {
    let server = start(&[]).await;
    let page = server.get("/docs").await;
    let policy = header(&page, "content-security-policy").to_owned();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let text = page.text().await.unwrap();
    assert!(text.contains("/docs/reference.js") && !text.contains("<script>"));
    for (path, kind) in [("/docs/reference.js", "text/javascript"), ("/docs/reference.css", "text/css")] {
        let asset = server.get(path).await;
        assert!(asset.status().is_success() && header(&asset, "content-type").starts_with(kind), "{path}");
    }
    let page = server.get("/docs/problems/not-found").await.text().await.unwrap();
    assert!(page.contains("<h1>There is nothing here</h1>"), "{page}");
    assert!(server.get("/docs/problems").await.text().await.unwrap().contains("/docs/problems/not-found"));
    problem(server.get("/docs/problems/unheard-of").await, "not-found").await;
}

#[tokio::test]
async fn exactly_one_host_is_needed() {
    let server = start(&[]).await;
    let ask = |hosts: &str| format!("GET /health/live HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
    assert!(server.raw(&ask("Host: a\r\n")).await.starts_with("HTTP/1.1 200"));
    for hosts in ["", "Host: a\r\nHost: b\r\n"] {
        let answer = server.raw(&ask(hosts)).await;
        assert!(
            answer.starts_with("HTTP/1.1 400") && answer.contains("/docs/problems/invalid-request"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn heads_are_limited_in_size_and_time() {
    let server = start(&[("http.header_read_timeout_ms", "200"), ("http.header_bytes", "8192")]).await;
    let huge = format!("GET / HTTP/1.1\r\nHost: a\r\nX-Filler: {}\r\n\r\n", "x".repeat(20_000));
    let answer = server.raw(&huge).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer:?}");
    let start = Instant::now();
    server.raw("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ").await;
    server.raw("").await;
    server.raw("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(start.elapsed() < Duration::from_secs(3), "a slow or silent client was waited for");
}

#[tokio::test]
async fn bodies_are_limited_and_typed() {
    let server = start(&[("limits.body_bytes", "1000")]).await;
    let token = server.token("acme", &[]);
    let post = |path: &str, kind: &str, body: String| {
        let request = server.client.post(format!("{}{path}", server.base)).bearer_auth(&token);
        request.header("content-type", kind).body(body).send()
    };
    let json = "application/json";
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(1000));
    problem(post("/api/data/Order", json, large.clone()).await.unwrap(), "payload-too-large").await;
    let chunks = [large.clone(), large].map(|text| Ok::<_, std::io::Error>(Frame::data(Bytes::from(text))));
    let chunks = StreamBody::new(futures_util::stream::iter(chunks));
    let unannounced = server.client.post(format!("{}/api/data/Order", server.base)).bearer_auth(&token);
    let unannounced = unannounced.header("content-type", json).body(reqwest::Body::wrap(chunks));
    problem(unannounced.send().await.unwrap(), "payload-too-large").await;
    problem(post("/api/data/Order", "text/plain", "{}".into()).await.unwrap(), "unsupported-media-type")
        .await;
    problem(post("/api/data/Order", json, "{".into()).await.unwrap(), "malformed-json").await;
    problem(post("/api/data/Order?x=1", json, "{}".into()).await.unwrap(), "invalid-query").await;
    problem(post("/api/data/Nothing", json, "{}".into()).await.unwrap(), "not-found").await;
    problem(post("/api/data/Secret", json, "{}".into()).await.unwrap(), "not-found").await;
    let broken = problem(post("/api/data/Order", json, "{}".into()).await.unwrap(), "invalid").await;
    assert_eq!(broken["errors"][0]["pointer"], "/name", "{broken}");
}

#[tokio::test]
async fn a_request_that_never_ends_is_given_up() {
    let server = start(&[("http.request_timeout_ms", "200")]).await;
    let token = server.token("acme", &[]);
    let answer = server
        .raw(&format!(
            "POST /api/data/Order HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
        ))
        .await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("/docs/problems/timeout"), "{answer}");
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_can_read_them() {
    let server = start(&[]).await;
    let ask =
        server.client.get(format!("{}/docs/reference.js", server.base)).header("accept-encoding", "gzip");
    let packed = ask.send().await.unwrap();
    assert_eq!((header(&packed, "content-encoding"), header(&packed, "vary")), ("gzip", "accept-encoding"));
    assert_eq!(header(&server.get("/docs/reference.js").await, "content-encoding"), "");
}

#[tokio::test]
async fn a_write_is_done_once_per_key_and_its_answer_kept() {
    let server = start(&[]).await;
    let token = server.token("acme", &[]);
    let post = |key: &str, name: &str| {
        let request = server.client.post(format!("{}/api/data/Order", server.base)).bearer_auth(&token);
        request.header("idempotency-key", key).json(&json!({ "name": name })).send()
    };
    let first = post("k1", "one").await.unwrap();
    assert_eq!(first.status(), StatusCode::CREATED);
    assert_eq!((header(&first, "etag"), header(&first, "cache-control")), ("\"1\"", "no-store"));
    let again = post("k1", "one").await.unwrap();
    assert_eq!(header(&again, "location"), header(&first, "location"));
    assert_eq!(header(&again, "idempotency-replayed"), "true");
    problem(post("k1", "two").await.unwrap(), "idempotency-key-reused").await;
    problem(post("two words", "two").await.unwrap(), "invalid-request").await;
    let path = header(&first, "location").to_owned();
    let read = server.get_as(&path, &token).await;
    assert_eq!((header(&read, "etag"), header(&read, "cache-control")), ("\"1\"", "no-store"));
    assert_eq!(read.json::<Value>().await.unwrap()["name"], "one");
    let again = server
        .client
        .get(format!("{}{path}", server.base))
        .bearer_auth(&token)
        .header("if-none-match", "\"1\"");
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(again.bytes().await.unwrap().is_empty());
    let head = server.client.head(format!("{}{path}", server.base)).bearer_auth(&token).send().await.unwrap();
    assert_eq!((head.status(), header(&head, "etag")), (StatusCode::OK, "\"1\""));
    let csv =
        server.client.get(format!("{}{path}", server.base)).bearer_auth(&token).header("accept", "text/csv");
    problem(csv.send().await.unwrap(), "not-acceptable").await;
    let list: Value = server.get_as("/api/data/Order?limit=5", &token).await.json().await.unwrap();
    assert_eq!(list["items"][0]["name"], "one", "{list}");
    problem(server.get_as("/api/data/Order?limit=5&limit=6", &token).await, "invalid-query").await;
    problem(server.get_as("/api/data/Order/not-a-uuid", &token).await, "not-found").await;
    problem(server.get_as("/api/data/Secret", &token).await, "not-found").await;
    let patched = server.client.patch(format!("{}{path}", server.base)).bearer_auth(&token).json(&json!({}));
    problem(patched.send().await.unwrap(), "forbidden").await;
}

#[tokio::test]
async fn files_belong_to_their_uploader_and_to_the_readers_of_their_record() {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and more";
    let server = start(&[("limits.file_bytes", "100")]).await;
    tenants::add(&server.db, "globex").await.unwrap();
    let claims =
        |sub: &str, tenant: &str| json!({ "sub": sub, "tenant": tenant }).as_object().unwrap().clone();
    let token =
        |sub, tenant| server.key.mint(claims(sub, tenant), jiff::Timestamp::now().as_second(), 60).unwrap();
    let (anna, bert, eve) = (token("anna", "acme"), token("bert", "acme"), token("eve", "globex"));
    let upload = |kind: &str, bytes: &'static [u8]| {
        let request = server.client.post(format!("{}/api/files?name=..%2Fm%C3%BCll.png", server.base));
        request.bearer_auth(&anna).header("content-type", kind).body(bytes).send()
    };
    problem(upload("image/png", b"<svg/>").await.unwrap(), "unsupported-media-type").await;
    problem(upload("text/plain", &[b'x'; 101]).await.unwrap(), "payload-too-large").await;
    let made = upload("text/html", PNG).await.unwrap();
    let path = header(&made, "location").to_owned();
    let known: Value = made.json().await.unwrap();
    assert_eq!((known["name"].as_str(), known["media_type"].as_str()), (Some("müll.png"), Some("image/png")));

    let answer = server.get_as(&path, &anna).await;
    assert!(header(&answer, "content-disposition").starts_with("attachment; "));
    assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
    assert_eq!(answer.bytes().await.unwrap(), PNG);
    problem(server.get_as(&path, &bert).await, "not-found").await;
    let post = |body: Value| {
        server.client.post(format!("{}/api/data/Order", server.base)).bearer_auth(&anna).json(&body).send()
    };
    let text: Value = upload("text/plain", b"no image").await.unwrap().json().await.unwrap();
    for wrong in [text["id"].clone(), json!("018f0000-0000-7000-8000-000000000001")] {
        let told = problem(post(json!({ "name": "x", "photo": wrong })).await.unwrap(), "invalid").await;
        assert_eq!(told["errors"][0]["pointer"], "/photo");
    }
    assert_eq!(
        post(json!({ "name": "x", "photo": known["id"] })).await.unwrap().status(),
        StatusCode::CREATED
    );
    assert_eq!(server.get_as(&path, &bert).await.status(), StatusCode::OK, "he may read the record");
    problem(server.get_as(&path, &eve).await, "not-found").await;
    problem(server.get(&path).await, "unauthenticated").await;
}

fn slow_app() -> Router {
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        "finished"
    };
    Router::new().route("/slow", get(slow)).route("/stuck", get(std::future::pending::<()>))
}

async fn slow_server(changes: &[(&str, &str)]) -> (String, CancellationToken, JoinHandle<usize>) {
    let config = config(changes);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let running = tokio::spawn(async move { serve(listener, slow_app(), &config.http, stopped).await });
    (base, stop, running)
}

#[tokio::test]
async fn stopping_finishes_requests_in_flight_and_does_not_wait_for_idle_ones() {
    let (base, stop, running) = slow_server(&[]).await;
    let client = Client::new();
    let idle = TcpStream::connect(base.strip_prefix("http://").unwrap()).await.unwrap();
    let flight = tokio::spawn(client.get(format!("{base}/slow")).send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.cancel();
    let start = Instant::now();
    assert_eq!(flight.await.unwrap().unwrap().text().await.unwrap(), "finished");
    assert_eq!(running.await.unwrap(), 0);
    assert!(start.elapsed() < Duration::from_secs(3));
    assert!(client.get(format!("{base}/slow")).send().await.is_err(), "nobody listens any more");
    drop(idle);
}

#[tokio::test]
async fn stopping_has_a_deadline() {
    let (base, stop, running) = slow_server(&[("http.shutdown_timeout_ms", "200")]).await;
    let _stuck = tokio::spawn(Client::new().get(format!("{base}/stuck")).send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.cancel();
    assert_eq!(running.await.unwrap(), 1);
}

#[tokio::test]
async fn connections_are_capped() {
    let (base, stop, _running) = slow_server(&[("http.connections", "1")]).await;
    let address = base.strip_prefix("http://").unwrap();
    let first = TcpStream::connect(address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let ask = Client::new().get(format!("{base}/slow")).send();
    tokio::pin!(ask);
    assert!(tokio::time::timeout(Duration::from_millis(700), &mut ask).await.is_err(), "there was no room");
    drop(first);
    assert_eq!(ask.await.unwrap().status(), StatusCode::OK);
    stop.cancel();
}
