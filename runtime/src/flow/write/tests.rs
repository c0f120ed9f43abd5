//! Writes on a real database.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::*;
use crate::fixture::{Shop, principal};
use crate::flow::session::Session;
use crate::problem::Place;
use crate::sql::write::Dead;

impl Shop {
    async fn make(&self, entity: &str, body: Json) -> Result<Uuid, Problem> {
        self.make_as(&self.call(), entity, body).await
    }

    async fn make_as(&self, call: &Call<'_>, entity: &str, body: Json) -> Result<Uuid, Problem> {
        let answer = self.writes.create(call, self.entity(entity), body.to_string().as_bytes()).await?;
        let location = answer.location.expect("a location");
        Ok(location.rsplit('/').next().and_then(|id| Uuid::parse_str(id).ok()).expect("an id"))
    }

    async fn patch(&self, entity: &str, id: Uuid, body: Json) -> Result<Answer, Problem> {
        let body = body.to_string();
        self.writes.update(&self.call(), self.entity(entity), id, (body.as_bytes(), Purpose::Patch)).await
    }

    async fn put(&self, entity: &str, id: Uuid, body: Json) -> Result<Answer, Problem> {
        let body = body.to_string();
        self.writes.update(&self.call(), self.entity(entity), id, (body.as_bytes(), Purpose::Replace)).await
    }

    async fn remove(&self, entity: &str, id: Uuid) -> Result<Answer, Problem> {
        self.writes.delete(&self.call(), self.entity(entity), id).await
    }

    /// The record as stored, read by field name.
    async fn stored(&self, entity: &str, id: Uuid) -> Json {
        let mut session = Session::begin(&self.db, &self.scope, &self.clerk).await.expect("a session");
        let catalog = session.catalog();
        let entity = catalog.entity(self.entity(entity));
        let stored = session.load(entity, id, Dead::Hidden).await.expect("a read");
        stored.map_or(Json::Null, |stored| to_json(&catalog, &stored))
    }

    pub(crate) async fn count(&self, entity: &str) -> usize {
        let mut session = Session::begin(&self.db, &self.scope, &self.clerk).await.expect("a session");
        let catalog = session.catalog();
        let all = crate::sql::write::Which::Matching(&[]);
        session.rows(catalog.entity(self.entity(entity)), all, Dead::Counted).await.expect("rows").len()
    }

    async fn supplier(&self, code: &str) -> Uuid {
        self.make("Supplier", json!({"code": code, "name": format!("{code} Ltd")})).await.expect("a supplier")
    }
}

fn to_json(catalog: &crate::catalog::Catalog, stored: &crate::draft::Stored) -> Json {
    let entity = catalog.entity(stored.entity);
    let mut out = serde_json::Map::new();
    for field in entity.fields() {
        if let Some((_, children)) = stored.children.iter().find(|(list, _)| *list == field.id()) {
            out.insert(field.name().into(), children.iter().map(|c| to_json(catalog, c)).collect());
        } else if field.column().is_some() {
            out.insert(field.name().into(), stored.values[field.id().index()].to_json());
        }
    }
    Json::Object(out)
}

fn said(problem: &Problem) -> Vec<String> {
    let place = |place: &Place| match place {
        Place::Pointer(p) | Place::Parameter(p) | Place::Header(p) => p.clone(),
    };
    problem.mistakes().iter().map(|m| format!("{} {}", place(&m.place), m.code)).collect()
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Problem>) -> (Kind, Vec<String>) {
    let problem = outcome.expect_err("a problem");
    (problem.kind(), said(&problem))
}

