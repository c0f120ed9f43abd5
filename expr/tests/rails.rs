//! Runs `rails.md`: what expressions become in SQL. `BLESS=1` rewrites what the page expects.
//!
//! A block has an expression, then for SQLite its two rails, or its value when it is no condition; then what
//! PostgreSQL says otherwise. `?1` and `$1` stand for the parts behind `with`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

use std::fmt::Write as _;
use std::path::Path;

use athyper_expr::ir::{Kind, Node};
use athyper_expr::sql::{Bind, Column, Constants, Identifier, Lowering, NotLowerable, Row, Source, Table};
use athyper_expr::{Expected, Scope, compile};
use athyper_schemas::dialect::Dialect;

mod order;

use order::Order;

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

impl Source for Order {
    fn table(&self, entity: &str) -> Option<Table> {
        let (_, table) = entity.split_once('.')?;
        Some(Table {
            name: name(&table.to_lowercase()),
            tenant: name("tenant_id"),
            id: name("id"),
            deleted_at: (entity == "sales.Line").then(|| name("deleted_at")),
        })
    }

    fn column(&self, entity: &str, field: &str) -> Option<Column<'_>> {
        let ty = Scope::field(self, entity, field)?;
        Some(match ty.kind {
            Kind::Record(_) => Column::Reference {
                name: name(&format!("{field}_id")),
                nullable: ty.nullable,
                target: "sales.Supplier",
            },
            Kind::List(item) if matches!(item.kind, Kind::Record(_)) => {
                Column::Children { entity: "sales.Line", parent: name("parent_id") }
            }
            _ => Column::Plain { name: name(field), nullable: ty.nullable },
        })
    }
}

/// The lines that a block expects.
fn lines(node: &Node, condition: bool, dialect: Dialect, constants: Constants<'_>) -> Vec<String> {
    let row = match constants {
        Constants::Inline => Row::bare("sales.Order"),
        _ => Row::aliased("sales.Order", name("o")),
    };
    let inline = matches!(constants, Constants::Inline);
    let mut lowering = Lowering::new(&Order, dialect, constants);
    let mut parts = Vec::new();
    let mut texts = || -> Result<(), NotLowerable> {
        if inline {
            let check = lowering.check(node, &row)?;
            parts.push(("check", check.unwrap_or_else(|| "TRUE".into())));
        } else if condition {
            parts.push(("true", lowering.rail_true(node, &row)?.into_sql()));
            parts.push(("false", lowering.rail_false(node, &row)?.into_sql()));
        } else {
            parts.push(("value", lowering.value(node, &row)?));
        }
        Ok(())
    };
    if let Err(refused) = texts() {
        let mut lines = vec![format!("refused: {refused}")];
        lines.extend(refused.alternatives.iter().map(|alternative| format!("  write: {alternative}")));
        return lines;
    }
    let kept = lowering.into_constants();
    let mut lines = Vec::new();
    for (rail, text) in parts {
        let (text, binds) = text.into_parts(dialect);
        let mut line = format!("{rail}: {text}");
        for (place, bind) in binds.iter().enumerate() {
            let _ = write!(line, "{}", if place == 0 { "  with " } else { ", " });
            match bind {
                Bind::Value(value) => write!(line, "{}", value.to_json()).unwrap(),
                Bind::Expr(index) => write!(line, "{}", said(kept.get(*index).unwrap())).unwrap(),
                Bind::Named(name) => line.push_str(name),
            }
        }
        lines.push(line);
    }
    lines
}

fn said(node: &Node) -> String {
    match node {
        Node::User(attribute) => format!("user.{}", attribute.name),
        Node::Now => "now()".into(),
        Node::Today => "today()".into(),
        _ => "a calculated value".into(),
    }
}

/// What the block of this expression says. A block that begins with `check` is a constraint.
fn block(source: &str) -> String {
    let (inline, text) = source.strip_prefix("check ").map_or((false, source), |text| (true, text));
    let checked =
        compile(text, &Order, &Expected::Any).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
    let condition = checked.expr.ty.kind == Kind::Bool;
    let constants = || if inline { Constants::Inline } else { Constants::Kept };
    let sqlite = lines(&checked.expr.root, condition, Dialect::Sqlite, constants());
    let postgres = lines(&checked.expr.root, condition, Dialect::Postgres, constants());
    let mut out = format!("{source}\n");
    for line in &sqlite {
        let _ = writeln!(out, "{line}");
    }
    for (postgres, sqlite) in postgres.iter().zip(&sqlite) {
        let numbered = sqlite.replace('?', "$");
        if *postgres != numbered {
            let _ = writeln!(out, "postgres {postgres}");
        }
    }
    out
}

#[test]
fn rails_are_as_the_page_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rails.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let mut found = String::new();
    for (place, piece) in page.split("```").enumerate() {
        match piece.strip_prefix("rails\n") {
            Some(lines) if place % 2 == 1 => {
                let source = lines.lines().next().unwrap();
                let _ = write!(found, "```rails\n{}```", block(source));
            }
            _ if place % 2 == 1 => panic!("a block that is not `rails`: {piece}"),
            _ => found.push_str(piece),
        }
    }
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &found).unwrap();
        return;
    }
    for (expected, found) in page.lines().zip(found.lines()) {
        assert_eq!(found, expected, "BLESS=1 rewrites the page");
    }
    assert_eq!(page.len(), found.len(), "BLESS=1 rewrites the page");
}
