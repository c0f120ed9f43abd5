//! `entity:` documents.

use athyper_schemas::authoring::{CheckMapping, EntityDocument, NumberMapping};
use smol_str::SmolStr;

use super::reader::{Keys, Reader};
use super::word::Case;
use super::{field, word};
use crate::ast::{Check, Column, Entity, Number, Text, Unique};
use crate::diag::shape::{self, Needed};
use crate::yaml::{Entry, Node};

const FIELDS: Needed =
    Needed { what: "field names with their types", example: "fields: { code: string(20)! }" };
const FIELD: Needed = Needed { what: "the name of a field", example: "title: name" };
const NAMES: Needed = Needed { what: "a list of field names", example: "key: [code]" };
const TRAITS: Needed = Needed { what: "a list of traits", example: "traits: [soft_delete]" };
const CHECKS: Needed = Needed {
    what: "conditions by name",
    example: "checks: { positive: { assert: total >= 0, message: \"Must not be negative\" } }",
};
const CONDITION: Needed = Needed { what: "a condition", example: "assert: total >= 0" };
const UNIQUE: Needed =
    Needed { what: "lists of fields by name", example: "unique: { per_day: [employee, day] }" };
const INDEXES: Needed =
    Needed { what: "lists of fields by name", example: "indexes: { by_day: [ordered_on desc] }" };
const NUMBER: Needed = Needed {
    what: "a field and a format",
    example: "number: { field: code, format: \"PO-{YYYY}-{SEQ:5}\" }",
};
const FORMAT: Needed = Needed { what: "a format", example: "format: \"PO-{YYYY}-{SEQ:5}\"" };

pub(super) fn read(root: &Node, reader: &mut Reader<'_>) -> Option<Entity> {
    let keys = reader.keys::<EntityDocument>(root, "an entity", FIELDS)?;
    let name = word::document_name(reader, keys.get("entity")?, "entity")?;
    let mut fields = Vec::new();
    let fields_unread =
        reader.is_broken() || keys.get("fields").is_none_or(|node| node.as_mapping().is_none());
    if let Some(node) = reader.need(&keys, "fields", FIELDS.example) {
        for entry in reader.entries(node, "fields", FIELDS) {
            fields.push(field::read(entry, reader));
        }
    }
    Some(Entity {
        name,
        label: reader.text(&keys, "label"),
        plural: reader.text(&keys, "plural"),
        doc: reader.text(&keys, "doc"),
        class: keys.get("class").and_then(|node| reader.word(node, "class")).map(|word| word.value),
        traits: keys.get("traits").map(|node| reader.words(node, "traits", TRAITS).0).unwrap_or_default(),
        title: keys.get("title").and_then(|node| reader.scalar(node, "title", FIELD)),
        key: reader.names(&keys, "key", NAMES),
        search: reader.names(&keys, "search", Needed { example: "search: [code, name]", ..NAMES }),
        number: keys.get("number").and_then(|node| number(node, reader)),
        fields,
        fields_unread,
        checks: named(&keys, "checks", CHECKS, reader).iter().filter_map(|e| check(e, reader)).collect(),
        unique: columns(&keys, "unique", UNIQUE, reader),
        indexes: columns(&keys, "indexes", INDEXES, reader),
        was: former(&keys, Case::Pascal, "entity", reader),
    })
}

/// `was: old_name`, or `was: module.OldName` of an entity that moved.
pub(super) fn former(
    keys: &Keys<'_>,
    case: Case,
    what: &'static str,
    reader: &mut Reader<'_>,
) -> Option<Text> {
    let node = keys.get("was")?;
    let needed = Needed { what: "the name before the rename", example: "was: old_name" };
    let text = reader.scalar(node, "was", needed)?;
    let module = if case == Case::Pascal { text.value.rfind('.').map_or(0, |dot| dot + 1) } else { 0 };
    let short = text.value.get(module..).unwrap_or_default();
    word::judge(reader, short, node.inner_span(module..text.value.len()), case, what);
    Some(text)
}

fn named<'n>(keys: &Keys<'n>, key: &'static str, needed: Needed, reader: &mut Reader<'_>) -> &'n [Entry] {
    keys.get(key).map_or(&[], |node| reader.entries(node, key, needed))
}

fn number(node: &Node, reader: &mut Reader<'_>) -> Option<Number> {
    let keys = reader.keys::<NumberMapping>(node, "`number`", NUMBER)?;
    let field = reader.need(&keys, "field", "field: code");
    let format = reader.need(&keys, "format", FORMAT.example);
    let reset = keys.get("reset").and_then(|node| reader.word(node, "reset"));
    let gapless = reader.flag(&keys, "gapless").is_some_and(|flag| flag.value);
    let field = reader.scalar(field?, "field", Needed { example: "field: code", ..FIELD })?;
    let format = reader.passage(format?, "format", FORMAT)?;
    Some(Number { field, format, reset, gapless })
}

fn check(entry: &Entry, reader: &mut Reader<'_>) -> Option<Check> {
    let name = word::key_name(reader, &entry.key, "check");
    let keys = reader.keys::<CheckMapping>(&entry.value, "a check", CHECKS)?;
    let assert = reader.need(&keys, "assert", CONDITION.example);
    reader.need(&keys, "message", "message: \"The total must not be negative\"");
    let message = reader.text(&keys, "message");
    let assert = reader.passage(assert?, "assert", CONDITION)?;
    Some(Check { name, assert, message: message.unwrap_or_default() })
}

fn columns(keys: &Keys<'_>, key: &'static str, needed: Needed, reader: &mut Reader<'_>) -> Vec<Unique> {
    let mut out = Vec::new();
    for entry in named(keys, key, needed, reader) {
        let name = word::key_name(reader, &entry.key, "name");
        let items = reader.items(&entry.value, &name.value, needed);
        let columns = items.unwrap_or_default().iter().filter_map(|item| column(item, key, needed, reader));
        let columns: Vec<Column> = columns.collect();
        let read = items.is_some_and(|items| items.len() == columns.len());
        out.push(Unique { name, columns, read });
    }
    out
}

/// `field`, `field asc` or `field desc`; the order only in indexes.
fn column(item: &Node, key: &'static str, needed: Needed, reader: &mut Reader<'_>) -> Option<Column> {
    let text = reader.scalar(item, key, needed)?;
    let Some((field, order)) = text.value.split_once(' ') else {
        return Some(Column { field: text, descending: false });
    };
    let start = text.value.len() - order.trim_start().len();
    let order = order.trim();
    let orders: &[&str] = if key == "indexes" { &["desc", "asc"] } else { &[] };
    if !orders.contains(&order) {
        let span = item.inner_span(start..start + order.len());
        reader.sink.error(shape::unknown_word(span, key, order, orders));
        return None;
    }
    let field = Text::new(SmolStr::new(field), item.inner_span(0..field.len()));
    Some(Column { field, descending: order == "desc" })
}
