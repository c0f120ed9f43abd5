//! Who sees or may change more or less of single fields, in records that he can read, or write, under both models.

use std::collections::BTreeSet;

use athyper_expr::eval::Program;
use athyper_policy::{Caller, Condition, Guards, fields};
use athyper_schemas::bundle::{Action, Bundle, Entity, Field, FieldGrant, FieldPolicy, Mask, Otherwise};

use super::access::{Judge, Left, about, is_told, words};
use super::report::{Access, RuleAt, Side, Turn, Who};
use super::witness::{self, Asked, Place, Scene};
use super::{Only, Pair, alike, callers};
use crate::policy_test::Bundled;

/// How much of a field is seen; of two masks that show a part, neither shows less than the other.
const NOTHING: u8 = 0;
const REDACTED: u8 = 1;
const PART: u8 = 2;
const WHOLE: u8 = 4;

/// Every difference about fields that both models know.
pub(super) fn compare(pair: Pair<'_>, only: &Only) -> Vec<Access> {
    let mut found = Vec::new();
    for new in pair.new.entities.iter().filter(|entity| only.speaks_of(entity) && entity.owner.is_none()) {
        let Some(old) = pair.old.entity(&new.name).filter(|old| old.owner.is_none()) else { continue };
        for field in new.fields.iter().filter(|field| field.is_visible()) {
            let ruled = |bundle, entity: &Entity| rule(bundle, entity, &field.name).is_some();
            if old.field(&field.name).is_none() || !(ruled(pair.old, old) || ruled(pair.new, new)) {
                continue;
            }
            for action in [Action::Read, Action::Update] {
                if action == Action::Read || field.is_writable() {
                    found.extend(one(pair, (old, new), field, action));
                }
            }
        }
    }
    found.retain(|access| only.calls(&access.caller));
    found
}

fn rule<'b>(bundle: &'b Bundle, entity: &Entity, field: &str) -> Option<(&'b str, &'b FieldPolicy)> {
    let rules = about(bundle, &entity.name);
    let mut rules = rules.flat_map(|policy| policy.fields.iter().map(|rule| (policy.name.as_str(), rule)));
    rules.find(|(_, rule)| rule.field == field)
}

/// The rule of one model about a field, for one caller.
struct Ruled<'b> {
    left: Left<'b>,
    rule: Option<(&'b str, &'b FieldPolicy)>,
    read: Condition,
    otherwise: Otherwise,
    field: &'b str,
    who: Who,
}

/// The same, ready to be asked about single records.
struct Ready<'r, 'b> {
    ruled: &'r Ruled<'b>,
    judge: Judge,
    guards: Guards,
    program: Option<Program>,
}

impl<'b> Ruled<'b> {
    fn of(bundle: &'b Bundle, entity: &'b Entity, who: &Who, (field, action): (&'b Field, Action)) -> Self {
        let left = Left::of(bundle, entity, who, action);
        let roles = who.roles();
        let residual = fields::residual(about(bundle, &entity.name), who.caller(&roles), &field.name);
        let (read, otherwise) =
            residual.map_or((Condition::Always, Otherwise::Hide), |r| (r.read, r.otherwise));
        let otherwise = if field.ty.is_children() { Otherwise::Hide } else { otherwise };
        let rule = rule(bundle, entity, &field.name);
        Self { left, rule, read, otherwise, field: &field.name, who: who.clone() }
    }

    /// Who may change it: as its rule says, otherwise who may see it.
    fn grant(&self, action: Action) -> Option<&'b FieldGrant> {
        let (_, rule) = self.rule?;
        let update = rule.update.as_ref().filter(|_| action == Action::Update);
        update.or(rule.read.as_ref())
    }

    fn asked(&self, action: Action) -> Vec<Asked<'b>> {
        let grant = self.grant(action).into_iter();
        let conditions = grant.flat_map(FieldGrant::conditions);
        self.left.asked().into_iter().chain(conditions.map(|expr| (expr, false))).collect()
    }

    /// What the rule is in its one form.
    fn form(&self, bundle: &Bundle, action: Action) -> String {
        if action == Action::Read {
            let read = alike::condition(&self.read, bundle);
            let seen = if read == Condition::Always { Otherwise::Hide } else { self.otherwise };
            return format!("{read:?} {seen:?}");
        }
        let roles = self.who.roles();
        let caller = self.who.caller(&roles);
        let Some(grant) = self.grant(action) else { return format!("{:?}", Condition::Always) };
        let mine =
            grant.to.iter().filter(|to| caller.has(&to.role)).map(|to| Condition::of(to.when.as_ref()));
        let when = Condition::all([Condition::any(mine), Condition::of(grant.when.as_ref())]);
        format!("{:?}", alike::condition(&when, bundle))
    }

    fn side(&self, decided: Option<&'static str>) -> Side {
        let rule = self.rule.map(|(policy, rule)| RuleAt {
            policy: policy.to_owned(),
            id: rule.field.clone(),
            effect: None,
            file: rule.place.file.clone(),
            line: rule.place.line,
        });
        let when = match self.rule {
            None => "whoever reaches the record".to_owned(),
            Some(_) => format!("{}, otherwise {}", words(&self.read), seen(self.otherwise)),
        };
        Side { when, rules: rule.into_iter().collect(), decided }
    }
}

