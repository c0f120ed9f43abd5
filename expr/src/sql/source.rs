//! What the lowering asks about tables, and what it answers when it cannot say something in SQL.

use athyper_schemas::ir;

use super::text::{Identifier, SqlText};

/// How entities and fields are laid out in a database.
pub trait Source {
    /// The table of this entity, `module.Name`.
    fn table(&self, entity: &str) -> Option<Table>;
    /// The function that finds records of this entity for conditions of policies and for computed fields, which look at
    /// every record of the tenant, where the table itself shows its caller fewer. Nothing: the table shows them all.
    fn finder(&self, _entity: &str, _by: By) -> Option<Identifier> {
        None
    }
    /// Where this field of this entity is.
    fn column(&self, entity: &str, field: &str) -> Option<Column<'_>>;
    /// What must be definitely true of a record of this entity for [`super::Lowering::rail_true_as_seen`] to see
    /// it behind a reference. Nothing: every record is seen.
    fn seen(&self, _entity: &str) -> Option<&ir::Node> {
        None
    }
}

/// By what records are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Their own id.
    Id,
    /// The id of the record that owns them.
    Owner,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: Identifier,
    /// The column with the tenant.
    pub tenant: Identifier,
    /// The column with the id.
    pub id: Identifier,
    /// The column that is set when a record was deleted softly.
    pub deleted_at: Option<Identifier>,
}

/// Where a field is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column<'a> {
    /// A value in a column of its own.
    Plain {
        /// The column.
        name: Identifier,
        /// Whether it can be NULL.
        nullable: bool,
    },
    /// The id of a record of another table.
    Reference {
        /// The column.
        name: Identifier,
        /// Whether it can be NULL.
        nullable: bool,
        /// The entity it points to.
        target: &'a str,
    },
    /// Owned children in a table of their own.
    Children {
        /// Their entity.
        entity: &'a str,
        /// Their column with the id of the owner.
        parent: Identifier,
    },
    /// No column: computed by each read from other fields of the same record.
    Computed(&'a ir::Expr),
}

/// A row that an expression is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub(super) alias: Option<Identifier>,
    pub(super) entity: String,
}

impl Row {
    /// A row of the table that a statement calls `alias`.
    #[must_use]
    pub fn aliased(entity: &str, alias: Identifier) -> Self {
        Self { alias: Some(alias), entity: entity.to_owned() }
    }

    /// The only row in sight, as in a constraint: its columns are written without a qualifier, and nothing that
    /// needs a subquery can be asked of it.
    #[must_use]
    pub fn bare(entity: &str) -> Self {
        Self { alias: None, entity: entity.to_owned() }
    }

    /// A column of this row.
    pub(super) fn column(&self, name: &Identifier) -> SqlText {
        let mut text = SqlText::new();
        match &self.alias {
            Some(alias) => text.qualified(alias, name),
            None => text.ident(name),
        };
        text
    }
}

/// Why an expression is not said in SQL. It is never said in a wider way instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot be asked of the database: {reason}")]
pub struct NotLowerable {
    /// The part of the expression, as its author knows it.
    pub what: String,
    /// Why.
    pub reason: &'static str,
    /// What to write instead; empty when there is nothing.
    pub alternatives: &'static [&'static str],
}

impl NotLowerable {
    pub(super) fn new(what: impl Into<String>, reason: &'static str) -> Self {
        Self { what: what.into(), reason, alternatives: &[] }
    }

    pub(super) const fn instead(mut self, alternatives: &'static [&'static str]) -> Self {
        self.alternatives = alternatives;
        self
    }
}
