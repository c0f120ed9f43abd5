//! What a comparison of two models found, as data: every rendering shows the same. Order is decided where it is made.

use std::collections::BTreeSet;

use athyper_policy::{Caller, Standing};
use athyper_schemas::bundle::{Action, Effect};
use serde::Serialize;
use smol_str::SmolStr;

use super::schema::Change;
use super::witness::Witness;

/// Everything in which two models differ that concerns callers, clients or stored data.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Difference {
    /// Who may do more or less with records that both models know.
    pub access: Vec<Access>,
    /// Who may do what with the records of entities that are new.
    pub introduced: Vec<Introduced>,
    /// What changes for clients and for stored data, the worst first.
    pub changes: Vec<Change>,
}

impl Difference {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.access.is_empty() && self.introduced.is_empty() && self.changes.is_empty()
    }
}

/// A kind of caller.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Everybody with a token, whatever roles it has.
    Everybody,
    /// Whoever has a token with these roles.
    Roles(BTreeSet<SmolStr>),
    /// A caller without a token.
    Anonymous,
    /// A command of the operator.
    System,
}

impl Who {
    /// The roles of his token.
    #[must_use]
    pub fn roles(&self) -> BTreeSet<SmolStr> {
        match self {
            Self::Roles(roles) => roles.clone(),
            _ => BTreeSet::new(),
        }
    }

    /// How he came to ask.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        match self {
            Self::Everybody | Self::Roles(_) => Standing::Authenticated,
            Self::Anonymous => Standing::Anonymous,
            Self::System => Standing::System,
        }
    }

    /// As policies look at him.
    #[must_use]
    pub fn caller<'r>(&self, roles: &'r BTreeSet<SmolStr>) -> Caller<'r> {
        Caller { standing: self.standing(), roles }
    }

    /// For people.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Everybody => "everybody with a token".to_owned(),
            Self::Anonymous => "callers without a token".to_owned(),
            Self::System => "the operator's commands".to_owned(),
            Self::Roles(roles) => {
                roles.iter().map(|role| format!("`{role}`")).collect::<Vec<_>>().join(" + ")
            }
        }
    }
}

/// In which direction an access changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// More is allowed than before.
    Gains,
    /// Less is allowed than before.
    Loses,
    /// The conditions differ, and no record was found about which they disagree.
    Unclear,
}

/// A difference in what callers of one kind may do.
#[derive(Debug, Clone, Serialize)]
pub struct Access {
    /// The entity by its new name.
    pub entity: String,
    /// The field by its new name, when the difference is about one alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is done with it.
    #[serde(serialize_with = "action_name")]
    pub action: Action,
    /// Who does it.
    pub caller: Who,
    /// In which direction.
    pub turn: Turn,
    /// What was decided before.
    pub old: Side,
    /// What is decided now.
    pub new: Side,
    /// A record and a caller that show it; nothing where none was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
    /// How many records and callers were tried.
    #[serde(skip_serializing_if = "is_zero")]
    pub tries: u32,
}

impl Access {
    /// What people are shown: nothing where every record would do.
    pub(super) fn example(&self) -> Option<&Witness> {
        self.witness.as_ref().filter(|_| self.old.decided.is_some() || self.new.decided.is_some())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What is said of a model that has no such entity any more.
pub(super) const GONE: &str = "the entity is gone";

/// What one of the models says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Side {
    /// For which records it is allowed, in general.
    pub when: String,
    /// The rules behind that; with a witness those that decide about it.
    pub rules: Vec<RuleAt>,
    /// What comes of the witness: `allowed` or `denied`; of a field what is seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided: Option<&'static str>,
}

/// A rule and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleAt {
    /// Its policy, `module.Name`.
    pub policy: String,
    /// Its name inside the policy; of a field rule the field.
    pub id: String,
    /// Whether it gives or takes; nothing for a field rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// The file below the package.
    pub file: String,
    /// The line.
    pub line: u32,
}

/// Who may do something with the records of a new entity.
#[derive(Debug, Clone, Serialize)]
pub struct Introduced {
    /// The entity.
    pub entity: String,
    /// What.
    #[serde(serialize_with = "action_name")]
    pub action: Action,
    /// Who.
    pub caller: Who,
    /// With which records.
    pub when: String,
}

fn action_name<S: serde::Serializer>(action: &Action, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(action.name())
}
