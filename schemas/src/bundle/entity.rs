//! An entity as the runtime needs it: a table, its fields, and what must always hold.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Field;
use crate::ir::Expr;

/// A kind of record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// `module.Name`; also the last part of its URL is `Name`, or the whole when two modules share a name.
    pub name: String,
    /// The path segment under `/api/data/`: unique over the package.
    pub url: String,
    /// For people, one record.
    pub label: String,
    /// For people, many records.
    pub plural: String,
    /// What the entity stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// What role it plays in the business.
    pub class: Class,
    /// The table name, unique over the package, at most 63 bytes.
    pub table: String,
    /// What it can do beyond the plain.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub traits: BTreeSet<Trait>,
    /// Set when its records are owned children, written and read with their parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The field that names a record to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The fields by which people and files identify a record: required and unique together. Empty: only the id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub natural_key: Vec<String>,
    /// The text fields that `search=` looks in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search: Vec<String>,
    /// System fields first (`id`, ...), then the declared ones as written.
    pub fields: Vec<Field>,
    /// What must hold for every record, judged in the order written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Every uniqueness beyond the id, single fields included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique: Vec<Unique>,
    /// Every foreign key: one per reference, and one from owned children to their parent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// Every index, derived ones included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// The series that numbers its records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Numbering>,
    /// The name before a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

impl Entity {
    /// The field with this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// Whether it has this trait.
    #[must_use]
    pub fn has(&self, t: Trait) -> bool {
        self.traits.contains(&t)
    }
}

/// What role an entity plays in the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Long-lived things others refer to: suppliers, products.
    Master,
    /// Things that happen: orders, invoices.
    Document,
    /// Settings and small tables: currencies, units.
    Control,
}

/// What an entity can do beyond the plain. Each adds system fields or rules.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Trait {
    /// Adds `deleted_at`: a delete hides the record, and uniqueness counts only the living.
    SoftDelete,
    /// Adds `valid_from` and `valid_to` (half open); periods of one natural key never overlap.
    EffectiveDated,
    /// Adds `parent`, a reference to the same entity that never forms a cycle.
    Tree,
}

/// Where an owned child belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// The owning entity, `module.Name`.
    pub entity: String,
    /// The list field of the owner that holds it.
    pub field: String,
}

/// A condition that must be definitely true or unknown for every record (SQL's rule for CHECK).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Unique inside the entity.
    pub name: String,
    /// A condition over the record, its children and its references.
    pub assert: Expr,
    /// What to tell the person who broke it.
    pub message: String,
    /// Whether the database can hold it too (only columns of the same row).
    pub in_database: bool,
}

/// Fields that together are unique inside a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unique {
    /// Unique inside the entity.
    pub name: String,
    /// The name of the constraint in the database.
    pub constraint: String,
    /// In index order.
    pub fields: Vec<String>,
}

/// A reference as the database holds it: `(tenant_id, column)` points at `(tenant_id, id)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// The name of the constraint in the database.
    pub constraint: String,
    /// The reference field of this entity.
    pub field: String,
    /// The entity it points at, `module.Name`.
    pub entity: String,
    /// Whether it is judged when the transaction ends: on cycles, and where the runtime deletes or clears the holders.
    pub deferred: bool,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The name in the database.
    pub name: String,
    /// In index order; the tenant column comes first and is not listed. The last one is the id.
    pub columns: Vec<IndexColumn>,
}

/// One column of an [`Index`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexColumn {
    /// The field.
    pub field: String,
    /// Whether the order is descending.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
}

/// How records get their number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbering {
    /// The field that holds it; filled on create, never changed.
    pub field: String,
    /// The number, part by part.
    pub format: Vec<NumberPart>,
    /// When the sequence starts again at 1.
    pub reset: Reset,
    /// Whether a rolled back create gives its number back.
    pub gapless: bool,
}

/// One part of a number's format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberPart {
    /// Text as it stands.
    Literal(String),
    /// Four digits.
    Year,
    /// Two digits.
    Month,
    /// Two digits.
    Day,
    /// The sequence, padded with zeros to this width.
    Sequence(u8),
}

/// When a number sequence starts again. Periods are in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// Never.
    Never,
    /// Every year.
    Yearly,
    /// Every month.
    Monthly,
    /// Every day.
    Daily,
}
