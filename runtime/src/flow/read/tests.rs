//! Reads on a real database.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::*;
use crate::config::layers::Layers;
use crate::fixture::{Shop, principal};
use crate::problem::Kind;

mod conditions;
mod policies;
mod random;

/// A shop with records in it, and what reads it.
struct Reading {
    shop: Shop,
    reads: ReadSide,
}

fn limits() -> Limits {
    Layers::defaults().expect("defaults").resolve().expect("a configuration").limits
}

impl Reading {
    async fn open() -> Self {
        Self::of(Shop::open().await)
    }

    fn of(shop: Shop) -> Self {
        let reads = ReadSide::new(shop.db.clone(), limits());
        Self { shop, reads }
    }

    async fn make(&self, entity: &str, body: Json) -> Uuid {
        let body = body.to_string();
        let made =
            self.shop.writes.create(&self.shop.call(), self.shop.entity(entity), body.as_bytes()).await;
        let location = made.expect("a record").location.expect("a location");
        location.rsplit('/').next().and_then(|id| Uuid::parse_str(id).ok()).expect("an id")
    }

    async fn list(&self, entity: &str, query: &str) -> Result<Json, Problem> {
        self.list_as(&self.shop.clerk, entity, query).await
    }

    async fn list_as(&self, who: &Principal, entity: &str, query: &str) -> Result<Json, Problem> {
        let scope = Scope::of(who, Arc::clone(self.shop.build.catalog()));
        let body = self.reads.list(&scope, who, self.shop.entity(entity), query).await?;
        Ok(serde_json::from_slice(&body.json).expect("JSON"))
    }

    async fn record(&self, entity: &str, id: Uuid, query: &str) -> Result<Json, Problem> {
        let place = (self.shop.entity(entity), id);
        let record = self.reads.record(&self.shop.scope, &self.shop.clerk, place, query).await?;
        Ok(serde_json::from_slice(&record.body).expect("JSON"))
    }

    /// The values of one field over a list.
    async fn column(&self, entity: &str, query: &str, field: &str) -> Vec<Json> {
        let page = self.list(entity, query).await.unwrap_or_else(|problem| panic!("{query}: {problem}"));
        page["items"].as_array().expect("items").iter().map(|item| item[field].clone()).collect()
    }

    async fn mistakes(&self, entity: &str, query: &str) -> Vec<String> {
        let problem = self.list(entity, query).await.expect_err("a problem");
        problem.mistakes().iter().map(|m| format!("{}: {}", m.code, m.message)).collect()
    }
}

async fn orders() -> (Reading, Vec<Uuid>) {
    let reading = Reading::open().await;
    let ids = fill_orders(&reading).await;
    (reading, ids)
}

async fn fill_orders(reading: &Reading) -> Vec<Uuid> {
    let oak =
        reading.make("Supplier", json!({"code": "OAK", "name": "Oak Ltd", "tags": ["wood", "a\"b"]})).await;
    let elm = reading.make("Supplier", json!({"code": "ELM", "name": "Élm & Söhne"})).await;
    let mut ids = Vec::new();
    for (number, supplier) in [oak, elm, oak, elm, oak].into_iter().enumerate() {
        let lines: Vec<Json> = (0..number)
            .map(|n| {
                json!({"item": format!("item {n}"), "quantity": n + 1, "price": "10.05",
                "parts": [{"what": "leg"}, {"what": "top"}]})
            })
            .collect();
        let reference = (number != 2).then(|| format!("R{number}"));
        let body = json!({"supplier": supplier, "lines": lines, "supplier_ref": reference, "ordered_on": "2026-03-31"});
        ids.push(reading.make("Order", body).await);
    }
    ids
}

