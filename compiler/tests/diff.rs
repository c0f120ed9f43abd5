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