#[tokio::test]
async fn a_deep_create_fills_in_everything_that_follows() {
    let shop = Shop::open().await;
    let supplier = shop.supplier("OAK").await;
    let order = json!({"supplier": supplier, "lines": [
        {"item": "table", "quantity": 2, "price": "10.05", "parts": [{"what": "leg"}, {"what": "top"}]},
        {"item": "chair", "quantity": "1.5", "price": 3},
    ]});
    let id = shop.make("Order", order.clone()).await.expect("an order");
    let stored = shop.stored("Order", id).await;
    let year = jiff::Timestamp::now().to_string()[..4].to_owned();
    assert_eq!(stored["code"], "O-0001");
    assert_eq!(stored["version"], 1);
    assert_eq!(stored["created_by"], "clara");
    assert_eq!(stored["supplier_name"], "OAK Ltd");
    assert_eq!(stored["status"], "draft");
    assert!(stored["ordered_on"].as_str().is_some_and(|day| day.starts_with(&year)));
    assert_eq!(stored["total"], "24.60");
    assert_eq!(stored["lines"][0]["amount"], "20.10");
    assert_eq!(stored["lines"][1]["position"], 1);
    assert_eq!(stored["lines"][0]["parts"][1]["what"], "top");
    let second = shop.make("Order", order).await.expect("an order");
    assert_eq!(shop.stored("Order", second).await["code"], "O-0002");
}

#[tokio::test]
async fn everything_wrong_with_a_body_is_said_at_once() {
    let shop = Shop::open().await;
    let body = br#"{"id": "x", "code": "O-9", "total": 1, "suplier": 1, "status": "gone", "status": "draft",
        "supplier_ref": "a\u0000", "lines": [{"quantity": 0, "price": "1.005", "id": "x"}, 7], "deleted_at": null}"#;
    let outcome = shop.writes.create(&shop.call(), shop.entity("Order"), body).await;
    let (kind, said) = refused(outcome);
    assert_eq!(kind, Kind::Invalid);
    assert_eq!(
        said,
        [
            "/id read_only",
            "/code read_only",
            "/total read_only",
            "/suplier unknown_field",
            "/status not_allowed",
            "/status duplicate_key",
            "/supplier_ref nul",
            "/lines/0/quantity too_small",
            "/lines/0/price too_precise",
            "/lines/0/id read_only",
            "/lines/0/item required",
            "/lines/1 type",
            "/deleted_at unknown_field",
            "/supplier required",
        ]
    );
    let broken = shop.writes.create(&shop.call(), shop.entity("Order"), b"{\"a\":").await;
    assert_eq!(refused(broken).0, Kind::MalformedJson);
}

#[tokio::test]
async fn references_that_are_not_there_and_those_one_may_not_see_look_the_same() {
    let shop = Shop::open().await;
    let boss = principal(1, "bob", &["boss"]);
    let other = principal(2, "olga", &["clerk"]);
    let mut call = shop.call();
    call.principal = &boss;
    let secret = shop.make_as(&call, "Secret", json!({"word": "x"})).await.expect("a secret");
    let scope = Scope::of(&other, Arc::clone(shop.build.catalog()));
    let elsewhere = Call { scope: &scope, principal: &other, ..shop.call() };
    let foreign = shop.make_as(&elsewhere, "Supplier", json!({"code": "X", "name": "X"})).await.expect("one");
    let gone = shop.supplier("GONE").await;
    shop.remove("Supplier", gone).await.expect("removed");
    for supplier in [foreign, gone, Uuid::now_v7()] {
        let order = json!({"supplier": supplier, "secret": secret});
        let problem = shop.make("Order", order).await.expect_err("a problem");
        assert_eq!(said(&problem), ["/supplier not_found", "/secret not_found"]);
        assert_eq!(problem.mistakes()[0].message, "there is no supplier with this id");
    }
    assert_eq!(refused(shop.make("Secret", json!({"word": "x"})).await).0, Kind::NotFound);
}

