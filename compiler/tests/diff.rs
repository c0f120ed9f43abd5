//! `metac diff` as its users meet it: the page about it is run.
#![expect(clippy::disallowed_methods, reason = "these tests are about the disk")]
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use athyper_metac::diff::{Facts, TABLE};
use tempfile::TempDir;

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/diff.md")
}

fn metac(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("metac").unwrap();
    let output = command.current_dir(folder).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The fenced blocks whose first line is `info`.
fn block<'t>(text: &'t str, info: &str) -> &'t str {
    let begin = text.split_once(&format!("```{info}\n")).unwrap().1;
    begin.split_once("```").unwrap().0
}

/// Writes a package with this text and compiles it into `build-NAME`.
fn package(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder.join(name)).unwrap();
    let head = "package: shop\nedition: 2026\nuser:\n  id: string!\n  roles: list(string)!\n";
    fs::write(folder.join(name).join("metac.yaml"), head).unwrap();
    fs::write(folder.join(name).join("order.yaml"), text).unwrap();
}

#[test]
fn the_page_shows_what_the_program_says() {
    let text = fs::read_to_string(page()).unwrap();
    let folder = TempDir::new().unwrap();
    for name in ["before", "now"] {
        package(folder.path(), &format!("{name}-package"), block(&text, &format!("yaml {name}")));
        let (code, _, err) = metac(folder.path(), &["compile", &format!("{name}-package"), "--out", name]);
        assert_eq!(code, 0, "{err}");
    }
    let shown = block(&text, "console");
    let (call, _) = shown.split_once('\n').unwrap();
    let args: Vec<&str> = call.strip_prefix("$ metac ").unwrap().split(' ').collect();
    let (code, out, err) = metac(folder.path(), &args);
    assert_eq!(code, 1, "{err}");
    let said = format!("{call}\n{out}");
    if std::env::var_os("BLESS").is_some() {
        fs::write(page(), text.replace(shown, &said)).unwrap();
    } else {
        assert_eq!(shown, said);
    }
}

#[test]
fn the_manual_lists_every_kind_of_change() {
    let text = fs::read_to_string(page()).unwrap();
    let head = "| class | change | why | stored data |\n|---|---|---|---|\n";
    let (before, shown) = text.split_once(head).unwrap();
    let row = |row: &Facts| format!("| {} | {} | {} | {} |\n", row.class.name(), row.name, row.why, row.data);
    let table: String = TABLE.iter().map(row).collect();
    if std::env::var_os("BLESS").is_some() {
        fs::write(page(), format!("{before}{head}{table}")).unwrap();
    } else {
        assert_eq!(shown, table);
    }
}

#[test]
fn the_same_is_no_difference_and_a_changed_build_is_refused() {
    let text = fs::read_to_string(page()).unwrap();
    let folder = TempDir::new().unwrap();
    package(folder.path(), "package", block(&text, "yaml before"));
    metac(folder.path(), &["compile", "package", "--out", "one"]);
    let (code, out, _) = metac(folder.path(), &["diff", "one", "one"]);
    assert_eq!((code, out.as_str()), (0, "No difference.\n"));
    let policy = folder.path().join("one/model/policies/shop.OrderAccess.json");
    fs::write(&policy, fs::read_to_string(&policy).unwrap().replace("manager", "anybody")).unwrap();
    let (code, _, err) = metac(folder.path(), &["diff", "one", "one"]);
    assert_eq!(code, 5);
    assert!(err.contains("shop.OrderAccess.json` was changed after it was compiled"), "{err}");
}

fn git(folder: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    let mut command = Command::new("git");
    command.current_dir(folder).args(identity).args(args).assert().success();
}

