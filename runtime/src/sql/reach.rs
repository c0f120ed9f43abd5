//! The statement of a policy: the ids of the records that an access reaches.

use athyper_expr::sql::{Identifier, NotLowerable, Row};
use athyper_schemas::bundle::System;
use athyper_schemas::ir::Node;

use super::tables::Tables;
use super::{Slot, Template, Writer};
use crate::catalog::Field;
use crate::policy::Access;

/// The ids of the records for which `condition` is definitely true.
///
/// # Errors
/// When the condition cannot be asked of the database: the compiler should have refused it.
pub fn reach(access: &Access, condition: &Node) -> Result<Template, NotLowerable> {
    let (entity, catalog) = (access.entity(), access.scope().catalog());
    let tables = Tables::of(access);
    let mut lowering = tables.lowering();
    let row = Row::aliased(entity.name(), Identifier::numbered("a", 0));
    let rail = lowering.rail_true(condition, &row)?;
    let mut w = Writer::new(entity.dialect());
    w.slots.push(Slot::Tenant);
    w.raw("SELECT ")
        .column(0, "id")
        .either("", "::text")
        .raw(" FROM ")
        .name(entity.table())
        .raw(" AS ")
        .alias(0)
        .raw(" WHERE ");
    w.column(0, "tenant_id").raw(" = ").again(1).either("", "::uuid");
    if let Some(deleted) = entity.system(System::DeletedAt).and_then(Field::column) {
        w.raw(" AND ").column(0, deleted).raw(" IS NULL");
    }
    w.raw(" AND (").expression(rail.into_sql()).raw(")");
    w.gate(Slot::Tenant);
    Ok(w.template(&lowering.into_constants(), catalog))
}
