//! A choice of values as the records and the caller that one model sees, and as rows of its tables.

use std::cell::RefCell;
use std::collections::BTreeMap;

use athyper_expr::Value;
use athyper_expr::eval::{Context, Program};
use athyper_schemas::bundle::{Action, Bundle, Entity, Field, System};
use athyper_schemas::ir::Kind;
use serde::Serialize;
use uuid::Uuid;

use super::looked_at::Key;
use super::values::{self, SOMEBODY, id};
use super::{NOW_US, RECORD, TODAY};
use crate::diff::report::Who;
use crate::policy_test::Bundled;

/// What is varied, with the value chosen; a change without a value of its own leaves the one before.
pub(super) type Chosen<'c> = BTreeMap<&'c Key, &'c Value>;

/// A record that must be there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its entity.
    pub entity: String,
    /// Its fields, as the API shows them; of an owned child also that of its owner.
    pub values: BTreeMap<String, serde_json::Value>,
}

/// What one model sees.
#[derive(Debug, Clone)]
pub(in crate::diff) struct Scene {
    /// The attributes of the caller.
    pub(super) user: Vec<Value>,
    /// The record as it is.
    pub now: Vec<Value>,
    /// The record as a change would leave it; nothing when nobody changes it.
    pub after: Vec<Value>,
}

impl Scene {
    pub(super) fn of(set: &Set<'_>, (who, action): (&Who, Action), chosen: &Chosen<'_>, whole: bool) -> Self {
        let created = action == Action::Create;
        let mut stage = Stage { set, chosen, whole, created, caller: Value::Null };
        let user = stage.user(who);
        let attribute = set.bundle.package.user.iter().position(|attribute| attribute.name == "id");
        let name = attribute.and_then(|at| user.get(at)).filter(|id| !id.is_null());
        stage.caller = Value::text(&name.map_or_else(|| SOMEBODY.to_owned(), Value::to_string));
        let record = |at| stage.record(set.entity, &at, (RECORD, RECORD));
        let now = record(Key::Now(Vec::new()));
        let after = if action == Action::Update { record(Key::After(Vec::new())) } else { Vec::new() };
        Self { user, now, after }
    }

    /// What a condition looks at.
    pub(in crate::diff) fn context<'s>(&'s self, this: &'s [Value], old: Option<&'s [Value]>) -> Context<'s> {
        Context { this, old, user: &self.user, now_us: NOW_US, today: TODAY }
    }

    /// The rows behind the record as it is: what it refers to first, then itself, then its children.
    pub(super) fn rows(&self, bundle: &Bundle, entity: &Entity) -> Vec<Row> {
        let mut rows = Vec::new();
        lay(bundle, entity, &self.now, &mut rows);
        rows
    }

    /// Those behind the record as a change would leave it; none when nobody changes it.
    pub(super) fn changed_rows(&self, bundle: &Bundle, entity: &Entity) -> Vec<Row> {
        let mut rows = Vec::new();
        if !self.after.is_empty() {
            lay(bundle, entity, &self.after, &mut rows);
        }
        rows
    }
}

/// Takes a record apart; a row is laid once.
fn lay(bundle: &Bundle, entity: &Entity, record: &[Value], rows: &mut Vec<Row>) {
    let mut values = BTreeMap::new();
    let mut children = Vec::new();
    for (field, value) in entity.fields.iter().zip(record) {
        match value {
            Value::List(items) if field.ty.is_children() => children.push((field, items)),
            Value::Record(inner) => {
                if let Some(target) = field.ty.target.as_deref().and_then(|name| bundle.entity(name)) {
                    lay(bundle, target, inner, rows);
                }
            }
            _ => {}
        }
        if field.ty.is_children() || field.column.is_none() {
            continue;
        }
        let value = match &field.computed {
            Some(computed) => computed_value(bundle, &computed.value, record),
            None => value.identity().clone(),
        };
        if !value.is_null() {
            values.insert(field.name.clone(), value.to_json());
        }
    }
    let row = Row { entity: entity.name.clone(), values };
    if !rows.contains(&row) {
        rows.push(row);
    }
    for (field, items) in children {
        let Some(child) = field.ty.target.as_deref().and_then(|name| bundle.entity(name)) else { continue };
        for item in items.iter() {
            if let Value::Record(inner) = item {
                lay(bundle, child, inner, rows);
            }
        }
    }
}

fn computed_value(bundle: &Bundle, expr: &athyper_schemas::ir::Expr, record: &[Value]) -> Value {
    let context = Context { this: record, now_us: NOW_US, today: TODAY, ..Context::EMPTY };
    let program = Program::compile(expr, &Bundled(bundle));
    program.ok().and_then(|program| program.evaluate(&context).ok()).unwrap_or(Value::Null)
}

/// Examples of fields, by entity and field.
type Examples<'b> = BTreeMap<(&'b str, &'b str), Value>;

