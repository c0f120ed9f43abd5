//! A policy test as meant: names are places, values have the kinds of their fields.

use std::collections::{BTreeMap, BTreeSet};

use athyper_expr::Value;
use athyper_policy::{Caller, Standing};
use athyper_schemas::bundle::Action;
use smol_str::SmolStr;
use uuid::Uuid;

use crate::ast::Text;
use crate::source::Span;

/// One document.
#[derive(Debug, Clone)]
pub struct Suite {
    /// `module.Name`.
    pub name: SmolStr,
    /// The entity it is about, `module.Name`.
    pub entity: SmolStr,
    /// What `now()` is, in microseconds since 1970.
    pub now_us: i64,
    /// Callers, in the order written.
    pub principals: Vec<Principal>,
    /// Every record: those with names first, in the order written, then what they own and what changes bring.
    pub records: Vec<Record>,
    /// Places in `records`, by id.
    pub by_id: BTreeMap<Uuid, usize>,
    /// In the order written.
    pub tests: Vec<Test>,
}

/// A caller.
#[derive(Debug, Clone)]
pub struct Principal {
    /// By what the tests know him.
    pub name: Text,
    /// How he came to ask.
    pub standing: Standing,
    /// His roles.
    pub roles: BTreeSet<SmolStr>,
    /// His attributes, in the order of the package.
    pub attributes: Vec<Value>,
}

impl Principal {
    /// As policies look at him.
    #[must_use]
    pub const fn caller(&self) -> Caller<'_> {
        Caller { standing: self.standing, roles: &self.roles }
    }
}

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// By what the tests know it; of an owned one, where it stands.
    pub name: SmolStr,
    /// Where it is named.
    pub span: Span,
    /// Its entity, `module.Name`.
    pub entity: SmolStr,
    /// By field; references are ids, owned records stand in `children`.
    pub values: Vec<Value>,
    /// The fields that the author gave.
    pub said: BTreeSet<usize>,
    /// Owned records by field, as places in [`Suite::records`].
    pub children: BTreeMap<usize, Vec<usize>>,
    /// Whether it is there before anything is tried.
    pub stored: bool,
}

/// One test.
#[derive(Debug, Clone)]
pub struct Test {
    /// What is expected, as a sentence.
    pub name: Text,
    /// What `update` and `create` write.
    pub change: Change,
    /// Allowed or denied.
    pub cells: Vec<Cell>,
    /// Which records somebody sees.
    pub lists: Vec<Listed>,
    /// How somebody sees fields.
    pub seen: Vec<SeenCell>,
}

/// New values of a record.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// By field.
    pub values: BTreeMap<usize, Value>,
    /// Owned records that take the place of those before, by field.
    pub children: BTreeMap<usize, Vec<usize>>,
}

/// One expectation.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The place of the principal.
    pub principal: usize,
    /// The place of the record.
    pub record: usize,
    /// What he tries.
    pub action: Action,
    /// Whether he may.
    pub allowed: bool,
    /// The rule that decides: its policy and its id.
    pub because: Option<(String, String)>,
    /// Where it is expected.
    pub span: Span,
}

/// The records that somebody sees.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The place of the principal.
    pub principal: usize,
    /// The places of the records.
    pub records: BTreeSet<usize>,
    /// Where it is expected.
    pub span: Span,
}

/// How somebody sees a field of a record.
#[derive(Debug, Clone)]
pub struct SeenCell {
    /// The place of the principal.
    pub principal: usize,
    /// The place of the record.
    pub record: usize,
    /// The field.
    pub field: String,
    /// How.
    pub seen: Seen,
    /// Where it is expected.
    pub span: Span,
}

/// How a field is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Whole.
    Visible,
    /// Masked; as this text, when it is known.
    Masked(Option<String>),
    /// Not at all.
    Hidden,
}