#[tokio::test]
async fn a_patch_changes_what_it_mentions_and_matches_children_by_id() {
    let shop = Shop::open().await;
    let supplier = shop.supplier("OAK").await;
    let id = shop
        .make(
            "Order",
            json!({"supplier": supplier, "supplier_ref": "r1", "lines": [
                {"item": "a", "quantity": 1, "price": 1, "parts": [{"what": "x"}]},
                {"item": "b", "quantity": 1, "price": 2},
                {"item": "c", "quantity": 1, "price": 3},
            ]}),
        )
        .await
        .expect("an order");
    let before = shop.stored("Order", id).await;
    let line = |i: usize| before["lines"][i]["id"].clone();
    let lines = json!({"lines": [
        {"id": line(2), "quantity": 2},
        {"item": "d", "quantity": 1, "price": "0.50"},
        {"id": line(0), "price": "1.10"},
    ]});
    let answer = shop.patch("Order", id, lines).await.expect("an answer");
    assert_eq!(answer.etag.as_deref(), Some("\"2\""));
    let after = shop.stored("Order", id).await;
    assert_eq!(after["supplier_ref"], "r1");
    assert_eq!(after["total"], "7.60");
    let items: Vec<_> = after["lines"].as_array().expect("lines").iter().map(|l| l["item"].clone()).collect();
    assert_eq!(items, ["c", "d", "a"]);
    assert_eq!(after["lines"][2]["parts"][0]["what"], "x");
    assert_eq!(after["lines"][2]["id"], line(0));
    assert_eq!(after["created_at"], before["created_at"]);

    let same = shop.patch("Order", id, json!({"supplier_ref": "r1"})).await.expect("an answer");
    assert_eq!(same.etag.as_deref(), Some("\"2\""), "nothing changed, so the version stays");
    let unknown = shop.patch("Order", id, json!({"lines": [{"id": Uuid::now_v7(), "item": "a"}]})).await;
    assert_eq!(refused(unknown).1, ["/lines/0/id not_found"]);
    let twice = shop.patch("Order", id, json!({"lines": [{"id": line(0)}, {"id": line(0)}]})).await;
    assert_eq!(refused(twice).1, ["/lines/1/id unique"]);
    let null = shop.patch("Order", id, json!({"supplier": null})).await;
    assert_eq!(refused(null).1, ["/supplier required"]);
}

#[tokio::test]
async fn children_are_looked_at_when_they_matter() {
    let shop = Shop::open().await;
    let oak = shop.supplier("OAK").await;
    let line = json!([{"item": "a", "quantity": 2, "price": 1, "parts": [{"what": "x"}]}]);
    let full = shop.make("Order", json!({"supplier": oak, "lines": line})).await.expect("an order");
    let bare = shop.make("Order", json!({"supplier": oak})).await.expect("an order");
    let catalog = shop.build.catalog();
    let order = catalog.entity(shop.entity("Order"));
    let alone = |field: &str| {
        let field = order.named(field).expect("a field").id();
        catalog.behaviours().leaves_children_alone(catalog, order, &[field])
    };
    assert!(alone("supplier_ref") && alone("supplier"));
    assert!(!alone("status"), "a check compares it with the number of lines");
    let answer = shop.patch("Order", full, json!({"supplier_ref": "x"})).await.expect("an answer");
    let body: Json = serde_json::from_slice(&answer.body.expect("a body")).expect("json");
    assert_eq!((&body["total"], &body["lines"][0]["amount"]), (&json!("2.00"), &json!("2.00")));
    assert_eq!(shop.count("Part").await, 1);
    shop.patch("Order", full, json!({"status": "placed"})).await.expect("it has lines");
    assert_eq!(refused(shop.patch("Order", bare, json!({"status": "placed"})).await).1, [" check"]);
}

#[tokio::test]
async fn a_put_says_the_whole_record_anew() {
    let shop = Shop::open().await;
    let supplier = shop.supplier("OAK").await;
    let order = json!({"supplier": supplier, "supplier_ref": "r1", "ordered_on": "2020-01-01",
        "lines": [{"item": "a", "quantity": 1, "price": 1}]});
    let id = shop.make("Order", order).await.expect("an order");
    let line = shop.stored("Order", id).await["lines"][0]["id"].clone();
    let put = json!({"supplier": supplier, "lines": [{"id": line, "item": "b", "quantity": 3, "price": 1}]});
    shop.put("Order", id, put).await.expect("an answer");
    let after = shop.stored("Order", id).await;
    assert_eq!(after["code"], "O-0001", "a number is never changed");
    assert_eq!(after["supplier_ref"], Json::Null);
    assert_ne!(after["ordered_on"], "2020-01-01");
    assert_eq!(after["lines"][0]["id"], line);
    assert_eq!(after["total"], "3.00");
    let incomplete = json!({"supplier": supplier, "lines": [{"id": line, "item": "b"}]});
    assert_eq!(
        refused(shop.put("Order", id, incomplete).await).1,
        ["/lines/0/quantity required", "/lines/0/price required"]
    );
    shop.put("Order", id, json!({"supplier": supplier})).await.expect("an answer");
    assert_eq!(shop.stored("Order", id).await["lines"], json!([]));
    assert_eq!(shop.count("Line").await, 0);
}

