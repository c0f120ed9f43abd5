//! `policy_test:` documents.

use athyper_schemas::authoring::{
    self, CellMapping, FieldCellMapping, PolicyTestDocument, PrincipalWord, TestMapping,
};
use athyper_schemas::bundle::Action;

use super::reader::{Keys, Reader};
use super::word::{self, Case};
use crate::ast::policy_test::{
    Actions, Block, Cells, Expected, FieldCells, Given, List, PolicyTest, Principal, Record, RecordsOf, Seen,
    Test,
};
use crate::ast::{Spanned, Text};
use crate::diag::policies as say;
use crate::diag::policy_tests as tell;
use crate::diag::shape::{self, Needed};
use crate::source::Span;
use crate::yaml::{Entry, Key, Kind, Node, Style};

const TESTS: Needed =
    Needed { what: "a list of tests", example: "tests: [{ name: Buyers read, expect: { .. } }]" };
const TEST: Needed = Needed {
    what: "a mapping",
    example: "{ name: Buyers read, expect: { ann: { draft: { allow: read } } } }",
};
const PRINCIPALS: Needed =
    Needed { what: "callers by name", example: "principals: { ann: { roles: [buyer] } }" };
const PRINCIPAL: Needed =
    Needed { what: "attributes, `anonymous` or `system`", example: "ann: { roles: [buyer], region: EU }" };
const RECORDS: Needed =
    Needed { what: "records by entity and name", example: "records: { Order: { draft: { region: EU } } }" };
const FIELDS: Needed = Needed { what: "fields with values", example: "draft: { region: EU, total: 100.00 }" };
const CHANGED: Needed = Needed { what: "fields with new values", example: "changed: { region: US }" };
const EXPECT: Needed = Needed {
    what: "principals, then records, then actions",
    example: "expect: { ann: { draft: { allow: [read, update], deny: \"*\" } } }",
};
const CELL: Needed =
    Needed { what: "what is allowed and denied", example: "draft: { allow: [read, update], deny: \"*\" }" };
const LIST: Needed =
    Needed { what: "principals with the records that they see", example: "list: { ann: [draft], bob: [] }" };
const SEEN: Needed = Needed {
    what: "principals, then records, then fields",
    example: "fields: { ann: { oak: { visible: [name], hidden: [iban] } } }",
};
const SEEN_CELL: Needed = Needed {
    what: "what is seen of the fields",
    example: "oak: { visible: [name], masked: { iban: \"****3000\" }, hidden: [notes] }",
};

pub(super) fn read(root: &Node, reader: &mut Reader<'_>) -> Option<PolicyTest> {
    let keys = reader.keys::<PolicyTestDocument>(root, "a policy test", TESTS)?;
    let name = word::document_name(reader, keys.get("policy_test")?, "policy_test")?;
    reader.text(&keys, "doc");
    let needed = Needed { what: "the name of an entity", example: "for: Order" };
    let entity =
        reader.need(&keys, "for", needed.example).and_then(|node| reader.scalar(node, "for", needed));
    let instant = Needed { what: "an instant", example: "now: 2026-03-01T09:00:00Z" };
    let now = keys.get("now").and_then(|node| reader.scalar(node, "now", instant));
    let principals = reader.need(&keys, "principals", PRINCIPALS.example);
    let principals = principals.map_or(&[][..], |node| reader.entries(node, "principals", PRINCIPALS));
    let principals = principals.iter().filter_map(|entry| principal(entry, reader)).collect();
    let groups = reader.need(&keys, "records", RECORDS.example);
    let groups = groups.map_or(&[][..], |node| reader.entries(node, "records", RECORDS));
    let records = groups.iter().map(|entry| group(entry, reader)).collect();
    let tests = reader.need(&keys, "tests", TESTS.example);
    if let Some(node) = tests {
        not_empty(node, "tests", reader);
    }
    let tests = tests.and_then(|node| reader.items(node, "tests", TESTS)).unwrap_or_default();
    let tests = tests.iter().filter_map(|node| test(node, reader)).collect();
    Some(PolicyTest { name, entity, now, principals, records, tests })
}

