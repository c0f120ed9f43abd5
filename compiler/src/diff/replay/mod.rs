//! Witnesses as statements and questions to a database: their rows in the tables of each model, and what its policies
//! decide about them there. Makes text and values; `cli/diff` asks.

use std::collections::BTreeMap;

use athyper_expr::Value;
use athyper_policy::{Caller, Condition, Residual, fields};
use athyper_schemas::bundle::{Action, Bundle, Effect, Entity};
use athyper_schemas::dialect::Dialect;
use uuid::Uuid;

use self::asked::{Asking, Image};
use self::staged::Staged;
use super::access::about;
use super::report::{Access, Difference, Side, Turn};
use super::{Pair, rename, witness};
use crate::emit::sql::row_level_security;
use crate::policy_test::Judge;
use crate::policy_test::sql::{Statement, Unclaimed};

mod asked;
mod held;
mod staged;

pub use asked::Term;
pub use held::{Held, Try};

/// Every witness of a difference in the tables of one of the models.
#[derive(Debug)]
pub struct Replay {
    /// The model, in the names of the new one.
    pub bundle: Bundle,
    /// Each witness.
    pub plays: Vec<Play>,
}

/// One witness in one model.
#[derive(Debug)]
pub struct Play {
    /// Its place among [`Difference::access`].
    pub access: usize,
    /// Stores the record as it is; of a create the one that would be new.
    pub before: Vec<Statement>,
    /// Puts the record as a change would leave it in its place.
    pub after: Vec<Statement>,
    /// What is asked before the change.
    pub asked_before: Vec<Statement>,
    /// What is asked after it.
    pub asked_after: Vec<Statement>,
    /// How the answers decide.
    rulings: Vec<Ruling>,
    /// What the report says.
    pub expected: bool,
    /// The same under row level security, where that can say it.
    pub held: Option<Held>,
}

/// A rule in terms of answers.
#[derive(Debug)]
struct Ruling {
    effect: Effect,
    /// What must be true for an allow, and what must not all be false for a deny to be escaped.
    terms: [Term; 2],
}

impl Play {
    /// The record it is about.
    pub const RECORD: Uuid = witness::RECORD;

    /// What the answers decide: of each question whether it gave the record, before the change and after it.
    #[must_use]
    pub fn decides(&self, before: &[bool], after: &[bool]) -> bool {
        let holds = |term: &Term| match term {
            Term::Known(truth) => *truth,
            Term::Before(at) => before.get(*at).copied().unwrap_or(false),
            Term::After(at) => after.get(*at).copied().unwrap_or(false),
        };
        let allowed = |ruling: &Ruling| ruling.effect == Effect::Allow && ruling.terms.iter().all(holds);
        let escaped = |ruling: &Ruling| ruling.effect == Effect::Allow || ruling.terms.iter().any(holds);
        self.rulings.iter().any(allowed) && self.rulings.iter().all(escaped)
    }
}

/// The witnesses of a difference in both models, the old one first.
///
/// # Errors
/// When a condition cannot be judged.
pub fn replay(pair: Pair<'_>, difference: &Difference, dialect: Dialect) -> Result<[Replay; 2], Unclaimed> {
    let old = rename::Names::of(pair.old, pair.new).applied(pair.old);
    let plays = |bundle: &Bundle, is_old: bool| {
        let judge = Judge::new(bundle)?;
        let unsaid: Vec<String> = match dialect {
            Dialect::Postgres => {
                row_level_security(bundle).unsaid.into_iter().map(|one| one.policy).collect()
            }
            Dialect::Sqlite => Vec::new(),
        };
        let stage =
            |(at, access)| Stage { bundle, judge: &judge, unsaid: &unsaid, access, at, is_old, dialect };
        let each = difference.access.iter().enumerate().map(|one| stage(one).play());
        each.filter_map(Result::transpose).collect::<Result<Vec<_>, Unclaimed>>()
    };
    let (before, now) = (plays(&old, true)?, plays(pair.new, false)?);
    Ok([Replay { bundle: old, plays: before }, Replay { bundle: pair.new.clone(), plays: now }])
}

/// One access, about to be put into the tables of one model.
struct Stage<'a> {
    bundle: &'a Bundle,
    judge: &'a Judge<'a>,
    /// Policies of which PostgreSQL cannot judge something by itself.
    unsaid: &'a [String],
    access: &'a Access,
    at: usize,
    is_old: bool,
    dialect: Dialect,
}

