//! Who asks and where is said by the token alone; what was answered to somebody is answered to nobody else.

use athyper_tests::server::Store;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::office::Office;

/// Headers by which proxies and frameworks say who somebody is, which tenant is meant, or what is to be done.
const SPOOFED: [(&str, &str); 16] = [
    ("X-Tenant", "globex"),
    ("X-Tenant-Id", "globex"),
    ("Tenant", "globex"),
    ("X-User", "chief"),
    ("X-User-Id", "chief"),
    ("X-Forwarded-User", "chief"),
    ("X-Remote-User", "chief"),
    ("X-Roles", "chief"),
    ("X-Hasura-Role", "chief"),
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Forwarded-Host", "globex.example"),
    ("Forwarded", "host=globex.example;for=127.0.0.1"),
    ("X-Original-URL", "/api/data/Vault"),
    ("X-Rewrite-URL", "/api/data/Vault"),
    ("Cookie", "tenant=globex; role=chief"),
    ("Prefer", "tenant=globex, role=chief"),
];

/// One header believed is every record of the tenant that it names.
#[tokio::test]
async fn no_header_says_who_somebody_is() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        let mine = office.dossier("chief@acme", "D1", "clerk").await;
        office.dossier("chief@acme", "D2", "chief").await;
        office.dossier("chief@globex", "G1", "clerk").await;
        let plain = office.get("/api/data/Dossier", "clerk@acme").await;
        assert!(plain.text.contains("D1") && !plain.text.contains("D2"), "{}", plain.text);
        for header in SPOOFED {
            let spoofed =
                office.send(Method::GET, "/api/data/Dossier", Some("clerk@acme"), (&[header], None)).await;
            assert_eq!((spoofed.status, &spoofed.text), (plain.status, &plain.text), "{header:?}");
            let nobody = office.send(Method::GET, "/api/data/Dossier", None, (&[header], None)).await;
            assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{header:?}");
        }
        for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
            let list = office.url("/api/data/Dossier?_method=DELETE").to_string();
            let answer =
                office.send(Method::GET, &list, Some("chief@acme"), (&[(name, "DELETE")], None)).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "an unknown parameter");
            let (path, as_delete) =
                (format!("/api/data/Dossier/{mine}"), [(name, "DELETE"), ("If-Match", "*")]);
            let read = office.send(Method::GET, &path, Some("chief@acme"), (&as_delete, None)).await;
            assert_eq!(read.json()["number"], "D1", "{name} is obeyed");
        }
        assert_eq!(office.get("/api/data/Dossier", "clerk@acme").await.text, plain.text);
    }
}

/// A kept answer that another caller gets shows him a record of the first one, masks and all.
#[tokio::test]
async fn a_kept_answer_is_for_the_same_caller_only() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        let body = json!({ "number": "D1", "owner": "chief", "verdict": "guilty" });
        let once = [("Idempotency-Key", "same")];
        let send = async |who: &str| {
            office.send(Method::POST, "/api/data/Dossier", Some(who), (&once, Some(&body))).await
        };
        let first = send("chief@acme").await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
        assert_eq!(send("chief@acme").await.text, first.text);
        for other in ["clerk@acme", "nobody@acme", "clerk+chief@acme"] {
            let answer = send(other).await;
            assert!(answer.status.is_client_error(), "{other}: {}", answer.text);
            assert!(!answer.text.contains(first.json()["id"].as_str().unwrap()), "{other}: {}", answer.text);
        }
        let elsewhere = send("chief@globex").await;
        assert_eq!(elsewhere.status, StatusCode::CREATED);
        assert_ne!(elsewhere.json()["id"], first.json()["id"]);
    }
}

