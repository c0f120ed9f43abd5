//! What came of policy tests, for people.

use std::fmt::Write as _;

use athyper_metac::policy_test::{Coverage, Sides, SuiteReport};
use athyper_metac::render::{self, Format};
use athyper_metac::source::SourceSet;

use super::Results;

/// Everything, failures where they happened, the sum at the end.
pub fn text(results: &Results, sources: &SourceSet, colour: bool) -> String {
    let mut text = String::new();
    for suite in results.suites.iter().filter(|suite| !suite.tests.is_empty()) {
        self::suite(suite, (sources, colour), &mut text);
    }
    if let Some(coverage) = &results.coverage {
        self::coverage(coverage, &mut text);
    }
    let tests = results.suites.iter().flat_map(|suite| &suite.tests);
    let expected: usize = tests.clone().map(|test| test.expectations).sum();
    let missed: usize = tests.clone().map(|test| test.failures.len()).sum();
    let failed = tests.clone().filter(|test| !test.failures.is_empty()).count();
    let count = tests.count();
    let verdict = if missed == 0 { "ok" } else { "FAILED" };
    let _ = write!(text, "{verdict}: {}, {}", many(count, "test"), many(expected, "expectation"));
    let _ = match missed {
        0 => writeln!(text),
        _ => writeln!(text, "; {missed} did not come, in {}", many(failed, "test")),
    };
    text
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
        let words = ("holds", "does not hold");
        open.extend(
            missing(*sides, words).map(|side| format!("rule `{rule}` of {policy}: no test where it {side}")),
        );
    }
    for ((policy, field), sides) in &coverage.fields {
        let words = ("sees it whole", "does not");
        open.extend(
            missing(*sides, words)
                .map(|side| format!("field `{field}` of {policy}: no test where somebody {side}")),
        );
    }
    for ((entity, action), sides) in &coverage.outcomes {
        let words = ("allowed", "denied");
        let name = action.name();
        open.extend(
            missing(*sides, words).map(|side| format!("`{name}` of {entity}: no test where it is {side}")),
        );
    }
    for line in &open {
        let _ = writeln!(text, "  {line}");
    }
    let (seen, all) = coverage.total();
    let whole = |sides: &&Sides| sides.both();
    let rules = coverage.rules.values().filter(whole).count();
    let _ = writeln!(
        text,
        "  {rules} of {} seen both ways; {seen} of {all} outcomes seen\n",
        many(coverage.rules.len(), "rule")
    );
}

/// Which sides were not seen, in words.
fn missing(sides: Sides, (yes, no): (&'static str, &'static str)) -> impl Iterator<Item = &'static str> {
    [(sides.yes, yes), (sides.no, no)].into_iter().filter(|(seen, _)| !seen).map(|(_, words)| words)
}

/// `1 test`, `2 tests`.
pub fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
