//! What records look like as JSON, said in JSON Schema 2020-12: shared by the schema files and OpenAPI.

use std::collections::BTreeMap;

use athyper_schemas::bundle::{Bundle, Entity, Enum, Field, PoliciesByEntity, Policy, System};
use serde_json::{Map, Value, json};

use super::json::{Part, finished, object};

pub(super) mod example;
mod masked;
mod scalar;

/// What a record is sent or answered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// An answer.
    Read,
    /// The body of a create.
    Create,
    /// The body of a replace.
    Replace,
    /// The body of a merge patch.
    Patch,
    /// An owned child inside a replace: with `id` an existing one, without a new one.
    ReplaceChild,
    /// An owned child inside a patch: with `id` an existing one, of which the rest stays; without a new one.
    PatchChild,
}

impl Purpose {
    /// The purpose of the children inside a record of this purpose.
    pub(super) fn of_children(self) -> Self {
        match self {
            Self::Read | Self::Create => self,
            Self::Replace | Self::ReplaceChild => Self::ReplaceChild,
            Self::Patch | Self::PatchChild => Self::PatchChild,
        }
    }

    /// What stands behind the name of the entity in the name of the schema.
    fn suffix(self) -> &'static str {
        match self {
            Self::Read => "",
            Self::Create => ".create",
            Self::Replace => ".replace",
            Self::Patch => ".patch",
            Self::ReplaceChild => ".replace.child",
            Self::PatchChild => ".patch.child",
        }
    }
}

/// The name of a schema among its siblings. Names of entities have no lower-case last part, so none clash.
pub(super) fn name(entity: &Entity, purpose: Purpose) -> String {
    format!("{}{}", entity.url, purpose.suffix())
}

/// Whether a record of this purpose has the field.
pub(super) fn has(entity: &Entity, field: &Field, purpose: Purpose) -> bool {
    let sent = field.is_writable() && !is_numbered(entity, field);
    match purpose {
        Purpose::Read => field.is_visible(),
        Purpose::Create | Purpose::Replace | Purpose::Patch => sent,
        Purpose::ReplaceChild | Purpose::PatchChild => sent || field.system == Some(System::Id),
    }
}

/// Whether a new record is refused without the field.
pub(super) fn must_be_sent(entity: &Entity, field: &Field) -> bool {
    let given = field.default.is_some() || field.copy.is_some() || field.ty.is_children();
    has(entity, field, Purpose::Create) && field.required && !given
}

/// Whether a number series gives the value.
fn is_numbered(entity: &Entity, field: &Field) -> bool {
    entity.number.as_ref().is_some_and(|number| number.field == field.name)
}

/// Writes schemas that refer to each other.
pub(super) struct Shapes<'b> {
    bundle: &'b Bundle,
    policies: &'b PoliciesByEntity<'b>,
    /// What stands before the name of a schema in a reference to it: `#/$defs/`.
    prefix: &'static str,
    /// Schemas that others refer to, by name; those that are pending are not there yet.
    named: BTreeMap<String, Option<Part>>,
    /// Those that were referred to and are not written yet: written one after another, however long the chain.
    pending: Vec<(&'b Entity, Purpose)>,
}

impl<'b> Shapes<'b> {
    pub(super) fn new(bundle: &'b Bundle, policies: &'b PoliciesByEntity<'b>, prefix: &'static str) -> Self {
        Self { bundle, policies, prefix, named: BTreeMap::new(), pending: Vec::new() }
    }

    fn about(&self, entity: &Entity) -> &[&'b Policy] {
        self.policies.get(entity.name.as_str()).map_or(&[], Vec::as_slice)
    }

    /// Every schema that was referred to so far.
    pub(super) fn into_named(mut self) -> BTreeMap<String, Part> {
        while let Some((entity, purpose)) = self.pending.pop() {
            let shape = finished(&self.record(entity, purpose));
            self.named.insert(name(entity, purpose), Some(shape));
        }
        self.named.into_iter().filter_map(|(name, shape)| Some((name, shape?))).collect()
    }

    /// A reference to the schema of `entity`, which will be among those of [`Shapes::into_named`].
    pub(super) fn reference(&mut self, entity: &'b Entity, purpose: Purpose) -> Value {
        let name = name(entity, purpose);
        if !self.named.contains_key(&name) {
            self.named.insert(name.clone(), None);
            self.pending.push((entity, purpose));
        }
        object([("$ref", format!("{}{name}", self.prefix).into())]).into()
    }

