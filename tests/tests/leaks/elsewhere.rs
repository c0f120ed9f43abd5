//! Records of other tenants and records that a caller may not read: they are not there for him, wherever he names them.

use athyper_tests::server::Store;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::office::{Answer, Office};

const NOBODY: &str = "0198b1c7-2f4a-7c11-9a55-0d6a3f1f7c2e";

/// An answer without the id that was asked for and without what differs between any two requests.
fn plain(answer: &Answer, id: &str) -> (StatusCode, String) {
    let mut body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    if let Some(problem) = body.as_object_mut() {
        problem.remove("instance");
    }
    (answer.status, body.to_string().replace(id, "ID"))
}

/// Every position that takes the id of a dossier.
async fn ask(office: &Office, id: &str) -> Vec<(StatusCode, String)> {
    let who = Some("clerk@acme");
    let record = format!("/api/data/Dossier/{id}");
    let none: &[(&str, &str)] = &[];
    let version = &[("If-Match", "\"1\"")][..];
    let guess = &[("If-Match", "\"9\"")][..];
    let once = &[("If-Match", "\"1\""), ("Idempotency-Key", "k")][..];
    let known = &[("If-None-Match", "\"1\"")][..];
    let change = json!({ "owner": "clerk" });
    let whole = json!({ "number": "D9", "owner": "clerk" });
    let op = |op: &str, body: Value| json!({ "operations": [{ "op": op, "entity": "Dossier", "id": id, "if_match": "1", "body": body }] });
    let stale = json!({ "operations": [{ "op": "patch", "entity": "Dossier", "id": id, "if_match": "9", "body": {} }] });
    let check = json!({ "checks": [{ "entity": "Dossier", "id": id, "actions": ["read", "update"] }] });
    let asked = [
        (Method::GET, record.clone(), none, None),
        (Method::GET, record.clone(), known, None),
        (Method::GET, format!("{record}?select=number&expand=desk"), none, None),
        (Method::PATCH, record.clone(), version, Some(&change)),
        (Method::PATCH, record.clone(), guess, Some(&change)),
        (Method::PATCH, record.clone(), once, Some(&change)),
        (Method::PUT, record.clone(), version, Some(&whole)),
        (Method::GET, format!("/api/data/Dossier?id={id}&count=exact"), none, None),
        (Method::GET, format!("/api/data/Dossier?filter=id%20==%20%22{id}%22"), none, None),
        (Method::GET, format!("/api/data/Dossier?id={id}&aggregate=count(),max(number)"), none, None),
        (Method::GET, format!("/api/files/{id}"), none, None),
        (Method::POST, "/api/batch".to_owned(), none, Some(&stale)),
        (Method::POST, "/api/policy/check".to_owned(), none, Some(&check)),
    ];
    let mut answers = Vec::new();
    for (method, path, headers, body) in asked {
        answers.push(plain(&office.send(method, &path, who, (headers, body)).await, id));
    }
    for body in [change, whole] {
        let batch = op(if body.get("number").is_some() { "put" } else { "patch" }, body);
        answers.push(plain(&office.post("/api/batch", "clerk@acme", &batch).await, id));
    }
    answers
}

/// A difference of one byte would tell that there is such a record, and by a version how often it was changed.
#[tokio::test]
async fn what_a_caller_may_not_read_answers_like_what_is_not_there() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        let mine = office.dossier("chief@acme", "D1", "clerk").await;
        let colleagues = office.dossier("chief@acme", "D2", "somebody").await;
        let elsewhere = office.dossier("chief@globex", "D1", "clerk").await;
        let nothing = ask(&office, NOBODY).await;
        assert_eq!(ask(&office, &colleagues).await, nothing, "{store:?}: a colleague's");
        assert_eq!(ask(&office, &elsewhere).await, nothing, "{store:?}: another tenant's");
        assert_ne!(ask(&office, &mine).await, nothing, "{store:?}: his own");
    }
}

/// A desk that he may not read, set as a reference, would show its code by expanding it.
#[tokio::test]
async fn what_a_caller_may_not_read_cannot_be_referred_to() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        let desk = office.add("Desk", "chief@acme", json!({ "code": "X", "boss": "somebody" })).await;
        let foreign = office.add("Desk", "chief@globex", json!({ "code": "X", "boss": "clerk" })).await;
        let vault = office.add("Vault", "chief@acme", json!({ "code": "V" })).await;
        let mine = office.dossier("chief@acme", "D1", "clerk").await;
        for (field, targets) in [("desk", [&desk, &foreign]), ("safe", [&vault, &foreign])] {
            let set = async |id: &str| {
                let body = json!({ field: id });
                let (path, version) = (format!("/api/data/Dossier/{mine}"), [("If-Match", "\"1\"")]);
                plain(
                    &office.send(Method::PATCH, &path, Some("clerk@acme"), (&version, Some(&body))).await,
                    id,
                )
            };
            let nothing = set(NOBODY).await;
            assert_eq!(nothing.0, StatusCode::UNPROCESSABLE_ENTITY);
            for id in targets {
                assert_eq!(set(id).await, nothing, "{store:?} {field}");
            }
        }
        // The chief refers to them; for the clerk they stay bare ids, absent in every question.
        let body = json!({ "desk": desk, "safe": vault });
        let (path, version) = (format!("/api/data/Dossier/{mine}"), [("If-Match", "\"1\"")]);
        office.send(Method::PATCH, &path, Some("chief@acme"), (&version, Some(&body))).await;
        for query in [
            "expand=desk&select=desk",
            "expand=desk.dossiers",
            "select=safe.code",
            "filter=safe.code==%22V%22",
            "order=safe.code",
        ] {
            let answer = office.get(&format!("/api/data/Dossier?{query}"), "clerk@acme").await;
            assert!(
                !answer.text.contains("\"code\":\"X\"") && !answer.text.contains("\"V\":"),
                "{}",
                answer.text
            );
        }
        for filter in
            ["desk.code==%22X%22", "desk.code!=%22X%22", "!(desk.code==%22X%22)", "desk.code<%22Z%22"]
        {
            let answer = office.get(&format!("/api/data/Dossier?filter={filter}"), "clerk@acme").await;
            assert_eq!(answer.json()["items"], json!([]), "{filter}");
        }
    }
}
