//! The catalog as the lowering of expressions asks about it, and what one caller sees of it.

use std::cell::OnceCell;

use athyper_expr::sql::{By, Column, Constants, Identifier, Lowering, Source, Table};
use athyper_schemas::bundle::System;
use athyper_schemas::canonical::Hash;
use athyper_schemas::dialect::MAX_IDENTIFIER_BYTES;
use athyper_schemas::ir::{Literal, Node};

use crate::catalog::{Catalog, Entity, Field};
use crate::config::Rls;
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

/// The function that finds records of a table for those who look at the whole tenant, in statements that row level
/// security holds to what their caller may read.
pub(super) fn finder(table: &str, by: By) -> String {
    let by = match by {
        By::Id => "by_id",
        By::Owner => "by_owner",
    };
    let name = format!("{table}@{by}");
    if name.len() <= MAX_IDENTIFIER_BYTES {
        name
    } else {
        format!("{:.39}@{by}", Hash::of(table.as_bytes()).as_str())
    }
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

    fn finder(&self, entity: &str, by: By) -> Option<Identifier> {
        let entity = self.catalog().named(entity).filter(|_| self.catalog().rls() == Rls::Full)?;
        Identifier::new(&finder(entity.table(), by)).ok()
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