    /// The schema of a record.
    pub(super) fn record(&mut self, entity: &Entity, purpose: Purpose) -> Value {
        let mut properties = Map::new();
        for field in entity.fields.iter().filter(|field| has(entity, field, purpose)) {
            properties.insert(field.name.clone(), self.field(entity, field, purpose));
        }
        if let Some(masked) = masked::member(self.about(entity), entity).filter(|_| purpose == Purpose::Read)
        {
            properties.insert(masked::NAME.to_owned(), masked);
        }
        let mut shape = Map::new();
        shape.insert("type".to_owned(), "object".into());
        shape.insert("title".to_owned(), entity.label.as_str().into());
        if let Some(doc) = &entity.doc {
            shape.insert("description".to_owned(), doc.as_str().into());
        }
        shape.insert("properties".to_owned(), properties.into());
        shape.insert("additionalProperties".to_owned(), false.into());
        let required: Vec<&str> =
            entity.fields.iter().filter(|f| must_be_sent(entity, f)).map(|f| f.name.as_str()).collect();
        if !required.is_empty() {
            match purpose {
                Purpose::Create | Purpose::Replace | Purpose::ReplaceChild => {
                    shape.insert("required".to_owned(), required.into());
                }
                Purpose::PatchChild => {
                    let either = json!([{ "required": ["id"] }, { "required": required }]);
                    shape.insert("anyOf".to_owned(), either);
                }
                Purpose::Read | Purpose::Patch => {}
            }
        }
        if let Some(example) = self.example(entity, purpose) {
            shape.insert("examples".to_owned(), vec![example].into());
        }
        shape.into()
    }

    /// An example of a whole body: owned children have theirs inside their parent's.
    fn example(&self, entity: &Entity, purpose: Purpose) -> Option<Value> {
        match purpose {
            _ if entity.owner.is_some() => None,
            Purpose::Patch => example::patch(self.bundle, entity),
            _ => example::record(self.bundle, entity, purpose),
        }
    }

    /// The schema of one field's values.
    fn field(&mut self, entity: &Entity, field: &Field, purpose: Purpose) -> Value {
        let mut shape = self.values(field, purpose);
        if let Some(mask) = masked::mask(self.about(entity), field).filter(|_| purpose == Purpose::Read) {
            shape = object([("anyOf", vec![shape.into(), mask].into())]);
        }
        if !field.required && !field.ty.is_children() {
            shape = nullable(shape);
        }
        shape.insert("title".to_owned(), field.label.as_str().into());
        if let Some(doc) = &field.doc {
            shape.insert("description".to_owned(), doc.as_str().into());
        }
        if purpose == Purpose::Read && !field.is_writable() {
            shape.insert("readOnly".to_owned(), true.into());
        }
        let sent_whole = matches!(purpose, Purpose::Create | Purpose::Replace);
        if let Some(value) = field.default.as_ref().filter(|_| sent_whole).and_then(scalar::constant) {
            shape.insert("default".to_owned(), value);
        }
        shape.into()
    }

    fn values(&mut self, field: &Field, purpose: Purpose) -> Map<String, Value> {
        let bundle = self.bundle;
        let target = field.ty.target.as_deref();
        if let Some(child) = target.filter(|_| field.ty.is_children()).and_then(|name| bundle.entity(name)) {
            let items = self.reference(child, purpose.of_children());
            return object([("type", "array".into()), ("items", items)]);
        }
        if let Some(entity) = target.filter(|_| field.ty.is_ref()).and_then(|name| bundle.entity(name)) {
            let about = entity.name.as_str().into();
            let id =
                object([("type", "string".into()), ("format", "uuid".into()), ("x-athyper-entity", about)]);
            if purpose == Purpose::Read {
                let record = self.reference(entity, Purpose::Read);
                return object([("anyOf", vec![id.into(), record].into())]);
            }
            return id;
        }
        if let Some(named) = target.and_then(|name| bundle.enumeration(name)) {
            return self.enumeration(named);
        }
        if let Some(item) = &field.ty.item {
            let named = item.target.as_deref().and_then(|name| bundle.enumeration(name));
            let items = named.map_or_else(|| scalar::shape(item, None), |named| self.enumeration(named));
            return scalar::list(items.into(), &field.limits);
        }
        scalar::shape(&field.ty, Some(&field.limits))
    }

    fn enumeration(&mut self, written: &Enum) -> Map<String, Value> {
        let reference = format!("{}{}", self.prefix, written.name);
        self.named.entry(written.name.clone()).or_insert_with(|| {
            let names: Vec<&str> = written.values.iter().map(|value| value.name.as_str()).collect();
            let labels: Map<String, Value> =
                written.values.iter().map(|v| (v.name.clone(), v.label.as_str().into())).collect();
            let mut shape = object([
                ("type", "string".into()),
                ("title", written.label.as_str().into()),
                ("enum", names.into()),
                ("x-athyper-labels", labels.into()),
            ]);
            if let Some(doc) = &written.doc {
                shape.insert("description".to_owned(), doc.as_str().into());
            }
            Some(finished(&shape.into()))
        });
        object([("$ref", reference.into())])
    }
}

/// The same values and null.
fn nullable(mut shape: Map<String, Value>) -> Map<String, Value> {
    let nothing = object([("type", "null".into())]).into();
    if let Some(either) = shape.get_mut("anyOf").and_then(Value::as_array_mut) {
        either.push(nothing);
    } else if let Some(ty) = shape.get_mut("type").filter(|ty| ty.is_string()) {
        *ty = vec![ty.take(), "null".into()].into();
        if let Some(values) = shape.get_mut("enum").and_then(Value::as_array_mut) {
            values.push(Value::Null);
        }
    } else if shape.contains_key("$ref") {
        return object([("anyOf", vec![shape.into(), nothing].into())]);
    }
    shape
}
