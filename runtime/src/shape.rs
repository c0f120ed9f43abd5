//! From rows to the JSON of an answer, byte by byte: keys, forms and the field mask. Pure.
//!
//! The database gives each record as an array of stored values. What the access may not see is left out here
//! once more, whatever the statement says.

use std::borrow::Cow;

use athyper_expr::value::Value;
use athyper_schemas::field_types::Storage;
use athyper_schemas::ir::Kind;

use crate::catalog::{Catalog, Field};
use crate::plan::{Content, Cursors, FigureKind, GroupPlan, ListPlan, RecordPlan, Selection};
use crate::policy::Access;
use crate::request::query::Count;
use crate::sql::Bind;
use crate::sql::read::COUNTED;
use crate::value::rules::kind_of;

pub mod csv;
mod form;
mod scan;

use form::Form;
use scan::Scanner;

/// The database answered in a shape that the plan does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database answered in another shape than planned, at byte {0}")]
pub struct Misshapen(pub(crate) usize);

/// How one record is written.
struct Shape<'m> {
    cells: Vec<(Option<Cow<'m, str>>, Form<'m>)>,
}

/// The page: `{"items": [...], "next": "..." | null, "count": n}`.
///
/// # Errors
/// [`Misshapen`] when `rows` are not those of the plan.
pub fn page(
    plan: &ListPlan,
    rows: &str,
    count: Option<i64>,
    cursors: &Cursors,
) -> Result<Vec<u8>, Misshapen> {
    let shape = Shape::of(plan.access(), plan.selection());
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
    Ok(out)
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
pub fn record(plan: &RecordPlan, cells: &str) -> Result<Vec<u8>, Misshapen> {
    let shape = Shape::of(plan.access(), plan.selection());
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
            (_, Some(field)) => form_of(field),
        };
        (Some(Cow::Owned(key(&column.key))), form)
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
    fn of(access: &'m Access, selection: &Selection) -> Self {
        Self::laid(access.scope().catalog(), access, selection)
    }

    /// The names are those of the model, which lives longer than the accesses to what is inside.
    fn laid(catalog: &'m Catalog, access: &Access, selection: &Selection) -> Self {
        let entity = catalog.entity(selection.entity());
        let cells = selection.cells().iter().map(|cell| {
            let field = entity.field(cell.field);
            let (form, may_be_seen) = match &cell.content {
                Content::Value => (form_of(field), true),
                Content::Record(inner) => {
                    match field.reference().and_then(|target| access.follow(target).ok()) {
                        Some(target) => (Form::Record(Self::laid(catalog, &target, inner)), true),
                        None => (Form::Plain, false),
                    }
                }
                Content::Children(inner) => match access.children(field.id()) {
                    Some(children) => (Form::Children(Self::laid(catalog, &children, inner)), true),
                    None => (Form::Plain, false),
                },
            };
            let seen = may_be_seen && access.visible().contains(cell.field);
            (seen.then(|| Cow::Borrowed(field.key())), form)
        });
        Self { cells: cells.collect() }
    }

    /// Writes the cells as an object. The bracket before and behind them is not read.
    fn write(&self, scanner: &mut Scanner<'_>, out: &mut Vec<u8>) -> Result<(), Misshapen> {
        out.push(b'{');
        let mut first = true;
        for (index, (key, form)) in self.cells.iter().enumerate() {
            if index > 0 {
                scanner.expect(b',')?;
            }
            let Some(key) = key else {
                scanner.skip()?;
                continue;
            };
            if !first {
                out.push(b',');
            }
            first = false;
            out.extend_from_slice(key.as_bytes());
            form.write(scanner, out)?;
        }
        out.push(b'}');
        Ok(())
    }
}

/// `"name":`, escaped.
fn key(name: &str) -> String {
    let mut key = serde_json::Value::from(name).to_string();
    key.push(':');
    key
}

fn form_of<'m>(field: &Field) -> Form<'m> {
    match field.storage() {
        Storage::Bool => Form::Bool,
        Storage::Decimal => Form::Decimal(usize::from(field.scale())),
        Storage::Datetime | Storage::Time => Form::Moment,
        Storage::Duration => Form::Duration,
        Storage::Json => match kind_of(&field.def().ty) {
            Kind::List(item) if differs_in_json(&item.kind) => Form::List(Kind::List(item)),
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
