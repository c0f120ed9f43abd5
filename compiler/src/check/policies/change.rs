//! Rules that guard a record by what it says, and let the same caller change what it says.

use std::collections::BTreeSet;

use athyper_schemas::bundle::{Action, Effect};
use athyper_schemas::ir::{Node, Op};

use super::rulings::{Ruling, Way, own_field, reaches};
use crate::diag::{Sink, policy_doubts as say};
use crate::model::{EntityRef, FieldRef, Model, Origin};

/// Says which updates are guarded only before the change.
pub(super) fn guards(model: &Model, entity: EntityRef<'_>, rulings: &[Ruling<'_>], sink: &mut Sink) {
    for ruling in rulings.iter().filter(|ruling| ruling.does(Effect::Allow, Action::Update)) {
        let mut told = BTreeSet::new();
        for way in &ruling.ways {
            for name in scope_fields(way) {
                let field = entity.field_named(name);
                let open = field.filter(|field| can_change(model, *field, way));
                let guarded = looks_after(ruling, name) || denied(rulings, way, name);
                if open.is_some() && !guarded && told.insert(name) {
                    let names = [ruling.rule.id.as_str(), name, way.role];
                    sink.warn(say::guard_before_change(span(ruling), names));
                }
            }
        }
    }
}

fn span(ruling: &Ruling<'_>) -> crate::source::Span {
    ruling.rule.when.as_ref().map_or(ruling.rule.span, crate::ast::Condition::span)
}

/// The fields of the record that are compared with the caller: they say whose the record is.
fn scope_fields<'m>(way: &Way<'m>) -> BTreeSet<&'m str> {
    let mut out = BTreeSet::new();
    let mut open: Vec<&Node> = way.asks.clone();
    while let Some(node) = open.pop() {
        match node {
            Node::Call(call) if matches!(call.op, Op::And | Op::Or | Op::Not) => open.extend(&call.args),
            leaf => {
                let (mut user, mut own) = (false, Vec::new());
                leaf.each(&mut |node| {
                    user |= matches!(node, Node::User(_));
                    own.extend(own_field(node));
                });
                if user {
                    out.extend(own);
                }
            }
        }
    }
    out
}

/// Whether a caller of this way may change the field.
fn can_change(model: &Model, field: FieldRef<'_>, way: &Way<'_>) -> bool {
    let get = field.get();
    let entity = field.entity();
    let numbered = entity.get().number.as_ref().is_some_and(|number| number.field == field.id());
    let kept = matches!(get.origin, Origin::System(_)) || get.computed.is_some() || get.copy.is_some();
    if kept || numbered {
        return false;
    }
    let policies = model.policies.about(entity.id());
    let mut rules = policies.flat_map(|(_, policy)| policy.fields.iter().map(move |rule| (policy, rule)));
    let rule = rules.find(|(_, rule)| rule.field == field.id());
    let granted =
        rule.and_then(|(policy, rule)| Some((policy, rule.update.as_ref().or(rule.read.as_ref())?)));
    granted.is_none_or(|(policy, to)| policy.reaches(to).iter().any(|reach| reaches(reach.role, way.role)))
}

fn looks_after(ruling: &Ruling<'_>, name: &str) -> bool {
    let mut found = false;
    if let Some(after) = &ruling.typed.after {
        after.root.each(&mut |node| found |= own_field(node) == Some(name));
    }
    found
}

/// Whether a rule that denies looks at the field after the change.
fn denied(rulings: &[Ruling<'_>], way: &Way<'_>, name: &str) -> bool {
    let denies = rulings.iter().filter(|ruling| ruling.does(Effect::Deny, Action::Update));
    let reaching = |deny: &&Ruling<'_>| deny.ways.iter().any(|other| reaches(other.role, way.role));
    denies.filter(reaching).any(|deny| looks_after(deny, name))
}
