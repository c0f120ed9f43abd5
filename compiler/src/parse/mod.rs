//! Text to a package as written. Never fails: what cannot be read is left out and told, and one broken file
//! does not hide the others.
//!
//! May not enter: looking names up; `resolve` does.

mod entity;
mod enumeration;
mod field;
mod named;
mod package;
mod policy;
mod policy_test;
mod reader;
mod shorthand;
mod word;

use std::collections::BTreeSet;

use athyper_schemas::authoring::{KINDS, PACKAGE_FILE};
use smol_str::SmolStr;

use crate::ast;
use crate::diag::{self, Sink};
use crate::source::{FileId, SourceSet, Span};
use crate::yaml;
use reader::Reader;

/// What becomes of policy tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tests {
    /// They are read, and what is wrong with them is told.
    Read,
    /// They are left out, whatever they hold.
    Left,
}

/// Reads every file of a package.
pub fn parse(sources: &SourceSet, tests: Tests, sink: &mut Sink) -> ast::Package {
    let mut package = ast::Package {
        file: package::read(sources, sink),
        entities: Vec::new(),
        enums: Vec::new(),
        types: Vec::new(),
        policies: Vec::new(),
        policy_tests: Vec::new(),
        test_files: BTreeSet::new(),
        lost: false,
    };
    for (id, file) in sources.files() {
        if is_model(file.path()) {
            read_file(sources, id, (tests, &mut package), sink);
        }
    }
    package
}

fn read_file(sources: &SourceSet, id: FileId, (tests, package): (Tests, &mut ast::Package), sink: &mut Sink) {
    let mut heard = Sink::default();
    let parsed = yaml::parse(sources, id, &mut heard);
    let is_test = |document: &yaml::Document| kind_of(&document.root) == "policy_test";
    let only_tests = !parsed.documents.is_empty() && parsed.documents.iter().all(is_test);
    if only_tests {
        package.test_files.insert(id);
        if tests == Tests::Left {
            return;
        }
    }
    sink.absorb(heard);
    let module = module_of(sources, id, &package.file.name, sink);
    package.lost |= parsed.broken.is_some() && parsed.documents.iter().all(|d| d.broken.is_none());
    for document in &parsed.documents {
        if tests == Tests::Left && is_test(document) {
            continue;
        }
        let mut reader = Reader::new(sink, &module, document.broken);
        let read = read_document(&document.root, &mut reader, package);
        package.lost |= read.is_none();
    }
}

fn is_model(path: &str) -> bool {
    let yaml = [".yaml", ".yml"].iter().any(|ending| path.ends_with(ending));
    yaml && path != PACKAGE_FILE
}

/// The first key of a document.
fn kind_of(root: &yaml::Node) -> &str {
    let first = root.as_mapping().and_then(<[yaml::Entry]>::first);
    first.map_or("", |first| first.key.text.as_str())
}

/// Reads one document; nothing when what it declares stays unknown.
fn read_document(root: &yaml::Node, reader: &mut Reader<'_>, package: &mut ast::Package) -> Option<()> {
    let first = match &root.kind {
        yaml::Kind::Mapping(mapping) => mapping.entries.first(),
        yaml::Kind::Poisoned(_) => return None,
        _ => None,
    };
    let Some(first) = first else {
        if !reader.is_broken() {
            reader.sink.error(diag::shape::not_a_document(root.span, root.describe()));
        }
        return None;
    };
    match first.key.text.as_str() {
        "entity" => package.entities.push(entity::read(root, reader)?),
        "enum" => package.enums.push(enumeration::read(root, reader)?),
        "type" => package.types.push(named::read(root, reader)?),
        "policy" => package.policies.push(policy::read(root, reader)?),
        "policy_test" => package.policy_tests.push(policy_test::read(root, reader)?),
        "package" => {
            reader.sink.error(diag::package::misplaced(first.key.span));
        }
        other => {
            reader.sink.error(diag::shape::unknown_kind(first.key.span, other, KINDS));
            return None;
        }
    }
    Some(())
}

/// The module of a file: its folders joined by dots; in the root, the name of the package.
fn module_of(sources: &SourceSet, file: FileId, package: &SmolStr, sink: &mut Sink) -> SmolStr {
    let Some((folders, _)) = sources.path(file).rsplit_once('/') else {
        return package.clone();
    };
    if let Some(folder) = folders.split('/').find(|folder| !word::is_snake(folder)) {
        sink.error(diag::package::bad_folder(Span::new(file, 0..0), folder));
    }
    SmolStr::new(folders.replace('/', "."))
}
