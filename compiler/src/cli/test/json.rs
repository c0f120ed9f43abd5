//! What came of policy tests, as one JSON object.

use athyper_metac::diag::{Diagnostic, Label};
use athyper_metac::policy_test::{Coverage, Mutation, Sides};
use athyper_metac::source::{SourceSet, Span};
use serde_json::{Value, json};

use super::Results;
use super::database::Compared;

/// Everything.
pub fn text(results: &Results, sources: &SourceSet) -> String {
    let suites = results.suites.iter().filter(|suite| !suite.tests.is_empty()).map(|suite| {
        let tests = suite.tests.iter().map(|test| {
            let failures: Vec<Value> = test.failures.iter().map(|said| failure(sources, said)).collect();
            json!({
                "name": test.name.value,
                "place": place(sources, test.name.span),
                "passed": failures.is_empty(),
                "expectations": test.expectations,
                "failures": failures,
            })
        });
        json!({ "name": suite.name, "tests": tests.collect::<Vec<_>>() })
    });
    let sum = results.sum();
    let report = json!({
        "passed": results.passes(),
        "tests": sum.tests,
        "failed": sum.failed,
        "expectations": sum.expectations,
        "missed": sum.missed,
        "suites": suites.collect::<Vec<_>>(),
        "databases": results.databases.iter().map(|one| database(one, sources)).collect::<Vec<_>>(),
        "coverage": results.coverage.as_ref().map(coverage),
        "mutations": results.mutations.as_ref().map(|all| mutations(all, sources)),
    });
    format!("{report:#}\n")
}

fn database(one: &Compared, sources: &SourceSet) -> Value {
    let differ: Vec<Value> = one.differ.iter().map(|said| failure(sources, said)).collect();
    let unasked = one.unasked.iter().map(
        |unasked| json!({ "what": unasked.what, "why": unasked.why, "place": place(sources, unasked.span) }),
    );
    json!({
        "database": one.database,
        "answers": one.answers,
        "differ": differ,
        "not_asked": unasked.collect::<Vec<_>>(),
        "error": one.failed.as_ref().map(|stop| &stop.message),
    })
}

fn failure(sources: &SourceSet, said: &Diagnostic) -> Value {
    let label = |label: &Label| json!({ "place": place(sources, label.span), "text": label.text });
    json!({
        "code": said.code.id,
        "message": said.title,
        "expected": label(&said.primary),
        "rules": said.secondary.iter().map(label).collect::<Vec<_>>(),
        "notes": said.notes,
    })
}

fn place(sources: &SourceSet, span: Span) -> Value {
    let Some(file) = sources.get(span.file) else { return Value::Null };
    let at = file.position(span.start);
    json!({ "file": sources.shown_path(span.file), "line": at.line, "column": at.column })
}

fn coverage(coverage: &Coverage) -> Value {
    let sides = |(yes, no): (&str, &str), sides: &Sides| json!({ yes: sides.yes, no: sides.no });
    let rules = coverage.rules.iter().map(|((policy, rule), seen)| {
        json!({ "policy": policy, "rule": rule, "seen": sides(("true", "not_true"), seen) })
    });
    let fields = coverage.fields.iter().map(|((policy, field), seen)| {
        json!({ "policy": policy, "field": field, "seen": sides(("visible", "kept"), seen) })
    });
    let outcomes = coverage.outcomes.iter().map(|((entity, action), seen)| {
        json!({ "entity": entity, "action": action.name(), "seen": sides(("allow", "deny"), seen) })
    });
    let (seen, all) = coverage.total();
    json!({
        "seen": seen,
        "all": all,
        "rules": rules.collect::<Vec<_>>(),
        "fields": fields.collect::<Vec<_>>(),
        "outcomes": outcomes.collect::<Vec<_>>(),
    })
}

fn mutations(all: &[Mutation], sources: &SourceSet) -> Value {
    let one = |mutation: &Mutation| {
        let key = if mutation.is_field { "field" } else { "rule" };
        json!({
            "policy": mutation.policy,
            key: mutation.rule,
            "change": mutation.change,
            "place": mutation.place.map(|span| place(sources, span)),
        })
    };
    let survivors: Vec<Value> = all.iter().filter(|mutation| !mutation.noticed).map(one).collect();
    json!({ "all": all.len(), "noticed": all.len() - survivors.len(), "survivors": survivors })
}
