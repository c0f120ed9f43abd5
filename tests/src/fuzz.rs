//! What is thrown at the readers of text from outside. Each function takes any bytes and must end, without a panic.
//!
//! `tests/tests/fuzz.rs` runs them over the seeds and thousands of mutations in every test run; `tests/fuzz/` is for
//! libFuzzer, which looks longer.

use athyper_metac::diag::Lints;
use athyper_metac::format;
use athyper_metac::source::SourceSet;
use athyper_runtime::request::json;
use athyper_runtime::request::query::Query;

/// A source file: read, resolved, judged and, when it is sound, compiled; then brought into form.
pub fn package(bytes: &[u8]) {
    let package = b"package: shop\nedition: 2026\n".to_vec();
    let files = [("metac.yaml".to_owned(), package), ("shop.yaml".to_owned(), bytes.to_vec())];
    let sources = SourceSet::new(files);
    let outcome = athyper_metac::compile(&sources, Lints::default());
    for said in &outcome.said {
        assert!(sources.get(said.primary.span.file).is_some(), "{} is nowhere", said.code.id);
    }
    // A file that cannot be brought into form keeps its own; one that can is in form afterwards.
    if let Ok(once) = format::format("shop.yaml", bytes) {
        let twice = format::format("shop.yaml", once.as_bytes());
        assert!(twice.is_ok_and(|twice| twice == once), "formatting again changes something");
    }
}

/// An expression: read, and when that works, printed and read again.
pub fn expression(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let parsed = athyper_expr::parse(&text);
    for problem in &parsed.problems {
        assert!(problem.span.end as usize <= text.len(), "{problem} lies outside");
    }
    if let Some(tree) = parsed.expr.filter(|_| parsed.problems.is_empty()) {
        let printed = tree.to_string();
        assert!(athyper_expr::parse(&printed).problems.is_empty(), "`{printed}` does not read back");
    }
}

/// A request: the query string of a list, and a body.
pub fn request(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Query::of_list(&text);
    let _ = Query::of_record(&text);
    if let Ok(value) = json::parse(bytes, 32) {
        assert!(
            json::parse(value.canonical().as_bytes(), 64).is_ok(),
            "`{}` does not read back",
            value.canonical()
        );
    }
}
