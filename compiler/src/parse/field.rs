//! Fields in both forms, and what bounds their values.

use athyper_schemas::authoring::FieldMapping;

use super::entity::former;
use super::reader::{Keys, Reader};
use super::word::Case;
use super::{enumeration, shorthand, word};
use crate::ast::{Constraints, Field, Passage, Spanned, Text};
use crate::diag::shape::{self, Needed};
use crate::source::Span;
use crate::yaml::{Entry, Kind, Node};

const FIELD: Needed = Needed { what: "a type or a mapping with `type`", example: "code: string(20)!" };

/// A field of an entity.
pub(super) fn read(entry: &Entry, reader: &mut Reader<'_>) -> Field {
    let name = word::key_name(reader, &entry.key, "field");
    let mut field = blank(name);
    match &entry.value.kind {
        Kind::Mapping(_) => full(&entry.value, &mut field, reader),
        _ => short(&entry.value, &mut field, reader),
    }
    field
}

fn blank(name: Text) -> Field {
    Field {
        name,
        ty: None,
        required: None,
        unique: None,
        index: None,
        default: None,
        label: None,
        doc: None,
        constraints: Constraints::default(),
        computed: None,
        stored: None,
        copy: None,
        on_delete: None,
        was: None,
        lint: Vec::new(),
    }
}

fn short(node: &Node, field: &mut Field, reader: &mut Reader<'_>) {
    let name = field.name.value.clone();
    if reader.scalar(node, &name, FIELD).is_none() {
        return;
    }
    let read = shorthand::read(node, reader);
    field.ty = read.ty;
    field.required = read.required;
    field.unique = read.unique;
    field.index = read.index;
    field.default = read.default;
}

fn full(node: &Node, field: &mut Field, reader: &mut Reader<'_>) {
    let Some(keys) = reader.keys::<FieldMapping>(node, "a field", FIELD) else { return };
    if let Some(ty) = reader.need(&keys, "type", "type: string(20)") {
        short(ty, field, reader);
    }
    field.required = flag(&keys, "required", field.required, reader);
    field.unique = flag(&keys, "unique", field.unique, reader);
    field.index = flag(&keys, "index", field.index, reader);
    if let Some(node) = keys.get("default") {
        if let Some(shorthand) = &field.default {
            reader.sink.error(shape::said_twice(node.span, shorthand.span(), "default"));
        }
        let needed = Needed { what: "a value or an expression", example: "default: today()" };
        field.default = reader.passage(node, "default", needed);
    }
    field.label = reader.text(&keys, "label");
    field.doc = reader.text(&keys, "doc");
    field.constraints = constraints(&keys, reader);
    field.computed = keys.get("computed").and_then(|node| computed(node, reader));
    field.stored = flag(&keys, "stored", None, reader);
    let needed = Needed { what: "a reference and a field of its target", example: "copy: supplier.name" };
    field.copy = keys.get("copy").and_then(|node| reader.passage(node, "copy", needed));
    field.on_delete = keys.get("on_delete").and_then(|node| reader.word(node, "on_delete"));
    field.was = former(&keys, Case::Snake, "field", reader);
    let needed = Needed { what: "a list of warnings", example: "lint: [nullable-operand]" };
    field.lint = reader.names(&keys, "lint", needed);
}

fn computed(node: &Node, reader: &mut Reader<'_>) -> Option<Passage> {
    let needed = Needed { what: "an expression", example: "computed: quantity * price" };
    reader.passage(node, "computed", needed)
}

/// The place of a flag that is set by its key or by the shorthand; saying both is one too many.
fn flag(keys: &Keys<'_>, key: &'static str, short: Option<Span>, reader: &mut Reader<'_>) -> Option<Span> {
    let flag = reader.flag(keys, key);
    if let (Some(flag), Some(short)) = (flag, short) {
        reader.sink.error(shape::said_twice(flag.span, short, key));
    }
    short.or_else(|| flag.filter(|flag| flag.value).map(|flag| flag.span))
}

/// What bounds values: of fields and of named types.
pub(super) fn constraints(keys: &Keys<'_>, reader: &mut Reader<'_>) -> Constraints {
    let bound = Needed { what: "a value of the type", example: "min: 0" };
    let pattern = Needed { what: "a regular expression", example: "pattern: \"[A-Z]{3}\"" };
    let personal = reader.flag(keys, "personal").is_some_and(|flag| flag.value);
    Constraints {
        min: keys.get("min").and_then(|node| reader.scalar(node, "min", bound)),
        max: keys.get("max").and_then(|node| reader.scalar(node, "max", bound)),
        min_length: reader.count(keys, "min_length"),
        max_length: reader.count(keys, "max_length"),
        pattern: keys.get("pattern").and_then(|node| reader.scalar(node, "pattern", pattern)),
        values: keys.get("values").map(|node| Spanned::new(enumeration::values(node, reader), node.span)),
        personal,
    }
}
