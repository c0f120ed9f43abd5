//! The checker against a small purchasing model: types, nullability, narrowing, and one message for each mistake.

#![expect(clippy::panic, clippy::expect_used, reason = "a panic here is a failed test")]

use athyper_expr::ir::{Kind, Ty};
use athyper_expr::{Checked, Expected, Ingredient, Problem, Scope, compile};

struct Purchasing;

fn some(kind: Kind) -> Option<Ty> {
    Some(Ty { kind, nullable: false })
}

fn maybe(kind: Kind) -> Option<Ty> {
    Some(Ty { kind, nullable: true })
}

fn list(kind: Kind) -> Kind {
    Kind::List(Box::new(Ty { kind, nullable: false }))
}

impl Scope for Purchasing {
    fn this(&self) -> Option<&str> {
        Some("p.Order")
    }

    fn field(&self, entity: &str, name: &str) -> Option<Ty> {
        match (entity, name) {
            (_, "id") => some(Kind::Uuid),
            ("p.Order", "code" | "region") => some(Kind::Text),
            ("p.Order", "note") => maybe(Kind::Text),
            ("p.Order", "status") => some(Kind::Enum("p.Status".into())),
            ("p.Order", "total") => some(Kind::Decimal(2)),
            ("p.Order", "discount") => maybe(Kind::Decimal(4)),
            ("p.Order", "quantity") => some(Kind::Int),
            ("p.Order", "ordered_on") => some(Kind::Date),
            ("p.Order", "approved_at") => maybe(Kind::Datetime),
            ("p.Order", "urgent") => maybe(Kind::Bool),
            ("p.Order", "tags") => some(list(Kind::Text)),
            ("p.Order", "extra") => maybe(Kind::Json),
            ("p.Order", "supplier") => some(Kind::Record("p.Supplier".into())),
            ("p.Order", "carrier") => maybe(Kind::Record("p.Supplier".into())),
            ("p.Order", "lines") => some(list(Kind::Record("p.Line".into()))),
            ("p.Supplier", "name") => some(Kind::Text),
            ("p.Supplier", "rating") => maybe(Kind::Int),
            ("p.Line", "amount") => some(Kind::Decimal(2)),
            ("p.Line", "weight") => maybe(Kind::Int),
            _ => None,
        }
    }

