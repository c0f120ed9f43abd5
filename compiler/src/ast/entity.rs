//! An entity as written.

use athyper_schemas::bundle::{Class, Reset, Trait};

use super::{Field, Name, Passage, Spanned, Text};

/// A document that starts with `entity:`.
#[derive(Debug, Clone)]
pub struct Entity {
    /// Its name.
    pub name: Name,
    /// `label`.
    pub label: Option<String>,
    /// `plural`.
    pub plural: Option<String>,
    /// `doc`.
    pub doc: Option<String>,
    /// `class`.
    pub class: Option<Class>,
    /// `traits`.
    pub traits: Vec<Spanned<Trait>>,
    /// `title`.
    pub title: Option<Text>,
    /// `key`.
    pub key: Vec<Text>,
    /// `search`.
    pub search: Vec<Text>,
    /// `number`.
    pub number: Option<Number>,
    /// `fields`, in the order written.
    pub fields: Vec<Field>,
    /// Whether `fields` could not be read, or not to their end.
    pub fields_unread: bool,
    /// `checks`, in the order written.
    pub checks: Vec<Check>,
    /// `unique`, in the order written.
    pub unique: Vec<Unique>,
    /// `indexes`, in the order written.
    pub indexes: Vec<Unique>,
    /// `was`.
    pub was: Option<Text>,
}

/// `number: { field, format, reset, gapless }`.
#[derive(Debug, Clone)]
pub struct Number {
    /// `field`.
    pub field: Text,
    /// `format`.
    pub format: Passage,
    /// `reset`.
    pub reset: Option<Spanned<Reset>>,
    /// `gapless`.
    pub gapless: bool,
}

/// `name: { assert, message }`.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its name.
    pub name: Text,
    /// `assert`.
    pub assert: Passage,
    /// `message`.
    pub message: String,
}

/// A named list of fields: of `unique` or of `indexes`.
#[derive(Debug, Clone)]
pub struct Unique {
    /// Its name.
    pub name: Text,
    /// Its fields.
    pub columns: Vec<Column>,
    /// Whether all of them could be read.
    pub read: bool,
}

/// A field in such a list.
#[derive(Debug, Clone)]
pub struct Column {
    /// The field.
    pub field: Text,
    /// Whether `desc` follows.
    pub descending: bool,
}
