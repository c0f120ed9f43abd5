//! What tests have shown of the rules of a package: each as it speaks and as it is silent, each outcome of each action.

use std::collections::BTreeMap;

use athyper_schemas::bundle::{Action, Bundle, Policy};
use smol_str::SmolStr;

use super::judge::{Answer, Sight};

/// Something that has two sides, and which of them were seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sides {
    /// A rule that held; an action that was allowed; a field that was seen whole.
    pub yes: bool,
    /// The other side.
    pub no: bool,
}

impl Sides {
    fn see(&mut self, yes: bool) {
        self.yes |= yes;
        self.no |= !yes;
    }

    /// How many were seen.
    #[must_use]
    pub fn count(self) -> usize {
        usize::from(self.yes) + usize::from(self.no)
    }

    /// Whether both were seen.
    #[must_use]
    pub const fn both(self) -> bool {
        self.yes && self.no
    }
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Rules, by policy and id.
    pub rules: BTreeMap<(String, String), Sides>,
    /// Rules about reading fields, by policy and field.
    pub fields: BTreeMap<(String, String), Sides>,
    /// Allowed and denied, by entity and action: those that some rule is about.
    pub outcomes: BTreeMap<(String, Action), Sides>,
}

impl Coverage {
    /// Nothing seen of anything.
    #[must_use]
    pub fn of(bundle: &Bundle) -> Self {
        let mut out = Self::default();
        for policy in &bundle.policies {
            for rule in &policy.rules {
                out.rules.insert((policy.name.clone(), rule.id.clone()), Sides::default());
                for action in &rule.actions {
                    out.outcomes.insert((policy.entity.clone(), *action), Sides::default());
                }
            }
            for field in policy.fields.iter().filter(|field| field.read.is_some()) {
                out.fields.insert((policy.name.clone(), field.field.clone()), Sides::default());
            }
        }
        out
    }

    pub(super) fn decided(&mut self, entity: &SmolStr, action: Action, answer: &Answer) {
        for told in &answer.told {
            if let Some(sides) = self.rules.get_mut(&(told.policy.clone(), told.rule.clone())) {
                sides.see(told.truth == Some(Some(true)));
            }
        }
        if let Some(sides) = self.outcomes.get_mut(&(entity.to_string(), action)) {
            sides.see(answer.allowed);
        }
    }

    pub(super) fn seen(&mut self, policies: &[Policy], field: &str, sight: &Sight) {
        if *sight == Sight::NoRecord {
            return;
        }
        for policy in policies {
            if let Some(sides) = self.fields.get_mut(&(policy.name.clone(), field.to_owned())) {
                sides.see(*sight == Sight::Visible);
            }
        }
    }

    /// How many sides were seen, and how many there are.
    #[must_use]
    pub fn total(&self) -> (usize, usize) {
        let all = || self.rules.values().chain(self.fields.values()).chain(self.outcomes.values());
        (all().map(|sides| sides.count()).sum(), all().count() * 2)
    }
}
