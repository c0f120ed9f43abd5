//! Who may do more or less with records: for every entity, action and kind of caller, what the policies of both
//! models leave over is compared.

use std::collections::BTreeSet;

use athyper_expr::eval::Context;
use athyper_expr::print::print;
use athyper_policy::{Caller, Condition, Images, Residual, Rules, Ruling, Standing, Verdict};
use athyper_schemas::bundle::{Action, Bundle, Effect, Entity, Policy};
use smol_str::SmolStr;

use super::report::{Access, GONE, Introduced, RuleAt, Side, Turn, Who};
use super::witness::{self, Asked, Place, Scene};
use super::{Only, Pair, alike, callers};
use crate::policy_test::Bundled;

/// What is left of the policies of one model about an entity for one caller and action.
pub(super) struct Left<'b> {
    pub bundle: &'b Bundle,
    pub entity: &'b Entity,
    residual: Residual<'b>,
    action: Action,
}

impl<'b> Left<'b> {
    pub(super) fn of(bundle: &'b Bundle, entity: &'b Entity, who: &Who, action: Action) -> Self {
        let roles = who.roles();
        let residual = Residual::of(about(bundle, &entity.name), who.caller(&roles), action);
        Self { bundle, entity, residual, action }
    }

    /// The conditions that take part in a decision; those behind the change with `true`.
    pub(super) fn asked(&self) -> Vec<Asked<'b>> {
        let of = |ruling: &Ruling<'b>| {
            let to = ruling.rule.to.iter().filter_map(|grantee| grantee.when.as_ref());
            let now = to.chain(&ruling.rule.when).map(|expr| (expr, false));
            let after = ruling.rule.after.as_ref().filter(|_| self.action.has_new_image());
            now.chain(after.map(|expr| (expr, self.action == Action::Update))).collect::<Vec<_>>()
        };
        self.residual.rulings().iter().flat_map(of).collect()
    }

    /// For which records it is allowed; of a change, as far as the record before it can tell.
    fn written(&self) -> Condition {
        if self.action == Action::Create { self.residual.new_rows() } else { self.residual.rows() }
    }

    /// The same in its one form.
    pub(super) fn rows(&self) -> Condition {
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
        Side { when: format!("{}{after}", words(&self.written())), rules, decided: None }
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
        let old = pair.old.entity(&entity.name).filter(|old| old.owner.is_none());
        let Some(old) = old.filter(|_| entity.owner.is_none()) else { continue };
        for action in Action::ALL {
            found.extend(
                one(pair, (old, entity), action).into_iter().filter(|access| only.calls(&access.caller)),
            );
        }
    }
    found
}

/// The differences for one action, without those that a caller with fewer roles shows already.
fn one(pair: Pair<'_>, (before, now): (&Entity, &Entity), action: Action) -> Vec<Access> {
    let policies = about(pair.old, &before.name).chain(about(pair.new, &now.name));
    let mut shown: Vec<(Access, BTreeSet<String>)> = Vec::new();
    for who in callers::of(policies) {
        let old = Left::of(pair.old, before, &who, action);
        let new = Left::of(pair.new, now, &who, action);
        let changed: BTreeSet<String> = old.forms().symmetric_difference(&new.forms()).cloned().collect();
        if changed.is_empty() || is_alike(&old, &new) {
            continue;
        }
        for access in turns(&old, &new, &who) {
            if !shown.iter().any(|(other, cause)| is_told(&who, access.turn, &changed, (other, cause))) {
                shown.push((access, changed.clone()));
            }
        }
    }
    shown.into_iter().map(|(access, _)| access).collect()
}

/// Whether what was shown of a caller with fewer roles tells of this difference too.
pub(super) fn is_told(
    who: &Who,
    turn: Turn,
    changed: &BTreeSet<String>,
    shown: (&Access, &BTreeSet<String>),
) -> bool {
    let (access, cause) = shown;
    match (who, &access.caller) {
        (Who::Roles(roles), Who::Roles(fewer)) if roles != fewer => {
            fewer.is_subset(roles) && (access.turn == turn || turn == Turn::Unclear)
        }
        (Who::Roles(_) | Who::System, Who::Everybody) => access.turn == turn && changed == cause,
        _ => false,
    }
}

/// Whether both leave the same records, whatever the rules are.
fn is_alike(old: &Left<'_>, new: &Left<'_>) -> bool {
    let (before, now) = (old.rows(), new.rows());
    let nothing = before == Condition::Never && now == Condition::Never;
    nothing || (before == now && !old.awaits() && !new.awaits())
}

/// In which directions the access turns: one that every record shows, or those that a witness shows.
fn turns(old: &Left<'_>, new: &Left<'_>, who: &Who) -> Vec<Access> {
    let waits = old.awaits() || new.awaits();
    let plain = |turn, tries| Access {
        entity: new.entity.name.clone(),
        field: None,
        action: new.action,
        caller: who.clone(),
        turn,
        old: old.side(),
        new: new.side(),
        witness: None,
        tries,
    };
    let (before, now) = (old.rows(), new.rows());
    let wanted = (
        waits || (before != Condition::Always && now != Condition::Never),
        waits || (before != Condition::Never && now != Condition::Always),
    );
    let place = Place {
        wanted,
        pair: Pair { old: old.bundle, new: new.bundle },
        old: old.entity,
        new: new.entity,
        who,
        action: new.action,
    };
    let (Some(judge), Some(judged)) = (Judge::of(old, who), Judge::of(new, who)) else {
        return vec![plain(Turn::Unclear, 0)];
    };
    let weigh =
        |before: &Scene, now: &Scene| Some((judge.allows(before)?.into(), judged.allows(now)?.into()));
    let whole = match (&before, &now) {
        (Condition::Never, Condition::Always) if !waits => Some(Turn::Gains),
        (Condition::Always, Condition::Never) if !waits => Some(Turn::Loses),
        _ => None,
    };
    if let Some(turn) = whole {
        // Every record shows it: the plainest does.
        let found = witness::search(&place, &[], &[], &weigh);
        let witness = found.more.or(found.less).map(|(witness, ..)| witness);
        return vec![Access { witness, ..plain(turn, 0) }];
    }
    let found = witness::search(&place, &old.asked(), &new.asked(), &weigh);
    let shown = [(Turn::Gains, found.more), (Turn::Loses, found.less)];
    let shown = shown.into_iter().filter_map(|(turn, witness)| Some((turn, witness?)));
    let turned: Vec<Access> = shown
        .map(|(turn, (witness, before, now))| Access {
            old: judge.side(old, &before),
            new: judged.side(new, &now),
            witness: Some(witness),
            ..plain(turn, found.tries)
        })
        .collect();
    if turned.is_empty() { vec![plain(Turn::Unclear, found.tries)] } else { turned }
}

