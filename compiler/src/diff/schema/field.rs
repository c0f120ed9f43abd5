//! What changes about a field that both models know.

use athyper_expr::Value;
use athyper_schemas::bundle::{Field, FieldType};
use athyper_schemas::ir::Expr;

use super::Change;
use super::entity::word;
use super::facts::Kind;
use crate::diff::{Pair, alike};

pub(super) fn compare(pair: Pair<'_>, subject: &str, fields: (&Field, &Field), changes: &mut Vec<Change>) {
    let (old, new) = fields;
    let mut say = |kind, detail: String| changes.push(Change::new(kind, subject, detail));
    if is_other_type(&old.ty, &new.ty) {
        say(Kind::TypeChanged, format!("{} to {}", shown(&old.ty), shown(&new.ty)));
    } else {
        limits(old, new, &mut say);
    }
    if old.ty.on_delete != new.ty.on_delete && old.ty.is_ref() && new.ty.is_ref() {
        say(Kind::OnDeleteChanged, format!("{} to {}", word(&old.ty.on_delete), word(&new.ty.on_delete)));
    }
    match (old.required, new.required) {
        (false, true) => say(Kind::BecameRequired, String::new()),
        (true, false) => say(Kind::BecameOptional, String::new()),
        _ => {}
    }
    let same = |a: &Expr, b: &Expr| alike::node(&a.root, pair.old) == alike::node(&b.root, pair.new);
    match (&old.default, &new.default) {
        (None, Some(now)) => say(Kind::DefaultAdded, now.source.clone()),
        (Some(before), None) if new.required => say(Kind::RequiredDefaultRemoved, before.source.clone()),
        (Some(before), None) => say(Kind::DefaultRemoved, before.source.clone()),
        (Some(before), Some(now)) if !same(before, now) => {
            say(Kind::DefaultChanged, format!("{} to {}", before.source, now.source));
        }
        _ => {}
    }
    match (&old.computed, &new.computed) {
        (None, Some(now)) => say(Kind::BecameComputed, now.value.source.clone()),
        (Some(_), None) => say(Kind::NoLongerComputed, String::new()),
        (Some(before), Some(now)) if before.stored != now.stored || !same(&before.value, &now.value) => {
            say(Kind::ComputedChanged, format!("{} to {}", before.value.source, now.value.source));
        }
        _ => {}
    }
    if old.copy != new.copy {
        say(Kind::CopyChanged, String::new());
    }
}

/// Whether values have another form: not only other limits.
fn is_other_type(old: &FieldType, new: &FieldType) -> bool {
    let items = match (&old.item, &new.item) {
        (Some(old), Some(new)) => is_other_type(old, new),
        (old, new) => old.is_some() != new.is_some(),
    };
    old.name != new.name || old.scale != new.scale || old.target != new.target || items
}

fn limits(old: &Field, new: &Field, say: &mut impl FnMut(Kind, String)) {
    let kind = new.ty.kind();
    let bound = |text: &Option<String>| text.as_ref().and_then(|text| Value::from_plain(&kind, text).ok());
    let count = |number: Option<u32>| number.map(|number| Value::Int(number.into()));
    let digits = |ty: &FieldType| ty.precision.map(|digits| Value::Int(digits.into()));
    let (was, is) = (&old.limits, &new.limits);
    // Of a list the items have a size of their own.
    let before = old.ty.item.as_deref().unwrap_or(&old.ty);
    let now = new.ty.item.as_deref().unwrap_or(&new.ty);
    let highest = [
        ("longest", count(before.max_length), count(now.max_length)),
        ("digits", digits(before), digits(now)),
        ("max", bound(&was.max), bound(&is.max)),
        ("most items", count(was.max_items), count(is.max_items)),
    ];
    let lowest =
        [("min", bound(&was.min), bound(&is.min)), ("shortest", count(was.min_length), count(is.min_length))];
    let highest = highest.into_iter().map(|limit| (limit, true));
    for ((name, before, now), high) in highest.chain(lowest.into_iter().map(|limit| (limit, false))) {
        let narrower = match (&before, &now) {
            (None, Some(_)) => true,
            (Some(before), Some(now)) if high => now < before,
            (Some(before), Some(now)) => now > before,
            _ => false,
        };
        if before != now {
            let text =
                |value: Option<Value>| value.map_or_else(|| "none".to_owned(), |value| value.to_string());
            let kind = if narrower { Kind::Narrowed } else { Kind::Widened };
            say(kind, format!("{name} {} to {}", text(before), text(now)));
        }
    }
    if was.pattern != is.pattern {
        let text = |pattern: &Option<String>| pattern.clone().unwrap_or_else(|| "any".to_owned());
        let kind = if is.pattern.is_none() { Kind::Widened } else { Kind::PatternChanged };
        say(kind, format!("{} to {}", text(&was.pattern), text(&is.pattern)));
    }
    let lost = was.values.iter().any(|value| !is.values.contains(value)) && !is.values.is_empty();
    if was.values != is.values && (lost || was.values.is_empty()) {
        say(Kind::Narrowed, format!("only {}", is.values.join(", ")));
    } else if was.values.iter().ne(&is.values) && is.values.iter().any(|value| !was.values.contains(value)) {
        say(Kind::EnumValueAdded, is.values.join(", "));
    }
}

/// A type as it is written.
pub(super) fn shown(ty: &FieldType) -> String {
    let name = match (&ty.target, &ty.item) {
        (Some(target), _) => target.clone(),
        (None, Some(item)) => format!("list({})", shown(item)),
        (None, None) => ty.name.clone(),
    };
    match (ty.max_length, ty.precision, ty.scale) {
        (Some(length), ..) => format!("{name}({length})"),
        (None, Some(precision), Some(scale)) => format!("{name}({precision}, {scale})"),
        _ => name,
    }
}