#[tokio::test]
async fn checks_fail_only_when_they_are_definitely_false() {
    let shop = Shop::open().await;
    let supplier = shop.supplier("OAK").await;
    let placed = shop.make("Order", json!({"supplier": supplier, "status": "placed"})).await;
    let problem = placed.expect_err("a problem");
    assert_eq!(said(&problem), [" check"]);
    assert_eq!(problem.mistakes()[0].message, "Only a draft may have no lines");
    assert_eq!(problem.to_json("")["errors"][0]["check"], "has_lines");
    let line = json!([{"item": "a", "quantity": "1000000", "price": 1}]);
    let dear = json!({"supplier": supplier, "status": "placed", "lines": line});
    assert_eq!(refused(shop.make("Order", dear).await).1, [" check"]);
    let rich = shop.supplier("RICH").await;
    let id = shop.make("Order", json!({"supplier": rich, "lines": line})).await.expect("an order");
    let moved = shop.patch("Order", id, json!({"supplier": supplier})).await;
    assert_eq!(refused(moved).1, [" check"], "a check looks at the new supplier");
    assert_eq!(shop.stored("Order", id).await["supplier_name"], "RICH Ltd");
}

#[tokio::test]
async fn uniqueness_is_told_in_terms_of_the_document() {
    let shop = Shop::open().await;
    let oak = shop.supplier("OAK").await;
    let again = shop.make("Supplier", json!({"code": "OAK", "name": "x"})).await;
    assert_eq!(refused(again), (Kind::AlreadyExists, vec!["/code unique".to_owned()]));
    let order = json!({"supplier": oak, "supplier_ref": "r"});
    shop.make("Order", order.clone()).await.expect("an order");
    let (kind, said) = refused(shop.make("Order", order).await);
    assert_eq!(
        (kind, said),
        (Kind::AlreadyExists, vec!["/supplier unique".into(), "/supplier_ref unique".into()])
    );
    let line = |item: &str| json!({"item": item, "quantity": 1, "price": 1});
    let twice = json!({"supplier": oak, "lines": [line("a"), line("b"), line("a")]});
    assert_eq!(refused(shop.make("Order", twice).await).1, ["/lines/2/item unique"]);
    let id = shop.make("Order", json!({"supplier": oak})).await.expect("an order");
    assert_eq!(shop.stored("Order", id).await["code"], "O-0002", "a refused create gives its number back");
    shop.remove("Supplier", shop.supplier("ELM").await).await.expect("removed");
    shop.supplier("ELM").await;
}

#[tokio::test]
async fn versions_guard_changes() {
    let shop = Shop::open().await;
    let id = shop.supplier("OAK").await;
    let with = |condition| Call { condition, ..shop.call() };
    let body = br#"{"name": "New"}"#;
    let entity = shop.entity("Supplier");
    for (condition, kind) in [
        (Condition::Absent, Kind::PreconditionRequired),
        (Condition::Versions(vec![2]), Kind::PreconditionFailed),
    ] {
        let call = with(condition);
        let patched = shop.writes.update(&call, entity, id, (body, Purpose::Patch)).await;
        assert_eq!(refused(patched).0, kind);
        assert_eq!(refused(shop.writes.delete(&call, entity, id).await).0, kind);
    }
    let call = with(Condition::Versions(vec![1]));
    let answer = shop.writes.update(&call, entity, id, (body, Purpose::Patch)).await.expect("an answer");
    assert_eq!(answer.etag.as_deref(), Some("\"2\""));
    assert_eq!(refused(shop.writes.delete(&call, entity, id).await).0, Kind::PreconditionFailed);
    assert_eq!(refused(shop.patch("Supplier", Uuid::now_v7(), json!({})).await).0, Kind::NotFound);
}

