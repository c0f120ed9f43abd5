//! The cases of the CEL specification: every one agrees or is refused by name.
//!
//! The cases are read from `shared/conformance/` beside the checkout, or from the file that `CEL_SPEC_CASES`
//! names; without them the suite only says so. The counts are pinned in `conformance.md`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a panic here is a failed test"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use athyper_expr::decimal::Decimal;
use athyper_expr::eval::{Context, Layout, Place, Program};
use athyper_expr::ir::{Kind, Ty};
use athyper_expr::value::Value;
use athyper_expr::{Expected, Scope, compile};
use serde_json::Value as Json;

const PINNED: &str = include_str!("conformance.md");

/// The variables of one case, as the fields of a record.
#[derive(Default)]
struct Variables {
    names: Vec<String>,
    types: Vec<Ty>,
    values: Vec<Value>,
}

impl Scope for Variables {
    fn this(&self) -> Option<&str> {
        Some("case.Variables")
    }
    fn field(&self, _: &str, name: &str) -> Option<Ty> {
        self.names.iter().position(|n| n == name).map(|i| self.types[i].clone())
    }
    fn field_names(&self, _: &str) -> Vec<String> {
        self.names.clone()
    }
    fn enum_values(&self, _: &str) -> Option<Vec<String>> {
        None
    }
    fn user(&self, _: &str) -> Option<Ty> {
        None
    }
}

impl Layout for Variables {
    fn field(&self, _: &str, field: &str) -> Option<Place<'_>> {
        self.names.iter().position(|n| n == field).map(Place::Index)
    }
    fn attribute(&self, _: &str) -> Option<usize> {
        None
    }
}

/// How a case came out.
enum Outcome {
    Agrees,
    /// Refused before evaluation, with the slug of the problem.
    Refused(&'static str),
    Differs(String),
}

/// Slugs that say: this construct is not part of the language.
const BY_NAME: &[&str] =
    &["unsupported", "mixed-list", "use-instead", "number-out-of-range", "unknown-function", "too-deep"];

/// A value of the suite's JSON, and its kind; empty for kinds the language does not have.
fn value(json: &Json) -> Option<(Kind, Value)> {
    let (kind, content) = json.as_object()?.iter().next()?;
    Some(match (kind.as_str(), content) {
        ("null", _) => (Kind::Null, Value::Null),
        ("bool", Json::Bool(b)) => (Kind::Bool, Value::Bool(*b)),
        ("int", Json::String(digits)) => (Kind::Int, Value::Int(digits.parse().ok()?)),
        ("double", Json::Number(number)) => {
            let decimal = Decimal::parse(&number.to_string())?;
            (Kind::Decimal(decimal.scale()), Value::Decimal(decimal))
        }
        ("string", Json::String(text)) => (Kind::Text, Value::text(text)),
        ("duration", Json::Array(parts)) => {
            let (seconds, nanos) = (parts.first()?.as_i64()?, parts.get(1)?.as_i64()?);
            (Kind::Duration, Value::Duration(seconds * 1_000_000 + nanos / 1_000))
        }
        ("list", Json::Array(items)) => {
            let items: Vec<(Kind, Value)> = items.iter().map(value).collect::<Option<_>>()?;
            let item = items.iter().map(|(k, _)| k.clone()).find(|k| *k != Kind::Null).unwrap_or(Kind::Null);
            let nullable = items.iter().any(|(k, _)| *k == Kind::Null);
            let values = items.into_iter().map(|(_, v)| v).collect();
            (Kind::List(Box::new(Ty { kind: item, nullable })), Value::list(values))
        }
        _ => return None,
    })
}

/// The variables of a case; empty when the language cannot hold them: messages, maps, bytes, dotted names, containers.
fn variables(case: &Json) -> Option<Variables> {
    let mut found = Variables::default();
    let bindings = case.get("bindings").and_then(Json::as_object);
    let declared = case.get("type_env").and_then(Json::as_array).into_iter().flatten();
    let mut names = declared.filter(|d| d.get("ident").is_some()).filter_map(|d| d["name"].as_str());
    let literals = ["true", "false", "null"];
    let unbound = |name: &str| name.contains('.') || bindings.is_none_or(|b| !b.contains_key(name));
    if case.get("container").is_some() || names.any(|name| !literals.contains(&name) && unbound(name)) {
        return None;
    }
    for (name, binding) in bindings.into_iter().flatten() {
        let (kind, value) = value(binding)?;
        let nullable = kind == Kind::Null;
        found.names.push(name.clone());
        found.types.push(Ty { kind, nullable });
        found.values.push(value);
    }
    Some(found)
}

/// Numbers are compared by amount: the suite's doubles are decimals here.
fn same(expected: &Value, found: &Value) -> bool {
    let number = |v: &Value| match v {
        Value::Int(n) => Decimal::from_int(*n, 0),
        Value::Decimal(d) => Some(*d),
        _ => None,
    };
    match (expected, found) {
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        (Value::Int(a), Value::Int(b)) => a == b,
        (a, b) => match (number(a), number(b)) {
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        },
    }
}

fn run(case: &Json) -> Outcome {
    let text = case["expr"].as_str().expect("an expression");
    let Some(variables) = variables(case) else { return Outcome::Refused("binding") };
    let fails = case["expect"].get("error").is_some();
    let unchecked = case.get("disable_check").is_some();
    let checked = match compile(text, &variables, &Expected::Any) {
        Ok(checked) => checked,
        Err(problems) => {
            let slug = problems.iter().map(|p| p.slug()).find(|s| BY_NAME.contains(s));
            let first = &problems[0];
            return match slug {
                Some(slug) => Outcome::Refused(slug),
                None if fails => Outcome::Agrees,
                // The specification's own checker is off in the case: it would refuse it too.
                None if unchecked => Outcome::Refused(first.slug()),
                None => Outcome::Differs(format!("refused: {first}")),
            };
        }
    };
    if case["expect"].get("value").is_none() && !fails {
        return match static_type(&case["expect"]["type"]) {
            Some(kind) if kind == checked.expr.ty.kind => Outcome::Agrees,
            _ => Outcome::Differs(format!("has the type {:?}", checked.expr.ty)),
        };
    }
    let program =
        Program::compile(&checked.expr, &variables).expect("a checked expression fits its own scope");
    let found = program.evaluate(&Context { this: &variables.values, ..Context::EMPTY }).expect("few steps");
    match (fails, value(&case["expect"]["value"])) {
        (true, _) if found.is_null() => Outcome::Agrees,
        (false, Some((_, expected))) if same(&expected, &found) => Outcome::Agrees,
        _ => Outcome::Differs(format!("gives {}", found.to_json())),
    }
}

fn static_type(json: &Json) -> Option<Kind> {
    if let Some(list) = json.get("listType") {
        let kind = static_type(&list["elemType"])?;
        return Some(Kind::List(Box::new(Ty { kind, nullable: false })));
    }
    if json.get("dyn").is_some() || json.get("typeParam").is_some() {
        return Some(Kind::Null);
    }
    match json.get("primitive")?.as_str()? {
        "BOOL" => Some(Kind::Bool),
        "INT64" => Some(Kind::Int),
        "STRING" => Some(Kind::Text),
        _ => None,
    }
}

fn cases() -> Option<String> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/cel-spec.jsonl");
    let path = std::env::var_os("CEL_SPEC_CASES").map_or(beside, PathBuf::from);
    std::fs::read_to_string(path).ok()
}

