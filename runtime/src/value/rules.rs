//! What a field accepts, compiled once per field: from a JSON value to the one validated, normalised
//! [`Value`], with everything that is wrong said at its place.

use std::collections::HashMap;
use std::fmt::Write as _;

use athyper_expr::Value;
use athyper_expr::decimal::Decimal;
use athyper_expr::moment;
use athyper_schemas::bundle::{Enum, Field, FieldType, Limits};
use athyper_schemas::field_types::{Normalise, Storage, TypeFacts, Validate};
use athyper_schemas::ir::{Kind, Ty};
use regex::Regex;
use uuid::Uuid;

use super::field_problem::{Code, FieldProblem, Pointer, Wrong};
use super::text;
use crate::request::json::Json;

/// Most items of a list when its field does not say.
const MAX_ITEMS: u32 = 1000;

/// What a field accepts.
#[derive(Debug)]
pub struct FieldRules {
    ty: TypeRules,
    bounds: Bounds,
    required: bool,
    label: Box<str>,
}

/// What its type alone accepts.
#[derive(Debug)]
struct TypeRules {
    facts: &'static TypeFacts,
    kind: Kind,
    max_length: Option<u32>,
    precision: Option<u8>,
    choices: Option<Vec<Box<str>>>,
    item: Option<Box<Self>>,
}

/// What its limits leave of that.
#[derive(Debug, Default)]
struct Bounds {
    min: Option<Value>,
    max: Option<Value>,
    min_length: Option<u32>,
    max_items: Option<u32>,
    pattern: Option<(Regex, Box<str>)>,
    values: Vec<Value>,
}

/// Ids of records made earlier in the same request, by the names the client gave them.
pub type Names = HashMap<String, Uuid>;

/// The kind of value that a type holds in expressions and columns.
#[must_use]
pub fn kind_of(ty: &FieldType) -> Kind {
    match ty.storage() {
        Storage::Text if ty.name == "enum" => Kind::Enum(ty.target.clone().unwrap_or_default()),
        Storage::Text => Kind::Text,
        Storage::Int => Kind::Int,
        Storage::Decimal => Kind::Decimal(ty.scale.unwrap_or(0)),
        Storage::Bool => Kind::Bool,
        Storage::Date => Kind::Date,
        Storage::Time => Kind::Time,
        Storage::Datetime => Kind::Datetime,
        Storage::Duration => Kind::Duration,
        Storage::Uuid => Kind::Uuid,
        Storage::Json => match &ty.item {
            Some(item) => Kind::List(Box::new(Ty { kind: kind_of(item), nullable: false })),
            None => Kind::Json,
        },
        Storage::Children => Kind::Record(ty.target.clone().unwrap_or_default()),
    }
}

impl FieldRules {
    /// Compiles the rules of `field`.
    ///
    /// # Errors
    /// What about the field cannot be used: a limit that is no value of its type, a broken pattern, an enum
    /// that is not there.
    pub fn of(field: &Field, enums: &[Enum]) -> Result<Self, String> {
        let ty = TypeRules::of(&field.ty, enums)?;
        let bounds = Bounds::of(&ty, &field.limits)?;
        Ok(Self { ty, bounds, required: field.required, label: field.label.as_str().into() })
    }

    /// The kind of value it holds.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.ty.kind
    }

    /// For people.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Whether null is refused.
    #[must_use]
    pub fn required(&self) -> bool {
        self.required
    }

    /// The value that `json` says, or null after everything wrong with it was told. Null itself is accepted:
    /// whether the field may be empty is judged by [`FieldRules::judge`], when defaults have had their turn.
    pub fn accept(
        &self,
        json: &Json<'_>,
        at: Pointer<'_>,
        names: &Names,
        out: &mut Vec<FieldProblem>,
    ) -> Value {
        let before = out.len();
        let value = self.ty.accept(json, at, names, out);
        if out.len() == before && !value.is_null() {
            self.bounds.judge(&value, &at, out);
        }
        if out.len() == before { value } else { Value::Null }
    }

    /// Judges a value that did not come from a client but from a default, a copy or an expression.
    pub fn judge(&self, value: &Value, at: &Pointer<'_>, out: &mut Vec<FieldProblem>) {
        if value.is_null() {
            if self.required {
                out.push(at.problem(Wrong::new(Code::Required, "must not be empty")));
            }
            return;
        }
        if let Err(wrong) = self.ty.size(value) {
            out.push(at.problem(wrong));
        }
        self.bounds.judge(value, at, out);
    }

    /// Judges how many owned children there are.
    pub fn judge_count(&self, count: usize, at: &Pointer<'_>, out: &mut Vec<FieldProblem>) {
        if self.required && count == 0 {
            out.push(at.problem(Wrong::new(Code::Required, "must not be empty")));
        } else if let Some(min) = self.bounds.min_length.filter(|min| count < *min as usize) {
            out.push(at.problem(Wrong::new(Code::TooFew, format!("must have at least {min} items"))));
        }
        if let Some(max) = self.bounds.max_items.filter(|max| count > *max as usize) {
            out.push(at.problem(Wrong::new(Code::TooMany, format!("must have at most {max} items"))));
        }
    }
}

