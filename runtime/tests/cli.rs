//! The program as an operator meets it: every misfortune has its exit code and says what to do.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is the report of a test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use athyper_schemas::canonical::Hash;
use athyper_schemas::manifest::Manifest;
use serde_json::json;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.write_build("\"name\" TEXT NOT NULL, ");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_build(&self, column: &str) {
        let field = |name: &str, ty: &str, system: Option<&str>| {
            let mut field = json!({ "name": name, "column": name, "label": name, "ty": { "name": ty }, "required": true });
            if let Some(system) = system {
                field["system"] = system.into();
            }
            field
        };
        let entity = json!({
            "name": "shop.Order", "url": "Order", "label": "Order", "plural": "Orders", "class": "master",
            "table": "shop_order",
            "fields": [field("id", "uuid", Some("id")), field("version", "int", Some("version")), field("name", "string", None)],
        });
        let policy = json!({ "name": "shop.P", "entity": "shop.Order", "rules": [{ "id": "all", "effect": "allow", "actions": ["create", "read"], "to": [{ "role": "*" }], "place": { "file": "shop.yaml", "line": 1 } }] });
        let schema = format!(
            "CREATE TABLE \"shop_order\" (\"tenant_id\" TEXT NOT NULL, \"id\" TEXT NOT NULL, {column}\"version\" INTEGER NOT NULL, \
             PRIMARY KEY (\"tenant_id\", \"id\")) STRICT;"
        );
        let files = [
            ("model/package.json", json!({ "name": "shop", "dialects": ["sqlite"] }).to_string()),
            ("model/entities/shop.Order.json", entity.to_string()),
            ("model/policies/shop.P.json", policy.to_string()),
            ("sql/sqlite/schema.sql", schema),
            ("openapi.json", json!({ "openapi": "3.1.0" }).to_string()),
        ];
        let mut hashes = BTreeMap::new();
        for (name, text) in files {
            let path = self.path("build").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &text).unwrap();
            hashes.insert(name.to_owned(), Hash::of(text.as_bytes()));
        }
        let manifest = Manifest {
            format: athyper_schemas::FORMAT,
            edition: athyper_schemas::EDITION,
            package: "shop".to_owned(),
            input: Hash::of(b""),
            output: Manifest::identity(&hashes),
            files: hashes,
        };
        fs::write(self.path("build/manifest.json"), serde_json::to_string(&manifest).unwrap()).unwrap();
    }

    fn athyper(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_athyper"));
        for (key, _) in std::env::vars_os().filter(|(k, _)| k.to_string_lossy().starts_with("ATHYPER_")) {
            command.env_remove(key);
        }
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs to the end: exit code, stdout, stderr.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.athyper(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    fn serve(&self, arguments: &[&str]) -> Serving {
        let mut command = self.athyper(&["serve", "build", "--listen", "127.0.0.1:0"]);
        let mut child =
            command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.strip_prefix("listening on ").map(|b| b.trim().to_owned());
        Serving { base: base.expect("it did not listen"), child }
    }
}

struct Serving {
    base: String,
    child: Child,
}

impl Serving {
    fn terminate(mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn help_and_wrong_calls() {
    let place = Place::new();
    let (code, out, _) = place.run(&["--help"]);
    assert!(code == 0 && out.contains("Exit codes") && out.contains("athyper serve build --dev"), "{out}");
    assert_eq!(place.run(&["frobnicate"]).0, 2);
    let (code, _, error) = place.run(&["config", "--set", "http.lissen=x"]);
    assert!(code == 2 && error.contains("did you mean `http.listen`?"), "{error}");
    let (code, _, error) = place.run(&["serve", "build", "--dev", "--listen", "8080"]);
    let said =
        "`http.listen` from --listen: `8080` is not an address with a port; write it like `127.0.0.1:8080`\n";
    assert!(code == 2 && error.ends_with(said), "{error}");
    let nowhere = "postgres://me:secret@127.0.0.1:1/x";
    let (code, _, error) = place.run(&["tenant", "list", "--database", nowhere]);
    assert!(code == 5 && error.contains("cannot open the database on 127.0.0.1:1"), "{error}");
    let (code, out, _) = place.run(&["config", "--database", nowhere]);
    assert!(code == 0 && !out.contains("secret"), "{out}");
    let (code, out, _) = place.run(&["config", "--database", "x.db"]);
    assert!(code == 0 && out.contains("url = \"x.db\"") && out.contains("# --database"), "{out}");
}

#[test]
fn what_a_flag_cannot_mean_is_said() {
    let place = Place::new();
    let refused = |arguments: &[&str], said: &str| {
        let (code, _, error) = place.run(arguments);
        assert!(code == 2 && error.contains(said), "{arguments:?}: {error}");
    };
    refused(&["decisions", "--limit", "0"], "it must be a number from 1 to");
    refused(&["decisions", "--since", "yesterday"], "nor a day such as 2026-11-24");
    refused(&["decisions", "--since", "2026-11-24T08:00"], "nor a time such as 2026-11-24T08:00:00Z");
    refused(&["decisions", "--since", "2026-02-30"], "nor a day such as 2026-11-24");
    refused(&["token", "--tenant", "acme", "--sub", ""], "`--sub` must say who the token is for");
    refused(&["token", "--tenant", "acme", "--sub", "anna", "--role", "*"], "`--role *`");
    refused(
        &["config", "--set", "policy.log.allows=1.5"],
        "`policy.log.allows` from --set: expected a share",
    );
    for (key, said) in [
        ("policy.log.retention_days=0", "expected a number from 1 to 4294967295, found 0"),
        ("policy.log.queue=0", "expected a number from 1 to 4294967295, found 0"),
        ("limits.body_bytes=-1", "expected a number from 0 on, found -1"),
        ("limits.page_max=-1", "expected a number from 0 to 4294967295, found -1"),
    ] {
        refused(&["config", "--set", key], said);
    }
    fs::write(place.path("a.toml"), "[policy.log]\nallows = 1\n[auth]\nanonymous_tenant = \"Not Plain\"\n")
        .unwrap();
    for verb in [&["config"][..], &["serve", "build", "--dev"], &["doctor", "build"]] {
        let said = "`auth.anonymous_tenant` from a.toml: `Not Plain` can not be a tenant's name";
        refused(&[verb, &["--config", "a.toml"]].concat(), said);
    }
    fs::write(place.path("a.toml"), "[policy.log]\nallows = 1\n").unwrap();
    let (code, out, error) = place.run(&["config", "--config", "a.toml"]);
    assert!(code == 0 && out.contains("allows = 1.0"), "{out}{error}");
}

#[test]
fn callers_without_a_token_are_served_only_in_a_tenant_that_is_there() {
    let place = Place::new();
    let anonymous = ["--set", "auth.anonymous_tenant=acme"];
    let serve = [&["serve", "build", "--dev", "--listen", "127.0.0.1:0"][..], &anonymous].concat();
    let (code, _, error) = place.run(&serve);
    let said = "`auth.anonymous_tenant`: there is no tenant `acme`; `athyper tenant add acme` registers it";
    assert!(code == 4 && error.contains(said), "{error}");
    let doctor = [&["doctor", "build", "--dev", "--listen", "127.0.0.1:0"][..], &anonymous].concat();
    let (code, out, _) = place.run(&doctor);
    assert!(code == 1 && out.contains(&format!("not ok  tenants   {said}")), "{out}");
    place.run(&["tenant", "add", "acme"]);
    drop(place.serve(&[&["--dev"][..], &anonymous].concat()));
    place.run(&["tenant", "suspend", "acme"]);
    drop(place.serve(&[&["--dev"][..], &anonymous].concat()));
    let (code, out, _) = place.run(&doctor);
    assert!(code == 1 && out.contains("`athyper tenant resume acme` ends that"), "{out}");
}

#[test]
fn a_build_that_is_not_whole_is_not_served() {
    let place = Place::new();
    let serve = |folder: &str| place.run(&["serve", folder, "--dev", "--listen", "127.0.0.1:0"]);
    let (code, _, error) = serve("nowhere");
    assert!(code == 5 && error.contains("metac compile"), "{error}");
    let file = place.path("build/sql/sqlite/schema.sql");
    let mut bytes = fs::read(&file).unwrap();
    bytes[10] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let (code, _, error) = serve("build");
    assert!(code == 5 && error.contains("schema.sql") && error.contains("changed"), "{error}");
    fs::remove_file(&file).unwrap();
    let (code, _, error) = serve("build");
    assert!(code == 5 && error.contains("half written"), "{error}");
}

#[test]
fn tables_are_made_on_request_only() {
    let place = Place::new();
    place.run(&["serve", "build"]);
    let (code, _, error) =
        place.run(&["serve", "build", "--set", "auth.issuer=a", "--set", "auth.audience=b"]);
    assert!(code == 2 && error.contains("auth.jwks_file"), "{error}");
    let (code, _, error) = place.run(&["tenant", "add", "acme"]);
    assert!(code == 5 && error.contains("athyper migrate apply"), "{error}");
    let (code, out, error) = place.run(&["migrate", "apply", "build"]);
    assert!(code == 0 && out.contains("made the tables"), "{out}{error}");
    assert_eq!(place.run(&["migrate", "apply", "build"]).0, 0, "a second time does nothing");
    assert_eq!(place.run(&["migrate", "status", "build"]).0, 0);
    place.write_build("\"name\" TEXT, ");
    let (code, out, _) = place.run(&["migrate", "status", "build"]);
    assert!(code == 6 && out.contains("shop_order"), "{out}");
    let (code, _, error) = place.run(&["serve", "build", "--dev", "--listen", "127.0.0.1:0"]);
    assert!(code == 6 && error.contains("shop_order"), "{error}");
}

#[test]
fn a_server_without_tables_says_how_to_make_them() {
    let place = Place::new();
    fs::write(place.path("keys.json"), r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#).unwrap();
    let production =
        ["--set", "auth.issuer=a", "--set", "auth.audience=b", "--set", "auth.jwks_file=keys.json"];
    let arguments = [&["serve", "build", "--listen", "127.0.0.1:0"][..], &production[..]].concat();
    let (code, _, error) = place.run(&arguments);
    assert!(code == 6 && error.contains("athyper migrate apply BUILD --database athyper.db"), "{error}");
}

#[test]
fn tokens_need_a_development_key_and_tenants_a_plain_name() {
    let place = Place::new();
    let token = ["token", "--tenant", "acme", "--sub", "anna", "--role", "buyer", "--claim", "level=3"];
    let (code, _, error) = place.run(&token);
    assert!(code == 4 && error.contains("athyper serve --dev"), "{error}");
    let serving = place.serve(&["--dev"]);
    let (code, out, _) = place.run(&token);
    assert!(code == 0 && out.trim().split('.').count() == 3 && out.lines().count() == 1, "{out}");
    assert_eq!(place.run(&["token", "--tenant", "acme", "--sub", "a", "--ttl", "soon"]).0, 2);

    let (code, out, _) = place.run(&["tenant", "add", "acme"]);
    assert!(code == 0 && out.trim().len() == 36, "beside a running server: {out}");
    assert_eq!(place.run(&["tenant", "add", "acme"]).0, 4);
    assert_eq!(place.run(&["tenant", "add", "Not Plain"]).0, 2);
    let (code, _, error) = place.run(&["tenant", "suspend", "acne"]);
    assert!(code == 4 && error.contains("did you mean `acme`?"), "{error}");
    assert_eq!(place.run(&["tenant", "suspend", "acme"]).0, 0);
    assert!(place.run(&["tenant", "list"]).1.starts_with("acme\tsuspended\t"));
    assert_eq!(serving.terminate(), 0);
}

#[test]
fn ports_and_databases_are_used_once() {
    let place = Place::new();
    let serving = place.serve(&["--dev"]);
    let address = serving.base.strip_prefix("http://").unwrap();
    let (code, _, error) =
        place.run(&["serve", "build", "--dev", "--database", "other.db", "--listen", address]);
    assert!(code == 5 && error.contains("another program listens there"), "{error}");
    let (code, _, error) = place.run(&["serve", "build", "--dev", "--listen", "127.0.0.1:0"]);
    assert!(code == 5 && error.contains("in use by another athyper"), "{error}");
    let (code, _, error) = place.run(&["migrate", "apply", "build"]);
    assert!(code == 5 && error.contains("in use by another athyper"), "{error}");
    let (code, _, error) = place.run(&["serve", "build", "--dev", "--listen", "0.0.0.0:0"]);
    assert!(code == 4 && error.contains("127.0.0.1"), "{error}");
    assert_eq!(serving.terminate(), 0);
}

#[test]
fn the_doctor_says_whether_serve_would_start() {
    let place = Place::new();
    let doctor = |more: &[&str]| {
        let (code, out, _) = place.run(&[&["doctor", "build"], more].concat());
        let bad = out.lines().filter_map(|line| line.strip_prefix("not ok  ")).map(str::to_owned);
        (code, bad.collect::<Vec<_>>(), out)
    };
    let free = ["--listen", "127.0.0.1:0"];
    let (code, bad, _) = doctor(&free);
    assert!(code == 5 && bad[0].starts_with("database  there is no database"), "{bad:?}");
    assert!(bad[1].starts_with("keys      `auth.issuer` is not set"), "{bad:?}");
    let dev = ["--dev", "--listen", "127.0.0.1:0"];
    let (code, bad, out) = doctor(&dev);
    assert!(code == 1 && bad.len() == 1 && bad[0].starts_with("tenants "), "{out}");
    assert!(!place.path(".athyper").exists(), "nothing was made");

    drop(place.serve(&["--dev"]));
    place.run(&["tenant", "add", "acme"]);
    let (code, bad, out) = doctor(&dev);
    assert!(code == 0 && bad.is_empty() && out.contains("ok      schema"), "{out}");
    let (code, out, error) = place.run(&["simulate", "build", "--candidate", "build"]);
    assert!(
        code == 0 && out.starts_with("0 kept decisions") && error.starts_with("no such decisions"),
        "{error}"
    );
    let (code, bad, _) = doctor(&free);
    assert!(code == 1 && bad.len() == 1 && bad[0].contains("whose tokens shall be believed?"), "{bad:?}");
    let (code, bad, _) = doctor(&["--dev", "--listen", "0.0.0.0:0"]);
    assert!(code == 1 && bad[0].contains("serves this machine only"), "{bad:?}");
    let (code, bad, _) = doctor(&["--dev", "--listen", "127.0.0.1:0", "--candidate", "nowhere"]);
    assert!(code == 5 && bad.len() == 1 && bad[0].starts_with("candidate "), "{bad:?}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, bad, _) = doctor(&["--dev", "--listen", &address]);
    assert!(code == 5 && bad[0].contains("another program listens there"), "{bad:?}");

    let serving = place.serve(&["--dev"]);
    let (code, bad, out) = doctor(&dev);
    assert!(code == 5 && bad.len() == 1 && bad[0].contains("in use by another athyper"), "{bad:?}");
    assert!(out.contains("ok      schema") && out.contains("ok      tenants   1 active"), "{out}");
    drop(serving);
    fs::write(place.path("build/extra.txt"), "").unwrap();
    let (code, bad, _) = doctor(&dev);
    assert!(code == 5 && bad[0].contains("extra.txt"), "{bad:?}");
}

#[test]
fn a_token_for_nobody_is_given_with_a_warning() {
    let place = Place::new();
    drop(place.serve(&["--dev"]));
    place.run(&["tenant", "add", "acme"]);
    for (tenant, said) in [
        ("acme", ""),
        ("acmee", "warning: there is no tenant `acmee`; did you mean `acme`?\n"),
        ("other", "warning: there is no tenant `other`; `athyper tenant add other` registers it\n"),
    ] {
        let (code, out, error) = place.run(&["token", "--tenant", tenant, "--sub", "anna"]);
        assert_eq!((code, error.as_str()), (0, said));
        assert_eq!(out.matches('.').count(), 2, "{out}");
    }
    place.run(&["tenant", "suspend", "acme"]);
    let (_, _, error) = place.run(&["token", "--tenant", "acme", "--sub", "anna"]);
    assert!(error.contains("`acme` is suspended"), "{error}");
}

#[test]
fn a_folder_that_can_not_be_written_is_named() {
    let place = Place::new();
    fs::write(place.path("not-a-folder"), "").unwrap();
    let (code, _, error) = place.run(&["migrate", "apply", "build", "--database", "not-a-folder/x.db"]);
    assert!(code == 5 && error.contains("not-a-folder"), "{error}");
    place.run(&["migrate", "apply", "build", "--database", "fixed.db"]);
    let mut permissions = fs::metadata(place.path("fixed.db")).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(place.path("fixed.db"), permissions).unwrap();
    let (code, _, error) =
        place.run(&["serve", "build", "--dev", "--database", "fixed.db", "--listen", "127.0.0.1:0"]);
    assert!(code == 5 && error.contains("read-only"), "{error}");
    fs::write(place.path("text.db"), "this is no database, but long enough to look at closely").unwrap();
    let (code, _, error) = place.run(&["migrate", "apply", "build", "--database", "text.db"]);
    assert!(code == 5 && error.contains("not an SQLite database"), "{error}");
    assert_eq!(fs::read(place.path("text.db")).unwrap().len(), 55, "what was there is untouched");
}

#[test]
fn the_log_is_json_when_nobody_watches() {
    let place = Place::new();
    let mut command = place.athyper(&["serve", "build", "--dev", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(entry["level"] == "INFO" && entry["timestamp"].is_string(), "{entry}");
    assert!(Path::new(&place.path(".athyper/dev-key.json")).exists());
}
