//! The forms in which fields, types and values are written.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::OnDelete;
use crate::field_types::{self, Arg};

/// Names of fields, values, checks, packages.
pub(super) const SNAKE: &str = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$";

/// Names of entities, enums, types and policies.
pub(super) const PASCAL: &str = "^[A-Z][A-Za-z0-9]*$";

/// A field: the shorthand `TYPE[(args)][!][ unique][ index][ = default]`, or a mapping that can say everything.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FieldForm {
    /// `string(20)! unique`.
    Short(TypeForm),
    /// `{ type: string(20), required: true, unique: true }`.
    Full(Box<FieldMapping>),
}

/// Everything that can be said about a field.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldMapping {
    /// Its type; `!`, `unique`, `index` and `= default` may follow as in the shorthand.
    #[serde(rename = "type")]
    pub ty: TypeForm,
    /// Whether null is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Whether no two records share a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<bool>,
    /// Whether the database keeps an index on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<bool>,
    /// What a create without it gets: a value or an expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Scalar>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What the field stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Smallest allowed value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Scalar>,
    /// Largest allowed value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Scalar>,
    /// Fewest characters of text or items of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Most characters of text or items of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// A regular expression that the whole text matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The only allowed values; for `type: enum` the values of the enum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<EnumValues>,
    /// An expression that gives the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<String>,
    /// Whether a computed value is stored and kept up to date; otherwise each read computes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<bool>,
    /// `reference.field`: the value is copied when the reference is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
    /// Whether it says something about a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<bool>,
    /// What happens to the holder of a reference when the target goes; `restrict` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_delete: Option<OnDelete>,
    /// The name before a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// Warnings that are not said about this field, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lint: Option<Vec<String>>,
}

/// An attribute of a caller: a type, or a type and the claim that fills it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AttributeForm {
    /// `region: string`.
    Short(TypeForm),
    /// `limit: { type: decimal, claim: "https://acme.example/limit" }`.
    Full(AttributeMapping),
}

/// Everything that can be said about an attribute of a caller.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeMapping {
    /// Its type; `!` follows when every token has it.
    #[serde(rename = "type")]
    pub ty: TypeForm,
    /// The claim of the token that fills it; the attribute's own name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// What it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
}

/// Values: a list of names, or names with labels.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EnumValues {
    /// `[draft, placed]`.
    Names(Vec<Scalar>),
    /// `{ draft: "Draft", placed: "Placed" }`.
    Labels(IndexMap<String, String>),
}

/// A single value, as YAML reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// `true`.
    Bool(bool),
    /// `3`.
    Int(i64),
    /// `"0.50"`.
    Text(String),
}

/// A type in the shorthand: `string(20)! unique`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TypeForm(pub String);

impl JsonSchema for TypeForm {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("FieldType")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let rows =
            field_types::TABLE.iter().filter(|row| stands_alone(row.args)).filter(|row| row.name != "ref");
        let named: Vec<Value> = rows
            .filter(|row| row.name != "children")
            .map(|row| json!({ "const": row.name, "description": row.doc, "examples": [row.example] }))
            .collect();
        json_schema!({
            "description": "`TYPE[(args)][!][ unique][ index][ = default]`; a PascalCase type is an entity, enum or named type.",
            "type": "string",
            "anyOf": [
                { "oneOf": named },
                { "pattern": "^\\s*([a-z_]+|([a-z_]+\\.)*[A-Z][A-Za-z0-9]*)\\s*(\\(.*\\))?\\s*!?(\\s+(unique|index))*(\\s*=.*)?\\s*$" }
            ],
            "examples": ["string(20)! unique", "Supplier!", "list(OrderLine)", "decimal(12,3)", "enum(low, high) = low"]
        })
    }
}

fn stands_alone(args: &[Arg]) -> bool {
    !args.contains(&Arg::Item)
}

/// A document is of exactly one kind.
pub(super) fn exactly_one(schema: &mut Schema) {
    if let Some(kinds) = schema.remove("anyOf") {
        schema.insert("oneOf".to_owned(), kinds);
    }
}