#[tokio::test]
async fn roles_decide_before_anything_is_written() {
    let shop = Shop::open().await;
    let id = shop.supplier("OAK").await;
    let reader = principal(1, "rita", &["reader"]);
    let nobody = principal(1, "nemo", &[]);
    for (who, kind) in [(&reader, Kind::Forbidden), (&nobody, Kind::NotFound)] {
        let call = Call { principal: who, ..shop.call() };
        let body = json!({"code": "ELM", "name": "Elm"});
        assert_eq!(refused(shop.make_as(&call, "Supplier", body).await).0, kind);
        assert_eq!(refused(shop.writes.delete(&call, shop.entity("Supplier"), id).await).0, kind);
    }
    let writer = principal(1, "wanda", &["writer"]);
    let call = Call { principal: &writer, ..shop.call() };
    let body = br#"{"code": "ELM", "name": "Elm"}"#;
    let answer = shop.writes.create(&call, shop.entity("Supplier"), body).await.expect("an answer");
    assert_eq!((answer.status, answer.body), (201, None), "who may not read gets no body");
}

#[tokio::test]
async fn what_is_referred_to_cannot_go_and_what_hangs_on_goes_too() {
    let shop = Shop::open().await;
    let oak = shop.supplier("OAK").await;
    let order = shop.make("Order", json!({"supplier": oak})).await.expect("an order");
    let (kind, said) = refused(shop.remove("Supplier", oak).await);
    assert_eq!((kind, said), (Kind::StillReferenced, vec![" referenced".to_owned()]));
    shop.remove("Order", order).await.expect("removed");
    let price = json!({"supplier": oak, "valid_from": "2026-01-01", "amount": 1});
    shop.make("Price", price).await.expect("a price");
    shop.remove("Supplier", oak).await.expect("removed");
    assert_eq!(shop.stored("Supplier", oak).await, Json::Null);
    assert_eq!(shop.count("Supplier").await, 1, "a soft delete hides the row");
    assert_eq!(shop.count("Price").await, 0);

    let root = shop.make("Group", json!({"code": "a"})).await.expect("a group");
    let leaf = shop.make("Group", json!({"code": "b", "parent": root})).await.expect("a group");
    shop.make("Note", json!({"text": "n", "about": leaf})).await.expect("a note");
    let held = shop.remove("Group", root).await.expect_err("a problem");
    assert_eq!(held.mistakes()[0].message, "1 group refers to it");
    shop.remove("Group", leaf).await.expect("removed");
    assert_eq!(shop.count("Note").await, 0);
    shop.remove("Group", root).await.expect("removed");
}

#[tokio::test]
async fn a_reference_is_cleared_when_its_target_goes() {
    let shop = Shop::open().await;
    let boss = principal(1, "bob", &["boss", "clerk"]);
    let call = Call { principal: &boss, ..shop.call() };
    let secret = shop.make_as(&call, "Secret", json!({"word": "x"})).await.expect("a secret");
    let oak = shop.supplier("OAK").await;
    let body =
        json!({"supplier": oak, "secret": secret, "lines": [{"item": "a", "quantity": 1, "price": 1}]});
    let order = shop.make_as(&call, "Order", body).await.expect("an order");
    shop.writes.delete(&call, shop.entity("Secret"), secret).await.expect("removed");
    let after = shop.stored("Order", order).await;
    assert_eq!(after["secret"], Json::Null);
    assert_eq!(after["version"], 2);
    assert_eq!(after["updated_by"], "bob");
    assert_eq!(after["supplier_name"], "OAK Ltd");
}

