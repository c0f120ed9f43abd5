//! What nobody, or somebody unmeant, can reach. Asked once nothing is missing through another mistake.

use std::collections::BTreeSet;

use athyper_schemas::bundle::Effect;

use crate::diag::{Sink, policy_doubts as say};
use crate::model::{EntityId, Model};

/// Somebody may do something with every entity.
pub(in crate::check) fn reach(model: &Model, sink: &mut Sink) {
    let allows =
        |policy: &&crate::model::Policy| policy.rules.iter().any(|rule| rule.effect == Effect::Allow);
    let reached: BTreeSet<EntityId> =
        model.policies.iter().filter(allows).map(|policy| policy.entity).collect();
    for entity in model.entities().filter(|entity| !entity.is_child()) {
        if !reached.contains(&entity.id()) {
            sink.warn(say::no_policy(entity.name().span, &entity.name().short));
        }
    }
}
