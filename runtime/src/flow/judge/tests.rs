//! Who may ask why, and what he is told.

use std::sync::Arc;

use athyper_schemas::bundle::{FieldGrant, FieldPolicy, Otherwise, Place};

use super::*;
use crate::fixture::{Shop, allow, bundle, condition, principal};

/// The shop in which a rep reads suppliers that are not called `b`, and does not see tags.
async fn shop() -> (Shop, Uuid) {
    let mut bundle = bundle();
    let when = |text| Some(condition(&bundle, "Supplier", text));
    let (named, tagged) = (when("name != \"b\""), when("size(tags) > 1"));
    let policy =
        bundle.policies.iter_mut().find(|policy| policy.entity == "shop.Supplier").expect("a policy");
    policy.rules.push(Rule { when: named, id: "named".into(), ..allow("rep") });
    policy.rules.push(Rule { when: tagged, id: "tagged".into(), ..allow("rep") });
    let to = vec![Grantee { role: "clerk".into(), derived: None, when: None }];
    policy.fields.push(FieldPolicy {
        field: "tags".into(),
        read: Some(FieldGrant { to, when: None }),
        update: None,
        otherwise: Otherwise::Hide,
        place: Place { file: "shop.yaml".into(), line: 1 },
    });
    let shop = Shop::of(bundle).await;
    let body = br#"{"code": "A", "name": "a", "tags": ["x"]}"#;
    let made = shop.writes.create(&shop.call(), shop.entity("Supplier"), body).await.expect("a supplier");
    let location = made.location.expect("an address");
    let id = location.rsplit('/').next().and_then(|id| Uuid::try_parse(id).ok()).expect("an id");
    (shop, id)
}

#[tokio::test]
async fn whoever_may_ask_why_is_told_every_rule_and_nothing_that_he_may_not_see() {
    let (shop, id) = shop().await;
    let body = format!(r#"{{"entity": "Supplier", "id": "{id}", "action": "read"}}"#);
    let rep = principal(1, "rep", &["rep", "auditor"]);
    let scope = Scope::of(&rep, Arc::clone(shop.build.catalog()));
    let asking = Asking { scope: &scope, principal: &rep };

    let nobody = PolicySide::new(shop.db.clone(), &[]).explain(asking, body.as_bytes()).await;
    assert_eq!(nobody.expect_err("a refusal").kind(), Kind::Forbidden);

    let side = PolicySide::new(shop.db.clone(), &["auditor".to_owned()]);
    let told = side.explain(asking, body.as_bytes()).await.expect("an answer");
    assert_eq!((&told["decision"], &told["decided_by"]), (&json!("allow"), &json!(["named"])));
    let rule = |id: &str| {
        let rules = told["rules"].as_array().expect("rules");
        rules.iter().find(|rule| rule["rule"] == id).unwrap_or_else(|| panic!("{id}: {told}")).clone()
    };
    assert_eq!(rule("named")["result"], "true");
    assert_eq!(
        rule("named")["parts"],
        json!([{ "expression": "name != \"b\"", "value": true }, { "expression": "name", "value": "a" }])
    );
    assert_eq!(rule("tagged")["result"], "false");
    let withheld =
        rule("tagged")["parts"].as_array().expect("parts").iter().all(|part| part["withheld"] == true);
    assert!(withheld && rule("tagged")["when"].is_null(), "{told}");

    let asked = side.plan(asking, br#"{"entity": "Supplier", "action": "read"}"#).expect("an answer");
    assert_eq!(
        asked,
        json!({ "kind": "CONDITIONAL", "withheld": true, "waits_for_the_change": false }),
        "the condition would tell what the field is compared with"
    );
}

#[tokio::test]
async fn a_part_that_stands_in_a_rule_twice_is_told_once() {
    let mut bundle = bundle();
    let named = Some(condition(&bundle, "Supplier", "name == \"a\" || name == \"b\""));
    let policy =
        bundle.policies.iter_mut().find(|policy| policy.entity == "shop.Supplier").expect("a policy");
    policy.rules.push(allow("rep"));
    let actions = vec![Action::Update];
    policy.rules.push(Rule { when: named.clone(), after: named, id: "stay".into(), actions, ..allow("rep") });
    let shop = Shop::of(bundle).await;
    let body = br#"{"code": "A", "name": "a"}"#;
    let made = shop.writes.create(&shop.call(), shop.entity("Supplier"), body).await.expect("a supplier");
    let location = made.location.expect("an address");
    let id = location.rsplit('/').next().expect("an id");
    let rep = principal(1, "rep", &["rep"]);
    let scope = Scope::of(&rep, Arc::clone(shop.build.catalog()));
    let asking = Asking { scope: &scope, principal: &rep };
    let side = PolicySide::new(shop.db.clone(), &["rep".to_owned()]);
    let body = format!(r#"{{"entity": "Supplier", "id": "{id}", "action": "update"}}"#);
    let told = side.explain(asking, body.as_bytes()).await.expect("an answer");
    let rules = told["rules"].as_array().expect("rules");
    let stay = rules.iter().find(|rule| rule["rule"] == "stay").expect("the rule");
    let parts = stay["parts"].as_array().expect("parts").iter();
    let parts: Vec<&str> = parts.filter_map(|part| part["expression"].as_str()).collect();
    assert_eq!(parts, ["name == \"a\" || name == \"b\"", "name == \"a\"", "name", "name == \"b\""]);
}
