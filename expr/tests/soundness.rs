//! What the checker promises holds when the expression is run: the type of the value, and that a value that
//! cannot be null is not.

#![expect(clippy::expect_used, reason = "a panic here is a failed test")]

use athyper_expr::decimal::Decimal;
use athyper_expr::eval::{Context, Program};
use athyper_expr::ir::Kind;
use athyper_expr::value::Value;
use athyper_expr::{Expected, compile};
use proptest::prelude::*;

mod order;

use order::Order;

type Text = BoxedStrategy<String>;

fn pick(items: &[&'static str]) -> Text {
    prop::sample::select(items.to_vec()).prop_map(str::to_owned).boxed()
}

/// Templates with smaller expressions for `{a}`, `{b}` and `{c}`.
fn filled(templates: &'static [&'static str], a: &Text, b: &Text, c: &Text) -> Text {
    (prop::sample::select(templates), a.clone(), b.clone(), c.clone())
        .prop_map(|(template, a, b, c)| template.replace("{a}", &a).replace("{b}", &b).replace("{c}", &c))
        .boxed()
}

const LOGIC: &[&str] =
    &["({a} && {b})", "({a} || {b})", "!({a})", "({a} ? {b} : {c})", "({a} == {b})", "coalesce({a}, {b})"];
const COMPARISONS: &[&str] = &[
    "({a} < {b})",
    "({a} >= {c})",
    "({b} == {a})",
    "({a} == {c})",
    "({c} in [{a}, {b}])",
    "({a} != null)",
    "({c} == null)",
    "has({c})",
    "({a} in [{b}, 1])",
    "[{a}, 2].exists(x, x > {b})",
    "[{a}, 2].all(x, x != {b})",
    "lines.exists(l, l.amount > {c})",
    "lines.all(l, l.amount * 2 >= {c})",
    "(carrier == null || carrier.rating == {a})",
    "(supplier.rating != null && supplier.rating > {b})",
    "({b} > 1 && {b} < 5)",
];
const TEXT_TESTS: &[&str] = &[
    "({a} == {b})",
    "({a} < {b})",
    "{a}.contains({b})",
    "{a}.startsWith({b})",
    "({a} in tags)",
    "(note == null || note.size() > {c})",
    "(note != null && note < {b})",
    "[].exists(x, x == {a})",
];
const INTS: &[&str] = &[
    "({a} + {b})",
    "({a} - {b})",
    "({a} / {b})",
    "({a} % 2)",
    "-({a})",
    "coalesce({a}, {b})",
    "math.least({a}, {b})",
    "[{a}, {b}].sum()",
    "[{a}, {b}].max()",
    "[{a}][{b}]",
    "[{a}, {b}].map(x, x + 1).size()",
    "[{a}, {b}].filter(x, x > 1).sum()",
];
const INTS_OF_OTHERS: &[&str] =
    &["({a} ? {b} : {b})", "(has({c}) ? {c}.size() : 0)", "size({c})", "{c}.indexOf('P')", "int('{b}')"];
const DECIMALS: &[&str] = &[
    "({a} + {b})",
    "({a} - {c})",
    "({a} * 2)",
    "({a} / 4)",
    "coalesce({a}, 0)",
    "lines.map(l, l.amount).sum()",
    "lines.map(l, l.amount > {a}, l.amount).min()",
    "decimal({c}, 2)",
];
const TEXTS: &[&str] = &[
    "({a} + {b})",
    "coalesce({a}, {b})",
    "({c} ? {a} : {b})",
    "{a}.upperAscii()",
    "{a}.charAt(0)",
    "string(quantity)",
];

