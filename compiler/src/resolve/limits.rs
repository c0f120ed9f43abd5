//! Limits: each is brought into the one form of its type, and narrows what a named type already says.

use athyper_expr::Value;
use athyper_schemas::field_types::Storage;
use athyper_schemas::ir::Kind;

use super::meaning::{Meaning, Resolver};
use crate::ast::{Constraints, Spanned, Text, Type, TypeKind};
use crate::diag::{limits, shape};
use crate::model::{FieldType, Scalar};

impl Resolver<'_> {
    /// Applies what bounds values to a type; `of` is how the type is called.
    pub fn bound(&mut self, meaning: &mut Meaning, said: &Constraints, written: Option<&Type>, of: &str) {
        meaning.personal |= said.personal;
        if meaning.poisoned {
            return;
        }
        let type_name = meaning.ty.facts().name;
        self.lengths(meaning, said, written);
        match (&meaning.ty, said.pattern.as_ref()) {
            (_, None) => {}
            (FieldType::Scalar(scalar), Some(pattern)) if scalar.facts.storage == Storage::Text => {
                self.pattern(meaning, pattern, of);
            }
            (_, Some(pattern)) => {
                self.sink.error(limits::limit_not_for_type(pattern.span, "pattern", type_name, None));
            }
        }
        for (limit, bound) in [("min", said.min.as_ref()), ("max", said.max.as_ref())] {
            if let Some(bound) = bound {
                self.edge(meaning, limit, bound);
            }
        }
        if let (Some(min), Some(max)) = (&said.min, &said.max) {
            self.order(meaning, min, max);
        }
        let is_inline = written.is_some_and(is_enum);
        if let Some(values) = said.values.as_ref() {
            if !is_inline {
                self.values(meaning, values);
            } else if let Some(written) = written.filter(|ty| has_values(ty)) {
                self.sink.error(shape::said_twice(values.span, written.span, "values"));
            }
        }
    }

    fn lengths(&mut self, meaning: &mut Meaning, said: &Constraints, written: Option<&Type>) {
        let both = said.min_length.zip(said.max_length);
        if let Some((min, max)) = both.filter(|(min, max)| min.value > max.value) {
            self.sink.error(limits::min_above_max(min.span, max.span, ["min_length", "max_length"]));
            return;
        }
        let type_name = meaning.ty.facts().name;
        let is_list = matches!(meaning.ty, FieldType::List(_));
        let is_text =
            matches!(&meaning.ty, FieldType::Scalar(scalar) if scalar.facts.storage == Storage::Text);
        for (limit, said) in [("min_length", said.min_length), ("max_length", said.max_length)] {
            let Some(said) = said else { continue };
            if !is_list && !is_text {
                let instead = Some("`min` and `max`").filter(|_| has_order(&meaning.ty));
                self.sink.error(limits::limit_not_for_type(said.span, limit, type_name, instead));
            } else if limit == "min_length" {
                let before = meaning.limits.min_length.unwrap_or(0);
                meaning.limits.min_length = Some(said.value.max(before));
            } else if is_list {
                let before = meaning.limits.max_items.unwrap_or(u32::MAX);
                meaning.limits.max_items = Some(said.value.min(before));
            } else if let Some(args) = written.filter(|ty| has_arguments(ty)) {
                self.sink.error(shape::said_twice(said.span, args.span, "max_length"));
            } else {
                self.max_length(meaning, said);
            }
        }
        self.length_order(meaning, said, written);
    }

    fn max_length(&mut self, meaning: &mut Meaning, said: Spanned<u32>) {
        if let FieldType::Scalar(scalar) = &mut meaning.ty {
            let before = scalar.max_length;
            let mut narrowed: Scalar = *scalar;
            if self.length(&mut narrowed, said.value, said.span) {
                narrowed.max_length = before
                    .filter(|_| before < narrowed.max_length && is_narrow(scalar))
                    .or(narrowed.max_length);
                meaning.ty = FieldType::Scalar(narrowed);
            }
        }
    }

    /// A shortest length above a longest one that stands in the brackets of the type.
    fn length_order(&mut self, meaning: &Meaning, said: &Constraints, written: Option<&Type>) {
        let FieldType::Scalar(scalar) = &meaning.ty else { return };
        let (Some(min), Some(max), Some(written)) = (said.min_length, scalar.max_length, written) else {
            return;
        };
        if min.value > max {
            self.sink.error(limits::min_above_max(min.span, written.span, ["min_length", "max_length"]));
        }
    }

    fn pattern(&mut self, meaning: &mut Meaning, pattern: &Text, of: &str) {
        if let Err(error) = regex::Regex::new(&format!("^(?:{})$", pattern.value)) {
            self.sink.error(limits::bad_regex(pattern.span, &reason(&error)));
        } else if meaning.limits.pattern.is_some() {
            self.sink.error(limits::two_patterns(pattern.span, of));
        } else {
            meaning.limits.pattern = Some(pattern.value.to_string());
        }
    }

    /// `min` or `max`.
    fn edge(&mut self, meaning: &mut Meaning, limit: &str, bound: &Text) {
        let type_name = meaning.ty.facts().name;
        let scalar = match &meaning.ty {
            FieldType::Scalar(scalar) if has_order(&meaning.ty) => *scalar,
            ty => {
                let text = ty.storage() == Storage::Text || matches!(ty, FieldType::List(_));
                let instead = Some("`min_length` and `max_length`").filter(|_| text);
                self.sink.error(limits::limit_not_for_type(bound.span, limit, type_name, instead));
                return;
            }
        };
        let Some(value) = self.value(&scalar, bound) else { return };
        let slot = if limit == "min" { &mut meaning.limits.min } else { &mut meaning.limits.max };
        let before = slot.as_ref().and_then(|before| Value::from_plain(&kind(&scalar), before).ok());
        let narrower = match before {
            Some(before) if limit == "min" => before.max(value),
            Some(before) => before.min(value),
            None => value,
        };
        *slot = Some(narrower.to_string());
    }

    fn order(&mut self, meaning: &Meaning, min: &Text, max: &Text) {
        let FieldType::Scalar(scalar) = &meaning.ty else { return };
        let kind = kind(scalar);
        let pair = Value::from_plain(&kind, &min.value).ok().zip(Value::from_plain(&kind, &max.value).ok());
        if pair.is_some_and(|(min, max)| min > max) {
            self.sink.error(limits::min_above_max(min.span, max.span, ["min", "max"]));
        }
    }

    fn values(&mut self, meaning: &mut Meaning, said: &Spanned<Vec<crate::ast::EnumValue>>) {
        let type_name = meaning.ty.facts().name;
        let mut allowed = Vec::new();
        match &meaning.ty {
            FieldType::Enum(id) => {
                let known = self.enum_values(*id);
                let of = self.declared.enumeration(*id).map_or("", |draft| draft.name.short.as_str());
                for value in &said.value {
                    if !known.contains(&value.name.value) {
                        let known: Vec<&str> = known.iter().map(smol_str::SmolStr::as_str).collect();
                        let name = &value.name;
                        self.sink.error(limits::unknown_value(name.span, &name.value, of, &known));
                    }
                    allowed.push(value.name.value.to_string());
                }
            }
            FieldType::Scalar(scalar)
                if matches!(scalar.facts.storage, Storage::Text | Storage::Int | Storage::Decimal) =>
            {
                let scalar = *scalar;
                for value in &said.value {
                    allowed.extend(self.value(&scalar, &value.name).map(|value| value.to_string()));
                }
            }
            _ => {
                self.sink.error(limits::limit_not_for_type(said.span, "values", type_name, None));
                return;
            }
        }
        if !meaning.limits.values.is_empty() {
            let before = &meaning.limits.values;
            allowed.retain(|value| before.contains(value));
        }
        meaning.limits.values = allowed;
    }

    /// A value of the type, or a message.
    fn value(&mut self, scalar: &Scalar, text: &Text) -> Option<Value> {
        match Value::from_plain(&kind(scalar), &text.value) {
            Ok(value) if !fits(scalar, &value) => {
                let digits = "no more digits than the type has";
                self.sink.error(limits::bad_limit(text.span, scalar.facts.name, digits));
                None
            }
            Ok(value) => Some(value),
            Err(malformed) => {
                self.sink.error(limits::bad_limit(text.span, scalar.facts.name, malformed.expected));
                None
            }
        }
    }
}

