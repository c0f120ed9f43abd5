//! Defaults that are known now keep within the limits of their field and pass the checks of their entity.

use athyper_expr::Value;
use athyper_expr::eval::{Context, Layout, Place, Program};
use athyper_schemas::ir::{self, Node};

use super::scope::kind;
use crate::diag::{Sink, limits};
use crate::model::{EntityRef, Field, FieldType, Model};
use crate::resolve::fits;

/// No default lies outside the limits of its field.
pub(super) fn within_limits(model: &Model, expressions: &[Option<ir::Expr>], sink: &mut Sink) {
    for field in model.entities().flat_map(|entity| entity.fields()) {
        let get = field.get();
        let Some((id, value)) =
            get.default.and_then(|id| Some((id, constant(expressions.get(id.place())?)?)))
        else {
            continue;
        };
        if let Some(limit) = broken_limit(model, get, &value) {
            let span = model.expressions[id].passage.span();
            sink.error(limits::default_breaks_limit(span, &value.to_string(), limit));
        }
    }
}

/// The value of an expression that depends on nothing.
fn constant(expression: &Option<ir::Expr>) -> Option<Value> {
    let expression = expression.as_ref()?;
    let mut depends = false;
    expression.root.each(&mut |node| depends |= matches!(node, Node::Now | Node::Today));
    let program = Program::compile(expression, &Nothing).ok().filter(|_| !depends)?;
    program.evaluate(&Context::EMPTY).ok()
}

struct Nothing;

impl Layout for Nothing {
    fn field(&self, _: &str, _: &str) -> Option<Place<'_>> {
        None
    }

    fn attribute(&self, _: &str) -> Option<usize> {
        None
    }
}

/// The limit that the value breaks.
fn broken_limit(model: &Model, field: &Field, value: &Value) -> Option<&'static str> {
    if value.is_null() {
        return field.required.then_some("required");
    }
    let limits = &field.limits;
    let kind = kind(model, &field.ty);
    let edge = |text: &Option<String>| text.as_ref().and_then(|text| Value::from_plain(&kind, text).ok());
    if edge(&limits.min).is_some_and(|min| *value < min) {
        return Some("min");
    }
    if edge(&limits.max).is_some_and(|max| *value > max) {
        return Some("max");
    }
    if matches!(&field.ty, FieldType::Scalar(scalar) if !fits(scalar, value)) {
        return Some("type");
    }
    if !limits.values.is_empty() && !limits.values.contains(&value.to_string()) {
        return Some("values");
    }
    let (length, most) = match (value, &field.ty) {
        (Value::Text(text), FieldType::Scalar(scalar)) => (text.chars().count(), scalar.max_length),
        (Value::List(items), _) => (items.len(), limits.max_items),
        _ => return None,
    };
    let (length, text) = (u32::try_from(length).unwrap_or(u32::MAX), value.to_string());
    if most.is_some_and(|most| length > most) {
        return Some("max_length");
    }
    if limits.min_length.is_some_and(|least| length < least) {
        return Some("min_length");
    }
    let pattern = limits.pattern.as_ref().and_then(|p| regex::Regex::new(&format!("^(?:{p})$")).ok());
    pattern.filter(|pattern| !pattern.is_match(&text)).map(|_| "pattern")
}

/// No check refuses a record because of its defaults alone.
pub(super) fn pass_checks(model: &Model, expressions: &[Option<ir::Expr>], sink: &mut Sink) {
    for entity in model.entities().filter(|entity| !entity.get().checks.is_empty()) {
        let values: Vec<Option<Value>> =
            entity.fields().map(|field| constant(expressions.get(field.get().default?.place())?)).collect();
        if values.iter().all(Option::is_none) {
            continue;
        }
        for check in &entity.get().checks {
            let Some(Some(assert)) = expressions.get(check.assert.place()) else { continue };
            let Some(first) = only_defaults(entity, &assert.root, &values) else { continue };
            let record: Vec<Value> = values.iter().map(|v| v.clone().unwrap_or(Value::Null)).collect();
            let context = Context { this: &record, ..Context::EMPTY };
            let holds = Program::compile(assert, &Fields(entity)).ok().map(|p| p.judge(&context));
            if let Some(Ok(Some(false))) = holds {
                let span = model.expressions[first].passage.span();
                sink.error(limits::default_breaks_check(span, check.span, &check.name));
            }
        }
    }
}

/// The first default that the check reads, when it reads nothing but defaults known now.
fn only_defaults(
    entity: EntityRef<'_>,
    root: &Node,
    values: &[Option<Value>],
) -> Option<crate::model::ExprId> {
    let mut first = None;
    let mut only = true;
    root.each(&mut |node| match node {
        Node::Field(access) if access.of == Node::This => {
            let field = entity.field_named(&access.name);
            let known = field.filter(|field| values.get(field.id().place()).is_some_and(Option::is_some));
            let default = known.and_then(|field| field.get().default);
            only &= default.is_some();
            first = first.max(default);
        }
        Node::Field(_) | Node::Now | Node::Today | Node::User(_) | Node::Old => only = false,
        _ => {}
    });
    first.filter(|_| only)
}

struct Fields<'m>(EntityRef<'m>);

impl Layout for Fields<'_> {
    fn field(&self, entity: &str, field: &str) -> Option<Place<'_>> {
        if entity != self.0.name().qualified {
            return None;
        }
        self.0.field_named(field).map(|field| Place::Index(field.id().place()))
    }

    fn attribute(&self, _: &str) -> Option<usize> {
        None
    }
}
