//! The only place where SQL text is made: words of ours, names from the catalog, and binds. Pure.
//!
//! May not enter: text that a client wrote. A client's values are [`Bind`]s.

use std::fmt::Write as _;
use std::sync::Arc;

use athyper_expr::sql::{Bind as Wanted, SqlText, session};
use athyper_expr::value::Stored;
use athyper_schemas::dialect::Dialect;
use athyper_schemas::ir::Node;
use uuid::Uuid;

use crate::catalog::Catalog;
use crate::plan::{Constant, Moment};
use crate::policy::Access;

pub mod decisions;
mod dialect;
pub mod files;
pub mod own;
pub mod read;
mod script;
mod tables;
pub mod write;

pub use script::Script;

/// A value for a placeholder, in the form in which the database stores it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bind {
    /// `NULL`.
    Null,
    /// Integers, truth values (0 and 1), units of decimals, microseconds of durations.
    Int(i64),
    /// Everything else.
    Text(Arc<str>),
}

impl From<Stored> for Bind {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Null => Self::Null,
            Stored::Int(number) => Self::Int(number),
            Stored::Text(text) => Self::Text(text),
        }
    }
}

impl Bind {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }
}

/// One SQL statement and its values. Only this module makes one:
///
/// ```compile_fail,E0451
/// athyper_runtime::sql::Statement { text: "DROP TABLE x".into(), binds: Vec::new() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    text: Arc<str>,
    binds: Vec<Bind>,
    places: Arc<[Place]>,
}

/// Where in a text a placeholder is written, and the number of its value.
type Place = (usize, usize);

impl Statement {
    /// The text, with numbered placeholders: `$1` is the first of the binds.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The values, by the number of their placeholder.
    #[must_use]
    pub fn binds(&self) -> &[Bind] {
        &self.binds
    }

    /// Statements that run one after the other, as one text with the values of all: the placeholders are counted on.
    #[must_use]
    pub fn joined<'s>(parts: impl Iterator<Item = &'s Self> + Clone) -> Self {
        let length = parts.clone().map(|part| part.text.len() + 2 * part.places.len() + 2).sum();
        let mut text = String::with_capacity(length);
        let mut binds = Vec::with_capacity(parts.clone().map(|part| part.binds.len()).sum());
        for part in parts {
            if !text.is_empty() {
                text.push_str("; ");
            }
            let mut written = 0;
            for (at, number) in part.places.iter() {
                text.push_str(part.text.get(written..*at).unwrap_or_default());
                let _ = write!(text, "${}", binds.len() + number);
                written = at + 1 + digits(*number);
            }
            text.push_str(part.text.get(written..).unwrap_or_default());
            binds.extend_from_slice(&part.binds);
        }
        Self { text: text.into(), binds, places: Arc::default() }
    }
}

/// How many digits a number has.
fn digits(number: usize) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// What fills a placeholder when a [`Template`] becomes a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Slot {
    /// Always this.
    Value(Bind),
    /// The tenant of the request.
    Tenant,
    /// The id that is asked for.
    Id,
    /// How many rows are asked for.
    Limit,
    /// This key of the place where a page begins.
    Key(usize),
    /// The value of the expression with this number among the constants of the template.
    Constant(usize),
    /// What row level security sees of the tenant: all of it, or what the caller may read.
    Sight,
    /// Who asks, for row level security.
    Caller,
    /// When he asks, for row level security.
    Now,
}

/// A statement for every request of one shape: the text is made once. Only this module makes one.
#[derive(Debug, Clone)]
pub struct Template {
    dialect: Dialect,
    text: Arc<str>,
    slots: Vec<Slot>,
    places: Arc<[Place]>,
    constants: Vec<Constant>,
}

/// What one request fills a [`Template`] with.
#[derive(Debug, Clone, Copy)]
pub struct Filling<'f> {
    /// By which right: the tenant is that of its scope, never another.
    pub access: &'f Access,
    /// What is constant for the request.
    pub moment: &'f Moment,
    /// The id that is asked for.
    pub id: Option<Uuid>,
    /// How many rows are asked for.
    pub limit: u32,
    /// Where the page begins.
    pub keys: &'f [Bind],
    /// Whether it runs in a transaction of this program, which goes on seeing the whole tenant.
    pub in_transaction: bool,
}

