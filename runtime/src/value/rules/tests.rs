//! What each kind of field accepts and refuses.

use athyper_schemas::bundle::EnumValue;
use athyper_schemas::field_types;

use super::*;
use crate::request::json;

fn field(name: &str, change: impl FnOnce(&mut Field)) -> FieldRules {
    let (precision, scale) = match field_types::facts(name).expect("a type").default_decimal {
        Some((precision, scale)) => (Some(precision), Some(scale)),
        None => (None, None),
    };
    let mut field: Field = serde_json::from_value(serde_json::json!({
        "name": "x", "column": "x", "label": "X", "ty": { "name": name }, "required": false
    }))
    .expect("a field");
    field.ty.precision = precision;
    field.ty.scale = scale;
    change(&mut field);
    let status = Enum {
        name: "m.Status".into(),
        label: "Status".into(),
        doc: None,
        values: ["draft", "done"].map(|n| EnumValue { name: n.into(), label: n.into() }).into(),
    };
    FieldRules::of(&field, &[status]).expect("rules")
}

fn list_of(name: &str) -> impl FnOnce(&mut Field) {
    let item = name.to_owned();
    move |f| {
        f.ty.item = Some(Box::new(FieldType { name: item, ..f.ty.clone() }));
    }
}

fn say(rules: &FieldRules, text: &str) -> String {
    let json = json::parse(text.as_bytes(), 32).expect("json");
    let mut problems = Vec::new();
    let names = Names::from([("first".to_owned(), Uuid::from_u128(1))]);
    let value = rules.accept(&json, Pointer::Root("/x"), &names, &mut problems);
    match problems.as_slice() {
        [] => format!("{value}"),
        many => {
            many.iter().map(|p| format!("{} {}", p.pointer, p.code.name())).collect::<Vec<_>>().join(", ")
        }
    }
}

#[test]
fn every_type_accepts_its_own_example() {
    for row in field_types::TABLE {
        if matches!(row.name, "enum" | "list" | "children" | "ref" | "file" | "image") {
            continue;
        }
        let said = say(&field(row.name, |_| {}), row.example);
        assert!(!said.starts_with("/x"), "{}: {said}", row.name);
    }
}

#[test]
fn numbers_are_exact() {
    let int = field("int", |_| {});
    let money = field("money", |_| {});
    let small = field("decimal", |f| (f.ty.precision, f.ty.scale) = (Some(5), Some(3)));
    for (rules, text, said) in [
        (&int, "9223372036854775807", "9223372036854775807"),
        (&int, "9223372036854775808", "/x too_large"),
        (&int, "-9223372036854775809", "/x too_small"),
        (&int, "1.0", "/x type"),
        (&int, "1e2", "/x type"),
        (&int, "\"1\"", "/x type"),
        (&int, "true", "/x type"),
        (&money, "0.1", "0.10"),
        (&money, "9007199254740993.01", "9007199254740993.01"),
        (&money, "\"9007199254740993.01\"", "9007199254740993.01"),
        (&money, "1.005", "/x too_precise"),
        (&money, "1.10000", "1.10"),
        (&money, "1.5e3", "1500.00"),
        (&money, "15e-1", "1.50"),
        (&money, "5e-3", "/x too_precise"),
        (&money, "-5E-2", "-0.05"),
        (&money, "1e64", "/x too_large"),
        (&money, "1e999999999999", "/x format"),
        (&money, "-10000000000000000", "/x too_small"),
        (&money, "\"1,5\"", "/x format"),
        (&money, "\"\"", "/x format"),
        (&money, "\"NaN\"", "/x format"),
        (&small, "99.999", "99.999"),
        (&small, "100", "/x too_large"),
        (&small, "-100.000", "/x too_small"),
    ] {
        assert_eq!(say(rules, text), said, "{text}");
    }
}

