//! Rules that say nothing beside the others.

use athyper_schemas::bundle::Effect;

use super::rulings::Ruling;
use crate::diag::{Sink, policy_doubts as say};
use crate::model::Model;

/// Of an entity with more rules only conditions that are written alike are compared: what is tried grows with the square.
const MOST: usize = 100;

/// Says which rules add nothing to another, and which allow what is denied all the same.
pub(super) fn rules(model: &Model, rulings: &[Ruling<'_>], sink: &mut Sink) {
    let model = Some(model).filter(|_| rulings.len() <= MOST);
    for (at, ruling) in rulings.iter().enumerate() {
        if ruling.rule.effect == Effect::Allow && overridden(model, ruling, rulings, sink) {
            continue;
        }
        let speaks = ruling.rule.output.is_some() || ruling.rule.obligation.is_some();
        let others = rulings.iter().enumerate().filter(|(other, _)| *other != at);
        let mut others = others.filter(|(_, other)| other.rule.effect == ruling.rule.effect);
        let stronger = others.find(|(place, other)| {
            // Of two that say the same, the first stays.
            all_covered(model, ruling, other) && (*place < at || !all_covered(model, other, ruling))
        });
        if let Some((_, stronger)) = stronger.filter(|_| !speaks) {
            sink.warn(say::shadowed_rule(
                ruling.rule.span,
                &ruling.rule.id,
                stronger.rule.span,
                &stronger.rule.id,
            ));
        }
    }
}

/// Whether one rule says everything that the other says.
fn all_covered(model: Option<&Model>, ruling: &Ruling<'_>, by: &Ruling<'_>) -> bool {
    !ruling.ways.is_empty()
        && ruling
            .rule
            .actions
            .iter()
            .all(|action| ruling.ways.iter().all(|way| by.covers(model, (ruling, way), action.value)))
}

/// Says which actions of a rule are denied to everybody whom it allows them; whether there are any.
fn overridden(model: Option<&Model>, ruling: &Ruling<'_>, rulings: &[Ruling<'_>], sink: &mut Sink) -> bool {
    let mut any = false;
    for action in &ruling.rule.actions {
        let mut denies = rulings.iter().filter(|other| other.does(Effect::Deny, action.value));
        let whole = |deny: &&Ruling<'_>| {
            ruling.ways.iter().all(|way| deny.covers(model, (ruling, way), action.value))
        };
        if let Some(deny) = denies.find(whole) {
            let names = [ruling.rule.id.as_str(), action.value.name(), deny.rule.id.as_str()];
            sink.warn(say::overridden_allow(action.span, deny.rule.span, names));
            any = true;
        }
    }
    any
}
