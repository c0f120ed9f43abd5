//! What comes out of the queue, and what is kept of it.

use std::num::NonZeroU32;

use athyper_policy::Standing;
use bytes::Bytes;

use super::history::{Decision, find, prune, time};
use super::keeper::{End, Keeper};
use super::*;
use crate::config::layers::Layers;
use crate::config::{Config, Share};
use crate::fixture::{Shop, principal};
use crate::sql::decisions::{self as sql, Texts, Wanted};
use crate::sql::own;
use crate::tenants::Tenant;

fn settings(allows: f64) -> DecisionLog {
    let config: Config = Layers::defaults().expect("defaults").resolve().expect("a configuration");
    DecisionLog { allows: Share(allows), ..config.policy.log }
}

fn trace(request: &str) -> Arc<Trace> {
    Arc::new(Trace::of(request, None))
}

/// Everything in the queue goes to the database, as at the end of a server.
async fn kept(shop: &Shop, decisions: Decisions, out: Receiver<Entry>, log: DecisionLog) -> Vec<Decision> {
    drop(decisions);
    assert_eq!(Keeper::new(shop.db.clone(), log, End::default()).run(out).await, 0);
    let tenant = Tenant {
        name: "acme".to_owned(),
        id: shop.scope.tenant().as_str().to_owned(),
        active: true,
        created_at: String::new(),
    };
    find(&shop.db, &[tenant], Wanted { limit: 100, ..Wanted::default() }).await.expect("decisions")
}

#[tokio::test]
async fn refusals_are_kept_always_with_their_rules_and_what_was_allowed_as_the_operator_says() {
    for (allows, count) in [(0.0, 3), (1.0, 4)] {
        let shop = Shop::open().await;
        let supplier = shop.entity("Supplier");
        let (decisions, out) = Decisions::new(&settings(allows));
        let trace = trace("r1");
        let clerk = Asking { scope: &shop.scope, principal: &shop.clerk, trace: &trace };
        let call = crate::flow::write::Call { watched: decisions.keeps(&trace), ..shop.call() };
        let body = br#"{"code": "A", "name": "a"}"#;
        let work = shop.writes.create(&call, supplier, body);
        let wish = Some((supplier, None, Action::Create));
        let made = decisions.watch(clerk, wish, work).await.expect("a supplier");
        let id = made.location.expect("an address").rsplit('/').next().and_then(|id| id.parse().ok());

        let reader = principal(1, "rita", &["reader"]);
        let asking = Asking { principal: &reader, ..clerk };
        let call = crate::flow::write::Call { principal: &reader, ..shop.call() };
        let id: Uuid = id.expect("an id");
        let wish = Some((supplier, Some(id), Action::Delete));
        let refused = decisions.watch(asking, wish, shop.writes.delete(&call, supplier, id)).await;
        assert_eq!(refused.expect_err("a refusal").kind(), Kind::Forbidden);
        let nil = Uuid::nil();
        let call = crate::flow::write::Call { ..shop.call() };
        let wish = Some((supplier, Some(nil), Action::Delete));
        let absent = decisions.watch(clerk, wish, shop.writes.delete(&call, supplier, nil)).await;
        assert_eq!(absent.expect_err("nothing there").kind(), Kind::NotFound);
        let nobody = principal(1, "norbert", &[]);
        let call = crate::flow::write::Call { principal: &nobody, ..shop.call() };
        let asking = Asking { principal: &nobody, ..clerk };
        let wish = Some((supplier, Some(id), Action::Delete));
        let refused = decisions.watch(asking, wish, shop.writes.delete(&call, supplier, id)).await;
        assert_eq!(refused.expect_err("a refusal").kind(), Kind::NotFound);

        let kept = kept(&shop, decisions, out, settings(allows)).await;
        assert_eq!(kept.len(), count, "{kept:?}");
        let said: Vec<_> = kept.iter().map(|d| (d.subject.as_str(), d.decision.as_str())).collect();
        let refusals = [("rita", "deny"), ("clara", "absent"), ("norbert", "deny")];
        assert_eq!(said[count - 3..], refusals);
        if allows > 0.0 {
            assert_eq!(kept[0].details["rules"][0]["rule"], "keep");
            assert_eq!(kept[0].record, Some(id.to_string()));
        }
        assert!(kept.iter().all(|d| d.entity == "shop.Supplier" && d.request == "r1" && !d.build.is_empty()));
    }
}

