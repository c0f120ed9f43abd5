//! Reading a package: every YAML file below its folder, in the order of paths.

use std::path::{Path, PathBuf};

use athyper_metac::source::{MAX_FILE_BYTES, SourceSet};
use athyper_schemas::authoring::PACKAGE_FILE;
use ignore::WalkBuilder;

use super::{Exit, Stop};

/// Folders that hold what was made, not what was written.
const SKIPPED: &[&str] = &["build", "target", "node_modules"];

/// The sources of the package in `folder`.
pub fn read(folder: &Path) -> Result<SourceSet, Stop> {
    if !folder.join(PACKAGE_FILE).is_file() {
        return Err(no_package(folder));
    }
    let mut files = Vec::new();
    for path in yaml_files(folder)? {
        files.push((relative(folder, &path)?, contents(&path)?));
    }
    Ok(SourceSet::new(files).shown_below(&folder.to_string_lossy()))
}

/// Every YAML file below `folder`, in the order of paths. Hidden folders, links and what was made are left out.
pub fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, Stop> {
    let mut files = Vec::new();
    let walk = WalkBuilder::new(folder)
        .standard_filters(false)
        .hidden(true)
        .follow_links(false)
        .filter_entry(|entry| entry.depth() == 0 || !is_skipped(entry))
        .build();
    for entry in walk {
        let entry = entry.map_err(|error| {
            Stop::new(Exit::Outside, format!("cannot read `{}`: {error}", folder.display()))
        })?;
        let path = entry.path();
        let yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        if yaml && entry.file_type().is_some_and(|kind| kind.is_file()) {
            files.push(path.to_path_buf());
        }
    }
    files.sort();
    Ok(files)
}

fn is_skipped(entry: &ignore::DirEntry) -> bool {
    let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    folder && entry.file_name().to_str().is_some_and(|name| SKIPPED.contains(&name))
}

/// Whether a file with this path inside the package, with `/`, belongs to it.
pub fn belongs(path: &str) -> bool {
    let mut folders = path.split('/').rev();
    let name = folders.next().unwrap_or_default();
    let yaml = [".yaml", ".yml"].iter().any(|ending| name.ends_with(ending)) && !name.starts_with('.');
    yaml && folders.all(|folder| !folder.starts_with('.') && !SKIPPED.contains(&folder))
}

/// The path inside the package, with `/`.
fn relative(folder: &Path, path: &Path) -> Result<String, Stop> {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    let parts: Option<Vec<&str>> = inside.iter().map(|part| part.to_str()).collect();
    let parts = parts.ok_or_else(|| {
        Stop::new(Exit::Outside, format!("the name of `{}` is not UTF-8; rename it", path.display()))
    })?;
    Ok(parts.join("/"))
}

/// The bytes of a file; of one over the limit only so many that the compiler sees that it is.
pub fn contents(path: &Path) -> Result<Vec<u8>, Stop> {
    use std::io::Read;
    let file = std::fs::File::open(path).map_err(|error| Stop::disk("read", path, &error))?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(|error| Stop::disk("read", path, &error))?;
    Ok(bytes)
}

/// Says where the package might be instead.
fn no_package(folder: &Path) -> Stop {
    if !folder.is_dir() {
        return Stop::new(Exit::WrongCall, format!("there is no folder `{}`", folder.display()));
    }
    let mut message = format!("`{}` is no package: it has no `{PACKAGE_FILE}`", folder.display());
    let above = folder.canonicalize().ok().and_then(|full| {
        full.ancestors().skip(1).find(|parent| parent.join(PACKAGE_FILE).is_file()).map(Path::to_path_buf)
    });
    match above {
        Some(parent) => message.push_str(&format!("; did you mean the package in `{}`?", parent.display())),
        None => message.push_str("; `metac init` starts one"),
    }
    Stop::new(Exit::WrongCall, message)
}

/// Where a package's artifact goes when nothing else is said.
pub fn default_out(folder: &Path) -> PathBuf {
    folder.join("build")
}
