//! `type:` documents.

use athyper_schemas::authoring::TypeDocument;

use super::reader::Reader;
use super::{field, shorthand, word};
use crate::ast::Named;
use crate::diag::shape::Needed;
use crate::yaml::Node;

const BASE: Needed = Needed { what: "a type", example: "base: string(20)" };

pub(super) fn read(root: &Node, reader: &mut Reader<'_>) -> Option<Named> {
    let keys = reader.keys::<TypeDocument>(root, "a type", BASE)?;
    let name = word::document_name(reader, keys.get("type")?, "type")?;
    let base = reader.need(&keys, "base", BASE.example);
    let base = base.filter(|node| reader.scalar(node, "base", BASE).is_some());
    let base = base.and_then(|node| shorthand::bare(node, reader));
    let doc = reader.text(&keys, "doc");
    let constraints = field::constraints(&keys, reader);
    Some(Named { name, base, doc, constraints })
}