/// A model, the entity in it that is looked at, and what stands for what nobody looks at.
pub(super) struct Set<'b> {
    pub bundle: &'b Bundle,
    pub entity: &'b Entity,
    examples: RefCell<Examples<'b>>,
}

impl<'b> Set<'b> {
    pub(super) fn of(bundle: &'b Bundle, entity: &'b Entity) -> Self {
        Self { bundle, entity, examples: RefCell::default() }
    }

    fn example(&self, entity: &'b Entity, field: &'b Field) -> Value {
        let key = (entity.name.as_str(), field.name.as_str());
        if let Some(known) = self.examples.borrow().get(&key) {
            return known.clone();
        }
        let value = values::example(field, self.bundle).unwrap_or(Value::Null);
        self.examples.borrow_mut().insert(key, value.clone());
        value
    }
}

struct Stage<'s, 'b> {
    set: &'s Set<'b>,
    chosen: &'s Chosen<'s>,
    /// Whether records that nobody looks at are there too.
    whole: bool,
    /// Whether the record is a new one: then the caller made it.
    created: bool,
    /// The caller's name.
    caller: Value,
}

/// A record's id and that of its owner.
type Ids = (Uuid, Uuid);

impl<'b> Stage<'_, 'b> {
    fn user(&self, who: &Who) -> Vec<Value> {
        let attribute = |attribute: &athyper_schemas::bundle::UserAttribute| {
            if attribute.name == "roles" {
                return Value::list(who.roles().iter().map(|role| Value::text(role)).collect());
            }
            match self.chosen.get(&Key::User(attribute.name.clone())) {
                Some(value) => (*value).clone(),
                None if attribute.name == "id" && attribute.ty.kind == Kind::Text => Value::text(SOMEBODY),
                None => Value::Null,
            }
        };
        self.set.bundle.package.user.iter().map(attribute).collect()
    }

    /// What was chosen for a key; after a change what was there before, when nothing else was chosen.
    fn value(&self, key: &Key) -> Option<&Value> {
        let before = Key::Now(key.path().to_vec());
        self.chosen.get(key).or_else(|| self.chosen.get(&before)).copied()
    }

    fn record(&self, entity: &'b Entity, at: &Key, ids: Ids) -> Vec<Value> {
        entity.fields.iter().map(|field| self.field(entity, field, at, ids)).collect()
    }

    /// What the server gives a field; nothing when somebody else does.
    fn own(&self, field: &Field, at: &Key, (own, owner): Ids) -> Option<Value> {
        match field.system? {
            System::Id => Some(Value::Uuid(own)),
            System::Parent => Some(Value::Uuid(owner)),
            System::Position => Some(position(at)),
            System::DeletedAt => Some(Value::Null),
            System::CreatedBy if self.created => Some(self.caller.clone()),
            System::UpdatedBy if self.created || matches!(at, Key::After(_)) => Some(self.caller.clone()),
            _ => None,
        }
    }

    fn field(&self, entity: &'b Entity, field: &'b Field, at: &Key, ids: Ids) -> Value {
        if let Some(value) = self.own(field, at, ids) {
            return value;
        }
        let key = inside(at, &field.name);
        let target = || field.ty.target.as_deref().and_then(|name| self.set.bundle.entity(name));
        if field.ty.is_children() {
            let Some(Value::Int(count)) = self.value(&key) else { return Value::list(Vec::new()) };
            let child = |number: i64| {
                let at = inside(&key, &number.to_string());
                target().map(|child| Value::record(self.record(child, &at, (child_id(&at), ids.0))))
            };
            return Value::list((0..*count).filter_map(child).collect());
        }
        let value = match self.value(&key) {
            Some(value) => value.clone(),
            None if field.computed.is_some() || !field.required => return Value::Null,
            None => self.set.example(entity, field),
        };
        match (&value, target().filter(|_| field.ty.is_ref())) {
            // A record that refers to its own kind, and so on, ends with the first that nobody looks at.
            (Value::Uuid(id), Some(target))
                if self.whole && key.path().len() < 6 && target.name != entity.name =>
            {
                Value::record(self.record(target, &key, (*id, *id)))
            }
            (Value::Uuid(id), Some(target)) if self.looks_below(&key) => {
                Value::record(self.record(target, &key, (*id, *id)))
            }
            _ => value,
        }
    }

    fn looks_below(&self, key: &Key) -> bool {
        let path = key.path();
        self.chosen.keys().any(|other| other.path().len() > path.len() && other.path().starts_with(path))
    }
}

fn inside(key: &Key, name: &str) -> Key {
    let mut path = key.path().to_vec();
    path.push(name.to_owned());
    match key {
        Key::After(_) => Key::After(path),
        _ => Key::Now(path),
    }
}

/// The same child has the same id before and after a change.
fn child_id(at: &Key) -> Uuid {
    id(values::hashed(at.path()))
}

fn position(at: &Key) -> Value {
    at.path().last().and_then(|number| number.parse().ok()).map_or(Value::Null, Value::Int)
}
