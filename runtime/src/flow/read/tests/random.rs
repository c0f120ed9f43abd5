//! Random queries: each is answered, or refused for a reason that the client can understand.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;

fn path() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "id",
        "code",
        "supplier",
        "supplier.name",
        "supplier.tags",
        "status",
        "total",
        "ordered_on",
        "line_count",
        "lines",
        "lines.item",
        "lines.parts",
        "lines.parts.what",
        "lines.parent.code",
        "secret",
        "secret.word",
        "created_at",
        "version",
        "supplier_ref",
        "deleted_at",
        "tenant_id",
        "nonsense",
        "supplier.deleted_at",
        "",
    ])
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "draft",
            "1",
            "30.15",
            "2026-03-31",
            "true",
            "null",
            "O-0002",
            "'",
            "\"",
            "a,b"
        ])
        .prop_map(str::to_owned),
        "\\PC{0,12}",
        any::<String>(),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let operand = prop_oneof![
        path().prop_map(str::to_owned),
        prop::sample::select(vec![
            "1",
            "\"x\"",
            "null",
            "now()",
            "today()",
            "user.id",
            "user.roles",
            "12.50",
            "[1]"
        ])
        .prop_map(str::to_owned),
    ];
    let operator = prop::sample::select(vec!["==", "!=", "<", ">=", "+", "*", "in", "&&", "||"]);
    let comparison = (operand.clone(), operator, operand).prop_map(|(a, op, b)| format!("{a} {op} {b}"));
    comparison.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            inner.prop_map(|a| format!("lines.exists(l, l.price > 1.00 && ({a}))")),
        ]
    })
}

fn part() -> impl Strategy<Value = (String, String)> {
    let words = prop::collection::vec(path(), 1..4).prop_map(|paths| paths.join(","));
    let operators = ["", ".ne", ".lt", ".gte", ".in", ".contains", ".starts_with", ".null", ".nonsense"];
    prop_oneof![
        (prop::sample::select(vec!["select", "expand", "order", "group"]), words)
            .prop_map(|(name, words)| (name.to_owned(), words)),
        path().prop_map(|path| ("order".to_owned(), format!("-{path}"))),
        (prop::sample::select(vec!["sum", "count", "min", "max", "avg"]), path())
            .prop_map(|(figure, path)| ("aggregate".to_owned(), format!("{figure}({path})"))),
        (path(), prop::sample::select(operators.to_vec()), value())
            .prop_map(|(path, operator, value)| (format!("{path}{operator}"), value)),
        expression().prop_map(|filter| ("filter".to_owned(), filter)),
        (0..4_u32).prop_map(|limit| ("limit".to_owned(), limit.to_string())),
        value().prop_map(|words| ("search".to_owned(), words)),
        prop::sample::select(vec!["none", "exact", "estimated"])
            .prop_map(|count| ("count".to_owned(), count.to_owned())),
        value().prop_map(|cursor| ("cursor".to_owned(), cursor)),
        (value(), value()),
    ]
}

#[test]
fn every_query_is_answered_or_refused_with_a_reason() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (reading, _) = runtime.block_on(orders());
    let queries = prop::collection::vec(part(), 0..5);
    let outcome = TestRunner::new(ProptestConfig::with_cases(1_500)).run(&queries, |parts| {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parts).finish();
        for entity in ["Order", "Supplier"] {
            match runtime.block_on(reading.list(entity, &query)) {
                Ok(page) => prop_assert!(page["items"].is_array()),
                Err(problem) => {
                    prop_assert_ne!(problem.kind(), Kind::Internal, "{}: {:?}", query, problem.cause());
                    prop_assert!(problem.kind().status() < 500, "{}: {}", query, problem);
                }
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
