//! From rows to the JSON of an answer, byte by byte: keys, forms and the field mask. Pure.
//!
//! The database gives each record as an array of stored values. What the access may not see is left out here
//! once more, whatever the statement says. What is masked is masked here, and named in `@masked`, the last key of its
//! record, together with what is withheld in this record and shown in others.

use std::borrow::Cow;

use athyper_expr::value::Value;
use athyper_schemas::dialect::Dialect;
use athyper_schemas::field_types::Storage;
use athyper_schemas::ir::Kind;

use crate::catalog::{Catalog, Field};
use crate::plan::{Cell, Content, Cursors, FigureKind, GroupPlan, ListPlan, RecordPlan, Selection};
use crate::policy::{Access, Sight};
use crate::request::query::Count;
use crate::sql::Bind;
use crate::sql::read::COUNTED;
use crate::value::rules::kind_of;

pub mod csv;
mod form;
mod masks;
mod scan;

use form::{Form, Masked};
pub use masks::Masks;
use scan::Scanner;

/// The database answered in a shape that the plan does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database answered in another shape than planned, at byte {0}")]
pub struct Misshapen(pub(crate) usize);

/// The key under which a record names what is not shown as it is.
pub const MASKED: &str = "@masked";

/// How one record is written.
struct Shape<'m> {
    cells: Vec<Column<'m>>,
}

/// How one field is written.
struct Column<'m> {
    /// `"name":`; nothing when it is left out.
    key: Option<Cow<'m, str>>,
    form: Form<'m>,
    sight: Seen,
}

/// Where a field is shown as it is.
enum Seen {
    Always,
    /// Where the cell before it says so; elsewhere the mask, or nothing.
    Sometimes(Option<Masked>),
    Never(Masked),
}

/// The page: `{"items": [...], "next": "..." | null, "count": n}`.
///
/// # Errors
/// [`Misshapen`] when `rows` are not those of the plan.
pub fn page(
    plan: &ListPlan,
    rows: &str,
    count: Option<i64>,
    (cursors, masks): (&Cursors, &Masks),
) -> Result<(Vec<u8>, u32), Misshapen> {
    let shape = Shape::of(plan.access(), plan.selection(), masks);
    let mut scanner = Scanner::new(rows);
    let mut out = Vec::with_capacity(rows.len() * 2 + 64);
    out.extend_from_slice(b"{\"items\":[");
    let mut last = Vec::new();
    let mut written = 0;
    let mut more = false;
    while !scanner.is_done() {
        if written > 0 {
            scanner.expect(b',')?;
        }
        if written == plan.limit() {
            more = true;
            break;
        }
        if written > 0 {
            out.push(b',');
        }
        last = row(&shape, &mut scanner, &mut out, plan.order().len())?;
        written += 1;
    }
    out.extend_from_slice(b"],\"next\":");
    match more.then(|| cursors.seal(&last, plan.view())).flatten() {
        Some(cursor) => {
            out.push(b'"');
            out.extend_from_slice(cursor.as_bytes());
            out.push(b'"');
        }
        None => out.extend_from_slice(b"null"),
    }
    write_count(plan.count(), count, &mut out);
    out.push(b'}');
    Ok((out, written))
}

/// One record of a list, then the keys of the order.
fn row(
    shape: &Shape<'_>,
    scanner: &mut Scanner<'_>,
    out: &mut Vec<u8>,
    keys: usize,
) -> Result<Vec<Bind>, Misshapen> {
    scanner.expect(b'[')?;
    shape.write(scanner, out)?;
    let mut last = Vec::with_capacity(keys);
    for _ in 0..keys {
        if !shape.cells.is_empty() || !last.is_empty() {
            scanner.expect(b',')?;
        }
        last.push(scanner.bind()?);
    }
    scanner.expect(b']')?;
    Ok(last)
}

fn write_count(asked: Count, count: Option<i64>, out: &mut Vec<u8>) {
    let Some(count) = count.filter(|_| asked != Count::None) else { return };
    let capped = asked == Count::Estimated && count > i64::from(COUNTED);
    let (key, count) = if capped { ("count_at_least", i64::from(COUNTED)) } else { ("count", count) };
    out.extend_from_slice(format!(",\"{key}\":{count}").as_bytes());
}

/// One record as an object.
///
/// # Errors
/// [`Misshapen`] when `cells` are not those of the plan.
pub fn record(plan: &RecordPlan, cells: &str, masks: &Masks) -> Result<Vec<u8>, Misshapen> {
    let shape = Shape::of(plan.access(), plan.selection(), masks);
    let mut scanner = Scanner::new(cells);
    let mut out = Vec::with_capacity(cells.len() * 2);
    row(&shape, &mut scanner, &mut out, 0)?;
    Ok(out)
}

/// The groups: `{"items": [...], "next": null}`.
///
/// # Errors
/// [`Misshapen`] when `rows` are not those of the plan.
pub fn groups(plan: &GroupPlan, rows: &str) -> Result<Vec<u8>, Misshapen> {
    let catalog = plan.access().scope().catalog();
    let cells = plan.columns().iter().map(|column| {
        let field = column.spot.as_ref().map(|spot| catalog.entity(spot.entity).field(spot.field));
        let form = match (column.kind, field) {
            (FigureKind::Count, _) | (_, None) => Form::Plain,
            (_, Some(field)) => form_of(catalog.dialect(), field),
        };
        Column { key: Some(Cow::Owned(key(&column.key))), form, sight: Seen::Always }
    });
    let shape = Shape { cells: cells.collect() };
    let mut scanner = Scanner::new(rows);
    let mut out = Vec::with_capacity(rows.len() * 2 + 32);
    out.extend_from_slice(b"{\"items\":[");
    let mut first = true;
    while !scanner.is_done() {
        if !first {
            scanner.expect(b',')?;
            out.push(b',');
        }
        row(&shape, &mut scanner, &mut out, 0)?;
        first = false;
    }
    out.extend_from_slice(b"],\"next\":null}");
    Ok(out)
}