impl Template {
    /// The statement for one request.
    #[must_use]
    pub fn fill(&self, with: &Filling<'_>) -> Statement {
        let bind = |slot: &Slot| match slot {
            Slot::Value(value) => value.clone(),
            Slot::Tenant => Bind::text(with.access.scope().tenant().as_str()),
            Slot::Sight => Bind::text(if with.in_transaction { session::WHOLE_TENANT } else { "" }),
            Slot::Caller => Bind::text(&with.moment.caller(with.access.scope().catalog())),
            Slot::Now => Bind::text(&with.moment.now()),
            Slot::Id => with.id.map_or(Bind::Null, write::id),
            Slot::Limit => Bind::Int(i64::from(with.limit)),
            Slot::Key(index) => with.keys.get(*index).cloned().unwrap_or(Bind::Null),
            Slot::Constant(index) => {
                let value = self.constants.get(*index).and_then(|constant| with.moment.value(constant));
                value.map_or(Bind::Null, |value| dialect::bound(self.dialect, &value))
            }
        };
        let binds = self.slots.iter().map(bind).collect();
        Statement { text: Arc::clone(&self.text), binds, places: Arc::clone(&self.places) }
    }
}

/// Writes one statement from left to right.
#[derive(Debug)]
pub(super) struct Writer {
    dialect: Dialect,
    text: String,
    slots: Vec<Slot>,
    places: Vec<Place>,
}

/// Words that every dialect understands.
impl Default for Writer {
    fn default() -> Self {
        Self { dialect: Dialect::Sqlite, text: String::new(), slots: Vec::new(), places: Vec::new() }
    }
}

impl Writer {
    /// Words of ours.
    pub(super) fn raw(&mut self, words: &'static str) -> &mut Self {
        self.text.push_str(words);
        self
    }

    /// A name from the catalog, quoted.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        self.text.push('"');
        for (index, part) in name.split('"').enumerate() {
            self.text.push_str(if index == 0 { "" } else { "\"\"" });
            self.text.push_str(part);
        }
        self.text.push('"');
        self
    }

    /// A placeholder and its value.
    pub(super) fn bind(&mut self, value: Bind) -> &mut Self {
        self.slot(Slot::Value(value))
    }

    /// A placeholder.
    fn slot(&mut self, slot: Slot) -> &mut Self {
        self.slots.push(slot);
        self.again(self.slots.len())
    }

    /// The placeholder with this number once more.
    pub(super) fn again(&mut self, number: usize) -> &mut Self {
        self.places.push((self.text.len(), number));
        let _ = write!(self.text, "${number}");
        self
    }

    /// The name that the statement itself gave to a table: `a0`, `a1`, ...
    pub(super) fn alias(&mut self, number: usize) -> &mut Self {
        let _ = write!(self.text, "a{number}");
        self
    }

    /// The name that the statement itself gave to a key of the order; no column can have it.
    fn key(&mut self, index: usize) -> &mut Self {
        let _ = write!(self.text, "\"key {index}\"");
        self
    }

    /// A column of the table with this alias.
    pub(super) fn column(&mut self, alias: usize, column: &str) -> &mut Self {
        self.alias(alias).raw(".").name(column)
    }

    /// An expression.
    fn expression(&mut self, sql: SqlText) -> &mut Self {
        let (pieces, places) = sql.into_pieces();
        let mut places = places.into_iter();
        for piece in pieces {
            self.text.push_str(&piece);
            let slot = match places.next() {
                None => continue,
                Some(Wanted::Value(value)) => Slot::Value(dialect::bound(self.dialect, &value)),
                Some(Wanted::Named(_)) => Slot::Tenant,
                Some(Wanted::Expr(index)) => Slot::Constant(index),
            };
            // An expression that is written twice must read the same twice: it may be what is grouped by.
            match self.slots.iter().position(|known| *known == slot) {
                Some(known) => self.again(known + 1),
                None => self.slot(slot),
            };
        }
        self
    }

    /// The finished statement.
    pub(super) fn done(self) -> Statement {
        let values = self.slots.into_iter().map(|slot| match slot {
            Slot::Value(value) => value,
            _ => Bind::Null,
        });
        Statement { text: self.text.into(), binds: values.collect(), places: self.places.into() }
    }

    /// The finished text, to be filled for each request; the constants are those of its expressions.
    fn template(self, constants: &[Node], catalog: &Catalog) -> Template {
        let constants = constants.iter().map(|node| Constant::of(node, catalog)).collect();
        Template {
            dialect: self.dialect,
            text: self.text.into(),
            slots: self.slots,
            places: self.places.into(),
            constants,
        }
    }
}
