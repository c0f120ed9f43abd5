//! Which values no record can hold: the server refuses them before any policy is asked.
//!
//! May not enter: words around the limit.

use athyper_expr::Value;
use athyper_schemas::bundle::{Field, FieldType};
use athyper_schemas::field_types::Normalise;

/// What the value would have to be, when it breaks a limit of its field.
pub(crate) fn broken(field: &Field, value: &Value) -> Option<String> {
    let (limits, ty) = (&field.limits, &field.ty);
    let one = ty.item.as_deref().unwrap_or(ty);
    let kind = one.kind();
    let read = |text: &String| Value::from_plain(&kind, text).ok();
    if value.is_null() {
        return None;
    }
    if let Some(min) = limits.min.as_ref().filter(|min| read(min).is_some_and(|min| *value < min)) {
        return Some(format!("at least {min}"));
    }
    if let Some(max) = limits.max.as_ref().filter(|max| read(max).is_some_and(|max| *value > max)) {
        return Some(format!("at most {max}"));
    }
    let items: &[Value] = match value {
        Value::List(items) => {
            if let Some(min) = limits.min_length.filter(|min| count(items.len()) < *min) {
                return Some(format!("at least {min} items"));
            }
            if let Some(max) = limits.max_items.filter(|max| count(items.len()) > *max) {
                return Some(format!("at most {max} items"));
            }
            items
        }
        one => std::slice::from_ref(one),
    };
    let is_one = |item: &&Value| limits.values.iter().filter_map(read).any(|known| known == **item);
    if !limits.values.is_empty() && !items.iter().all(|item| is_one(&item)) {
        return Some(format!("one of {}", limits.values.join(", ")));
    }
    if let Some(wrong) = items.iter().find_map(|item| too_large(one, item)) {
        return Some(wrong);
    }
    let Value::Text(text) = value else { return None };
    let text = kept(ty, text)?;
    if let Some(min) = limits.min_length.filter(|min| count(text.chars().count()) < *min) {
        return Some(format!("at least {min} characters"));
    }
    let pattern = limits.pattern.as_ref()?;
    let whole = regex::Regex::new(&format!(r"\A(?:{pattern})\z")).ok()?;
    (!whole.is_match(&text)).then(|| format!("text like `{pattern}`"))
}

/// What depends on the size of a value alone.
fn too_large(ty: &FieldType, value: &Value) -> Option<String> {
    let facts = ty.facts();
    match value {
        Value::Text(text) => {
            let max = ty.max_length.or(facts.default_max_length)?;
            let length = count(kept(ty, text)?.chars().count());
            (length > max).then(|| format!("at most {max} characters"))
        }
        Value::Decimal(decimal) => {
            let precision = ty.precision.or(facts.default_decimal.map(|(precision, _)| precision))?;
            let limit = 10_u64.checked_pow(u32::from(precision))?;
            let most = format!("of at most {precision} digits");
            (decimal.units().unsigned_abs() >= limit).then_some(most)
        }
        _ => None,
    }
}

/// A text as the server keeps it; nothing where that takes more than blanks and letters.
fn kept(ty: &FieldType, text: &str) -> Option<String> {
    match ty.facts().normalise {
        Normalise::Keep => Some(text.to_owned()),
        Normalise::Trim => Some(text.trim().to_owned()),
        Normalise::Upper => Some(text.trim().to_uppercase()),
        Normalise::Lower => Some(text.trim().to_lowercase()),
        Normalise::UpperCompact => {
            Some(text.chars().filter(|one| !one.is_whitespace()).collect::<String>().to_uppercase())
        }
        Normalise::Phone | Normalise::Html => None,
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
