//! `policy:` documents.

use athyper_schemas::authoring::{PolicyDocument, RuleMapping};

use super::reader::Reader;
use super::word::{self, Case};
use crate::ast::{Policy, Rule};
use crate::diag::shape::Needed;
use crate::yaml::Node;

const RULES: Needed =
    Needed { what: "a list of rules", example: "rules: [{ id: look, allow: [read], to: [clerk] }]" };
const RULE: Needed = Needed { what: "a mapping", example: "{ id: look, allow: [read], to: [clerk] }" };
const ALLOW: Needed = Needed { what: "a list of actions", example: "allow: [read, update]" };
const TO: Needed = Needed { what: "a list of roles", example: "to: [clerk]" };

pub(super) fn read(root: &Node, reader: &mut Reader<'_>) -> Option<Policy> {
    let keys = reader.keys::<PolicyDocument>(root, "a policy", RULES)?;
    let name = word::document_name(reader, keys.get("policy")?, "policy")?;
    reader.text(&keys, "doc");
    let needed = Needed { what: "the name of an entity", example: "for: Order" };
    let entity =
        reader.need(&keys, "for", needed.example).and_then(|node| reader.scalar(node, "for", needed));
    let mut rules = Vec::new();
    if let Some(node) = reader.need(&keys, "rules", RULES.example) {
        for item in reader.items(node, "rules", RULES).unwrap_or_default() {
            rules.extend(rule(item, reader));
        }
    }
    Some(Policy { name, entity, rules })
}

fn rule(node: &Node, reader: &mut Reader<'_>) -> Option<Rule> {
    let keys = reader.keys::<RuleMapping>(node, "a rule", RULE)?;
    let id = reader.need(&keys, "id", "id: look");
    let allow = reader.need(&keys, "allow", ALLOW.example);
    let to = reader.need(&keys, "to", TO.example);
    let (allow, allow_read) = allow.map(|node| reader.words(node, "allow", ALLOW)).unwrap_or_default();
    let roles = reader.names(&keys, "to", TO);
    for role in roles.iter().filter(|role| role.value != "*") {
        word::judge(reader, &role.value, role.span, Case::Any, "role");
    }
    let id = reader.scalar(id?, "id", Needed { what: "a name", example: "id: look" })?;
    word::judge(reader, &id.value, id.span, Case::Any, "rule");
    let to_read = to.is_some_and(|node| node.as_sequence().is_some_and(|s| s.len() == roles.len()));
    Some(Rule { id, allow, to: roles, span: node.span, read: allow_read && to_read })
}
