//! What an answer holds in place of fields that its reader does not see as they are. The runtime leaves of it what a
//! caller can meet.

use athyper_schemas::bundle::{Entity, Field, FieldPolicy, Mask, Otherwise, Policy};
use serde_json::{Value, json};

/// The member of a record that names its masked fields.
pub(super) const NAME: &str = "@masked";

fn rules<'b>(about: &'b [&'b Policy]) -> impl Iterator<Item = &'b FieldPolicy> {
    about.iter().flat_map(|policy| &policy.fields).filter(|rule| rule.read.is_some())
}

/// The member that names masked fields, where a rule of the policies about the entity can mask one.
pub(super) fn member(about: &[&Policy], entity: &Entity) -> Option<Value> {
    let ruled = |field: &&Field| rules(about).any(|rule| rule.field == field.name);
    let names: Vec<&str> = entity.fields.iter().filter(ruled).map(|field| field.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        json!({
            "type": "array",
            "items": { "type": "string", "enum": names },
            "title": "Masked",
            "description": "The fields of this record that are masked, or left out of it, for you.",
            "readOnly": true,
        })
    })
}

/// What is shown in place of a field to whom the policies about its entity mask it.
pub(super) fn mask(about: &[&Policy], field: &Field) -> Option<Value> {
    let rule = rules(about).find(|rule| rule.field == field.name)?;
    let Otherwise::Mask(mask) = rule.otherwise else { return None };
    let words = match mask {
        Mask::Redact => "Masked: three asterisks.",
        Mask::Last4 => "Masked: four asterisks and the last four characters.",
        Mask::Hash => "Masked: a hash, equal for equal values.",
        Mask::Range => "Masked: the power of ten that holds a number, or the year of a date.",
        Mask::Initials => "Masked: the first letter of each word.",
    };
    Some(json!({ "type": "string", "description": words, "x-athyper-mask": mask }))
}
