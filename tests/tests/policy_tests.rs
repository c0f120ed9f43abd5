//! The policy tests of the examples, decided in memory, by SQLite, by PostgreSQL and by its row level security.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use athyper_tests::postgres::{OWNER, Postgres, USER};
use athyper_tests::programs;
use serde_json::Value;

fn metac(arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = programs::metac().unwrap().arg("test").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn databases_decide_the_examples_as_memory_does() {
    let server = Postgres::shared().unwrap();
    let database = server.database().unwrap();
    // The superuser is held to nothing: a role is made for the callers. The owner is held to everything himself.
    for user in [USER, OWNER] {
        for example in ["purchase", "leave"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example);
            let url = server.address(user, &database);
            let (out, err, code) =
                metac(&[&folder.to_string_lossy(), "--database", "sqlite", "--database", &url]);
            assert_eq!((err.as_str(), code), ("", Some(0)), "{user} {example}\n{out}");
            let compared: Vec<&str> = out.lines().filter(|line| line.contains("each as in memory")).collect();
            let [sqlite, postgres] = compared.as_slice() else { panic!("{out}") };
            assert!(sqlite.starts_with("SQLite: ") && postgres.starts_with("PostgreSQL: "), "{out}");
        }
    }
    // Divides by nothing where something is left.
    let left = "SELECT 1 / (1 - count(*)) FROM pg_roles WHERE rolname LIKE 'athyper_test%'";
    server.run(left).unwrap();
}

/// A package with writes of every kind, and with everything that row level security cannot say.
fn shop() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy_tests/shop");
    folder.to_string_lossy().into_owned()
}

#[test]
fn row_level_security_is_asked_what_it_can_say_and_nothing_else() {
    let server = Postgres::shared().unwrap();
    let url = server.address(OWNER, &server.database().unwrap());
    let (out, err, code) = metac(&[&shop(), "--database", &url, "--format", "json"]);
    assert_eq!((err.as_str(), code), ("", Some(0)), "{out}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let mut why: BTreeMap<String, u32> = BTreeMap::new();
    for unasked in report["databases"][0]["not_asked"].as_array().unwrap() {
        let reason = unasked["why"].as_str().unwrap();
        *why.entry(reason.to_owned()).or_default() += 1;
    }
    let why: Vec<(&str, u32)> = why.iter().map(|(why, count)| (why.as_str(), *count)).collect();
    assert_eq!(
        why,
        [
            ("PostgreSQL has no equal for a condition of `mail`", 4),
            ("a rule asks of the record before and after the change at once", 3),
            ("no rule about the record refuses it: `ann` may not set `secret`", 2),
            ("the record leaves the sight of its caller", 2),
        ]
    );
}

/// In a database that is so made, row level security is not what `rls.sql` says.
const MISTAKE: &str = "CREATE FUNCTION mistake() RETURNS event_trigger LANGUAGE plpgsql AS $$ \
    DECLARE one record; BEGIN \
    FOR one IN SELECT polname, polrelid::regclass AS holder FROM pg_event_trigger_ddl_commands() \
    JOIN pg_policy ON pg_policy.oid = objid WHERE polname = 'ACTION' LOOP \
    EXECUTE format('ALTER POLICY %I ON %s CONDITION', one.polname, one.holder); \
    END LOOP; END $$";

#[test]
fn a_mistake_in_row_level_security_is_found_and_both_answers_are_named() {
    let server = Postgres::shared().unwrap();
    let allowed = "row level security allows `ACTION` of";
    let denied = "row level security denies `ACTION` of";
    for (action, condition, told) in [
        ("create", "WITH CHECK (TRUE)", allowed),
        ("create", "WITH CHECK (FALSE)", denied),
        ("update", "USING (TRUE)", allowed),
        ("update", "WITH CHECK (TRUE)", allowed),
        ("update", "WITH CHECK (FALSE)", denied),
        ("delete", "USING (TRUE)", allowed),
        ("delete", "USING (FALSE)", denied),
    ] {
        let database = server.database().unwrap();
        let mistake = MISTAKE.replace("ACTION", action).replace("CONDITION", condition);
        server.run_in(&database, &mistake).unwrap();
        let trigger = "CREATE EVENT TRIGGER mistake ON ddl_command_end WHEN TAG IN ('CREATE POLICY') EXECUTE FUNCTION mistake()";
        server.run_in(&database, trigger).unwrap();
        let (out, _, code) = metac(&[&shop(), "--database", &server.address(OWNER, &database)]);
        assert_eq!(code, Some(1), "{action} {condition}\n{out}");
        let told = told.replace("ACTION", action);
        assert!(out.contains("E0791 database-differs") && out.contains(&told), "{action} {condition}\n{out}");
    }
}

#[test]
fn what_cannot_be_decided_is_a_failure_whatever_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    (0..800).for_each(|number| write!(lines, "{{ amount: {number} }}, ").unwrap());
    let order = format!(
        r#"entity: Order
fields: {{ note: string, lines: list(Line) }}
---
entity: Line
fields: {{ amount: int! }}
---
policy: OrderAccess
for: Order
rules:
  - {{ id: look, allow: [read], to: [buyer], when: "lines.all(a, lines.all(b, a.amount + b.amount >= 0))" }}
fields: {{ note: {{ read: [boss] }} }}
---
policy_test: OrderAccess
for: Order
principals: {{ ann: {{ roles: [buyer] }} }}
records: {{ Order: {{ long: {{ lines: [{lines}] }} }} }}
tests:
  - {{ name: Denied, expect: {{ ann: {{ long: {{ deny: read }} }} }} }}
  - {{ name: Listed, list: {{ ann: [] }} }}
  - {{ name: Hidden, fields: {{ ann: {{ long: {{ hidden: [note] }} }} }} }}
"#
    );
    std::fs::write(folder.path().join("metac.yaml"), "package: long\nedition: 2026\n").unwrap();
    std::fs::write(folder.path().join("order.yaml"), order).unwrap();
    let (out, err, code) = metac(&[&folder.path().to_string_lossy(), "--database", "memory"]);
    assert_eq!((err.as_str(), code), ("", Some(1)), "{out}");
    assert_eq!(out.matches("can not be decided").count(), 3, "{out}");
}