#[tokio::test]
async fn trees_have_no_rings_and_periods_do_not_meet() {
    let shop = Shop::open().await;
    let a = shop.make("Group", json!({"code": "a"})).await.expect("a group");
    let b = shop.make("Group", json!({"code": "b", "parent": a})).await.expect("a group");
    let c = shop.make("Group", json!({"code": "c", "parent": b})).await.expect("a group");
    for parent in [a, b, c] {
        let ring = shop.patch("Group", a, json!({"parent": parent})).await;
        assert_eq!(refused(ring).1, ["/parent cycle"]);
    }
    shop.patch("Group", c, json!({"parent": a})).await.expect("moved");

    let oak = shop.supplier("OAK").await;
    let elm = shop.supplier("ELM").await;
    let price = |supplier: Uuid, from: &str, to: Option<&str>| json!({"supplier": supplier, "valid_from": from, "valid_to": to, "amount": 1});
    let first = shop.make("Price", price(oak, "2026-01-01", Some("2026-07-01"))).await.expect("a price");
    shop.make("Price", price(oak, "2026-07-01", None)).await.expect("half open");
    shop.make("Price", price(elm, "2026-03-01", None)).await.expect("another key");
    for (from, to) in [("2026-06-30", Some("2026-07-01")), ("2025-01-01", None), ("2030-01-01", None)] {
        assert_eq!(refused(shop.make("Price", price(oak, from, to)).await).1, ["/valid_from overlap"]);
    }
    let backwards = shop.patch("Price", first, json!({"valid_to": "2026-01-01"})).await;
    assert_eq!(refused(backwards).1, ["/valid_to too_small"]);
    let longer = shop.patch("Price", first, json!({"valid_to": "2026-07-02"})).await;
    assert_eq!(refused(longer).1, ["/valid_from overlap"]);
    shop.patch("Price", first, json!({"valid_to": "2026-06-01"})).await.expect("shorter");
}

#[tokio::test]
async fn dry_runs_and_safety_belts_leave_nothing_behind() {
    let shop = Shop::open().await;
    let mut call = shop.call();
    call.preferences.dry_run = true;
    let body = br#"{"code": "OAK", "name": "Oak"}"#;
    let answer = shop.writes.create(&call, shop.entity("Supplier"), body).await.expect("an answer");
    assert_eq!(answer.applied.as_deref(), Some("tx=rollback"));
    assert_eq!(shop.count("Supplier").await, 0);
    let oak = shop.supplier("OAK").await;
    let mut call = shop.call();
    call.preferences.max_affected = Some(2);
    let line = |item: &str| json!({"item": item, "quantity": 1, "price": 1});
    let order = json!({"supplier": oak, "lines": [line("a"), line("b")]});
    assert_eq!(refused(shop.make_as(&call, "Order", order).await).0, Kind::TooManyAffected);
    assert_eq!(shop.count("Order").await, 0);
    let order = json!({"supplier": oak, "lines": [line("a")]});
    shop.make_as(&call, "Order", order).await.expect("two records");
}

#[tokio::test]
async fn a_request_is_done_once_per_key() {
    let shop = Shop::open().await;
    let body: &[u8] = br#"{"code": "OAK", "name": "Oak"}"#;
    let key = |body: &[u8]| Key::new("k1", "POST", "/api/data/Supplier", body).ok();
    let call = Call { key: key(body), ..shop.call() };
    let first = shop.writes.create(&call, shop.entity("Supplier"), body).await.expect("an answer");
    let second = shop.writes.create(&call, shop.entity("Supplier"), body).await.expect("an answer");
    assert_eq!((first.location.clone(), false, true), (second.location, first.replayed, second.replayed));
    assert_eq!(shop.count("Supplier").await, 1);
    let other: &[u8] = br#"{"code": "ELM", "name": "Elm"}"#;
    let call = Call { key: key(other), ..shop.call() };
    let reused = shop.writes.create(&call, shop.entity("Supplier"), other).await;
    assert_eq!(refused(reused).0, Kind::IdempotencyKeyReused);
    let someone = principal(1, "else", &["clerk"]);
    let call = Call { principal: &someone, key: key(other), ..shop.call() };
    shop.writes.create(&call, shop.entity("Supplier"), other).await.expect("keys belong to a caller");
    let call = Call { key: key(body), ..shop.call() };
    let turn = shop.writes.in_flight.take(&call).expect("a turn");
    let busy = shop.writes.create(&call, shop.entity("Supplier"), body).await;
    assert_eq!(refused(busy).0, Kind::RequestInProgress);
    drop(turn);
}

