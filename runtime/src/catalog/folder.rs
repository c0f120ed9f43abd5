//! Reads a build folder and believes nothing: format, every hash, every key. The only IO of the catalog.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use athyper_schemas::bundle::{Bundle, Entity, Enum, Package, Policy};
use athyper_schemas::canonical::Hash;
use athyper_schemas::dialect::Dialect;
use athyper_schemas::manifest::{self, Manifest};
use serde::de::DeserializeOwned;

use super::Catalog;
use crate::config::Rls;

/// The oldest artifact format that is still read.
const OLDEST_FORMAT: u32 = 1;

/// Why a build folder is not served. Each message says which file, what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no manifest.
    #[error(
        "`{0}` is not a build folder: it has no `manifest.json`; run `metac compile` and pass its output folder"
    )]
    NoManifest(PathBuf),
    /// A file cannot be read.
    #[error("cannot read `{file}`: {source}")]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The artifact was written by another generation of `metac`.
    #[error(
        "`manifest.json` has format {found}, and this athyper reads {OLDEST_FORMAT} to {}; compile again with the `metac` of the same release",
        athyper_schemas::FORMAT
    )]
    Format {
        /// What the manifest says.
        found: u64,
    },
    /// The authoring language is of an unknown edition.
    #[error(
        "`manifest.json` has edition {found}, and this athyper knows {}; compile again with the `metac` of the same release",
        athyper_schemas::EDITION
    )]
    Edition {
        /// What the manifest says.
        found: u16,
    },
    /// A file that the manifest lists is not there.
    #[error("`{file}` is listed in `manifest.json` but not there; the build is half written: compile again")]
    Missing {
        /// Which.
        file: String,
    },
    /// A file is there that the manifest does not list.
    #[error("`{file}` is not listed in `manifest.json`; remove it, or compile into an empty folder")]
    Extra {
        /// Which.
        file: String,
    },
    /// A file is not what was compiled.
    #[error("`{file}` was changed after it was compiled (expected {expected}, found {found}); compile again")]
    Changed {
        /// Which.
        file: String,
        /// What the manifest says.
        expected: Hash,
        /// What the bytes say.
        found: Hash,
    },
    /// A file is not of the shape this runtime knows.
    #[error("`{file}`: {reason}; compile again with the `metac` of the same release")]
    Shape {
        /// Which.
        file: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// The parts do not fit together.
    #[error("the build does not fit together: {0}; compile again, and report this if it stays")]
    Broken(String),
}

/// A verified build: the catalog and the texts that others need.
#[derive(Debug, Clone)]
pub struct Build {
    catalog: Arc<Catalog>,
    schemas: BTreeMap<Dialect, String>,
    row_security: Option<String>,
    openapi: Option<String>,
}

impl Build {
    /// Reads and verifies the build folder `dir`, to be served from a database of this dialect, which holds its readers
    /// to this.
    ///
    /// # Errors
    /// [`LoadError`], which says which file is wrong and what to do.
    pub fn load(dir: &Path, dialect: Dialect, rls: Rls) -> Result<Self, LoadError> {
        let manifest = read_manifest(dir)?;
        let files = read_files(dir, &manifest)?;
        refuse_extra_files(dir, &manifest)?;
        let bundle = assemble(&manifest, &files)?;
        let catalog = Catalog::from_bundle(bundle, manifest.output)?;
        Ok(Self::new(catalog.on(dialect, rls), files))
    }

    /// A build that was never written to disk, for SQLite.
    ///
    /// # Errors
    /// [`LoadError::Broken`] when the bundle does not fit together.
    pub fn in_memory(bundle: Bundle, files: BTreeMap<String, String>) -> Result<Self, LoadError> {
        let text = athyper_schemas::canonical::to_canonical_json(&bundle)
            .map_err(|e| LoadError::Broken(e.to_string()))?;
        let mut hashes: BTreeMap<_, _> =
            files.iter().map(|(path, text)| (path.clone(), Hash::of(text.as_bytes()))).collect();
        hashes.insert("model".to_owned(), Hash::of(text.as_bytes()));
        Ok(Self::new(Catalog::from_bundle(bundle, Manifest::identity(&hashes))?, files))
    }

    fn new(catalog: Catalog, mut files: BTreeMap<String, String>) -> Self {
        let schemas = Dialect::ALL
            .into_iter()
            .filter_map(|d| files.remove(&format!("sql/{}/schema.sql", d.facts().name)).map(|text| (d, text)))
            .collect();
        let row_security = files.remove("sql/postgres/rls.sql");
        Self { catalog: Arc::new(catalog), schemas, row_security, openapi: files.remove("openapi.json") }
    }

