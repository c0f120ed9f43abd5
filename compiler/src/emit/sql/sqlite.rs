//! SQLite: STRICT tables with TEXT and INTEGER columns; decimals are scaled integers, times fixed-width text.

use athyper_expr::Value;
use athyper_expr::value::Stored;
use athyper_schemas::bundle::{Bundle, Entity, FieldType, OnDelete};
use athyper_schemas::field_types::Storage;

use super::{Ddl, comment, quoted, table, text};

pub(super) struct Sqlite;

impl Ddl for Sqlite {
    fn column_type(&self, ty: &FieldType) -> String {
        match ty.storage() {
            Storage::Int | Storage::Decimal | Storage::Bool | Storage::Duration => "INTEGER".to_owned(),
            _ => "TEXT".to_owned(),
        }
    }

    fn literal(&self, ty: &FieldType, json: &str) -> String {
        match Value::from_plain(&ty.kind(), json).map(|value| value.stored()) {
            Ok(Stored::Null) => "NULL".to_owned(),
            Ok(Stored::Int(value)) => value.to_string(),
            Ok(Stored::Text(value)) => text(&value),
            Err(_) => text(json),
        }
    }

    fn storage_condition(&self, column: &str, ty: &FieldType) -> Option<String> {
        match ty.storage() {
            Storage::Bool => Some(format!("{column} IN (0, 1)")),
            Storage::Decimal => {
                let most = 10_i64.checked_pow(u32::from(ty.precision?))? - 1;
                Some(format!("{column} BETWEEN -{most} AND {most}"))
            }
            Storage::Json if ty.item.is_some() => {
                Some(format!("json_valid({column}) AND json_type({column}) = 'array'"))
            }
            Storage::Json => Some(format!("json_valid({column})")),
            _ => None,
        }
    }

    fn item_count(&self, column: &str) -> String {
        format!("json_array_length({column})")
    }

    fn schema(&self, bundle: &Bundle) -> String {
        let mut out = comment(&format!("Package {}: the tables on SQLite.", bundle.package.name));
        out.push_str(&comment(
            "A reference that is cleared on delete has no ON DELETE SET NULL: that would clear the tenant too. \
             Whoever deletes clears the holders first, in the same transaction.",
        ));
        for entity in &bundle.entities {
            out.push('\n');
            out.push_str(&create(bundle, entity));
        }
        out
    }
}

fn create(bundle: &Bundle, entity: &Entity) -> String {
    let mut members = table::members(bundle, entity, &Sqlite, "TEXT");
    for key in &entity.foreign_keys {
        let cascade =
            if table::on_delete(entity, key) == OnDelete::Cascade { " ON DELETE CASCADE" } else { "" };
        let deferred = if key.deferred { " DEFERRABLE INITIALLY DEFERRED" } else { "" };
        let reference = table::foreign_key(bundle, entity, key);
        members.extend(reference.map(|reference| format!("{reference}{cascade}{deferred}")));
    }
    let mut out = comment(entity.doc.as_deref().unwrap_or(&entity.label));
    out.push_str(&format!(
        "CREATE TABLE {} (\n  {}\n) STRICT;\n",
        quoted(&entity.table),
        members.join(",\n  ")
    ));
    for index in table::indexes(entity) {
        out.push_str(&index);
        out.push('\n');
    }
    out
}
