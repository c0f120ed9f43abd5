//! The Bundle: everything a compiled package means, every derived decision already taken.
//!
//! One file per entity, enum and policy under `build/model/`. Order is meaning, so collections are lists.

use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;

mod entity;
mod field;

pub use entity::{
    Check, Class, Entity, ForeignKey, Index, IndexColumn, NumberPart, Numbering, Owner, Reset, Trait, Unique,
};
pub use field::{Computed, CopyFrom, Field, FieldType, Limits, OnDelete, System};

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

/// Who may do what with one entity. Default deny.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// `module.Name`.
    pub name: String,
    /// The entity it is about, `module.Name`.
    pub entity: String,
    /// In the order written; order has no meaning for the decision.
    pub rules: Vec<Rule>,
}

/// One rule of a [`Policy`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable name of the rule inside its policy.
    pub id: String,
    /// The actions it allows, sorted: `read`, `create`, `update`, `delete`.
    pub allow: Vec<Action>,
    /// The roles it speaks to; `*` is every authenticated caller.
    pub to: Vec<String>,
}

/// What can be done with a record.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See it, in lists, by id, through expand, in exports.
    Read,
    /// Make one.
    Create,
    /// Change one.
    Update,
    /// Remove one.
    Delete,
}

impl Action {
    /// Every action, in the order people say them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Create, Self::Update, Self::Delete];

    /// As written in YAML and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Bundle {
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