#[tokio::test]
async fn a_batch_is_done_whole_or_not_at_all() {
    let shop = Shop::open().await;
    let batch = |operations: Json| {
        let body = json!({"operations": operations}).to_string();
        async { shop.writes.batch(&shop.call(), Vec::leak(body.into_bytes())).await }
    };
    let done = batch(json!([
        {"op": "create", "entity": "Supplier", "as": "oak", "body": {"code": "OAK", "name": "Oak"}},
        {"op": "create", "entity": "Order", "as": "o", "body": {"supplier": "$oak"}},
        {"op": "patch", "entity": "Order", "id": "$o", "if_match": "1", "body": {"supplier_ref": "x"}},
        {"op": "create", "entity": "Group", "as": "g", "body": {"code": "g"}},
        {"op": "delete", "entity": "Group", "id": "$g", "if_match": "*"},
    ]))
    .await
    .expect("an answer");
    let body: Json = serde_json::from_slice(&done.body.expect("a body")).expect("json");
    let statuses: Vec<_> =
        body["results"].as_array().expect("results").iter().map(|r| r["status"].clone()).collect();
    assert_eq!(statuses, [201, 201, 200, 201, 204]);
    assert_eq!(body["results"][2]["etag"], "\"2\"");

    let wrong = batch(json!([
        {"op": "create", "entity": "Supplier", "body": {"code": "ELM"}, "as": "a b"},
        {"op": "patch", "entity": "Order", "id": "$later", "body": {"total": 1}},
        {"op": "make", "entity": "Nothing", "bdy": {}},
        {"op": "create", "entity": "Supplier", "id": "x", "as": "later"},
    ]))
    .await;
    assert_eq!(
        refused(wrong).1,
        [
            "/operations/0/body/name required",
            "/operations/0/as format",
            "/operations/1/id format",
            "/operations/1/body/total read_only",
            "/operations/2/bdy unknown_field",
            "/operations/2/op not_allowed",
            "/operations/2/entity not_found",
            "/operations/3/id read_only",
            "/operations/3/body required",
        ]
    );
    let late = batch(json!([
        {"op": "create", "entity": "Supplier", "body": {"code": "ELM", "name": "Elm"}},
        {"op": "create", "entity": "Order", "body": {"supplier": Uuid::now_v7()}},
    ]))
    .await;
    assert_eq!(refused(late).1, ["/operations/1/body/supplier not_found"]);
    let stale = batch(json!([
        {"op": "create", "entity": "Supplier", "body": {"code": "ELM", "name": "Elm"}},
        {"op": "delete", "entity": "Supplier", "id": Uuid::now_v7()},
    ]))
    .await;
    assert_eq!(refused(stale), (Kind::NotFound, vec!["/operations/1 not-found".to_owned()]));
    assert_eq!(shop.count("Supplier").await, 1);
}

#[tokio::test]
async fn writes_can_be_moved_between_threads() {
    fn moved<T: Send>(future: T) -> T {
        future
    }
    let shop = Shop::open().await;
    let call = shop.call();
    let (entity, id) = (shop.entity("Supplier"), Uuid::nil());
    let _ = moved(shop.writes.create(&call, entity, b"{}")).await;
    let _ = moved(shop.writes.update(&call, entity, id, (b"{}", Purpose::Patch))).await;
    let _ = moved(shop.writes.delete(&call, entity, id)).await;
    let _ = moved(shop.writes.batch(&call, b"{}")).await;
}