impl<'r, 'b> Ready<'r, 'b> {
    /// Nothing of what does not fit its model.
    fn of(ruled: &'r Ruled<'b>) -> Option<Self> {
        let bundle = ruled.left.bundle;
        let program = match &ruled.read {
            Condition::When(node) => Some(Program::compile_node(node, &Bundled(bundle)).ok()?),
            _ => None,
        };
        let guards = Guards::compile(about(bundle, &ruled.left.entity.name), &Bundled(bundle)).ok()?;
        Some(Self { ruled, judge: Judge::of(&ruled.left, &ruled.who)?, guards, program })
    }

    /// How much is seen of the field, or whether it may be changed; nothing where the record itself is out of reach.
    fn weight(&self, scene: &Scene, action: Action) -> Option<u8> {
        let now = scene.context(&scene.now, None);
        if action == Action::Update {
            let roles = self.ruled.who.roles();
            let caller = Caller { standing: self.ruled.who.standing(), roles: &roles };
            let begins = self.judge.begins(&now)?;
            return begins
                .then(|| self.guards.may_change(self.ruled.field, caller, &now).ok().map(u8::from))?;
        }
        if !self.judge.allows(scene)? {
            return None;
        }
        let whole = match &self.program {
            Some(program) => program.judge(&now).ok()? == Some(true),
            None => self.ruled.read == Condition::Always,
        };
        Some(match self.ruled.otherwise {
            _ if whole => WHOLE,
            Otherwise::Hide => NOTHING,
            Otherwise::Mask(Mask::Redact) => REDACTED,
            Otherwise::Mask(_) => PART,
        })
    }

    /// What is decided about a witness.
    fn decided(&self, scene: &Scene, action: Action) -> &'static str {
        match self.weight(scene, action) {
            Some(1) if action == Action::Update => "allowed",
            _ if action == Action::Update => "denied",
            Some(WHOLE) => "shown",
            _ => seen(self.ruled.otherwise),
        }
    }
}

const fn seen(otherwise: Otherwise) -> &'static str {
    match otherwise {
        Otherwise::Hide => "hidden",
        Otherwise::Mask(Mask::Redact) => "masked (redact)",
        Otherwise::Mask(Mask::Last4) => "masked (last4)",
        Otherwise::Mask(Mask::Hash) => "masked (hash)",
        Otherwise::Mask(Mask::Range) => "masked (range)",
        Otherwise::Mask(Mask::Initials) => "masked (initials)",
    }
}

fn one(pair: Pair<'_>, entities: (&Entity, &Entity), field: &Field, action: Action) -> Vec<Access> {
    let (before, now) = entities;
    let policies = about(pair.old, &before.name).chain(about(pair.new, &now.name));
    let mut shown: Vec<(Access, BTreeSet<String>)> = Vec::new();
    for who in callers::of(policies) {
        let old = Ruled::of(pair.old, before, &who, (field, action));
        let new = Ruled::of(pair.new, now, &who, (field, action));
        let forms = [old.form(pair.old, action), new.form(pair.new, action)];
        let unreachable = [&old, &new].into_iter().any(|side| side.left.rows() == Condition::Never);
        if forms[0] == forms[1] || unreachable {
            continue;
        }
        let cause = BTreeSet::from(forms);
        for access in turns((&old, &new), &who, action) {
            if !shown.iter().any(|(other, known)| is_told(&who, access.turn, &cause, (other, known))) {
                shown.push((access, cause.clone()));
            }
        }
    }
    shown.into_iter().map(|(access, _)| access).collect()
}

fn turns((old, new): (&Ruled<'_>, &Ruled<'_>), who: &Who, action: Action) -> Vec<Access> {
    let place = Place {
        pair: Pair { old: old.left.bundle, new: new.left.bundle },
        old: old.left.entity,
        new: new.left.entity,
        who,
        action,
        wanted: (true, true),
    };
    let unclear = |tries| {
        let sides = (old.side(None), new.side(None));
        vec![about_field(new, (who, action), Turn::Unclear, sides, (None, tries))]
    };
    let (Some(was), Some(is)) = (Ready::of(old), Ready::of(new)) else { return unclear(0) };
    let weigh = |before: &Scene, now: &Scene| {
        let (shown, shows) = (was.weight(before, action)?, is.weight(now, action)?);
        // Another mask shows another part.
        let other = shown == PART && shows == PART && old.otherwise != new.otherwise;
        Some((shown, shows + u8::from(other)))
    };
    let found = witness::search(&place, &old.asked(action), &new.asked(action), &weigh);
    let mut out = Vec::new();
    for (turn, witness) in [(Turn::Gains, found.more), (Turn::Loses, found.less)] {
        let Some((witness, before, now)) = witness else { continue };
        let decided = (was.decided(&before, action), is.decided(&now, action));
        let sides = (old.side(Some(decided.0)), new.side(Some(decided.1)));
        out.push(about_field(new, (who, action), turn, sides, (Some(witness), found.tries)));
    }
    if out.is_empty() { unclear(found.tries) } else { out }
}

fn about_field(
    ruled: &Ruled<'_>,
    (who, action): (&Who, Action),
    turn: Turn,
    (old, new): (Side, Side),
    (witness, tries): (Option<witness::Witness>, u32),
) -> Access {
    Access {
        entity: ruled.left.entity.name.clone(),
        field: Some(ruled.field.to_owned()),
        action,
        caller: who.clone(),
        turn,
        old,
        new,
        witness,
        tries,
    }
}
