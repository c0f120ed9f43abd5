//! Two builds over one database.

use super::*;
use crate::catalog::Build;
use crate::db::migrate;
use crate::fixture::{Shop, allow, bundle, condition, principal};
use crate::problem::Kind;
use crate::request::document::Purpose;
use crate::request::questions;
use athyper_schemas::bundle::{Bundle, Rule};

/// The shop in which a rep reads suppliers by this condition.
fn by(text: &str) -> Bundle {
    let mut bundle = bundle();
    let when = Some(condition(&bundle, "Supplier", text));
    let policy =
        bundle.policies.iter_mut().find(|policy| policy.entity == "shop.Supplier").expect("a policy");
    policy.rules.push(Rule { when, id: "named".into(), ..allow("rep") });
    bundle
}

fn build(bundle: Bundle) -> Arc<Catalog> {
    Arc::clone(Build::in_memory(bundle, BTreeMap::new()).expect("a build").catalog())
}

#[tokio::test]
async fn a_candidate_is_asked_the_same_and_what_it_cannot_judge_is_said() {
    let shop = Shop::of(by("name == \"a\"")).await;
    let body = br#"{"code": "A", "name": "a"}"#;
    let made = shop.writes.create(&shop.call(), shop.entity("Supplier"), body).await.expect("a supplier");
    let id = made.location.expect("an address").rsplit('/').next().and_then(|id| id.parse().ok());
    let rep = principal(1, "rep", &["rep"]);
    let question = |id, action| Question {
        entity: "shop.Supplier".to_owned(),
        id,
        action,
        person: Person::of(&rep, shop.build.catalog()),
    };
    let tenant = shop.scope.tenant();
    let with = |bundle| Simulation::new(shop.db.clone(), Arc::clone(shop.build.catalog()), build(bundle));

    let same = with(by("name == \"a\""));
    let read = same.ask(tenant, question(id, Action::Read)).await.expect("an answer").expect("judged");
    assert!(!read.differs() && read.old.decision == "allow" && read.old.rules == read.new.rules);

    let narrower = with(by("name == \"b\""));
    let read = narrower.ask(tenant, question(id, Action::Read)).await.expect("an answer").expect("judged");
    assert!(read.differs());
    assert_eq!((read.old.decision, read.new.decision), ("allow", "deny"));
    assert_eq!((&*read.new.rules[0].rule, &*read.new.rules[0].result), ("named", "false"));
    let all = narrower.ask(tenant, question(None, Action::Read)).await.expect("an answer").expect("judged");
    assert_eq!(all.new.condition.as_deref(), Some("name == \"b\""));
    assert!(all.differs());
    let nil = Some(Uuid::nil());
    let gone = narrower.ask(tenant, question(nil, Action::Read)).await.expect("an answer");
    assert_eq!(gone.expect_err("nothing to judge").why, "the record is not there");

    let mut other = bundle();
    let supplier = other.entities.iter_mut().find(|entity| entity.name == "shop.Supplier").expect("it");
    let mut added = supplier.fields.iter().find(|field| field.name == "name").expect("a field").clone();
    (added.name, added.column) = ("nick".to_owned(), Some("nick".to_owned()));
    supplier.fields.push(added);
    let unfit = with(other).ask(tenant, question(id, Action::Read)).await.expect("an answer");
    assert!(unfit.expect_err("no column").why.contains("`shop.Supplier.nick`"));
    assert_eq!(migrate::status(&shop.db, &shop.build).await.expect("a status"), migrate::Status::Current);
}

#[tokio::test]
async fn both_builds_and_every_question_of_a_request_see_the_records_of_one_time() {
    let shop = Shop::of(by("name == \"a\"")).await;
    let supplier = shop.entity("Supplier");
    let made = shop.writes.create(&shop.call(), supplier, br#"{"code": "A", "name": "a"}"#).await;
    let made = made.expect("a supplier").location.expect("an address");
    let id: Uuid = made.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    let rep = principal(1, "rep", &["rep"]);
    let person = Person::of(&rep, shop.build.catalog());
    let question = || Question {
        entity: "shop.Supplier".to_owned(),
        id: Some(id),
        action: Action::Read,
        person: person.clone(),
    };
    let served = Arc::clone(shop.build.catalog());
    let same = Simulation::new(shop.db.clone(), served, build(by("name == \"a\"")));

    let mut session = Session::begin_reading(&shop.db, &shop.scope, &shop.clerk).await.expect("a session");
    let before = same.ask_within(&mut session, question()).await.expect("an answer").expect("judged");
    assert_eq!((before.old.decision, before.new.decision), ("allow", "allow"));
    let body: (&[u8], _) = (br#"{"name": "b"}"#, Purpose::Patch);
    shop.writes.update(&shop.call(), supplier, id, body).await.expect("a change");
    let during = same.ask_within(&mut session, question()).await.expect("an answer").expect("judged");
    assert_eq!((during.old.decision, during.new.decision), ("allow", "allow"));
    session.rollback().await.expect("an end");

    let after = same.ask(shop.scope.tenant(), question()).await.expect("an answer").expect("judged");
    assert_eq!((after.old.decision, after.new.decision), ("deny", "deny"));
}

#[test]
fn a_body_asks_questions_or_names_decisions_and_not_both() {
    let detail = |body: &str| {
        let refused = questions::read::<questions::Simulate>(body.as_bytes()).expect_err("a refusal");
        assert_eq!(refused.kind(), Kind::Invalid, "{body}");
        format!("{refused:?}")
    };
    for body in ["{}", r#"{"questions": [], "replay": {"since": "2026-11-24"}}"#] {
        assert!(detail(body).contains("say either `questions` or `replay`"), "{body}");
    }
    assert!(detail(r#"{"question": []}"#).contains("`question`"));
}
