//! Policies: rules that say something, and entities that somebody can reach.

use std::collections::{BTreeMap, BTreeSet};

use athyper_schemas::bundle::Action;

use crate::diag::{Sink, policies};
use crate::model::{EntityId, Model, Policy};

/// The role of every authenticated caller.
const EVERYBODY: &str = "*";

/// Every rule allows somebody something, under an id of its own.
pub(super) fn rules(model: &Model, sink: &mut Sink) {
    for policy in &model.policies {
        let entity = model.entity(policy.entity);
        if let Some(owner) = entity.owner() {
            let names = (&entity.name().short, &owner.name().short);
            sink.error(policies::policy_for_child(policy.entity_span, names.0, names.1));
        }
        of_one(policy, sink);
    }
    readers(model, sink);
}

fn of_one(policy: &Policy, sink: &mut Sink) {
    let mut ids = BTreeMap::new();
    for rule in &policy.rules {
        if let Some(first) = ids.insert(rule.id.as_str(), rule.span) {
            sink.error(policies::duplicate_rule(rule.span, first, &rule.id));
        }
        if rule.to.is_empty() && rule.read {
            sink.error(policies::no_roles(rule.span, &rule.id));
        }
        if rule.allow.is_empty() && rule.read {
            sink.error(policies::no_actions(rule.span, &rule.id));
        }
        if rule.to.iter().any(|role| role == EVERYBODY) {
            for (role, span) in rule.to.iter().zip(&rule.to_spans).filter(|(role, _)| *role != EVERYBODY) {
                sink.warn(policies::everybody_and_some(*span, role));
            }
        }
    }
}

/// Whoever may write may also read.
fn readers(model: &Model, sink: &mut Sink) {
    let mut readers: BTreeMap<EntityId, BTreeSet<&str>> = BTreeMap::new();
    for policy in &model.policies {
        let reading = policy.rules.iter().filter(|rule| rule.allow.contains(&Action::Read));
        let roles = reading.flat_map(|rule| rule.to.iter().map(smol_str::SmolStr::as_str));
        readers.entry(policy.entity).or_default().extend(roles);
    }
    for policy in &model.policies {
        let Some(readers) = readers.get(&policy.entity) else { continue };
        if readers.contains(EVERYBODY) {
            continue;
        }
        let writes = |action: &Action| *action == Action::Update || *action == Action::Delete;
        for rule in policy.rules.iter().filter(|rule| rule.allow.iter().any(writes)) {
            for (role, span) in rule.to.iter().zip(&rule.to_spans) {
                if !readers.contains(role.as_str()) {
                    let entity = &model.entity(policy.entity).name().short;
                    sink.warn(policies::write_without_read(*span, role, entity));
                }
            }
        }
    }
}

/// Somebody may do something with every entity.
pub(super) fn reach(model: &Model, sink: &mut Sink) {
    let reached: BTreeSet<EntityId> =
        model.policies.iter().filter(|policy| !policy.rules.is_empty()).map(|policy| policy.entity).collect();
    for entity in model.entities().filter(|entity| !entity.is_child()) {
        if !reached.contains(&entity.id()) {
            sink.warn(policies::no_policy(entity.name().span, &entity.name().short));
        }
    }
}
