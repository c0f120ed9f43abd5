//! Conditions that say the same of every record.

use athyper_schemas::bundle::Effect;
use athyper_schemas::ir::{Expr, Node};

use super::rulings::{Ruling, Way, conjuncts};
use super::truth::{Outcomes, outcomes};
use super::typed::TypedPolicy;
use crate::ast::Condition;
use crate::diag::{Sink, policy_doubts as say};
use crate::model::{Model, Policy};
use crate::source::Span;

/// What outcomes mean where they are asked for: always, never, or neither.
type Reading = fn(Outcomes) -> Option<bool>;

/// Says which conditions are none.
pub(super) fn conditions(model: &Model, policy: &Policy, typed: &TypedPolicy, sink: &mut Sink) {
    let mut judge = |expr: &Option<Expr>, span: Span, reading: Reading| {
        let outcomes = expr.as_ref().and_then(|expr| outcomes(model, &[&expr.root]));
        if let Some(always) = outcomes.and_then(reading) {
            sink.warn(say::constant_condition(span, always));
        }
    };
    for (role, when) in policy.roles.iter().zip(&typed.roles) {
        judge(when, role.when.as_ref().map_or(role.span, Condition::span), of_role);
    }
    for (rule, typed) in policy.rules.iter().zip(&typed.rules) {
        let reading = if rule.effect == Effect::Allow { of_allow } else { of_deny };
        let when = rule.when.as_ref().or(rule.unless.as_ref()).map_or(rule.span, Condition::span);
        judge(&typed.when, when, reading);
        judge(&typed.after, rule.after.as_ref().map_or(rule.span, Condition::span), reading);
    }
    for (rule, when) in policy.fields.iter().zip(&typed.fields) {
        judge(when, rule.when.as_ref().map_or(rule.span, Condition::span), of_allow);
    }
}

/// Says which rules that allow ask of a record what excludes the condition of their derived roles.
pub(super) fn rules(model: &Model, rulings: &[Ruling<'_>], sink: &mut Sink) {
    for ruling in rulings.iter().filter(|ruling| ruling.rule.effect == Effect::Allow) {
        let Some(when) = ruling.typed.when.as_ref().map(conjuncts) else { continue };
        let excluded = |way: &Way<'_>| {
            let of_roles = way.asks.get(..way.asks.len().saturating_sub(when.len())).unwrap_or_default();
            !of_roles.is_empty() && never(model, &way.asks) && !never(model, of_roles)
        };
        if !ruling.ways.is_empty() && ruling.ways.iter().all(excluded) && !never(model, &when) {
            sink.warn(say::roles_excluded(ruling.rule.span, &ruling.rule.id));
        }
    }
}

/// Whether these conditions are never true together.
fn never(model: &Model, asks: &[&Node]) -> bool {
    outcomes(model, asks).is_some_and(|outcomes| !outcomes.holds)
}

/// An allow fires where it is true.
fn of_allow(outcomes: Outcomes) -> Option<bool> {
    let Outcomes { holds, fails, unknown } = outcomes;
    if holds { (!fails && !unknown).then_some(true) } else { Some(false) }
}

/// A deny is escaped where it is false.
fn of_deny(outcomes: Outcomes) -> Option<bool> {
    let Outcomes { holds, fails, unknown } = outcomes;
    if fails { (!holds && !unknown).then_some(false) } else { Some(true) }
}

/// A derived role stands in both.
fn of_role(outcomes: Outcomes) -> Option<bool> {
    if outcomes.unknown || outcomes.holds == outcomes.fails { None } else { Some(outcomes.holds) }
}
