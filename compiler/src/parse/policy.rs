//! `policy:` documents.

use athyper_schemas::authoring::{
    self, FieldRuleMapping, GroupMapping, MaskMapping, PolicyDocument, RoleMapping, RuleMapping,
};
use athyper_schemas::bundle::{ANONYMOUS, Action, EVERYBODY, Effect, Mask, Otherwise, SYSTEM};

use super::reader::{Keys, Reader};
use super::word::{self, Case};
use crate::ast::{Condition, DerivedRole, FieldRule, Let, Policy, Quantity, Rule, Spanned, Text};
use crate::diag::policies as say;
use crate::diag::shape::{self, Needed};
use crate::yaml::{Entry, Kind, Node};

const RULES: Needed =
    Needed { what: "a list of rules", example: "rules: [{ id: look, allow: [read], to: [clerk] }]" };
const RULE: Needed = Needed { what: "a mapping", example: "{ id: look, allow: [read], to: [clerk] }" };
const ACTIONS: Needed = Needed { what: "a list of actions", example: "allow: [read, update]" };
const TO: Needed = Needed { what: "a list of roles", example: "to: [clerk]" };
const FROM: Needed = Needed { what: "a list of roles", example: "from: [clerk]" };
const LETS: Needed =
    Needed { what: "names with their expressions", example: "let: { same_region: region == user.region }" };
const ROLES: Needed = Needed {
    what: "roles with where they come from",
    example: "roles: { owner: { from: [clerk], when: created_by == user.id } }",
};
const FIELDS: Needed =
    Needed { what: "fields with who may see them", example: "fields: { iban: { read: [accountant] } }" };
const WHEN: Needed = Needed { what: "a condition", example: "when: status == \"draft\"" };
const PARTS: Needed =
    Needed { what: "a list of conditions", example: "any: ['status == \"draft\"', total < 100]" };
const OTHERWISE: Needed = Needed { what: "`hide` or a mask", example: "else: { mask: last4 }" };
const OUTPUT: Needed = Needed { what: "an expression", example: "output: user.approval_limit" };

pub(super) fn read(root: &Node, reader: &mut Reader<'_>) -> Option<Policy> {
    let keys = reader.keys::<PolicyDocument>(root, "a policy", RULES)?;
    let name = word::document_name(reader, keys.get("policy")?, "policy")?;
    let doc = reader.text(&keys, "doc");
    let needed = Needed { what: "the name of an entity", example: "for: Order" };
    let entity =
        reader.need(&keys, "for", needed.example).and_then(|node| reader.scalar(node, "for", needed));
    let mut policy = Policy {
        name,
        entity,
        doc,
        lets: Vec::new(),
        roles: Vec::new(),
        rules: Vec::new(),
        fields: Vec::new(),
        read: !reader.is_broken(),
    };
    lets(&mut policy, &keys, reader);
    roles(&mut policy, &keys, reader);
    fields(&mut policy, &keys, reader);
    let rules = if keys.get("fields").is_none() {
        reader.need(&keys, "rules", RULES.example)
    } else {
        keys.get("rules")
    };
    for item in rules.and_then(|node| reader.items(node, "rules", RULES)).unwrap_or_default() {
        match rule(item, reader) {
            Some(rule) => policy.rules.push(rule),
            None => policy.read = false,
        }
    }
    Some(policy)
}

fn entries<'n>(keys: &Keys<'n>, key: &'static str, needed: Needed, reader: &mut Reader<'_>) -> &'n [Entry] {
    keys.get(key).map_or(&[], |node| reader.entries(node, key, needed))
}

fn lets(policy: &mut Policy, keys: &Keys<'_>, reader: &mut Reader<'_>) {
    for entry in entries(keys, "let", LETS, reader) {
        let name = word::key_name(reader, &entry.key, "name");
        match reader.passage(&entry.value, &name.value, LETS) {
            Some(value) => policy.lets.push(Let { name, value }),
            None => policy.read = false,
        }
    }
}