#[test]
fn a_revision_is_read_out_of_git_without_touching_the_working_tree() {
    let text = fs::read_to_string(page()).unwrap();
    let folder = TempDir::new().unwrap();
    let shop = folder.path().join("shop");
    git(folder.path(), &["init", "-q"]);
    package(folder.path(), "shop", block(&text, "yaml before"));
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "before"]);
    git(folder.path(), &["tag", "v1"]);
    package(folder.path(), "shop", block(&text, "yaml now"));
    let (code, from_package, err) = metac(&shop, &["diff", "v1"]);
    assert_eq!(code, 1, "{err}");
    assert!(from_package.contains("+ `auditor`: gains read of shop.Order"), "{from_package}");
    assert_eq!(metac(folder.path(), &["diff", "v1", "shop"]).1, from_package);
    git(folder.path(), &["commit", "-qam", "now"]);
    assert_eq!(metac(&shop, &["diff", "HEAD~1", "HEAD"]).1, from_package);
    assert_eq!(metac(&shop, &["diff", "HEAD"]).0, 0);
    for (args, code, words) in [
        (["diff", "v9"], 2, "`v9` is neither a folder nor a revision that git knows here"),
        (["diff", ".."], 2, "`..` has neither a `manifest.json` (a build) nor a `metac.yaml` (a package)"),
    ] {
        let (found, _, err) = metac(&shop, &args);
        assert!(found == code && err.contains(words), "{err}");
    }
    fs::write(shop.join("order.yaml"), "entity: Order\nfields: { code: strng! }\n").unwrap();
    let (code, _, err) = metac(&shop, &["diff", "v1"]);
    assert!(code == 1 && err.contains("`.` does not compile"), "{err}");
}

#[test]
fn every_format_says_the_same() {
    let text = fs::read_to_string(page()).unwrap();
    let folder = TempDir::new().unwrap();
    package(folder.path(), "old", block(&text, "yaml before"));
    package(folder.path(), "new", block(&text, "yaml now"));
    let said = |format: &str| metac(folder.path(), &["diff", "old", "new", "--format", format]).1;
    let json: serde_json::Value = serde_json::from_str(&said("json")).unwrap();
    let turns: Vec<&str> =
        json["access"].as_array().unwrap().iter().map(|a| a["turn"].as_str().unwrap()).collect();
    assert_eq!(turns, ["gains", "loses", "loses", "loses", "gains"]);
    assert_eq!(json["access"][1]["witness"]["record"]["amount"], "1000.01");
    let github = said("github");
    let first = "::warning file=new/order.yaml,line=16,title=access::`auditor`: gains read of shop.Order%0A";
    assert!(github.starts_with(first), "{github}");
    assert!(github.contains("::error title=breaking::limit narrowed: shop.Order.code%0A"), "{github}");
    let markdown = said("markdown");
    assert!(markdown.starts_with("**2 gained, 3 lost, 2 breaking, 1 safe**\n\n### Access\n"), "{markdown}");
    for (on, code) in [("none", 0), ("risky", 1), ("losses", 1), ("any", 1)] {
        let args = ["diff", "old", "new", "--entity", "Order", "--fail-on", on];
        assert_eq!(metac(folder.path(), &args).0, code, "{on}");
    }
    let args = ["diff", "old", "new", "--role", "buyer", "--fail-on", "losses"];
    assert_eq!(metac(folder.path(), &args).0, 0, "a buyer loses nothing");
}

const FIELDS: &str = "entity: Order
fields:
  code:   string(20)!
  status: { type: enum, values: [open, done, returned] }
---
policy: OrderAccess
for: Order
rules:
";

/// What is said of two texts of the package, each after [`FIELDS`].
fn between(rules: [&str; 2], args: &[&str]) -> (i32, String, String) {
    let folder = TempDir::new().unwrap();
    for (name, rules) in ["old", "new"].into_iter().zip(rules) {
        package(folder.path(), name, &format!("{FIELDS}{rules}"));
    }
    metac(folder.path(), &[&["diff", "old", "new"], args].concat())
}