#[test]
fn every_case_agrees_or_is_refused_by_name() {
    let Some(cases) = cases() else {
        println!("skipped: the cases of the CEL specification are not beside this checkout");
        return;
    };
    let mut counts: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    let mut refusals: BTreeMap<&str, u32> = BTreeMap::new();
    let mut different = Vec::new();
    for line in cases.lines() {
        let case: Json = serde_json::from_str(line).expect("a case is JSON");
        let part = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
        let count = counts.entry(part("file")).or_default();
        match run(&case) {
            Outcome::Agrees => count[0] += 1,
            Outcome::Refused(slug) => {
                count[1] += 1;
                *refusals.entry(slug).or_default() += 1;
            }
            Outcome::Differs(how) => {
                let name = format!("{}/{}/{}", part("file"), part("section"), part("name"));
                let expected = &case["expect"];
                different.push(format!("{name}: `{}` {how}, expected {expected}", part("expr")));
            }
        }
    }
    let mut table = String::from("| file | agree | refused by name |\n|---|---|---|\n");
    let mut total = [0; 2];
    for (file, count) in &counts {
        table += &format!("| {file} | {} | {} |\n", count[0], count[1]);
        total = [total[0] + count[0], total[1] + count[1]];
    }
    table += &format!("| all | {} | {} |\n", total[0], total[1]);
    table += "\n| refused as | cases |\n|---|---|\n";
    for (slug, count) in &refusals {
        table += &format!("| {slug} | {count} |\n");
    }
    println!("{table}");
    assert!(different.is_empty(), "differ:\n{}", different.join("\n"));
    assert!(PINNED.contains(&table), "the counts in conformance.md are not these:\n{table}");
}
