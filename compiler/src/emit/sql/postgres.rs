//! PostgreSQL 15 and later: foreign keys behind all tables, comments from the docs, and row level security that
//! even the owner of the tables cannot leave.

use athyper_expr::sql;
use athyper_expr::sql::{Identifier, SqlText};
use athyper_expr::value::Value;
use athyper_schemas::bundle::{Bundle, Entity, FieldType, OnDelete};
use athyper_schemas::dialect::Dialect;
use athyper_schemas::field_types::Storage;

use super::{Ddl, comment, literal, name, table};

pub(super) struct Postgres;

/// True for the rows of the tenant of the transaction. A setting that was never made reads as null, one that a
/// finished transaction left behind as `''`; the scalar subquery runs once per statement, not once per row.
const OWN_ROWS: &str = "\"tenant_id\" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid)";

impl Ddl for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn column_type(&self, ty: &FieldType) -> SqlText {
        match ty.storage() {
            Storage::Text | Storage::Children => sql!["text COLLATE \"C\""],
            Storage::Int | Storage::Duration => sql!["bigint"],
            Storage::Decimal => {
                let (precision, scale) = (ty.precision.unwrap_or(18), ty.scale.unwrap_or_default());
                sql!["numeric(", i64::from(precision), ", ", i64::from(scale), ")"]
            }
            Storage::Bool => sql!["boolean"],
            Storage::Date => sql!["date"],
            Storage::Time => sql!["time"],
            Storage::Datetime => sql!["timestamptz"],
            Storage::Uuid => sql!["uuid"],
            // A document is answered as it was sent, lists are looked into.
            Storage::Json if ty.item.is_none() => sql!["json"],
            Storage::Json => sql!["jsonb"],
        }
    }

    /// A text constant takes the type of the column it is compared with.
    fn constant(&self, ty: &FieldType, text: &str) -> SqlText {
        match Value::from_plain(&ty.kind(), text) {
            Ok(Value::Int(value) | Value::Duration(value)) => sql![value],
            _ => literal(text),
        }
    }

    fn storage_condition(&self, column: &Identifier, ty: &FieldType) -> Option<SqlText> {
        let is_list = ty.storage() == Storage::Json && ty.item.is_some();
        is_list.then(|| sql!["jsonb_typeof(", column, ") = 'array'"])
    }

    fn item_count(&self, column: &Identifier) -> SqlText {
        sql!["jsonb_array_length(", column, ")"]
    }

    /// Lists are ordered so that null is less than everything; the server's own order has it behind everything.
    fn direction(&self, descending: bool, nullable: bool) -> &'static str {
        match (descending, nullable) {
            (false, false) => "",
            (true, false) => " DESC",
            (false, true) => " NULLS FIRST",
            (true, true) => " DESC NULLS LAST",
        }
    }

    fn schema(&self, bundle: &Bundle) -> SqlText {
        let mut out = comment(&format!("Package {}: the tables on PostgreSQL.", bundle.package.name));
        for entity in &bundle.entities {
            out.push("\n").append(create(bundle, entity));
        }
        let mut keys = SqlText::new();
        for entity in &bundle.entities {
            keys.append(foreign_keys(bundle, entity));
        }
        if !keys.is_empty() {
            out.push("\n").append(comment("Foreign keys, when every table is there.")).append(keys);
        }
        out
    }
}

fn create(bundle: &Bundle, entity: &Entity) -> SqlText {
    let table = name(&entity.table);
    let mut out = sql!["CREATE TABLE ", &table, " (\n  "];
    out.join(table::members(bundle, entity, &Postgres, "uuid"), ",\n  ").push("\n);\n");
    out.append(table::indexes(entity, &Postgres));
    out.append(sql!["ALTER TABLE ", &table, " ENABLE ROW LEVEL SECURITY;\n"]);
    out.append(sql!["ALTER TABLE ", &table, " FORCE ROW LEVEL SECURITY;\n"]);
    // No policy whatever can widen the restrictive one. The other lets the rows of the tenant through, until rls.sql
    // narrows it.
    out.append(sql!["CREATE POLICY \"tenant\" ON ", &table, " AS RESTRICTIVE\n  USING (", OWN_ROWS]);
    out.append(sql![")\n  WITH CHECK (", OWN_ROWS, ");\n"]);
    out.append(sql!["CREATE POLICY \"whole_tenant\" ON ", &table, " USING (TRUE) WITH CHECK (TRUE);\n"]);
    out.append(comments(entity));
    out
}

fn comments(entity: &Entity) -> SqlText {
    let table = name(&entity.table);
    let words = entity.doc.as_deref().unwrap_or(&entity.label);
    let mut out = sql!["COMMENT ON TABLE ", &table, " IS ", literal(words), ";\n"];
    for field in entity.fields.iter().filter(|field| field.system.is_none()) {
        if let (Some(column), Some(doc)) = (&field.column, &field.doc) {
            out.push("COMMENT ON COLUMN ").qualified(&table, &name(column));
            out.append(sql![" IS ", literal(doc), ";\n"]);
        }
    }
    out
}

fn foreign_keys(bundle: &Bundle, entity: &Entity) -> SqlText {
    let mut out = SqlText::new();
    for key in &entity.foreign_keys {
        let Some(reference) = table::foreign_key(bundle, entity, key) else { continue };
        let column = entity.field(&key.field).and_then(|field| field.column.as_deref()).map(name);
        let action = match (table::on_delete(entity, key), column) {
            (OnDelete::Cascade, _) => sql![" ON DELETE CASCADE"],
            (OnDelete::SetNull, Some(column)) => sql![" ON DELETE SET NULL (", &column, ")"],
            _ => SqlText::new(),
        };
        let deferred = if key.deferred { " DEFERRABLE INITIALLY DEFERRED" } else { "" };
        out.append(sql!["ALTER TABLE ", &name(&entity.table), " ADD ", reference, action, deferred, ";\n"]);
    }
    out
}
