//! The structure of a table, the same in every dialect: columns, primary key, CHECKs, foreign keys, indexes.

use athyper_schemas::bundle::{Bundle, Entity, Field, ForeignKey, Index, OnDelete, Trait, Unique};
use athyper_schemas::dialect::fit_identifier;

use super::{Ddl, limit, quoted, target};

/// The column that says whose row it is; first in every key and index.
pub(super) const TENANT: &str = "\"tenant_id\"";

/// The lines between the brackets of CREATE TABLE, without commas.
pub(super) fn members(bundle: &Bundle, entity: &Entity, ddl: &dyn Ddl, tenant_type: &str) -> Vec<String> {
    let mut lines = vec![format!("{TENANT} {tenant_type} NOT NULL")];
    lines.extend(entity.fields.iter().filter_map(|field| column(field, ddl)));
    lines.push(format!("PRIMARY KEY ({TENANT}, \"id\")"));
    lines.extend(entity.fields.iter().filter_map(|field| column_check(bundle, entity, field, ddl)));
    if entity.has(Trait::EffectiveDated) {
        let name = constraint(entity, "valid", "period");
        lines.push(format!("CONSTRAINT {name} CHECK (\"valid_to\" > \"valid_from\")"));
    }
    lines
}

fn column(field: &Field, ddl: &dyn Ddl) -> Option<String> {
    let name = quoted(field.column.as_deref()?);
    let null = if field.required { " NOT NULL" } else { "" };
    Some(format!("{name} {}{null}", ddl.column_type(&field.ty)))
}

fn column_check(bundle: &Bundle, entity: &Entity, field: &Field, ddl: &dyn Ddl) -> Option<String> {
    let conditions = limit::conditions(bundle, field, ddl);
    let name = constraint(entity, field.column.as_deref()?, "limit");
    (!conditions.is_empty()).then(|| format!("CONSTRAINT {name} CHECK ({})", conditions.join(" AND ")))
}

/// `CONSTRAINT ... FOREIGN KEY ... REFERENCES ...` without what happens on delete.
pub(super) fn foreign_key(bundle: &Bundle, entity: &Entity, key: &ForeignKey) -> Option<String> {
    let column = quoted(entity.field(&key.field)?.column.as_deref()?);
    let table = quoted(&target(bundle, key)?.table);
    let name = quoted(&key.constraint);
    Some(format!("CONSTRAINT {name} FOREIGN KEY ({TENANT}, {column}) REFERENCES {table} ({TENANT}, \"id\")"))
}

/// What happens to the holder of `key` when its target is deleted.
pub(super) fn on_delete(entity: &Entity, key: &ForeignKey) -> OnDelete {
    entity.field(&key.field).and_then(|field| field.ty.on_delete).unwrap_or(OnDelete::Restrict)
}

/// The unique and ordinary indexes of the table, one statement each.
pub(super) fn indexes(entity: &Entity) -> Vec<String> {
    let unique = entity.unique.iter().map(|unique| unique_index(entity, unique));
    unique.chain(entity.indexes.iter().map(|index| ordinary_index(entity, index))).collect()
}

fn unique_index(entity: &Entity, unique: &Unique) -> String {
    let columns: Vec<String> = unique.fields.iter().map(|field| column_of(entity, field)).collect();
    let living = if entity.has(Trait::SoftDelete) { " WHERE \"deleted_at\" IS NULL" } else { "" };
    let (name, table) = (quoted(&unique.constraint), quoted(&entity.table));
    format!("CREATE UNIQUE INDEX {name} ON {table} ({TENANT}, {}){living};", columns.join(", "))
}

fn ordinary_index(entity: &Entity, index: &Index) -> String {
    let columns = index.columns.iter().map(|column| {
        let order = if column.descending { " DESC" } else { "" };
        format!("{}{order}", column_of(entity, &column.field))
    });
    let (name, table) = (quoted(&index.name), quoted(&entity.table));
    format!("CREATE INDEX {name} ON {table} ({TENANT}, {});", columns.collect::<Vec<_>>().join(", "))
}

fn column_of(entity: &Entity, field: &str) -> String {
    quoted(entity.field(field).and_then(|field| field.column.as_deref()).unwrap_or(field))
}

/// The quoted name of a constraint that the Bundle does not name.
fn constraint(entity: &Entity, about: &str, kind: &str) -> String {
    quoted(&fit_identifier(&format!("{}__{about}_{kind}", entity.table)))
}