/// Expressions of up to this height: conditions, whole numbers, decimals, texts.
fn expressions(height: u32) -> [Text; 4] {
    if height == 0 {
        let conditions = [
            "true",
            "note == null",
            "has(carrier)",
            "carrier != null",
            "discount != null",
            "status == 'draft'",
        ];
        return [
            pick(&conditions),
            pick(&["0", "1", "2", "quantity", "supplier.rating", "carrier.rating", "this.quantity"]),
            pick(&["0.5", "2.25", "total", "discount"]),
            pick(&["''", "'PO'", "code", "note", "carrier.name", "supplier.name", "status", "user.id"]),
        ];
    }
    let [condition, int, decimal, text] = &expressions(height - 1);
    let conditions = prop_oneof![
        filled(LOGIC, condition, condition, condition),
        filled(COMPARISONS, int, int, decimal),
        filled(TEXT_TESTS, text, text, int),
    ];
    let ints = prop_oneof![filled(INTS, int, int, text), filled(INTS_OF_OTHERS, condition, int, text)];
    let decimals = filled(DECIMALS, decimal, decimal, int);
    let texts = filled(TEXTS, text, text, condition);
    [conditions.boxed(), ints.boxed(), decimals, texts]
}

fn any_expression() -> Text {
    let [conditions, ints, decimals, texts] = expressions(3);
    prop_oneof![3 => conditions, 1 => ints, 1 => decimals, 1 => texts].boxed()
}

/// An order in which every field that may be null sometimes is.
fn any_order() -> BoxedStrategy<Vec<Value>> {
    let id = |n| Value::Uuid(uuid_of(n));
    let decimal = |units, scale| Value::Decimal(Decimal::new(units, scale).expect("a decimal"));
    let supplier = move |n, rating: Option<i64>| {
        Value::record(vec![id(n), Value::text("Acme"), rating.map_or(Value::Null, Value::Int)])
    };
    let rating = || prop::option::of(0_i64..4);
    let parts = (
        prop::option::of("[a-z]{0,3}"),
        prop::option::of(0_i64..20_000),
        0_i64..4,
        rating(),
        prop::option::of(rating()),
        prop::collection::vec(0_i64..300, 0..3),
    );
    parts
        .prop_map(move |(note, discount, quantity, rating, carrier, lines)| {
            vec![
                id(1),
                Value::text("PO-7"),
                note.map_or(Value::Null, Value::from),
                Value::text("draft"),
                decimal(12_050, 2),
                discount.map_or(Value::Null, |d| decimal(d, 4)),
                Value::Int(quantity),
                Value::Date(20_000),
                Value::Null,
                Value::list(vec![Value::text("PO")]),
                supplier(2, rating),
                carrier.map_or(Value::Null, |rating| supplier(3, rating)),
                Value::list(
                    lines.into_iter().map(|amount| Value::record(vec![id(4), decimal(amount, 2)])).collect(),
                ),
            ]
        })
        .boxed()
}

fn uuid_of(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

fn has_kind(value: &Value, kind: &Kind) -> bool {
    match (value, kind) {
        (Value::Null, _)
        | (Value::Bool(_), Kind::Bool)
        | (Value::Int(_), Kind::Int)
        | (Value::Text(_), Kind::Text | Kind::Enum(_)) => true,
        (Value::Decimal(d), Kind::Decimal(scale)) => d.scale() == *scale,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn a_value_has_the_type_that_was_promised(text in any_expression(), this in any_order()) {
        let Ok(checked) = compile(&text, &Order, &Expected::Any) else { return Ok(()) };
        let program = Program::compile(&checked.expr, &Order).expect("it fits its own scope");
        let user = [Value::text("u1"), Value::list(vec![])];
        let context = Context { this: &this, user: &user, ..Context::EMPTY };
        let value = program.evaluate(&context).expect("few steps");
        let ty = &checked.expr.ty;
        prop_assert!(has_kind(&value, &ty.kind), "{} is {:?}, promised {:?}", text, value, ty);
        prop_assert!(ty.nullable || !value.is_null(), "{} is null and was promised not to be", text);
    }

    #[test]
    fn a_condition_without_warnings_is_never_unknown(text in expressions(3)[0].clone(), this in any_order()) {
        let Ok(checked) = compile(&text, &Order, &Expected::Condition) else { return Ok(()) };
        if !checked.warnings.is_empty() {
            return Ok(());
        }
        let program = Program::compile(&checked.expr, &Order).expect("it fits its own scope");
        let user = [Value::text("u1"), Value::list(vec![])];
        let context = Context { this: &this, user: &user, ..Context::EMPTY };
        prop_assert!(program.judge(&context).expect("few steps").is_some(), "{} is unknown without a warning", text);
    }
}
