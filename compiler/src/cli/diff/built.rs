//! Reading a build folder: only what `metac` wrote, whole and unchanged, as the runtime insists too.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use athyper_schemas::bundle::Bundle;
use athyper_schemas::canonical::Hash;
use athyper_schemas::manifest::{self, Manifest};
use serde::de::DeserializeOwned;

use crate::cli::{Exit, Stop};

const AGAIN: &str = "compile again with the `metac` of the same release";

/// The model in a build folder.
pub fn read(folder: &Path) -> Result<Bundle, Stop> {
    let manifest = read_manifest(folder)?;
    let mut files = BTreeMap::new();
    for (name, expected) in &manifest.files {
        if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
            let what = format!("lists `{name}`, which is not a path inside the folder");
            return Err(refused(folder, manifest::FILE, &what));
        }
        let path = folder.join(name);
        let bytes = fs::read(&path).map_err(|error| Stop::disk("read", &path, &error))?;
        if Hash::of(&bytes) != *expected {
            return Err(refused(folder, name, "was changed after it was compiled"));
        }
        files.insert(name.as_str(), bytes);
    }
    refuse_extra_files(folder, &manifest)?;
    let package = "model/package.json";
    let text = files.get(package).ok_or_else(|| refused(folder, package, "is missing"))?;
    Ok(Bundle {
        package: parse(folder, package, text)?,
        entities: all(folder, &files, "model/entities/")?,
        enums: all(folder, &files, "model/enums/")?,
        policies: all(folder, &files, "model/policies/")?,
    })
}

/// A file more would be served by nobody: the runtime refuses the folder too.
fn refuse_extra_files(folder: &Path, manifest: &Manifest) -> Result<(), Stop> {
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        let unreadable = |error| Stop::disk("read", &inner, &error);
        for entry in fs::read_dir(&inner).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let inside = path.strip_prefix(folder).unwrap_or(&path);
            let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            let name = parts.join("/");
            if name != manifest::FILE && !manifest.files.contains_key(&name) {
                let what = "is not listed in `manifest.json`; remove it, or compile into an empty folder";
                return Err(Stop::new(Exit::Outside, format!("`{}` {what}", path.display())));
            }
        }
    }
    Ok(())
}

fn read_manifest(folder: &Path) -> Result<Manifest, Stop> {
    let path = folder.join(manifest::FILE);
    let text = fs::read(&path).map_err(|error| Stop::disk("read", &path, &error))?;
    let value: serde_json::Value = parse(folder, manifest::FILE, &text)?;
    let format = value.get("format").and_then(serde_json::Value::as_u64);
    if format != Some(u64::from(athyper_schemas::FORMAT)) {
        let found = format.map_or_else(|| "none".to_owned(), |format| format.to_string());
        let what = format!("has format {found}, and this metac reads {}", athyper_schemas::FORMAT);
        return Err(refused(folder, manifest::FILE, &what));
    }
    let manifest: Manifest = parse(folder, manifest::FILE, &text)?;
    if Manifest::identity(&manifest.files) != manifest.output {
        return Err(refused(folder, manifest::FILE, "was changed after it was compiled"));
    }
    Ok(manifest)
}

fn all<T: DeserializeOwned>(
    folder: &Path,
    files: &BTreeMap<&str, Vec<u8>>,
    below: &str,
) -> Result<Vec<T>, Stop> {
    let inside = files.iter().filter(|(name, _)| name.starts_with(below));
    inside.map(|(name, text)| parse(folder, name, text)).collect()
}

fn parse<T: DeserializeOwned>(folder: &Path, name: &str, text: &[u8]) -> Result<T, Stop> {
    serde_json::from_slice(text).map_err(|error| refused(folder, name, &format!("cannot be read: {error}")))
}

fn refused(folder: &Path, file: &str, what: &str) -> Stop {
    Stop::new(Exit::Outside, format!("`{}` {what}; {AGAIN}", folder.join(file).display()))
}
