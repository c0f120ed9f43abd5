//! A report for people at a terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use athyper_schemas::bundle::Effect;

use super::report::{Access, Difference, GONE, Introduced, RuleAt, Side, Turn};
use super::schema::Change;
use super::witness::Witness;

/// The report as text; one line when there is nothing to report.
#[must_use]
pub fn human(difference: &Difference) -> String {
    if difference.is_empty() {
        return "No difference.\n".to_owned();
    }
    let mut out = String::new();
    if !difference.access.is_empty() {
        out.push_str("Access\n");
        for access in &difference.access {
            write_access(access, &mut out);
        }
    }
    if !difference.introduced.is_empty() {
        out.push_str("New entities\n");
        difference.introduced.iter().for_each(|introduced| write_introduced(introduced, &mut out));
    }
    if !difference.changes.is_empty() {
        out.push_str("Changes\n");
        difference.changes.iter().for_each(|change| write_change(change, &mut out));
    }
    out
}

fn write_change(change: &Change, out: &mut String) {
    let Change { class, kind, subject, detail, why, data } = change;
    let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
    let data = if data.is_empty() { String::new() } else { format!("; data: {data}") };
    let _ = writeln!(out, "  {:<9}{kind}: {subject}{detail}\n           {why}{data}", class.name());
}

/// What happens to an access, as a sentence without its end.
#[must_use]
pub fn headline(access: &Access) -> String {
    let (who, action, entity) = (access.caller.words(), access.action.name(), &access.entity);
    let what = match &access.field {
        Some(field) => format!("{action} of {entity}.{field}"),
        None => format!("{action} of {entity}"),
    };
    match access.turn {
        Turn::Gains => format!("{who}: gains {what}"),
        Turn::Loses => format!("{who}: loses {what}"),
        Turn::Unclear => format!("{who}: conditions differ for {what}"),
    }
}

fn write_access(access: &Access, out: &mut String) {
    let mark = match access.turn {
        Turn::Gains => '+',
        Turn::Loses => '-',
        Turn::Unclear => '?',
    };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "  {mark} {}", headline(access));
    if let Some(witness) = access.example() {
        for (name, values) in examples(witness) {
            let _ = writeln!(out, "      {name:<8} {values}");
        }
    } else if access.turn == Turn::Unclear {
        let _ = writeln!(out, "      no record found in {} tries", access.tries);
    }
    write_side("before", &access.old, out);
    write_side("now", &access.new, out);
}

fn write_side(name: &str, side: &Side, out: &mut String) {
    let _ = writeln!(out, "      {name:<8} {}", decision(side));
}

/// What one model says, with the rules behind it.
pub(super) fn decision(side: &Side) -> String {
    let decided = side.decided.unwrap_or(&side.when);
    let rules = by(&side.rules);
    let denies = side.rules.iter().any(|rule| rule.effect == Some(Effect::Deny));
    match (decided, side.rules.as_slice()) {
        (GONE, _) => GONE.to_owned(),
        (_, []) => format!("{decided}: no rule allows it"),
        ("denied", _) if !denies => format!("denied: {rules} does not hold"),
        _ => format!("{decided}: {rules}"),
    }
}

/// The parts of a witness that matter, each as one line.
pub(super) fn examples(witness: &Witness) -> Vec<(&'static str, String)> {
    let line = |values: &BTreeMap<String, serde_json::Value>| {
        values.iter().map(|(path, value)| format!("{path} = {value}")).collect::<Vec<_>>().join(", ")
    };
    let record = if witness.record.is_empty() { "any".to_owned() } else { line(&witness.record) };
    let mut parts = vec![("record", record)];
    if !witness.becomes.is_empty() {
        parts.push(("becomes", line(&witness.becomes)));
    }
    if !witness.user.is_empty() {
        parts.push(("caller", line(&witness.user)));
    }
    parts
}

/// By which rules, with their places.
pub(super) fn by(rules: &[RuleAt]) -> String {
    let one = |rule: &RuleAt| {
        let denies = if rule.effect == Some(Effect::Deny) { "deny " } else { "" };
        format!("{denies}`{}` {}:{}", rule.id, rule.file, rule.line)
    };
    rules.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn write_introduced(introduced: &Introduced, out: &mut String) {
    let Introduced { entity, action, caller, when } = introduced;
    let _ = writeln!(out, "  + {}: {} of {entity}: {when}", caller.words(), action.name());
}
