//! The forms in which policies are written.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Scalar;
use super::form;
use crate::bundle::{Action, Mask};

/// Who may do what with one entity. What no rule allows is denied, and a deny wins over every allow.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyDocument {
    /// Its name, in `PascalCase`.
    #[schemars(extend("pattern" = form::PASCAL))]
    pub policy: String,
    /// The entity it is about.
    #[serde(rename = "for")]
    pub entity: String,
    /// What the policy is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Names for expressions, to be used in the conditions of this policy and in the names below.
    #[serde(rename = "let", default, skip_serializing_if = "Option::is_none")]
    pub lets: Option<IndexMap<String, Scalar>>,
    /// Roles that follow from other roles and from the record, such as the owner of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<IndexMap<String, RoleMapping>>,
    /// What is allowed and denied. Their order has no meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<RuleMapping>>,
    /// Fields that not everybody who reads a record may see or change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<IndexMap<String, FieldRuleMapping>>,
}

/// A role that follows from other roles and from the record.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleMapping {
    /// The roles whose holders can have it: of the token, or other roles of this policy.
    pub from: Vec<String>,
    /// The records for which they have it; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ConditionForm>,
    /// Whom it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
}

/// One rule of a policy: it has either `allow` or `deny`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleMapping {
    /// Its stable name inside the policy.
    pub id: String,
    /// The actions it allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<Action>>,
    /// The actions it denies, whatever else allows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deny: Option<Vec<Action>>,
    /// The roles it speaks to; `*` is every authenticated caller, `anonymous` who shows no token, `system` the runtime.
    pub to: Vec<String>,
    /// The records it is about, as they are; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ConditionForm>,
    /// The records it is not about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<ConditionForm>,
    /// What holds for a record as it would become, for create and update; `old` is the record before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ConditionForm>,
    /// What to tell a caller whom it refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What whoever asked must do besides, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obligation: Option<String>,
    /// A value that goes back with a decision it took part in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Scalar>,
}

/// A condition: an expression, or several of them put together.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ConditionForm {
    /// `total <= user.approval_limit`.
    Text(Scalar),
    /// `{ any: [...] }`.
    Group(Box<GroupMapping>),
}

/// Conditions put together by one of these keys.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub struct GroupMapping {
    /// Every one of them holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<Vec<ConditionForm>>,
    /// At least one of them holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any: Option<Vec<ConditionForm>>,
    /// None of them holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub none: Option<Vec<ConditionForm>>,
}

/// Who may see and change one field, among those who may read and write the record.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct FieldRuleMapping {
    /// The roles that see it; whoever reads the record when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Vec<String>>,
    /// The roles that change it; whoever writes the record and sees the field when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Vec<String>>,
    /// The records for which they may; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ConditionForm>,
    /// What the others see; `hide` when absent.
    #[serde(rename = "else", default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<OtherwiseForm>,
}

/// What is shown instead of a field.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OtherwiseForm {
    /// `hide`.
    Word(Hide),
    /// `{ mask: last4 }`.
    Mask(MaskMapping),
}

/// The word for nothing at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hide {
    /// The field is left out.
    Hide,
}

/// Something made of the value.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaskMapping {
    /// What is made of it.
    pub mask: Mask,
}