fn roles(policy: &mut Policy, keys: &Keys<'_>, reader: &mut Reader<'_>) {
    for entry in entries(keys, "roles", ROLES, reader) {
        let name = word::key_name(reader, &entry.key, "role");
        let Some(keys) = reader.keys::<RoleMapping>(&entry.value, "a role", ROLES) else {
            policy.read = false;
            continue;
        };
        reader.text(&keys, "doc");
        let from =
            reader.need(&keys, "from", FROM.example).and_then(|node| names(node, "from", FROM, reader));
        let when = optional_condition(&keys, "when", reader);
        match (from, when) {
            (Some(from), Ok(when)) => policy.roles.push(DerivedRole { name, from, when }),
            _ => policy.read = false,
        }
    }
}

fn rule(node: &Node, reader: &mut Reader<'_>) -> Option<Rule> {
    let keys = reader.keys::<RuleMapping>(node, "a rule", RULE)?;
    let id = reader.need(&keys, "id", "id: look");
    let (effect, actions, actions_read) = effect(node, &keys, reader);
    let to = reader.need(&keys, "to", TO.example).and_then(|node| names(node, "to", TO, reader));
    let when = optional_condition(&keys, "when", reader);
    let unless = optional_condition(&keys, "unless", reader);
    let after = optional_condition(&keys, "after", reader);
    let message = reader.text(&keys, "message");
    let obligation = reader.text(&keys, "obligation");
    let output = keys.get("output").map(|node| reader.passage(node, "output", OUTPUT));
    let id = reader.scalar(id?, "id", Needed { what: "a name", example: "id: look" })?;
    word::judge(reader, &id.value, id.span, Case::Any, "rule");
    let read = actions_read && to.is_some();
    let to = to.unwrap_or_default();
    // A rule without one of its conditions would say more than was written.
    let (when, unless, after) = (when.ok()?, unless.ok()?, after.ok()?);
    let output = match output {
        Some(output) => Some(output?),
        None => None,
    };
    Some(Rule { id, effect, actions, to, when, unless, after, message, obligation, output, read })
}

/// What a rule does with which actions, and whether all of that could be read.
fn effect(node: &Node, keys: &Keys<'_>, reader: &mut Reader<'_>) -> (Effect, Vec<Spanned<Action>>, bool) {
    let (effect, key, list) = match (keys.get("allow"), keys.get("deny")) {
        (Some(list), None) => (Effect::Allow, "allow", Some(list)),
        (None, Some(list)) => (Effect::Deny, "deny", Some(list)),
        (Some(_), Some(second)) => {
            reader.sink.error(say::allow_and_deny(second.span));
            (Effect::Deny, "deny", None)
        }
        (None, None) => {
            if !reader.is_broken() && !keys.is_misspelt("allow") && !keys.is_misspelt("deny") {
                reader.sink.error(say::neither_allow_nor_deny(node.span));
            }
            (Effect::Deny, "deny", None)
        }
    };
    let Some(items) = list.and_then(|list| reader.items(list, key, ACTIONS)) else {
        return (effect, Vec::new(), false);
    };
    let mut actions = Vec::with_capacity(items.len());
    for item in items {
        let Some(text) = reader.scalar(item, key, ACTIONS) else { continue };
        match authoring::word::<Action>(&text.value) {
            Some(action) => actions.push(Spanned::new(action, text.span)),
            None => {
                reader.sink.error(say::unknown_action(text.span, &text.value));
            }
        }
    }
    let read = actions.len() == items.len();
    (effect, actions, read)
}

/// Names of roles; nothing when one of them could not be read.
fn names(node: &Node, key: &'static str, needed: Needed, reader: &mut Reader<'_>) -> Option<Vec<Text>> {
    let items = reader.items(node, key, needed)?;
    let names: Vec<Text> = items.iter().filter_map(|item| reader.scalar(item, key, needed)).collect();
    for role in &names {
        if ![EVERYBODY, ANONYMOUS, SYSTEM].contains(&role.value.as_str()) {
            word::judge(reader, &role.value, role.span, Case::Any, "role");
        }
    }
    (names.len() == items.len()).then_some(names)
}

