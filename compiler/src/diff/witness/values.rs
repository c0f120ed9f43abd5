//! The values that are tried for one key: something plain, the constants it is compared with, what lies just beside
//! them, and nothing. The first is the plainest.

use athyper_expr::Value;
use athyper_expr::decimal::Decimal;
use athyper_schemas::bundle::{Bundle, Field};
use athyper_schemas::field_types::Validate;
use athyper_schemas::ir::{Kind, Ty};
use uuid::Uuid;

use super::looked_at::Holds;
use super::{NOW_US, TODAY};
use crate::diff::Pair;
use crate::policy_test::bounds;

/// Most values of one key.
const MOST: usize = 16;

/// The value of a caller's name and of what nobody compares.
pub(super) const SOMEBODY: &str = "somebody";

/// The values for what a key holds; of children the numbers of them.
pub(super) fn of(holds: &Holds<'_>, constants: &[Value], bundle: &Bundle) -> Vec<Value> {
    let mut values = match holds {
        Holds::Attribute(ty) => of_type(ty, constants, bundle),
        Holds::Field(field) if field.ty.is_children() => (0..=2).map(Value::Int).collect(),
        Holds::Field(field) => {
            let kind = kind(field);
            let ty = Ty { kind, nullable: !field.required };
            let mut values: Vec<Value> = example(field, bundle).into_iter().collect();
            let others = of_type(&ty, constants, bundle);
            values.extend(others.into_iter().filter(|value| may_hold(value, field, constants)));
            let mut once = Vec::new();
            values.into_iter().for_each(|value| {
                if !once.contains(&value) {
                    once.push(value);
                }
            });
            once
        }
    };
    values.truncate(MOST);
    values
}

fn of_type(ty: &Ty, constants: &[Value], bundle: &Bundle) -> Vec<Value> {
    let mut values = Vec::new();
    let mut add = |value: Value| {
        // Values of records are equal when their ids are; these are scalars.
        if !values.contains(&value) {
            values.push(value);
        }
    };
    plain(&ty.kind, bundle).into_iter().take(1).for_each(&mut add);
    for constant in constants {
        beside(constant, &ty.kind).into_iter().for_each(&mut add);
    }
    plain(&ty.kind, bundle).into_iter().skip(1).for_each(&mut add);
    if ty.nullable {
        values.truncate(MOST - 1);
        values.push(Value::Null);
    }
    values
}

/// What kind of value a field holds; a reference a record of its target, so that no two entities share an id.
fn kind(field: &Field) -> Kind {
    match &field.ty.target {
        Some(target) if field.ty.is_ref() => Kind::Record(target.clone()),
        _ => field.ty.kind(),
    }
}

/// The plainest value of a field, as its description shows it; of a reference an id.
pub(super) fn example(field: &Field, bundle: &Bundle) -> Option<Value> {
    let kind = kind(field);
    match (&kind, field.system) {
        (Kind::Text, Some(_)) => Some(Value::text(SOMEBODY)),
        (_, Some(_)) => plain(&kind, bundle).into_iter().next(),
        (Kind::Record(_) | Kind::Uuid, _) => plain(&kind, bundle).into_iter().next(),
        _ => Value::from_json(&kind, &crate::emit::example(bundle, field)?).ok(),
    }
}

/// Whether a server would let a field hold this. Of a type with a form of its own only constants are tried.
fn may_hold(value: &Value, field: &Field, constants: &[Value]) -> bool {
    let free = matches!(field.ty.facts().validate, Validate::Anything | Validate::Line | Validate::EnumValue);
    !(field.required && value.is_null())
        && bounds::broken(field, value).is_none()
        && (free || field.ty.kind() != Kind::Text || value.is_null() || constants.contains(value))
}

/// Values that stand for any other.
fn plain(kind: &Kind, bundle: &Bundle) -> Vec<Value> {
    let decimal = |number, scale| Decimal::from_int(number, scale).map(Value::Decimal);
    match kind {
        Kind::Bool => vec![Value::Bool(false), Value::Bool(true)],
        Kind::Int => vec![Value::Int(1), Value::Int(0), Value::Int(100)],
        Kind::Decimal(scale) => {
            [1, 0, 100].into_iter().filter_map(|number| decimal(number, *scale)).collect()
        }
        Kind::Text => [SOMEBODY, "other", ""].map(Value::text).to_vec(),
        Kind::Date => vec![Value::Date(TODAY), Value::Date(TODAY - 400)],
        Kind::Time => vec![Value::Time(12 * 3_600_000_000)],
        Kind::Datetime => vec![Value::Datetime(NOW_US), Value::Datetime(NOW_US - 400 * 86_400_000_000)],
        Kind::Duration => vec![Value::Duration(0), Value::Duration(3_600_000_000)],
        Kind::Uuid => vec![Value::Uuid(id(1)), Value::Uuid(id(2))],
        Kind::Record(entity) => (0..2).map(|number| Value::Uuid(id(number + hashed([entity])))).collect(),
        Kind::Enum(name) => {
            let known = bundle.enumeration(name).map_or(&[][..], |found| &found.values);
            known.iter().map(|value| Value::text(&value.name)).collect()
        }
        Kind::Json => vec![Value::Json("{}".into())],
        Kind::List(item) => {
            let items = plain(&item.kind, bundle);
            let one = items.first().map(|item| Value::list(vec![item.clone()]));
            [Value::list(Vec::new())].into_iter().chain(one).collect()
        }
        Kind::Null => Vec::new(),
    }
}

