//! Policies as the programs need them: names of derived roles, `let`s and nested conditions are already folded into
//! one condition per rule.

use serde::{Deserialize, Serialize};

use crate::ir::Expr;

/// The role of every authenticated caller.
pub const EVERYBODY: &str = "*";

/// The role of a caller who showed no token, where the operator serves such callers.
pub const ANONYMOUS: &str = "anonymous";

/// The role of the runtime itself and of the operator's own commands.
pub const SYSTEM: &str = "system";

/// Who may do what with one entity. Default deny; a deny that is not definitely false wins over every allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// `module.Name`.
    pub name: String,
    /// The entity it is about, `module.Name`.
    pub entity: String,
    /// What the policy is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// In the order written; order has no meaning for the decision.
    pub rules: Vec<Rule>,
    /// Who may see or change single fields, in the order written. A field is in at most one policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldPolicy>,
}

/// One rule of a [`Policy`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable name of the rule inside its policy.
    pub id: String,
    /// Whether it gives or takes.
    pub effect: Effect,
    /// The actions it is about, sorted.
    pub actions: Vec<Action>,
    /// Whom it speaks to: one of them is enough.
    pub to: Vec<Grantee>,
    /// Judged on the record as it is (on create: on the new one); `unless` is folded in. Missing: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expr>,
    /// Judged on the record as it would become, on create and update alone; may look at `old`. Missing: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Expr>,
    /// What to tell a caller whom the rule refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What whoever asked must do besides, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obligation: Option<String>,
    /// A value that goes back with a decision this rule took part in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Expr>,
    /// Where it is written.
    pub place: Place,
}

impl Policy {
    /// Everybody it speaks to: in its rules, then in those about fields.
    pub fn grantees(&self) -> impl Iterator<Item = &Grantee> {
        self.rules.iter().flat_map(|rule| &rule.to).chain(self.grants().flat_map(|grant| &grant.to))
    }

    /// Its conditions: those of its rules, then those about fields.
    pub fn conditions(&self) -> impl Iterator<Item = &Expr> {
        self.rules.iter().flat_map(Rule::conditions).chain(self.grants().flat_map(FieldGrant::conditions))
    }

    fn grants(&self) -> impl Iterator<Item = &FieldGrant> {
        self.fields.iter().flat_map(|field| field.read.iter().chain(&field.update))
    }
}

impl Rule {
    /// What it asks, first of the record as it is: of those it speaks to, `when`, `after`.
    pub fn conditions(&self) -> impl Iterator<Item = &Expr> {
        of_grantees(&self.to).chain(&self.when).chain(&self.after)
    }
}

impl FieldGrant {
    /// What it asks of the record.
    pub fn conditions(&self) -> impl Iterator<Item = &Expr> {
        of_grantees(&self.to).chain(&self.when)
    }
}

fn of_grantees(to: &[Grantee]) -> impl Iterator<Item = &Expr> {
    to.iter().filter_map(|grantee| grantee.when.as_ref())
}

/// Whether a rule gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Fires only when its conditions are definitely true.
    Allow,
    /// Is escaped only when its conditions are definitely false.
    Deny,
}

impl Effect {
    /// As written in YAML and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// Somebody a rule speaks to: the holders of a role, as far as a condition holds for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grantee {
    /// A role of the token, [`EVERYBODY`], [`ANONYMOUS`] or [`SYSTEM`].
    pub role: String,
    /// The derived role through which the rule reaches them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived: Option<String>,
    /// The condition of the derived role, on the same record as [`Rule::when`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expr>,
}

/// Who may see and change one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldPolicy {
    /// The field.
    pub field: String,
    /// Who may see it. Missing: whoever may read the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<FieldGrant>,
    /// Who may change it. Missing: whoever may write the record and see the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<FieldGrant>,
    /// What the others see.
    pub otherwise: Otherwise,
    /// Where it is written.
    pub place: Place,
}

/// Somebody who may do something with a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldGrant {
    /// One of them is enough.
    pub to: Vec<Grantee>,
    /// For which records. Missing: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expr>,
}

/// What is shown instead of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// Nothing: the field is left out.
    Hide,
    /// Something made of the value.
    Mask(Mask),
}

/// What is made of a value before somebody sees it who may not see the value. Null stays null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mask {
    /// Three asterisks, whatever the value.
    Redact,
    /// Four asterisks and the last four characters; of a value of less than eight characters, the asterisks alone.
    Last4,
    /// 16 hexadecimal digits of an HMAC with a key of the tenant: equal values look equal, and nothing else shows.
    Hash,
    /// The power of ten that holds a number (`1000..10000`), the year of a date.
    Range,
    /// The first letter of each word.
    Initials,
}

/// Where something is written: a path below the package root and a line, for people who ask why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The file, with `/` between folders.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
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
    /// Take many records out as a file.
    Export,
    /// Bring many records in from a file.
    Import,
    /// Show it to somebody else.
    Share,
    /// Make a document binding.
    Submit,
    /// Agree to a document.
    Approve,
    /// Refuse a document.
    Reject,
    /// Replace a binding document by a corrected one.
    Amend,
    /// Make a binding document void.
    Cancel,
}

impl Action {
    /// Every action, in the order people say them.
    pub const ALL: [Self; 12] = [
        Self::Read,
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::Export,
        Self::Import,
        Self::Share,
        Self::Submit,
        Self::Approve,
        Self::Reject,
        Self::Amend,
        Self::Cancel,
    ];

    /// The actions of the data itself, which every entity has.
    pub const DATA: [Self; 4] = [Self::Read, Self::Create, Self::Update, Self::Delete];

    /// As written in YAML and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Export => "export",
            Self::Import => "import",
            Self::Share => "share",
            Self::Submit => "submit",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Amend => "amend",
            Self::Cancel => "cancel",
        }
    }

    /// Whether only documents have it.
    #[must_use]
    pub const fn is_of_documents(self) -> bool {
        matches!(self, Self::Submit | Self::Approve | Self::Reject | Self::Amend | Self::Cancel)
    }

    /// Whether there is a record as it would become.
    #[must_use]
    pub const fn has_new_image(self) -> bool {
        matches!(self, Self::Create | Self::Update)
    }
}
