//! `kill -9` under load: nothing that was answered is lost, nothing is there twice, no batch is there in part.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the report of a test")]

use std::collections::BTreeMap;

use athyper_tests::server::{Server, Store};
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};

const PACKAGE: &str = "
entity: Entry
class: document
fields:
  batch: string(20)! index
  place: int!
unique: { once: [batch, place] }
---
policy: EntryAccess
for: Entry
rules:
  - { id: all, allow: [read, create, update, delete], to: [\"*\"] }
";

const ROUNDS: usize = 6;
const CLIENTS: usize = 4;
const PER_BATCH: usize = 7;

/// Sends one batch under its own idempotency key; nothing when the server is gone before it answers.
async fn send(server: &Server, name: &str) -> Option<StatusCode> {
    let operations: Vec<Value> = (0..PER_BATCH)
        .map(|place| json!({ "op": "create", "entity": "Entry", "body": { "batch": name, "place": place } }))
        .collect();
    let url = Url::parse(server.base()).unwrap().join("/api/batch").unwrap();
    let request = server.request(Method::POST, url, Some("writer@acme")).unwrap();
    let body = json!({ "operations": operations }).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", name)];
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(body).send().await.ok().map(|response| response.status())
}

/// How many entries each batch has, by counting in the database through the API.
async fn counts(server: &Server) -> BTreeMap<String, u64> {
    let mut url = Url::parse(server.base()).unwrap().join("/api/data/Entry").unwrap();
    url.query_pairs_mut()
        .append_pair("group", "batch")
        .append_pair("aggregate", "count()")
        .append_pair("limit", "1000");
    let response = server.request(Method::GET, url, Some("writer@acme")).unwrap().send().await.unwrap();
    let page: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| (item["batch"].as_str().unwrap().to_owned(), item["count()"].as_u64().unwrap()))
        .collect()
}

#[tokio::test]
async fn a_killed_server_loses_nothing_it_answered_and_repeats_nothing() {
    for on in Store::BOTH {
        survives(on).await;
    }
}

async fn survives(on: Store) {
    let package = tempfile::tempdir().unwrap();
    std::fs::write(package.path().join("metac.yaml"), "package: ledger\nedition: 2026\n").unwrap();
    std::fs::write(package.path().join("entry.yaml"), PACKAGE).unwrap();
    let mut server = Server::start_on(on, package.path(), &["acme"]).unwrap();
    let mut sent = Vec::new();
    let mut answered = Vec::new();
    for round in 0..ROUNDS {
        let process = server.process_id().unwrap();
        // Each client writes until the server is gone; the first to have had enough answers kills it, in the middle of
        // whatever the others are doing.
        let clients = (0..CLIENTS).map(async |client| {
            let mut mine = (Vec::new(), Vec::new());
            for number in 0.. {
                let name = format!("r{round}c{client}n{number}");
                mine.0.push(name.clone());
                match send(&server, &name).await {
                    Some(status) => assert_eq!(status, StatusCode::OK, "{name}"),
                    None => break,
                }
                mine.1.push(name);
                if client == round % CLIENTS && number == 3 + round * 2 {
                    std::process::Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
                }
            }
            mine
        });
        for (tried, had) in futures_util::future::join_all(clients).await {
            sent.extend(tried);
            answered.extend(had);
        }
        server.serve().unwrap();
        let there = counts(&server).await;
        for name in &answered {
            assert_eq!(there.get(name), Some(&(PER_BATCH as u64)), "{name} was answered");
        }
        for (name, count) in &there {
            assert_eq!(*count, PER_BATCH as u64, "{name} is there in part");
        }
    }
    // Everything is sent once more, as a careful client would: the same keys give the same effect once.
    for name in &sent {
        assert_eq!(send(&server, name).await, Some(StatusCode::OK), "{name}");
    }
    let there = counts(&server).await;
    assert_eq!(there.len(), sent.len());
    assert!(there.values().all(|count| *count == PER_BATCH as u64), "{there:?}");
}
