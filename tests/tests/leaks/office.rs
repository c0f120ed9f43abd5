//! The office that the probes work in: served once per probe, with dossiers of two tenants.

use std::path::Path;

use athyper_tests::server::{Server, Store};
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};

const PACKAGE: &str = "package: office\nedition: 2026\n";
const MODEL: &str = include_str!("office.yaml");

/// A served office.
pub struct Office {
    pub server: Server,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

impl Office {
    pub fn open() -> Self {
        Self::open_on(Store::Sqlite)
    }

    pub fn open_on(store: Store) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        Self { server: Server::start_on(store, folder.path(), &["acme", "globex"]).unwrap() }
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(self.server.base()).unwrap().join(path).unwrap()
    }

    /// A request with headers and a body.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        who: Option<&str>,
        (headers, body): (&[(&str, &str)], Option<&Value>),
    ) -> Answer {
        let mut request = self.server.request(method, self.url(path), who).unwrap();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        Answer { status: response.status(), text: response.text().await.unwrap() }
    }

    pub async fn get(&self, path: &str, who: &str) -> Answer {
        self.send(Method::GET, path, Some(who), (&[], None)).await
    }

    pub async fn post(&self, path: &str, who: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(who), (&[], Some(body))).await
    }

    /// Creates a record; its id.
    pub async fn add(&self, entity: &str, who: &str, body: Value) -> String {
        let answer = self.post(&format!("/api/data/{entity}"), who, &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// A dossier of this owner.
    pub async fn dossier(&self, who: &str, number: &str, owner: &str) -> String {
        let body = json!({
            "number": number, "owner": owner, "nickname": "Ace", "verdict": "guilty", "tax_no": "DE-1234-5678",
            "salary": "4200.00", "bonus": "17.00", "notes": [{ "text": "met at night", "weight": 7 }],
            "tip": "the butler", "hints": [{ "text": "a glove" }],
        });
        self.add("Dossier", who, body).await
    }
}

fn write(folder: &Path) {
    std::fs::write(folder.join("metac.yaml"), PACKAGE).unwrap();
    std::fs::write(folder.join("office.yaml"), MODEL).unwrap();
}
