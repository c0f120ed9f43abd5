//! The manual is a test: every line of every `expr` block in `docs/language/expressions.md`, and in `cases.md`, is run.

#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic here is a failed test"
)]

use athyper_expr::decimal::Decimal;
use athyper_expr::eval::{Context, Program};
use athyper_expr::ir::Kind;
use athyper_expr::value::Value;
use athyper_expr::{Expected, compile, moment};

mod order;

use order::Order;

fn decimal(text: &str) -> Value {
    Value::Decimal(Decimal::parse(text).expect("a decimal"))
}

fn texts(items: [&str; 2]) -> Value {
    Value::list(items.iter().map(|t| Value::text(t)).collect())
}

fn order() -> Vec<Value> {
    let id = |n| Value::Uuid(uuid::Uuid::from_u128(n));
    let line = |n, amount| Value::record(vec![id(n), decimal(amount)]);
    vec![
        id(1),
        Value::text("PO-7"),
        Value::Null,
        Value::text("approved"),
        decimal("120.50"),
        Value::Null,
        Value::Int(3),
        Value::Date(moment::parse_date("2026-03-31").expect("a date")),
        Value::Datetime(moment::parse_datetime("2026-04-01T08:15:30.25Z").expect("an instant")),
        texts(["urgent", "eu"]),
        Value::record(vec![id(2), Value::text("Acme"), Value::Null]),
        Value::Null,
        Value::list(vec![line(3, "100.00"), line(4, "20.50")]),
    ]
}

/// What an expression gives: a value in a form that shows its type, `unknown`, or `refused: slug`.
fn outcome(text: &str) -> String {
    let checked = match compile(text, &Order, &Expected::Any) {
        Ok(checked) => checked,
        Err(problems) => return format!("refused: {}", problems[0].slug()),
    };
    let program = Program::compile(&checked.expr, &Order).unwrap_or_else(|e| panic!("{text}: {e}"));
    let (this, user) = (order(), [Value::text("u1"), texts(["EU", "US"])]);
    let context = Context { this: &this, user: &user, ..Context::EMPTY };
    let value = program.evaluate(&context).unwrap_or_else(|e| panic!("{text}: {e}"));
    if value.is_null() {
        return "unknown".into();
    }
    format!("{} {}", kind_name(&checked.expr.ty.kind), value.to_json())
}

fn kind_name(kind: &Kind) -> String {
    match kind {
        Kind::List(item) => format!("list of {}", kind_name(&item.kind)),
        other => format!("{other:?}"),
    }
}

/// Runs the `expr` blocks of a page; gives the number of lines.
fn run(page: &str, text: &str) -> usize {
    let mut wrong = Vec::new();
    let mut lines = 0;
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```expr";
            continue;
        }
        if !inside || line.is_empty() {
            continue;
        }
        let (expression, expected) =
            line.rsplit_once(" -> ").unwrap_or_else(|| panic!("{page}: no ` -> ` in {line}"));
        lines += 1;
        let found = outcome(expression);
        let expected = match expected {
            "unknown" => expected.to_owned(),
            slug if slug.starts_with("refused: ") => slug.to_owned(),
            value => outcome(value),
        };
        if found != expected {
            wrong.push(format!("{page}:{}: {line}\n  gives {found}, not {expected}", number + 1));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    lines
}

#[test]
fn the_examples_of_the_manual_hold() {
    let page = include_str!("../../docs/language/expressions.md");
    assert!(run("expressions.md", page) > 100);
}

#[test]
fn our_own_cases_hold() {
    assert!(run("cases.md", include_str!("cases.md")) > 60);
}
