//! A report for people at a terminal.

use std::fmt::Write as _;

use athyper_schemas::bundle::Effect;

use super::report::{Access, Difference, Introduced, RuleAt, Side, Turn};

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
    out
}

/// What happens to an access, as a sentence without its end.
pub(super) fn headline(access: &Access) -> String {
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
    write_side("before", &access.old, out);
    write_side("now", &access.new, out);
}

fn write_side(name: &str, side: &Side, out: &mut String) {
    let _ = writeln!(out, "      {name:<7}{}{}", side.when, by(&side.rules));
}

/// By which rules, with their places.
pub(super) fn by(rules: &[RuleAt]) -> String {
    let one = |rule: &RuleAt| {
        let denies = if rule.effect == Some(Effect::Deny) { "deny " } else { "" };
        format!("{denies}`{}` {}:{}", rule.id, rule.file, rule.line)
    };
    match rules {
        [] => "  (no rule)".to_owned(),
        rules => format!("  ({})", rules.iter().map(one).collect::<Vec<_>>().join(", ")),
    }
}

fn write_introduced(introduced: &Introduced, out: &mut String) {
    let Introduced { entity, action, caller, when } = introduced;
    let _ = writeln!(out, "  + {}: {} of {entity}: {when}", caller.words(), action.name());
}
