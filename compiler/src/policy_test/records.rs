//! The records of a policy test: what is given, what follows from it, and what stands for what nobody said.

use std::collections::{BTreeMap, BTreeSet};

use athyper_expr::Value;
use athyper_expr::eval::Program;
use athyper_schemas::bundle::{Bundle, Entity, Field, System};
use smol_str::{SmolStr, format_smolstr};
use uuid::Uuid;

use super::names::{Planner, entity_named};
use super::stage::{Bundled, Moment};
use super::suite::{Change, Record};
use super::{bounds, value};
use crate::ast::Text;
use crate::ast::policy_test::{self as ast, Given};
use crate::diag::{names, policy_tests as tell};
use crate::source::Span;
use crate::yaml::{Kind as Yaml, Node};

/// Who made a record that does not say so.
const SOMEBODY: &str = "somebody";

/// The ids of records that do not say theirs.
const RECORD_IDS: u128 = 0x0000_0000_0000_7000_8000_0000_0000_0000;

/// What a record is made of while it is read.
struct Draft<'b> {
    entity: &'b Entity,
    record: Record,
}

impl Planner<'_> {
    /// Reads every record. Those with names are known before any is read: they refer to each other.
    pub(super) fn records(&mut self, document: &ast::PolicyTest) {
        let bundle = self.bundle;
        let mut open: Vec<(usize, &Entity, &[Given])> = Vec::new();
        for group in &document.records {
            let found = entity_named(bundle, &group.entity, &document.name.module, self.sink);
            for written in &group.records {
                let place = self.suite.records.len();
                let name = &written.name;
                if let Some((_, first)) = self.named.get(&name.value) {
                    self.sink.error(tell::named_twice(name.span, *first, &name.value));
                    continue;
                }
                // Of an unknown entity the name is known all the same: that is one mistake.
                self.named.insert(name.value.clone(), (place, name.span));
                let of = found.map_or(SmolStr::default(), |entity| SmolStr::new(&entity.name));
                let fields = found.map_or(0, |entity| entity.fields.len());
                let mut record = blank(&name.value, name.span, of, fields);
                record.set(0, Value::Uuid(self.own_id(written, place)));
                self.suite.by_id.insert(record.id(), place);
                self.suite.records.push(record);
                open.extend(found.map(|entity| (place, entity, written.fields.as_slice())));
            }
        }
        for (place, entity, given) in open {
            let Some(record) = self.suite.records.get(place).cloned() else { continue };
            let mut draft = Draft { entity, record };
            draft.record.stored = true;
            self.give(&mut draft, given);
            self.derive(&mut draft);
            if let Some(slot) = self.suite.records.get_mut(place) {
                *slot = draft.record;
            }
        }
    }

    fn own_id(&mut self, written: &ast::Record, place: usize) -> Uuid {
        let given = written.fields.iter().find(|given| given.name.value == "id");
        let text = given.and_then(|given| given.value.as_scalar());
        text.and_then(|scalar| Uuid::try_parse(&scalar.value).ok()).unwrap_or_else(|| self.next_id(place))
    }

    fn next_id(&self, place: usize) -> Uuid {
        Uuid::from_u128(RECORD_IDS + 1 + u128::try_from(place).unwrap_or_default())
    }

    /// What a test changes, as fields of its entity.
    pub(super) fn change(&mut self, given: &[Given]) -> Change {
        let bundle = self.bundle;
        let Some(entity) = bundle.entity(&self.suite.entity) else { return Change::default() };
        let span = given.first().map(|given| given.name.span);
        let Some(span) = span else { return Change::default() };
        let mut draft =
            Draft { entity, record: blank("changed", span, SmolStr::new(&entity.name), entity.fields.len()) };
        self.give(&mut draft, given);
        let Record { values, said, children, .. } = draft.record;
        let values = values.into_iter().enumerate().filter(|(at, _)| said.contains(at));
        let values = values.filter(|(at, _)| !children.contains_key(at)).collect();
        Change { values, children }
    }

    /// Puts what the author gave into a record.
    fn give(&mut self, draft: &mut Draft<'_>, given: &[Given]) {
        for one in given {
            let name = &one.name;
            let Some((at, field)) =
                draft.entity.fields.iter().enumerate().find(|(_, field)| field.name == name.value)
            else {
                let known = draft.entity.fields.iter().filter(|field| refusal(field).is_none());
                let known = known.map(|field| field.name.as_str());
                let short = draft.entity.name.rsplit('.').next().unwrap_or_default();
                self.sink.error(names::unknown_field(name.span, short, &name.value, known));
                continue;
            };
            if let Some(why) = refusal(field) {
                self.sink.error(tell::not_given(name.span, &name.value, why));
                continue;
            }
            draft.record.said.insert(at);
            if field.ty.is_children() {
                let children = self.children(field, &draft.record, &one.value);
                draft.record.children.insert(at, children);
            } else if let Some(value) = self.field_value(field, &one.value) {
                draft.record.set(at, value);
            }
        }
    }

    fn field_value(&mut self, field: &Field, node: &Node) -> Option<Value> {
        if node.is_null() {
            if field.required {
                self.sink.error(tell::null_value(node.span, &field.name));
            }
            return Some(Value::Null);
        }
        if !field.ty.is_ref() {
            let value = value::read(node, (&field.name, &field.ty.kind()), self.bundle, self.sink)?;
            if let Some(needed) = bounds::broken(field, &value) {
                self.sink.error(tell::beyond_limit(node.span, &field.name, &needed));
            }
            return Some(value);
        }
        let Some(scalar) = node.as_scalar() else {
            let needed = "the name of a record";
            self.sink.error(tell::wrong_shape(node.span, &field.name, needed, node.describe()));
            return None;
        };
        let place = self.record_named(&Text::new(scalar.value.clone(), node.span))?;
        let target = self.suite.records.get(place)?;
        let needed = field.ty.target.as_deref().unwrap_or_default();
        if !target.entity.is_empty() && target.entity != needed {
            let places = (target.entity.as_str(), needed);
            let told = tell::record_of_other_entity(node.span, &scalar.value, places, target.span);
            self.sink.error(told);
            return None;
        }
        Some(Value::Uuid(target.id()))
    }

    /// The record of this name.
    pub(super) fn record_named(&mut self, name: &Text) -> Option<usize> {
        let found = self.named.get(&name.value).map(|(place, _)| *place);
        if found.is_none() {
            let known = self.named.keys().map(SmolStr::as_str);
            self.sink.error(tell::unknown_record(name.span, &name.value, known));
        }
        found
    }

    fn children(&mut self, field: &Field, record: &Record, node: &Node) -> Vec<usize> {
        let bundle = self.bundle;
        let target = field.ty.target.as_deref().and_then(|target| bundle.entity(target));
        let (Some(entity), Yaml::Sequence(sequence)) = (target, &node.kind) else {
            let needed = "a list of records";
            self.sink.error(tell::wrong_shape(node.span, &field.name, needed, node.describe()));
            return Vec::new();
        };
        let mut places = Vec::new();
        for (position, item) in (0i64..).zip(&sequence.items) {
            let Some(entries) = item.as_mapping() else {
                self.sink.error(tell::wrong_shape(
                    item.span,
                    &field.name,
                    "fields with values",
                    item.describe(),
                ));
                continue;
            };
            let name = format_smolstr!("{}.{}[{position}]", record.name, field.name);
            let of = SmolStr::new(&entity.name);
            let mut draft = Draft { entity, record: blank(&name, item.span, of, entity.fields.len()) };
            let place = self.suite.records.len();
            self.suite.records.push(draft.record.clone());
            draft.record.set(0, Value::Uuid(self.next_id(place)));
            draft.record.stored = record.stored;
            for (at, field) in entity.fields.iter().enumerate() {
                match field.system {
                    Some(System::Parent) => draft.record.set(at, Value::Uuid(record.id())),
                    Some(System::Position) => draft.record.set(at, Value::Int(position)),
                    _ => {}
                }
            }
            let given: Vec<Given> = entries
                .iter()
                .map(|entry| Given {
                    name: Text::new(entry.key.text.clone(), entry.key.span),
                    value: entry.value.clone(),
                })
                .collect();
            self.give(&mut draft, &given);
            self.derive(&mut draft);
            self.suite.by_id.insert(draft.record.id(), place);
            if let Some(slot) = self.suite.records.get_mut(place) {
                *slot = draft.record;
            }
            places.push(place);
        }
        places
    }

    /// Defaults, and what the server keeps.
    fn derive(&self, draft: &mut Draft<'_>) {
        let now_us = self.suite.now_us;
        let nobody = vec![Value::Null; self.bundle.package.user.len()];
        let moment = Moment { user: &nobody, now_us };
        for (at, field) in draft.entity.fields.iter().enumerate() {
            if draft.record.said.contains(&at) {
                continue;
            }
            match field.system {
                Some(System::Version) => draft.record.set(at, Value::Int(1)),
                Some(System::CreatedAt | System::UpdatedAt) => draft.record.set(at, Value::Datetime(now_us)),
                Some(System::CreatedBy | System::UpdatedBy) => draft.record.set(at, Value::text(SOMEBODY)),
                _ => {}
            }
            let program =
                field.default.as_ref().map(|default| Program::compile(default, &Bundled(self.bundle)));
            if let Some(Ok(program)) = program
                && let Ok(value) = program.evaluate(&moment.context(&[], None))
            {
                draft.record.set(at, value);
            }
        }
    }

    /// Copies follow the references, as often as copies are copied.
    pub(super) fn copies(&mut self) {
        for _ in 0..self.suite.records.len() {
            let mut moved = false;
            for place in 0..self.suite.records.len() {
                let Some(record) = self.suite.records.get(place) else { continue };
                let copies = copied(self.bundle, record, |reference, field| {
                    self.suite.copied(self.bundle, record.values.get(reference), field)
                });
                let Some(record) = self.suite.records.get_mut(place) else { continue };
                for (at, value) in copies {
                    let same = record.values.get(at).is_some_and(|old| old.to_json() == value.to_json());
                    moved |= !same;
                    record.set(at, value);
                }
            }
            if !moved {
                return;
            }
        }
    }

    /// What conditions look at must be said.
    pub(super) fn complete(&mut self) {
        for record in &self.suite.records {
            let Some(entity) = self.bundle.entity(&record.entity) else { continue };
            for (at, field) in entity.fields.iter().enumerate() {
                let key = (record.entity.clone(), SmolStr::new(&field.name));
                let missing = field.required && !field.ty.is_children() && field.computed.is_none();
                let missing = missing && field.system.is_none() && self.looked_at.contains(&key);
                let is_null = record.values.get(at).is_none_or(Value::is_null);
                if missing && is_null && !record.said.contains(&at) {
                    let short = entity.name.rsplit('.').next().unwrap_or_default();
                    let told = tell::unsaid_field(record.span, &record.name, &field.name, short);
                    self.sink.error(told);
                }
            }
        }
    }
}

