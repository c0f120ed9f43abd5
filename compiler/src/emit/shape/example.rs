//! Example records that satisfy their schema, for OpenAPI. Where no valid value can be made up there is no example.

use athyper_expr::Value as Known;
use athyper_expr::decimal::Decimal;
use athyper_schemas::bundle::{Bundle, Entity, Field, FieldType, Limits};
use athyper_schemas::field_types::{Storage, facts};
use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value};

use super::{Purpose, has, must_be_sent, scalar};

/// How often a repetition is unrolled before a pattern is given up.
const MOST_REPEATED: u32 = 12;

/// An example of a record.
pub(super) fn record(bundle: &Bundle, entity: &Entity, purpose: Purpose) -> Option<Value> {
    let mut members = Map::new();
    for field in entity.fields.iter().filter(|field| has(entity, field, purpose)) {
        let needed = must_be_sent(entity, field);
        let value = match purpose {
            Purpose::Read => value(bundle, field, purpose),
            _ if needed || field.ty.is_children() => value(bundle, field, purpose),
            _ => None,
        };
        match value {
            Some(value) => drop(members.insert(field.name.clone(), value)),
            None if needed && purpose != Purpose::Read => return None,
            None => {}
        }
    }
    Some(members.into())
}

/// An example of a merge patch: one field changes.
pub(super) fn patch(bundle: &Bundle, entity: &Entity) -> Option<Value> {
    let plain =
        |field: &&Field| has(entity, field, Purpose::Patch) && !field.ty.is_children() && !field.ty.is_ref();
    let (field, value) = entity
        .fields
        .iter()
        .filter(plain)
        .find_map(|field| Some((field, value(bundle, field, Purpose::Patch)?)))?;
    Some(Map::from_iter([(field.name.clone(), value)]).into())
}

/// An example of what one field holds.
pub(in crate::emit) fn field(bundle: &Bundle, field: &Field) -> Option<Value> {
    value(bundle, field, Purpose::Create)
}

fn value(bundle: &Bundle, field: &Field, purpose: Purpose) -> Option<Value> {
    if let Some(value) = field.default.as_ref().and_then(scalar::constant) {
        return Some(value);
    }
    if field.ty.is_children() {
        let child = bundle.entity(field.ty.target.as_deref()?)?;
        return Some(vec![record(bundle, child, purpose.of_children())?].into());
    }
    if let Some(item) = &field.ty.item {
        let items = field.limits.min_length.unwrap_or(1).max(1);
        let value = of_type(bundle, item, &Limits::default())?;
        let fits = items == 1 && field.limits.max_items.is_none_or(|most| most >= 1);
        return fits.then(|| vec![value].into());
    }
    of_type(bundle, &field.ty, &field.limits)
}

fn of_type(bundle: &Bundle, ty: &FieldType, limits: &Limits) -> Option<Value> {
    if let Some(first) = limits.values.first() {
        return Some(scalar::sent(ty, first));
    }
    if ty.name == "enum" {
        let first = bundle.enumeration(ty.target.as_deref()?)?.values.first()?;
        return Some(first.name.as_str().into());
    }
    match ty.storage() {
        Storage::Text => text(ty, limits).map(Value::from),
        Storage::Uuid => serde_json::from_str(facts("uuid")?.example).ok(),
        Storage::Json | Storage::Bool => serde_json::from_str(ty.facts().example).ok(),
        Storage::Children => None,
        _ => ordered(ty, limits),
    }
}

/// The example of the type, moved between the limits.
fn ordered(ty: &FieldType, limits: &Limits) -> Option<Value> {
    let kind = ty.kind();
    let known = |text: &str| Known::from_plain(&kind, text).ok();
    let mut value = if ty.storage() == Storage::Decimal {
        let usual = Decimal::parse("12.5")?.rescale(ty.scale?)?;
        let most = Decimal::new(10_i64.checked_pow(u32::from(ty.precision?))? - 1, ty.scale?)?;
        Known::Decimal(if usual.units() > most.units() { most } else { usual })
    } else {
        Known::from_json(&kind, &serde_json::from_str(ty.facts().example).ok()?).ok()?
    };
    if let Some(min) = limits.min.as_deref().and_then(known) {
        value = value.max(min);
    }
    if let Some(max) = limits.max.as_deref().and_then(known) {
        value = value.min(max);
    }
    Some(value.to_json())
}

