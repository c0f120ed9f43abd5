//! The package file, and the whole of a package, as written.

use std::collections::BTreeSet;

use athyper_schemas::dialect::Dialect;
use smol_str::SmolStr;

use super::policy_test::PolicyTest;
use super::{Entity, Enum, Named, Policy, Text, Type};
use crate::source::{FileId, Span};

/// Everything that was written.
#[derive(Debug, Clone)]
pub struct Package {
    /// `metac.yaml`.
    pub file: PackageFile,
    /// In the order of files and documents, as the lists below.
    pub entities: Vec<Entity>,
    /// Declared enums.
    pub enums: Vec<Enum>,
    /// Named types.
    pub types: Vec<Named>,
    /// Policies.
    pub policies: Vec<Policy>,
    /// Policy tests.
    pub policy_tests: Vec<PolicyTest>,
    /// The files that hold tests and nothing else: the artifact does not hang on them.
    pub test_files: BTreeSet<FileId>,
    /// Whether a document could not be read so far as to know what it declares; that was told.
    pub lost: bool,
}

/// The file `metac.yaml`.
#[derive(Debug, Clone)]
pub struct PackageFile {
    /// `package`.
    pub name: SmolStr,
    /// `edition`.
    pub edition: u16,
    /// `doc`.
    pub doc: Option<String>,
    /// `dialects`.
    pub dialects: BTreeSet<Dialect>,
    /// `user`; absent when nothing was written.
    pub user: Option<Vec<Attribute>>,
    /// Where the package is named.
    pub span: Option<Span>,
}

/// `name: type` under `user`.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name.
    pub name: Text,
    /// Its type; absent when it could not be read.
    pub ty: Option<Type>,
    /// Whether every caller has it.
    pub required: bool,
    /// The claim of the token that fills it.
    pub claim: Option<Text>,
}