impl TypeRules {
    fn of(ty: &FieldType, enums: &[Enum]) -> Result<Self, String> {
        let facts = ty.facts();
        let choices = match (facts.validate, &ty.target) {
            (Validate::EnumValue, Some(name)) => {
                let found = enums.iter().find(|e| e.name == *name);
                let found = found.ok_or_else(|| format!("the enum `{name}` is not there"))?;
                Some(found.values.iter().map(|v| v.name.as_str().into()).collect())
            }
            _ => None,
        };
        let item = ty.item.as_deref().map(|item| Self::of(item, enums)).transpose()?.map(Box::new);
        Ok(Self {
            facts,
            kind: kind_of(ty),
            max_length: ty.max_length.or(facts.default_max_length),
            precision: ty.precision.or(facts.default_decimal.map(|(precision, _)| precision)),
            choices,
            item,
        })
    }

    fn accept(&self, json: &Json<'_>, at: Pointer<'_>, names: &Names, out: &mut Vec<FieldProblem>) -> Value {
        let read = match (self.facts.storage, json) {
            (_, Json::Null) => Ok(Value::Null),
            (Storage::Json, _) => match (&self.item, json) {
                (Some(item), Json::List(items)) => return list(item, items, at, names, out),
                (Some(_), _) => Err(mismatch("an array", json)),
                (None, _) => return document(json, at, out),
            },
            (Storage::Int, Json::Number(number)) => int(number),
            (Storage::Int, _) => Err(mismatch("a number", json)),
            (Storage::Bool, Json::Bool(truth)) => Ok(Value::Bool(*truth)),
            (Storage::Bool, _) => Err(mismatch("true or false", json)),
            (Storage::Decimal, Json::Number(number)) => self.decimal(number),
            (Storage::Decimal, Json::Text(text)) => self.decimal(text.trim()),
            (_, Json::Text(text)) => self.text(text, names),
            (_, _) => Err(mismatch("a string", json)),
        };
        match read.and_then(|value| self.size(&value).map(|()| value)) {
            Ok(value) => value,
            Err(wrong) => {
                out.push(at.problem(wrong));
                Value::Null
            }
        }
    }

    fn text(&self, text: &str, names: &Names) -> Result<Value, Wrong> {
        let form = |value: Option<Value>, form: &str| {
            value.ok_or_else(|| Wrong::new(Code::Format, format!("must be {form}")))
        };
        let trimmed = text.trim();
        match self.facts.storage {
            Storage::Date => form(moment::parse_date(trimmed).map(Value::Date), "a day such as `2026-03-31`"),
            Storage::Time => form(moment::parse_time(trimmed).map(Value::Time), "a time such as `09:30:00`"),
            Storage::Datetime => form(
                moment::parse_datetime(trimmed).map(Value::Datetime),
                "an instant with its offset such as `2026-03-31T09:30:00Z`",
            ),
            Storage::Duration => form(
                Some(trimmed)
                    .filter(|t| t.trim_start_matches(['-', '+']).starts_with('P'))
                    .and_then(moment::parse_duration)
                    .map(Value::Duration),
                "a length of time such as `PT1H30M`, without years and months",
            ),
            Storage::Uuid => match trimmed.strip_prefix('$') {
                Some(name) => match names.get(name) {
                    Some(id) => Ok(Value::Uuid(*id)),
                    None => Err(Wrong::new(
                        Code::NotFound,
                        format!("no earlier operation of this batch is called `{name}`"),
                    )),
                },
                None => form(parse_uuid(trimmed).map(Value::Uuid), "an id (a UUID with hyphens)"),
            },
            _ => self.words(text),
        }
    }

    fn words(&self, text: &str) -> Result<Value, Wrong> {
        // Sanitising is work: what is far too long is not read at all.
        if self.facts.normalise == Normalise::Html
            && self.max_length.is_some_and(|max| text.len() / 8 > max as usize)
        {
            return Err(too_long(self.max_length.unwrap_or_default()));
        }
        let text = text::accept(self.facts, text)?;
        if let Some(choices) = &self.choices
            && !choices.iter().any(|c| **c == *text)
        {
            return Err(Wrong::new(Code::NotAllowed, one_of(choices)));
        }
        Ok(Value::text(&text))
    }

