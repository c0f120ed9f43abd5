//! What the dialects say differently: values on their way into typed columns and out of them, rows as JSON text, and
//! where nulls stand in an order.
//!
//! Everything outside speaks the stored form of values, as SQLite's columns hold it. PostgreSQL's columns have types
//! of their own: there each bind is a text that is cast into the type of its column, and each cell is brought into
//! the stored form by the database.

use athyper_expr::sql::session;
use athyper_expr::value::Value;
use athyper_schemas::dialect::Dialect;
use athyper_schemas::field_types::Storage;
use uuid::Uuid;

use super::{Bind, Slot, Writer};
use crate::catalog::Field;
use crate::who::TenantId;

/// `10^-scale` and `10^scale`, as far as decimals have digits.
const SCALES: [(&str, &str); 19] = [
    ("1", "1"),
    ("0.1", "10"),
    ("0.01", "100"),
    ("0.001", "1000"),
    ("0.0001", "10000"),
    ("0.00001", "100000"),
    ("0.000001", "1000000"),
    ("0.0000001", "10000000"),
    ("0.00000001", "100000000"),
    ("0.000000001", "1000000000"),
    ("0.0000000001", "10000000000"),
    ("0.00000000001", "100000000000"),
    ("0.000000000001", "1000000000000"),
    ("0.0000000000001", "10000000000000"),
    ("0.00000000000001", "100000000000000"),
    ("0.000000000000001", "1000000000000000"),
    ("0.0000000000000001", "10000000000000000"),
    ("0.00000000000000001", "100000000000000000"),
    ("0.000000000000000001", "1000000000000000000"),
];

/// Cells of one `concat`: PostgreSQL takes 100 arguments, and each cell has a comma before it.
const CELLS_AT_ONCE: usize = 45;

/// A value of an expression as the dialect wants it bound: [`athyper_expr::sql`] casts decimals from their digits.
pub(super) fn bound(dialect: Dialect, value: &Value) -> Bind {
    match (dialect, value) {
        (Dialect::Postgres, Value::Decimal(decimal)) => Bind::text(&decimal.to_string()),
        _ => value.stored().into(),
    }
}

