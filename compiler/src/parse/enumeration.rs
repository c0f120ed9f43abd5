//! `enum:` documents, and lists of values.

use athyper_schemas::authoring::EnumDocument;

use super::reader::Reader;
use super::word::{self, Case};
use crate::ast::{Enum, EnumValue, Text};
use crate::diag::shape::Needed;
use crate::yaml::{Kind, Node};

const VALUES: Needed =
    Needed { what: "a list of values, or values with labels", example: "values: [draft, placed]" };

pub(super) fn read(root: &Node, reader: &mut Reader<'_>) -> Option<Enum> {
    let keys = reader.keys::<EnumDocument>(root, "an enum", VALUES)?;
    let name = word::document_name(reader, keys.get("enum")?, "enum")?;
    let label = reader.text(&keys, "label");
    let doc = reader.text(&keys, "doc");
    let node = reader.need(&keys, "values", VALUES.example);
    let values = node.map(|node| values(node, reader)).unwrap_or_default();
    for value in &values {
        word::judge(reader, &value.name.value, value.name.span, Case::Any, "value");
    }
    let span = node.map_or(name.span, |node| node.span);
    Some(Enum { name, label, doc, values, span, poisoned: !node.is_some_and(is_collection) })
}

const fn is_collection(node: &Node) -> bool {
    matches!(node.kind, Kind::Sequence(_) | Kind::Mapping(_))
}

/// A list of values, or a mapping of values to labels.
pub(super) fn values(node: &Node, reader: &mut Reader<'_>) -> Vec<EnumValue> {
    if let Kind::Mapping(mapping) = &node.kind {
        let mut out = Vec::with_capacity(mapping.entries.len());
        for entry in &mapping.entries {
            let needed = Needed { what: "a label", example: "draft: \"Draft\"" };
            let label = reader.scalar(&entry.value, &entry.key.text, needed);
            let name = Text::new(entry.key.text.clone(), entry.key.span);
            out.push(EnumValue { name, label: label.map(|label| label.value.to_string()) });
        }
        return out;
    }
    let items = reader.items(node, "values", VALUES).unwrap_or_default();
    let names = items.iter().filter_map(|item| reader.scalar(item, "values", VALUES));
    names.map(|name| EnumValue { name, label: None }).collect()
}
