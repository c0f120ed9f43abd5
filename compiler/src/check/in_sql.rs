//! What each read computes is also filtered and sorted by, so every chosen database must be able to say it.

use athyper_expr::sql::{Column, Constants, Identifier, Lowering, Row, Source, Table};
use athyper_schemas::bundle::Trait;
use athyper_schemas::ir::{self, Kind};

use crate::diag::{Sink, expressions as say};
use crate::model::Model;
use crate::naming::{self, TENANT_COLUMN};

/// Every value that reads compute can be said in SQL.
pub(super) fn computed(model: &Model, expressions: &[Option<ir::Expr>], sink: &mut Sink) {
    let tables = Tables { model, expressions };
    for field in model.entities().flat_map(|entity| entity.fields()) {
        let Some(computed) = field.get().computed.filter(|computed| !computed.stored) else { continue };
        let Some(Some(value)) = expressions.get(computed.value.place()) else { continue };
        let Some(alias) = identifier("r") else { continue };
        let row = Row::aliased(&field.entity().name().qualified, alias);
        for dialect in &model.package.dialects {
            let mut lowering = Lowering::new(&tables, *dialect, Constants::Kept);
            let refused = match value.ty.kind {
                Kind::Bool => lowering.rail_true(&value.root, &row).err(),
                _ => lowering.value(&value.root, &row).err(),
            };
            if let Some(refused) = refused {
                let span = model.expressions[computed.value].passage.span();
                sink.error(say::not_in_sql(span, field.name(), &refused));
                break;
            }
        }
    }
}

/// The model as tables and columns.
pub(super) struct Tables<'m> {
    /// The model.
    pub model: &'m Model,
    /// The checked form of every expression.
    pub expressions: &'m [Option<ir::Expr>],
}

impl Source for Tables<'_> {
    fn table(&self, entity: &str) -> Option<Table> {
        let entity = self.model.entity_named(entity)?;
        let deleted_at = entity.has(Trait::SoftDelete).then(|| identifier("deleted_at"));
        Some(Table {
            name: identifier(&entity.table())?,
            tenant: identifier(TENANT_COLUMN)?,
            id: identifier("id")?,
            deleted_at: deleted_at.flatten(),
        })
    }

    fn column(&self, entity: &str, field: &str) -> Option<Column<'_>> {
        let field = self.model.entity_named(entity)?.field_named(field)?;
        if let Some(child) = field.owns() {
            let parent = identifier(&naming::reference_column("parent"))?;
            return Some(Column::Children { entity: &child.name().qualified, parent });
        }
        let Some(column) = field.column() else {
            let value =
                field.get().computed.and_then(|computed| self.expressions.get(computed.value.place()));
            return value?.as_ref().map(Column::Computed);
        };
        let (name, nullable) = (identifier(&column)?, !field.get().required);
        Some(match field.refers_to() {
            Some(target) => Column::Reference { name, nullable, target: &target.name().qualified },
            None => Column::Plain { name, nullable },
        })
    }
}

/// A name that every database takes; longer ones were told where names are judged.
pub(super) fn identifier(name: &str) -> Option<Identifier> {
    Identifier::new(name).ok()
}
