//! `metac test` as people and scripts meet it.
#![expect(clippy::disallowed_methods, reason = "these tests are about the disk")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic in a test is the report")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What was printed, and the exit code.
fn metac(folder: &Path, args: &[&str]) -> (String, String, i32) {
    let output = Command::cargo_bin("metac").unwrap().current_dir(folder).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().expect("an exit code"))
}

/// The blocks of the page on policy tests: what they are called, and what they hold.
fn blocks() -> Vec<(String, String)> {
    let page = fs::read_to_string(root().join("docs/language/policy-tests.md")).unwrap();
    let parts = page.split("```").skip(1).step_by(2);
    parts.map(|part| part.split_once('\n').unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

/// The package of the page, with some words replaced.
fn package(changes: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut found = vec![false; changes.len()];
    for (info, text) in blocks() {
        let Some(name) = info.strip_prefix("yaml ") else { continue };
        let mut text = text;
        for ((from, to), found) in changes.iter().zip(&mut found) {
            *found |= text.contains(from);
            text = text.replace(from, to);
        }
        fs::write(folder.path().join(name), text).unwrap();
    }
    assert!(found.iter().all(|found| *found), "{changes:?} are not all on the page");
    folder
}

#[test]
fn the_page_shows_what_is_printed() {
    let folder = package(&[]);
    let (out, err, code) = metac(folder.path(), &["test"]);
    assert_eq!((err.as_str(), code), ("", 0), "{out}");
    let shown =
        blocks().into_iter().find(|(info, text)| info == "text" && text.starts_with("orders.OrderAccess"));
    assert_eq!(shown.unwrap().1, out);
    let (out, _, code) = metac(folder.path(), &["test", "--coverage"]);
    assert!(code == 0 && out.contains("5 of 5 rules seen both ways"), "{out}");
    assert!(!out.contains("no test"), "the page covers everything: {out}");
    let (out, _, code) =
        metac(folder.path(), &["test", "--mutations", "--deny", "survivors", "--deny", "gaps"]);
    assert!(code == 0 && out.contains("mistakes noticed (100 %)"), "{out}");
}

#[test]
fn the_examples_keep_what_their_tests_promise() {
    for example in ["purchase", "leave"] {
        let folder = root().join("examples").join(example);
        let (out, err, code) = metac(&folder, &["test", "--coverage"]);
        assert_eq!((err.as_str(), code), ("", 0), "{out}");
        assert!(!out.contains("rule `"), "{example} has a rule that no test has seen both ways:\n{out}");
    }
}

#[test]
fn a_changed_policy_fails_where_it_was_expected_and_shows_the_rules() {
    let folder = package(&[("\"approved\"', message", "\"open\"', message")]);
    let (out, _, code) = metac(folder.path(), &["test", "--filter", "in their region"]);
    assert_eq!(code, 1);
    for part in [
        "`update` of `draft` by `ann` is denied",
        "order_test.yaml:18:",
        "expected: allowed by `region`",
        "allow is true",
        "deny is true, decides",
        "FAILED: 1 test, ",
    ] {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
}

#[test]
fn nothing_of_a_test_is_in_the_artifact() {
    let folder = package(&[]);
    let build = |out: &str| {
        let (_, err, code) = metac(folder.path(), &["compile", "--out", out]);
        assert_eq!(code, 0, "{err}");
        fs::read(folder.path().join(out).join("manifest.json")).unwrap()
    };
    let with = build("with");
    fs::remove_file(folder.path().join("order_test.yaml")).unwrap();
    assert_eq!(with, build("without"), "the manifest holds the hashes of all other files");
}

#[test]
fn a_test_that_is_wrong_stops_checking_and_trying_but_never_the_artifact() {
    let sound = package(&[]);
    assert_eq!(metac(sound.path(), &["compile", "--out", "before"]).2, 0);
    let before = sound.path().join("before");
    let manifest = |folder: &Path| fs::read(folder.join("manifest.json")).unwrap();
    for (from, to) in [
        ("deny: { update: locked }", "deny: { update: unlocked }"),
        ("for: Order\nprincipals", "for: Odrer\nprincipals"),
        ("tests:\n  - name: Buyers work", "teste:\n  - name: Buyers work"),
        ("hidden: [note] } }", "hidden: [note } }"),
    ] {
        let folder = package(&[(from, to)]);
        let run = |args: &[&str]| metac(folder.path(), args);
        for command in ["check", "test"] {
            assert_eq!(run(&[command]).2, 1, "{command} of {to}");
        }
        let (_, err, code) = run(&["compile", "--out", "after"]);
        assert!(code == 0 && !err.contains("error"), "{to}: {err}");
        assert_eq!(manifest(&before), manifest(&folder.path().join("after")), "{to}");
        let (out, err, code) = run(&["diff", before.to_str().unwrap(), ".", "--fail-on", "any"]);
        assert_eq!((err.as_str(), code), ("", 0), "{to}: {out}");
    }
}

/// Each change of the page's tests, with what is said of it and where.
fn are_told(changes: &[(&str, &str, &str)]) {
    for (from, to, told) in changes {
        let folder = package(&[(from, to)]);
        for command in ["check", "test"] {
            let (out, err, code) = metac(folder.path(), &[command]);
            assert!(code == 1 && out.is_empty(), "{command} of {to}: {out}");
            assert!(err.contains(told), "{told:?} is not in\n{err}");
        }
    }
}

#[test]
fn what_expects_nothing_is_told_where_it_stands() {
    let page = blocks();
    let tests = &page.iter().find(|(info, _)| info == "yaml order_test.yaml").unwrap().1;
    let records = tests.split_once("  Order:\n").unwrap().1.split_once("tests:").unwrap().0;
    are_told(&[
        (tests.split_once("tests:").unwrap().1, " []\n", "`tests` is empty"),
        ("\n      ann: { draft: { deny: [update, create] } }", " {}", "`expect` is empty"),
        ("{ draft: { deny: [update, create] } }", "{}", "`ann` is empty"),
        ("{ draft: { deny: [update, create] } }", "{ draft: {} }", "`draft` is empty"),
        ("{ deny: [update, create] }", "{ deny: [] }", "`deny` is empty"),
        ("visible: [iban, note]", "visible: []", "`visible` is empty"),
        (&format!("  Order:\n{records}"), "  Order: {}\n", "`\"*\"` stands for no record of `Order`"),
        ("name: Everybody lists what is his", "name: Managers approve what others wrote", "is there twice"),
    ]);
}

#[test]
fn values_and_roles_that_the_server_would_not_meet_are_told() {
    are_told(&[
        ("draft:    { region: EU", "draft:    { region: EUROPEAN-PART", "`region` is at most 8 characters"),
        ("by_max:   { region: US", "by_max:   { region: 7", "write `\"7\"`"),
        ("changed: { region: US }", "changed: { region: true }", "this is a truth value"),
        ("[clerk], region: EU", "[clerk], region: 7", "`region` is text"),
        ("[buyer], region: US", "[buyre], region: US", "did you mean `buyer`?"),
    ]);
    let asked = r#"to: [manager], unless: 'created_by == user.id || "buyers" in user.roles' }"#;
    let folder = package(&[
        ("to: [manager], unless: created_by == user.id }", asked),
        ("[clerk], region: EU", "[buyers], region: EU"),
    ]);
    let (out, err, code) = metac(folder.path(), &["test"]);
    assert_eq!((err.as_str(), code), ("", 0), "a condition looks for `buyers`: {out}");
    for (limit, value, told) in [
        ("{ type: money, min: 0.00 }", "-3.00", "`total` is at least 0.00"),
        ("{ type: int, max: 5 }", "6", "`total` is at most 5"),
        ("decimal(4, 2)", "100.00", "`total` is of at most 4 digits"),
        ("{ type: string, max_length: 8, pattern: '[A-Z]+' }", "ab", "`total` is text like `[A-Z]+`"),
        ("{ type: int, values: [1, 2] }", "3", "`total` is one of 1, 2"),
    ] {
        let given = format!("draft:    {{ total: {value}, region: EU");
        let model = format!("total: {limit}");
        let folder = package(&[("total:  money! = 0", &model), ("draft:    { region: EU", &given)]);
        let (_, err, code) = metac(folder.path(), &["test"]);
        assert!(code == 1 && err.contains(told), "{told:?} is not in\n{err}");
    }
}

const LINES: &str = "entity: Product
fields: { name: string(20)! }
---
entity: Order
fields:
  code:  string(20)!
  note:  text
  lines: list(Line)
---
entity: Line
fields:
  product: Product
  text:    { type: string, copy: product.name }
  amount:  int!
---
policy: OrderAccess
for: Order
rules:
  - { id: look, allow: [read], to: [clerk, boss] }
  - { id: desk, allow: [create], to: [clerk], after: 'lines.all(l, l.text == \"desk\" && l.amount > 0)' }
fields:
  note: { read: [boss] }
---
policy: ProductAccess
for: Product
rules:
  - { id: look, allow: [read], to: [clerk] }
---
policy_test: OrderAccess
for: Order
principals:
  ann: { roles: [clerk] }
  max: { roles: [boss] }
records:
  Product: { desk: { name: desk }, chair: { name: chair } }
  Order: { one: { code: A } }
tests:
";

/// What is said of tests of a package with lines.
fn of_lines(tests: &str) -> (String, String, i32) {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("metac.yaml"), "package: shop\nedition: 2026\n").unwrap();
    fs::write(folder.path().join("order.yaml"), format!("{LINES}{tests}")).unwrap();
    metac(folder.path(), &["test"])
}

#[test]
fn what_a_change_brings_is_copied_and_complete_like_any_record() {
    let test = |line: &str, expected: &str| {
        format!(
            "  - name: \"{expected} {line}\"\n    changed: {{ lines: [{{ {line} }}] }}\n    \
             expect: {{ ann: {{ one: {{ {expected}: create }} }} }}\n"
        )
    };
    let desk = test("product: desk, amount: 1", "allow");
    let (out, err, code) = of_lines(&(desk + &test("product: chair, amount: 1", "deny")));
    assert_eq!((err.as_str(), code), ("", 0), "{out}");
    let (out, err, code) = of_lines(&test("product: desk", "deny"));
    assert!(code == 1 && err.contains("does not say its `amount`"), "{out}{err}");
}

#[test]
fn a_field_named_closely_wins_over_all_wherever_it_stands() {
    for (cells, code) in [
        (["'*': { one: { hidden: [note] } }", "max: { one: { visible: [note] } }"], 0),
        (["max: { one: { visible: [note] } }", "'*': { one: { hidden: [note] } }"], 0),
        (["max: { one: { visible: [note] } }", "max, ann: { '*': { hidden: [note] } }"], 0),
        (["'*': { one: { visible: [note] } }", "max: { '*': { visible: [note] } }"], 1),
    ] {
        let [first, second] = cells;
        let (out, err, found) =
            of_lines(&format!("  - name: Notes\n    fields:\n      {first}\n      {second}\n"));
        assert!(found == code && err.is_empty(), "{cells:?}: {out}{err}");
        assert!(code == 0 || out.contains("1 did not come"), "max alone sees it: {out}");
    }
    let apart = "'*': { one: { hidden: [note] } }\n      max: { '*': { visible: [note] } }";
    let (out, err, code) = of_lines(&format!("  - name: Notes\n    fields:\n      {apart}\n"));
    assert!(code == 1 && err.contains("`note` is expected twice"), "{out}{err}");
}

#[test]
fn warnings_about_the_model_are_for_checking() {
    let folder = package(&[("allow: [read], to: [manager] }", "allow: [read], to: [manager, managr] }")]);
    assert!(metac(folder.path(), &["check"]).1.contains("W0642"));
    let (out, err, code) = metac(folder.path(), &["test"]);
    assert_eq!((err.as_str(), code), ("", 0), "{out}");
}

#[test]
fn a_filter_that_finds_nothing_and_a_package_without_tests_are_told_apart() {
    let folder = package(&[]);
    let (_, err, code) = metac(folder.path(), &["test", "--filter", "nothing is called so"]);
    assert_eq!((err.as_str(), code), ("error: no test has `nothing is called so` in its name\n", 2));
    fs::remove_file(folder.path().join("order_test.yaml")).unwrap();
    let (out, err, code) = metac(folder.path(), &["test"]);
    assert!(code == 0 && out.is_empty() && err.contains("there are no policy tests in"), "{out}{err}");
    for deny in ["gaps", "survivors"] {
        let (out, err, code) = metac(folder.path(), &["test", "--deny", deny]);
        assert!(code == 1 && err.contains("no test has seen any of them"), "{deny}: {out}{err}");
    }
}

#[test]
fn what_no_test_sees_and_what_none_notices_is_listed_and_can_be_denied() {
    let folder = package(&[(
        "        approved: { allow: { read: region, create: make }, deny: { update: locked } }\n",
        "",
    )]);
    let (out, _, code) = metac(folder.path(), &["test", "--coverage", "--mutations"]);
    assert_eq!(code, 0, "{out}");
    for part in [
        "  `create` of orders.Order: no test where it is allowed\n",
        "order.yaml:18: rule `locked` of orders.OrderAccess: rule dropped, and every test passes\n",
    ] {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
    for (deny, why) in [
        ("gaps", "error: not everything was seen by a test (--deny gaps)\n"),
        ("survivors", "error: some mistakes were noticed by no test (--deny survivors)\n"),
    ] {
        let (_, err, code) = metac(folder.path(), &["test", "--deny", deny]);
        assert_eq!((err.as_str(), code), (why, 1));
    }
}

#[test]
fn results_are_written_for_programs_and_twice_alike() {
    let folder = package(&[("create: make }, deny: { update: locked }", "create: make, update: ~ }")]);
    let file = |format: &str| {
        let args = ["test", "--format", format, "--out", "results", "--coverage"];
        let (out, err, code) = metac(folder.path(), &args);
        assert!(code == 1 && err.is_empty() && out.contains("FAILED: 5 tests"), "{out}{err}");
        fs::read_to_string(folder.path().join("results")).unwrap()
    };
    let json = file("json");
    assert_eq!(json, file("json"));
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let failure = &report["suites"][0]["tests"][0]["failures"][0];
    assert_eq!(failure["message"], "`update` of `approved` by `ann` is denied");
    assert_eq!(failure["expected"]["place"]["line"], 19);
    assert_eq!(failure["rules"][1]["text"], "deny is true, decides");
    assert_eq!((&report["tests"], &report["failed"], &report["missed"]), (&5.into(), &1.into(), &1.into()));
    assert_eq!(report["coverage"]["rules"][3]["seen"]["true"], true);
    let junit = file("junit");
    assert_eq!(junit, file("junit"));
    for part in [
        "<testsuite name=\"orders.OrderAccess\" tests=\"5\" failures=\"1\"",
        "<failure type=\"E0790\" message=\"`update` of `approved` by `ann` is denied\">",
        "deny: &quot;*&quot;",
    ] {
        assert!(junit.contains(part), "{part:?} is not in\n{junit}");
    }
}