/// Words around a value, outermost first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around {
    before: [&'static str; 3],
    behind: [&'static str; 4],
}

impl Around {
    /// What makes a text a value of the field's column.
    pub(super) fn bind(dialect: Dialect, field: &Field) -> Self {
        if dialect == Dialect::Sqlite {
            return Self::default();
        }
        let words = match field.storage() {
            Storage::Text | Storage::Children => "",
            Storage::Int | Storage::Duration => "::bigint",
            Storage::Decimal => match SCALES.get(usize::from(field.scale())) {
                Some((factor, _)) if field.scale() > 0 => {
                    return Self { before: ["(", "", ""], behind: ["::numeric * ", factor, ")", ""] };
                }
                _ => "::numeric",
            },
            Storage::Bool => "::boolean",
            Storage::Date => "::date",
            Storage::Time => "::time",
            Storage::Datetime => "::timestamptz",
            Storage::Uuid => "::uuid",
            Storage::Json if is_list(field) => "::jsonb",
            Storage::Json => "::json",
        };
        Self { before: [""; 3], behind: [words, "", "", ""] }
    }

    /// What brings a column's value into the stored form.
    pub(super) fn cell(dialect: Dialect, field: &Field) -> Self {
        if dialect == Dialect::Sqlite {
            return Self::default();
        }
        let (before, behind) = match field.storage() {
            Storage::Text | Storage::Int | Storage::Duration | Storage::Children => ("", ""),
            Storage::Decimal => {
                let factor = SCALES.get(usize::from(field.scale())).map_or("1", |(_, factor)| factor);
                return Self { before: ["(", "", ""], behind: [" * ", factor, ")::bigint", ""] };
            }
            Storage::Bool => ("", "::integer::bigint"),
            Storage::Date => ("to_char(", ", 'YYYY-MM-DD')"),
            Storage::Time => ("to_char(", ", 'HH24:MI:SS.US')"),
            Storage::Datetime => ("to_char(", " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"),
            Storage::Uuid | Storage::Json => ("", "::text"),
        };
        Self { before: [before, "", ""], behind: [behind, "", "", ""] }
    }

    /// The same, as JSON that is there even for a null.
    pub(super) fn json(dialect: Dialect, field: &Field, nullable: bool) -> Self {
        let Self { before: [outer, ..], behind: [a, b, c, _] } = Self::cell(dialect, field);
        if dialect == Dialect::Sqlite {
            return Self::default();
        }
        let (before, behind) = match (field.storage(), nullable) {
            (Storage::Int | Storage::Duration | Storage::Decimal | Storage::Bool, false) => ("", "::text"),
            (Storage::Int | Storage::Duration | Storage::Decimal | Storage::Bool, true) => {
                ("", "::text, 'null')")
            }
            (Storage::Text | Storage::Children | Storage::Json, false) => ("to_json(", ")::text"),
            (Storage::Text | Storage::Children | Storage::Json, true) => ("to_json(", ")::text, 'null')"),
            (_, false) => ("'\"' || ", " || '\"'"),
            (_, true) => ("'\"' || ", " || '\"', 'null')"),
        };
        let coalesce = if nullable { "coalesce(" } else { "" };
        Self { before: [coalesce, before, outer], behind: [a, b, c, behind] }
    }
}

/// Whether the column holds a list: it is looked into, where a document is kept as it was sent.
fn is_list(field: &Field) -> bool {
    field.def().ty.item.is_some()
}

impl Writer {
    /// A statement for a database of this dialect.
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, ..Self::default() }
    }

    pub(super) fn is_postgres(&self) -> bool {
        self.dialect == Dialect::Postgres
    }

    /// The words of the dialect.
    pub(super) fn either(&mut self, sqlite: &'static str, postgres: &'static str) -> &mut Self {
        let words = if self.is_postgres() { postgres } else { sqlite };
        self.raw(words)
    }

    /// The words before a value.
    pub(super) fn open(&mut self, around: &Around) -> &mut Self {
        for words in around.before {
            self.raw(words);
        }
        self
    }

    /// The words behind it.
    pub(super) fn close(&mut self, around: &Around) -> &mut Self {
        for words in around.behind {
            self.raw(words);
        }
        self
    }

    /// The tenant, as a column `tenant_id` of the model holds it.
    pub(super) fn tenant(&mut self, tenant: &TenantId) -> &mut Self {
        self.bind(Bind::text(tenant.as_str())).either("", "::uuid")
    }

    /// An id.
    pub(super) fn id(&mut self, id: Uuid) -> &mut Self {
        self.bind(super::write::id(id)).either("", "::uuid")
    }

    /// A placeholder for a value of this field, and the value.
    pub(super) fn value(&mut self, field: &Field, value: Bind) -> &mut Self {
        self.typed(field, Slot::Value(value))
    }

    /// A placeholder for a value of this field.
    pub(super) fn typed(&mut self, field: &Field, slot: Slot) -> &mut Self {
        let around = Around::bind(self.dialect, field);
        self.open(&around).slot(slot).close(&around)
    }

    /// The column of a field, in the stored form.
    pub(super) fn stored(&mut self, field: &Field) -> &mut Self {
        let around = Around::cell(self.dialect, field);
        self.open(&around).name(field.column().unwrap_or_default()).close(&around)
    }

    /// Whether the field before it has one of the values in a JSON array.
    pub(super) fn among(&mut self, field: &Field, list: Bind) -> &mut Self {
        if self.is_postgres() {
            let around = Around::bind(self.dialect, field);
            self.raw(" = ANY (ARRAY(SELECT ").open(&around).raw("\"v\"").close(&around);
            self.raw(" FROM json_array_elements_text(").bind(list).raw("::json) AS \"v\"))")
        } else {
            self.raw(" IN (SELECT \"value\" FROM json_each(").bind(list).raw("))")
        }
    }

    /// Direction of an order in which null is less than everything.
    pub(super) fn direction(&mut self, descending: bool, nullable: bool) -> &mut Self {
        self.raw(if descending { " DESC" } else { "" });
        match (nullable, descending) {
            (false, _) => self,
            (true, false) => self.either("", " NULLS FIRST"),
            (true, true) => self.either("", " NULLS LAST"),
        }
    }

    /// A condition that tells the database whose rows the statement is about: needed where a statement runs outside a
    /// transaction of the tenant; and that the statement itself holds the policies. It has no columns, so it is judged
    /// once and before the first row is looked at.
    pub(super) fn gate(&mut self, tenant: Slot) -> &mut Self {
        if self.is_postgres() {
            self.raw(" AND (SELECT concat(").setting(session::TENANT, tenant);
            self.raw(", set_config('athyper.scope', 'tenant', true))) IS NOT NULL");
        }
        self
    }

    /// The same of a statement in which the database, too, holds the policies for the caller.
    pub(super) fn gate_for_caller(&mut self) -> &mut Self {
        if self.is_postgres() {
            self.raw(" AND (SELECT concat(").setting(session::TENANT, Slot::Tenant);
            self.raw(", ").setting(session::SCOPE, Slot::Sight);
            self.raw(", ").setting(session::USER, Slot::Caller);
            self.raw(", ").setting(session::NOW, Slot::Now).raw(")) IS NOT NULL");
        }
        self
    }

    fn setting(&mut self, name: &'static str, value: Slot) -> &mut Self {
        self.raw("set_config('").raw(name).raw("', ").slot(value).raw(", true)")
    }
}

/// A row being written as a JSON array.
#[derive(Debug, Default)]
pub(super) struct RowText {
    cells: usize,
    open: usize,
}

impl RowText {
    /// Begins a row.
    pub(super) fn begin(w: &mut Writer) -> Self {
        w.either("json_array(", "concat('['");
        Self::default()
    }

    /// Goes on to the next cell.
    pub(super) fn next(&mut self, w: &mut Writer) {
        if w.is_postgres() {
            w.raw(", ");
            if self.cells > 0 && self.cells.is_multiple_of(CELLS_AT_ONCE) {
                w.raw("concat(");
                self.open += 1;
            }
            w.raw(if self.cells > 0 { "',', " } else { "" });
        } else {
            w.raw(if self.cells > 0 { ", " } else { "" });
        }
        self.cells += 1;
    }

    /// Ends the row.
    pub(super) fn end(self, w: &mut Writer) {
        for _ in 0..self.open {
            w.raw(")");
        }
        w.either(")", ", ']')");
    }
}
