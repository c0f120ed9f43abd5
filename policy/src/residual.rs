//! What is left of the policies of an entity when the caller and the action are known.

use athyper_schemas::bundle::{Action, Effect, Grantee, Policy, Rule};

use crate::caller::Caller;
use crate::condition::Condition;

/// The rules that reach a caller.
#[derive(Debug, Clone)]
pub struct Residual<'p> {
    rulings: Vec<Ruling<'p>>,
}

/// A rule that reaches a caller, with what it still asks of the record.
#[derive(Debug, Clone)]
pub struct Ruling<'p> {
    /// The policy.
    pub policy: &'p Policy,
    /// The rule.
    pub rule: &'p Rule,
    /// Asked of the record as it is; on create, of the new one.
    pub when: Condition,
    /// Asked of the record as it would become.
    pub after: Condition,
}

impl<'p> Residual<'p> {
    /// Of the policies about one entity.
    #[must_use]
    pub fn of(policies: impl IntoIterator<Item = &'p Policy>, caller: Caller<'_>, action: Action) -> Self {
        let rules =
            policies.into_iter().flat_map(|policy| policy.rules.iter().map(move |rule| (policy, rule)));
        let reaching = rules.filter(|(_, rule)| rule.actions.contains(&action));
        let rulings = reaching.filter_map(|(policy, rule)| {
            let reached = reached(&caller, &rule.to)?;
            let when = Condition::all([reached, Condition::of(rule.when.as_ref())]);
            let after = rule.after.as_ref().filter(|_| action.has_new_image());
            Some(Ruling { policy, rule, when, after: Condition::of(after) })
        });
        Self { rulings: rulings.collect() }
    }

    /// The rules that reach the caller, in the order written.
    #[must_use]
    pub fn rulings(&self) -> &[Ruling<'p>] {
        &self.rulings
    }

    /// What must be definitely true of the record as it is. Rules that wait for the record as it would become are
    /// taken as if that were granted: this filter is exact where no rule has an `after`, and never too narrow.
    #[must_use]
    pub fn rows(&self) -> Condition {
        let allows = self.of_effect(Effect::Allow).map(|ruling| ruling.when.clone());
        let denies = self.of_effect(Effect::Deny).filter(|ruling| ruling.after == Condition::Always);
        let denies = denies.map(|ruling| ruling.when.clone().negated());
        Condition::all([Condition::any(allows)].into_iter().chain(denies))
    }

    /// What must be definitely true of a new record: on create both conditions look at it.
    #[must_use]
    pub fn new_rows(&self) -> Condition {
        let whole = |ruling: &Ruling<'_>| Condition::all([ruling.when.clone(), ruling.after.clone()]);
        let allows = self.of_effect(Effect::Allow).map(whole);
        let denies = self.of_effect(Effect::Deny).map(whole).map(Condition::negated);
        Condition::all([Condition::any(allows)].into_iter().chain(denies))
    }

    fn of_effect(&self, effect: Effect) -> impl Iterator<Item = &Ruling<'p>> {
        self.rulings.iter().filter(move |ruling| ruling.rule.effect == effect)
    }
}

/// The condition under which one of these is the caller; nothing when none is.
pub(crate) fn reached(caller: &Caller<'_>, to: &[Grantee]) -> Option<Condition> {
    let mut mine = caller.among(to).peekable();
    mine.peek()?;
    Some(Condition::any(mine.map(|grantee| Condition::of(grantee.when.as_ref()))))
}
