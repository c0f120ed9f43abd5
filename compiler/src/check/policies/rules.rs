//! What a policy says by itself: ids, actions, roles, fields.

use std::collections::{BTreeMap, BTreeSet};

use athyper_schemas::bundle::{ANONYMOUS, Action, Class, EVERYBODY, Effect, Mask, Otherwise, SYSTEM, System};
use athyper_schemas::field_types::Storage;

use crate::diag::{Sink, names, policies as say, policy_doubts};
use crate::model::policy::{DerivedRole, FieldRule, Role, Rule, To};
use crate::model::{EntityId, EntityRef, FieldId, FieldRef, FieldType, Model, Origin, Policy};
use crate::source::Span;

/// Every rule says something that can be, under an id of its own.
pub(in crate::check) fn rules(model: &Model, sink: &mut Sink) {
    for policy in &model.policies {
        let entity = model.entity(policy.entity);
        if let Some(owner) = entity.owner() {
            let names = (&entity.name().short, &owner.name().short);
            sink.error(say::policy_for_child(policy.entity_span, names.0, names.1));
        }
        derived_roles(policy, sink);
        ids(policy, sink);
        for rule in &policy.rules {
            one(policy, rule, entity, sink);
        }
        for rule in &policy.fields {
            field(policy, rule, entity, sink);
        }
    }
    fields_once(model, sink);
    readers(model, sink);
}

fn derived_roles(policy: &Policy, sink: &mut Sink) {
    for (at, role) in policy.roles.iter().enumerate() {
        if [EVERYBODY, ANONYMOUS, SYSTEM].contains(&role.name.as_str()) {
            sink.error(say::reserved_role(role.span, &role.name));
        }
        if role.from.is_empty() {
            sink.error(say::from_nobody(role.span, &role.name));
        }
        twice(policy, &role.from, sink);
        if let Some(circle) = circle(policy, at) {
            // Each circle is told where its first role stands.
            if circle.iter().all(|other| *other >= at) {
                let names: Vec<&str> = circle
                    .iter()
                    .chain([&at])
                    .filter_map(|at| policy.roles.get(*at))
                    .map(|role| role.name.as_str())
                    .collect();
                sink.error(say::role_cycle(role.span, &role.name, &names.join("` -> `")));
            }
        }
    }
}

/// The way from a derived role back to itself.
fn circle(policy: &Policy, start: usize) -> Option<Vec<usize>> {
    let mut open = vec![vec![start]];
    let mut seen = BTreeSet::new();
    while let Some(way) = open.pop() {
        let from =
            way.last().and_then(|at| policy.roles.get(*at)).map_or(&[][..], |role: &DerivedRole| &role.from);
        for next in from {
            match next.role {
                Role::Derived(next) if next == start => return Some(way),
                Role::Derived(next) if seen.insert(next) => {
                    open.push(way.iter().copied().chain([next]).collect());
                }
                _ => {}
            }
        }
    }
    None
}

fn ids(policy: &Policy, sink: &mut Sink) {
    let mut ids = BTreeMap::new();
    for rule in &policy.rules {
        match ids.get(rule.id.as_str()) {
            Some(first) => {
                sink.error(say::duplicate_rule(rule.span, *first, &rule.id));
            }
            None => {
                ids.insert(rule.id.as_str(), rule.span);
            }
        }
    }
}

fn one(policy: &Policy, rule: &Rule, entity: EntityRef<'_>, sink: &mut Sink) {
    if rule.to.is_empty() && rule.read {
        sink.error(say::no_roles(rule.span, &rule.id));
    }
    if rule.actions.is_empty() && rule.read {
        sink.error(say::no_actions(rule.span, &rule.id, rule.effect));
    }
    for (at, action) in rule.actions.iter().enumerate() {
        let first = rule.actions.iter().take(at).find(|first| first.value == action.value);
        if let Some(first) = first {
            sink.error(names::listed_twice(action.span, first.span, action.value.name()));
        }
        if action.value.is_of_documents() && entity.get().class != Class::Document {
            sink.error(say::only_documents(action.span, action.value.name(), &entity.name().short));
        }
    }
    everybody(policy, &rule.to, sink);
    let unchanging = rule.actions.iter().filter(|action| !action.value.has_new_image());
    let unchanging: Vec<&str> = unchanging.map(|action| action.value.name()).collect();
    if let Some(after) = &rule.after {
        let none = unchanging.len() == rule.actions.len();
        if !unchanging.is_empty() && (none || rule.effect == Effect::Deny) {
            sink.error(say::after_without_change(after.span(), &unchanging, rule.effect));
        }
    }
}