/// The copies of a record that follow from its references.
fn copied(bundle: &Bundle, record: &Record, of: impl Fn(usize, &str) -> Value) -> BTreeMap<usize, Value> {
    let fields = bundle.entity(&record.entity).map_or(&[][..], |entity| &entity.fields);
    let open = fields.iter().enumerate().filter(|(at, _)| !record.said.contains(at));
    open.filter_map(|(at, field)| {
        let copy = field.copy.as_ref()?;
        let reference = fields.iter().position(|field| field.name == copy.reference)?;
        Some((at, of(reference, &copy.field)))
    })
    .collect()
}

fn blank(name: &str, span: Span, entity: SmolStr, fields: usize) -> Record {
    Record {
        name: SmolStr::new(name),
        span,
        entity,
        values: vec![Value::Null; fields.max(1)],
        said: BTreeSet::new(),
        children: BTreeMap::new(),
        stored: false,
    }
}

/// Why a test may not give a field, if it may not.
fn refusal(field: &Field) -> Option<&'static str> {
    if field.computed.is_some() {
        return Some("it follows from other fields");
    }
    match field.system {
        Some(System::Version | System::Parent | System::Position) => Some("the server keeps it"),
        Some(System::DeletedAt) => Some("a deleted record is not there for anybody"),
        _ => None,
    }
}