#[test]
fn what_the_operator_may_do_is_compared() {
    let rules = |to: &str| format!("  - {{ id: look, allow: [read], to: [{to}] }}\n");
    let (before, now) = (rules("anonymous"), rules("anonymous, system"));
    let (code, out, _) = between([&before, &now], &[]);
    assert!(code == 1 && out.contains("+ the operator's commands: gains read of shop.Order"), "{out}");
    assert_eq!(between([&now, &before], &["--fail-on", "losses", "--role", "system"]).0, 1);
}

#[test]
fn a_deny_that_was_escaped_is_no_reason() {
    let rules = |may: &str, which: &str| {
        format!(
            "  - {{ id: desk, allow: [{may}], to: [clerk]{which} }}\n  \
             - {{ id: done, deny: [delete], to: ['*'], when: status == \"returned\" }}\n"
        )
    };
    let before = rules("read, delete", "");
    let (_, out, _) = between([&before, &rules("read", "")], &[]);
    assert!(out.contains("denied: no rule allows it") && !out.contains("deny `done`"), "{out}");
    let (_, out, _) = between([&before, &rules("read, delete", ", when: code == \"A\"")], &[]);
    assert!(
        out.contains("denied: `desk` order.yaml:9 does not hold") && !out.contains("deny `done`"),
        "{out}"
    );
}

#[test]
fn what_goes_with_an_entity_or_a_package_is_lost() {
    let folder = TempDir::new().unwrap();
    let rules =
        "  - { id: look, allow: [read], to: ['*'] }\n  - { id: desk, allow: [delete], to: [clerk] }\n";
    package(folder.path(), "old", &format!("{FIELDS}{rules}"));
    package(folder.path(), "gone", "entity: Other\nfields: { code: string(20)! }\n");
    package(folder.path(), "store", &format!("{FIELDS}{rules}"));
    let head = folder.path().join("store/metac.yaml");
    fs::write(&head, fs::read_to_string(&head).unwrap().replace("package: shop", "package: store")).unwrap();
    let lost = [
        "- everybody with a token: loses read of shop.Order\n      before   every record: `look` order.yaml:9\n      now      the entity is gone\n",
        "- `clerk`: loses delete of shop.Order\n",
        "breaking entity removed: shop.Order\n",
    ];
    for (new, more) in [("gone", ""), ("store", "breaking package renamed: store (was shop)\n")] {
        let (code, out, _) = metac(folder.path(), &["diff", "old", new]);
        assert_eq!(code, 1, "{out}");
        lost.iter().chain([&more]).for_each(|line| assert!(out.contains(line), "{line}: {out}"));
        assert!(!out.contains("`clerk`: loses read"), "{out}");
        assert_eq!(metac(folder.path(), &["diff", "old", new, "--fail-on", "losses"]).0, 1);
    }
}

