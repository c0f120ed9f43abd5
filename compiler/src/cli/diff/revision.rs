//! The package as git holds it in one revision. Files are read out of git; the working tree is not touched.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use athyper_metac::source::{MAX_FILE_BYTES, SourceSet};
use athyper_schemas::authoring::PACKAGE_FILE;

use crate::cli::{Exit, Stop, package};

/// The sources of the package in `folder` as they were in this revision.
pub fn read(folder: &Path, revision: &str) -> Result<SourceSet, Stop> {
    if !folder.is_dir() {
        return Err(Stop::new(Exit::WrongCall, format!("there is no folder `{}`", folder.display())));
    }
    let prefix = said(folder, &["rev-parse", "--show-prefix"], || {
        format!("`{revision}` is no folder, and `{}` is in no git repository", folder.display())
    })?;
    let prefix = prefix.trim_end_matches('\n');
    let commit = format!("{revision}^{{commit}}");
    let found = said(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit], || {
        format!("`{revision}` is neither a folder nor a revision that git knows here; in CI, fetch it first")
    })?;
    let tree = format!("{}:{prefix}", found.trim());
    let absent = || {
        let what =
            if prefix.is_empty() { "the root of the repository" } else { prefix.trim_end_matches('/') };
        format!("there is no package in `{what}` at `{revision}`: it has no `{PACKAGE_FILE}`")
    };
    let listed = said(folder, &["ls-tree", "-r", "-z", "--full-tree", &tree], absent)?;
    let files: Vec<(&str, &str)> = listed.split('\0').filter_map(entry).collect();
    if !files.iter().any(|(path, _)| *path == PACKAGE_FILE) {
        return Err(Stop::new(Exit::WrongCall, absent()));
    }
    let contents = contents(folder, files.iter().map(|(_, object)| *object))?;
    let files: Vec<(String, Vec<u8>)> =
        files.into_iter().map(|(path, _)| path.to_owned()).zip(contents).collect();
    Ok(SourceSet::new(files).shown_below(revision))
}

/// `mode type object TAB path` of a file that belongs to a package; links are left out, as on disk.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split(' ');
    let (mode, kind, object) = (words.next()?, words.next()?, words.next()?);
    (kind == "blob" && mode.starts_with("100") && package::belongs(path)).then_some((path, object))
}

/// The contents of these objects, in one call.
fn contents<'o>(folder: &Path, objects: impl Iterator<Item = &'o str>) -> Result<Vec<Vec<u8>>, Stop> {
    let asked: Vec<&str> = objects.collect();
    let mut child = git(folder, &["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| unusable(&error))?;
    let stdin = child.stdin.take();
    let list = asked.join("\n");
    // Git answers while it is asked: both at once, or a full pipe would stop both.
    let asking =
        std::thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(format!("{list}\n").as_bytes())));
    let output = child.wait_with_output().map_err(|error| unusable(&error))?;
    drop(asking.join());
    let mut rest = output.stdout.as_slice();
    let mut contents = Vec::new();
    for object in asked {
        let (one, after) = next(rest).ok_or_else(|| {
            Stop::new(Exit::Outside, format!("git cannot read its object `{object}`; `git fsck` says more"))
        })?;
        contents.push(one.get(..MAX_FILE_BYTES.saturating_add(1)).unwrap_or(one).to_vec());
        rest = after;
    }
    Ok(contents)
}

/// One object of `git cat-file --batch`: a line that ends with its size, its bytes, a line feed.
fn next(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let (head, rest) = (text.get(..end)?, text.get(end + 1..)?);
    let size: usize = std::str::from_utf8(head).ok()?.rsplit(' ').next()?.parse().ok()?;
    Some((rest.get(..size)?, rest.get(size + 1..)?))
}

fn git(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(args).stdin(Stdio::null());
    command
}

fn unusable(error: &std::io::Error) -> Stop {
    Stop::new(
        Exit::Outside,
        format!("revisions are read with the program `git`, which cannot be run: {error}"),
    )
}

/// What git says; `otherwise` when it refuses.
fn said(folder: &Path, args: &[&str], otherwise: impl FnOnce() -> String) -> Result<String, Stop> {
    let Output { status, stdout, .. } = git(folder, args).output().map_err(|error| unusable(&error))?;
    if !status.success() {
        return Err(Stop::new(Exit::WrongCall, otherwise()));
    }
    let not_text = |_| Stop::new(Exit::Outside, "the name of a file in git is not UTF-8; rename it");
    String::from_utf8(stdout).map_err(not_text)
}
