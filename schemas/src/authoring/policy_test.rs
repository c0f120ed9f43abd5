//! The forms in which policies are tried out.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form;
use crate::bundle::Action;

/// Who may do what with which records, as examples that `metac test` tries. Nothing of it is in the artifact.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyTestDocument {
    /// Its name, in `PascalCase`.
    #[schemars(extend("pattern" = form::PASCAL))]
    pub policy_test: String,
    /// The entity it is about: `"*"` and `list` mean its records.
    #[serde(rename = "for")]
    pub entity: String,
    /// What is tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// What `now()` is, as `2026-03-01T09:00:00Z`; `2026-01-01T12:00:00Z` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// Callers, by name.
    pub principals: IndexMap<String, PrincipalForm>,
    /// Records: entity, then name, then fields. A reference is the name of a record.
    pub records: IndexMap<String, IndexMap<String, IndexMap<String, Value>>>,
    /// What is expected.
    pub tests: Vec<TestMapping>,
}

/// A caller.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PrincipalForm {
    /// One without a token, or the runtime itself.
    Word(PrincipalWord),
    /// One with a token: the attributes of `user:` in `metac.yaml`. `id` is his name when absent.
    Mapping(IndexMap<String, Value>),
}

/// A caller without attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalWord {
    /// Shows no token.
    Anonymous,
    /// A command of the operator.
    System,
}

/// One test: it has `expect`, `list` or `fields`, or several of them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestMapping {
    /// What is expected, as a sentence.
    pub name: String,
    /// New values that `update` and `create` write in this test, by field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<IndexMap<String, Value>>,
    /// Principals, then records, then what they may do. Names can be put together: `ann, bob`; `"*"` is all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<IndexMap<String, IndexMap<String, CellMapping>>>,
    /// For each principal the records that he sees, and no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<IndexMap<String, ListForm>>,
    /// Principals, then records, then what they see of its fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<IndexMap<String, IndexMap<String, FieldCellMapping>>>,
}

/// What a principal may do with a record.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct CellMapping {
    /// What is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<ActionsForm>,
    /// What is denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deny: Option<ActionsForm>,
}

/// Actions.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ActionsForm {
    /// Every action that the cell does not name.
    Rest(Rest),
    /// One.
    One(Action),
    /// Several.
    Several(Vec<Action>),
    /// Each with the rule that decides.
    Because(IndexMap<Action, Option<String>>),
}

/// The word for all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Rest {
    /// `"*"`.
    #[serde(rename = "*")]
    Rest,
}

/// Records.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ListForm {
    /// All of the entity that the test is for.
    All(Rest),
    /// These.
    Names(Vec<String>),
}

/// What a principal sees of the fields of a record.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct FieldCellMapping {
    /// Fields that he sees whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible: Option<Vec<String>>,
    /// Fields that he sees masked, perhaps with what he sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked: Option<MaskedForm>,
    /// Fields that are not there for him.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Vec<String>>,
}

/// Masked fields.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MaskedForm {
    /// Whatever is shown.
    Names(Vec<String>),
    /// What is shown of each.
    Shown(IndexMap<String, Value>),
}
