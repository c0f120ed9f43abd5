//! Files that are made from code and committed, because editors and readers open them as they stand.

use std::collections::BTreeMap;

use anyhow::bail;

use crate::process;

/// Writes every generated file, or with `check` lists those that are stale.
pub fn run(check: bool) -> anyhow::Result<()> {
    let root = crate::root()?;
    let mut stale = Vec::new();
    for (path, text) in files()? {
        let target = root.join(&path);
        if std::fs::read_to_string(&target).is_ok_and(|found| found == text) {
            continue;
        }
        if check {
            stale.push(path);
        } else {
            if let Some(folder) = target.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(&target, text)?;
            println!("wrote {path}");
        }
    }
    if !stale.is_empty() {
        bail!("stale: {}; run `cargo xtask gen`", stale.join(", "));
    }
    Ok(())
}

/// Path inside the repository to text.
fn files() -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for kind in ["package", "entity", "enum", "type", "policy", "policy_test", "all"] {
        let args = [
            "run",
            "--quiet",
            "--locked",
            "--package",
            "athyper-metac",
            "--bin",
            "metac",
            "--",
            "schema",
            kind,
        ];
        let text = process::output(&mut process::cargo(&args)?)?;
        files.insert(format!("schemas/json/authoring/{kind}.json"), text);
    }
    Ok(files)
}
