//! What was decided is kept, and can be asked of another build, on both databases.
#![expect(clippy::unwrap_used, reason = "a panic is the report of a test")]

use std::path::Path;

use athyper_tests::programs;
use athyper_tests::server::{Server, Store};
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};

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