/// The kind of value a scalar is in expressions.
pub(crate) fn kind(scalar: &Scalar) -> Kind {
    match scalar.facts.storage {
        Storage::Text => Kind::Text,
        Storage::Int => Kind::Int,
        Storage::Decimal => Kind::Decimal(scalar.decimal.map_or(0, |(_, scale)| scale)),
        Storage::Bool => Kind::Bool,
        Storage::Date => Kind::Date,
        Storage::Time => Kind::Time,
        Storage::Datetime => Kind::Datetime,
        Storage::Duration => Kind::Duration,
        Storage::Uuid => Kind::Uuid,
        Storage::Json | Storage::Children => Kind::Json,
    }
}

/// Whether a decimal has no more digits than its type.
pub(crate) fn fits(scalar: &Scalar, value: &Value) -> bool {
    match (scalar.decimal, value) {
        (Some((precision, _)), Value::Decimal(decimal)) => 10_u64
            .checked_pow(u32::from(precision))
            .is_none_or(|limit| decimal.units().unsigned_abs() < limit),
        _ => true,
    }
}

fn has_order(ty: &FieldType) -> bool {
    use athyper_schemas::field_types::Operators;
    matches!(ty, FieldType::Scalar(scalar) if scalar.facts.operators == Operators::Ordered)
}

/// Whether its length was narrowed below what every value of the type may have.
fn is_narrow(scalar: &Scalar) -> bool {
    scalar.max_length != scalar.facts.default_max_length
}

fn is_enum(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Enum(_) => true,
        TypeKind::List(item) => is_enum(item),
        TypeKind::Named { .. } => false,
    }
}

fn has_values(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Enum(values) => !values.is_empty(),
        TypeKind::List(item) => has_values(item),
        TypeKind::Named { .. } => false,
    }
}

fn has_arguments(ty: &Type) -> bool {
    matches!(&ty.kind, TypeKind::Named { args, .. } if !args.is_empty())
}

/// The last line of what the library says: the reason without the picture.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}
