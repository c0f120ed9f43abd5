//! What nobody can reach. Asked once nothing is missing through another mistake.

use std::collections::BTreeSet;

use athyper_schemas::bundle::{Action, Effect, System};

use super::exposure::root;
use crate::diag::{Sink, policies, policy_doubts as say};
use crate::model::policy::Rule;
use crate::model::{EntityId, Model, Origin};

/// Somebody may do something with every entity, and whoever reads a record may read on.
pub(in crate::check) fn reach(model: &Model, sink: &mut Sink) {
    let reached = about(model, |rule| rule.effect == Effect::Allow);
    let readable = about(model, |rule| rule.effect == Effect::Allow && rule.is_about(Action::Read));
    let mut told = BTreeSet::new();
    for field in model.entities().flat_map(|entity| entity.fields()) {
        let owned = field.get().origin == Origin::System(System::Parent);
        let Some(target) = field.refers_to().filter(|_| !owned) else { continue };
        let (holder, target) = (root(field.entity()).id(), root(target));
        if readable.contains(&holder) && !readable.contains(&target.id()) {
            let get = field.get();
            sink.error(policies::unreadable_reference(get.ty_span, &get.name, &target.name().short));
            told.insert(target.id());
        }
    }
    for entity in model.entities().filter(|entity| !entity.is_child()) {
        if !reached.contains(&entity.id()) && !told.contains(&entity.id()) {
            sink.warn(say::no_policy(entity.name().span, &entity.name().short));
        }
    }
}

/// The entities that have such a rule.
fn about(model: &Model, is_such: impl Fn(&Rule) -> bool) -> BTreeSet<EntityId> {
    let has = |policy: &&crate::model::Policy| policy.rules.iter().any(&is_such);
    model.policies.iter().filter(has).map(|policy| policy.entity).collect()
}
