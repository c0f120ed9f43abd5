//! What came of policy tests, as JUnit XML: what build servers read. It holds no times: the same run gives the same bytes.

use std::fmt::Write as _;

use athyper_metac::render::{self, Format};
use athyper_metac::source::SourceSet;

use super::Results;

/// Everything; one `testcase` for each test.
pub fn text(results: &Results, sources: &SourceSet) -> String {
    let sum = results.sum();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites name=\"metac test\" tests=\"{}\" failures=\"{}\" errors=\"0\">",
        sum.tests, sum.failed
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
            for failure in &test.failures {
                let message = escaped(&failure.title);
                let said =
                    render::render(Format::Human { colour: false }, sources, std::slice::from_ref(failure));
                let said = escaped(said.trim());
                let _ = writeln!(
                    xml,
                    "      <failure type=\"{}\" message=\"{message}\">{said}</failure>",
                    failure.code.id
                );
            }
            xml.push_str("    </testcase>\n");
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
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
