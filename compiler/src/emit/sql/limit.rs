//! What one column must satisfy: lengths, ranges, closed sets of values. Patterns and formats are judged by the
//! runtime alone: the databases' regular expressions are other languages than the one patterns are written in.

use athyper_expr::sql;
use athyper_expr::sql::{Identifier, SqlText};
use athyper_schemas::bundle::{Bundle, Field, FieldType};
use athyper_schemas::field_types::Storage;

use super::{Ddl, literal, name};

/// The conditions on the column of `field`, to be joined by AND. A null makes each of them unknown, which passes.
pub(super) fn conditions(bundle: &Bundle, field: &Field, ddl: &dyn Ddl) -> Vec<SqlText> {
    let Some(column) = field.column.as_deref().map(name) else { return Vec::new() };
    let (ty, limits) = (&field.ty, &field.limits);
    let mut all: Vec<SqlText> = ddl.storage_condition(&column, ty).into_iter().collect();
    let (size, most) = match ty.storage() {
        Storage::Text => (sql!["length(", &column, ")"], ty.max_length),
        Storage::Json if ty.item.is_some() => (ddl.item_count(&column), limits.max_items),
        _ => (SqlText::new(), None),
    };
    if let Some(most) = most {
        all.push(sql![&size, " <= ", i64::from(most)]);
    }
    if let Some(least) = limits.min_length.filter(|_| !size.is_empty()) {
        all.push(sql![size, " >= ", i64::from(least)]);
    }
    if let Some(min) = &limits.min {
        all.push(sql![&column, " >= ", ddl.constant(ty, min)]);
    }
    if let Some(max) = &limits.max {
        all.push(sql![&column, " <= ", ddl.constant(ty, max)]);
    }
    all.extend(allowed(bundle, ty).map(|values| one_of(&column, values.into_iter().map(literal))));
    if !limits.values.is_empty() {
        all.push(one_of(&column, limits.values.iter().map(|value| ddl.constant(ty, value))));
    }
    all
}

/// The values of the enum that `ty` is, if it is one.
fn allowed<'b>(bundle: &'b Bundle, ty: &FieldType) -> Option<Vec<&'b str>> {
    let target = ty.target.as_deref().filter(|_| ty.name == "enum")?;
    Some(bundle.enumeration(target)?.values.iter().map(|value| value.name.as_str()).collect())
}

fn one_of(column: &Identifier, values: impl Iterator<Item = SqlText>) -> SqlText {
    let mut text = sql![column, " IN ("];
    text.join(values, ", ").push(")");
    text
}