#[tokio::test]
async fn a_record_is_answered_whole_with_its_children() {
    let (reading, ids) = orders().await;
    let order = reading.record("Order", ids[2], "").await.unwrap();
    assert_eq!(order["code"], "O-0003");
    assert_eq!(order["version"], 1);
    assert_eq!(order["total"], "30.15");
    assert_eq!(order["ordered_on"], "2026-03-31");
    assert_eq!(order["supplier_ref"], Json::Null);
    assert!(order["supplier"].is_string());
    assert!(order["created_at"].as_str().is_some_and(|at| at.ends_with('Z')));
    assert_eq!(order["lines"][1]["amount"], "20.10");
    assert_eq!(order["lines"][1]["quantity"], "2.000");
    assert_eq!(order["lines"][1]["position"], 1);
    assert_eq!(order["lines"][1]["parts"][1]["what"], "top");
    assert_eq!(reading.record("Order", ids[0], "").await.unwrap()["lines"], json!([]));
    let gone = reading.record("Order", Uuid::from_u128(1), "").await.expect_err("a problem");
    assert_eq!(gone.kind(), Kind::NotFound);
}

#[tokio::test]
async fn select_and_expand_decide_what_is_shown() {
    let (reading, ids) = orders().await;
    let order = reading.record("Order", ids[1], "select=code,supplier.name").await.unwrap();
    assert_eq!(order, json!({"code": "O-0002", "supplier": {"name": "Élm & Söhne"}}));
    let order = reading.record("Order", ids[1], "select=lines.item,lines.parts.what,lines.parent.code").await;
    let line =
        json!({"parent": {"code": "O-0002"}, "item": "item 0", "parts": [{"what": "leg"}, {"what": "top"}]});
    assert_eq!(order.unwrap(), json!({"lines": [line]}));
    let page =
        reading.list("Order", "select=code&expand=supplier,lines.parts&limit=1&order=-code").await.unwrap();
    let first = &page["items"][0];
    assert_eq!(first["supplier"]["tags"], json!(["wood", "a\"b"]));
    assert_eq!(first["lines"][3]["parts"][0]["what"], "leg");
    let keys: BTreeSet<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["code", "supplier", "lines"]));
    let plain = reading.list("Order", "").await.unwrap();
    assert!(plain["items"][0].get("lines").is_none() && plain["items"][0]["supplier"].is_string());
    assert!(plain["items"][0].get("line_count").is_some());
}

#[tokio::test]
async fn whatever_is_expanded_one_statement_is_run() {
    let (reading, ids) = orders().await;
    reading.list("Order", "").await.unwrap();
    let before = reading.shop.db.statements_read();
    reading.list("Order", "expand=supplier,lines,lines.parts&count=exact&order=supplier.name").await.unwrap();
    assert_eq!(reading.shop.db.statements_read(), before + 1);
    reading.record("Order", ids[4], "expand=supplier").await.unwrap();
    assert_eq!(reading.shop.db.statements_read(), before + 2);
    reading.list("Order", "group=supplier.name&aggregate=count()").await.unwrap();
    assert_eq!(reading.shop.db.statements_read(), before + 3);
}

#[tokio::test]
async fn the_order_is_total_and_null_is_least() {
    let (reading, _) = orders().await;
    assert_eq!(
        reading.column("Order", "order=supplier_ref", "supplier_ref").await,
        [json!(null), json!("R0"), json!("R1"), json!("R3"), json!("R4")]
    );
    assert_eq!(
        reading.column("Order", "order=-supplier.name,-supplier_ref", "code").await,
        ["O-0004", "O-0002", "O-0005", "O-0001", "O-0003"]
    );
    assert_eq!(reading.column("Order", "order=-total&limit=2", "code").await, ["O-0005", "O-0004"]);
    assert_eq!(reading.column("Order", "order=-line_count&limit=2", "code").await, ["O-0005", "O-0004"]);
}

