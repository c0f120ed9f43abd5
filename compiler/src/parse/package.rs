//! The package file.

use std::collections::BTreeSet;

use athyper_schemas::EDITION;
use athyper_schemas::authoring::{AttributeMapping, LintLevel, LintSetting, PACKAGE_FILE, PackageDocument};
use athyper_schemas::dialect::Dialect;
use smol_str::SmolStr;

use super::reader::{Keys, Reader};
use super::shorthand;
use super::word::{self, Case};
use crate::ast::{Attribute, PackageFile};
use crate::diag::shape::{self, Needed};
use crate::diag::{self, Level, Sink};
use crate::source::{SourceSet, Span};
use crate::yaml::{self, Kind, Node, Resolved};

const KEYS: Needed = Needed { what: "a mapping", example: "package: sales" };
const DIALECTS: Needed = Needed { what: "a list of databases", example: "dialects: [sqlite, postgres]" };
const USER: Needed =
    Needed { what: "attributes of a caller with their types", example: "user: { region: string }" };
const LINTS: Needed = Needed {
    what: "warnings with their levels",
    example: "lints: { no-policy: { level: allow, reason: \"a draft\" } }",
};

/// Reads `metac.yaml` and sets the levels of lints.
pub(super) fn read(sources: &SourceSet, sink: &mut Sink) -> PackageFile {
    let mut file = PackageFile {
        name: SmolStr::new_static("package"),
        edition: EDITION,
        doc: None,
        dialects: Dialect::ALL.into_iter().collect(),
        user: None,
        span: None,
    };
    let Some(id) = sources.find(PACKAGE_FILE) else {
        let first = sources.files().next().map(|(id, _)| Span::new(id, 0..0));
        sink.error(diag::package::missing(first));
        return file;
    };
    let parsed = yaml::parse(sources, id, sink);
    let Some(document) = parsed.documents.first() else {
        if parsed.broken.is_none() {
            sink.error(diag::package::empty(Span::new(id, 0..0)));
        }
        return file;
    };
    let mut reader = Reader::new(sink, &SmolStr::default(), document.broken);
    if let Some(second) = parsed.documents.get(1) {
        reader.sink.error(diag::package::second_document(second.root.span));
    }
    if let Some(keys) = reader.keys::<PackageDocument>(&document.root, "the package file", KEYS) {
        fill(&mut file, &keys, &mut reader);
    }
    file
}

fn fill(file: &mut PackageFile, keys: &Keys<'_>, reader: &mut Reader<'_>) {
    if let Some(node) = reader.need(keys, "package", KEYS.example) {
        let needed = Needed { what: "a name", example: KEYS.example };
        if let Some(name) = reader.scalar(node, "package", needed) {
            word::judge(reader, &name.value, name.span, Case::Snake, "package");
            file.name = name.value;
            file.span = Some(name.span);
        }
    }
    if let Some(node) = reader.need(keys, "edition", "edition: 2026") {
        edition(node, reader);
    }
    file.doc = reader.text(keys, "doc");
    if let Some(node) = keys.get("dialects") {
        let (dialects, all) = reader.words::<Dialect>(node, "dialects", DIALECTS);
        if dialects.is_empty() && all {
            reader.sink.error(diag::package::no_dialect(node.span));
        }
        let dialects: BTreeSet<Dialect> = dialects.into_iter().map(|dialect| dialect.value).collect();
        if !dialects.is_empty() {
            file.dialects = dialects;
        }
    }
    file.user = keys.get("user").map(|node| user(node, reader));
    if let Some(node) = keys.get("lints") {
        lints(node, reader);
    }
}

fn edition(node: &Node, reader: &mut Reader<'_>) {
    match node.as_scalar().map(yaml::Scalar::resolve) {
        Some(Resolved::Int(number)) if number == i64::from(EDITION) => {}
        Some(Resolved::Int(_) | Resolved::Number(_) | Resolved::Text(_)) => {
            reader.sink.error(diag::package::unknown_edition(node.span, EDITION));
        }
        _ => reader.refuse(node, "edition", Needed { what: "a year", example: "edition: 2026" }),
    }
}

fn user(node: &Node, reader: &mut Reader<'_>) -> Vec<Attribute> {
    let mut out = Vec::new();
    for entry in reader.entries(node, "user", USER) {
        let name = word::key_name(reader, &entry.key, "attribute");
        let (ty, claim) = match &entry.value.kind {
            Kind::Mapping(_) => {
                let Some(keys) = reader.keys::<AttributeMapping>(&entry.value, "an attribute", USER) else {
                    continue;
                };
                reader.text(&keys, "doc");
                let needed = Needed { what: "the name of a claim", example: "claim: department" };
                let claim = keys.get("claim").and_then(|node| reader.scalar(node, "claim", needed));
                (reader.need(&keys, "type", "type: string"), claim)
            }
            _ => (Some(&entry.value), None),
        };
        let Some(ty) = ty.filter(|ty| reader.scalar(ty, &name.value, USER).is_some()) else { continue };
        let read = shorthand::read(ty, reader);
        let more = [read.unique, read.index, read.default.map(|default| default.span())];
        if let Some(span) = more.into_iter().flatten().next() {
            reader.sink.error(shape::bad_type(span, "only a type and `!` can stand here"));
        }
        out.push(Attribute { name, ty: read.ty, required: read.required.is_some(), claim });
    }
    out
}

fn lints(node: &Node, reader: &mut Reader<'_>) {
    for entry in reader.entries(node, "lints", LINTS) {
        let slug = entry.key.text.as_str();
        if !diag::is_lint(slug) {
            reader.sink.error(diag::package::unknown_lint(entry.key.span, slug));
            continue;
        }
        let Some(keys) = reader.keys::<LintSetting>(&entry.value, "a lint", LINTS) else { continue };
        let level = reader.need(&keys, "level", "level: allow");
        reader.need(&keys, "reason", "reason: \"a draft\"");
        reader.text(&keys, "reason");
        let level = level.and_then(|node| reader.word::<LintLevel>(node, "level"));
        let level = match level.map(|level| level.value) {
            Some(LintLevel::Allow) => Level::Allow,
            Some(LintLevel::Deny) => Level::Deny,
            Some(LintLevel::Warn) => Level::Warn,
            None => continue,
        };
        reader.sink.lints.levels.insert(slug.to_owned(), level);
    }
}