fn text(ty: &FieldType, limits: &Limits) -> Option<String> {
    let (least, most) = (limits.min_length.unwrap_or(0), ty.max_length.unwrap_or(u32::MAX));
    let fits =
        |text: &String| (least..=most).contains(&u32::try_from(text.chars().count()).unwrap_or(u32::MAX));
    if let Some(pattern) = &limits.pattern {
        let whole = regex::Regex::new(&format!("^(?:{pattern})$")).ok()?;
        let tree = regex_syntax::parse(pattern).ok()?;
        let mut tries = (0..=MOST_REPEATED).filter_map(|times| {
            let mut out = String::new();
            spell(&tree, times, &mut out).then_some(out)
        });
        return tries.find(|text| fits(text) && whole.is_match(text) && !text.contains(char::is_control));
    }
    let usual: String = serde_json::from_str(ty.facts().example).ok()?;
    if fits(&usual) {
        return Some(usual);
    }
    let is_free = matches!(ty.name.as_str(), "string" | "text" | "slug");
    let letters = if ty.name == "slug" { "oak" } else { "Oak" };
    let length = usize::try_from(least.clamp(3.min(most), most)).ok()?;
    is_free.then(|| letters.chars().cycle().take(length).collect())
}

/// Appends a text that `tree` matches, with repetitions unrolled `times` times where that is allowed.
fn spell(tree: &Hir, times: u32, out: &mut String) -> bool {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).is_ok_and(|text| {
            out.push_str(text);
            true
        }),
        HirKind::Class(class) => member(class).is_some_and(|c| {
            out.push(c);
            true
        }),
        HirKind::Repetition(repetition) => {
            let times = times.max(repetition.min).min(repetition.max.unwrap_or(u32::MAX));
            (0..times).all(|_| spell(&repetition.sub, times, out))
        }
        HirKind::Capture(capture) => spell(&capture.sub, times, out),
        HirKind::Concat(parts) => parts.iter().all(|part| spell(part, times, out)),
        HirKind::Alternation(branches) => branches.first().is_some_and(|branch| spell(branch, times, out)),
    }
}

/// A member of a class, a plain letter or digit where there is one.
fn member(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let holds = |c: char| class.iter().any(|range| range.start() <= c && c <= range.end());
    let plain = ('A'..='Z').chain('a'..='z').chain('0'..='9').find(|c| holds(*c));
    plain.or_else(|| class.iter().next().map(regex_syntax::hir::ClassUnicodeRange::start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, max_length: Option<u32>, limits: &Limits) -> Option<Value> {
        let bundle = Bundle {
            package: athyper_schemas::bundle::Package {
                name: "p".into(),
                doc: None,
                dialects: vec![],
                user: vec![],
            },
            entities: vec![],
            enums: vec![],
            policies: vec![],
        };
        let ty = FieldType {
            name: name.into(),
            max_length,
            precision: Some(4),
            scale: Some(3),
            target: None,
            on_delete: None,
            item: None,
        };
        of_type(&bundle, &ty, limits)
    }

    #[test]
    fn examples_keep_patterns_lengths_and_limits() {
        let pattern = |text: &str, least| Limits {
            pattern: Some(text.into()),
            min_length: Some(least),
            ..Limits::default()
        };
        assert_eq!(of("string", Some(12), &pattern("[A-Z][A-Z0-9-]*", 4)), Some("AAAA".into()));
        assert_eq!(of("string", Some(12), &pattern("(x|y)\\d{2}", 0)), Some("x00".into()));
        assert_eq!(of("string", Some(2), &pattern("abc", 0)), None);
        assert_eq!(of("string", Some(2), &Limits::default()), Some("Oa".into()));
        let most = Limits { max: Some("1.5".into()), ..Limits::default() };
        assert_eq!(of("decimal", None, &most), Some("1.500".into()));
        assert_eq!(of("decimal", None, &Limits::default()), Some("9.999".into()));
    }
}
