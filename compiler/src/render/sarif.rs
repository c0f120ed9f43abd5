//! SARIF 2.1.0 (OASIS), for code scanning.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fingerprint;
use crate::diag::{Code, Diagnostic, Severity};
use crate::source::{SourceSet, Span};

/// One log with one run.
pub fn render(sources: &SourceSet, diagnostics: &[Diagnostic]) -> String {
    let rules: BTreeMap<&str, &Code> = diagnostics.iter().map(|said| (said.code.id, said.code)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "metac",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|code| rule(code)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": diagnostics.iter().map(|said| result(sources, said)).collect::<Vec<_>>(),
        }],
    });
    format!("{log:#}\n")
}

fn rule(code: &Code) -> Value {
    json!({
        "id": code.id,
        "name": code.slug,
        "help": { "text": code.page, "markdown": code.page },
    })
}

fn result(sources: &SourceSet, said: &Diagnostic) -> Value {
    let related: Vec<Value> = said
        .secondary
        .iter()
        .map(|label| {
            let mut place = location(sources, label.span);
            if let Some(place) = place.as_object_mut() {
                place.insert("message".to_owned(), json!({ "text": label.text }));
            }
            place
        })
        .collect();
    json!({
        "ruleId": said.code.id,
        "level": if said.severity == Severity::Error { "error" } else { "warning" },
        "message": { "text": message(said) },
        "locations": [location(sources, said.primary.span)],
        "relatedLocations": related,
        "partialFingerprints": { "athyper/v1": fingerprint(sources, said) },
    })
}

/// Title, notes and advice as sentences.
fn message(said: &Diagnostic) -> String {
    let helps = said.helps.iter().map(|help| &help.text);
    let rest: Vec<&str> = said.notes.iter().chain(helps).map(String::as_str).collect();
    if rest.is_empty() { said.title.clone() } else { format!("{}; {}", said.title, rest.join("; ")) }
}

fn location(sources: &SourceSet, span: Span) -> Value {
    let mut region = serde_json::Map::new();
    if let Some(file) = sources.get(span.file) {
        let (from, to) = (file.position(span.start), file.position(span.end));
        region.insert("startLine".to_owned(), json!(from.line));
        region.insert("startColumn".to_owned(), json!(from.column));
        region.insert("endLine".to_owned(), json!(to.line));
        region.insert("endColumn".to_owned(), json!(to.column));
    }
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&sources.shown_path(span.file)) },
        "region": region,
    } })
}

/// A path as a URI reference: what URIs keep for themselves is escaped.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
