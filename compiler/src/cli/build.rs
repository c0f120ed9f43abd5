//! Writing an artifact: whole or not at all, and never outside its folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use athyper_metac::emit::OutputSet;
use athyper_schemas::manifest;

use super::{Exit, Stop};

/// Replaces the artifact in `out`. Until the last step, which is a rename, what was there before stays as it is.
pub fn write(out: &Path, files: &OutputSet) -> Result<(), Stop> {
    refuse_what_is_no_build(out)?;
    let (parent, name) = place(out)?;
    fs::create_dir_all(&parent).map_err(|error| Stop::disk("make", &parent, &error))?;
    remove_leftovers(&parent, &name);
    let fresh = tempfile::Builder::new()
        .prefix(&format!(".{name}.new-"))
        .tempdir_in(&parent)
        .map_err(|error| Stop::disk("write in", &parent, &error))?;
    for (path, contents) in files.files() {
        write_file(&fresh.path().join(path), contents)?;
    }
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

fn refuse_what_is_no_build(out: &Path) -> Result<(), Stop> {
    let Ok(mut entries) = fs::read_dir(out) else {
        return if out.exists() {
            Err(Stop::new(Exit::Refused, format!("`{}` is a file; name a folder with --out", out.display())))
        } else {
            Ok(())
        };
    };
    if entries.next().is_some() && !out.join(manifest::FILE).is_file() {
        let message = format!(
            "`{}` holds files but no `{}`, so it is no build and stays as it is; name another folder with --out, or empty it",
            out.display(),
            manifest::FILE
        );
        return Err(Stop::new(Exit::Refused, message));
    }
    Ok(())
}

/// What a run that was killed left behind.
fn remove_leftovers(parent: &Path, name: &str) {
    let (new, old) = (format!(".{name}.new-"), format!(".{name}.old-"));
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let left = entry
            .file_name()
            .to_str()
            .is_some_and(|entry| entry.starts_with(&new) || entry.starts_with(&old));
        if left {
            // Whatever cannot be removed now is tried again by the next run.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn write_file(path: &Path, contents: &[u8]) -> Result<(), Stop> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| Stop::disk("make", parent, &error))?;
    }
    let done = fs::File::create(path).and_then(|mut file| file.write_all(contents));
    done.map_err(|error| Stop::disk("write", path, &error))
}

/// Puts the new folder in the place of the old one; when that fails the old one is put back.
fn swap(fresh: tempfile::TempDir, out: &Path, parent: &Path, name: &str) -> Result<(), Stop> {
    let old = parent.join(format!(".{name}.old-{}", std::process::id()));
    let had = out.exists();
    if had {
        fs::rename(out, &old).map_err(|error| Stop::disk("replace", out, &error))?;
    }
    let fresh = fresh.keep();
    if let Err(error) = fs::rename(&fresh, out) {
        if had {
            fs::rename(&old, out).map_err(|error| Stop::disk("put back", out, &error))?;
        }
        // Left for the next run when it cannot be removed.
        let _ = fs::remove_dir_all(&fresh);
        return Err(Stop::disk("write", out, &error));
    }
    open_to_all(out);
    if had {
        // Left for the next run when it cannot be removed.
        let _ = fs::remove_dir_all(&old);
    }
    Ok(())
}

/// A temporary folder is private; a build is as readable as any other folder.
#[cfg(unix)]
fn open_to_all(out: &Path) {
    use std::os::unix::fs::PermissionsExt;
    // The build is whole either way.
    let _ = fs::set_permissions(out, fs::Permissions::from_mode(0o755));
}

#[cfg(not(unix))]
fn open_to_all(_out: &Path) {}

/// How the artifact in `out` differs from `files`: one line per file, `+` new, `-` gone, `~` changed.
pub fn differences(out: &Path, files: &OutputSet) -> Result<Vec<String>, Stop> {
    let mut there = BTreeMap::new();
    let mut open = vec![out.to_path_buf()];
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(_) if folder == out => break,
            Err(error) => return Err(Stop::disk("read", &folder, &error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| Stop::disk("read", &folder, &error))?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let inside = path.strip_prefix(out).unwrap_or(&path);
                let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
                let contents = fs::read(&path).map_err(|error| Stop::disk("read", &path, &error))?;
                there.insert(parts.join("/"), contents);
            }
        }
    }
    let mut lines = Vec::new();
    for (path, contents) in files.files() {
        match there.remove(path) {
            None => lines.push(format!("+ {path}")),
            Some(old) if old != *contents => lines.push(format!("~ {path}")),
            Some(_) => {}
        }
    }
    lines.extend(there.into_keys().map(|path| format!("- {path}")));
    lines.sort_by(|a, b| a.get(2..).cmp(&b.get(2..)));
    Ok(lines)
}