    /// The model.
    #[must_use]
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The SQL that makes its tables in an empty database, if it was compiled for this dialect.
    #[must_use]
    pub fn schema(&self, dialect: Dialect) -> Option<&str> {
        self.schemas.get(&dialect).map(String::as_str)
    }

    /// The policies as row level security of PostgreSQL, if it was compiled for it.
    #[must_use]
    pub fn row_security(&self) -> Option<&str> {
        self.row_security.as_deref()
    }

    /// `openapi.json`, complete.
    #[must_use]
    pub fn openapi(&self) -> Option<&str> {
        self.openapi.as_deref()
    }
}

fn read_manifest(dir: &Path) -> Result<Manifest, LoadError> {
    let path = dir.join(manifest::FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(LoadError::NoManifest(dir.to_owned())),
        Err(source) => return Err(LoadError::Unreadable { file: path, source }),
    };
    refuse_other_formats(&text)?;
    let manifest: Manifest = parse(manifest::FILE, &text)?;
    if manifest.edition != athyper_schemas::EDITION {
        return Err(LoadError::Edition { found: manifest.edition });
    }
    let found = Manifest::identity(&manifest.files);
    if found != manifest.output {
        return Err(LoadError::Changed { file: manifest::FILE.to_owned(), expected: manifest.output, found });
    }
    Ok(manifest)
}

/// Looks at `format` before anything else, so that a newer manifest is named as such and not by its new keys.
fn refuse_other_formats(text: &str) -> Result<(), LoadError> {
    let value: serde_json::Value = parse(manifest::FILE, text)?;
    match value.get("format").and_then(serde_json::Value::as_u64) {
        Some(found) if (u64::from(OLDEST_FORMAT)..=u64::from(athyper_schemas::FORMAT)).contains(&found) => {
            Ok(())
        }
        found => Err(LoadError::Format { found: found.unwrap_or(0) }),
    }
}

fn read_files(dir: &Path, manifest: &Manifest) -> Result<BTreeMap<String, String>, LoadError> {
    let mut files = BTreeMap::new();
    for (name, expected) in &manifest.files {
        let inside = Path::new(name).components().all(|c| matches!(c, Component::Normal(_)));
        if !inside {
            return Err(LoadError::Shape {
                file: manifest::FILE.to_owned(),
                reason: format!("lists `{name}`, which is not a path inside the folder"),
            });
        }
        let path = dir.join(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(LoadError::Missing { file: name.clone() });
            }
            Err(source) => return Err(LoadError::Unreadable { file: path, source }),
        };
        let found = Hash::of(&bytes);
        if found != *expected {
            return Err(LoadError::Changed { file: name.clone(), expected: expected.clone(), found });
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| LoadError::Shape { file: name.clone(), reason: "is not UTF-8".to_owned() })?;
        files.insert(name.clone(), text);
    }
    Ok(files)
}

fn refuse_extra_files(dir: &Path, manifest: &Manifest) -> Result<(), LoadError> {
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = |source| LoadError::Unreadable { file: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = relative(dir, &path);
            if name != manifest::FILE && !manifest.files.contains_key(&name) {
                return Err(LoadError::Extra { file: name });
            }
        }
    }
    Ok(())
}

fn relative(dir: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(dir).unwrap_or(path);
    let parts: Vec<_> = inside.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

fn assemble(manifest: &Manifest, files: &BTreeMap<String, String>) -> Result<Bundle, LoadError> {
    let name = "model/package.json";
    let text = files.get(name).ok_or_else(|| LoadError::Missing { file: name.to_owned() })?;
    let package: Package = parse(name, text)?;
    if package.name != manifest.package {
        return Err(LoadError::Broken(format!(
            "`manifest.json` is of `{}`, `{name}` of `{}`",
            manifest.package, package.name
        )));
    }
    Ok(Bundle {
        package,
        entities: parse_all::<Entity>(files, "model/entities/")?,
        enums: parse_all::<Enum>(files, "model/enums/")?,
        policies: parse_all::<Policy>(files, "model/policies/")?,
    })
}

fn parse_all<T: DeserializeOwned>(
    files: &BTreeMap<String, String>,
    folder: &str,
) -> Result<Vec<T>, LoadError> {
    files.iter().filter(|(name, _)| name.starts_with(folder)).map(|(name, text)| parse(name, text)).collect()
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, LoadError> {
    serde_json::from_str(text).map_err(|e| LoadError::Shape { file: file.to_owned(), reason: e.to_string() })
}

#[cfg(test)]
mod tests;
