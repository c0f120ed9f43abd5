//! Questions about permissions: an answer says nothing of a record that is not there for the caller, nor of a field that he
//! does not see.

use athyper_tests::server::Store;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::office::Office;

const NOBODY: &str = "0198b1c7-2f4a-7c11-9a55-0d6a3f1f7c2e";

/// Why he may not change a record would tell what stands in its hidden field, and the filter of a plan what it is
/// compared with.
#[tokio::test]
async fn no_answer_about_permissions_tells_what_is_withheld() {
    for store in Store::BOTH {
        let mut office = Office::open_on(store);
        let asking = |mut command: std::process::Command| {
            command
                .env("ATHYPER_POLICY_EXPLAIN_ROLES", "clerk")
                .env("ATHYPER_POLICY_SIMULATE_ROLES", "clerk");
            command
        };
        office.server.serve_through(asking).unwrap();
        let case =
            |code: &str, owner: &str, secret: &str| json!({ "code": code, "owner": owner, "secret": secret });
        let mine = office.add("Case", "chief@acme", case("C1", "clerk", "sealed")).await;
        let theirs = office.add("Case", "chief@acme", case("C2", "somebody", "open")).await;
        let foreign = office.add("Case", "chief@globex", case("C1", "clerk", "open")).await;
        let ask = async |question: &str, body: Value| {
            let path = format!("/api/policy/{question}");
            let answer = office.send(Method::POST, &path, Some("clerk@acme"), (&[], Some(&body))).await;
            assert!(
                !answer.text.contains("secret") && !answer.text.contains("sealed"),
                "{path}: {}",
                answer.text
            );
            answer
        };
        let about = |id: &str| {
            let one = json!({ "entity": "Case", "id": id, "action": "update" });
            [
                (
                    "check",
                    json!({ "checks": [{ "entity": "Case", "id": id, "actions": ["read", "update"] }] }),
                ),
                ("explain", one.clone()),
                ("simulate", json!({ "questions": [one] })),
            ]
        };
        for (place, (question, body)) in about(NOBODY).into_iter().enumerate() {
            let nothing = ask(question, body).await;
            for id in [&theirs, &foreign] {
                let (question, body) = about(id).into_iter().nth(place).unwrap();
                let answer = ask(question, body).await;
                let same = |text: &str, id: &str| {
                    let mut body: Value = serde_json::from_str(text).unwrap();
                    body.as_object_mut().unwrap().remove("instance");
                    body.to_string().replace(id, "ID")
                };
                assert_eq!(
                    (answer.status, same(&answer.text, id)),
                    (nothing.status, same(&nothing.text, NOBODY)),
                    "{store:?} {question}"
                );
            }
        }
        let why = ask("explain", json!({ "entity": "Case", "id": mine, "action": "update" })).await;
        assert_eq!(why.status, StatusCode::OK, "{store:?}: {}", why.text);
        assert!(why.text.contains("withheld"), "{store:?}: {}", why.text);
        let plan = ask("plan", json!({ "entity": "Case", "action": "update" })).await;
        assert!(plan.text.contains("withheld"), "{store:?}: {}", plan.text);
        let plan = ask("plan", json!({ "entity": "Case", "action": "read" })).await;
        assert!(plan.text.contains("CONDITIONAL"), "{store:?}: {}", plan.text);
    }
}