#[test]
fn moments_have_one_form() {
    for (name, text, said) in [
        ("date", "\"2026-02-28\"", "2026-02-28"),
        ("date", "\"2026-02-29\"", "/x format"),
        ("date", "\"28.02.2026\"", "/x format"),
        ("time", "\"09:30:00.5\"", "09:30:00.5"),
        ("datetime", "\"2026-03-31T09:30:00+02:00\"", "2026-03-31T07:30:00Z"),
        ("datetime", "\"2026-03-31T09:30:00\"", "/x format"),
        ("duration", "\"P1DT1H\"", "PT25H"),
        ("duration", "\"1h\"", "/x format"),
        ("duration", "\"P1M\"", "/x format"),
        ("uuid", "\"0198C5A2-7C1E-7D1B-9B0A-3F2F5D6C7B8A\"", "0198c5a2-7c1e-7d1b-9b0a-3f2f5d6c7b8a"),
        ("uuid", "\"0198c5a27c1e7d1b9b0a3f2f5d6c7b8a\"", "/x format"),
        ("ref", "\"$first\"", "00000000-0000-0000-0000-000000000001"),
        ("ref", "\"$second\"", "/x not_found"),
    ] {
        assert_eq!(say(&field(name, |_| {}), text), said, "{name} {text}");
    }
}

#[test]
fn limits_are_judged_after_the_type() {
    let code = field("string", |f| {
        f.ty.max_length = Some(4);
        f.limits.min_length = Some(2);
        f.limits.pattern = Some("[a-zé]+|ok".into());
    });
    let level = field("int", |f| {
        f.limits.min = Some("1".into());
        f.limits.max = Some("9".into());
        f.limits.values = vec!["1".into(), "5".into()];
    });
    let price = field("money", |f| f.limits.min = Some("0.00".into()));
    let day = field("date", |f| f.limits.max = Some("2026-12-31".into()));
    let status = field("enum", |f| f.ty.target = Some("m.Status".into()));
    for (rules, text, said) in [
        (&code, "\"éééé\"", "éééé"),
        (&code, "\"ééééé\"", "/x too_long"),
        (&code, "\"é\"", "/x too_short"),
        (&code, "\"ab\\n\"", "/x format"),
        (&code, "\"okA\"", "/x pattern"),
        (&level, "0", "/x too_small, /x not_allowed"),
        (&level, "7", "/x not_allowed"),
        (&level, "5", "5"),
        (&price, "-0.01", "/x too_small"),
        (&day, "\"2027-01-01\"", "/x too_large"),
        (&status, "\"done\"", "done"),
        (&status, "\"Done\"", "/x not_allowed"),
        (&status, "null", "null"),
    ] {
        assert_eq!(say(rules, text), said, "{text}");
    }
}

#[test]
fn lists_and_documents_name_the_place() {
    let tags = field("list", |f| {
        list_of("slug")(f);
        f.limits.max_items = Some(3);
    });
    let json = field("json", |_| {});
    for (rules, text, said) in [
        (&tags, "[\"a\", \"B-c\"]", "[\"a\",\"b-c\"]"),
        (&tags, "[\"a\", null, \"b c\", 1]", "/x/1 required, /x/2 format, /x/3 type"),
        (&tags, "[\"a\",\"b\",\"c\",\"d\"]", "/x too_many"),
        (&tags, "\"a\"", "/x type"),
        (
            &json,
            "{\"b\":[1.50,9007199254740993],\"a\":\"\\u00e9\"}",
            "{\"a\":\"é\",\"b\":[1.50,9007199254740993]}",
        ),
        (&json, "{\"a\":{\"b\":1,\"b\":2}}", "/x/a/b duplicate_key"),
        (&json, "[\"a\\u0000\"]", "/x/0 nul"),
    ] {
        assert_eq!(say(rules, text), said, "{text}");
    }
}

#[test]
fn what_was_computed_is_judged_too() {
    let rules = field("money", |f| {
        f.required = true;
        f.limits.max = Some("10.00".into());
    });
    let judged = |value: Value| {
        let mut problems = Vec::new();
        rules.judge(&value, &Pointer::Root("/x"), &mut problems);
        problems.iter().map(|p| p.code).collect::<Vec<_>>()
    };
    assert_eq!(judged(Value::Null), [Code::Required]);
    assert_eq!(judged(Value::Decimal(Decimal::new(1001, 2).expect("a decimal"))), [Code::TooLarge]);
    assert_eq!(judged(Value::Decimal(Decimal::new(1000, 2).expect("a decimal"))), []);
}

#[test]
fn a_limit_that_is_no_value_is_refused_when_loading() {
    let mut field: Field = serde_json::from_value(serde_json::json!({
        "name": "x", "label": "X", "ty": { "name": "date" }, "required": false, "limits": { "min": "soon" }
    }))
    .expect("a field");
    assert!(FieldRules::of(&field, &[]).is_err());
    field.limits = Limits { pattern: Some("[a".into()), ..Limits::default() };
    assert!(FieldRules::of(&field, &[]).is_err());
}
