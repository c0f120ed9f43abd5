//! What came of policy tests, as JUnit XML: what build servers read. It holds no times: the same run gives the same bytes.

use std::fmt::Write as _;

use athyper_metac::diag::Diagnostic;
use athyper_metac::render::{self, Format};
use athyper_metac::source::SourceSet;

use super::Results;
use super::database::Compared;

/// Everything; one `testcase` for each test, and one for each database.
pub fn text(results: &Results, sources: &SourceSet) -> String {
    let sum = results.sum();
    let differ = results.databases.iter().filter(|one| !one.differ.is_empty()).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites name=\"metac test\" tests=\"{}\" failures=\"{}\" errors=\"0\">",
        sum.tests + results.databases.len(),
        sum.failed + differ
    );
    for suite in results.suites.iter().filter(|suite| !suite.tests.is_empty()) {
        let failed = suite.tests.iter().filter(|test| !test.failures.is_empty()).count();
        let name = escaped(&suite.name);
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">",
            suite.tests.len()
        );
        for test in &suite.tests {
            let span = test.name.span;
            let line = sources.get(span.file).map_or(0, |file| file.line_index(span.start) + 1);
            let file = escaped(&sources.shown_path(span.file));
            let case = escaped(&test.name.value);
            let _ = write!(
                xml,
                "    <testcase classname=\"{name}\" name=\"{case}\" file=\"{file}\" line=\"{line}\""
            );
            if test.failures.is_empty() {
                xml.push_str("/>\n");
                continue;
            }
            failures(&test.failures, sources, &mut xml);
        }
        xml.push_str("  </testsuite>\n");
    }
    for Compared { database, differ, .. } in &results.databases {
        let failed = u8::from(!differ.is_empty());
        let _ = write!(
            xml,
            "  <testsuite name=\"{database}\" tests=\"1\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">\n    \
             <testcase classname=\"{database}\" name=\"Every answer is as in memory\""
        );
        if differ.is_empty() {
            xml.push_str("/>\n");
        } else {
            failures(differ, sources, &mut xml);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// The rest of a `testcase` that failed.
fn failures(all: &[Diagnostic], sources: &SourceSet, xml: &mut String) {
    xml.push_str(">\n");
    for failure in all {
        let message = escaped(&failure.title);
        let said = render::render(Format::Human { colour: false }, sources, std::slice::from_ref(failure));
        let (code, said) = (failure.code.id, escaped(said.trim()));
        let _ = writeln!(xml, "      <failure type=\"{code}\" message=\"{message}\">{said}</failure>");
    }
    xml.push_str("    </testcase>\n");
}

/// Text as XML can hold it: what no XML may hold becomes a question mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use athyper_metac::diag::policy_tests as tell;
    use athyper_metac::source::{SourceSet, Span};

    use super::*;

    #[test]
    fn a_database_that_answers_otherwise_is_a_failure() {
        let sources = SourceSet::new([("order.yaml".to_owned(), b"ann: { allow: read }".to_vec())]);
        let (file, _) = sources.files().next().unwrap();
        let told =
            tell::database_differs(Span::new(file, 7..12), "SQLite", "`read` of `draft` by `ann`", true);
        let database = |database, differ| Compared { database, answers: 3, differ };
        let databases = vec![database("SQLite", vec![told]), database("PostgreSQL", Vec::new())];
        let results = Results { suites: Vec::new(), coverage: None, mutations: None, databases };
        let xml = text(&results, &sources);
        for part in [
            "<testsuites name=\"metac test\" tests=\"2\" failures=\"1\" errors=\"0\">",
            "<testsuite name=\"SQLite\" tests=\"1\" failures=\"1\"",
            "<failure type=\"E0791\" message=\"",
            "<testcase classname=\"PostgreSQL\" name=\"Every answer is as in memory\"/>",
        ] {
            assert!(xml.contains(part), "{part:?} is not in\n{xml}");
        }
    }
}
