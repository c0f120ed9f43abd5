//! The Bundle: everything a compiled package means, every derived decision already taken.
//!
//! One file per entity, enum and policy under `build/model/`. Order is meaning, so collections are lists.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;
use crate::ir::Ty;

mod entity;
mod field;
mod policy;

pub use entity::{
    Check, Class, Entity, ForeignKey, Index, IndexColumn, NumberPart, Numbering, Owner, Reset, Trait, Unique,
};
pub use field::{Computed, CopyFrom, Field, FieldType, Limits, OnDelete, System};
pub use policy::{
    ANONYMOUS, Action, EVERYBODY, Effect, FieldGrant, FieldPolicy, Grantee, Mask, Otherwise, Place, Policy,
    Rule, SYSTEM,
};

/// A compiled package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Facts about the package as a whole: `model/package.json`.
    pub package: Package,
    /// Sorted by name.
    pub entities: Vec<Entity>,
    /// Sorted by name.
    pub enums: Vec<Enum>,
    /// Sorted by name.
    pub policies: Vec<Policy>,
}

/// The policies about each entity, by its name.
pub type PoliciesByEntity<'b> = BTreeMap<&'b str, Vec<&'b Policy>>;

/// Facts about the package as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// The package name from `metac.yaml`.
    pub name: String,
    /// What the package is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The databases SQL was written for, sorted.
    pub dialects: Vec<Dialect>,
    /// What is known of a caller: `user.<name>` in expressions, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user: Vec<UserAttribute>,
}

/// Something that is known of a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserAttribute {
    /// Its name behind `user.`.
    pub name: String,
    /// Its type; a token without an attribute that is not nullable is refused.
    pub ty: Ty,
    /// The claim of the token that fills it; `id` comes from `sub` unless another is named.
    pub claim: String,
}

/// A closed set of values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enum {
    /// `module.Name`.
    pub name: String,
    /// For people.
    pub label: String,
    /// What the enum stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// In the order written.
    pub values: Vec<EnumValue>,
}

/// One value of an [`Enum`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnumValue {
    /// As stored and sent.
    pub name: String,
    /// For people.
    pub label: String,
}

impl Bundle {
    /// The policies about each entity, by its name.
    #[must_use]
    pub fn policies_by_entity(&self) -> PoliciesByEntity<'_> {
        let mut about = PoliciesByEntity::new();
        for policy in &self.policies {
            about.entry(&policy.entity).or_default().push(policy);
        }
        about
    }

    /// The entity with this qualified name.
    #[must_use]
    pub fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities.binary_search_by(|e| e.name.as_str().cmp(name)).ok().and_then(|i| self.entities.get(i))
    }

    /// The enum with this qualified name.
    #[must_use]
    pub fn enumeration(&self, name: &str) -> Option<&Enum> {
        self.enums.binary_search_by(|e| e.name.as_str().cmp(name)).ok().and_then(|i| self.enums.get(i))
    }
}
