//! The rules about one entity together, whichever policy they stand in, and what one says of another.

use athyper_schemas::bundle::{ANONYMOUS, Action, EVERYBODY, Effect};
use athyper_schemas::ir::{Expr, Node, Op};

use super::truth::{Truth, implies};
use super::typed::{TypedPolicy, TypedRule};
use crate::model::policy::{Reach, Rule};
use crate::model::{EntityRef, Model, Policy};

/// A rule with its conditions.
#[derive(Clone)]
pub(super) struct Ruling<'m> {
    /// The rule.
    pub rule: &'m Rule,
    /// Its conditions.
    pub typed: &'m TypedRule,
    /// The ways by which it reaches callers.
    pub ways: Vec<Way<'m>>,
}

/// A way by which a rule reaches callers, with everything that it asks of the record as it is.
#[derive(Clone)]
pub(super) struct Way<'m> {
    /// The role of the token.
    pub role: &'m str,
    /// The conditions, taken apart: all of them must hold.
    pub asks: Vec<&'m Node>,
}

/// Every rule about an entity.
pub(super) fn of<'m>(
    model: &'m Model,
    policies: &'m [TypedPolicy],
    entity: EntityRef<'m>,
) -> Vec<Ruling<'m>> {
    let about =
        model.policies.about(entity.id()).filter_map(|(place, policy)| Some((policy, policies.get(place)?)));
    about.flat_map(|(policy, typed)| of_policy(policy, typed)).collect()
}

fn of_policy<'m>(policy: &'m Policy, typed: &'m TypedPolicy) -> impl Iterator<Item = Ruling<'m>> {
    policy.rules.iter().zip(&typed.rules).map(move |(rule, conditions)| {
        let way = |reach: Reach<'m>| Way {
            role: reach.role,
            asks: reach
                .through
                .iter()
                .filter_map(|at| typed.roles.get(*at)?.as_ref())
                .chain(&conditions.when)
                .flat_map(conjuncts)
                .collect(),
        };
        let ways = policy.reaches(&rule.to).into_iter().map(way).collect();
        Ruling { rule, typed: conditions, ways }
    })
}

/// The parts of a condition that must all hold.
pub(super) fn conjuncts(condition: &Expr) -> Vec<&Node> {
    let mut out = Vec::new();
    let mut open = vec![&condition.root];
    while let Some(node) = open.pop() {
        match node {
            Node::Call(call) if call.op == Op::And => open.extend(call.args.iter().rev()),
            other => out.push(other),
        }
    }
    out
}

impl<'m> Ruling<'m> {
    /// What it asks of a record as it would become, taken apart.
    pub fn after(&self, action: Action) -> Vec<&'m Node> {
        let after = self.typed.after.as_ref().filter(|_| action.has_new_image());
        after.map(conjuncts).unwrap_or_default()
    }

    /// Whether it has this effect on this action.
    pub fn does(&self, effect: Effect, action: Action) -> bool {
        self.rule.effect == effect && self.rule.is_about(action)
    }

    /// Whether it counts where it comes to this: an allow fires when it is true, a deny is escaped when it is false.
    fn counts(&self) -> fn(Truth) -> bool {
        match self.rule.effect {
            Effect::Allow => |truth| truth == Some(true),
            Effect::Deny => |truth| truth != Some(false),
        }
    }

    /// Whether it reaches everybody whom `way` of `other` reaches, for every record that `other` is about.
    /// Without a model only conditions that are written alike are taken for the same.
    pub fn covers(
        &self,
        model: Option<&Model>,
        (other, way): (&Ruling<'m>, &Way<'m>),
        action: Action,
    ) -> bool {
        let follows = |mine: &[&Node], theirs: &[&Node]| {
            let implied = |model| implies(model, (theirs, other.counts()), (mine, self.counts()));
            mine.iter().all(|asked| theirs.contains(asked)) || model.is_some_and(implied)
        };
        self.rule.is_about(action)
            && self.ways.iter().any(|mine| reaches(mine.role, way.role) && follows(&mine.asks, &way.asks))
            && follows(&self.after(action), &other.after(action))
    }

    /// Whether a condition of this way, or `after`, looks at something.
    pub fn looks_at(&self, way: &Way<'_>, what: impl Fn(&Node) -> bool) -> bool {
        let mut found = false;
        let after = self.typed.after.iter().map(|after| &after.root);
        for node in way.asks.iter().copied().chain(after) {
            node.each(&mut |node| found |= what(node));
        }
        found
    }
}

/// Whether a rule for one role speaks to all who have the other.
pub(super) fn reaches(role: &str, other: &str) -> bool {
    role == other || (role == EVERYBODY && other != ANONYMOUS)
}

/// The field of the record itself that a node reads, if it is such a read.
pub(super) fn own_field(node: &Node) -> Option<&str> {
    match node {
        Node::Field(access) if access.of == Node::This => Some(&access.name),
        _ => None,
    }
}
