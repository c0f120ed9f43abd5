//! SQLite: STRICT tables with TEXT and INTEGER columns; decimals are scaled integers, times fixed-width text.

use athyper_expr::sql;
use athyper_expr::sql::{Identifier, SqlText};
use athyper_expr::value::{Stored, Value};
use athyper_schemas::bundle::{Bundle, Entity, FieldType, OnDelete};
use athyper_schemas::dialect::Dialect;
use athyper_schemas::field_types::Storage;

use super::{Ddl, comment, literal, name, table};

pub(super) struct Sqlite;

impl Ddl for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn column_type(&self, ty: &FieldType) -> SqlText {
        match ty.storage() {
            Storage::Int | Storage::Decimal | Storage::Bool | Storage::Duration => sql!["INTEGER"],
            _ => sql!["TEXT"],
        }
    }

    fn constant(&self, ty: &FieldType, text: &str) -> SqlText {
        match Value::from_plain(&ty.kind(), text).map(|value| value.stored()) {
            Ok(Stored::Null) => sql!["NULL"],
            Ok(Stored::Int(value)) => sql![value],
            Ok(Stored::Text(value)) => literal(&value),
            Err(_) => literal(text),
        }
    }

    fn storage_condition(&self, column: &Identifier, ty: &FieldType) -> Option<SqlText> {
        match ty.storage() {
            Storage::Bool => Some(sql![column, " IN (0, 1)"]),
            Storage::Decimal => {
                let most = 10_i64.checked_pow(u32::from(ty.precision?))? - 1;
                Some(sql![column, " BETWEEN ", -most, " AND ", most])
            }
            Storage::Json if ty.item.is_some() => {
                Some(sql!["json_valid(", column, ") AND json_type(", column, ") = 'array'"])
            }
            Storage::Json => Some(sql!["json_valid(", column, ")"]),
            _ => None,
        }
    }

    fn item_count(&self, column: &Identifier) -> SqlText {
        sql!["json_array_length(", column, ")"]
    }

    fn direction(&self, descending: bool, _nullable: bool) -> &'static str {
        if descending { " DESC" } else { "" }
    }

    fn schema(&self, bundle: &Bundle) -> SqlText {
        let mut out = comment(&format!("Package {}: the tables on SQLite.", bundle.package.name));
        out.append(comment(
            "A reference that is cleared on delete has no ON DELETE SET NULL: that would clear the tenant too.\n\
             Whoever deletes clears the holders first, in the same transaction.",
        ));
        for entity in &bundle.entities {
            out.push("\n").append(create(bundle, entity));
        }
        out
    }
}

fn create(bundle: &Bundle, entity: &Entity) -> SqlText {
    let mut members = table::members(bundle, entity, &Sqlite, "TEXT");
    for key in &entity.foreign_keys {
        let cascade =
            if table::on_delete(entity, key) == OnDelete::Cascade { " ON DELETE CASCADE" } else { "" };
        let deferred = if key.deferred { " DEFERRABLE INITIALLY DEFERRED" } else { "" };
        let reference = table::foreign_key(bundle, entity, key);
        members.extend(reference.map(|reference| sql![reference, cascade, deferred]));
    }
    let mut out = comment(entity.doc.as_deref().unwrap_or(&entity.label));
    out.append(sql!["CREATE TABLE ", &name(&entity.table), " (\n  "]);
    out.join(members, ",\n  ").push("\n) STRICT;\n").append(table::indexes(entity, &Sqlite));
    out
}
