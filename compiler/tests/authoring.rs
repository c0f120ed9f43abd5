//! The JSON Schemas for editors agree with what `metac` accepts, and stand in the tree as they are made.
#![expect(clippy::disallowed_methods, reason = "a test may read the tree it is about")]
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::fs;
use std::path::{Path, PathBuf};

use athyper_schemas::authoring;
use serde::Deserialize;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_schemas_in_the_tree_are_those_of_the_types() {
    let folder = root().join("schemas/json/authoring");
    for (name, schema) in authoring::schemas() {
        let path = folder.join(format!("{name}.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "{name}: run with BLESS=1");
    }
}

/// Every YAML document of the examples, and of the pages on the language.
fn documents() -> Vec<(String, Value)> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let folder = entry.unwrap().path();
        for file in fs::read_dir(folder).into_iter().flatten() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "yaml") {
                texts.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    for page in ["entities", "fields", "policies", "policy-tests"] {
        let text = fs::read_to_string(root().join(format!("docs/language/{page}.md"))).unwrap();
        for block in text.split("```yaml ").skip(1) {
            let (name, body) = block.split_once('\n').unwrap();
            let (body, _) = body.split_once("\n```").unwrap();
            texts.push((format!("{page}: {name}"), body.to_owned()));
        }
    }
    let mut out = Vec::new();
    for (name, text) in texts {
        for document in serde_yaml::Deserializer::from_str(&text) {
            out.push((name.clone(), Value::deserialize(document).unwrap()));
        }
    }
    out
}

#[test]
fn what_compiles_is_valid_to_an_editor() {
    let schemas = authoring::schemas();
    let package = jsonschema::validator_for(schemas.get("package").unwrap()).unwrap();
    let document = jsonschema::validator_for(schemas.get("all").unwrap()).unwrap();
    for (name, value) in documents() {
        let result = document.validate(&value);
        assert!(result.is_ok(), "{name}: {result:?}");
        let is_package = value.get("package").is_some();
        assert_eq!(package.is_valid(&value), is_package, "{name}");
    }
}

#[test]
fn what_is_misspelt_is_invalid_to_an_editor() {
    let schemas = authoring::schemas();
    let entity = jsonschema::validator_for(schemas.get("entity").unwrap()).unwrap();
    for (valid, text) in [
        (true, r#"{"entity": "Order", "fields": {"code": "string(20)! unique"}}"#),
        (false, r#"{"entity": "order", "fields": {"code": "string(20)!"}}"#),
        (false, r#"{"entity": "Order", "fields": {"unitPrice": "money"}}"#),
        (false, r#"{"entity": "Order", "fields": {"code": {"type": "string", "requird": true}}}"#),
        (false, r#"{"entity": "Order", "class": "dokument", "fields": {"code": "string"}}"#),
        (false, r#"{"entity": "Order", "fields": {"code": "string(20"}}"#),
    ] {
        assert_eq!(entity.is_valid(&serde_json::from_str(text).unwrap()), valid, "{text}");
    }
}
