//! PostgreSQL 15 and later: foreign keys behind all tables, comments from the docs, and row level security that
//! even the owner of the tables cannot leave.

use athyper_expr::Value;
use athyper_schemas::bundle::{Bundle, Entity, FieldType, OnDelete};
use athyper_schemas::field_types::Storage;

use super::{Ddl, comment, quoted, table, text};

pub(super) struct Postgres;

/// True for the rows of the tenant of the transaction. A setting that was never made reads as null, one that a
/// finished transaction left behind as `''`; the scalar subquery runs once per statement, not once per row.
const OWN_ROWS: &str = "\"tenant_id\" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid)";

impl Ddl for Postgres {
    fn column_type(&self, ty: &FieldType) -> String {
        match ty.storage() {
            Storage::Text | Storage::Children => "text COLLATE \"C\"".to_owned(),
            Storage::Int | Storage::Duration => "bigint".to_owned(),
            Storage::Decimal => {
                format!("numeric({}, {})", ty.precision.unwrap_or(18), ty.scale.unwrap_or_default())
            }
            Storage::Bool => "boolean".to_owned(),
            Storage::Date => "date".to_owned(),
            Storage::Time => "time".to_owned(),
            Storage::Datetime => "timestamptz".to_owned(),
            Storage::Uuid => "uuid".to_owned(),
            Storage::Json => "jsonb".to_owned(),
        }
    }

    fn literal(&self, ty: &FieldType, json: &str) -> String {
        match ty.storage() {
            Storage::Int | Storage::Decimal | Storage::Bool => json.to_owned(),
            Storage::Duration => Value::from_plain(&ty.kind(), json)
                .ok()
                .and_then(|value| value.to_storage_text())
                .unwrap_or_else(|| json.to_owned()),
            Storage::Date => format!("DATE {}", text(json)),
            Storage::Time => format!("TIME {}", text(json)),
            Storage::Datetime => format!("TIMESTAMPTZ {}", text(json)),
            Storage::Uuid => format!("UUID {}", text(json)),
            _ => text(json),
        }
    }

    fn storage_condition(&self, column: &str, ty: &FieldType) -> Option<String> {
        let is_list = ty.storage() == Storage::Json && ty.item.is_some();
        is_list.then(|| format!("jsonb_typeof({column}) = 'array'"))
    }

    fn item_count(&self, column: &str) -> String {
        format!("jsonb_array_length({column})")
    }

    fn schema(&self, bundle: &Bundle) -> String {
        let mut out = comment(&format!("Package {}: the tables on PostgreSQL.", bundle.package.name));
        for entity in &bundle.entities {
            out.push('\n');
            out.push_str(&create(bundle, entity));
        }
        let keys: String = bundle.entities.iter().map(|entity| foreign_keys(bundle, entity)).collect();
        if !keys.is_empty() {
            out.push('\n');
            out.push_str(&comment("Foreign keys, when every table is there."));
            out.push_str(&keys);
        }
        out
    }
}

fn create(bundle: &Bundle, entity: &Entity) -> String {
    let name = quoted(&entity.table);
    let members = table::members(bundle, entity, &Postgres, "uuid").join(",\n  ");
    let mut out = format!("CREATE TABLE {name} (\n  {members}\n);\n");
    for index in table::indexes(entity) {
        out.push_str(&format!("{index}\n"));
    }
    out.push_str(&format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;\n"));
    out.push_str(&format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY;\n"));
    out.push_str(&format!(
        "CREATE POLICY \"tenant\" ON {name}\n  USING ({OWN_ROWS})\n  WITH CHECK ({OWN_ROWS});\n"
    ));
    out.push_str(&comments(entity));
    out
}

fn comments(entity: &Entity) -> String {
    let name = quoted(&entity.table);
    let words = entity.doc.as_deref().unwrap_or(&entity.label);
    let mut out = format!("COMMENT ON TABLE {name} IS {};\n", text(words));
    for field in entity.fields.iter().filter(|field| field.system.is_none()) {
        if let (Some(column), Some(doc)) = (&field.column, &field.doc) {
            out.push_str(&format!("COMMENT ON COLUMN {name}.{} IS {};\n", quoted(column), text(doc)));
        }
    }
    out
}

fn foreign_keys(bundle: &Bundle, entity: &Entity) -> String {
    let mut out = String::new();
    for key in &entity.foreign_keys {
        let Some(reference) = table::foreign_key(bundle, entity, key) else { continue };
        let action = match table::on_delete(entity, key) {
            OnDelete::Restrict => String::new(),
            OnDelete::Cascade => " ON DELETE CASCADE".to_owned(),
            OnDelete::SetNull => {
                let column = entity.field(&key.field).and_then(|field| field.column.as_deref());
                column.map(|column| format!(" ON DELETE SET NULL ({})", quoted(column))).unwrap_or_default()
            }
        };
        let deferred = if key.deferred { " DEFERRABLE INITIALLY DEFERRED" } else { "" };
        out.push_str(&format!("ALTER TABLE {} ADD {reference}{action}{deferred};\n", quoted(&entity.table)));
    }
    out
}
