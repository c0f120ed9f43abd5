//! The catalog as the lowering of expressions asks about it, and what one caller sees of it.

use std::cell::OnceCell;

use athyper_expr::sql::{Column, Constants, Identifier, Lowering, Source, Table};
use athyper_schemas::bundle::System;
use athyper_schemas::ir::{Literal, Node};

use crate::catalog::{Catalog, Entity, Field};
use crate::policy::{Access, Rows};

/// Where entities and fields are in the database, and which records a caller sees.
#[derive(Debug)]
pub(super) struct Tables<'a> {
    access: &'a Access,
    seen: OnceCell<Vec<Seen>>,
}

/// Which records of an entity are seen.
#[derive(Debug)]
enum Seen {
    None,
    Some(Rows),
    /// As far as their owner.
    Owned,
}

const NONE: Node = Node::Literal(Literal::Bool(false));

impl<'a> Tables<'a> {
    /// As the caller with this access sees them.
    pub(super) fn of(access: &'a Access) -> Self {
        Self { access, seen: OnceCell::new() }
    }

    fn catalog(&self) -> &'a Catalog {
        self.access.scope().catalog()
    }

    fn all_seen(&self) -> Vec<Seen> {
        let seen = |entity: &Entity| match self.access.follow(entity.id()) {
            _ if entity.is_owned() => Seen::Owned,
            Ok(access) => Seen::Some(access.rows().clone()),
            Err(_) => Seen::None,
        };
        self.catalog().entities().iter().map(seen).collect()
    }
}

impl Tables<'_> {
    /// The lowering to the dialect of the database, with one text for every caller.
    pub(super) fn lowering(&self) -> Lowering<'_> {
        Lowering::new(self, self.catalog().dialect(), Constants::Kept)
    }
}

impl Source for Tables<'_> {
    fn seen(&self, entity: &str) -> Option<&Node> {
        let Some(entity) = self.catalog().named(entity) else { return Some(&NONE) };
        match self.seen.get_or_init(|| self.all_seen()).get(entity.id().index()) {
            Some(Seen::Owned | Seen::Some(Rows::All)) => None,
            Some(Seen::Some(Rows::Where(node))) => Some(node),
            Some(Seen::None) | None => Some(&NONE),
        }
    }

    fn table(&self, entity: &str) -> Option<Table> {
        let entity = self.catalog().named(entity)?;
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
        let field = self.catalog().named(entity)?.named(field)?;
        if let Some(child) = field.children() {
            let child = self.catalog().entity(child);
            let parent = Identifier::new(column_for(child, System::Parent)?).ok()?;
            return Some(Column::Children { entity: child.name(), parent });
        }
        let Some(column) = field.column() else {
            return field.def().computed.as_ref().map(|computed| Column::Computed(&computed.value));
        };
        let name = Identifier::new(column).ok()?;
        let nullable = !field.def().required;
        Some(match field.reference() {
            Some(target) => {
                Column::Reference { name, nullable, target: self.catalog().entity(target).name() }
            }
            None => Column::Plain { name, nullable },
        })
    }
}

fn column_for(entity: &Entity, purpose: System) -> Option<&str> {
    entity.system(purpose).and_then(Field::column)
}
