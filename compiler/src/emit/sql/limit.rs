//! What one column must satisfy: lengths, ranges, closed sets of values. Patterns and formats are judged by the
//! runtime alone: the databases' regular expressions are other languages than the one patterns are written in.

use athyper_schemas::bundle::{Bundle, Field, FieldType};
use athyper_schemas::field_types::Storage;

use super::{Ddl, quoted, text};

/// The conditions on the column of `field`, to be joined by AND. A null makes each of them unknown, which passes.
pub(super) fn conditions(bundle: &Bundle, field: &Field, ddl: &dyn Ddl) -> Vec<String> {
    let Some(column) = field.column.as_deref().map(quoted) else { return Vec::new() };
    let (ty, limits) = (&field.ty, &field.limits);
    let mut all: Vec<String> = ddl.storage_condition(&column, ty).into_iter().collect();
    match ty.storage() {
        Storage::Text => {
            if let Some(max) = ty.max_length {
                all.push(format!("length({column}) <= {max}"));
            }
            if let Some(min) = limits.min_length {
                all.push(format!("length({column}) >= {min}"));
            }
        }
        Storage::Json if ty.item.is_some() => {
            let count = ddl.item_count(&column);
            if let Some(min) = limits.min_length {
                all.push(format!("{count} >= {min}"));
            }
            if let Some(max) = limits.max_items {
                all.push(format!("{count} <= {max}"));
            }
        }
        _ => {}
    }
    if let Some(min) = &limits.min {
        all.push(format!("{column} >= {}", ddl.literal(ty, min)));
    }
    if let Some(max) = &limits.max {
        all.push(format!("{column} <= {}", ddl.literal(ty, max)));
    }
    all.extend(allowed(bundle, ty).map(|values| one_of(&column, values.into_iter().map(text))));
    if !limits.values.is_empty() {
        all.push(one_of(&column, limits.values.iter().map(|value| ddl.literal(ty, value))));
    }
    all
}

/// The values of the enum that `ty` is, if it is one.
fn allowed<'b>(bundle: &'b Bundle, ty: &FieldType) -> Option<Vec<&'b str>> {
    let target = ty.target.as_deref().filter(|_| ty.name == "enum")?;
    Some(bundle.enumeration(target)?.values.iter().map(|value| value.name.as_str()).collect())
}

fn one_of(column: &str, values: impl Iterator<Item = String>) -> String {
    format!("{column} IN ({})", values.collect::<Vec<_>>().join(", "))
}
