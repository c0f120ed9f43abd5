//! Records whose presence tells what a rule about a field keeps back.

use std::collections::BTreeSet;

use athyper_schemas::bundle::{Action, Effect, Otherwise, SYSTEM};
use athyper_schemas::ir::{Call, FieldAccess, Literal, Node, Op};

use super::rulings::{Ruling, Way, conjuncts, reaches};
use super::truth::implies;
use super::typed::TypedPolicy;
use crate::ast::Condition;
use crate::diag::{Sink, policy_doubts as say};
use crate::model::policy::FieldRule;
use crate::model::{EntityRef, FieldRef, Model, Policy};

/// Says which rules about reading ask for a field that not all whom they reach may see.
pub(super) fn tells(
    (model, policies): (&Model, &[TypedPolicy]),
    entity: EntityRef<'_>,
    rulings: &[Ruling<'_>],
    sink: &mut Sink,
) {
    let reading: Vec<&Ruling<'_>> =
        rulings.iter().filter(|ruling| ruling.rule.is_about(Action::Read)).collect();
    let allows = || reading.iter().filter(|ruling| ruling.rule.effect == Effect::Allow);
    let allowed = || allows().flat_map(|ruling| &ruling.ways);
    let sees_all = |way: &Way<'_>| allowed().any(|free| free.asks.is_empty() && reaches(free.role, way.role));
    for ruling in &reading {
        let denies = ruling.rule.effect == Effect::Deny;
        // Each way with the one by which its callers read.
        let ways = ruling.ways.iter().flat_map(|way| {
            let read = allowed().filter(move |read| denies && reaches(way.role, read.role));
            read.chain((!denies && !sees_all(way)).then_some(way)).map(move |read| (way, read))
        });
        let mut told = BTreeSet::new();
        for (way, read) in ways.filter(|(_, read)| read.role != SYSTEM) {
            for access in way.asks.iter().flat_map(|node| asked_for(node)) {
                let field = model.entity_named(&access.0.entity).and_then(|e| e.field_named(&access.0.name));
                let Some(kept) = field.and_then(|field| Kept::of((model, policies), field)) else { continue };
                let is_own = access.0.of == Node::This && kept.field.entity().id() == entity.id();
                if access.1 && kept.shows_nulls() || kept.is_seen(model, read, is_own) {
                    continue;
                }
                let name = format!("{}.{}", kept.field.entity().name().short, kept.field.name());
                if told.insert(name.clone()) {
                    let span = ruling.rule.when.as_ref().or(ruling.rule.unless.as_ref());
                    let span = span.map_or(ruling.rule.span, Condition::span);
                    let names = [ruling.rule.id.as_str(), &name, read.role];
                    sink.warn(say::shown_by_presence(span, kept.rule.span, names));
                }
            }
        }
    }
}

/// A field with a rule about who sees it.
struct Kept<'m> {
    field: FieldRef<'m>,
    policy: &'m Policy,
    typed: &'m TypedPolicy,
    rule: &'m FieldRule,
    place: usize,
}

impl<'m> Kept<'m> {
    fn of((model, policies): (&'m Model, &'m [TypedPolicy]), field: FieldRef<'m>) -> Option<Self> {
        model.policies.about(field.entity().id()).find_map(|(at, policy)| {
            let mut rules = policy.fields.iter().enumerate();
            let (place, rule) = rules.find(|(_, rule)| rule.field == field.id() && rule.read.is_some())?;
            Some(Self { field, policy, typed: policies.get(at)?, rule, place })
        })
    }

    /// Whether whoever sees a mask sees which records have no value.
    fn shows_nulls(&self) -> bool {
        self.rule.otherwise.as_ref().is_some_and(|otherwise| matches!(otherwise.value, Otherwise::Mask(_)))
    }

    /// Whether the field is seen in every record that is read this way. Of other records than the one that is read
    /// we do not know which it is.
    fn is_seen(&self, model: &Model, way: &Way<'_>, is_own: bool) -> bool {
        let read = self.rule.read.as_deref().unwrap_or_default();
        self.policy.reaches(read).iter().any(|reach| {
            let roles = reach.through.iter().filter_map(|at| self.typed.roles.get(*at)?.as_ref());
            let when = self.typed.fields.get(self.place).and_then(Option::as_ref);
            let asks: Vec<&Node> = roles.chain(when).flat_map(conjuncts).collect();
            let holds = |truth| truth == Some(true);
            let is_met = || asks.iter().all(|asked| way.asks.contains(asked));
            reaches(reach.role, way.role)
                && (!is_own || is_met() || implies(model, (&way.asks, holds), (&asks, holds)))
        })
    }
}

/// The fields on which a condition depends, and whether it asks only whether there is a value. What equals something
/// of the caller tells him nothing new.
fn asked_for(condition: &Node) -> Vec<(&FieldAccess, bool)> {
    let mut out = Vec::new();
    let mut open = vec![condition];
    while let Some(node) = open.pop() {
        match node {
            Node::Call(call) if matches!(call.op, Op::And | Op::Or | Op::Not) => open.extend(&call.args),
            Node::If(choice) => open.extend([&choice.condition, &choice.then, &choice.otherwise]),
            Node::Call(Call { op: Op::Eq | Op::Ne | Op::In, args }) if is_the_callers(args) => {}
            leaf => {
                let asks_null = asks_null(leaf);
                leaf.each(&mut |node| {
                    if let Node::Field(access) = node {
                        out.push((&**access, asks_null));
                    }
                });
            }
        }
    }
    out
}

/// Whether a field is compared with what is known of the caller alone.
fn is_the_callers(args: &[Node]) -> bool {
    let [a, b] = args else { return false };
    let of_caller = |node: &Node| {
        let (mut user, mut record) = (false, false);
        node.each(&mut |node| {
            user |= matches!(node, Node::User(_));
            record |= matches!(node, Node::This | Node::Old | Node::Bound(_));
        });
        user && !record
    };
    let is_field = |node: &Node| matches!(node, Node::Field(_));
    (is_field(a) && of_caller(b)) || (is_field(b) && of_caller(a))
}

fn asks_null(node: &Node) -> bool {
    let Node::Call(Call { op, args }) = node else { return false };
    let null = |node: &Node| *node == Node::Literal(Literal::Null);
    *op == Op::Has || (matches!(op, Op::Eq | Op::Ne) && args.iter().any(null))
}
