//! Policy tests as written. Values are kept as they stand: only the fields they belong to know what they mean.

use athyper_schemas::authoring::PrincipalWord;
use athyper_schemas::bundle::Action;

use super::{Name, Spanned, Text};
use crate::source::Span;
use crate::yaml::Node;

/// A document that starts with `policy_test:`.
#[derive(Debug, Clone)]
pub struct PolicyTest {
    /// Its name.
    pub name: Name,
    /// `for`.
    pub entity: Option<Text>,
    /// `now`.
    pub now: Option<Text>,
    /// `principals`, in the order written.
    pub principals: Vec<Principal>,
    /// `records`, in the order written.
    pub records: Vec<RecordsOf>,
    /// `tests`, in the order written.
    pub tests: Vec<Test>,
}

/// A named caller.
#[derive(Debug, Clone)]
pub struct Principal {
    /// By what the tests know him.
    pub name: Text,
    /// Set when he is one without attributes.
    pub word: Option<PrincipalWord>,
    /// What is known of him.
    pub attributes: Vec<Given>,
}

/// A value under a name of the model.
#[derive(Debug, Clone)]
pub struct Given {
    /// The field or attribute.
    pub name: Text,
    /// The value.
    pub value: Node,
}

/// Named records of one entity.
#[derive(Debug, Clone)]
pub struct RecordsOf {
    /// The entity.
    pub entity: Text,
    /// In the order written.
    pub records: Vec<Record>,
}

/// A named record.
#[derive(Debug, Clone)]
pub struct Record {
    /// By what the tests know it.
    pub name: Text,
    /// Its fields.
    pub fields: Vec<Given>,
}

/// One test.
#[derive(Debug, Clone)]
pub struct Test {
    /// What is expected, as a sentence.
    pub name: Text,
    /// `changed`.
    pub changed: Vec<Given>,
    /// `expect`.
    pub expect: Vec<Cells>,
    /// `list`.
    pub lists: Vec<List>,
    /// `fields`.
    pub fields: Vec<FieldCells>,
}

/// Who, and what: the product of both.
#[derive(Debug, Clone)]
pub struct Block {
    /// Principals.
    pub principals: Vec<Text>,
    /// Records.
    pub records: Vec<Text>,
}

/// What some principals may do with some records.
#[derive(Debug, Clone)]
pub struct Cells {
    /// Who, and with what.
    pub block: Block,
    /// What is allowed, then what is denied.
    pub expected: Vec<Expected>,
}

/// Actions that are expected to be allowed, or to be denied.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Which of the two.
    pub allowed: bool,
    /// Which actions.
    pub actions: Actions,
}

/// Actions as written.
#[derive(Debug, Clone)]
pub enum Actions {
    /// `"*"`: every action that is not named.
    Rest(Span),
    /// These, perhaps with the rule that decides.
    Named(Vec<(Spanned<Action>, Option<Text>)>),
}

/// Which records some principals see.
#[derive(Debug, Clone)]
pub struct List {
    /// Principals.
    pub principals: Vec<Text>,
    /// The records; `"*"` is all.
    pub records: Vec<Text>,
    /// The whole list.
    pub span: Span,
}

/// What some principals see of the fields of some records.
#[derive(Debug, Clone)]
pub struct FieldCells {
    /// Who, and of what.
    pub block: Block,
    /// Field by field.
    pub seen: Vec<(Text, Seen)>,
}

/// How a field is seen.
#[derive(Debug, Clone)]
pub enum Seen {
    /// Whole.
    Visible,
    /// As something made of it: this, when it is said.
    Masked(Option<Node>),
    /// Not at all.
    Hidden,
}