/// Somebody who has lost a role, and repeats what he did before, would get what only the role let him see.
#[tokio::test]
async fn a_kept_answer_is_not_for_a_caller_with_other_rights() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        let body = json!({ "number": "D1", "owner": "clerk" });
        let batch = json!({ "operations": [{ "op": "create", "entity": "Dossier", "body": { "number": "D2", "owner": "clerk" } }] });
        for (path, body) in [("/api/data/Dossier", &body), ("/api/batch", &batch)] {
            let once = [("Idempotency-Key", path)];
            let send =
                async |who: &str| office.send(Method::POST, path, Some(who), (&once, Some(body))).await;
            let first = send("clerk+chief@acme").await;
            assert!(first.status.is_success() && first.text.contains("verdict"), "{store:?}: {}", first.text);
            assert_eq!(send("clerk+chief@acme").await.text, first.text, "{store:?}: he is who he was");
            for other in ["clerk@acme", "clerk+nobody@acme", "clerk+chief+extra@acme"] {
                let answer = send(other).await;
                assert!(
                    answer.status.is_success() && answer.text.is_empty(),
                    "{store:?} {other}: {}",
                    answer.text
                );
            }
        }
        let now = office.get("/api/data/Dossier", "clerk@acme").await;
        assert!(now.text.contains("D2") && !now.text.contains("verdict"), "{store:?}: {}", now.text);
        assert_eq!(now.json()["items"].as_array().map(Vec::len), Some(2), "{store:?}: done once each");
    }
}

/// "You have it already" about a record that is not there for him any more would tell that it is, and how often it was
/// changed.
#[tokio::test]
async fn a_version_that_was_seen_before_tells_nothing_afterwards() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        let hidden = office.dossier("chief@acme", "D1", "somebody").await;
        let path = format!("/api/data/Dossier/{hidden}");
        for known in ["\"1\"", "W/\"1\"", "\"0\", \"1\"", "*", "\"9\""] {
            let asked = [("If-None-Match", known)];
            let ask = async |who: &str| office.send(Method::GET, &path, Some(who), (&asked, None)).await;
            let status = if known == "\"9\"" { StatusCode::OK } else { StatusCode::NOT_MODIFIED };
            assert_eq!(ask("clerk+chief@acme").await.status, status, "{store:?} {known}");
            for who in ["clerk@acme", "nobody@acme", "chief@globex"] {
                let answer = ask(who).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{store:?} {who} {known}");
            }
        }
        // Nobody between them keeps an answer for the next one.
        let response = office.server.request(Method::GET, office.url(&path), Some("chief@acme")).unwrap();
        let kept = response.send().await.unwrap();
        assert_eq!(kept.headers()["cache-control"], "no-store", "{store:?}");
    }
}

/// What the server keeps, said by a client, would make him the author of a record, or put it into another tenant.
#[tokio::test]
async fn what_the_server_keeps_is_not_taken_from_a_body() {
    let office = Office::open_on(Store::Sqlite);
    let mine = office.dossier("chief@acme", "D1", "clerk").await;
    for name in [
        "id",
        "tenant_id",
        "tenant",
        "version",
        "created_at",
        "created_by",
        "updated_by",
        "deleted_at",
        "income",
        "salary",
        "tax_no",
        "verdict",
        "notes",
        "@masked",
        "__proto__",
    ] {
        let body = json!({ "number": "D7", "owner": "clerk", name: "x" });
        let made = office.post("/api/data/Dossier", "clerk@acme", &body).await;
        assert!(made.status.is_client_error(), "{name}: {}", made.text);
        let path = format!("/api/data/Dossier/{mine}");
        let change = json!({ name: "x" });
        let version = [("If-Match", "\"1\"")];
        let changed = office.send(Method::PATCH, &path, Some("clerk@acme"), (&version, Some(&change))).await;
        assert!(changed.status.is_client_error(), "{name}: {}", changed.text);
    }
    // Nor can he give it to somebody else, out of his own sight.
    let (path, version) = (format!("/api/data/Dossier/{mine}"), [("If-Match", "\"1\"")]);
    let given = json!({ "owner": "somebody" });
    let given = office.send(Method::PATCH, &path, Some("clerk@acme"), (&version, Some(&given))).await;
    assert_eq!(given.status, StatusCode::FORBIDDEN);
    assert_eq!(office.get(&path, "clerk@acme").await.json()["version"], 1);
}

/// Of two who change the same version one must lose: otherwise what the first one wrote is gone without a word.
#[tokio::test]
async fn of_two_writers_of_one_version_one_is_refused() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        let mine = office.dossier("chief@acme", "D1", "clerk").await;
        let path = format!("/api/data/Dossier/{mine}");
        let version = [("If-Match", "\"1\"")];
        let (one, other) = (json!({ "number": "A" }), json!({ "number": "B" }));
        let write = |body| office.send(Method::PATCH, &path, Some("clerk@acme"), (&version, Some(body)));
        let (first, second) = tokio::join!(write(&one), write(&other));
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "{store:?}");
        assert_eq!(office.get(&path, "clerk@acme").await.json()["version"], 2);
    }
}