impl Stage<'_> {
    /// Nothing where there is no witness.
    fn play(&self) -> Result<Option<Play>, Unclaimed> {
        let Self { bundle, access, .. } = *self;
        let (Some(witness), Some(entity)) = (&access.witness, bundle.entity(&access.entity)) else {
            return Ok(None);
        };
        let (rows, changed) = if self.is_old {
            (&witness.old_rows, &witness.old_changed)
        } else {
            (&witness.new_rows, &witness.new_changed)
        };
        let stage = |rows| Staged::of(bundle, &access.caller, &witness.attributes, rows);
        let before = stage(rows);
        let after = if changed.is_empty() { None } else { Some(stage(changed)) };
        let (asked, rulings) = self.asked(entity, (&before, after.as_ref()))?;
        let held = match self.dialect {
            Dialect::Postgres => held::held(self, entity, (&before, after.as_ref()))?,
            Dialect::Sqlite => None,
        };
        let Asking { before: asked_before, after: asked_after, .. } = asked;
        Ok(Some(Play {
            access: self.at,
            before: before.inserts(bundle, self.dialect),
            after: after
                .filter(|_| !asked_after.is_empty())
                .map(|after| after.replaces(&before, bundle, self.dialect))
                .unwrap_or_default(),
            asked_before,
            asked_after,
            rulings,
            expected: self.expected(),
            held,
        }))
    }

    /// What the report says of this model.
    fn expected(&self) -> bool {
        let side: &Side = if self.is_old { &self.access.old } else { &self.access.new };
        match side.decided {
            Some(decided) => matches!(decided, "allowed" | "shown"),
            None => (self.access.turn == Turn::Gains) != self.is_old,
        }
    }

    fn residual<'b>(&'b self, caller: Caller<'_>, action: Action) -> Residual<'b> {
        Residual::of(about(self.bundle, &self.access.entity), caller, action)
    }

    fn asked<'s>(
        &'s self,
        entity: &'s Entity,
        (before, after): (&'s Staged, Option<&'s Staged>),
    ) -> Result<(Asking<'s>, Vec<Ruling>), Unclaimed> {
        let mut asking = Asking::new((self.bundle, self.dialect), entity, (before, after));
        let roles = self.access.caller.roles();
        let caller = self.access.caller.caller(&roles);
        let action = self.access.action;
        if let (None, Action::Update) = (&self.access.field, action) {
            let residual = self.residual(caller, action);
            let mut rulings = Vec::new();
            for ruling in residual.rulings() {
                let effect = ruling.rule.effect;
                let of = |condition: &Condition| match effect {
                    Effect::Allow => condition.clone(),
                    Effect::Deny => condition.clone().negated(),
                };
                let terms = [
                    asking.term(&of(&ruling.when), Image::Before)?,
                    asking.term(&of(&ruling.after), Image::After)?,
                ];
                rulings.push(Ruling { effect, terms });
            }
            return Ok((asking, rulings));
        }
        let rows = match (&self.access.field, action) {
            (None, Action::Create) => self.residual(caller, action).new_rows(),
            (None, _) | (Some(_), Action::Read) => self.residual(caller, action).rows(),
            (Some(_), _) => {
                let created = self.residual(caller, Action::Create).new_rows();
                Condition::any([self.residual(caller, Action::Update).rows(), created])
            }
        };
        let field = self.access.field.as_deref().map_or(Condition::Always, |field| {
            let policies = about(self.bundle, &self.access.entity);
            match action {
                Action::Read => {
                    fields::residual(policies, caller, field).map_or(Condition::Always, |r| r.read)
                }
                _ => fields::changeable(policies, caller, field),
            }
        });
        let whole = asking.term(&Condition::all([rows, field]), Image::Before)?;
        Ok((asking, vec![Ruling { effect: Effect::Allow, terms: [whole, Term::Known(true)] }]))
    }
}

/// The values of the caller in the order of the model.
fn attributes(bundle: &Bundle, known: &BTreeMap<String, serde_json::Value>) -> Vec<Value> {
    let value = |attribute: &athyper_schemas::bundle::UserAttribute| {
        let json = known.get(&attribute.name)?;
        Value::from_json(&attribute.ty.kind, json).ok()
    };
    bundle.package.user.iter().map(|attribute| value(attribute).unwrap_or(Value::Null)).collect()
}
