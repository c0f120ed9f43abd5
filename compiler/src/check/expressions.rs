//! Expressions: each has a type, and no value is computed from itself.

use std::collections::{BTreeMap, BTreeSet};

use athyper_expr::{Expected, Problem, Value};
use athyper_schemas::field_types::Storage;
use athyper_schemas::ir::{self, Literal, Node, Ty};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::fields::describe as describe_type;
use super::keys::is_quiet;
use super::scope::{Nullability, Surroundings, kind};
use super::walk;
use crate::diag::expressions::{self as say, NULLABLE_OPERAND};
use crate::diag::{Missing, Sink, limits};
use crate::model::{EntityId, Expression, FieldId, FieldRef, FieldType, Model, Role};
use crate::resolve::scalar_kind;

/// How often nullability is handed on from computed field to computed field.
const ROUNDS: usize = 3;

/// The names of fields about which a mistake was told: nothing more is said where they are used.
pub(super) fn poisoned(model: &Model) -> BTreeSet<&str> {
    let fields = model.entities().flat_map(|entity| entity.fields());
    fields.filter(|field| field.get().poisoned).map(|field| field.name().as_str()).collect()
}

/// The checked form of every expression; nothing for those with mistakes.
pub(super) fn types(model: &Model, nullability: &Nullability, sink: &mut Sink) -> Vec<Option<ir::Expr>> {
    let poisoned = poisoned(model);
    let mut out = Vec::with_capacity(model.expressions.len());
    for expression in &model.expressions {
        let told = field_of(model, expression).is_some_and(|field| field.get().poisoned)
            || (!poisoned.is_empty()
                && names_in(&expression.passage.text).any(|name| poisoned.contains(name)));
        out.push(if told { None } else { one(model, expression, nullability, sink) });
    }
    out
}

/// Words of an expression that could be names.
pub(super) fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

fn field_of<'m>(model: &'m Model, expression: &Expression) -> Option<FieldRef<'m>> {
    match expression.role {
        Role::Default(field) | Role::Computed(field) => Some(model.entity(expression.entity).field(field)),
        Role::Check => None,
    }
}

/// Which computed fields can be null: found by asking again with what was found before.
pub(super) fn nullability(model: &Model) -> Nullability {
    let mut known = Nullability::new();
    let computed: Vec<&Expression> =
        model.expressions.iter().filter(|expression| matches!(expression.role, Role::Computed(_))).collect();
    for _ in 0..ROUNDS {
        let mut found = Nullability::new();
        for expression in &computed {
            let Role::Computed(field) = expression.role else { continue };
            let scope = surroundings(model, expression, &known);
            if let Ok(checked) = athyper_expr::compile(&expression.passage.text, &scope, &Expected::Any) {
                found.insert((expression.entity, field), checked.expr.ty.nullable);
            }
        }
        if found == known {
            break;
        }
        known = found;
    }
    known
}

const fn surroundings<'m>(
    model: &'m Model,
    expression: &Expression,
    nullability: &'m Nullability,
) -> Surroundings<'m> {
    Surroundings { model, entity: expression.entity, role: expression.role, nullability }
}

fn one(model: &Model, expression: &Expression, known: &Nullability, sink: &mut Sink) -> Option<ir::Expr> {
    let field = field_of(model, expression);
    if let (Role::Default(_), Some(field)) = (expression.role, field) {
        match literal_default(model, field, expression, sink) {
            Default::Literal(expr) => return Some(expr),
            Default::Refused => return None,
            Default::Expression => {}
        }
    }
    let expected = match field {
        Some(field) => {
            let get = field.get();
            Expected::Value(Ty { kind: kind(model, &get.ty), nullable: !get.required })
        }
        None => Expected::Condition,
    };
    let scope = surroundings(model, expression, known);
    match athyper_expr::compile(&expression.passage.text, &scope, &expected) {
        Ok(checked) => {
            for warning in &checked.warnings {
                if !field.is_some_and(|field| is_quiet(field, &NULLABLE_OPERAND)) {
                    sink.warn(say::problem(&expression.passage, warning));
                }
            }
            Some(checked.expr)
        }
        Err(problems) => {
            let role = expression.role;
            let text = field.filter(|field| field.get().ty.storage() == Storage::Text);
            if let (Role::Default(_), Some(_), Some(first)) = (role, text, problems.first()) {
                sink.error(say::of_text(&expression.passage, first));
                return None;
            }
            tell(model, expression, &problems, place(role, field), sink);
            None
        }
    }
}