/// An id by its number; not one that a server gives.
pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 + number)
}

/// A number that words have in common with no others, most likely.
pub(super) fn hashed<'w>(words: impl IntoIterator<Item = &'w String>) -> u128 {
    let bytes = words.into_iter().flat_map(|word| word.bytes());
    bytes.fold(1000, |number, byte| (number * 31 + u128::from(byte)) % 1_000_000_007) * 10
}

/// A constant as a value of this kind, and what lies just beside it.
fn beside(constant: &Value, kind: &Kind) -> Vec<Value> {
    match (kind, constant) {
        (Kind::List(item), Value::List(values)) => {
            let mut lists = vec![constant.clone()];
            lists.extend(
                values.iter().flat_map(|value| beside(value, &item.kind)).map(|v| Value::list(vec![v])),
            );
            lists
        }
        (Kind::List(item), _) => {
            beside(constant, &item.kind).into_iter().map(|value| Value::list(vec![value])).collect()
        }
        (_, Value::List(values)) => values.iter().flat_map(|value| beside(value, kind)).collect(),
        (Kind::Int, Value::Int(n)) => around(*n).into_iter().map(Value::Int).collect(),
        (Kind::Int, Value::Decimal(d)) => d.to_int().into_iter().flat_map(around).map(Value::Int).collect(),
        (Kind::Decimal(scale), Value::Int(n)) => units(Decimal::from_int(*n, *scale)),
        (Kind::Decimal(scale), Value::Decimal(d)) => units(d.rescale(*scale)),
        (Kind::Text, Value::Int(n)) => {
            let length =
                |n: i64| usize::try_from(n).ok().filter(|n| *n <= 200).map(|n| Value::text(&"a".repeat(n)));
            around(*n).into_iter().filter_map(length).collect()
        }
        (Kind::Text, Value::Text(text)) => vec![constant.clone(), Value::text(&format!("{text}x"))],
        (Kind::Enum(_), Value::Text(_)) => vec![constant.clone()],
        (Kind::Text, other) if !other.is_null() => vec![Value::text(&other.to_string())],
        (Kind::Date, Value::Date(day)) => [*day, day - 1, day + 1].map(Value::Date).to_vec(),
        (Kind::Datetime, Value::Datetime(us)) => around(*us).into_iter().map(Value::Datetime).collect(),
        (Kind::Time, Value::Time(us)) => vec![Value::Time(*us), Value::Time((us - 1).max(0))],
        (Kind::Duration, Value::Duration(us)) => around(*us).into_iter().map(Value::Duration).collect(),
        (Kind::Datetime, Value::Duration(us)) => {
            let instants =
                around(*us).into_iter().flat_map(|us| [NOW_US.checked_sub(us), NOW_US.checked_add(us)]);
            instants.flatten().map(Value::Datetime).collect()
        }
        (Kind::Uuid | Kind::Record(_), Value::Uuid(_)) => vec![constant.clone()],
        (Kind::Bool, Value::Bool(_)) | (Kind::Json, Value::Json(_)) => vec![constant.clone()],
        _ => Vec::new(),
    }
}

fn around(n: i64) -> Vec<i64> {
    [Some(n), n.checked_sub(1), n.checked_add(1)].into_iter().flatten().collect()
}

fn units(decimal: Option<Decimal>) -> Vec<Value> {
    let Some(decimal) = decimal else { return Vec::new() };
    let near = around(decimal.units()).into_iter();
    near.filter_map(|units| Decimal::new(units, decimal.scale())).map(Value::Decimal).collect()
}

/// Whether both models know a value: of an enum there is no record with a value that one of them does not have.
pub(super) fn is_known(value: &Value, kind: &Kind, pair: Pair<'_>) -> bool {
    let (Value::Text(text), Kind::Enum(name)) = (value, kind) else { return true };
    [pair.old, pair.new]
        .into_iter()
        .filter_map(|bundle| bundle.enumeration(name))
        .all(|known| known.values.iter().any(|value| value.name == **text))
}
