//! The policy tests of the examples, decided in memory, by SQLite, by PostgreSQL and by its row level security.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::path::Path;

use athyper_tests::postgres::{OWNER, Postgres, USER};
use athyper_tests::programs;

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

#[test]
fn a_database_that_does_not_answer_is_no_failed_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/leave");
    let folder = folder.to_string_lossy();
    let url = "postgres://nobody@localhost/nothing?host=/nowhere";
    let (_, err, code) = metac(&[&folder, "--database", url]);
    assert_eq!(code, Some(5), "{err}");
    assert!(err.starts_with("error: cannot connect to PostgreSQL: "), "{err}");
    let (_, err, code) = metac(&[&folder, "--database", "mysql"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("write `memory`, `sqlite` or `postgres://"), "{err}");
}