/// Says what is wrong with an expression: words of other languages together, missing names once in the whole package.
fn tell(model: &Model, expression: &Expression, problems: &[Problem], place: say::Place, sink: &mut Sink) {
    let passage = &expression.passage;
    let (spellings, others): (Vec<&Problem>, Vec<&Problem>) =
        problems.iter().partition(|problem| say::is_spelling(problem));
    match spellings.as_slice() {
        [one] => drop(sink.error(say::of(passage, one, place))),
        all => drop(say::spellings(passage, all).map(|message| sink.error(message))),
    }
    let this = &model.entity(expression.entity).name().qualified;
    for problem in others {
        let message = say::of(passage, problem, place);
        match say::missing(problem, this).filter(|_| !matches!(expression.role, Role::Default(_))) {
            Some(name) if is_unread(model, &name) => {}
            Some(name) => drop(sink.missing(name, message)),
            None => drop(sink.error(message)),
        }
    }
}

/// Whether the name may be that of a field which could not be read.
fn is_unread(model: &Model, name: &Missing) -> bool {
    let Missing::Field(entity, _) = name else { return false };
    model.entity_named(entity).is_some_and(|entity| entity.get().fields_unread)
}

fn place(role: Role, field: Option<FieldRef<'_>>) -> say::Place {
    match role {
        Role::Default(_) => say::Place::Default,
        Role::Computed(_) if field.and_then(|field| field.get().computed).is_some_and(|c| c.stored) => {
            say::Place::Stored
        }
        Role::Computed(_) => say::Place::Computed,
        Role::Check => say::Place::Check,
    }
}

/// How a default is to be read.
enum Default {
    /// As a value of its type.
    Literal(ir::Expr),
    /// As an expression.
    Expression,
    /// Not at all; that was told.
    Refused,
}

/// A default that is a value of its type stands for itself: `draft`, `EUR`, `2026-01-01`, `0.50`.
fn literal_default(model: &Model, field: FieldRef<'_>, expression: &Expression, sink: &mut Sink) -> Default {
    let text = expression.passage.text.as_str();
    let literal = match &field.get().ty {
        FieldType::Enum(id) if is_word(text) => {
            let of = &model.enums[*id];
            if of.poisoned {
                return Default::Refused;
            }
            if !of.values.iter().any(|value| value.name == text) {
                let known: Vec<&str> = of.values.iter().map(|value| value.name.as_str()).collect();
                sink.error(limits::unknown_value(expression.passage.span(), text, &of.name.short, &known));
                return Default::Refused;
            }
            Some(Literal::Enum { of: of.name.qualified.to_string(), value: text.to_owned() })
        }
        FieldType::Enum(_) | FieldType::List(_) => None,
        FieldType::Scalar(scalar) => match (scalar.facts.storage, scalar.facts.name) {
            (_, name @ ("json" | "file" | "image")) => return refuse(expression, &format!("`{name}`"), sink),
            (Storage::Text, _) => is_word(text).then(|| Literal::Text(text.to_owned())),
            _ => match Value::from_plain(&scalar_kind(scalar), text) {
                Ok(value) => literal(value),
                Err(malformed) if is_value(text) => {
                    let ty = describe_type(model, &field.get().ty);
                    let span = expression.passage.span();
                    sink.error(limits::bad_default(span, text, &ty, malformed.expected));
                    return Default::Refused;
                }
                Err(_) => None,
            },
        },
        FieldType::Ref { .. } => return refuse(expression, "a reference", sink),
        FieldType::Children(_) => return refuse(expression, "a list of owned records", sink),
    };
    let ty = Ty { kind: kind(model, &field.get().ty), nullable: false };
    literal.map_or(Default::Expression, |literal| {
        Default::Literal(ir::Expr { source: text.to_owned(), ty, root: Node::Literal(literal) })
    })
}

