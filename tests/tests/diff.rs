//! What `metac diff` shows is so: the witness of each difference is replayed, as a user would have it replayed, in tables
//! of both models, on SQLite, on PostgreSQL, and under its row level security.
#![expect(clippy::unwrap_used, reason = "a panic is the report of a test")]

use std::fs;
use std::path::Path;

use athyper_tests::postgres::{OWNER, Postgres, USER};
use athyper_tests::programs;
use serde_json::Value;
use tempfile::TempDir;

const PACKAGE: &str =
    "package: shop\nedition: 2026\nuser:\n  id: string!\n  roles: list(string)!\n  region: string\n";

const MODEL: &str = "
entity: Supplier
fields:
  name:   string(40)! unique
  rating: { type: enum, values: [a, b, c] }
  keeper: string(40)
---
entity: Order
class: document
fields:
  code:     string(20)! unique
  owner:    string(40)!
  region:   string(8)
  supplier: Supplier!
  agent:    Supplier
  total:    money
  net:      { type: money, computed: total * 0.5, stored: true }
  due:      date
  urgent:   bool
  tags:     list(string(10))
  lines:    list(OrderLine)
  iban:     iban
  note:     text
checks:
  positive: { assert: total >= 0, message: no }
---
entity: OrderLine
fields:
  text:   string!
  amount: money!
---
policy: SupplierAccess
for: Supplier
rules: [ { id: look, allow: [read], to: [clerk] } ]
---
policy: OrderAccess
for: Order
";

/// What is said of a difference: its turn, its action, and its field, if it is about one.
type Turned = (&'static str, &'static str, Option<&'static str>);

/// Rules before and now, and what must be shown of the clerk. `A` stands for `allow: [read], to: [clerk]`.
const CASES: &[(&str, &str, &[Turned])] = &[
    ("A, when: total <= 100.00", "A, when: total < 100.00", &[LOSES_READ]),
    ("A, when: owner == user.id", "A", &[GAINS_READ]),
    ("A", "A, when: 'region != \"north\"'", &[LOSES_READ]),
    (
        "A, when: region == user.region",
        "A, when: user.region != null && region == user.region",
        &[LOSES_READ],
    ),
    ("A, when: 'supplier.rating == \"a\"'", "A, when: 'supplier.rating in [\"a\", \"b\"]'", &[GAINS_READ]),
    (
        "A, when: agent == null || agent.keeper == user.id",
        "A, when: agent != null && agent.keeper == user.id",
        &[LOSES_READ],
    ),
    (
        "A, when: 'lines.exists(l, l.amount > 1000.00)'",
        "A, when: 'lines.all(l, l.amount > 1000.00)'",
        &[GAINS_READ, LOSES_READ],
    ),
    ("A, when: net >= 50.00", "A, when: net > 50.00", &[LOSES_READ]),
    ("A, when: 'due < date(\"2026-03-01\")'", "A, when: 'due <= date(\"2026-03-01\")'", &[GAINS_READ]),
    ("A, when: due < today()", "A, when: due <= today()", &[GAINS_READ]),
    ("A, when: urgent == true", "A, when: urgent != false", &[GAINS_READ]),
    ("A, when: '\"vip\" in tags'", "A, when: tags.size() > 0", &[GAINS_READ]),
    ("A, when: 'region.startsWith(\"no\")'", "A, when: 'region == \"no\"'", &[LOSES_READ]),
    ("A, when: created_by == user.id", "A, when: created_by == user.id && total != null", &[LOSES_READ]),
    // Writes.
    ("A", "A }\n  - { id: w, allow: [delete], to: [clerk], when: total < 5.00", &[("gains", "delete", None)]),
    (
        "A }\n  - { id: w, allow: [delete], to: [clerk]",
        "A }\n  - { id: w, allow: [delete], to: [clerk], unless: supplier.keeper == user.id",
        &[("loses", "delete", None)],
    ),
    (
        "A",
        "A }\n  - { id: w, allow: [create], to: [clerk], after: total < 5.00",
        &[("gains", "create", None)],
    ),
    (
        "A }\n  - { id: w, allow: [create], to: [clerk]",
        "A }\n  - { id: w, allow: [create], to: [clerk], after: 'lines.exists(l, l.amount > 7.00)'",
        &[("loses", "create", None)],
    ),
    (
        "A }\n  - { id: w, allow: [create], to: [clerk], when: created_by == user.id && total > 5.00",
        "A }\n  - { id: w, allow: [create], to: [clerk], when: created_by == user.id",
        &[("gains", "create", None)],
    ),
    (
        "A }\n  - { id: w, allow: [update], to: [clerk], when: region == user.region",
        "A }\n  - { id: w, allow: [update], to: [clerk]",
        &[("gains", "update", None)],
    ),
    (
        "A }\n  - { id: w, allow: [update], to: [clerk]",
        "A }\n  - { id: w, allow: [update], to: [clerk], after: owner == old.owner",
        &[("loses", "update", None)],
    ),
    (
        "A }\n  - { id: w, allow: [update], to: [clerk], after: total <= 100.00",
        "A }\n  - { id: w, allow: [update], to: [clerk], after: total < 100.00",
        &[("loses", "update", None)],
    ),
    (
        "A }\n  - { id: w, allow: [update], to: [clerk]",
        "A }\n  - { id: w, allow: [update], to: [clerk] }\n  \
         - { id: n, deny: [update], to: ['*'], after: 'lines.exists(l, l.amount > 7.00)'",
        &[("loses", "update", None)],
    ),
    // Both images take part: an escaped deny before, another after.
    (
        "A }\n  - { id: w, allow: [update], to: [clerk] }\n  \
         - { id: n, deny: [update], to: ['*'], when: urgent == true, after: total > 5.00",
        "A }\n  - { id: w, allow: [update], to: [clerk]",
        &[("gains", "update", None)],
    ),
    // Operations.
    (
        "A }\n  - { id: w, allow: [approve], to: [clerk], when: owner == user.id",
        "A }\n  - { id: w, allow: [approve, submit], to: [clerk], unless: owner == user.id",
        &[("gains", "approve", None), ("loses", "approve", None), ("gains", "submit", None)],
    ),
    // Fields: shown whole, to whom a part was; and the other way round; and changed.
    (
        "A }\nfields: { iban: { read: [boss], else: { mask: last4 } }",
        "A }\nfields: { iban: { read: [boss, clerk], else: { mask: last4 } }",
        &[("gains", "read", Some("iban"))],
    ),
    (
        "A }\nfields: { note: { read: [clerk], when: owner == user.id }",
        "A }\nfields: { note: { read: [clerk], when: region == user.region }",
        &[("gains", "read", Some("note")), ("loses", "read", Some("note"))],
    ),
    (
        "A }\n  - { id: w, allow: [update], to: [clerk] }\nfields: { note: { update: [clerk] }",
        "A }\n  - { id: w, allow: [update], to: [clerk] }\nfields: { note: { update: [clerk], when: total > 5.00 }",
        &[("loses", "update", Some("note"))],
    ),
];

const GAINS_READ: Turned = ("gains", "read", None);
const LOSES_READ: Turned = ("loses", "read", None);

fn package(folder: &Path, rules: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("metac.yaml"), PACKAGE).unwrap();
    let rules = rules.replacen('A', "allow: [read], to: [clerk]", 1);
    fs::write(folder.join("order.yaml"), format!("{MODEL}rules:\n  - {{ id: look, {rules} }}\n")).unwrap();
}

