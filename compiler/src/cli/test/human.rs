//! What came of policy tests, for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use athyper_metac::policy_test::sql::Unasked;
use athyper_metac::policy_test::{Coverage, Mutation, Sides, SuiteReport};
use athyper_metac::render::{self, Format};
use athyper_metac::source::SourceSet;

use super::Results;
use super::database::Compared;

/// Everything, failures where they happened, the sum at the end.
pub fn text(results: &Results, sources: &SourceSet, colour: bool) -> String {
    let mut text = String::new();
    for suite in results.suites.iter().filter(|suite| !suite.tests.is_empty()) {
        self::suite(suite, (sources, colour), &mut text);
    }
    for one in &results.databases {
        database(one, (sources, colour), &mut text);
    }
    if let Some(coverage) = &results.coverage {
        self::coverage(coverage, &mut text);
    }
    if let Some(mutations) = &results.mutations {
        self::mutations(mutations, sources, &mut text);
    }
    let sum = results.sum();
    let verdict = if results.passes() { "ok" } else { "FAILED" };
    let expected = many(sum.expectations, "expectation");
    let _ = write!(text, "{verdict}: {}, {expected}", many(sum.tests, "test"));
    if sum.missed > 0 {
        let _ = write!(text, "; {} did not come, in {}", sum.missed, many(sum.failed, "test"));
    }
    for one in results.databases.iter().filter(|one| one.failed.is_some()) {
        let _ = write!(text, "; {} was not asked everything", one.database);
    }
    text.push('\n');
    text
}

/// What one database said, and what it was not asked.
fn database(one: &Compared, (sources, colour): (&SourceSet, bool), text: &mut String) {
    let answers = many(one.answers, "answer");
    let _ = match (one.differ.len(), one.answers) {
        (0, 0) => writeln!(text, "{}: no answers", one.database),
        (0, _) => writeln!(text, "{}: {answers}, each as in memory", one.database),
        (differ, _) => writeln!(text, "{}: {differ} of {answers} not as in memory", one.database),
    };
    let mut unasked: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for Unasked { what, why, .. } in &one.unasked {
        unasked.entry(why).or_insert((what, 0)).1 += 1;
    }
    for (why, (first, count)) in unasked {
        let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let _ = writeln!(text, "  not asked under row level security: {first}{more}; {why}");
    }
    if !one.differ.is_empty() {
        text.push_str(&render::render(Format::Human { colour }, sources, &one.differ));
    }
    text.push('\n');
}

fn suite(suite: &SuiteReport, (sources, colour): (&SourceSet, bool), text: &mut String) {
    let _ = writeln!(text, "{}", suite.name);
    for test in &suite.tests {
        let failed = !test.failures.is_empty();
        let word = if failed { "FAIL" } else { "ok  " };
        let _ = writeln!(text, "  {word} {} ({})", test.name.value, test.expectations);
        if failed {
            let said = render::render(Format::Human { colour }, sources, &test.failures);
            let _ = writeln!(text, "\n{}", said.trim_end());
            text.push('\n');
        }
    }
    text.push('\n');
}

fn coverage(coverage: &Coverage, text: &mut String) {
    let _ = writeln!(text, "coverage");
    let mut open = Vec::new();
    for ((policy, rule), sides) in &coverage.rules {
        let gap = gap(*sides, ["it is about it", "it holds", "it does not hold"]);
        open.extend(gap.map(|gap| format!("rule `{rule}` of {policy}: {gap}")));
    }
    for ((policy, field), sides) in &coverage.fields {
        let gap = gap(*sides, ["somebody looks", "somebody sees it", "it is kept from somebody"]);
        open.extend(gap.map(|gap| format!("field `{field}` of {policy}: {gap}")));
    }
    for ((entity, action), sides) in &coverage.outcomes {
        let gap = gap(*sides, ["somebody tries it", "it is allowed", "it is denied"]);
        open.extend(gap.map(|gap| format!("`{}` of {entity}: {gap}", action.name())));
    }
    for line in &open {
        let _ = writeln!(text, "  {line}");
    }
    let (seen, all) = coverage.total();
    let rules = coverage.rules.values().filter(|sides| sides.both()).count();
    let count = many(coverage.rules.len(), "rule");
    let _ = writeln!(text, "  {rules} of {count} seen both ways; {seen} of {all} outcomes seen\n");
}

/// What was not seen, in words for nothing, for yes and for no.
fn gap(sides: Sides, [nothing, yes, no]: [&str; 3]) -> Option<String> {
    let missing = match (sides.yes, sides.no) {
        (true, true) => return None,
        (false, false) => nothing,
        (false, true) => yes,
        (true, false) => no,
    };
    Some(format!("no test where {missing}"))
}

fn mutations(all: &[Mutation], sources: &SourceSet, text: &mut String) {
    let _ = writeln!(text, "mutations");
    let survivors = all.iter().filter(|mutation| !mutation.noticed);
    for Mutation { policy, rule, is_field, change, place, .. } in survivors.clone() {
        let at = place.and_then(|span| Some((span, sources.get(span.file)?.line_index(span.start) + 1)));
        let at = at.map(|(span, line)| format!("{}:{line}: ", sources.shown_path(span.file)));
        let kind = if *is_field { "field" } else { "rule" };
        let at = at.unwrap_or_default();
        let _ = writeln!(text, "  {at}{kind} `{rule}` of {policy}: {change}, and every test passes");
    }
    let noticed = all.len() - survivors.count();
    let percent = (noticed * 100).checked_div(all.len()).unwrap_or(100);
    let _ = writeln!(text, "  {noticed} of {} noticed ({percent} %)\n", many(all.len(), "mistake"));
}

/// `1 test`, `2 tests`.
pub fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
