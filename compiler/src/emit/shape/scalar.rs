//! Schemas of single values: what a field type and its limits allow, as far as JSON Schema can say it.

use athyper_expr::decimal::Decimal;
use athyper_schemas::bundle::{FieldType, Limits};
use athyper_schemas::field_types::{Normalise, Storage};
use athyper_schemas::ir::{Expr, Literal, Node};
use serde_json::{Map, Number, Value};

/// The schema of a value of type `ty`.
pub(super) fn shape(ty: &FieldType, limits: Option<&Limits>) -> Map<String, Value> {
    let facts = ty.facts();
    let none = Limits::default();
    let limits = limits.unwrap_or(&none);
    let mut shape = Map::new();
    let mut say = |key: &str, value: Value| {
        shape.insert(key.to_owned(), value);
    };
    match facts.storage {
        Storage::Int => {
            say("type", "integer".into());
            say("format", "int64".into());
            for (key, bound) in [("minimum", &limits.min), ("maximum", &limits.max)] {
                if let Some(bound) = bound.as_deref().and_then(integer) {
                    say(key, bound);
                }
            }
        }
        Storage::Bool => say("type", "boolean".into()),
        Storage::Json | Storage::Children => {}
        _ => {
            say("type", "string".into());
            for (key, bound) in [("x-athyper-minimum", &limits.min), ("x-athyper-maximum", &limits.max)] {
                if let Some(bound) = bound {
                    say(key, bound.as_str().into());
                }
            }
        }
    }
    if let Some(format) = facts.format {
        say("format", format.into());
    }
    if let Some(pattern) = facts.pattern {
        say("pattern", pattern.into());
    }
    if facts.storage == Storage::Decimal {
        say("format", "decimal".into());
        say("pattern", decimal_pattern(ty).into());
    }
    if facts.storage == Storage::Text {
        for (key, bound) in [("minLength", limits.min_length), ("maxLength", ty.max_length)] {
            if let Some(bound) = bound {
                say(key, bound.into());
            }
        }
        let written = limits.pattern.as_deref().filter(|_| facts.normalise == Normalise::Keep);
        if let Some(pattern) = written.filter(|pattern| is_portable(pattern)) {
            say("pattern", format!("^(?:{pattern})$").into());
        }
    }
    if !limits.values.is_empty() {
        let values = limits.values.iter().map(|value| sent(ty, value));
        say("enum", values.collect::<Vec<_>>().into());
    }
    shape
}

/// The schema of a list of such items.
pub(super) fn list(items: Value, limits: &Limits) -> Map<String, Value> {
    let mut shape = Map::new();
    shape.insert("type".to_owned(), "array".into());
    shape.insert("items".to_owned(), items);
    for (key, bound) in [("minItems", limits.min_length), ("maxItems", limits.max_items)] {
        if let Some(bound) = bound {
            shape.insert(key.to_owned(), bound.into());
        }
    }
    shape
}

/// The value of an expression that is a constant, as JSON sends it.
pub(super) fn constant(expr: &Expr) -> Option<Value> {
    let Node::Literal(literal) = &expr.root else { return None };
    match literal {
        Literal::Null => Some(Value::Null),
        Literal::Bool(value) => Some((*value).into()),
        Literal::Int(digits) => integer(digits),
        Literal::Decimal { units, scale } => {
            Decimal::new(units.parse().ok()?, *scale).map(|value| value.to_string().into())
        }
        Literal::Enum { value, .. } => Some(value.as_str().into()),
        Literal::Duration(_) => None,
        Literal::Text(text)
        | Literal::Date(text)
        | Literal::Time(text)
        | Literal::Datetime(text)
        | Literal::Uuid(text) => Some(text.as_str().into()),
    }
}

/// `text`, which is the JSON form of a value of type `ty`, as JSON sends it.
pub(super) fn sent(ty: &FieldType, text: &str) -> Value {
    match ty.storage() {
        Storage::Int => integer(text).unwrap_or(Value::Null),
        Storage::Bool => (text == "true").into(),
        _ => text.into(),
    }
}

fn integer(digits: &str) -> Option<Value> {
    digits.parse::<i64>().ok().map(|value| Value::Number(Number::from(value)))
}

/// An optional sign and no more digits than fit.
fn decimal_pattern(ty: &FieldType) -> String {
    let (precision, scale) = (ty.precision.unwrap_or(18), ty.scale.unwrap_or_default());
    let whole = precision.saturating_sub(scale).max(1);
    if scale == 0 {
        format!("^-?[0-9]{{1,{whole}}}$")
    } else {
        format!("^-?[0-9]{{1,{whole}}}(\\.[0-9]{{1,{scale}}})?$")
    }
}

/// Whether a pattern means the same in ECMA-262, which JSON Schema uses, as in the linear-time dialect.
fn is_portable(pattern: &str) -> bool {
    let foreign =
        [r"\A", r"\z", r"\x{", r"\u{", r"\U", r"\p", r"\P", r"\<", r"\>", r"\b{", "[[:", "&&", "--", "~~"];
    let groups =
        pattern.match_indices("(?").all(|(at, _)| pattern.get(at..).is_some_and(|g| g.starts_with("(?:")));
    groups && !foreign.iter().any(|word| pattern.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_patterns_that_mean_the_same_are_passed_on() {
        assert!(is_portable("[A-Z][A-Z0-9-]*"));
        assert!(is_portable("(?:a|b)+"));
        for foreign in ["(?i)abc", r"\Aabc\z", "[[:alpha:]]+", r"\p{L}+", "[a-z&&[^aeiou]]"] {
            assert!(!is_portable(foreign), "{foreign}");
        }
    }
}
