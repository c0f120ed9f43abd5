//! Who may do more or less with records: for every entity, action and kind of caller, what the policies of both
//! models leave over is compared.

use std::collections::BTreeSet;

use athyper_expr::print::print;
use athyper_policy::{Condition, Residual};
use athyper_schemas::bundle::{Action, Bundle, Effect, Entity, Policy};

use super::report::{Access, Introduced, RuleAt, Side, Turn, Who};
use super::{Only, Pair, alike, callers};

/// What is left of the policies of one model about an entity for one caller and action.
struct Left<'b> {
    bundle: &'b Bundle,
    residual: Residual<'b>,
    action: Action,
}

impl<'b> Left<'b> {
    fn of(bundle: &'b Bundle, entity: &str, who: &Who, action: Action) -> Self {
        let roles = who.roles();
        let residual = Residual::of(about(bundle, entity), who.caller(&roles), action);
        Self { bundle, residual, action }
    }

    /// For which records it is allowed; of a change, as far as the record before it can tell.
    fn written(&self) -> Condition {
        if self.action == Action::Create { self.residual.new_rows() } else { self.residual.rows() }
    }

    /// The same in its one form.
    fn rows(&self) -> Condition {
        alike::condition(&self.written(), self.bundle)
    }

    /// Whether a rule waits for the record as a change would leave it.
    fn awaits(&self) -> bool {
        let waits = |after: &Condition| *after != Condition::Always;
        self.action == Action::Update && self.residual.rulings().iter().any(|ruling| waits(&ruling.after))
    }

    /// The rules that reach the caller, each in its one form.
    fn forms(&self) -> BTreeSet<String> {
        let form = |condition: &Condition| alike::condition(condition, self.bundle);
        let rulings = self.residual.rulings().iter();
        rulings.map(|r| format!("{:?} {:?} {:?}", r.rule.effect, form(&r.when), form(&r.after))).collect()
    }

    fn side(&self) -> Side {
        let rulings = self.residual.rulings().iter();
        let rules = rulings.map(|ruling| RuleAt {
            policy: ruling.policy.name.clone(),
            id: ruling.rule.id.clone(),
            effect: Some(ruling.rule.effect),
            file: ruling.rule.place.file.clone(),
            line: ruling.rule.place.line,
        });
        let rules: Vec<RuleAt> = match self.rows() {
            Condition::Always if !self.awaits() => {
                rules.filter(|rule| rule.effect == Some(Effect::Allow)).collect()
            }
            _ => rules.collect(),
        };
        let after = if self.awaits() { ", depending on what it becomes" } else { "" };
        Side { when: format!("{}{after}", words(&self.written())), rules }
    }
}

/// A condition for people.
pub(super) fn words(condition: &Condition) -> String {
    match condition {
        Condition::Never => "no record".to_owned(),
        Condition::Always => "every record".to_owned(),
        Condition::When(node) => print(node),
    }
}

/// The policies about an entity.
pub(super) fn about<'b>(bundle: &'b Bundle, entity: &str) -> impl Iterator<Item = &'b Policy> + Clone {
    bundle.policies.iter().filter(move |policy| policy.entity == entity)
}

/// Every difference about records that both models know.
pub(super) fn compare(pair: Pair<'_>, only: &Only) -> Vec<Access> {
    let mut found = Vec::new();
    for entity in pair.new.entities.iter().filter(|entity| only.speaks_of(entity)) {
        let both = pair.old.entity(&entity.name).filter(|old| old.owner.is_none());
        if both.is_none() || entity.owner.is_some() {
            continue;
        }
        for action in Action::ALL {
            found.extend(one(pair, entity, action).into_iter().filter(|access| only.calls(&access.caller)));
        }
    }
    found
}

/// The differences for one action, without those that a caller with fewer roles shows already.
fn one(pair: Pair<'_>, entity: &Entity, action: Action) -> Vec<Access> {
    let policies = about(pair.old, &entity.name).chain(about(pair.new, &entity.name));
    let mut shown: Vec<(Access, BTreeSet<String>)> = Vec::new();
    for who in callers::of(policies) {
        let old = Left::of(pair.old, &entity.name, &who, action);
        let new = Left::of(pair.new, &entity.name, &who, action);
        let (before, now) = (old.forms(), new.forms());
        let changed: BTreeSet<String> = before.symmetric_difference(&now).cloned().collect();
        let Some(turn) = turn(&old, &new).filter(|_| !changed.is_empty()) else { continue };
        if !shown.iter().any(|(access, cause)| is_told(&who, turn, &changed, (access, cause))) {
            let access = Access {
                entity: entity.name.clone(),
                field: None,
                action,
                caller: who,
                turn,
                old: old.side(),
                new: new.side(),
            };
            shown.push((access, changed));
        }
    }
    shown.into_iter().map(|(access, _)| access).collect()
}

/// Whether what was shown of a caller with fewer roles tells of this difference too.
fn is_told(who: &Who, turn: Turn, changed: &BTreeSet<String>, shown: (&Access, &BTreeSet<String>)) -> bool {
    let (access, cause) = shown;
    match (who, &access.caller) {
        (Who::Roles(roles), Who::Roles(fewer)) => {
            fewer.is_subset(roles) && (access.turn == turn || turn == Turn::Unclear)
        }
        (Who::Roles(_) | Who::System, Who::Everybody) => access.turn == turn && changed == cause,
        _ => false,
    }
}

fn turn(old: &Left<'_>, new: &Left<'_>) -> Option<Turn> {
    let (before, now) = (old.rows(), new.rows());
    let waits = old.awaits() || new.awaits();
    if before == now && !waits {
        return None;
    }
    Some(match (before, now) {
        (Condition::Never, Condition::Never) => return None,
        (Condition::Never, Condition::Always) if !waits => Turn::Gains,
        (Condition::Always, Condition::Never) if !waits => Turn::Loses,
        _ => Turn::Unclear,
    })
}

/// Who may do what with the records of entities that the old model does not know.
pub(super) fn introduced(pair: Pair<'_>, only: &Only) -> Vec<Introduced> {
    let mut found = Vec::new();
    let fresh = |entity: &&Entity| entity.owner.is_none() && pair.old.entity(&entity.name).is_none();
    for entity in pair.new.entities.iter().filter(fresh).filter(|entity| only.speaks_of(entity)) {
        for action in Action::ALL {
            let mut everybody = Condition::Never;
            for who in callers::of(about(pair.new, &entity.name)) {
                let when = Left::of(pair.new, &entity.name, &who, action).rows();
                let alone = !matches!(&who, Who::Roles(roles) if roles.len() > 1);
                let told = who != Who::Everybody && who != Who::Anonymous && when == everybody;
                if who == Who::Everybody {
                    everybody = when.clone();
                }
                if alone && !told && when != Condition::Never && only.calls(&who) {
                    let when = words(&when);
                    found.push(Introduced { entity: entity.name.clone(), action, caller: who, when });
                }
            }
        }
    }
    found
}
