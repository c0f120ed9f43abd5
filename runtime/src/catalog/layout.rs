//! How the evaluator finds fields and attributes: by the order in which the catalog holds them.

use athyper_expr::eval::{Layout, Place};

use super::Catalog;

/// The records and callers of a catalog.
#[derive(Debug, Clone, Copy)]
pub struct RecordLayout<'c>(pub &'c Catalog);

impl Layout for RecordLayout<'_> {
    fn field(&self, entity: &str, field: &str) -> Option<Place<'_>> {
        let field = self.0.named(entity)?.named(field)?;
        Some(match &field.def().computed {
            Some(computed) if !computed.stored => Place::Computed(&computed.value),
            _ => Place::Index(field.id().index()),
        })
    }

    fn attribute(&self, name: &str) -> Option<usize> {
        self.0.attributes().iter().position(|attribute| attribute.name == name)
    }
}
