//! Writing an artifact: whole or not at all, and never outside its folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use athyper_metac::emit::OutputSet;
use athyper_schemas::manifest;
use serde_json::Value;

use super::{Exit, Stop};

/// What cargo leaves in the generated crate; it can be made again.
const BY_CARGO: &[&str] = &["rust/Cargo.lock", "rust/target"];

/// Replaces the artifact in `out`. Until the last step, which is a rename, what was there before stays as it is.
pub fn write(out: &Path, files: &OutputSet) -> Result<(), Stop> {
    let (parent, name) = place(out)?;
    fs::create_dir_all(&parent).map_err(|error| Stop::disk("make", &parent, &error))?;
    // Two runs at once would take each other's folders for leftovers. Where folders cannot be locked, nothing is lost
    // but that protection.
    let lock = fs::File::open(&parent).ok();
    let _held = lock.as_ref().map(fs::File::lock);
    clear_leftovers(out, &parent, &name)?;
    refuse_what_is_no_build(out)?;
    let fresh = fresh_folder(&parent, &name)?;
    for (path, contents) in files.files() {
        write_file(&fresh.path().join(path), contents)?;
    }
    settle(&fresh.path().join(manifest::FILE))?;
    swap(fresh, out, &parent, &name)
}

/// The folder that holds `out`, and the name of `out` in it.
fn place(out: &Path) -> Result<(PathBuf, String), Stop> {
    let name = match out.components().next_back() {
        Some(Component::Normal(name)) => name.to_str(),
        _ => None,
    };
    let name = name.ok_or_else(|| {
        Stop::new(
            Exit::WrongCall,
            format!("`{}` cannot be replaced; name a folder of its own", out.display()),
        )
    })?;
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    Ok((parent, name.to_owned()))
}

/// A folder is replaced only when all that is in it came from us.
fn refuse_what_is_no_build(out: &Path) -> Result<(), Stop> {
    let refuse = |why: String| {
        let advice = "stays as it is; name another folder with --out, or empty it";
        Err(Stop::new(Exit::Refused, format!("`{}` {why}, so it {advice}", out.display())))
    };
    if !out.is_dir() {
        return if out.exists() { refuse("is a file".to_owned()) } else { Ok(()) };
    }
    let manifest = out.join(manifest::FILE);
    if !manifest.is_file() {
        let empty = fs::read_dir(out).map_err(|error| Stop::disk("read", out, &error))?.next().is_none();
        return if empty { Ok(()) } else { refuse(format!("holds files but no `{}`", manifest::FILE)) };
    }
    let bytes = fs::read(&manifest).map_err(|error| Stop::disk("read", &manifest, &error))?;
    let listed = serde_json::from_slice::<Value>(&bytes).ok();
    let Some(listed) = listed.as_ref().and_then(|manifest| manifest.get("files")).and_then(Value::as_object)
    else {
        return refuse(format!("has a `{}` that is not ours", manifest::FILE));
    };
    let there = contents(out)?;
    match there.keys().find(|path| *path != manifest::FILE && !listed.contains_key(*path)) {
        Some(stranger) => refuse(format!("holds `{stranger}`, which no compile wrote")),
        None => Ok(()),
    }
}

/// What a run that was killed left behind: an artifact it had moved away goes back, the rest is removed.
fn clear_leftovers(out: &Path, parent: &Path, name: &str) -> Result<(), Stop> {
    let (new, old) = (format!(".{name}.new-"), format!(".{name}.old-"));
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let file_name = entry.file_name();
        let Some(left) = file_name.to_str() else { continue };
        if left.starts_with(&old) && !out.exists() {
            fs::rename(entry.path(), out).map_err(|error| Stop::disk("put back", out, &error))?;
        } else if left.starts_with(&new) || left.starts_with(&old) {
            // Whatever cannot be removed now is tried again by the next run.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// An empty folder beside the target, removed again unless it is kept; as readable as any other folder.
fn fresh_folder(parent: &Path, name: &str) -> Result<tempfile::TempDir, Stop> {
    let prefix = format!(".{name}.new-");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(parent).map_err(|error| Stop::disk("write in", parent, &error))
}

fn write_file(path: &Path, contents: &[u8]) -> Result<(), Stop> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| Stop::disk("make", parent, &error))?;
    }
    let done = fs::File::create(path).and_then(|mut file| file.write_all(contents));
    done.map_err(|error| Stop::disk("write", path, &error))
}

/// Waits until the manifest is on the disk. What else is lost in a power cut, its hashes show.
fn settle(manifest: &Path) -> Result<(), Stop> {
    let done = fs::File::open(manifest).and_then(|file| file.sync_all());
    done.map_err(|error| Stop::disk("write", manifest, &error))
}

/// Puts the new folder in the place of the old one; when that fails the old one is put back.
fn swap(fresh: tempfile::TempDir, out: &Path, parent: &Path, name: &str) -> Result<(), Stop> {
    let old = parent.join(format!(".{name}.old-{}", std::process::id()));
    let had = out.exists();
    if had {
        fs::rename(out, &old).map_err(|error| Stop::disk("replace", out, &error))?;
    }
    if let Err(error) = fs::rename(fresh.path(), out) {
        if had {
            fs::rename(&old, out).map_err(|error| Stop::disk("put back", out, &error))?;
        }
        return Err(Stop::disk("write", out, &error));
    }
    // It is in its place now; there is nothing left to remove.
    let _ = fresh.keep();
    if had {
        // Left for the next run when it cannot be removed.
        let _ = fs::remove_dir_all(&old);
    }
    Ok(())
}

/// The files below a folder, by their name in it with `/`.
fn contents(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Stop> {
    let mut there = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(inner) = open.pop() {
        let entries = fs::read_dir(&inner).map_err(|error| Stop::disk("read", &inner, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| Stop::disk("read", &inner, &error))?.path();
            if path.is_dir() && !path.is_symlink() && !path.ends_with("rust/target") {
                open.push(path);
                continue;
            }
            let parts = path.strip_prefix(folder).unwrap_or(&path).iter().map(|part| part.to_string_lossy());
            let name = parts.collect::<Vec<_>>().join("/");
            if !BY_CARGO.contains(&name.as_str()) {
                there.insert(name, path);
            }
        }
    }
    Ok(there)
}

/// How the artifact in `out` differs from `files`: one line per file, `+` new, `-` gone, `~` changed.
pub fn differences(out: &Path, files: &OutputSet) -> Result<Vec<String>, Stop> {
    let mut there = if out.is_dir() { contents(out)? } else { BTreeMap::new() };
    let mut lines = Vec::new();
    for (path, contents) in files.files() {
        let Some(file) = there.remove(path) else {
            lines.push(format!("+ {path}"));
            continue;
        };
        let old = fs::read(&file).map_err(|error| Stop::disk("read", &file, &error))?;
        if old != *contents {
            lines.push(format!("~ {path}"));
        }
    }
    lines.extend(there.into_keys().map(|path| format!("- {path}")));
    lines.sort_by(|a, b| a.get(2..).cmp(&b.get(2..)));
    Ok(lines)
}
