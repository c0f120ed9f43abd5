//! What policies with conditions leave of records, fields and references.

use athyper_schemas::bundle::{
    Bundle, Effect, FieldGrant, FieldPolicy, Grantee, Mask, Otherwise, Place, Rule,
};

use super::*;
use crate::fixture::{allow, bundle, condition};
use crate::flow::read::Table;

/// The shop with one more rule about an entity.
fn rule(bundle: &mut Bundle, entity: &str, rule: Rule, when: &str) {
    let when = (!when.is_empty()).then(|| condition(bundle, entity, when));
    let name = format!("shop.{entity}");
    let policy = bundle.policies.iter_mut().find(|policy| policy.entity == name).expect("a policy");
    policy.rules.push(Rule { when, ..rule });
}

fn deny(role: &str) -> Rule {
    Rule { effect: Effect::Deny, id: "not".into(), ..allow(role) }
}

fn grantee(role: &str) -> Grantee {
    Grantee { role: role.into(), derived: None, when: None }
}

/// Who may read a field, when, and what the others see. The clerk may change it.
fn field(bundle: &mut Bundle, path: &str, roles: &[&str], when: &str, otherwise: Otherwise) {
    let (entity, field) = path.split_once('.').expect("a path");
    let when = (!when.is_empty()).then(|| condition(bundle, entity, when));
    let to = roles.iter().map(|role| grantee(role)).collect();
    let name = format!("shop.{entity}");
    let policy = bundle.policies.iter_mut().find(|policy| policy.entity == name).expect("a policy");
    policy.fields.push(FieldPolicy {
        field: field.into(),
        read: Some(FieldGrant { to, when }),
        update: Some(FieldGrant { to: vec![grantee("clerk")], when: None }),
        otherwise,
        place: Place { file: "shop.yaml".into(), line: 1 },
    });
}

async fn with(change: impl FnOnce(&mut Bundle)) -> (Reading, Vec<Uuid>) {
    let mut bundle = bundle();
    change(&mut bundle);
    let reading = Reading::of(Shop::of(bundle).await);
    let ids = fill_orders(&reading).await;
    (reading, ids)
}

impl Reading {
    async fn codes(&self, who: &Principal, query: &str) -> Vec<String> {
        let page = self.list_as(who, "Order", query).await.unwrap_or_else(|p| panic!("{query}: {p}"));
        let items = page["items"].as_array().expect("items").iter();
        items
            .map(|item| item["code"].as_str().expect("a code").trim_start_matches("O-000").to_owned())
            .collect()
    }

    async fn filtered(&self, who: &Principal, filter: &str) -> Vec<String> {
        let text: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        self.codes(who, &format!("order=code&filter={text}")).await
    }

    async fn record_as(&self, who: &Principal, entity: &str, id: Uuid, query: &str) -> Result<Json, Problem> {
        let scope = Scope::of(who, Arc::clone(self.shop.build.catalog()));
        let record = self.reads.record(&scope, who, (self.shop.entity(entity), id), query).await?;
        Ok(serde_json::from_slice(&record.body).expect("JSON"))
    }

    async fn mistakes_as(&self, who: &Principal, entity: &str, query: &str) -> Vec<String> {
        let problem = self.list_as(who, entity, query).await.expect_err("a problem");
        problem.mistakes().iter().map(|m| format!("{}: {}", m.code, m.message)).collect()
    }
}

