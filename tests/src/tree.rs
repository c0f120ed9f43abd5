//! Whole folders as values, so that two builds can be held against each other.

use std::collections::BTreeMap;
use std::path::Path;

/// Every file below `folder`: path with `/` to bytes. A folder that is not there holds nothing.
///
/// # Errors
/// When the folder cannot be read.
pub fn read(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut open: Vec<_> = folder.is_dir().then(|| folder.to_path_buf()).into_iter().collect();
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
                files.insert(name, std::fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

/// Writes files below `folder`, in the order given.
///
/// # Errors
/// When one cannot be written.
pub fn write<'a>(
    folder: &Path,
    files: impl Iterator<Item = (&'a String, &'a Vec<u8>)>,
) -> anyhow::Result<()> {
    for (name, bytes) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, bytes)?;
    }
    Ok(())
}
