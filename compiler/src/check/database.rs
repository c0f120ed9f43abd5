//! What a database can hold: names that stay whole and apart, and not too many columns.

use std::collections::BTreeMap;

use crate::diag::{Sink, database};
use crate::model::{EntityRef, Model};
use crate::naming::{MAX_BYTES, TENANT_COLUMN};

/// Tables and columns keep their names, and no two share one.
pub(super) fn names_fit(model: &Model, sink: &mut Sink) {
    let mut tables = BTreeMap::new();
    for entity in model.entities() {
        let (table, span) = (entity.table(), entity.name().span);
        if table.len() > MAX_BYTES {
            sink.error(database::name_too_long(span, "table", &table, MAX_BYTES));
        }
        if let Some(first) = tables.get(&table) {
            sink.error(database::sql_name_clash(span, *first, "table", &table));
        } else {
            tables.insert(table, span);
        }
        columns(entity, sink);
    }
}

fn columns(entity: EntityRef<'_>, sink: &mut Sink) {
    let mut seen = BTreeMap::from([(TENANT_COLUMN.to_owned(), None)]);
    for field in entity.fields() {
        let Some(column) = field.column() else { continue };
        let span = field.get().span;
        if column.len() > MAX_BYTES {
            sink.error(database::name_too_long(span, "column", &column, MAX_BYTES));
        }
        match seen.get(&column) {
            // Equal names of fields are told where names are judged.
            Some(Some((first_name, first))) if first_name != field.name() => {
                sink.error(database::sql_name_clash(span, *first, "column", &column));
            }
            Some(None) if field.name() != TENANT_COLUMN => {
                sink.error(database::sql_name_clash(span, entity.name().span, "column", &column));
            }
            Some(_) => {}
            None => {
                seen.insert(column, Some((field.name().clone(), span)));
            }
        }
    }
}

/// Tables have no more columns than every chosen database holds.
pub(super) fn columns_fit(model: &Model, sink: &mut Sink) {
    let dialects = model.package.dialects.iter();
    let most = dialects.map(|dialect| dialect.facts().max_columns).min().unwrap_or(usize::MAX);
    for entity in model.entities() {
        let count = 1 + entity.fields().filter(|field| field.column().is_some()).count();
        if count > most {
            let name = entity.name();
            sink.error(database::too_many_columns(name.span, &name.short, count, most));
        }
    }
}