impl<'m> Shape<'m> {
    const NONE: Self = Self { cells: Vec::new() };

    fn of(access: &'m Access, selection: &Selection, masks: &Masks) -> Self {
        Self::laid((access.scope().catalog(), masks), access, selection)
    }

    /// The names are those of the model, which lives longer than the accesses to what is inside.
    fn laid(of: (&'m Catalog, &Masks), access: &Access, selection: &Selection) -> Self {
        Self { cells: selection.cells().iter().map(|cell| Column::of(of, access, cell)).collect() }
    }

    /// Writes the cells as an object. The bracket before and behind them is not read.
    fn write(&self, scanner: &mut Scanner<'_>, out: &mut Vec<u8>) -> Result<(), Misshapen> {
        out.push(b'{');
        let start = out.len();
        let mut masked: Vec<&str> = Vec::new();
        for (index, cell) in self.cells.iter().enumerate() {
            if index > 0 {
                scanner.expect(b',')?;
            }
            if !cell.write(scanner, out, out.len() > start)?
                && let Some(key) = &cell.key
            {
                masked.push(key.trim_end_matches(':'));
            }
        }
        if !masked.is_empty() {
            let comma = if out.len() > start { "," } else { "" };
            out.extend_from_slice(format!("{comma}{}[{}]", key(MASKED), masked.join(",")).as_bytes());
        }
        out.push(b'}');
        Ok(())
    }
}

impl<'m> Column<'m> {
    fn of(of: (&'m Catalog, &Masks), access: &Access, cell: &Cell) -> Self {
        let (catalog, masks) = of;
        let field = catalog.entity(access.entity().id()).field(cell.field);
        let (form, may_be_seen) = match &cell.content {
            Content::Value => (form_of(catalog.dialect(), field), true),
            Content::Record(inner) => {
                let target = field.reference().and_then(|target| access.follow(target).ok());
                let record = target.as_ref().map_or(Shape::NONE, |target| Shape::laid(of, target, inner));
                let form = if cell.has_bare_id() { Form::RecordOrId(record) } else { Form::Record(record) };
                (form, target.is_some())
            }
            Content::Children(inner) => match access.children(field.id()) {
                Some(children) => (Form::Children(Shape::laid(of, &children, inner)), true),
                None => (Form::Plain, false),
            },
        };
        let masked =
            |mask| Masked { mask, kind: kind_of(&field.def().ty), key: masks.key(access.scope().tenant()) };
        let sight = match &cell.sight {
            Sight::Where(_, mask) => Seen::Sometimes(mask.map(masked)),
            Sight::Masked(mask) => Seen::Never(masked(*mask)),
            Sight::Whole | Sight::Nothing => Seen::Always,
        };
        let seen = may_be_seen && cell.sight != Sight::Nothing && cell.sight == *access.sight(cell.field);
        Self { key: seen.then(|| Cow::Borrowed(field.key())), form, sight }
    }

    /// Reads what belongs to the field and writes it with its key; whether it was written as it is.
    fn write(&self, scanner: &mut Scanner<'_>, out: &mut Vec<u8>, comma: bool) -> Result<bool, Misshapen> {
        let mask = match &self.sight {
            Seen::Always => None,
            Seen::Never(masked) => Some(Some(masked)),
            Seen::Sometimes(masked) => {
                let shown = scanner.scalar()? == "1";
                scanner.expect(b',')?;
                if shown { None } else { Some(masked.as_ref()) }
            }
        };
        let Some(key) = self.key.as_ref().filter(|_| !matches!(mask, Some(None))) else {
            self.form.skip(scanner)?;
            return Ok(mask.is_none());
        };
        if comma {
            out.push(b',');
        }
        out.extend_from_slice(key.as_bytes());
        match mask.flatten() {
            Some(masked) => self.form.write_masked(masked, scanner, out)?,
            None => self.form.write(scanner, out)?,
        }
        Ok(mask.is_none())
    }
}

/// `"name":`, escaped.
fn key(name: &str) -> String {
    let mut key = serde_json::Value::from(name).to_string();
    key.push(':');
    key
}

fn form_of<'m>(dialect: Dialect, field: &Field) -> Form<'m> {
    match field.storage() {
        Storage::Bool => Form::Bool,
        Storage::Decimal => Form::Decimal(usize::from(field.scale())),
        Storage::Datetime | Storage::Time => Form::Moment,
        Storage::Duration => Form::Duration,
        Storage::Json => match kind_of(&field.def().ty) {
            // PostgreSQL writes lists in a way of its own.
            Kind::List(item) if dialect == Dialect::Postgres || differs_in_json(&item.kind) => {
                Form::List(Kind::List(item))
            }
            _ => Form::Document,
        },
        Storage::Text | Storage::Int | Storage::Date | Storage::Uuid | Storage::Children => Form::Plain,
    }
}

/// Whether an element of a list is stored in another form than it is sent.
fn differs_in_json(kind: &Kind) -> bool {
    matches!(kind, Kind::Decimal(_) | Kind::Datetime | Kind::Time | Kind::Duration)
}

/// The JSON of a stored list.
fn list_json(kind: &Kind, text: &str) -> Option<String> {
    let mut out = String::new();
    Value::from_storage_text(kind, text).ok()?.write_json(&mut out);
    Some(out)
}
