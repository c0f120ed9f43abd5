//! What the descriptions tell: of a field or an entity that a caller can never see, not even its name.

use serde_json::Value;

use crate::office::Office;

/// Fields that a clerk never sees, and an entity of which he may read nothing.
const HIDDEN: [&str; 8] = ["nickname", "verdict", "bonus", "motto", "notes", "Vault", "contents", "weight"];

async fn described(office: &Office, who: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for path in
        ["/api/meta/entities", "/api/meta/entities/Dossier", "/api/meta/entities/Desk", "/api/openapi.json"]
    {
        all.push((path.to_owned(), office.get(path, who).await.text));
    }
    all
}

/// Otherwise the model itself would tell that there is a verdict, and by what the income is made up.
#[tokio::test]
async fn no_description_names_what_a_caller_can_never_see() {
    let office = Office::open();
    let all = described(&office, "chief@acme").await;
    for name in HIDDEN {
        assert!(all.iter().any(|(_, text)| text.contains(name)), "`{name}` is nowhere");
    }
    for (path, text) in described(&office, "clerk@acme").await {
        for name in HIDDEN {
            assert!(!text.contains(name), "{path} names `{name}`:\n{text}");
        }
    }
    for (path, text) in described(&office, "nobody@acme").await {
        assert!(
            !text.contains("Dossier") && !text.contains("Desk"),
            "{path} names what is not there for him"
        );
    }
}

fn members(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A client could not tell a masked value from a true one, and would take the answer for a broken promise.
#[tokio::test]
async fn masks_are_described_as_they_are_met() {
    let office = Office::open();
    let of = async |who: &str| {
        let document = office.get("/api/openapi.json", who).await.json();
        let record = document["components"]["schemas"]["Dossier"].clone();
        (record["properties"].clone(), document)
    };
    let (clerk, document) = of("clerk@acme").await;
    oas3::from_json(document.to_string()).unwrap();
    assert_eq!(members(&clerk["@masked"]["items"]["enum"]), ["tax_no", "salary", "hints"]);
    let choices = |field: &Value| field["anyOf"].as_array().unwrap().clone();
    let is_mask = |choice: &Value| choice.get("x-athyper-mask").is_some();
    assert!(
        choices(&clerk["tax_no"]).iter().all(|c| is_mask(c) || c["type"] == "null"),
        "{}",
        clerk["tax_no"]
    );
    assert!(
        choices(&clerk["salary"]).iter().any(|c| !is_mask(c) && c["type"] != "null"),
        "{}",
        clerk["salary"]
    );
    assert!(choices(&clerk["salary"]).iter().any(is_mask), "{}", clerk["salary"]);
    let (chief, _) = of("chief@acme").await;
    assert!(chief.get("@masked").is_none());
    assert!(!chief.to_string().contains("x-athyper-mask"), "{chief}");
    // What is answered is as described.
    office.dossier("chief@acme", "D1", "clerk").await;
    let answer = office.get("/api/data/Dossier", "clerk@acme").await.json();
    let schema = serde_json::json!({
        "$ref": "#/components/schemas/Dossier.page", "components": document["components"].clone(),
    });
    let mistakes: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&answer).map(|e| e.to_string()).collect();
    assert!(mistakes.is_empty(), "{mistakes:?}\n{answer}");
    assert_eq!(members(&answer["items"][0]["@masked"]), ["tax_no"]);
}

/// What a caller can never send is not offered to him, and what he may not search by is no parameter.
#[tokio::test]
async fn bodies_and_parameters_offer_only_what_is_taken() {
    let office = Office::open();
    let document = office.get("/api/openapi.json", "clerk@acme").await.json();
    let create = &document["components"]["schemas"]["Dossier.create"];
    let offered: Vec<&String> = create["properties"].as_object().unwrap().keys().collect();
    assert_eq!(offered, ["desk", "hints", "number", "owner", "safe", "tip"], "{create}");
    let search = |entity: &str, document: &Value| {
        document["paths"][format!("/api/data/{entity}")]["get"]["parameters"].to_string().contains("search")
    };
    assert!(search("Dossier", &document), "by its number");
    let descriptor = office.get("/api/meta/entities/Dossier", "clerk@acme").await.json();
    assert_eq!(members(&descriptor["search"]), ["number"]);
    assert_eq!(members(&descriptor["natural_key"]), ["number"]);
    assert!(descriptor.get("title").is_none());
    let field = |name: &str| {
        descriptor["fields"].as_array().unwrap().iter().find(|f| f["name"] == name).unwrap().clone()
    };
    assert!(field("income").get("computed").is_none(), "it would name the bonus");
    assert_eq!(field("tax_no")["mask"], "last4");
    assert_eq!(field("tax_no")["operators"], "none");
    assert_eq!(field("salary")["read_only"], true);
}