fn diff(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut metac = programs::metac().unwrap();
    let output = metac.current_dir(folder).args(["diff", "old", "new"]).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_witness_is_decided_as_shown_by_every_database() {
    let server = Postgres::shared().unwrap();
    let database = server.database().unwrap();
    // The superuser is held to nothing: a role is made for the callers. The owner is held to everything himself.
    let (user, owner) = (server.address(USER, &database), server.address(OWNER, &database));
    let mut failures = Vec::new();
    for (number, (before, now, turns)) in CASES.iter().enumerate() {
        let folder = TempDir::new().unwrap();
        package(&folder.path().join("old"), before);
        package(&folder.path().join("new"), now);
        let url = if number.is_multiple_of(5) { &owner } else { &user };
        let mut args = vec!["--database", "sqlite", "--database", url];
        args.extend(["--entity", "Order", "--format", "json", "--role", "clerk"]);
        let (_, out, err) = diff(folder.path(), &args);
        let Ok(json) = serde_json::from_str::<Value>(&out) else { panic!("{before}\n{now}\n{out}{err}") };
        let access = json["access"].as_array().unwrap();
        for (turn, action, field) in *turns {
            let found = |one: &&Value| {
                one["turn"] == *turn && one["action"] == *action && one["field"].as_str() == *field
            };
            let shown = access.iter().find(found);
            if shown.is_none_or(|one| one.get("witness").is_none()) {
                failures.push(format!("{before}\n{now}\n{turn} {action} {field:?} is not shown:\n{out}"));
            }
        }
        let witnesses = access.iter().filter(|one| one.get("witness").is_some()).count();
        for replayed in json["replayed"].as_array().unwrap() {
            if replayed["as_shown"] != witnesses {
                failures.push(format!("{before}\n{now}\n{replayed}\n{out}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // Divides by nothing where something is left.
    let left = "SELECT 1 / (1 - count(*)) FROM pg_roles WHERE rolname LIKE 'athyper_test%'";
    server.run(left).unwrap();
}
