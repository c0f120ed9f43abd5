//! Everything that can be written in YAML, as Rust types: the JSON Schemas for editors and the keys that
//! `metac` knows both come from here.
//!
//! May not enter: reading files (`metac` keeps exact places and survives mistakes; serde does neither).

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bundle::{Class, OnDelete, Reset, Trait};
use crate::dialect::Dialect;

mod form;
mod keys;
mod policy;
mod policy_test;

pub use form::{AttributeForm, AttributeMapping, EnumValues, FieldForm, FieldMapping, Scalar, TypeForm};
pub use keys::{keys, word, words};
pub use policy::{
    ConditionForm, FieldRuleMapping, GroupMapping, Hide, MaskMapping, OtherwiseForm, PolicyDocument,
    RoleMapping, RuleMapping,
};
pub use policy_test::{
    ActionsForm, CellMapping, FieldCellMapping, ListForm, MaskedForm, PolicyTestDocument, PrincipalForm,
    PrincipalWord, Rest, TestMapping,
};

/// The name of the package file.
pub const PACKAGE_FILE: &str = "metac.yaml";

/// The file `metac.yaml` at the root of a package.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageDocument {
    /// The name of the package, in `snake_case`.
    #[schemars(extend("pattern" = form::SNAKE))]
    pub package: String,
    /// The edition of the language. The only one so far is 2026.
    #[schemars(extend("enum" = [crate::EDITION]))]
    pub edition: u16,
    /// What the package is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The databases to write SQL for; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialects: Option<Vec<Dialect>>,
    /// The attributes of a caller: name to type, such as `region: string`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<IndexMap<String, AttributeForm>>,
    /// Levels of warnings, by their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lints: Option<IndexMap<String, LintSetting>>,
}

/// How loud a warning is, and why.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LintSetting {
    /// What the warning does.
    pub level: LintLevel,
    /// Why it differs from the usual.
    pub reason: String,
}

/// What a warning does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LintLevel {
    /// It is not said.
    Allow,
    /// It is a warning.
    Warn,
    /// It is an error.
    Deny,
}

/// A kind of record.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityDocument {
    /// Its name, in `PascalCase`.
    #[schemars(extend("pattern" = form::PASCAL))]
    pub entity: String,
    /// For people, one record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// For people, many records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plural: Option<String>,
    /// What the entity stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// What role it plays in the business; `master` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// What it can do beyond the plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traits: Option<Vec<Trait>>,
    /// The field that names a record to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The fields by which people and files identify a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Vec<String>>,
    /// The text fields that a search looks in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Vec<String>>,
    /// The series that numbers its records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberMapping>,
    /// Its fields, by name.
    #[schemars(extend("propertyNames" = {"pattern": form::SNAKE}))]
    pub fields: IndexMap<String, FieldForm>,
    /// What must hold for every record, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<IndexMap<String, CheckMapping>>,
    /// Fields that together are unique, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<IndexMap<String, Vec<String>>>,
    /// Indexes, by name: fields, each optionally followed by `asc` or `desc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indexes: Option<IndexMap<String, Vec<String>>>,
    /// The name before a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

/// A condition that every record must meet.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckMapping {
    /// A condition over the record.
    pub assert: String,
    /// What to tell the person who broke it.
    pub message: String,
}

/// A series of numbers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberMapping {
    /// The text field that holds the number.
    pub field: String,
    /// Text with `{YYYY}`, `{MM}`, `{DD}` and exactly one `{SEQ:width}`.
    pub format: String,
    /// When the sequence starts again at 1; `never` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<Reset>,
    /// Whether a rolled back create gives its number back; `false` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gapless: Option<bool>,
}

/// A closed set of values.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnumDocument {
    /// Its name, in `PascalCase`.
    #[serde(rename = "enum")]
    #[schemars(extend("pattern" = form::PASCAL))]
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What the enum stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Its values: a list of names, or names with labels.
    pub values: EnumValues,
}

/// A type with a name of its own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypeDocument {
    /// Its name, in `PascalCase`.
    #[serde(rename = "type")]
    #[schemars(extend("pattern" = form::PASCAL))]
    pub name: String,
    /// The type it narrows.
    pub base: TypeForm,
    /// What its values stand for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Smallest allowed value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Scalar>,
    /// Largest allowed value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Scalar>,
    /// Fewest characters of text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Most characters of text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// A regular expression that the whole text matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The only allowed values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Scalar>>,
    /// Whether its values say something about a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<bool>,
}

/// A document of any kind: its first key says which.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(transform = form::exactly_one)]
pub enum Document {
    /// A kind of record.
    Entity(Box<EntityDocument>),
    /// A closed set of values.
    Enum(EnumDocument),
    /// A type with a name of its own.
    Type(Box<TypeDocument>),
    /// Who may do what with one entity.
    Policy(Box<PolicyDocument>),
    /// Examples of who may do what.
    PolicyTest(Box<PolicyTestDocument>),
    /// The package file.
    Package(PackageDocument),
}

/// The first keys by which the documents of a package are known, with what each describes.
pub const KINDS: &[(&str, &str)] = &[
    ("entity", "a kind of record"),
    ("enum", "a closed set of values"),
    ("type", "a type with a name of its own"),
    ("policy", "who may do what with an entity"),
    ("policy_test", "examples of who may do what"),
];

/// The JSON Schemas (2020-12) of everything that can be written, by file name without `.json`.
#[must_use]
pub fn schemas() -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("all", schema::<Document>("Any document of an Athyper package")),
        ("entity", schema::<EntityDocument>("Athyper entity")),
        ("enum", schema::<EnumDocument>("Athyper enum")),
        ("package", schema::<PackageDocument>("Athyper package file")),
        ("policy", schema::<PolicyDocument>("Athyper policy")),
        ("policy_test", schema::<PolicyTestDocument>("Athyper policy test")),
        ("type", schema::<TypeDocument>("Athyper named type")),
    ])
}

fn schema<T: JsonSchema>(title: &str) -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), Value::from(title));
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_types() {
        assert_eq!(keys::<GroupMapping>(), ["all", "any", "none"]);
        assert!(keys::<EnumDocument>().contains(&"enum"));
        assert!(keys::<FieldMapping>().contains(&"on_delete"));
        assert_eq!(words::<crate::bundle::Action>().len(), crate::bundle::Action::ALL.len());
        assert_eq!(word::<Class>("control"), Some(Class::Control));
        assert_eq!(word::<Class>("contrl"), None);
        for (kind, _) in KINDS {
            assert!(schemas().contains_key(kind), "{kind}");
        }
    }

    #[test]
    fn schemas_name_every_field_type_with_its_sentence() {
        let text = schemas().get("entity").unwrap().to_string();
        for row in crate::field_types::TABLE {
            let written = !["ref", "children", "list"].contains(&row.name);
            assert_eq!(written, text.contains(&format!("\"const\":\"{}\"", row.name)), "{}", row.name);
        }
    }
}