#[tokio::test]
async fn walking_with_any_page_size_gives_the_whole_list() {
    let (reading, _) = orders().await;
    let orders = [
        "",
        "code",
        "-code",
        "supplier_ref",
        "-supplier_ref",
        "supplier.name,-supplier_ref",
        "-status,total",
        "line_count,-id",
        "-supplier.code,created_at,-supplier_ref",
    ];
    for order in orders {
        let whole =
            reading.column("Order", format!("order={order}").trim_end_matches("order="), "code").await;
        assert_eq!(whole.len(), 5);
        for size in 1..=6 {
            let mut walked = Vec::new();
            let mut cursor = String::new();
            loop {
                let order = if order.is_empty() { String::new() } else { format!("&order={order}") };
                let page = reading.list("Order", &format!("limit={size}{order}{cursor}")).await.unwrap();
                walked.extend(page["items"].as_array().unwrap().iter().map(|item| item["code"].clone()));
                assert!(page["items"].as_array().unwrap().len() <= size);
                let Some(next) = page["next"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(walked, whole, "order={order} limit={size}");
        }
    }
}

#[tokio::test]
async fn a_cursor_fits_only_its_own_list_and_tenant() {
    let (reading, _) = orders().await;
    let page = reading.list("Order", "limit=2&order=code").await.unwrap();
    let cursor = page["next"].as_str().unwrap();
    assert!(!cursor.contains("O-0002"));
    for query in [
        format!("limit=2&order=-code&cursor={cursor}"),
        format!("limit=2&cursor={cursor}"),
        format!("limit=2&order=code&cursor=x{cursor}"),
        "limit=2&order=code&search=&cursor=".to_owned(),
    ] {
        let problem = reading.list("Order", &query).await.expect_err("a problem");
        assert!(matches!(problem.kind(), Kind::InvalidCursor | Kind::InvalidQuery), "{query}");
    }
    let stranger = principal(2, "clara", &["clerk"]);
    let problem = reading.list_as(&stranger, "Order", &format!("limit=2&order=code&cursor={cursor}")).await;
    assert_eq!(problem.expect_err("a problem").kind(), Kind::InvalidCursor);
}

#[tokio::test]
async fn another_tenant_sees_nothing() {
    let (reading, ids) = orders().await;
    let stranger = principal(2, "clara", &["clerk"]);
    for query in ["count=exact", "expand=supplier,lines", "order=supplier.name&count=estimated"] {
        let page = reading.list_as(&stranger, "Order", query).await.unwrap();
        assert_eq!(page["items"], json!([]), "{query}");
        assert!(page.get("count").is_none_or(|count| *count == json!(0)));
    }
    let groups =
        reading.list_as(&stranger, "Order", "group=supplier.name&aggregate=count(),sum(total)").await;
    assert_eq!(groups.unwrap()["items"], json!([]));
    let scope = Scope::of(&stranger, Arc::clone(reading.shop.build.catalog()));
    let place = (reading.shop.entity("Order"), ids[0]);
    let problem = reading.reads.record(&scope, &stranger, place, "").await.expect_err("a problem");
    assert_eq!(problem.kind(), Kind::NotFound);
    let problem =
        reading.reads.record(&reading.shop.scope, &stranger, place, "").await.expect_err("a problem");
    assert_eq!(problem.kind(), Kind::NotFound);
}

#[tokio::test]
async fn every_table_of_a_statement_is_bound_to_the_tenant() {
    let shop = Shop::open().await;
    let access = policy::decide(&shop.scope, &shop.clerk, shop.entity("Order"), Action::Read).unwrap();
    let query = Query::of_list("expand=supplier,lines,lines.parts&order=supplier.name&count=exact");
    let outline = Arc::new(plan::list_outline(&access, query, &limits()).unwrap());
    let plan = plan::list(access, outline, None, &Cursors::new("secret")).unwrap();
    let statement = fill(&sql::read::list(&plan).unwrap(), plan.access(), &Asked::rows(1));
    let tables = statement.text().matches("\"shop_").count();
    assert_eq!(statement.text().matches("\"tenant_id\" = ").count(), tables);
    assert_eq!(statement.binds()[0], Bind::text(shop.scope.tenant().as_str()));
}

#[tokio::test]
async fn what_was_deleted_softly_is_not_there() {
    let reading = Reading::open().await;
    let id = reading.make("Supplier", json!({"code": "OAK", "name": "Oak Ltd"})).await;
    let call = reading.shop.call();
    reading.shop.writes.delete(&call, reading.shop.entity("Supplier"), id).await.expect("a delete");
    assert_eq!(reading.list("Supplier", "count=exact").await.unwrap()["count"], 0);
    assert!(reading.record("Supplier", id, "").await.is_err());
}

#[tokio::test]
async fn a_hidden_entity_is_nowhere() {
    let (reading, _) = orders().await;
    let problem = reading.list("Secret", "").await.expect_err("a problem");
    assert_eq!(problem.kind(), Kind::NotFound);
    for query in ["order=secret.word", "group=secret.word", "aggregate=max(secret.word)", "secret.word=x"] {
        assert!(reading.mistakes("Order", query).await[0].starts_with("not_a_reference"), "{query}");
    }
    assert_eq!(
        reading.mistakes("Order", "expand=secret&select=secret.word").await,
        [
            "not_a_reference: `secret` leads to no record that you may read (at character 1)",
            "not_a_reference: `secret` leads to no record that you may read (at character 1)",
        ]
    );
    assert!(reading.list("Order", "select=secret").await.is_ok());
    let problem = reading.list("Line", "").await.expect_err("a problem");
    assert_eq!(problem.kind(), Kind::NotFound);
}

#[tokio::test]
async fn all_mistakes_of_a_query_are_told_with_the_nearest_name() {
    let (reading, _) = orders().await;
    assert_eq!(
        reading
            .mistakes(
                "Order",
                "select=cod,lines.itm&expand=suplier,code&order=-totl,lines,supplier.nme&limit=x&fliter=1"
            )
            .await,
        [
            "not_a_number: must be a whole number such as 50",
            "unknown_field: `Order` has no field `cod`; did you mean `code`? (at character 1)",
            "unknown_field: `Line` has no field `itm`; did you mean `item`? (at character 5)",
            "unknown_field: `Order` has no field `suplier`; did you mean `supplier`? (at character 1)",
            "not_a_reference: `code` leads to no record that you may read (at character 9)",
            "unknown_parameter: `Order` has no field `fliter`, and there is no such parameter; did you mean `filter`?",
            "unknown_field: `Order` has no field `totl`; did you mean `total`? (at character 2)",
            "a_list: `lines` is a list of records; use `filter` with `exists`, `all` or `size()` (at character 7)",
            "unknown_field: `Supplier` has no field `nme`; did you mean `name`? (at character 13)",
        ]
    );
    let problem = reading.list("Order", "limit=100000").await.expect_err("a problem");
    assert_eq!(problem.kind(), Kind::LimitExceeded);
    let problem = reading.list("Order", "expand=lines.parent.lines.parent").await.expect_err("a problem");
    assert_eq!(problem.kind(), Kind::LimitExceeded);
}

#[tokio::test]
async fn counts_go_as_far_as_they_are_asked_to() {
    let (reading, _) = orders().await;
    let page = reading.list("Order", "limit=2&count=exact").await.unwrap();
    assert_eq!((page["items"].as_array().unwrap().len(), &page["count"]), (2, &json!(5)));
    assert_eq!(
        reading.list("Order", "limit=0&count=exact").await.unwrap(),
        json!({"items": [], "next": null, "count": 5})
    );
    assert_eq!(reading.list("Order", "count=estimated").await.unwrap()["count"], 5);
    assert!(reading.list("Order", "").await.unwrap().get("count").is_none());
}

#[tokio::test]
async fn groups_have_figures() {
    let (reading, _) = orders().await;
    let groups = reading
        .list(
            "Order",
            "group=supplier.code&aggregate=count(),sum(total),max(code),count(supplier_ref)&order=-count()",
        )
        .await;
    assert_eq!(
        groups.unwrap(),
        json!({"next": null, "items": [
            {"supplier.code": "OAK", "count()": 3, "sum(total)": "130.65", "max(code)": "O-0005", "count(supplier_ref)": 2},
            {"supplier.code": "ELM", "count()": 2, "sum(total)": "70.35", "max(code)": "O-0004", "count(supplier_ref)": 2},
        ]})
    );
    let all = reading.list("Order", "aggregate=count(),sum(total),min(created_at)").await.unwrap();
    assert_eq!(all["items"][0]["sum(total)"], "201.00");
    assert!(all["items"][0]["min(created_at)"].as_str().unwrap().ends_with('Z'));
    assert_eq!(
        reading
            .mistakes(
                "Order",
                "group=lines,ordered&aggregate=avg(total),sum(code),summ(total),min()&order=-total&cursor=x"
            )
            .await,
        [
            "a_list: `lines` is a list of records; use `filter` with `exists`, `all` or `size()` (at character 1)",
            "unknown_field: `Order` has no field `ordered`; did you mean `ordered_on`? (at character 7)",
            "unknown_function: there is no figure `avg`; there are `count`, `sum`, `min` and `max` (at character 1)",
            "wrong_type: `code` has no sum (at character 12)",
            "unknown_function: there is no figure `summ`; did you mean `sum`? (at character 22)",
            "missing_field: `min()` needs a field, as in `min(total)` (at character 34)",
            "unknown_field: `total` is neither in `group` nor in `aggregate` (at character 2)",
            "not_with_groups: has no meaning together with `group` or `aggregate`",
        ]
    );
}

#[tokio::test]
async fn text_of_a_client_never_becomes_sql() {
    let (reading, _) = orders().await;
    let hostile = [
        "'",
        "\"",
        "\"; DROP TABLE shop_order; --",
        "') OR 1=1 --",
        "?1",
        "%00",
        "\\",
        "x\" AS \"y",
        "\u{202e}",
    ];
    for text in hostile {
        let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for parameter in
            ["order", "select", "expand", "group", "aggregate", "cursor", "limit", "count", text.as_str()]
        {
            let outcome = reading.list("Order", &format!("{parameter}={text}")).await;
            let kind = outcome.expect_err("a problem").kind();
            assert!(matches!(kind, Kind::InvalidQuery | Kind::InvalidCursor), "{parameter}={text}: {kind:?}");
        }
        let outcome = reading.list("Order", &format!("aggregate=sum({text})")).await;
        assert_eq!(outcome.expect_err("a problem").kind(), Kind::InvalidQuery);
    }
    assert_eq!(reading.list("Order", "count=exact").await.unwrap()["count"], 5);
}

#[tokio::test]
async fn a_second_server_is_kept_away_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let settings = crate::db::Settings::for_file(&folder.path().join("shop.db"));
    let first = Db::open(&settings).await.unwrap();
    let second = Db::open(&settings).await.expect_err("a refusal");
    assert!(second.to_string().contains("in use by another athyper"));
    drop(first);
    assert!(Db::open(&settings).await.is_ok());
    let nowhere = crate::db::Settings::for_file(Path::new("/nowhere/shop.db"));
    assert!(Db::open(&nowhere).await.is_err());
}

#[tokio::test]
async fn a_sum_that_does_not_fit_is_refused_and_not_wrong() {
    let reading = Reading::open().await;
    let supplier = reading.make("Supplier", json!({"code": "RICH", "name": "Rich Ltd"})).await;
    for day in 1..=10 {
        let (from, to) = (format!("2026-03-{day:02}"), format!("2026-03-{:02}", day + 1));
        let price = json!({"supplier": supplier, "valid_from": from, "valid_to": to, "amount": "9999999999999999.99"});
        reading.make("Price", price).await;
    }
    let problem = reading.list("Price", "aggregate=sum(amount)").await.expect_err("a problem");
    assert_eq!(problem.kind(), Kind::LimitExceeded);
    let most = reading.list("Price", "aggregate=max(amount),count()").await.unwrap();
    assert_eq!(most["items"], json!([{"max(amount)": "9999999999999999.99", "count()": 10}]));
}
