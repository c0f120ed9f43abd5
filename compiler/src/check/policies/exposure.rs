//! Ways around a policy: values made of what it keeps from some callers, and references into the dark.

use athyper_schemas::bundle::{Action, Effect};
use athyper_schemas::ir::{Expr, FieldAccess, Node};

use super::rulings::{self, Ruling, reaches};
use super::typed::TypedPolicy;
use crate::check::walk;
use crate::diag::{Sink, policy_doubts as say};
use crate::model::policy::FieldRule;
use crate::model::{EntityRef, FieldRef, Model};
use crate::source::Span;

/// Says which values show more than the policies do.
pub(super) fn fields(model: &Model, policies: &[TypedPolicy], expressions: &[Option<Expr>], sink: &mut Sink) {
    for field in model.entities().flat_map(|entity| entity.fields()) {
        if field.get().poisoned || read_rule(model, field).is_some() {
            continue;
        }
        if let Some(copy) = field.get().copy {
            let source = model.entity(copy.target).field(copy.field);
            let span = field.get().places.copy.unwrap_or(field.get().span);
            tell(model, policies, (field, span), source, sink);
        }
        let computed = field.get().computed;
        let value = computed
            .and_then(|computed| Some((computed, expressions.get(computed.value.place())?.as_ref()?)));
        if let Some((computed, value)) = value {
            let span = model.expressions[computed.value].passage.span();
            let mut read: Vec<&FieldAccess> = Vec::new();
            walk::fields(&value.root, &mut |access| read.push(access));
            let hidden = read.into_iter().filter_map(|access| {
                let source = model.entity_named(&access.entity)?.field_named(&access.name)?;
                (access.of != Node::This || read_rule(model, source).is_some()).then_some(source)
            });
            for source in hidden {
                if tell(model, policies, (field, span), source, sink) {
                    break;
                }
            }
        }
    }
}

/// Says that a value shows what some may not see, if so.
fn tell(
    model: &Model,
    policies: &[TypedPolicy],
    (shown, span): (FieldRef<'_>, Span),
    source: FieldRef<'_>,
    sink: &mut Sink,
) -> bool {
    let hidden = format!("{}.{}", source.entity().name().short, source.name());
    if let Some(rule) = read_rule(model, source) {
        sink.warn(say::declassifies(
            span,
            shown.name(),
            &hidden,
            (rule.span, "this rule keeps it from some"),
        ));
        return true;
    }
    // Owned records are part of their owner; other records have policies of their own.
    let foreign = root(source.entity()).id() != root(shown.entity()).id();
    if foreign
        && let Some(span_of_rule) = narrow(model, policies, root(shown.entity()), root(source.entity()))
    {
        let hidden = &source.entity().name().short;
        sink.warn(say::declassifies(
            span,
            shown.name(),
            hidden,
            (span_of_rule, "who sees them is said here"),
        ));
        return true;
    }
    false
}

fn read_rule<'m>(model: &'m Model, field: FieldRef<'_>) -> Option<&'m FieldRule> {
    let policies = model.policies.about(field.entity().id());
    let mut rules = policies.flat_map(|(_, policy)| &policy.fields);
    rules.find(|rule| rule.field == field.id() && rule.read.is_some())
}

/// A rule by which somebody who reads `holder` does not read every record of `target`.
fn narrow(
    model: &Model,
    policies: &[TypedPolicy],
    holder: EntityRef<'_>,
    target: EntityRef<'_>,
) -> Option<Span> {
    let (holders, targets) = (rulings::of(model, policies, holder), rulings::of(model, policies, target));
    let reads = |ruling: &&Ruling<'_>| ruling.does(Effect::Allow, Action::Read);
    let hides = |ruling: &&Ruling<'_>| ruling.does(Effect::Deny, Action::Read);
    for way in holders.iter().filter(reads).flat_map(|ruling| &ruling.ways) {
        let mine = |ruling: &&Ruling<'_>| ruling.ways.iter().any(|other| reaches(other.role, way.role));
        if let Some(deny) = targets.iter().filter(hides).find(mine) {
            return Some(deny.rule.span);
        }
        let free = |ruling: &&Ruling<'_>| {
            ruling.ways.iter().any(|other| reaches(other.role, way.role) && other.asks.is_empty())
        };
        if !targets.iter().filter(reads).any(|ruling| free(&ruling)) {
            let some = targets.iter().filter(reads).find(mine);
            return some.or_else(|| targets.iter().find(reads)).map(|ruling| ruling.rule.span);
        }
    }
    None
}

/// The record whose policy governs: the owner of the owner.
pub(super) fn root(mut entity: EntityRef<'_>) -> EntityRef<'_> {
    while let Some(owner) = entity.owner() {
        entity = owner;
    }
    entity
}