fn principal(entry: &Entry, reader: &mut Reader<'_>) -> Option<Principal> {
    let name = named(&entry.key, "principal", reader);
    let attributes = match &entry.value.kind {
        Kind::Mapping(mapping) => given(&mapping.entries),
        _ => {
            let text = reader.scalar(&entry.value, &name.value, PRINCIPAL)?;
            let word = authoring::word::<PrincipalWord>(&text.value);
            if word.is_none() {
                let known = authoring::words::<PrincipalWord>();
                reader.sink.error(shape::unknown_word(text.span, &name.value, &text.value, known));
            }
            return Some(Principal { name, word: Some(word?), attributes: Vec::new() });
        }
    };
    Some(Principal { name, word: None, attributes })
}

fn group(entry: &Entry, reader: &mut Reader<'_>) -> RecordsOf {
    let records = reader.entries(&entry.value, &entry.key.text, RECORDS).iter().map(|entry| {
        let name = named(&entry.key, "record", reader);
        let fields = given(reader.entries(&entry.value, &name.value, FIELDS));
        Record { name, fields }
    });
    let records = records.collect();
    RecordsOf { entity: Text::new(entry.key.text.clone(), entry.key.span), records }
}

/// A name that tests choose.
fn named(key: &Key, what: &'static str, reader: &mut Reader<'_>) -> Text {
    word::judge(reader, &key.text, key.span, Case::Any, what);
    Text::new(key.text.clone(), key.span)
}

fn given(entries: &[Entry]) -> Vec<Given> {
    let one = |entry: &Entry| Given {
        name: Text::new(entry.key.text.clone(), entry.key.span),
        value: entry.value.clone(),
    };
    entries.iter().map(one).collect()
}

fn test(node: &Node, reader: &mut Reader<'_>) -> Option<Test> {
    let keys = reader.keys::<TestMapping>(node, "a test", TEST)?;
    let name = reader.need(&keys, "name", "name: Buyers read the orders of their region");
    let name = name.and_then(|node| {
        reader.scalar(node, "name", Needed { what: "a sentence", example: "name: Buyers read" })
    });
    let changed = keys.get("changed").map_or(&[][..], |node| reader.entries(node, "changed", CHANGED));
    let test = Test {
        name: name?,
        changed: given(changed),
        expect: blocks(&keys, ("expect", EXPECT), reader)
            .into_iter()
            .filter_map(|(block, node)| Some(Cells { block, expected: expected(node, reader)? }))
            .collect(),
        lists: lists(&keys, reader),
        fields: blocks(&keys, ("fields", SEEN), reader)
            .into_iter()
            .filter_map(|(block, node)| Some(FieldCells { block, seen: seen(node, reader)? }))
            .collect(),
    };
    let unwritten = |key: &str| keys.get(key).is_none() && !keys.is_misspelt(key);
    if ["expect", "list", "fields"].into_iter().all(unwritten) && !reader.is_broken() {
        reader.sink.error(tell::nothing_expected(test.name.span));
    }
    Some(test)
}

/// Says that a test with nothing in this place would pass whatever the policies say.
fn not_empty(node: &Node, key: &str, reader: &mut Reader<'_>) {
    if is_empty(node) && !reader.is_broken() {
        reader.sink.error(tell::empty(node.span, key));
    }
}

fn is_empty(node: &Node) -> bool {
    match &node.kind {
        Kind::Mapping(mapping) => mapping.entries.is_empty(),
        Kind::Sequence(sequence) => sequence.items.is_empty(),
        _ => false,
    }
}

/// Principals and records with what stands below them.
fn blocks<'n>(
    keys: &Keys<'n>,
    (key, needed): (&'static str, Needed),
    reader: &mut Reader<'_>,
) -> Vec<(Block, &'n Node)> {
    let mut out = Vec::new();
    let Some(node) = keys.get(key) else { return out };
    not_empty(node, key, reader);
    for row in reader.entries(node, key, needed) {
        not_empty(&row.value, &row.key.text, reader);
        for cell in reader.entries(&row.value, &row.key.text, needed) {
            let block = Block { principals: together(&row.key), records: together(&cell.key) };
            not_empty(&cell.value, &cell.key.text, reader);
            out.push((block, &cell.value));
        }
    }
    out
}

