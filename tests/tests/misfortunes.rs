//! Everything that goes wrong around the programs: each misfortune has its exit code and its words, and nothing is lost.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the report of a test")]
#![expect(clippy::print_stderr, reason = "what this machine does not allow is said")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use athyper_tests::hardship::{Disk, bound_by_permissions, within_a_minute};
use athyper_tests::programs;
use athyper_tests::server::Server;
use athyper_tests::tree;
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, raw_sql};

fn example(name: &str) -> PathBuf {
    programs::root().join("examples").join(name)
}

/// A folder with a package and its build.
fn compiled(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    tree::write(folder.path(), tree::read(&example(name)).unwrap().iter()).unwrap();
    programs::compile(folder.path(), &folder.path().join("build")).unwrap();
    folder
}

fn ended(command: &Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = within_a_minute(command).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// It ends with this code and says these words.
fn ends(command: &Command, code: i32, words: &[&str]) {
    let (found, out, err) = ended(command);
    assert_eq!(found, code, "{command:?}\n{out}{err}");
    for word in words {
        assert!(err.contains(word), "{command:?} does not say `{word}`:\n{out}{err}");
    }
    assert!(!err.contains("panicked"), "{err}");
}

fn athyper(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = programs::athyper().unwrap();
    command.current_dir(folder).args(arguments);
    command
}

fn serve(folder: &Path) -> Command {
    athyper(folder, &["serve", "build", "--dev", "--listen", "127.0.0.1:0", "--database", "x.db"])
}

async fn sql(database: &Path, statements: &str) {
    let options = SqliteConnectOptions::new().filename(database).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
}

const LIST: &str = "/api/data/Note";

/// A note of this many bytes; the status, and what was said.
async fn note(server: &Server, bytes: usize) -> (StatusCode, Value) {
    let url = Url::parse(server.base()).unwrap().join(LIST).unwrap();
    let request = server.request(Method::POST, url, Some("writer@acme")).unwrap();
    let body = json!({ "title": "Note", "body": "x".repeat(bytes) }).to_string();
    let response = request.header("content-type", "application/json").body(body).send().await.unwrap();
    (response.status(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

async fn count(server: &Server) -> u64 {
    let mut url = Url::parse(server.base()).unwrap().join(LIST).unwrap();
    url.set_query(Some("aggregate=count()"));
    let response = server.request(Method::GET, url, Some("writer@acme")).unwrap().send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let page: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    page["items"][0]["count()"].as_u64().unwrap()
}

#[test]
fn a_build_that_is_not_as_it_was_compiled_is_served_by_no_command() {
    let folder = compiled("purchase");
    let whole = tree::read(&folder.path().join("build")).unwrap();
    for (name, bytes) in &whole {
        let path = folder.path().join("build").join(name);
        let mut changed = bytes.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        fs::write(&path, &changed).unwrap();
        ends(&serve(folder.path()), 5, &[name, "compile again"]);
        fs::write(&path, &bytes[..middle]).unwrap();
        ends(&serve(folder.path()), 5, &[name, "compile again"]);
        fs::remove_file(&path).unwrap();
        let words = if name == "manifest.json" { "is not a build folder" } else { "half written" };
        ends(&serve(folder.path()), 5, &[name, words]);
        fs::write(&path, bytes).unwrap();
    }
    let strange = folder.path().join("build/model/entities/purchase.Secret.json");
    fs::write(&strange, "{}").unwrap();
    ends(&serve(folder.path()), 5, &["model/entities/purchase.Secret.json", "not listed"]);
    fs::remove_file(strange).unwrap();

    let manifest = folder.path().join("build/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let newer = text.replacen("\"format\": 1", "\"format\": 99", 1);
    assert_ne!(newer, text);
    fs::write(&manifest, newer).unwrap();
    ends(&serve(folder.path()), 5, &["format 99", "of the same release"]);
    for arguments in [
        &["migrate", "apply", "build", "--database", "x.db"][..],
        &["import", "Currency", "c.csv", "--build", "build", "--tenant", "acme", "--database", "x.db"],
    ] {
        fs::write(folder.path().join("c.csv"), "code,name\nEUR,Euro\n").unwrap();
        ends(&athyper(folder.path(), arguments), 5, &["format 99"]);
    }
    fs::write(&manifest, text).unwrap();
    assert!(!folder.path().join("x.db").exists(), "a database was made for a build that is not served");
    ends(&athyper(folder.path(), &["migrate", "apply", "build", "--database", "x.db"]), 0, &[]);
}

#[tokio::test]
async fn a_port_and_a_file_have_one_server_which_goes_on() {
    let server = Server::start(&example("hello"), &["acme"]).unwrap();
    assert_eq!(note(&server, 10).await.0, StatusCode::CREATED);
    let folder = tempfile::tempdir().unwrap();
    let again = |database: &Path, address: &str| {
        let mut command = programs::athyper().unwrap();
        command.current_dir(&folder).arg("serve").arg(server.build()).args(["--dev", "--listen", address]);
        command.arg("--database").arg(database);
        command
    };
    let address = server.base().strip_prefix("http://").unwrap();
    ends(&again(Path::new("other.db"), address), 5, &["another program listens there", "--listen"]);
    assert!(!folder.path().join("other.db").exists());
    ends(&again(Path::new(server.database()), "127.0.0.1:0"), 5, &["in use by another athyper"]);
    // By another name it is the same file.
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(server.database(), &link).unwrap();
    ends(&again(&link, "127.0.0.1:0"), 5, &["in use by another athyper"]);
    assert_eq!(note(&server, 10).await.0, StatusCode::CREATED);
    assert_eq!(count(&server).await, 2);
}

#[tokio::test]
async fn a_database_of_something_else_is_left_alone() {
    let folder = compiled("hello");
    let database = folder.path().join("x.db");
    // No tables at all: only `--dev` and `migrate apply` make them.
    fs::write(&database, "").unwrap();
    let export = ["export", "Note", "--build", "build", "--tenant", "acme", "--database", "x.db"];
    ends(&athyper(folder.path(), &export), 6, &["has no tables yet", "athyper migrate apply"]);
    ends(&athyper(folder.path(), &["migrate", "apply", "build", "--database", "x.db"]), 0, &[]);

    // The tables of another build.
    let other = compiled("leave");
    let mut serve_other = athyper(other.path(), &["serve", "build", "--dev", "--listen", "127.0.0.1:0"]);
    serve_other.arg("--database").arg(&database);
    ends(&serve_other, 6, &["schema of another build", "leave_request"]);
    let mut migrate_other = athyper(other.path(), &["migrate", "apply", "build", "--database"]);
    ends(migrate_other.arg(&database), 6, &["schema of another build"]);

    // A column that somebody added by hand.
    fs::copy(&database, folder.path().join("changed.db")).unwrap();
    sql(&folder.path().join("changed.db"), "ALTER TABLE hello_note ADD COLUMN more TEXT").await;
    let changed = ["serve", "build", "--dev", "--listen", "127.0.0.1:0", "--database", "changed.db"];
    ends(&athyper(folder.path(), &changed), 6, &["hello_note"]);

    // A database that athyper did not make, a text, and a damaged database.
    let foreign = folder.path().join("foreign.db");
    sql(&foreign, "CREATE TABLE mine (a TEXT); INSERT INTO mine VALUES ('kept')").await;
    let mut damaged = fs::read(&database).unwrap();
    damaged[..4096].fill(0x55);
    fs::write(folder.path().join("damaged.db"), damaged).unwrap();
    fs::write(folder.path().join("text.db"), "no database, but my only copy of a poem").unwrap();
    for (name, code, words) in [
        ("foreign.db", 4, "was not made by athyper"),
        ("damaged.db", 5, "not an SQLite database"),
        ("text.db", 5, "not an SQLite database"),
        ("build", 5, "cannot open"),
    ] {
        let before = fs::read(folder.path().join(name)).ok();
        for verb in [&["migrate", "apply", "build"][..], &["serve", "build", "--dev"]] {
            let mut command = athyper(folder.path(), verb);
            command.args(["--database", name, "--set", "http.listen=127.0.0.1:0"]);
            ends(&command, code, &[words]);
        }
        assert_eq!(fs::read(folder.path().join(name)).ok(), before, "{name} was changed");
    }
}

#[tokio::test]
async fn every_command_says_that_a_database_is_of_another_release() {
    let folder = compiled("hello");
    fs::write(folder.path().join("n.csv"), "title\nNote\n").unwrap();
    let table = |verb: &[&'static str]| [verb, &["--build", "build", "--tenant", "acme"]].concat();
    let commands = [
        vec!["tenant", "list"],
        vec!["tenant", "add", "bolt"],
        vec!["tenant", "suspend", "acme"],
        vec!["decisions"],
        vec!["decisions", "prune"],
        vec!["simulate", "build", "--candidate", "build"],
        table(&["import", "Note", "n.csv"]),
        table(&["export", "Note"]),
    ];
    let on = |database: &str, command: &[&str]| {
        athyper(folder.path(), &[command, &["--database", database]].concat())
    };
    ends(&on("x.db", &["migrate", "apply", "build"]), 0, &[]);
    ends(&on("x.db", &["tenant", "add", "acme"]), 0, &[]);
    fs::copy(folder.path().join("x.db"), folder.path().join("newer.db")).unwrap();
    let newer = "INSERT INTO athyper_migrations (name, hash, applied_at) VALUES ('9999_later', 'sha256:0', '2099-01-01T00:00:00Z')";
    sql(&folder.path().join("newer.db"), newer).await;
    let older = "DELETE FROM athyper_migrations WHERE name >= '0003'; DROP TABLE athyper_decisions";
    sql(&folder.path().join("x.db"), older).await;
    for command in &commands {
        ends(
            &on("newer.db", command),
            6,
            &["another release", "`9999_later`", "use that release or a newer one"],
        );
        ends(&on("x.db", command), 6, &["made by an older release", "athyper migrate apply BUILD"]);
    }
    for command in [
        vec!["migrate", "apply", "build"],
        vec!["migrate", "status", "build"],
        vec!["serve", "build", "--dev"],
    ] {
        ends(&on("newer.db", &command), 6, &["another release"]);
    }
    ends(&on("x.db", &["migrate", "apply", "build"]), 0, &[]);
    for command in &commands[3..] {
        ends(&on("x.db", command), 0, &[]);
    }
}

#[tokio::test]
async fn a_full_disk_stops_writing_and_nothing_else() {
    for disk in [Disk::Quota(1 << 20), Disk::Small(4 << 20)] {
        if let Some(why) = disk.missing() {
            assert_ne!(disk, Disk::Quota(1 << 20), "{why}");
            eprintln!("{disk:?} is not tried: {why}");
            continue;
        }
        let mut server = Server::start(&example("hello"), &["acme"]).unwrap();
        assert_eq!(note(&server, 10).await.0, StatusCode::CREATED);
        let folder = server.folder().to_path_buf();
        let ballast = folder.join("ballast");
        fs::write(&ballast, vec![0; 2 << 20]).unwrap();
        server.serve_through(|command| disk.around(&command, &folder)).unwrap();
        let mut written = 1;
        let (status, problem) = loop {
            match note(&server, 60_000).await {
                (StatusCode::CREATED, _) => written += 1,
                refused => break refused,
            }
            assert!(written < 500, "{disk:?} never fills");
        };
        assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{problem}");
        assert_eq!(problem["type"], "/docs/problems/storage-full");
        assert!(written > 5, "{disk:?} is full after {written}");
        // Reads go on, and what was refused is not there.
        assert_eq!(count(&server).await, written);
        assert_eq!(note(&server, 60_000).await.0, StatusCode::INSUFFICIENT_STORAGE);
        assert_eq!(count(&server).await, written);
        disk.relieve(server.process_id().unwrap(), &ballast).unwrap();
        for _ in 0..3 {
            let (status, problem) = note(&server, 60_000).await;
            assert_eq!(status, StatusCode::CREATED, "{problem}");
            written += 1;
        }
        assert_eq!(count(&server).await, written);
        if let Disk::Quota(_) = disk {
            server.serve().unwrap();
            assert_eq!(count(&server).await, written, "after a start");
        }
    }
}

#[tokio::test]
async fn files_that_do_not_fit_on_the_disk_leave_the_old_ones() {
    let server = Server::prepare(&example("hello"), &["acme"]).unwrap();
    let folder = server.folder().to_path_buf();
    let tight = Disk::Quota(600_000);
    assert_eq!(tight.missing(), None);
    let notes = |count: usize| {
        let rows: String = (0..count).map(|n| format!("Note {n},{}\n", "x".repeat(10_000))).collect();
        format!("title,body\n{rows}")
    };
    let verb = |verb: &str, rest: &[&str]| {
        let mut command = server.athyper(&[verb, "Note"]).unwrap();
        command.args(rest).arg("--build").arg(server.build()).args(["--tenant", "acme"]);
        command.current_dir(&folder);
        command
    };
    fs::write(folder.join("many.csv"), notes(200)).unwrap();
    ends(&tight.around(&verb("import", &["many.csv"]), &folder), 5, &["no room to store this"]);
    ends(&verb("export", &[]), 0, &["0 rows"]);
    ends(&verb("import", &["many.csv"]), 0, &[]);
    // An export that fails half way does not cost the file that was there.
    fs::write(folder.join("old.csv"), "my notes of last year").unwrap();
    let before = tree::read(&folder).unwrap();
    let export = verb("export", &["--out", "old.csv"]);
    ends(&tight.around(&export, &folder), 5, &["old.csv"]);
    assert_eq!(fs::read_to_string(folder.join("old.csv")).unwrap(), "my notes of last year");
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&tree::read(&folder).unwrap()), names(&before), "something is left over");
    ends(&verb("export", &["--out", "old.csv"]), 0, &["200 rows"]);
    assert!(fs::read_to_string(folder.join("old.csv")).unwrap().starts_with("id,"));
}

#[test]
fn an_artifact_that_does_not_fit_leaves_the_old_one() {
    let folder = compiled("hello");
    let disk = Disk::Quota(4_000);
    let note = folder.path().join("note.yaml");
    fs::write(&note, fs::read_to_string(&note).unwrap().replace("string(80)!", "string(81)!")).unwrap();
    let before = tree::read(folder.path()).unwrap();
    let mut compile = programs::metac().unwrap();
    compile.arg("compile").current_dir(&folder);
    ends(&disk.around(&compile, folder.path()), 5, &["cannot write", "openapi.json"]);
    assert_eq!(tree::read(folder.path()).unwrap(), before);
    ends(&compile, 0, &[]);
}

#[test]
fn what_may_not_be_read_or_written_is_named() {
    let folder = compiled("hello");
    ends(
        &athyper(folder.path(), &["migrate", "apply", "build", "--database", "data/x.db"]),
        5,
        &["data/x.db"],
    );
    fs::create_dir(folder.path().join("data")).unwrap();
    ends(&athyper(folder.path(), &["migrate", "apply", "build", "--database", "data/x.db"]), 0, &[]);
    let set = |path: &str, mode: u32| {
        fs::set_permissions(folder.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    let bound = |mut command: Command| {
        command.current_dir(&folder);
        bound_by_permissions(&command)
    };
    let serve = || {
        let mut serve = programs::athyper().unwrap();
        serve.args(["serve", "build", "--dev", "--listen", "127.0.0.1:0", "--database", "data/x.db"]);
        serve
    };
    let before = fs::read(folder.path().join("data/x.db")).unwrap();
    if let Err(why) = bound(serve()) {
        eprintln!("nothing is tried: {why}");
        return;
    }
    set("data/x.db", 0o444);
    ends(&bound(serve()).unwrap(), 5, &["read-only"]);
    set("data/x.db", 0o644);
    set("data", 0o555);
    ends(&bound(serve()).unwrap(), 5, &["data"]);
    set("data", 0o755);
    set("build/openapi.json", 0o000);
    ends(&bound(serve()).unwrap(), 5, &["cannot read", "openapi.json"]);
    set("build/openapi.json", 0o644);
    assert_eq!(fs::read(folder.path().join("data/x.db")).unwrap(), before);

    let metac = |arguments: &[&str]| {
        let mut metac = programs::metac().unwrap();
        metac.args(arguments);
        bound(metac).unwrap()
    };
    let before = tree::read(folder.path()).unwrap();
    set("note.yaml", 0o000);
    ends(&metac(&["check"]), 5, &["cannot read", "note.yaml"]);
    ends(&metac(&["compile"]), 5, &["cannot read", "note.yaml"]);
    ends(&metac(&["fmt"]), 5, &["cannot read", "note.yaml"]);
    set("note.yaml", 0o444);
    set(".", 0o555);
    ends(&metac(&["compile"]), 5, &["cannot"]);
    set(".", 0o755);
    assert_eq!(tree::read(folder.path()).unwrap(), before);
}
