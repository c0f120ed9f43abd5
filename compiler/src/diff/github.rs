//! A report as workflow commands: GitHub shows them beside the rules.

use super::human::{decision, examples, headline};
use super::report::{Access, Difference, RuleAt, Turn};
use super::schema::{Change, Class};
use crate::render::github::{data, property};

/// One line for each finding; `below` is the package folder, where the files of rules are.
#[must_use]
pub fn github(difference: &Difference, below: &str) -> String {
    let access = difference.access.iter().map(|access| of_access(access, below));
    access.chain(difference.changes.iter().filter_map(of_change)).collect()
}

fn of_access(access: &Access, below: &str) -> String {
    let level = match access.turn {
        Turn::Gains | Turn::Unclear => "warning",
        Turn::Loses => "notice",
    };
    let mut text = vec![headline(access)];
    if let Some(witness) = access.example() {
        text.extend(examples(witness).into_iter().map(|(name, values)| format!("{name}: {values}")));
    }
    text.push(format!("before: {}", decision(&access.old)));
    text.push(format!("now: {}", decision(&access.new)));
    // What was taken out stands nowhere any more.
    let place = access.new.rules.first().map(|rule| place(rule, below)).unwrap_or_default();
    format!("::{level} {place}title=access::{}\n", data(&text.join("\n")))
}

fn place(rule: &RuleAt, below: &str) -> String {
    let below = below.trim_end_matches('/');
    let file = if matches!(below, "" | ".") { rule.file.clone() } else { format!("{below}/{}", rule.file) };
    format!("file={},line={},", property(&file), rule.line)
}

/// What is safe needs nobody's eyes.
fn of_change(change: &Change) -> Option<String> {
    let level = match change.class {
        Class::Breaking => "error",
        Class::Risky => "warning",
        Class::Safe => return None,
    };
    let Change { kind, subject, detail, why, data: needs, .. } = change;
    let mut text = format!("{kind}: {subject}");
    for part in [detail, *why, *needs].into_iter().filter(|part: &&str| !part.is_empty()) {
        text.push('\n');
        text.push_str(part);
    }
    Some(format!("::{level} title={}::{}\n", property(change.class.name()), data(&text)))
}
