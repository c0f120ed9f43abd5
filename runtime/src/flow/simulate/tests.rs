//! Two builds over one database.

use super::*;
use crate::catalog::Build;
use crate::db::migrate;
use crate::fixture::{Shop, allow, bundle, condition, principal};
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