fn refuse(expression: &Expression, what: &str, sink: &mut Sink) -> Default {
    sink.error(limits::no_default(expression.passage.span(), what));
    Default::Refused
}

/// A bare word: it cannot be the name of anything in a default, so it is itself.
fn is_word(text: &str) -> bool {
    let word = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    word && !matches!(text, "null" | "true" | "false")
}

/// What can only be meant as a value: no name of a default's scope, no operator between blanks, no call.
fn is_value(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | ':' | '.'));
    plain && !text.is_empty() && !text.starts_with("user.") && !matches!(text, "null" | "true" | "false")
}

fn literal(value: Value) -> Option<Literal> {
    Some(match value {
        Value::Bool(value) => Literal::Bool(value),
        Value::Int(value) => Literal::Int(value.to_string()),
        Value::Decimal(value) => Literal::Decimal { units: value.units().to_string(), scale: value.scale() },
        value @ Value::Date(_) => Literal::Date(value.to_storage_text()?),
        value @ Value::Time(_) => Literal::Time(value.to_storage_text()?),
        value @ Value::Datetime(_) => Literal::Datetime(value.to_storage_text()?),
        Value::Duration(value) => Literal::Duration(value.to_string()),
        value @ Value::Uuid(_) => Literal::Uuid(value.to_string()),
        _ => return None,
    })
}

/// No value is computed from itself, however long the way; whether that is so.
pub(super) fn are_acyclic(model: &Model, expressions: &[Option<ir::Expr>], sink: &mut Sink) -> bool {
    let mut graph: DiGraph<FieldRef<'_>, ()> = DiGraph::new();
    let mut nodes: BTreeMap<(EntityId, FieldId), NodeIndex> = BTreeMap::new();
    for field in model.entities().flat_map(|entity| entity.fields()) {
        if field.get().computed.is_some() {
            nodes.insert((field.entity().id(), field.id()), graph.add_node(field));
        }
    }
    for (place, node) in &nodes {
        let field = model.entity(place.0).field(place.1);
        let value = field.get().computed.and_then(|computed| expressions.get(computed.value.place()));
        let Some(Some(value)) = value else { continue };
        walk::fields(&value.root, &mut |access| {
            let used = model.entity_named(&access.entity).and_then(|entity| entity.field_named(&access.name));
            let used = used.and_then(|used| nodes.get(&(used.entity().id(), used.id())));
            if let Some(used) = used {
                graph.update_edge(*node, *used, ());
            }
        });
    }
    let mut all_end = true;
    for circle in kosaraju_scc(&graph) {
        let Some(start) = circle.iter().copied().min() else { continue };
        if circle.len() == 1 && !graph.contains_edge(start, start) {
            continue;
        }
        all_end = false;
        let mut members = circle;
        members.sort();
        let path: Vec<String> = members
            .iter()
            .chain([&start])
            .filter_map(|node| graph.node_weight(*node))
            .map(describe)
            .collect();
        if let Some(first) = graph.node_weight(start) {
            let span = first.get().computed.map(|computed| model.expressions[computed.value].passage.span());
            sink.error(say::computed_cycle(
                span.unwrap_or(first.get().span),
                first.name(),
                &path.join(" -> "),
            ));
        }
    }
    all_end
}

fn describe(field: &FieldRef<'_>) -> String {
    format!("`{}.{}`", field.entity().name().short, field.name())
}
