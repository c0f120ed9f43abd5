//! The structure of a table, the same in every dialect: columns, primary key, CHECKs, foreign keys, indexes.

use athyper_expr::sql;
use athyper_expr::sql::{Identifier, SqlText};
use athyper_schemas::bundle::{Bundle, Check, Entity, Field, ForeignKey, Index, OnDelete, Trait, Unique};

use super::{Ddl, limit, name, target};
use crate::row_sql;

/// The members of CREATE TABLE: columns, primary key, CHECKs.
pub(super) fn members(
    bundle: &Bundle,
    entity: &Entity,
    ddl: &dyn Ddl,
    tenant_type: &'static str,
) -> Vec<SqlText> {
    let mut all = vec![sql!["\"tenant_id\" ", tenant_type, " NOT NULL"]];
    all.extend(entity.fields.iter().filter_map(|field| column(entity, field, ddl)));
    all.push(sql!["PRIMARY KEY (\"tenant_id\", \"id\")"]);
    all.extend(entity.fields.iter().filter_map(|field| column_check(bundle, entity, field, ddl)));
    all.extend(entity.checks.iter().filter_map(|written| check(entity, written, ddl)));
    if entity.has(Trait::EffectiveDated) {
        let name = constraint(entity, "valid", "period");
        all.push(sql!["CONSTRAINT ", &name, " CHECK (\"valid_to\" > \"valid_from\")"]);
    }
    all
}

fn column(entity: &Entity, field: &Field, ddl: &dyn Ddl) -> Option<SqlText> {
    let null = if field.required { " NOT NULL" } else { "" };
    let mut text = sql![&name(field.column.as_deref()?), " ", ddl.column_type(&field.ty), null];
    let generated = field.computed.as_ref().filter(|computed| computed.generated);
    if let Some(value) = generated.and_then(|computed| row_sql::value(entity, &computed.value, ddl.dialect()))
    {
        text.append(sql![" GENERATED ALWAYS AS (", value, ") STORED"]);
    }
    Some(text)
}

fn check(entity: &Entity, check: &Check, ddl: &dyn Ddl) -> Option<SqlText> {
    let condition = row_sql::check(entity, &check.assert, ddl.dialect()).filter(|_| check.in_database)?;
    let name = constraint(entity, &check.name, "check");
    Some(sql!["CONSTRAINT ", &name, " CHECK (", condition, ")"])
}

fn column_check(bundle: &Bundle, entity: &Entity, field: &Field, ddl: &dyn Ddl) -> Option<SqlText> {
    let conditions = limit::conditions(bundle, field, ddl);
    let name = constraint(entity, field.column.as_deref()?, "limit");
    let mut all = SqlText::new();
    all.join(conditions, " AND ");
    (!all.is_empty()).then(|| sql!["CONSTRAINT ", &name, " CHECK (", all, ")"])
}

/// `CONSTRAINT ... FOREIGN KEY ... REFERENCES ...` without what happens on delete.
pub(super) fn foreign_key(bundle: &Bundle, entity: &Entity, key: &ForeignKey) -> Option<SqlText> {
    let column = name(entity.field(&key.field)?.column.as_deref()?);
    let table = name(&target(bundle, key)?.table);
    let mut text = sql!["CONSTRAINT ", &name(&key.constraint), " FOREIGN KEY (\"tenant_id\", ", &column];
    text.append(sql![") REFERENCES ", &table, " (\"tenant_id\", \"id\")"]);
    Some(text)
}

/// What happens to the holder of `key` when its target is deleted.
pub(super) fn on_delete(entity: &Entity, key: &ForeignKey) -> OnDelete {
    entity.field(&key.field).and_then(|field| field.ty.on_delete).unwrap_or(OnDelete::Restrict)
}

/// The unique and ordinary indexes of the table, one statement and line each.
pub(super) fn indexes(entity: &Entity, ddl: &dyn Ddl) -> SqlText {
    let mut all = SqlText::new();
    for unique in &entity.unique {
        all.append(unique_index(entity, unique, ddl));
    }
    for index in &entity.indexes {
        all.append(ordinary_index(entity, index, ddl));
    }
    all
}

fn unique_index(entity: &Entity, unique: &Unique, ddl: &dyn Ddl) -> SqlText {
    let living = if entity.has(Trait::SoftDelete) { " WHERE \"deleted_at\" IS NULL" } else { "" };
    let mut text = sql!["CREATE UNIQUE INDEX ", &name(&unique.constraint), " ON ", &name(&entity.table)];
    text.push(" (\"tenant_id\", ");
    text.join(unique.fields.iter().map(|field| index_column(entity, field, false, ddl)), ", ");
    text.push(")").push(living).push(";\n");
    text
}

fn ordinary_index(entity: &Entity, index: &Index, ddl: &dyn Ddl) -> SqlText {
    let columns =
        index.columns.iter().map(|column| index_column(entity, &column.field, column.descending, ddl));
    let mut text = sql!["CREATE INDEX ", &name(&index.name), " ON ", &name(&entity.table)];
    text.push(" (\"tenant_id\", ").join(columns, ", ").push(");\n");
    text
}

fn index_column(entity: &Entity, field: &str, descending: bool, ddl: &dyn Ddl) -> SqlText {
    let field_of = entity.field(field);
    let column = name(field_of.and_then(|field| field.column.as_deref()).unwrap_or(field));
    sql![&column, ddl.direction(descending, field_of.is_some_and(|field| !field.required))]
}

/// The name of a constraint that the Bundle does not name.
fn constraint(entity: &Entity, about: &str, kind: &str) -> Identifier {
    name(&format!("{}__{about}_{kind}", entity.table))
}