fn everybody(policy: &Policy, to: &[To], sink: &mut Sink) {
    twice(policy, to, sink);
    if to.iter().any(|to| policy.role_name(&to.role) == EVERYBODY) {
        for other in to {
            let name = policy.role_name(&other.role);
            if ![EVERYBODY, ANONYMOUS].contains(&name) {
                sink.warn(policy_doubts::everybody_and_some(other.span, name));
            }
        }
    }
}

fn twice(policy: &Policy, to: &[To], sink: &mut Sink) {
    for (at, second) in to.iter().enumerate() {
        if let Some(first) = to.iter().take(at).find(|first| first.role == second.role) {
            sink.error(names::listed_twice(second.span, first.span, policy.role_name(&second.role)));
        }
    }
}

fn field(policy: &Policy, rule: &FieldRule, entity: EntityRef<'_>, sink: &mut Sink) {
    let field = entity.field(rule.field);
    if let Origin::System(system) = field.get().origin
        && let Some(why) = always_seen(system)
    {
        sink.error(say::always_seen(rule.span, field.name(), why));
        return;
    }
    for to in rule.read.iter().chain(&rule.update) {
        everybody(policy, to, sink);
    }
    if let (Some(update), Origin::System(_)) = (&rule.update, field.get().origin) {
        let span = update.first().map_or(rule.span, |to| to.span);
        sink.error(say::never_changed(span, field.name(), "the system keeps it"));
    } else if let (Some(update), true) = (&rule.update, field.get().computed.is_some()) {
        let span = update.first().map_or(rule.span, |to| to.span);
        sink.error(say::never_changed(span, field.name(), "it is computed"));
    }
    if let Some(otherwise) = rule.otherwise
        && let Otherwise::Mask(mask) = otherwise.value
        && !field.get().poisoned
        && !fits(mask, &field.get().ty)
    {
        let ty = crate::check::fields::describe(entity.model(), &field.get().ty);
        sink.error(say::mask_misfit(otherwise.span, mask_name(mask), field.name(), &ty));
    }
}

/// Why a system field is seen by whoever sees the record.
const fn always_seen(system: System) -> Option<&'static str> {
    match system {
        System::Id => Some("answers, references and addresses name a record by its `id`"),
        System::Version => Some("a write names the `version` that it changes"),
        _ => None,
    }
}

/// Whether the mask can be made of values of the type.
fn fits(mask: Mask, ty: &FieldType) -> bool {
    let text = matches!(ty, FieldType::Scalar(scalar) if scalar.facts.storage == Storage::Text);
    match mask {
        Mask::Redact | Mask::Last4 | Mask::Hash | Mask::Initials => text,
        Mask::Range => matches!(ty.storage(), Storage::Decimal | Storage::Date | Storage::Datetime),
    }
}

/// A mask as it is written.
const fn mask_name(mask: Mask) -> &'static str {
    match mask {
        Mask::Redact => "redact",
        Mask::Last4 => "last4",
        Mask::Hash => "hash",
        Mask::Range => "range",
        Mask::Initials => "initials",
    }
}

/// A field has its rule in one policy.
fn fields_once(model: &Model, sink: &mut Sink) {
    let mut first: BTreeMap<(EntityId, FieldId), Span> = BTreeMap::new();
    for policy in &model.policies {
        for rule in &policy.fields {
            let place = (policy.entity, rule.field);
            match first.get(&place) {
                Some(first) => {
                    let field: FieldRef<'_> = model.entity(policy.entity).field(rule.field);
                    sink.error(say::field_ruled_twice(rule.span, *first, field.name()));
                }
                None => {
                    first.insert(place, rule.span);
                }
            }
        }
    }
}

/// Whoever may write may also read.
fn readers(model: &Model, sink: &mut Sink) {
    let mut readers: BTreeMap<EntityId, BTreeSet<&str>> = BTreeMap::new();
    let allows = |rule: &&Rule| rule.effect == Effect::Allow;
    for policy in &model.policies {
        let of = readers.entry(policy.entity).or_default();
        for rule in policy.rules.iter().filter(allows).filter(|rule| rule.is_about(Action::Read)) {
            of.extend(policy.reaches(&rule.to).into_iter().map(|reach| reach.role.as_str()));
        }
    }
    for policy in &model.policies {
        let Some(readers) = readers.get(&policy.entity) else { continue };
        let reads = |role: &str| readers.contains(role) || (readers.contains(EVERYBODY) && role != ANONYMOUS);
        let writes = |rule: &&Rule| rule.is_about(Action::Update) || rule.is_about(Action::Delete);
        for rule in policy.rules.iter().filter(allows).filter(writes) {
            for to in &rule.to {
                let reaches = policy.reaches(std::slice::from_ref(to));
                if let Some(blind) = reaches.iter().find(|reach| !reads(reach.role)) {
                    let entity = &model.entity(policy.entity).name().short;
                    sink.warn(policy_doubts::write_without_read(to.span, blind.role, entity));
                }
            }
        }
    }
}