/// The policies of one model, ready to decide about single records.
pub(super) struct Judge {
    rules: Rules,
    roles: BTreeSet<SmolStr>,
    standing: Standing,
    action: Action,
}

impl Judge {
    pub(super) fn of(left: &Left<'_>, who: &Who) -> Option<Self> {
        let rules = Rules::compile(about(left.bundle, &left.entity.name), &Bundled(left.bundle)).ok()?;
        Some(Self { rules, roles: who.roles(), standing: who.standing(), action: left.action })
    }

    fn verdict(&self, scene: &Scene) -> Option<Verdict<'_>> {
        let now = scene.context(&scene.now, None);
        let before = (self.action == Action::Update).then_some(scene.now.as_slice());
        let image = if before.is_some() { &scene.after } else { &scene.now };
        let after = scene.context(image, before);
        let after = self.action.has_new_image().then_some(&after);
        let caller = Caller { standing: self.standing, roles: &self.roles };
        self.rules.decide(self.action, caller, Images { now: &now, after }).ok()
    }

    pub(super) fn allows(&self, scene: &Scene) -> Option<bool> {
        Some(self.verdict(scene)?.allowed)
    }

    /// Whether a write may begin: a change, or making such a record.
    pub(super) fn begins(&self, now: &Context<'_>) -> Option<bool> {
        let caller = Caller { standing: self.standing, roles: &self.roles };
        let images = Images { now, after: Some(now) };
        let changes = self.rules.may_begin(Action::Update, caller, now).ok()?;
        Some(changes || self.rules.allow(Action::Create, caller, images).ok()?)
    }

    /// What was decided about a witness, and by which rules.
    fn side(&self, left: &Left<'_>, scene: &Scene) -> Side {
        let Some(verdict) = self.verdict(scene) else { return left.side() };
        let deciding: Vec<_> = verdict.deciding().copied().collect();
        // Where nothing decided, the rules that could have allowed it are told; a deny that was escaped is no reason.
        let could = || verdict.judged.iter().filter(|judged| judged.rule.effect == Effect::Allow).copied();
        let rules = if deciding.is_empty() { could().collect() } else { deciding };
        let rules = rules.into_iter().map(|judged| RuleAt {
            policy: judged.policy.to_owned(),
            id: judged.rule.id.clone(),
            effect: Some(judged.rule.effect),
            file: judged.rule.place.file.clone(),
            line: judged.rule.place.line,
        });
        let decided = if verdict.allowed { "allowed" } else { "denied" };
        Side { rules: rules.collect(), decided: Some(decided), ..left.side() }
    }
}

/// Who may do what with the records of entities that the old model does not know.
pub(super) fn introduced(pair: Pair<'_>, only: &Only) -> Vec<Introduced> {
    let open = |(who, left): (Who, Left<'_>)| Introduced {
        entity: left.entity.name.clone(),
        action: left.action,
        caller: who,
        when: words(&left.rows()),
    };
    only_in(pair.new, pair.old, only).into_iter().map(open).collect()
}

/// What is lost with the entities that the new model does not know.
pub(super) fn removed(pair: Pair<'_>, only: &Only) -> Vec<Access> {
    let lost = |(who, left): (Who, Left<'_>)| Access {
        entity: left.entity.name.clone(),
        field: None,
        action: left.action,
        caller: who,
        turn: Turn::Loses,
        old: left.side(),
        new: Side { when: GONE.to_owned(), ..Side::default() },
        witness: None,
        tries: 0,
    };
    only_in(pair.old, pair.new, only).into_iter().map(lost).collect()
}

/// Who reaches the records of entities that the other model does not know, without what everybody may as well.
fn only_in<'b>(bundle: &'b Bundle, other: &Bundle, only: &Only) -> Vec<(Who, Left<'b>)> {
    let mut found = Vec::new();
    let alone = |entity: &&Entity| entity.owner.is_none() && other.entity(&entity.name).is_none();
    for entity in bundle.entities.iter().filter(alone).filter(|entity| only.speaks_of(entity)) {
        for action in Action::ALL {
            let mut everybody = Condition::Never;
            for who in callers::of(about(bundle, &entity.name)) {
                let left = Left::of(bundle, entity, &who, action);
                let when = left.rows();
                let alone = !matches!(&who, Who::Roles(roles) if roles.len() > 1);
                let told = who != Who::Everybody && who != Who::Anonymous && when == everybody;
                if who == Who::Everybody {
                    everybody = when.clone();
                }
                if alone && !told && when != Condition::Never && only.calls(&who) {
                    found.push((who, left));
                }
            }
        }
    }
    found
}