/// The names in a key such as `ann, bob`, each with its place.
fn together(key: &Key) -> Vec<Text> {
    let mut out = Vec::new();
    let mut at = 0;
    for part in key.text.split(',') {
        let name = part.trim();
        let start = at + part.len() - part.trim_start().len();
        at += part.len() + 1;
        let begins = usize::try_from(key.span.start).unwrap_or_default() + start;
        let span = match key.style {
            Style::Plain => Span::new(key.span.file, begins..begins + name.len()),
            _ => key.span,
        };
        out.push(Text::new(name.into(), span));
    }
    out
}

fn expected(node: &Node, reader: &mut Reader<'_>) -> Option<Vec<Expected>> {
    let keys = reader.keys::<CellMapping>(node, "a cell", CELL)?;
    let mut out = Vec::new();
    for (key, allowed) in [("allow", true), ("deny", false)] {
        let Some(node) = keys.get(key) else { continue };
        not_empty(node, key, reader);
        if let Some(actions) = actions(node, key, reader) {
            out.push(Expected { allowed, actions });
        }
    }
    Some(out)
}

fn actions(node: &Node, key: &'static str, reader: &mut Reader<'_>) -> Option<Actions> {
    let needed = Needed { what: "actions", example: "allow: [read, update]" };
    let mut out = Vec::new();
    match &node.kind {
        Kind::Mapping(mapping) => {
            for entry in &mapping.entries {
                let Some(action) = action(&entry.key.text, entry.key.span, reader) else { continue };
                let rule = (!entry.value.is_null()).then(|| reader.scalar(&entry.value, key, needed));
                out.push((action, rule.flatten()));
            }
        }
        Kind::Sequence(sequence) => {
            for item in &sequence.items {
                let Some(text) = reader.scalar(item, key, needed) else { continue };
                out.extend(action(&text.value, text.span, reader).map(|action| (action, None)));
            }
        }
        _ => {
            let text = reader.scalar(node, key, needed)?;
            if text.value == "*" {
                return Some(Actions::Rest(text.span));
            }
            out.extend(action(&text.value, text.span, reader).map(|action| (action, None)));
        }
    }
    Some(Actions::Named(out))
}

fn action(word: &str, span: Span, reader: &mut Reader<'_>) -> Option<Spanned<Action>> {
    let action = authoring::word::<Action>(word);
    if action.is_none() {
        reader.sink.error(say::unknown_action(span, word));
    }
    action.map(|action| Spanned::new(action, span))
}

fn lists(keys: &Keys<'_>, reader: &mut Reader<'_>) -> Vec<List> {
    let mut out = Vec::new();
    let Some(node) = keys.get("list") else { return out };
    not_empty(node, "list", reader);
    for row in reader.entries(node, "list", LIST) {
        let records = match row.value.as_scalar() {
            Some(scalar) if scalar.value == "*" => vec![Text::new("*".into(), row.value.span)],
            _ => {
                let Some(items) = reader.items(&row.value, "list", LIST) else { continue };
                items.iter().filter_map(|item| reader.scalar(item, "list", LIST)).collect()
            }
        };
        out.push(List { principals: together(&row.key), records, span: row.value.span });
    }
    out
}

fn seen(node: &Node, reader: &mut Reader<'_>) -> Option<Vec<(Text, Seen)>> {
    let keys = reader.keys::<FieldCellMapping>(node, "what is seen", SEEN_CELL)?;
    let mut out = Vec::new();
    for (key, seen) in [("visible", Seen::Visible), ("hidden", Seen::Hidden)] {
        if let Some(node) = keys.get(key) {
            not_empty(node, key, reader);
        }
        let names = reader.names(&keys, key, SEEN_CELL);
        out.extend(names.into_iter().map(|name| (name, seen.clone())));
    }
    if let Some(node) = keys.get("masked") {
        not_empty(node, "masked", reader);
        match node.as_mapping() {
            Some(entries) => out.extend(given(entries).into_iter().map(|given| {
                let shown = (!given.value.is_null()).then_some(given.value);
                (given.name, Seen::Masked(shown))
            })),
            None => {
                let names = reader.names(&keys, "masked", SEEN_CELL);
                out.extend(names.into_iter().map(|name| (name, Seen::Masked(None))));
            }
        }
    }
    Some(out)
}