    fn decimal(&self, text: &str) -> Result<Value, Wrong> {
        let Kind::Decimal(scale) = self.kind else {
            return Err(Wrong::new(Code::Format, "must be a decimal"));
        };
        let plain = plain_digits(text)
            .ok_or_else(|| Wrong::new(Code::Format, "must be a decimal such as `12.50`"))?;
        if let Some(value) = Decimal::parse_exact(&plain, scale) {
            return Ok(Value::Decimal(value));
        }
        let fraction = plain.split_once('.').map_or("", |(_, fraction)| fraction.trim_end_matches('0'));
        if fraction.len() > usize::from(scale) {
            return Err(too_precise(scale));
        }
        Err(self.too_many_digits(plain.starts_with('-')))
    }

    /// Judges what depends on the size of a value alone.
    fn size(&self, value: &Value) -> Result<(), Wrong> {
        match (value, self.max_length, self.precision) {
            (Value::Text(text), Some(max), _) if longer_than(text, max) => Err(too_long(max)),
            (Value::Decimal(decimal), _, Some(precision)) => {
                let limit = 10i64.checked_pow(u32::from(precision)).unwrap_or(i64::MAX);
                if decimal.units().unsigned_abs() < limit.unsigned_abs() {
                    Ok(())
                } else {
                    Err(self.too_many_digits(decimal.units() < 0))
                }
            }
            _ => Ok(()),
        }
    }

    fn too_many_digits(&self, negative: bool) -> Wrong {
        let code = if negative { Code::TooSmall } else { Code::TooLarge };
        let Kind::Decimal(scale) = self.kind else { return Wrong::new(code, "is out of range") };
        let whole = self.precision.unwrap_or(18).saturating_sub(scale);
        Wrong::new(code, format!("must have at most {whole} digits before the point"))
    }
}

impl Bounds {
    fn of(ty: &TypeRules, limits: &Limits) -> Result<Self, String> {
        let value = |text: &String| -> Result<Value, String> {
            let json = match ty.facts.storage {
                Storage::Int | Storage::Bool => Json::Number(text),
                _ => Json::Text(text.as_str().into()),
            };
            let mut problems = Vec::new();
            let item = ty.item.as_deref().unwrap_or(ty);
            let value = item.accept(&json, Pointer::Root(""), &Names::new(), &mut problems);
            problems.first().map_or(Ok(value), |p| Err(format!("the limit `{text}` {}", p.message)))
        };
        let pattern = match &limits.pattern {
            None => None,
            Some(pattern) => {
                let whole = Regex::new(&format!(r"\A(?:{pattern})\z"));
                let whole = whole.map_err(|_| format!("the pattern `{pattern}` is broken"))?;
                Some((whole, pattern.as_str().into()))
            }
        };
        Ok(Self {
            min: limits.min.as_ref().map(value).transpose()?,
            max: limits.max.as_ref().map(value).transpose()?,
            min_length: limits.min_length,
            max_items: limits.max_items.or_else(|| ty.item.as_ref().map(|_| MAX_ITEMS)),
            pattern,
            values: limits.values.iter().map(value).collect::<Result<_, _>>()?,
        })
    }

    fn judge(&self, value: &Value, at: &Pointer<'_>, out: &mut Vec<FieldProblem>) {
        let mut say = |code, message: String| out.push(at.problem(Wrong::new(code, message)));
        if let Some(min) = self.min.as_ref().filter(|min| value < *min) {
            say(Code::TooSmall, format!("must be at least {min}"));
        }
        if let Some(max) = self.max.as_ref().filter(|max| value > *max) {
            say(Code::TooLarge, format!("must be at most {max}"));
        }
        match value {
            Value::Text(text) => {
                if let Some(min) = self.min_length.filter(|min| text.chars().count() < *min as usize) {
                    say(Code::TooShort, format!("must have at least {min} characters"));
                }
                if let Some((_, pattern)) = self.pattern.as_ref().filter(|(whole, _)| !whole.is_match(text)) {
                    say(Code::Pattern, format!("must match `{pattern}`"));
                }
            }
            Value::List(items) => {
                if let Some(min) = self.min_length.filter(|min| items.len() < *min as usize) {
                    say(Code::TooFew, format!("must have at least {min} items"));
                }
                if let Some(max) = self.max_items.filter(|max| items.len() > *max as usize) {
                    say(Code::TooMany, format!("must have at most {max} items"));
                }
                for (index, item) in items.iter().enumerate() {
                    if !self.values.is_empty() && !self.values.contains(item) {
                        let at = Pointer::Item(at, index);
                        out.push(at.problem(Wrong::new(Code::NotAllowed, one_of(&self.values))));
                    }
                }
                return;
            }
            _ => {}
        }
        if !self.values.is_empty() && !self.values.contains(value) {
            say(Code::NotAllowed, one_of(&self.values));
        }
    }
}

