//! Build folders that are not what was compiled.

use serde_json::Value as Json;
use tempfile::TempDir;

use super::*;
use crate::fixture::bundle;

/// A build folder with the shop in it, as `metac` would write it.
fn written() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle();
    let canonical = |value: Json| athyper_schemas::canonical::to_canonical_json(&value).unwrap();
    let mut files = vec![
        ("model/package.json".to_owned(), canonical(serde_json::to_value(&bundle.package).unwrap())),
        ("sql/sqlite/schema.sql".to_owned(), "CREATE TABLE x (y TEXT) STRICT;\n".to_owned()),
        ("openapi.json".to_owned(), "{}\n".to_owned()),
    ];
    for entity in &bundle.entities {
        let path = format!("model/entities/{}.json", entity.name);
        files.push((path, canonical(serde_json::to_value(entity).unwrap())));
    }
    for of in &bundle.enums {
        files.push((format!("model/enums/{}.json", of.name), canonical(serde_json::to_value(of).unwrap())));
    }
    for policy in &bundle.policies {
        let path = format!("model/policies/{}.json", policy.name);
        files.push((path, canonical(serde_json::to_value(policy).unwrap())));
    }
    for (path, text) in &files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    seal(folder.path());
    folder
}

/// Writes the manifest of what is there.
fn seal(folder: &Path) {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if relative(folder, &path) != manifest::FILE {
                files.insert(relative(folder, &path), Hash::of(&fs::read(&path).unwrap()));
            }
        }
    }
    let manifest = Manifest {
        format: athyper_schemas::FORMAT,
        edition: athyper_schemas::EDITION,
        package: "shop".into(),
        input: Hash::of(b""),
        output: Manifest::identity(&files),
        files,
    };
    fs::write(folder.join(manifest::FILE), serde_json::to_string(&manifest).unwrap()).unwrap();
}

fn refused(folder: &TempDir) -> String {
    Build::load(folder.path(), Dialect::Sqlite, Rls::Tenant).expect_err("a refusal").to_string()
}

fn edit(folder: &TempDir, file: &str, change: impl Fn(&mut Json)) {
    let path = folder.path().join(file);
    let mut json: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut json);
    fs::write(path, json.to_string()).unwrap();
}

#[test]
fn what_was_compiled_is_loaded() {
    let build = Build::load(written().path(), Dialect::Sqlite, Rls::Tenant).unwrap();
    let order = build.catalog().at_url("Order").unwrap();
    assert_eq!(order.name(), "shop.Order");
    assert!(build.catalog().at_url("Line").is_none());
    assert!(build.schema(Dialect::Sqlite).unwrap().starts_with("CREATE TABLE"));
    assert!(build.schema(Dialect::Postgres).is_none());
}

#[test]
fn one_changed_byte_is_noticed_in_every_file() {
    let folder = written();
    let manifest: Manifest =
        serde_json::from_str(&fs::read_to_string(folder.path().join(manifest::FILE)).unwrap()).unwrap();
    for name in manifest.files.keys() {
        let path = folder.path().join(name);
        let before = fs::read(&path).unwrap();
        let mut after = before.clone();
        after[0] ^= 1;
        fs::write(&path, after).unwrap();
        let message = refused(&folder);
        assert!(message.starts_with(&format!("`{name}` was changed after it was compiled")), "{message}");
        fs::write(&path, before).unwrap();
    }
    edit(&folder, manifest::FILE, |m| m["files"]["openapi.json"] = Hash::of(b"other").as_str().into());
    assert!(refused(&folder).starts_with("`manifest.json` was changed"));
}

#[test]
fn half_written_and_overgrown_builds_are_refused() {
    let folder = written();
    fs::write(folder.path().join("model/entities/stray.json"), "{}").unwrap();
    assert!(refused(&folder).starts_with("`model/entities/stray.json` is not listed"));
    fs::remove_file(folder.path().join("model/entities/stray.json")).unwrap();
    fs::remove_file(folder.path().join("model/enums/shop.Status.json")).unwrap();
    assert!(refused(&folder).contains("the build is half written: compile again"));
    fs::remove_file(folder.path().join(manifest::FILE)).unwrap();
    assert!(refused(&folder).contains("is not a build folder"));
}

#[test]
fn other_formats_and_unknown_keys_are_refused_by_name() {
    let folder = written();
    edit(&folder, manifest::FILE, |m| {
        m["format"] = 99.into();
        m["new_key"] = true.into();
    });
    assert!(refused(&folder).contains("has format 99, and this athyper reads 1 to 1"));
    let folder = written();
    edit(&folder, manifest::FILE, |m| m["edition"] = 2031.into());
    assert!(refused(&folder).contains("edition 2031"));
    let folder = written();
    edit(&folder, "model/entities/shop.Order.json", |m| m["colour"] = "red".into());
    seal(folder.path());
    let message = refused(&folder);
    assert!(message.starts_with("`model/entities/shop.Order.json`: unknown field `colour`"), "{message}");
}

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    for (file, change, said) in [
        ("model/entities/shop.Line.json", "owner", "names the entity `shop.Gone`"),
        ("model/policies/shop.OrderAccess.json", "entity", "names the entity `shop.Gone`"),
    ] {
        let folder = written();
        edit(&folder, file, |m| match change {
            "owner" => m["owner"]["entity"] = "shop.Gone".into(),
            _ => m["entity"] = "shop.Gone".into(),
        });
        seal(folder.path());
        assert!(refused(&folder).contains(said), "{}", refused(&folder));
    }
    let folder = written();
    edit(&folder, manifest::FILE, |m| {
        let files = m["files"].as_object_mut().unwrap();
        files.insert("../outside.json".into(), Hash::of(b"").as_str().into());
        let files: BTreeMap<String, Hash> = serde_json::from_value(m["files"].clone()).unwrap();
        m["output"] = Manifest::identity(&files).as_str().into();
    });
    assert!(refused(&folder).contains("not a path inside the folder"));
}
