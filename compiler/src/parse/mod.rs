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

/// Reads every file of a package.
pub fn parse(sources: &SourceSet, sink: &mut Sink) -> ast::Package {
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
        if !is_model(file.path()) {
            continue;
        }
        let parsed = yaml::parse(sources, id, sink);
        let module = module_of(sources, id, &package.file.name, sink);
        package.lost |= parsed.broken.is_some() && parsed.documents.iter().all(|d| d.broken.is_none());
        if !parsed.documents.is_empty() && parsed.documents.iter().all(|d| kind_of(&d.root) == "policy_test")
        {
            package.test_files.insert(id);
        }
        for document in &parsed.documents {
            let mut reader = Reader::new(sink, &module, document.broken);
            let read = read_document(&document.root, &mut reader, &mut package);
            package.lost |= read.is_none();
        }
    }
    package
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
