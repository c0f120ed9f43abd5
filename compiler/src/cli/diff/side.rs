//! What one side of a comparison is: a build folder, a package folder, or a revision of the package.

use std::path::{Path, PathBuf};

use athyper_metac::diag::{Lints, Severity};
use athyper_metac::source::SourceSet;
use athyper_schemas::authoring::PACKAGE_FILE;
use athyper_schemas::bundle::Bundle;
use athyper_schemas::manifest;

use super::{built, revision};
use crate::cli::{Colour, Exit, Stop, package};

/// One side as it was written on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// A folder that a compile wrote.
    Build(PathBuf),
    /// A folder with `metac.yaml`.
    Package(PathBuf),
    /// A revision that git knows.
    Revision(String),
}

impl Side {
    /// A folder when there is one of this name, otherwise a revision.
    pub fn of(text: &str) -> Result<Self, Stop> {
        let folder = PathBuf::from(text);
        if folder.join(manifest::FILE).is_file() {
            return Ok(Self::Build(folder));
        }
        if folder.join(PACKAGE_FILE).is_file() {
            return Ok(Self::Package(folder));
        }
        if folder.exists() {
            let needed =
                format!("neither a `{}` (a build) nor a `{PACKAGE_FILE}` (a package)", manifest::FILE);
            return Err(Stop::new(Exit::WrongCall, format!("`{text}` has {needed}")));
        }
        Ok(Self::Revision(text.to_owned()))
    }

    /// The package folder that a revision on the other side is about.
    pub fn package(&self) -> Option<&Path> {
        match self {
            Self::Package(folder) => Some(folder),
            Self::Build(_) | Self::Revision(_) => None,
        }
    }

    /// The model of this side; a revision is one of the package in `folder`.
    pub fn model(&self, folder: &Path, colour: Colour) -> Result<Bundle, Stop> {
        match self {
            Self::Build(build) => built::read(build),
            Self::Package(package) => {
                compiled(&package::read(package)?, &package.display().to_string(), colour)
            }
            Self::Revision(name) => compiled(&revision::read(folder, name)?, name, colour),
        }
    }
}

/// Compiles in memory; only mistakes are told, warnings are for `metac check`.
fn compiled(sources: &SourceSet, name: &str, colour: Colour) -> Result<Bundle, Stop> {
    let outcome = athyper_metac::model(sources, Lints::default());
    outcome.made.map_err(|_| {
        let said: Vec<_> = outcome.said.into_iter().filter(|said| said.severity == Severity::Error).collect();
        colour.say(sources, &said);
        Stop::new(Exit::Findings, format!("`{name}` does not compile, so there is nothing to compare"))
    })
}