    fn field_names(&self, entity: &str) -> Vec<String> {
        let names: &[&str] = match entity {
            "p.Order" => &["id", "code", "region", "status", "total", "supplier", "lines", "ordered_on"],
            "p.Supplier" => &["id", "name", "rating"],
            _ => &["id", "amount", "weight"],
        };
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    fn enum_values(&self, _: &str) -> Option<Vec<String>> {
        Some(vec!["draft".into(), "approved".into(), "closed".into()])
    }

    fn user(&self, attribute: &str) -> Option<Ty> {
        match attribute {
            "id" => some(Kind::Text),
            "regions" => some(list(Kind::Text)),
            "limit" => maybe(Kind::Int),
            _ => None,
        }
    }

    fn user_attributes(&self) -> Vec<String> {
        vec!["id".into(), "regions".into(), "limit".into()]
    }

    fn allows(&self, ingredient: Ingredient) -> bool {
        ingredient != Ingredient::Clock
    }
}

fn condition(text: &str) -> Result<Checked, Vec<Problem>> {
    compile(text, &Purchasing, &Expected::Condition)
}

fn warnings(text: &str) -> Vec<String> {
    let checked = condition(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
    checked.warnings.iter().map(|p| p.to_string().split('`').nth(1).unwrap_or_default().to_owned()).collect()
}

fn said(text: &str) -> Vec<String> {
    let problems = condition(text).expect_err(text);
    problems
        .iter()
        .map(|p| format!("{} {}: {p}", text[p.span.start as usize..p.span.end as usize].trim(), p.slug()))
        .collect()
}

#[test]
fn sound_conditions_have_no_warnings() {
    for text in [
        "total >= 0 && quantity * 2 < 10 && total * 1.5 <= 100",
        "status == 'draft' || status in ['approved', \"closed\"]",
        "region in user.regions && code.startsWith('PO-') && code.matches('^PO-[0-9]+$')",
        "note == null || note.contains('x')",
        "note != null && note.size() < 10",
        "note.size() < 10 && note != null",
        "has(note) ? note.trim() != '' : true",
        "!(note == null) && note < 'b'",
        "coalesce(discount, 0) < 10",
        "discount == 0",
        "carrier == null || carrier.name == 'DHL'",
        "carrier != null && carrier.rating != null && carrier.rating > 3",
        "carrier == '0198c5a2-7c1e-7d1b-9b0a-3f2f5d6c7b8a' || carrier == supplier",
        "carrier in [supplier]",
        "old == null || old.status != status",
        "lines.exists(l, l.amount > 10) && lines.all(l, l.weight == null || l.weight > 0)",
        "lines.map(l, l.amount).sum() == total && lines.filter(l, l.amount > 0).size() > 1",
        "ordered_on >= '2026-01-01' && ordered_on + duration('24h') > date('2026-01-01')",
        "approved_at != null && approved_at.getFullYear() == 2026 && approved_at - timestamp(ordered_on) < duration('7d')",
        "quantity / 2 == 3 && quantity % 2 == 1",
        "extra == null",
        "(urgent == true ? 1 : 2) == 1",
        "string(status) + code != '' && math.least(total, quantity) > 0",
        "[1, 2.5, quantity].exists(x, [x, 1].exists(y, y == x))",
    ] {
        assert_eq!(warnings(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn hazards_name_the_operand_that_may_be_null() {
    for (text, operands) in [
        ("discount > 5", vec!["discount"]),
        ("discount > 5 && discount < 10", vec!["discount"]),
        ("carrier.name == 'DHL'", vec!["carrier"]),
        ("carrier.rating > 3 && carrier != null", vec!["carrier.rating"]),
        ("carrier != null && carrier.rating > 3", vec!["carrier.rating"]),
        ("urgent", vec!["urgent"]),
        ("urgent && note.contains('x')", vec!["urgent", "note"]),
        ("note != null || note.contains('x')", vec!["note"]),
        ("total / quantity > 3", vec!["total / quantity"]),
        ("quantity <= user.limit", vec!["user.limit"]),
        ("lines.exists(l, l.weight > 3)", vec!["l.weight"]),
        ("lines.map(l, l.weight).sum() > 3", vec!["lines.map(l, l.weight)"]),
        ("tags[0] == 'x'", vec!["tags[0]"]),
        ("note != null && lines.exists(note, note.weight > 1)", vec!["note.weight"]),
        ("old.status != status", vec!["old"]),
    ] {
        assert_eq!(warnings(text), operands, "{text}");
    }
}

#[test]
fn mistakes_are_said_at_their_place_with_a_way_out() {
    for (text, expected) in [
        ("totel > 1", "totel unknown-name: nothing is called `totel` here; did you mean `total`?"),
        ("supplier.nane == ''", "nane unknown-field: `p.Supplier` has no field `nane`; did you mean `name`?"),
        (
            "user.region == ''",
            "region unknown-attribute: `user` has no attribute `region`; did you mean `regions`?",
        ),
        (
            "status == 'drafd'",
            "'drafd' unknown-enum-value: `drafd` is no value of `p.Status`; its values are `draft`, `approved`, `closed`; did you mean `\"draft\"`?",
        ),
        (
            "total > 'x'",
            "total > 'x' type-mismatch: `>` does not work between a decimal with 2 digits behind the point and a text",
        ),
        (
            "total == status",
            "total == status type-mismatch: `==` does not work between a decimal with 2 digits behind the point and a value of `p.Status`",
        ),
        (
            "note > null",
            "null null-operand: `>` with `null` is never known; compare with `== null` or `!= null`",
        ),
        (
            "total",
            "total wrong-type: the expression must be a condition, and is a decimal with 2 digits behind the point",
        ),
        (
            "code.startWith('a')",
            "startWith unknown-function: there is no function `startWith`; did you mean `startsWith`?",
        ),
        ("code.toLowerCase() == ''", "toLowerCase use-instead: `toLowerCase` is written `lowerAscii` here"),
        ("code.contains(1)", "1 wrong-type: argument 1 of `contains` must be a text, and is a whole number"),
        ("code.matches('(')", "'(' bad-pattern: the pattern is not a regular expression: unclosed group"),
        ("code.matches(region)", "region not-literal: `matches` needs a literal text here"),
        (
            "ordered_on > '2026-13-01'",
            "'2026-13-01' bad-text: `2026-13-01` is no date; write it like `2026-03-31`",
        ),
        (
            "approved_at > '2026-01-01'",
            "'2026-01-01' bad-text: `2026-01-01` is no datetime; write it like `timestamp(\"2026-01-01T00:00:00Z\")`",
        ),
        ("now() > timestamp('2026-01-01T00:00:00Z')", "now() not-available: the clock is not available here"),
        (
            "total.x == 1",
            "x not-a-record: `.x` needs a record before the dot, and this is a decimal with 2 digits behind the point",
        ),
        (
            "[1, 'a'] == []",
            "'a' mixed-list: a list has elements of one type: this is a text after a whole number",
        ),
        (
            "dyn(1) == 1",
            "dyn unsupported: the function `dyn` is not part of this language; every value has its static type",
        ),
        (
            "lines.exists(1, true)",
            "1 bad-variable: the first argument of `exists` is a new name for the element, like `x`",
        ),
        ("code in code", "code wrong-type: what stands behind `in` must be a list, and is a text"),
        (
            "carrier == 'x'",
            "'x' bad-text: `x` is no uuid; write it like `0198c5a2-7c1e-7d1b-9b0a-3f2f5d6c7b8a`",
        ),
        ("urgent = true", "= use-instead: `=` is written `==` here"),
        (
            "lines.all(a, lines.all(b, lines.all(c, lines.all(d, true))))",
            "lines.all(a, lines.all(b, lines.all(c, lines.all(d, true)))) too-costly: the nested quantifiers could run too long; nest fewer of them",
        ),
    ] {
        assert_eq!(said(text), [expected], "{text}");
    }
    assert_eq!(said("totel > 1 && statis == 2 && 1u == 1").len(), 3);
}

#[test]
fn what_other_languages_say_is_said_in_ours() {
    for (text, expected) in [
        ("status == draft", "draft use-instead: `draft` is written `\"draft\"` here"),
        ("code.length == 3", "length use-instead: `.length` is written `.size()` here"),
        (
            "Round(total, 1) > 2",
            "Round use-instead: `Round` is written `decimal(value, digits)`, which rounds, here",
        ),
        (
            "ordered_on + 1 == ordered_on",
            "ordered_on + 1 type-mismatch: `+` does not work between a date and a whole number; did you mean `duration(\"P1D\")`?",
        ),
        (
            "code in 'x'",
            "'x' wrong-type: what stands behind `in` must be a list, and is a text; did you mean `[\"x\"]`?",
        ),
        ("code == None", "None use-instead: `None` is written `null` here"),
    ] {
        assert_eq!(said(text), [expected], "{text}");
    }
}

#[test]
fn a_value_is_brought_to_the_type_of_its_place() {
    let value = |text: &str, kind: Kind, nullable: bool| {
        compile(text, &Purchasing, &Expected::Value(Ty { kind, nullable }))
            .map(|c| (c.expr.ty.kind, c.warnings.len()))
            .map_err(|p| p.iter().map(Problem::slug).collect::<Vec<_>>())
    };
    assert_eq!(value("quantity * 2", Kind::Decimal(2), false), Ok((Kind::Decimal(2), 0)));
    assert_eq!(value("total * 1.077", Kind::Decimal(2), false), Ok((Kind::Decimal(2), 0)));
    assert_eq!(
        value("'draft'", Kind::Enum("p.Status".into()), false),
        Ok((Kind::Enum("p.Status".into()), 0))
    );
    assert_eq!(value("supplier.name", Kind::Text, false), Ok((Kind::Text, 0)));
    assert_eq!(value("carrier.name", Kind::Text, false), Ok((Kind::Text, 1)));
    assert_eq!(value("null", Kind::Text, true), Ok((Kind::Text, 0)));
    assert_eq!(value("null", Kind::Text, false), Err(vec!["wrong-type"]));
    assert_eq!(value("total", Kind::Int, false), Err(vec!["wrong-type"]));
    assert_eq!(value("status", Kind::Text, false), Ok((Kind::Text, 0)));
}

#[test]
fn a_long_chain_is_flat_and_a_deep_one_is_refused() {
    let long = vec!["code != 'x'"; 150].join(" && ");
    assert_eq!(warnings(&long), Vec::<String>::new());
    let deep = vec!["quantity"; 100].join(" + ") + " > 0";
    assert_eq!(condition(&deep).expect_err("deep")[0].slug(), "too-deep");
    let json = serde_json::to_string(&condition(&(vec!["quantity"; 34].join(" + ") + " > 0")).unwrap().expr)
        .unwrap();
    assert!(serde_json::from_str::<athyper_expr::ir::Expr>(&json).is_ok());
}

#[test]
fn applying_the_offered_edits_repairs_the_expression() {
    for (text, repaired) in [
        ("totel = 1 and not has(note)", "total == 1 && ! has(note)"),
        ("supplier.nane <> \u{201c}x\u{201d} or note is not null", "supplier.name != \"x\" || note != null"),
        ("status in ['draft', 'aproved']", "status in ['draft', \"approved\"]"),
        ("code.toLowerCase().startWith('a')", "code.lowerAscii().startsWith('a')"),
        (
            "max(quantity, 1) > 0 & user.region == null",
            "math.greatest(quantity, 1) > 0 && user.regions == null",
        ),
    ] {
        let mut edited = text.to_owned();
        for problem in condition(text).expect_err(text).iter().rev() {
            let fix = problem.suggestion.as_ref().unwrap_or_else(|| panic!("{text}: no edit for {problem}"));
            edited.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
        }
        assert_eq!(edited, repaired);
    }
}

#[test]
fn what_is_printed_is_read_as_the_same_tree() {
    let texts = [
        "total > 1.5 && (urgent || !(region == \"EU\" && quantity != 3))",
        "this.code.startsWith(\"a\\\"b\") ? status == \"draft\" : -quantity < -3",
        "lines.exists(l, l.amount > total * 2.0 - 1.0) || lines.all(l, lines.exists(m, m.amount == l.amount))",
        "supplier.name + code in [\"x\", region] && size(tags) > 1 && tags[0] == \"a\"",
        "ordered_on + duration(\"24h\") > date(\"2026-01-31\") && approved_at - timestamp(ordered_on) < duration(\"90m\")",
        "math.least(quantity, 3) % 2 == 1 && coalesce(note, \"none\").matches(\"^n\")",
        "has(discount) && discount == total && lines.map(l, l.amount).sum() / 2.0 >= total",
        "quantity - (1 - 2) - 3 == 0 && string(quantity).size() == 1 && user.id != string(quantity)",
        "ordered_on.getFullYear() == 2026 && carrier != null && carrier.rating > 2",
    ];
    for text in texts {
        let first = compile(text, &Purchasing, &Expected::Condition).expect(text).expr.root;
        let printed = athyper_expr::print::print(&first);
        let second = compile(&printed, &Purchasing, &Expected::Condition).expect(&printed).expr.root;
        assert_eq!(first, second, "{text} was printed as {printed}");
    }
}
