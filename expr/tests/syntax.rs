//! Properties of reading and printing: no text makes the parser panic, and a printed tree reads back as itself.

use athyper_expr::ast::{BinaryOp, Call, Expr, ExprKind, Ident, UnaryOp};
use athyper_expr::{Expected, Scope, check, ir, parse};
use proptest::prelude::*;

fn node(kind: ExprKind) -> Expr {
    Expr::new(kind, 0..0)
}

fn ident(text: &str) -> Ident {
    Ident { text: text.to_owned(), span: 0..0 }
}

/// The tree without its places.
fn bare(expr: &Expr) -> Expr {
    let all = |items: &[Expr]| items.iter().map(bare).collect();
    node(match &expr.kind {
        ExprKind::List(items) => ExprKind::List(all(items)),
        ExprKind::Select(of, name) => ExprKind::Select(Box::new(bare(of)), ident(&name.text)),
        ExprKind::Index(of, index) => ExprKind::Index(Box::new(bare(of)), Box::new(bare(index))),
        ExprKind::Unary(op, of) => ExprKind::Unary(*op, Box::new(bare(of))),
        ExprKind::Binary(op, sides) => ExprKind::Binary(*op, Box::new((bare(&sides.0), bare(&sides.1)))),
        ExprKind::Conditional(parts) => {
            ExprKind::Conditional(Box::new((bare(&parts.0), bare(&parts.1), bare(&parts.2))))
        }
        ExprKind::Call(call) => ExprKind::Call(Box::new(Call {
            receiver: call.receiver.as_ref().map(bare),
            function: ident(&call.function.text),
            args: all(&call.args),
        })),
        other => other.clone(),
    })
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_]{0,6}"
        .prop_filter("a keyword", |n| !matches!(n.as_str(), "true" | "false" | "null" | "in"))
}

fn binary_op() -> impl Strategy<Value = BinaryOp> {
    use BinaryOp::{Add, And, Div, Eq, Ge, Gt, In, Le, Lt, Mul, Ne, Or, Rem, Sub};
    prop::sample::select(vec![Add, And, Div, Eq, Ge, Gt, In, Le, Lt, Mul, Ne, Or, Rem, Sub])
}

fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        Just(ExprKind::Null),
        any::<bool>().prop_map(ExprKind::Bool),
        any::<i64>().prop_map(ExprKind::Int),
        (-999_999_999_999_999_999_i64..=999_999_999_999_999_999, 0_u8..=18)
            .prop_map(|(units, scale)| ExprKind::Decimal { units, scale }),
        any::<String>().prop_map(ExprKind::Text),
        name().prop_map(ExprKind::Name),
    ]
    .prop_map(node);
    leaf.prop_recursive(6, 60, 4, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            items.clone().prop_map(ExprKind::List),
            (inner.clone(), name()).prop_map(|(of, n)| ExprKind::Select(Box::new(of), ident(&n))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| ExprKind::Index(Box::new(a), Box::new(b))),
            inner.clone().prop_map(|of| ExprKind::Unary(UnaryOp::Not, Box::new(of))),
            inner.clone().prop_map(|of| ExprKind::Unary(UnaryOp::Negate, Box::new(of))),
            (binary_op(), inner.clone(), inner.clone())
                .prop_map(|(op, a, b)| ExprKind::Binary(op, Box::new((a, b)))),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|parts| ExprKind::Conditional(Box::new(parts))),
            (prop::option::of(inner), name(), items).prop_map(|(receiver, function, args)| {
                ExprKind::Call(Box::new(Call { receiver, function: ident(&function), args }))
            }),
        ]
        .prop_map(node)
    })
}

/// Pieces of expressions in no sensible order.
fn soup() -> impl Strategy<Value = String> {
    let pieces = vec![
        "a",
        "in",
        "not",
        "is",
        "null",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ".",
        ",",
        "?",
        ":",
        "!",
        "-",
        "+",
        "=",
        "==",
        "<>",
        "&&",
        "and",
        "1",
        "1u",
        "0x",
        "1e",
        "\"x\"",
        "'",
        "'''",
        "b'",
        "r'",
        "\\",
        "\u{201c}",
        "é",
        "//",
        "\n",
        "exists(x, x",
        "-9223372036854775808",
        "`",
        "&",
        "**",
        " ",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..40).prop_map(|p| p.concat())
}

struct Nothing;

impl Scope for Nothing {
    fn this(&self) -> Option<&str> {
        None
    }
    fn field(&self, _: &str, _: &str) -> Option<ir::Ty> {
        None
    }
    fn field_names(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
    fn enum_values(&self, _: &str) -> Option<Vec<String>> {
        None
    }
    fn user(&self, _: &str) -> Option<ir::Ty> {
        None
    }
}

fn reads_without_panic(text: &str) {
    let parsed = parse(text);
    for problem in &parsed.problems {
        assert!(!problem.to_string().is_empty());
        let span = problem.span.start as usize..problem.span.end as usize;
        assert!(text.get(span).is_some(), "a span inside the text, between characters: {problem:?}");
    }
    assert!(parsed.expr.is_some() || !parsed.problems.is_empty());
    if let Some(expr) = parsed.expr
        && let Err(problems) = check(&expr, text, &Nothing, &Expected::Any)
    {
        assert!(!problems.is_empty() || !parsed.problems.is_empty(), "a refusal says why");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        reads_without_panic(&text);
    }

    #[test]
    fn no_soup_of_pieces_makes_the_parser_panic(text in soup()) {
        reads_without_panic(&text);
    }

    #[test]
    fn a_printed_tree_reads_back_as_itself(expr in expr()) {
        let text = expr.to_string();
        let parsed = parse(&text);
        prop_assert!(parsed.problems.is_empty(), "{}: {:?}", text, parsed.problems);
        prop_assert_eq!(parsed.expr.as_ref().map(bare), Some(bare(&expr)), "{}", text);
    }
}