#[tokio::test]
async fn rows_that_may_not_be_read_are_not_there() {
    let (reading, ids) = with(|bundle| {
        rule(bundle, "Order", allow("rep"), "supplier.code == \"OAK\" || supplier_ref == user.id");
        rule(bundle, "Order", deny("rep"), "total > 100.00");
        rule(bundle, "Supplier", allow("rep"), "");
    })
    .await;
    let rep = principal(1, "R3", &["rep"]);
    assert_eq!(reading.codes(&rep, "order=code").await, ["1", "3", "4"]);
    let other = principal(1, "R1", &["rep"]);
    assert_eq!(
        reading.codes(&other, "order=code").await,
        ["1", "2", "3"],
        "the same statement, another caller"
    );
    assert_eq!(reading.codes(&reading.shop.clerk, "order=code").await.len(), 5);
    let both = principal(1, "R1", &["rep", "clerk"]);
    assert_eq!(reading.codes(&both, "order=code").await, ["1", "2", "3", "4"], "deny wins over every allow");

    let page = reading.list_as(&rep, "Order", "count=exact&limit=1&order=-code").await.unwrap();
    assert_eq!((page["count"].clone(), page["items"][0]["code"].clone()), (json!(3), json!("O-0004")));
    let next = page["next"].as_str().unwrap();
    assert_eq!(reading.codes(&rep, &format!("limit=9&order=-code&cursor={next}")).await, ["3", "1"]);
    let groups = reading.list_as(&rep, "Order", "group=supplier.code&aggregate=count(),max(total)").await;
    assert_eq!(
        groups.unwrap()["items"],
        json!([{"supplier.code": "ELM", "count()": 1, "max(total)": "60.30"}, {"supplier.code": "OAK", "count()": 2, "max(total)": "30.15"}])
    );
    assert!(reading.record_as(&rep, "Order", ids[3], "").await.is_ok());
    for id in [ids[1], ids[4]] {
        let problem = reading.record_as(&rep, "Order", id, "").await.expect_err("a problem");
        assert_eq!(problem.kind(), Kind::NotFound);
    }
    let nobody = principal(1, "R3", &["stranger"]);
    let problem = reading.list_as(&nobody, "Order", "").await.expect_err("a problem");
    assert_eq!(problem.kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_record_that_may_not_be_read_is_absent_behind_every_reference() {
    let (reading, ids) = with(|bundle| {
        rule(bundle, "Order", allow("rep"), "");
        rule(bundle, "Supplier", allow("rep"), "code == \"OAK\"");
    })
    .await;
    let rep = principal(1, "rita", &["rep"]);
    let order =
        reading.record_as(&rep, "Order", ids[1], "expand=supplier&select=code,supplier").await.unwrap();
    assert!(order["supplier"].is_string(), "as if it were not expanded: {order}");
    let order = reading.record_as(&rep, "Order", ids[0], "expand=supplier").await.unwrap();
    assert_eq!(order["supplier"]["name"], "Oak Ltd");
    let order = reading.record_as(&rep, "Order", ids[1], "select=lines.parent.supplier.name").await.unwrap();
    assert!(order["lines"][0]["parent"]["supplier"].is_string(), "{order}");

    assert_eq!(
        reading.codes(&rep, "order=supplier.name,code").await,
        ["2", "4", "1", "3", "5"],
        "absent first"
    );
    let groups =
        reading.list_as(&rep, "Order", "group=supplier.code&aggregate=count(),min(supplier.name)").await;
    assert_eq!(
        groups.unwrap()["items"],
        json!([{"supplier.code": null, "count()": 2, "min(supplier.name)": null},
               {"supplier.code": "OAK", "count()": 3, "min(supplier.name)": "Oak Ltd"}])
    );
    let elm = reading.record("Order", ids[1], "").await.unwrap()["supplier"].as_str().unwrap().to_owned();
    let by_id = format!("supplier == \"{elm}\"");
    for (filter, expected) in [
        ("supplier.name == \"Élm & Söhne\"", vec![]),
        ("supplier.name != \"Oak Ltd\"", vec![]),
        ("!(supplier.name == \"Oak Ltd\")", vec![]),
        ("supplier.name.startsWith(\"É\") || code == \"O-0001\"", vec!["1"]),
        ("supplier.name == null", vec![]),
        ("supplier.name != null", vec!["1", "3", "5"]),
        ("has(supplier.name)", vec!["1", "3", "5"]),
        ("!has(supplier.name)", vec!["2", "4"]),
        ("supplier.name in [\"Élm & Söhne\", \"Oak Ltd\"]", vec!["1", "3", "5"]),
        ("!(supplier.name in [\"Oak Ltd\"])", vec![]),
        ("\"wood\" in supplier.tags", vec!["1", "3", "5"]),
        ("!(\"wood\" in supplier.tags)", vec![]),
        ("supplier.tags.exists(t, t != \"\")", vec!["1", "3", "5"]),
        ("supplier.tags.all(t, t == \"x\")", vec![]),
        ("lines.exists(l, l.parent.supplier.code != \"OAK\")", vec![]),
        ("lines.map(l, l.parent.supplier).exists(s, s.code != \"OAK\")", vec![]),
        ("lines.map(l, l.parent.supplier).exists(s, s.code == \"OAK\")", vec!["3", "5"]),
        ("lines.exists(l, l.parent.lines.exists(m, m.amount > 0))", vec!["2", "3", "4", "5"]),
        ("coalesce(supplier.name, \"none\") == \"none\"", vec!["2", "4"]),
        (by_id.as_str(), vec!["2", "4"]),
    ] {
        assert_eq!(reading.filtered(&rep, filter).await, expected, "{filter}");
    }
    for (query, expected) in [
        ("supplier.code=ELM", vec![]),
        ("supplier.code.ne=OAK", vec![]),
        ("supplier.name.contains=hne", vec![]),
        ("supplier.code.null=true", vec![]),
    ] {
        assert_eq!(
            reading.codes(&rep, &format!("order=code&{query}")).await,
            expected as Vec<&str>,
            "{query}"
        );
    }
    assert_eq!(reading.filtered(&reading.shop.clerk, "supplier.name != \"Oak Ltd\"").await, ["2", "4"]);
}

#[tokio::test]
async fn children_of_a_record_that_may_not_be_read_are_not_there() {
    let (reading, _) = with(|bundle| {
        rule(bundle, "Order", allow("rep"), "code == \"O-0002\"");
        let order = bundle.entities.iter_mut().find(|entity| entity.name == "shop.Group").expect("groups");
        let mut about =
            order.fields.iter().find(|field| field.name == "parent").expect("a reference").clone();
        (about.name, about.column) = ("order".into(), Some("order_id".into()));
        about.ty.target = Some("shop.Order".into());
        order.fields.push(about);
        rule(bundle, "Group", allow("rep"), "");
    })
    .await;
    for (code, number) in [("A", 1), ("B", 2)] {
        let order =
            reading.list("Order", &format!("code=O-000{number}")).await.unwrap()["items"][0]["id"].clone();
        let order = if number == 1 {
            reading.list("Order", "code=O-0005").await.unwrap()["items"][0]["id"].clone()
        } else {
            order
        };
        reading.make("Group", json!({"code": code, "order": order})).await;
    }
    let rep = principal(1, "rita", &["rep"]);
    for (filter, expected) in [
        ("order.lines.exists(l, l.amount > 0)", vec!["B"]),
        ("!order.lines.exists(l, l.amount > 0)", vec![]),
        ("order.lines.size() > 0", vec!["B"]),
        ("order.lines.size() != 1", vec![]),
        ("order.lines.all(l, l.amount > 0)", vec!["B"]),
        ("order.lines.map(l, l.amount).sum() < 1000", vec!["B"]),
        ("order.line_count >= 0", vec!["B"]),
    ] {
        let text: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let page = reading.list_as(&rep, "Group", &format!("order=code&filter={text}")).await.unwrap();
        let codes: Vec<&str> =
            page["items"].as_array().unwrap().iter().filter_map(|i| i["code"].as_str()).collect();
        assert_eq!(codes, expected, "{filter}");
    }
}

#[tokio::test]
async fn computed_fields_and_policies_see_what_the_caller_does_not() {
    let (reading, _) = with(|bundle| {
        rule(bundle, "Order", allow("rep"), "supplier.name.contains(\"Oak\") && line_count != 2");
        field(bundle, "Order.lines", &["clerk"], "", Otherwise::Hide);
        field(bundle, "Supplier.name", &["clerk"], "", Otherwise::Hide);
    })
    .await;
    let rep = principal(1, "rita", &["rep"]);
    let page = reading.list_as(&rep, "Order", "order=code&expand=code").await;
    assert!(page.is_err());
    let page = reading.list_as(&rep, "Order", "order=code&select=code,line_count,total").await.unwrap();
    assert_eq!(
        page["items"],
        json!([{"code": "O-0001", "total": "0.00", "line_count": 0}, {"code": "O-0005", "total": "100.50", "line_count": 4}])
    );
    assert_eq!(reading.filtered(&rep, "line_count > 1").await, ["5"]);
    let mistakes = reading.mistakes_as(&rep, "Order", "filter=lines.exists(l,l.amount>0)").await;
    assert!(mistakes[0].contains("lines"), "{mistakes:?}");
    assert_eq!(
        reading.mistakes_as(&rep, "Order", "expand=lines").await,
        ["unknown_field: `Order` has no field `lines` (at character 1)"]
    );
}

#[tokio::test]
async fn fields_are_masked_withheld_or_gone() {
    let (reading, ids) = with(|bundle| {
        for entity in ["Order", "Supplier"] {
            rule(bundle, entity, allow("rep"), "");
        }
        field(bundle, "Supplier.name", &["clerk"], "", Otherwise::Mask(Mask::Initials));
        field(bundle, "Supplier.tags", &["clerk"], "", Otherwise::Hide);
        field(bundle, "Order.supplier_ref", &["rep"], "code == \"O-0001\"", Otherwise::Hide);
        field(bundle, "Order.total", &["rep"], "total < 20.00", Otherwise::Mask(Mask::Range));
        field(bundle, "Order.lines", &["rep"], "code == \"O-0002\"", Otherwise::Hide);
    })
    .await;
    let rep = principal(1, "rita", &["rep"]);
    let query = "order=code&select=code,supplier_ref,total,lines.item,supplier&limit=3&expand=supplier";
    let page = reading.list_as(&rep, "Order", query).await.unwrap();
    let names = |item: &Json| item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let first = &page["items"][0];
    assert_eq!((&first["supplier_ref"], &first["total"]), (&json!("R0"), &json!("0.00")));
    assert_eq!(first["@masked"], json!(["lines"]));
    assert!(first.get("lines").is_none());
    assert_eq!(first["supplier"]["name"], "O.L.");
    assert_eq!(first["supplier"]["@masked"], json!(["name"]));
    assert!(first["supplier"].get("tags").is_none(), "a field that he never sees is not mentioned");
    let second = &page["items"][1];
    assert_eq!(second["lines"], json!([{"item": "item 0"}]));
    assert_eq!(second["total"], "10.05");
    assert_eq!(second["@masked"], json!(["supplier_ref"]));
    let third = &page["items"][2];
    assert_eq!(third["total"], "10..100");
    assert_eq!(third["@masked"], json!(["supplier_ref", "lines", "total"]));
    assert!(
        !names(third).contains(&"supplier_ref".to_owned()) && !names(third).contains(&"lines".to_owned())
    );
    let raw = reading.record_as(&rep, "Order", ids[2], "").await.unwrap();
    assert_eq!(raw["@masked"], json!(["supplier_ref", "lines", "total"]));
    assert!(
        reading.record("Order", ids[2], "").await.unwrap().get("@masked").is_some(),
        "the rule names `rep` alone"
    );
}

#[tokio::test]
async fn nothing_is_asked_of_a_field_that_is_not_seen_whole() {
    let (reading, _) = with(|bundle| {
        for entity in ["Order", "Supplier"] {
            rule(bundle, entity, allow("rep"), "");
        }
        field(bundle, "Supplier.name", &["clerk"], "", Otherwise::Mask(Mask::Redact));
        field(bundle, "Supplier.tags", &["clerk"], "", Otherwise::Hide);
        field(bundle, "Order.supplier_ref", &["rep"], "code == \"O-0001\"", Otherwise::Hide);
        field(bundle, "Order.supplier", &["rep"], "code == \"O-0001\"", Otherwise::Hide);
    })
    .await;
    let rep = principal(1, "rita", &["rep"]);
    let masked = |name| {
        format!("masked: `{name}` is masked for you, so records cannot be chosen, ordered or grouped by it")
    };
    for query in [
        "supplier_ref=R0",
        "supplier_ref.null=true",
        "order=supplier_ref",
        "group=supplier_ref",
        "aggregate=max(supplier_ref)",
        "aggregate=count(supplier_ref)",
        "filter=supplier_ref%3D%3D%22R0%22",
        "filter=this.supplier_ref%3D%3D%22R0%22",
        "filter=lines.exists(l,l.parent.supplier_ref!%3Dnull)",
        "filter=has(supplier_ref)",
    ] {
        let mistakes = reading.mistakes_as(&rep, "Order", query).await;
        assert!(mistakes[0].starts_with(&masked("supplier_ref")), "{query}: {mistakes:?}");
    }
    for query in
        ["supplier.code=OAK", "order=supplier.code", "filter=supplier.code%3D%3D%22OAK%22", "supplier=x"]
    {
        let mistakes = reading.mistakes_as(&rep, "Order", query).await;
        assert!(mistakes[0].starts_with(&masked("supplier")), "{query}: {mistakes:?}");
    }
    for query in ["name=Oak+Ltd", "order=name", "filter=name%3D%3D%22Oak+Ltd%22"] {
        let mistakes = reading.mistakes_as(&rep, "Supplier", query).await;
        assert!(mistakes[0].starts_with(&masked("name")), "{query}: {mistakes:?}");
    }
    for (hidden, missing) in [
        ("tags=x", "tagz=x"),
        ("order=tags", "order=tagz"),
        ("select=tags", "select=tagz"),
        ("group=tags", "group=tagz"),
        ("filter=tags%3D%3Dnull", "filter=tagz%3D%3Dnull"),
    ] {
        let said = |mistakes: Vec<String>| mistakes.join("\n").replace("tagz", "tags");
        assert_eq!(
            said(reading.mistakes_as(&rep, "Supplier", hidden).await),
            said(reading.mistakes_as(&rep, "Supplier", missing).await),
            "a field that is never seen is as good as none"
        );
    }
    let found = |page: Json| page["items"].as_array().unwrap().len();
    assert_eq!(found(reading.list_as(&rep, "Supplier", "search=oak").await.unwrap()), 1, "by its code");
    assert_eq!(
        found(reading.list_as(&rep, "Supplier", "search=ltd").await.unwrap()),
        0,
        "not by its masked name"
    );
}

#[tokio::test]
async fn masks_are_of_one_tenant_and_tables_have_them_too() {
    let (reading, _) = with(|bundle| {
        rule(bundle, "Supplier", allow("rep"), "");
        field(bundle, "Supplier.name", &["clerk"], "", Otherwise::Mask(Mask::Hash));
    })
    .await;
    let rep = principal(1, "rita", &["rep"]);
    let scope = Scope::of(&rep, Arc::clone(reading.shop.build.catalog()));
    let query = "select=code,name&order=code";
    let Table { text: table, .. } =
        reading.reads.table(&scope, &rep, reading.shop.entity("Supplier"), query).await.unwrap();
    let table = String::from_utf8(table).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "code,name,@masked");
    let hash = lines[2]
        .strip_prefix("OAK,")
        .and_then(|rest| rest.strip_suffix(",\"[\"\"name\"\"]\""))
        .expect(&table);
    assert!(hash.len() == 16 && !table.contains("Oak"), "{table}");
    let one = Masks::new("secret").key(&crate::who::TenantId::new(Uuid::from_u128(1)));
    let two = Masks::new("secret").key(&crate::who::TenantId::new(Uuid::from_u128(2)));
    let masked = |key| athyper_policy::mask(Mask::Hash, &athyper_expr::Value::text("Oak Ltd"), key);
    assert_ne!(masked(&one), masked(&two));
}