#[tokio::test]
async fn what_is_allowed_never_waits_for_a_full_queue_and_refusals_do() {
    let shop = Shop::open().await;
    let supplier = shop.entity("Supplier");
    let log = DecisionLog { queue: NonZeroU32::MIN, ..settings(1.0) };
    let (decisions, mut out) = Decisions::new(&log);
    let trace = trace("r1");
    let asking = Asking { scope: &shop.scope, principal: &shop.clerk, trace: &trace };
    let wish = Some((supplier, None, Action::Read));
    for lost in [0, 1] {
        let allowed =
            decisions.watch(asking, wish, async { Ok(Page { json: Bytes::new(), records: Some(0) }) }).await;
        assert!(allowed.is_ok() && decisions.lost() == lost);
    }
    let mut refused = Box::pin(decisions.watch(asking, wish, async { Err::<Page, _>(Problem::not_found()) }));
    assert!(futures_util::poll!(&mut refused).is_pending(), "it waits");
    assert!(out.recv().await.expect("the first").outcome == Outcome::Allowed);
    assert!(refused.await.is_err());
    assert_eq!(out.recv().await.expect("the refusal").outcome, Outcome::NotThere);

    // Whoever goes away while he waits is counted.
    decisions
        .watch(asking, wish, async { Ok(Page { json: Bytes::new(), records: Some(0) }) })
        .await
        .expect("an answer");
    let mut refused = Box::pin(decisions.watch(asking, wish, async { Err::<Page, _>(Problem::not_found()) }));
    assert!(futures_util::poll!(&mut refused).is_pending());
    drop(refused);
    assert_eq!(decisions.lost(), 2);
}

#[tokio::test]
async fn a_list_tells_how_many_and_a_database_that_refuses_ends_nothing() {
    let shop = Shop::open().await;
    let supplier = shop.entity("Supplier");
    let (decisions, out) = Decisions::new(&settings(1.0));
    let trace = trace("r1");
    let asking = Asking { scope: &shop.scope, principal: &shop.clerk, trace: &trace };
    let wish = Some((supplier, None, Action::Read));
    let json = Bytes::from(r#"{"items":[{"name":"secret"},{}],"next":null}"#);
    let answer = async { Ok(Page { json, records: Some(2) }) };
    decisions.watch(asking, wish, answer).await.expect("an answer");
    let kept = kept(&shop, decisions, out, settings(1.0)).await;
    assert_eq!(kept[0].details["records"], 2);
    assert_eq!(kept[0].details["kind"], "ALWAYS_ALLOWED");
    assert_eq!(kept[0].caller["roles"], serde_json::json!(["clerk"]));
    assert!(!format!("{kept:?}").contains("secret"), "no value of a record: {kept:?}");
    assert_eq!(shop.clerk.capacity().standing, Standing::Authenticated);

    let (decisions, out) = Decisions::new(&settings(1.0));
    decisions
        .watch(asking, wish, async { Ok(Page { json: Bytes::new(), records: Some(0) }) })
        .await
        .expect("an answer");
    drop(decisions);
    shop.db.close().await;
    let end = End::default();
    end.asked.cancel();
    assert_eq!(Keeper::new(shop.db.clone(), settings(1.0), end).run(out).await, 1, "one is in the log only");
}

#[tokio::test]
async fn a_database_that_gives_no_answer_is_not_waited_for_when_there_is_no_more_time() {
    let shop = Shop::open().await;
    let (decisions, out) = Decisions::new(&settings(1.0));
    let trace = trace("r1");
    let asking = Asking { scope: &shop.scope, principal: &shop.clerk, trace: &trace };
    let wish = Some((shop.entity("Supplier"), Some(Uuid::nil()), Action::Read));
    for _ in 0..3 {
        let refused = decisions.watch(asking, wish, async { Err::<Page, _>(Problem::not_found()) });
        refused.await.expect_err("a refusal");
    }
    // Whoever writes now waits for this.
    let writer = shop.db.begin().await.expect("the writer");
    let end = End::default();
    end.asked.cancel();
    let keeper = Keeper::new(shop.db.clone(), settings(1.0), end.clone());
    let mut kept = Box::pin(keeper.run(out));
    assert!(futures_util::poll!(&mut kept).is_pending());
    end.now.cancel();
    assert_eq!(kept.await, 3);
    drop(writer);
}

#[tokio::test]
async fn what_is_too_old_is_forgotten_piece_by_piece_and_whoever_writes_is_left_alone_when_nothing_is() {
    let shop = Shop::open().await;
    let tenant = shop.scope.tenant();
    let mut tx = shop.db.begin().await.expect("a transaction");
    tx.execute(&own::add_tenant(tenant.as_str(), "acme", "2026-01-01T00:00:00Z")).await.expect("a tenant");
    let new = Timestamp::now();
    for (place, at) in (0..2500).map(|place| (place, Timestamp::UNIX_EPOCH)).chain([(2500, new)]) {
        let at = time(at);
        let mut texts: Texts<'_> = [Some(""); 11];
        (texts[0], texts[6]) = (Some(at.as_str()), Some("deny"));
        tx.execute(&sql::add(tenant, &format!("{place:05}"), texts, 1)).await.expect("a decision");
    }
    tx.commit().await.expect("an end");
    assert_eq!(prune(&shop.db, 30).await, Ok(2500));
    // The only writer of the file does not let go.
    let writer = shop.db.begin().await.expect("the writer");
    assert_eq!(prune(&shop.db, 30).await, Ok(0));
    drop(writer);
    let mut tx = shop.db.begin_reading(tenant).await.expect("a transaction");
    let left = tx.read(&sql::find(tenant, Wanted { limit: 10, ..Wanted::default() })).await.expect("rows");
    assert_eq!(left.iter().map(|row| row.text(0)).collect::<Vec<_>>(), [Some("02500")]);
}
