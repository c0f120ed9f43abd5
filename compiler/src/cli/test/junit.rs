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
    let errors = results.databases.iter().filter(|one| one.failed.is_some()).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites name=\"metac test\" tests=\"{}\" failures=\"{}\" errors=\"{errors}\">",
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
            xml.push_str(">\n");
            failures(&test.failures, sources, &mut xml);
            xml.push_str("    </testcase>\n");
        }
        xml.push_str("  </testsuite>\n");
    }
    results.databases.iter().for_each(|one| database(one, sources, &mut xml));
    xml.push_str("</testsuites>\n");
    xml
}

/// A database, as a suite with one test.
fn database(one: &Compared, sources: &SourceSet, xml: &mut String) {
    let Compared { database, differ, unasked, failed, .. } = one;
    let (failures, errors) = (u8::from(!differ.is_empty()), u8::from(failed.is_some()));
    let _ = write!(
        xml,
        "  <testsuite name=\"{database}\" tests=\"1\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\">\n    \
         <testcase classname=\"{database}\" name=\"Every answer is as in memory\""
    );
    if one.passes() && unasked.is_empty() {
        xml.push_str("/>\n");
    } else {
        xml.push_str(">\n");
        self::failures(differ, sources, xml);
        if let Some(stop) = failed {
            let message = escaped(&stop.message);
            let _ = writeln!(xml, "      <error type=\"database\" message=\"{message}\"/>");
        }
        if !unasked.is_empty() {
            let lines = unasked.iter().map(|one| format!("not asked: {}; {}", one.what, one.why));
            let lines = escaped(&lines.collect::<Vec<_>>().join("\n"));
            let _ = writeln!(xml, "      <system-out>{lines}</system-out>");
        }
        xml.push_str("    </testcase>\n");
    }
    xml.push_str("  </testsuite>\n");
}

/// What went wrong in a `testcase`.
fn failures(all: &[Diagnostic], sources: &SourceSet, xml: &mut String) {
    for failure in all {
        let message = escaped(&failure.title);
        let said = render::render(Format::Human { colour: false }, sources, std::slice::from_ref(failure));
        let (code, said) = (failure.code.id, escaped(said.trim()));
        let _ = writeln!(xml, "      <failure type=\"{code}\" message=\"{message}\">{said}</failure>");
    }
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
        let sqlite = Compared { differ: vec![told], ..Compared::with("SQLite") };
        let databases = vec![sqlite, Compared::with("PostgreSQL")];
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
