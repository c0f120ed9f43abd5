//! Questions whose answer is yes or no: many of them spell out what nobody shows. Filters over children and through
//! references, and changes that are changes only when somebody guessed wrong.

use athyper_tests::server::Store;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::office::{Answer, Office};

/// Questions through a reference to a desk and to what stands in it.
const THROUGH: [&str; 14] = [
    "desk.drawers.exists(d, d.label == \"left\")",
    "!desk.drawers.exists(d, d.label == \"left\")",
    "desk.drawers.all(d, d.locks > 0)",
    "!desk.drawers.all(d, d.locks > 5)",
    "desk.drawers.exists_one(d, d.locks == 3)",
    "desk.drawers.size() > 0",
    "desk.drawers.size() == 0",
    "desk.drawers.map(d, d.locks).sum() > 2",
    "desk.drawers.map(d, d.locks).max() != 3",
    "desk.drawers.filter(d, d.locks > 1).size() < 9",
    "3 in desk.drawers.map(d, d.locks)",
    "coalesce(desk.code, \"none\") == \"none\"",
    "desk.code.size() > 0 || desk.boss == \"somebody\"",
    "(desk.code == \"X\" ? 1 : 2) > 0",
];

/// Questions about what a clerk sees in no record, in some only, or masked.
const WITHHELD: [&str; 16] = [
    "filter=notes.exists(n, n.weight > 5)",
    "filter=!notes.exists(n, n.text.contains(\"night\"))",
    "filter=notes.all(n, n.weight == 7)",
    "filter=notes.size() > 0",
    "filter=notes.map(n, n.weight).sum() > 3",
    "filter=hints.size() > 0",
    "filter=hints.exists(h, h.text == \"a glove\")",
    "filter=tip == \"the butler\"",
    "filter=tax_no.startsWith(\"DE\")",
    "filter=salary > 4000.0",
    "filter=salary == null || true",
    "aggregate=sum(notes.weight)",
    "aggregate=max(salary)",
    "group=hints.text",
    "order=notes.weight",
    "desk.motto=x",
];

async fn numbers(office: &Office, filter: &str) -> Vec<String> {
    let mut url = office.url("/api/data/Dossier");
    url.query_pairs_mut().append_pair("filter", filter);
    let answer = office.get(url.as_str(), "clerk@acme").await;
    assert_eq!(answer.status, StatusCode::OK, "{filter}: {}", answer.text);
    let items = answer.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["number"].as_str().unwrap().to_owned()).collect()
}

/// A dossier whose desk may not be read answers every question about the desk like one that has none: otherwise each
/// question would tell one thing about it, or about its drawers.
#[tokio::test]
async fn what_stands_behind_a_hidden_record_answers_no_question() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        let desk = async |code: &str, boss: &str| {
            let drawers = json!([{ "label": "left", "locks": 3 }, { "label": "right", "locks": 1 }]);
            let body = json!({ "code": code, "boss": boss, "motto": "x", "drawers": drawers });
            office.add("Desk", "chief@acme", body).await
        };
        let (hidden, own) = (desk("X", "somebody").await, desk("Y", "clerk").await);
        for (number, desk) in [("NONE", Value::Null), ("HIDDEN", json!(hidden)), ("OWN", json!(own))] {
            let body = json!({ "number": number, "owner": "clerk", "desk": desk });
            office.add("Dossier", "chief@acme", body).await;
        }
        let mut told = 0;
        for filter in THROUGH {
            let found = numbers(&office, filter).await;
            let has = |number: &str| found.iter().any(|found| found == number);
            assert_eq!(has("HIDDEN"), has("NONE"), "{store:?} {filter}: {found:?}");
            told += usize::from(has("OWN") != has("NONE"));
        }
        assert!(told > 5, "{store:?}: the questions are answered about a desk that he may read");
    }
}

/// What a caller sees in no record, or not in all of them, is refused to him in every question, before any record is
/// looked at: the same without records as with some.
#[tokio::test]
async fn what_is_withheld_answers_no_question() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        let ask = async |query: &str| {
            let mut url = office.url("/api/data/Dossier");
            let (name, value) = query.split_once('=').unwrap();
            url.query_pairs_mut().append_pair(name, value);
            office.get(url.as_str(), "clerk@acme").await
        };
        let mut before = Vec::new();
        for query in WITHHELD {
            before.push(refusal(&ask(query).await, query));
        }
        office.dossier("chief@acme", "D1", "clerk").await;
        for (query, before) in WITHHELD.iter().zip(before) {
            assert_eq!(refusal(&ask(query).await, query), before, "{store:?}");
        }
    }
}

fn refusal(answer: &Answer, query: &str) -> Value {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.text);
    let mut problem = answer.json();
    problem.as_object_mut().unwrap().remove("instance");
    problem
}

/// A field that somebody may set and not see would be read by guessing, if a right guess changed nothing.
#[tokio::test]
async fn a_right_guess_is_a_change_like_a_wrong_one() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        let (right, wrong) = (
            office.dossier("chief@acme", "D1", "clerk").await,
            office.dossier("chief@acme", "D2", "clerk").await,
        );
        let mut answers = Vec::new();
        for (id, guess) in [(right, "the butler"), (wrong, "the cook")] {
            let (path, version) = (format!("/api/data/Dossier/{id}"), [("If-Match", "\"1\"")]);
            let body = json!({ "tip": guess });
            let answer = office.send(Method::PATCH, &path, Some("clerk@acme"), (&version, Some(&body))).await;
            assert_eq!(answer.status, StatusCode::OK, "{store:?}: {}", answer.text);
            answers.push(answer.json()["version"].clone());
        }
        assert_eq!(answers, [2, 2], "{store:?}");
    }
}

/// A list that is not his answers alike whether there is anything in it, and stays as it is when the rest is said anew.
#[tokio::test]
async fn a_list_that_is_withheld_does_not_tell_whether_it_is_empty() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        let full = office.dossier("chief@acme", "D1", "somebody").await;
        let empty = json!({ "number": "D2", "owner": "somebody" });
        let empty = office.add("Dossier", "chief@acme", empty).await;
        let who = Some("auditor+clerk@acme");
        let version = [("If-Match", "\"1\"")];
        let mut refusals = Vec::new();
        for id in [&full, &empty] {
            let path = format!("/api/data/Dossier/{id}");
            for body in [json!({ "hints": [] }), json!({ "hints": [{ "text": "mine" }] })] {
                let answer = office.send(Method::PATCH, &path, who, (&version, Some(&body))).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{store:?}: {}", answer.text);
                refusals.push(answer.json()["errors"].clone());
            }
        }
        assert!(refusals.windows(2).all(|pair| pair[0] == pair[1]), "{store:?}: {refusals:?}");
        for (id, number) in [(&full, "D1"), (&empty, "D2")] {
            let path = format!("/api/data/Dossier/{id}");
            let body = json!({ "number": number, "owner": "nobody" });
            let answer = office.send(Method::PUT, &path, who, (&version, Some(&body))).await;
            assert_eq!(answer.status, StatusCode::OK, "{store:?}: {}", answer.text);
        }
        let kept = office.get(&format!("/api/data/Dossier/{full}?expand=notes,hints"), "chief@acme").await;
        let kept = kept.json();
        assert_eq!(kept["notes"][0]["text"], "met at night", "{store:?}: {kept}");
        assert_eq!(kept["hints"][0]["text"], "a glove", "{store:?}: {kept}");
    }
}
