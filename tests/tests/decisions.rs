//! What was decided is kept, and can be asked of another build, on both databases.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the report of a test")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::Arc;

use athyper_tests::postgres::Postgres;
use athyper_tests::programs;
use athyper_tests::server::{Server, Store};
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Row};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch::{Sender, channel};
use uuid::Uuid;

const PACKAGE: &str = "package: desk\nedition: 2026\nuser: { id: string!, roles: list(string)! }\n";

const NOTES: &str = "
entity: Note
fields:
  owner:  string(40)! index
  closed: bool! = false
---
policy: NoteAccess
for: Note
rules:
  - { id: make, allow: [create], to: [clerk] }
  - { id: own, allow: [read, update], to: [clerk], when: owner == user.id }
  - { id: closed, deny: [update], to: [\"*\"], when: closed, message: Closed notes stay as they are }
";

/// Writes the package, with the rules as they are or changed by `edit`.
fn package(folder: &Path, edit: impl FnOnce(&str) -> String) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("metac.yaml"), PACKAGE).unwrap();
    std::fs::write(folder.join("note.yaml"), edit(NOTES)).unwrap();
}

async fn send(server: &Server, method: Method, path: &str, who: &str, body: Value) -> (StatusCode, Value) {
    let url = Url::parse(server.base()).unwrap().join(path).unwrap();
    let request = server.request(method, url, Some(who)).unwrap().header("content-type", "application/json");
    let response = request.header("if-match", "*").body(body.to_string()).send().await.unwrap();
    let status = response.status();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn refusals_outlive_the_server_and_another_build_is_asked_about_them() {
    for store in Store::BOTH {
        let folder = tempfile::tempdir().unwrap();
        package(folder.path(), str::to_owned);
        let mut server = Server::start_on(store, folder.path(), &["acme", "globex"]).unwrap();
        let note = json!({ "owner": "clerk", "closed": true });
        let (status, made) = send(&server, Method::POST, "/api/data/Note", "clerk@acme", note).await;
        assert_eq!(status, StatusCode::CREATED);
        let address = format!("/api/data/Note/{}", made["id"].as_str().unwrap());
        let change = json!({ "owner": "clerk" });
        for (who, expected) in [
            ("clerk@acme", StatusCode::FORBIDDEN),
            ("guest@acme", StatusCode::NOT_FOUND),
            ("clerk@globex", StatusCode::NOT_FOUND),
        ] {
            let (status, _) = send(&server, Method::PATCH, &address, who, change.clone()).await;
            assert_eq!(status, expected, "{who} on {store:?}");
        }
        server.stop().unwrap();

        let mut decisions = server.athyper(&["decisions", "--denied", "--format", "json"]).unwrap();
        let told = programs::run(&mut decisions).unwrap();
        let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let kept = |told: &Value| {
            ["tenant", "subject", "action", "decision"].map(|key| told[key].as_str().unwrap().to_owned())
        };
        let expected = [
            ["acme", "clerk", "update", "deny"],
            ["acme", "guest", "update", "deny"],
            ["globex", "clerk", "update", "absent"],
        ];
        assert_eq!(told.iter().map(kept).collect::<Vec<_>>(), expected, "on {store:?}");
        assert_eq!(told[0]["rules"][0]["rule"], "closed");

        let next = folder.path().join("next");
        package(&next, |notes| notes.replace("when: closed,", "when: closed, unless: owner == user.id,"));
        let candidate = folder.path().join("candidate");
        programs::compile(&next, &candidate).unwrap();
        let mut simulate = server.athyper(&["simulate"]).unwrap();
        simulate.arg(server.build()).arg("--candidate").arg(&candidate).args(["--since", "1h"]);
        let output = simulate.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("old: deny by closed=true\n  new: allow by own=true"), "on {store:?}: {said}");
        assert_eq!(output.status.code(), Some(1));
    }
}

/// A note that is closed; its address.
async fn closed_note(server: &Server) -> String {
    let note = json!({ "owner": "clerk", "closed": true });
    let (status, made) = send(server, Method::POST, "/api/data/Note", "clerk@acme", note).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    format!("/api/data/Note/{}", made["id"].as_str().unwrap())
}

#[tokio::test]
async fn decisions_do_not_stand_in_the_line_of_those_who_write() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path(), str::to_owned);
    let mut server = Server::start_on(Store::Postgres, folder.path(), &["acme"]).unwrap();
    let address = closed_note(&server).await;
    let mut writer = PgConnectOptions::from_str(server.owners_database()).unwrap().connect().await.unwrap();
    let row = sqlx::query("SELECT id FROM athyper_tenants").fetch_one(&mut writer).await.unwrap();
    let (high, low) = Uuid::parse_str(row.get(0)).unwrap().as_u64_pair();
    let line = sqlx::query("SELECT pg_advisory_lock($1)").bind((high ^ low).cast_signed());
    line.execute(&mut writer).await.unwrap();
    let (status, _) = send(&server, Method::GET, &address, "guest@acme", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    server.stop().unwrap();
    let kept = programs::run(&mut server.athyper(&["decisions", "--denied"]).unwrap()).unwrap();
    assert!(kept.contains("guest"), "{kept}{}", server.log().unwrap());
}

/// A way to a server on which nothing goes any more as soon as somebody says this word. Whoever comes later is let in and
/// gets no answer either.
async fn way_until(word: &'static [u8], socket: PathBuf) -> (u16, Arc<Sender<bool>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let shut = Arc::new(channel(false).0);
    let way = Arc::clone(&shut);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (socket, shut) = (socket.clone(), Arc::clone(&way));
            tokio::spawn(async move {
                let server = UnixStream::connect(socket).await.unwrap();
                let ((from_client, to_client), (from_server, to_server)) =
                    (client.into_split(), server.into_split());
                tokio::join!(
                    carry(from_client, to_server, word, &shut),
                    carry(from_server, to_client, word, &shut)
                );
            });
        }
    });
    (port, shut)
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    word: &[u8],
    shut: &Sender<bool>,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if buffer[..count].windows(word.len()).any(|part| part == word) {
            shut.send_replace(true);
        }
        if *shut.borrow() {
            std::future::pending::<()>().await;
        }
        to.write_all(&buffer[..count]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_ends_although_its_database_gives_no_answer_and_says_what_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path(), str::to_owned);
    let mut server = Server::prepare_on(Store::Postgres, folder.path(), &["acme"]).unwrap();
    let socket = Postgres::shared().unwrap().socket_folder().join(".s.PGSQL.5432");
    let (port, shut) = way_until(b"INSERT INTO \"athyper_decisions\"", socket).await;
    server.go_through(|address| {
        let direct = Url::parse(address).unwrap();
        format!("postgres://{}@127.0.0.1:{port}{}?sslmode=disable", direct.username(), direct.path())
    });
    let at_once = |mut serve: Command| {
        serve.args(["--set", "http.shutdown_timeout_ms=0"]);
        serve
    };
    server.serve_through(at_once).unwrap();
    let address = closed_note(&server).await;
    let change = json!({ "owner": "clerk" });
    let (status, _) = send(&server, Method::PATCH, &address, "clerk@acme", change).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    shut.subscribe().wait_for(|is_shut| *is_shut).await.unwrap();
    let status = server.end().unwrap();
    let log = server.log().unwrap();
    assert_eq!(status.code(), Some(5), "{log}");
    assert!(log.contains("did not take the last decisions, 1 of them"), "{log}");
    let kept = log.lines().filter(|line| line.contains("athyper::decision") && line.contains("closed"));
    assert_eq!(kept.count(), 1, "{log}");
}