fn list(
    item: &TypeRules,
    items: &[Json<'_>],
    at: Pointer<'_>,
    names: &Names,
    out: &mut Vec<FieldProblem>,
) -> Value {
    // The bound of the field is judged later; this one keeps a huge list from being read at all.
    if items.len() > MAX_ITEMS as usize {
        out.push(at.problem(Wrong::new(Code::TooMany, format!("must have at most {MAX_ITEMS} items"))));
        return Value::Null;
    }
    let mut values = Vec::with_capacity(items.len());
    for (index, json) in items.iter().enumerate() {
        let at = Pointer::Item(&at, index);
        if matches!(json, Json::Null) {
            out.push(at.problem(Wrong::new(Code::Required, "an item must not be null")));
        }
        values.push(item.accept(json, at, names, out));
    }
    Value::list(values)
}

fn document(json: &Json<'_>, at: Pointer<'_>, out: &mut Vec<FieldProblem>) -> Value {
    let before = out.len();
    judge_document(json, at, out);
    if out.len() == before { Value::Json(json.canonical().into()) } else { Value::Null }
}

fn judge_document(json: &Json<'_>, at: Pointer<'_>, out: &mut Vec<FieldProblem>) {
    let nul = || Wrong::new(Code::Nul, "must not hold a NUL character");
    match json {
        Json::Text(text) if text.contains('\0') => out.push(at.problem(nul())),
        Json::List(items) => {
            for (index, item) in items.iter().enumerate() {
                judge_document(item, Pointer::Item(&at, index), out);
            }
        }
        Json::Object(members) => {
            let mut seen = std::collections::HashSet::with_capacity(members.len());
            for (key, member) in members {
                let at = Pointer::Key(&at, key);
                if !seen.insert(key.as_ref()) {
                    out.push(at.problem(Wrong::new(Code::DuplicateKey, "is written twice")));
                }
                if key.contains('\0') {
                    out.push(at.problem(nul()));
                }
                judge_document(member, at, out);
            }
        }
        _ => {}
    }
}

fn int(number: &str) -> Result<Value, Wrong> {
    if number.contains(['.', 'e', 'E']) {
        return Err(Wrong::new(Code::Type, "must be a whole number written without point and exponent"));
    }
    number.parse().map(Value::Int).map_err(|_| {
        let (code, bound) =
            if number.starts_with('-') { (Code::TooSmall, i64::MIN) } else { (Code::TooLarge, i64::MAX) };
        Wrong::new(code, format!("does not fit 64 bits; the bound is {bound}"))
    })
}

/// A decimal without exponent: `1.5e3` is `1500`. Nothing when it is no decimal or absurdly large.
fn plain_digits(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        None => (text, 0),
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
    };
    let (sign, unsigned) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_number = !whole.is_empty()
        && (!fraction.is_empty() || !unsigned.contains('.'))
        && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
    if !is_number || !(-64..=64).contains(&exponent) {
        return None;
    }
    if exponent == 0 {
        return Some(format!("{sign}{unsigned}"));
    }
    let digits = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let mut out = String::from(sign);
    match usize::try_from(point) {
        Ok(point) if point >= digits.len() => {
            let _ = write!(out, "{digits:0<point$}");
        }
        Ok(point) if point > 0 => {
            let (whole, fraction) = digits.split_at_checked(point)?;
            let _ = write!(out, "{whole}.{fraction}");
        }
        _ => {
            let zeros = usize::try_from(point.unsigned_abs()).ok()?;
            let _ = write!(out, "0.{:0>zeros$}{digits}", "");
        }
    }
    Some(out)
}

fn parse_uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

fn longer_than(text: &str, max: u32) -> bool {
    text.len() > max as usize && text.chars().count() > max as usize
}

fn too_long(max: u32) -> Wrong {
    Wrong::new(Code::TooLong, format!("must have at most {max} characters"))
}

fn too_precise(scale: u8) -> Wrong {
    Wrong::new(Code::TooPrecise, format!("must have at most {scale} digits behind the point"))
}

fn mismatch(expected: &str, found: &Json<'_>) -> Wrong {
    Wrong::new(Code::Type, format!("must be {expected}, not {}", found.kind()))
}

fn one_of<T: std::fmt::Display>(values: &[T]) -> String {
    let mut out = String::from("must be one of ");
    for (index, value) in values.iter().take(12).enumerate() {
        let _ = write!(out, "{}`{value}`", if index == 0 { "" } else { ", " });
    }
    if values.len() > 12 {
        let _ = write!(out, " and {} more", values.len() - 12);
    }
    out
}

#[cfg(test)]
mod tests;
