//! Entities as meant, and the handle by which later phases ask about them.

use std::collections::BTreeSet;

use athyper_schemas::bundle::{Class, NumberPart, Reset, Trait};
use smol_str::SmolStr;

use super::{Arena, ExprId, Field, FieldId, FieldRef, Id, Model};
use crate::ast::Text;
use crate::source::Span;

/// The place of an entity in its model.
pub type EntityId = Id<Entity>;

/// The name of an entity, enum or policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// `sales.Order`.
    pub qualified: SmolStr,
    /// `sales`.
    pub module: SmolStr,
    /// `Order`.
    pub short: SmolStr,
    /// Where it was given.
    pub span: Span,
}

/// A kind of record.
#[derive(Debug, Clone)]
pub struct Entity {
    /// Its name.
    pub name: Name,
    /// For people, one record; derived from the name when absent.
    pub label: Option<String>,
    /// For people, many records.
    pub plural: Option<String>,
    /// What the entity stands for.
    pub doc: Option<String>,
    /// What role it plays in the business.
    pub class: Class,
    /// What it can do beyond the plain.
    pub traits: BTreeSet<Trait>,
    /// Set when its records are owned children.
    pub owner: Option<Owner>,
    /// The field that names a record to people.
    pub title: Option<FieldId>,
    /// The fields by which people and files identify a record.
    pub natural_key: Vec<FieldId>,
    /// The fields that `search=` looks in.
    pub search: Vec<FieldId>,
    /// System fields first, then those of traits, then the declared ones as written.
    pub fields: Arena<Field>,
    /// What must hold for every record.
    pub checks: Vec<Check>,
    /// Declared uniqueness over several fields; single fields carry theirs in [`Field::unique`].
    pub unique: Vec<Unique>,
    /// Declared indexes; single fields carry theirs in [`Field::index`].
    pub indexes: Vec<Index>,
    /// The series that numbers its records.
    pub number: Option<Numbering>,
    /// The name before a rename.
    pub was: Option<Text>,
    /// Where its parts stand.
    pub places: EntityPlaces,
    /// A mistake that hides fields was told already.
    pub fields_unread: bool,
}

/// Where the parts of an entity stand.
#[derive(Debug, Clone, Default)]
pub struct EntityPlaces {
    /// `title`.
    pub title: Option<Span>,
    /// The fields of `key`, as [`Entity::natural_key`].
    pub key: Vec<Span>,
    /// The fields of `search`, as [`Entity::search`].
    pub search: Vec<Span>,
    /// The traits, as written.
    pub traits: Vec<(Trait, Span)>,
}

/// Where an owned child belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The owning entity.
    pub entity: EntityId,
    /// The list field of the owner that holds it.
    pub field: FieldId,
}

/// A condition that every record must meet.
#[derive(Debug, Clone)]
pub struct Check {
    /// Unique inside the entity.
    pub name: SmolStr,
    /// Where the name stands.
    pub span: Span,
    /// The condition.
    pub assert: ExprId,
    /// What to tell the person who broke it.
    pub message: String,
}

/// Fields that together are unique.
#[derive(Debug, Clone)]
pub struct Unique {
    /// Unique inside the entity.
    pub name: SmolStr,
    /// Where the name stands.
    pub span: Span,
    /// In index order.
    pub fields: Vec<FieldId>,
    /// Where each of them stands.
    pub places: Vec<Span>,
}

/// A declared index.
#[derive(Debug, Clone)]
pub struct Index {
    /// Unique inside the entity.
    pub name: SmolStr,
    /// Where the name stands.
    pub span: Span,
    /// In index order.
    pub columns: Vec<IndexColumn>,
}

/// One column of an [`Index`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexColumn {
    /// The field.
    pub field: FieldId,
    /// Whether the order is descending.
    pub descending: bool,
    /// Where it stands.
    pub span: Span,
}

/// How records get their number.
#[derive(Debug, Clone)]
pub struct Numbering {
    /// The field that holds it.
    pub field: FieldId,
    /// The number, part by part.
    pub format: Vec<NumberPart>,
    /// Where the format stands.
    pub format_span: Span,
    /// When the sequence starts again.
    pub reset: Reset,
    /// Where the field is named.
    pub field_span: Span,
    /// Whether a rolled back create gives its number back.
    pub gapless: bool,
}

/// An entity of a model: small, copied freely, with the questions that phases ask.
#[derive(Debug, Clone, Copy)]
pub struct EntityRef<'m> {
    model: &'m Model,
    id: EntityId,
}

impl<'m> EntityRef<'m> {
    pub(super) fn new(model: &'m Model, id: EntityId) -> Self {
        Self { model, id }
    }

    /// The model it belongs to.
    #[must_use]
    pub fn model(self) -> &'m Model {
        self.model
    }

    /// Its place in the model.
    #[must_use]
    pub fn id(self) -> EntityId {
        self.id
    }

    /// What was said about it.
    #[must_use]
    pub fn get(self) -> &'m Entity {
        &self.model.entities[self.id]
    }

    /// Its names.
    #[must_use]
    pub fn name(self) -> &'m Name {
        &self.get().name
    }

    /// Whether it has this trait.
    #[must_use]
    pub fn has(self, t: Trait) -> bool {
        self.get().traits.contains(&t)
    }

    /// Whether its records are owned children.
    #[must_use]
    pub fn is_child(self) -> bool {
        self.get().owner.is_some()
    }

    /// The entity that owns its records.
    #[must_use]
    pub fn owner(self) -> Option<EntityRef<'m>> {
        self.get().owner.map(|owner| Self::new(self.model, owner.entity))
    }

    /// Every field: those of the runtime, those of traits, the declared ones.
    pub fn fields(self) -> impl DoubleEndedIterator<Item = FieldRef<'m>> {
        self.get().fields.ids().map(move |id| FieldRef::new(self, id))
    }

    /// The field with this id.
    #[must_use]
    pub fn field(self, id: FieldId) -> FieldRef<'m> {
        FieldRef::new(self, id)
    }

    /// The field with this name.
    #[must_use]
    pub fn field_named(self, name: &str) -> Option<FieldRef<'m>> {
        self.fields().find(|f| f.get().name == name)
    }

    /// The name of its table.
    #[must_use]
    pub fn table(self) -> String {
        crate::naming::table(&self.name().module, &self.name().short)
    }
}
