//! The Bundle as tables and columns, as conditions ask for it, and which conditions need more than one row.

use athyper_expr::sql::{Column, Identifier, Source, Table};
use athyper_schemas::bundle::{Bundle, Entity, Field, System, Trait};
use athyper_schemas::ir::{Expr, FieldAccess, Node};

use crate::emit::sql::name;
use crate::naming::TENANT_COLUMN;

/// The tables of a package.
pub(crate) struct Tables<'b>(pub &'b Bundle);

impl Source for Tables<'_> {
    fn table(&self, entity: &str) -> Option<Table> {
        let entity = self.0.entity(entity)?;
        Some(Table {
            name: name(&entity.table),
            tenant: name(TENANT_COLUMN),
            id: name("id"),
            deleted_at: deleted_at(entity),
        })
    }

    fn column(&self, entity: &str, field: &str) -> Option<Column<'_>> {
        let field = self.0.entity(entity)?.field(field)?;
        let target = field.ty.target.as_deref();
        if field.ty.is_children() {
            let entity = target?;
            return Some(Column::Children { entity, parent: parent(self.0.entity(entity)?)? });
        }
        let Some(column) = &field.column else {
            return field.computed.as_ref().map(|computed| Column::Computed(&computed.value));
        };
        let (name, nullable) = (name(column), !field.required);
        Some(match target.filter(|_| field.ty.is_ref()) {
            Some(target) => Column::Reference { name, nullable, target },
            None => Column::Plain { name, nullable },
        })
    }
}

/// The column that is set when a record was deleted softly.
pub(super) fn deleted_at(entity: &Entity) -> Option<Identifier> {
    if entity.has(Trait::SoftDelete) { column(entity, System::DeletedAt) } else { None }
}

/// The column of an owned child with its owner's id.
pub(super) fn parent(child: &Entity) -> Option<Identifier> {
    column(child, System::Parent)
}

fn column(entity: &Entity, system: System) -> Option<Identifier> {
    let field = entity.fields.iter().find(|field| field.system == Some(system))?;
    field.column.as_deref().map(name)
}

impl Tables<'_> {
    /// Whether a condition looks at other rows than the one it is about.
    pub(super) fn looks_elsewhere(&self, expr: &Expr) -> bool {
        self.reaches(&expr.root)
    }

    fn reaches(&self, node: &Node) -> bool {
        match node {
            Node::Literal(_) | Node::This | Node::Old | Node::User(_) | Node::Now | Node::Today => false,
            Node::Bound(_) => false,
            Node::Field(access) => self.access_reaches(access),
            Node::List(nodes) => nodes.iter().any(|node| self.reaches(node)),
            Node::Call(call) => call.args.iter().any(|node| self.reaches(node)),
            Node::If(choice) => [&choice.condition, &choice.then, &choice.otherwise]
                .into_iter()
                .any(|node| self.reaches(node)),
            Node::Fold(fold) => self.reaches(&fold.list) || self.reaches(&fold.body),
        }
    }

    fn access_reaches(&self, access: &FieldAccess) -> bool {
        if access.of != Node::This {
            return true;
        }
        let field = self.0.entity(&access.entity).and_then(|entity| entity.field(&access.name));
        field.is_none_or(|field| field.ty.is_children() || self.value_reaches(field))
    }

    /// Fields are never computed from themselves.
    fn value_reaches(&self, field: &Field) -> bool {
        let computed = field.computed.as_ref().filter(|_| field.column.is_none());
        computed.is_some_and(|computed| self.reaches(&computed.value.root))
    }
}