#[test]
fn a_database_that_does_not_answer_is_said_behind_the_results() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/leave");
    let folder = folder.to_string_lossy();
    let url = "postgres://nobody@localhost/nothing?host=/nowhere";
    let (out, err, code) = metac(&[&folder, "--database", url, "--database", "sqlite"]);
    assert_eq!(code, Some(5), "{err}");
    assert!(err.starts_with("error: cannot connect to PostgreSQL: "), "{err}");
    for part in [
        "  ok   ",
        "PostgreSQL: no answers\n",
        "each as in memory",
        "; PostgreSQL was not asked everything\n",
    ] {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
    let (out, _, code) = metac(&[&folder, "--database", url, "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let error = report["databases"][0]["error"].as_str().unwrap();
    assert!(code == Some(5) && error.starts_with("cannot connect to PostgreSQL: "), "{out}");
    assert!(
        report["passed"] == false && report["failed"] == 0 && report["tests"].as_u64() > Some(0),
        "{out}"
    );
    let (out, _, code) = metac(&[&folder, "--database", url, "--format", "junit"]);
    let told = r#"<error type="database" message="cannot connect to PostgreSQL: "#;
    assert!(code == Some(5) && out.contains(told) && out.contains(r#"failures="0" errors="1""#), "{out}");
    for (address, told) in [
        ("mysql", "write `memory`, `sqlite` or `postgres://"),
        ("postgres://localhost:port/x", "that is no address of a database"),
    ] {
        let (out, err, code) = metac(&[&folder, "--database", address]);
        assert_eq!((out.as_str(), code), ("", Some(2)));
        assert!(err.contains(told), "{err}");
    }
}