#[test]
fn the_size_of_the_items_of_a_list_is_compared() {
    let folder = TempDir::new().unwrap();
    let fields = |tags: &str, sums: &str| format!("entity: Order\nfields:\n  tags: {tags}\n  sums: {sums}\n");
    package(folder.path(), "old", &fields("list(string(20))", "list(decimal(8, 2))"));
    package(folder.path(), "new", &fields("list(string(5))", "list(decimal(9, 2))"));
    let (code, out, err) = metac(folder.path(), &["diff", "old", "new"]);
    assert_eq!(code, 1, "{out}{err}");
    for line in [
        "breaking limit narrowed: shop.Order.tags (longest 20 to 5)\n",
        "limit widened: shop.Order.sums (digits 8 to 9)\n",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
}

#[test]
fn a_misspelt_filter_is_a_wrong_call() {
    let rules = "  - { id: look, allow: [read], to: [clerk] }\n";
    for (option, name, said) in [
        ("--entity", "order", "neither side has the entity `order`; did you mean `Order`?"),
        ("--entity", "shop.Ordr", "neither side has the entity `shop.Ordr`; did you mean `shop.Order`?"),
        ("--role", "clark", "neither side has the role `clark`; did you mean `clerk`?"),
        ("--role", "x", "neither side has the role `x`\n"),
    ] {
        let (code, out, err) = between([rules, rules], &[option, name]);
        assert!(code == 2 && out.is_empty() && err.contains(said), "{out}{err}");
    }
    for (option, name) in
        [("--entity", "Order"), ("--entity", "shop.Order"), ("--role", "clerk"), ("--role", "system")]
    {
        assert_eq!(between([rules, rules], &[option, name]).0, 0, "{name}");
    }
}

#[test]
fn an_old_name_asks_for_the_entity_as_it_is_called_now() {
    let folder = TempDir::new().unwrap();
    package(folder.path(), "old", "entity: Order\nfields: { code: string(20)! }\n");
    package(folder.path(), "new", "entity: Purchase\nwas: Order\nfields: { code: string(20)! }\n");
    let (code, out, err) = metac(folder.path(), &["diff", "old", "new", "--entity", "Order"]);
    assert!(code == 1 && out.contains("entity renamed: shop.Purchase"), "{out}{err}");
}

#[test]
fn what_is_known_of_callers_is_compared() {
    let said = |before: &str, now: &str| {
        let folder = TempDir::new().unwrap();
        for (name, user) in [("old", before), ("new", now)] {
            package(folder.path(), name, "entity: Order\nfields: { code: string(20)! }\n");
            let head = folder.path().join(name).join("metac.yaml");
            fs::write(&head, format!("{}{user}", fs::read_to_string(&head).unwrap())).unwrap();
        }
        let (code, out, err) = metac(folder.path(), &["diff", "old", "new"]);
        format!("{code} {out}{err}")
    };
    let optional = "  team: string\n";
    for (before, now, expected) in [
        (
            optional,
            "  team: { type: string, claim: unit }\n",
            "callers changed: user.team (claim team to unit)",
        ),
        (optional, "  team: string!\n", "breaking attribute of callers became required: user.team\n"),
        (
            optional,
            "  team: int\n",
            "breaking attribute of callers changed: user.team (a text to a whole number)",
        ),
        (optional, "", "safe     attribute of callers removed: user.team"),
        ("", optional, "safe     attribute of callers added: user.team"),
        ("", "  team: string!\n", "breaking required attribute of callers added: user.team"),
    ] {
        let found = said(before, now);
        assert!(found.contains(expected), "{expected}: {found}");
        assert_eq!(found.starts_with('1'), !expected.starts_with("safe"), "{found}");
    }
}

#[test]
fn a_build_with_a_file_more_is_refused() {
    let folder = TempDir::new().unwrap();
    package(folder.path(), "package", &format!("{FIELDS}  - {{ id: look, allow: [read], to: [clerk] }}\n"));
    metac(folder.path(), &["compile", "package", "--out", "one"]);
    fs::write(folder.path().join("one/model/policies/shop.More.json"), "{}").unwrap();
    let (code, _, err) = metac(folder.path(), &["diff", "one", "package"]);
    assert!(code == 5 && err.contains("shop.More.json` is not listed in `manifest.json`"), "{err}");
}

#[test]
fn what_a_rule_says_besides_is_told_as_safe() {
    let rules = |message: &str, obligation: &str, output: &str| {
        let more = format!("obligation: {obligation}, output: {output}");
        format!(
            "  - {{ id: look, allow: [read], to: [clerk], {more} }}\n  \
             - {{ id: no, deny: [delete], to: ['*'], message: {message} }}\n"
        )
    };
    let (code, out, err) = between(
        [&rules("Never.", "log", "code"), &rules("Not here.", "tell", "user.id")],
        &["--fail-on", "risky"],
    );
    assert_eq!(code, 0, "{out}{err}");
    for line in [
        "safe     message of a rule changed: shop.OrderAccess.no (`Never.` to `Not here.`)",
        "safe     obligation of a rule changed: shop.OrderAccess.look (`log` to `tell`)",
        "safe     output of a rule changed: shop.OrderAccess.look (`code` to `user.id`)",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
}
