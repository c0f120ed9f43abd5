//! What the conditions of a policy may look at.

use athyper_expr::{Ingredient, Scope};
use athyper_schemas::ir::Ty;

use super::lets::Named;
use crate::check::scope::Surroundings;

/// The surroundings of one condition of a policy.
pub(super) struct PolicyScope<'m> {
    /// The record, what it refers to, and the caller.
    pub record: Surroundings<'m>,
    /// The names of the policy that may be used here: they look like fields of the record.
    pub lets: &'m [Named],
    /// Whether the record before the change is known here.
    pub old: Old,
}

/// What is known of the record before the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Old {
    /// Nothing: the place does not speak about changes.
    Unknown,
    /// It is there, unless the record is new.
    Perhaps,
    /// It is there.
    Always,
}

impl PolicyScope<'_> {
    fn named(&self, entity: &str, name: &str) -> Option<&Named> {
        self.lets.iter().find(|named| named.name == name && self.this() == Some(entity))
    }
}

impl Scope for PolicyScope<'_> {
    fn this(&self) -> Option<&str> {
        self.record.this()
    }

    fn field(&self, entity: &str, name: &str) -> Option<Ty> {
        match self.named(entity, name) {
            Some(named) => named.ty().cloned(),
            None => self.record.field(entity, name),
        }
    }

    fn may_be_unknown(&self, entity: &str, name: &str) -> bool {
        self.named(entity, name).is_some_and(Named::may_be_unknown)
    }

    fn old_may_be_absent(&self) -> bool {
        self.old != Old::Always
    }

    fn field_names(&self, entity: &str) -> Vec<String> {
        let mut names = self.record.field_names(entity);
        if self.this() == Some(entity) {
            names.extend(self.lets.iter().map(|named| named.name.to_string()));
        }
        names
    }

    fn enum_values(&self, name: &str) -> Option<Vec<String>> {
        self.record.enum_values(name)
    }

    fn user(&self, attribute: &str) -> Option<Ty> {
        self.record.user(attribute)
    }

    fn user_attributes(&self) -> Vec<String> {
        self.record.user_attributes()
    }

    fn allows(&self, ingredient: Ingredient) -> bool {
        ingredient != Ingredient::Old || self.old != Old::Unknown
    }
}
