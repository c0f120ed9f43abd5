//! The model of the order that the manual speaks about, for the suites that need records.

use athyper_expr::Scope;
use athyper_expr::eval::{Layout, Place};
use athyper_expr::ir::{Kind, Ty};

/// The order that the manual speaks about.
pub struct Order;

/// Name, type, whether it may be null.
pub type Row = (&'static str, fn() -> Kind, bool);

const ORDER: &[Row] = &[
    ("id", || Kind::Uuid, false),
    ("code", || Kind::Text, false),
    ("note", || Kind::Text, true),
    ("status", || Kind::Enum("sales.Status".into()), false),
    ("total", || Kind::Decimal(2), false),
    ("discount", || Kind::Decimal(4), true),
    ("quantity", || Kind::Int, false),
    ("ordered_on", || Kind::Date, false),
    ("approved_at", || Kind::Datetime, true),
    ("tags", || list(Kind::Text), false),
    ("supplier", || Kind::Record("sales.Supplier".into()), false),
    ("carrier", || Kind::Record("sales.Supplier".into()), true),
    ("lines", || list(Kind::Record("sales.Line".into())), false),
];
const SUPPLIER: &[Row] =
    &[("id", || Kind::Uuid, false), ("name", || Kind::Text, false), ("rating", || Kind::Int, true)];
const LINE: &[Row] = &[("id", || Kind::Uuid, false), ("amount", || Kind::Decimal(2), false)];
pub const USER: &[Row] = &[("id", || Kind::Text, false), ("regions", || list(Kind::Text), false)];

pub fn list(kind: Kind) -> Kind {
    Kind::List(Box::new(Ty { kind, nullable: false }))
}

fn rows(entity: &str) -> &'static [Row] {
    match entity {
        "sales.Order" => ORDER,
        "sales.Supplier" => SUPPLIER,
        _ => LINE,
    }
}

fn ty(rows: &[Row], name: &str) -> Option<Ty> {
    rows.iter().find(|(n, ..)| *n == name).map(|(_, kind, nullable)| Ty { kind: kind(), nullable: *nullable })
}

impl Scope for Order {
    fn this(&self) -> Option<&str> {
        Some("sales.Order")
    }
    fn field(&self, entity: &str, name: &str) -> Option<Ty> {
        ty(rows(entity), name)
    }
    fn field_names(&self, entity: &str) -> Vec<String> {
        rows(entity).iter().map(|(name, ..)| (*name).to_owned()).collect()
    }
    fn enum_values(&self, _: &str) -> Option<Vec<String>> {
        Some(["draft", "approved", "closed"].map(String::from).to_vec())
    }
    fn user(&self, attribute: &str) -> Option<Ty> {
        ty(USER, attribute)
    }
}

impl Layout for Order {
    fn field(&self, entity: &str, field: &str) -> Option<Place<'_>> {
        rows(entity).iter().position(|(name, ..)| *name == field).map(Place::Index)
    }
    fn attribute(&self, name: &str) -> Option<usize> {
        USER.iter().position(|(n, ..)| *n == name)
    }
}
