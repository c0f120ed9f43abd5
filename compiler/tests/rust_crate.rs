//! The generated Rust crate compiles by itself without a warning, and reads and writes what the API sends.
#![expect(clippy::disallowed_methods, reason = "suites read packages and keep goldens")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the report of a test")]

mod shop;

use std::path::Path;
use std::process::Command;

/// Types of the crate and the names of their schemas.
const EXAMPLES: &[(&str, &str)] = &[
    ("shop::Item", "Item"),
    ("shop::Category", "Category"),
    ("shop::Person", "Person"),
    ("stock::Order", "Order"),
    ("stock::Price", "Price"),
];

/// A test inside the generated crate: every example of the OpenAPI document, read into its type, is written as it was.
fn round_trips() -> String {
    let document = shop::json("openapi.json");
    let mut out = String::from(
        "//! Bodies of the API, there and back.\n\nfn same<T: serde::de::DeserializeOwned + serde::Serialize>(text: &str) {\n    \
         let sent: serde_json::Value = serde_json::from_str(text).unwrap();\n    \
         let read: T = serde_json::from_str(text).unwrap();\n    \
         assert_eq!(serde_json::to_value(read).unwrap(), sent);\n}\n\n#[test]\nfn nothing_is_lost() {\n",
    );
    for (entity, schema) in EXAMPLES {
        for (suffix, root) in [("", ""), (".create", "create::"), (".patch", "patch::")] {
            let example = &document["components"]["schemas"][format!("{schema}{suffix}")]["examples"][0];
            assert!(example.is_object(), "{schema}{suffix} has no example");
            out.push_str(&format!("    same::<shop_model::{root}{entity}>({:?});\n", example.to_string()));
        }
    }
    for patch in [r#"{"note":null}"#, r#"{"note":"x","lines":[{"id":"a","quantity":2}]}"#, "{}"] {
        out.push_str(&format!("    same::<shop_model::patch::stock::Order>({patch:?});\n"));
    }
    out.push_str("}\n");
    out
}

#[test]
fn the_generated_crate_compiles_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (path, contents) in shop::files().iter().filter(|(path, _)| path.starts_with("rust/")) {
        write(&folder.path().join(path), contents);
    }
    let krate = folder.path().join("rust");
    write(&krate.join("tests/round_trip.rs"), round_trips().as_bytes());
    let mut manifest = shop::text("rust/Cargo.toml");
    manifest.push_str("\n[dev-dependencies]\nserde_json = \"1\"\n");
    write(&krate.join("Cargo.toml"), manifest.as_bytes());
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--offline", "--quiet"])
        .env("RUSTFLAGS", "-D warnings -W missing-docs")
        .env("CARGO_TARGET_DIR", folder.path().join("target"))
        .current_dir(&krate)
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}\n{}", String::from_utf8_lossy(&output.stdout));
}

fn write(path: &Path, contents: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, contents).unwrap();
}
