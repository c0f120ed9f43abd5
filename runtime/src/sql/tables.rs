//! The catalog as the lowering of expressions asks about it.

use athyper_expr::sql::{Column, Constants, Identifier, Lowering, Source, Table};
use athyper_schemas::bundle::System;

use crate::catalog::{Catalog, Entity, Field};

/// Where entities and fields are in the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tables<'c>(pub &'c Catalog);

impl Tables<'_> {
    /// The lowering to the dialect of the database, with one text for every caller.
    pub(super) fn lowering(&self) -> Lowering<'_> {
        Lowering::new(self, self.0.dialect(), Constants::Kept)
    }
}

impl Source for Tables<'_> {
    fn table(&self, entity: &str) -> Option<Table> {
        let entity = self.0.named(entity)?;
        let deleted_at = match column_for(entity, System::DeletedAt) {
            Some(column) => Some(Identifier::new(column).ok()?),
            None => None,
        };
        Some(Table {
            name: Identifier::new(entity.table()).ok()?,
            tenant: Identifier::new("tenant_id").ok()?,
            id: Identifier::new(column_for(entity, System::Id)?).ok()?,
            deleted_at,
        })
    }

    fn column(&self, entity: &str, field: &str) -> Option<Column<'_>> {
        let field = self.0.named(entity)?.named(field)?;
        if let Some(child) = field.children() {
            let child = self.0.entity(child);
            let parent = Identifier::new(column_for(child, System::Parent)?).ok()?;
            return Some(Column::Children { entity: child.name(), parent });
        }
        let Some(column) = field.column() else {
            return field.def().computed.as_ref().map(|computed| Column::Computed(&computed.value));
        };
        let name = Identifier::new(column).ok()?;
        let nullable = !field.def().required;
        Some(match field.reference() {
            Some(target) => Column::Reference { name, nullable, target: self.0.entity(target).name() },
            None => Column::Plain { name, nullable },
        })
    }
}

fn column_for(entity: &Entity, purpose: System) -> Option<&str> {
    entity.system(purpose).and_then(Field::column)
}
