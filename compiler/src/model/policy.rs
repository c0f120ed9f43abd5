//! Policies as meant. Their conditions are kept as written; `check` types them.

use std::collections::BTreeMap;
use std::ops::Deref;

use athyper_schemas::bundle::{Action, Effect, Otherwise};
use smol_str::SmolStr;

use super::{EntityId, FieldId, Name};
use crate::ast::{Condition, Let, Passage, Spanned};
use crate::source::Span;

/// Every policy of a package, and which are about an entity.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    all: Vec<Policy>,
    about: BTreeMap<EntityId, Vec<usize>>,
}

impl Policies {
    /// These, sorted by qualified name.
    #[must_use]
    pub fn new(all: Vec<Policy>) -> Self {
        let mut about: BTreeMap<EntityId, Vec<usize>> = BTreeMap::new();
        for (place, policy) in all.iter().enumerate() {
            about.entry(policy.entity).or_default().push(place);
        }
        Self { all, about }
    }

    /// Those about this entity, each with its place among all.
    pub fn about(&self, entity: EntityId) -> impl Iterator<Item = (usize, &Policy)> {
        let places = self.about.get(&entity).into_iter().flatten();
        places.filter_map(|place| Some((*place, self.all.get(*place)?)))
    }
}

impl Deref for Policies {
    type Target = [Policy];

    fn deref(&self) -> &[Policy] {
        &self.all
    }
}

impl<'p> IntoIterator for &'p Policies {
    type Item = &'p Policy;
    type IntoIter = std::slice::Iter<'p, Policy>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

/// Who may do what with one entity.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name.
    pub name: Name,
    /// The entity it is about.
    pub entity: EntityId,
    /// Where that entity is named.
    pub entity_span: Span,
    /// What it is for.
    pub doc: Option<String>,
    /// Names for expressions: each may use those before it.
    pub lets: Vec<Let>,
    /// Roles that follow from other roles and from the record.
    pub roles: Vec<DerivedRole>,
    /// In the order written.
    pub rules: Vec<Rule>,
    /// Rules about single fields, in the order written.
    pub fields: Vec<FieldRule>,
    /// Whether all of it could be read.
    pub read: bool,
}

/// Somebody a rule speaks to.
#[derive(Debug, Clone)]
pub struct To {
    /// Who.
    pub role: Role,
    /// Where he is named.
    pub span: Span,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A role of the token, or one of the reserved names.
    Token(SmolStr),
    /// The derived role of the same policy at this place.
    Derived(usize),
}

/// A role that follows from other roles and from the record.
#[derive(Debug, Clone)]
pub struct DerivedRole {
    /// Its name.
    pub name: SmolStr,
    /// Where the name stands.
    pub span: Span,
    /// Whose holders can have it.
    pub from: Vec<To>,
    /// The records for which they have it.
    pub when: Option<Condition>,
}

/// One rule of a [`Policy`].
#[derive(Debug, Clone)]
pub struct Rule {
    /// Stable name inside the policy.
    pub id: SmolStr,
    /// Where its id stands.
    pub span: Span,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// What it allows or denies, in the order written.
    pub actions: Vec<Spanned<Action>>,
    /// To whom, in the order written.
    pub to: Vec<To>,
    /// The records it is about.
    pub when: Option<Condition>,
    /// The records it is not about.
    pub unless: Option<Condition>,
    /// What holds for a record as it would become.
    pub after: Option<Condition>,
    /// What to tell a caller whom it refuses.
    pub message: Option<String>,
    /// What whoever asked must do besides.
    pub obligation: Option<String>,
    /// A value that goes back with a decision.
    pub output: Option<Passage>,
    /// Whether all of it could be read.
    pub read: bool,
}

/// Who may see and change one field.
#[derive(Debug, Clone)]
pub struct FieldRule {
    /// The field.
    pub field: FieldId,
    /// Where it is named.
    pub span: Span,
    /// Who sees it.
    pub read: Option<Vec<To>>,
    /// Who changes it.
    pub update: Option<Vec<To>>,
    /// The records for which they may.
    pub when: Option<Condition>,
    /// What the others see.
    pub otherwise: Option<Spanned<Otherwise>>,
}

/// A way by which a rule reaches callers: a role of the token, and the derived roles between, outermost first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach<'p> {
    /// The role of the token.
    pub role: &'p SmolStr,
    /// The places of the derived roles.
    pub through: Vec<usize>,
}

impl Policy {
    /// Every place where a role is named, in the order written: of derived roles, of rules, of rules about fields.
    pub fn named(&self) -> impl Iterator<Item = &To> {
        let from = self.roles.iter().flat_map(|role| &role.from);
        let to = self.rules.iter().flat_map(|rule| &rule.to);
        let fields = self.fields.iter().flat_map(|rule| rule.read.iter().chain(&rule.update).flatten());
        from.chain(to).chain(fields)
    }

    /// Every way by which a rule that speaks to `to` reaches callers, in the order written.
    #[must_use]
    pub fn reaches<'p>(&'p self, to: &'p [To]) -> Vec<Reach<'p>> {
        let mut out = Vec::new();
        for one in to {
            self.walk(&one.role, &mut Vec::new(), &mut out);
        }
        out
    }

    fn walk<'p>(&'p self, role: &'p Role, through: &mut Vec<usize>, out: &mut Vec<Reach<'p>>) {
        match role {
            Role::Token(role) => {
                let reach = Reach { role, through: through.clone() };
                if !out.contains(&reach) {
                    out.push(reach);
                }
            }
            Role::Derived(place) if through.contains(place) => {}
            Role::Derived(place) => {
                through.push(*place);
                for from in self.roles.get(*place).map_or(&[][..], |role| &role.from) {
                    self.walk(&from.role, through, out);
                }
                through.pop();
            }
        }
    }

    /// The name by which a role is known in this policy.
    #[must_use]
    pub fn role_name<'p>(&'p self, role: &'p Role) -> &'p str {
        match role {
            Role::Token(name) => name,
            Role::Derived(place) => self.roles.get(*place).map_or("", |role| role.name.as_str()),
        }
    }
}

impl Rule {
    /// Whether it is about this action.
    #[must_use]
    pub fn is_about(&self, action: Action) -> bool {
        self.actions.iter().any(|said| said.value == action)
    }

    /// Whether it asks nothing of the record.
    #[must_use]
    pub const fn is_unconditional(&self) -> bool {
        self.when.is_none() && self.unless.is_none() && self.after.is_none()
    }
}