/// What could not be read; that was told.
struct Unread;

fn optional_condition(
    keys: &Keys<'_>,
    key: &'static str,
    reader: &mut Reader<'_>,
) -> Result<Option<Condition>, Unread> {
    keys.get(key).map(|node| condition(node, key, reader).ok_or(Unread)).transpose()
}

fn condition(node: &Node, key: &'static str, reader: &mut Reader<'_>) -> Option<Condition> {
    if !matches!(node.kind, Kind::Mapping(_)) {
        return reader.passage(node, key, WHEN).map(Condition::Text);
    }
    let keys = reader.keys::<GroupMapping>(node, "a condition", WHEN)?;
    let words = [("all", Quantity::All), ("any", Quantity::Any), ("none", Quantity::None)];
    let mut groups = words.iter().filter_map(|(word, quantity)| Some((*word, *quantity, keys.get(word)?)));
    let (Some((word, quantity, list)), None) = (groups.next(), groups.next()) else {
        if !words.iter().any(|(word, _)| keys.is_misspelt(word)) {
            reader.sink.error(say::one_word(node.span));
        }
        return None;
    };
    let items = reader.items(list, word, PARTS)?;
    if items.is_empty() {
        reader.sink.error(say::empty_group(list.span, word));
        return None;
    }
    let parts: Vec<Condition> = items.iter().filter_map(|item| condition(item, word, reader)).collect();
    (parts.len() == items.len()).then_some(Condition::Group { quantity, parts, span: node.span })
}

fn fields(policy: &mut Policy, keys: &Keys<'_>, reader: &mut Reader<'_>) {
    for entry in entries(keys, "fields", FIELDS, reader) {
        match field(entry, reader) {
            Some(field) => policy.fields.push(field),
            None => policy.read = false,
        }
    }
}

fn field(entry: &Entry, reader: &mut Reader<'_>) -> Option<FieldRule> {
    let keys = reader.keys::<FieldRuleMapping>(&entry.value, "a field rule", FIELDS)?;
    let read = keys.get("read").map(|node| names(node, "read", TO, reader));
    let update = keys.get("update").map(|node| names(node, "update", TO, reader));
    let when = optional_condition(&keys, "when", reader);
    let otherwise = keys.get("else").map(|node| otherwise(node, reader));
    let unwritten = |key: &str| keys.get(key).is_none() && !keys.is_misspelt(key);
    if unwritten("read") && unwritten("update") {
        reader.sink.error(say::field_rule_without_roles(entry.key.span, &entry.key.text));
        return None;
    }
    if let (Some(node), true) = (keys.get("else"), unwritten("read")) {
        reader.sink.error(say::else_without_read(node.span, &entry.key.text));
        return None;
    }
    let whole = |roles: Option<Option<Vec<Text>>>| roles.map(|roles| roles.ok_or(Unread)).transpose().ok();
    let otherwise = match otherwise {
        Some(otherwise) => Some(otherwise?),
        None => None,
    };
    Some(FieldRule {
        field: Text::new(entry.key.text.clone(), entry.key.span),
        read: whole(read)?,
        update: whole(update)?,
        when: when.ok()?,
        otherwise,
    })
}

fn otherwise(node: &Node, reader: &mut Reader<'_>) -> Option<Spanned<Otherwise>> {
    if let Kind::Mapping(_) = node.kind {
        let keys = reader.keys::<MaskMapping>(node, "a mask", OTHERWISE)?;
        let mask = reader.need(&keys, "mask", "mask: last4")?;
        let mask = reader.word::<Mask>(mask, "mask")?;
        return Some(Spanned::new(Otherwise::Mask(mask.value), mask.span));
    }
    let text = reader.scalar(node, "else", OTHERWISE)?;
    if text.value == "hide" {
        return Some(Spanned::new(Otherwise::Hide, text.span));
    }
    if authoring::word::<Mask>(&text.value).is_some() {
        reader.sink.error(say::bare_mask(text.span, &text.value));
    } else {
        reader.sink.error(shape::unknown_word(text.span, "else", &text.value, &["hide"]));
    }
    None
}
