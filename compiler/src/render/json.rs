//! One JSON object a line, in the shape that `rustc --error-format=json` made known, so that tools read it.

use serde_json::{Value, json};

use super::fingerprint;
use crate::diag::{Diagnostic, Label};
use crate::source::{SourceSet, Span};

/// Every diagnostic, one line each.
pub fn render(sources: &SourceSet, diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|said| format!("{}\n", diagnostic(sources, said))).collect()
}

fn diagnostic(sources: &SourceSet, said: &Diagnostic) -> Value {
    let mut spans = vec![label(sources, &said.primary, true)];
    spans.extend(said.secondary.iter().map(|place| label(sources, place, false)));
    let notes = said.notes.iter().map(|note| json!({ "level": "note", "message": note, "spans": [] }));
    let helps = said.helps.iter().map(|help| {
        let edits = help.edits.iter().map(|edit| {
            let mut span = span(sources, edit.span);
            span.insert("suggested_replacement".to_owned(), json!(edit.replacement));
            Value::Object(span)
        });
        json!({ "level": "help", "message": help.text, "spans": edits.collect::<Vec<_>>() })
    });
    json!({
        "code": said.code.id,
        "slug": said.code.slug,
        "level": said.severity.name(),
        "message": said.title,
        "spans": spans,
        "children": notes.chain(helps).collect::<Vec<_>>(),
        "fingerprint": fingerprint(sources, said),
    })
}

fn label(sources: &SourceSet, label: &Label, primary: bool) -> Value {
    let mut span = span(sources, label.span);
    span.insert("is_primary".to_owned(), json!(primary));
    span.insert("label".to_owned(), json!(label.text));
    Value::Object(span)
}

fn span(sources: &SourceSet, span: Span) -> serde_json::Map<String, Value> {
    let mut out = serde_json::Map::new();
    out.insert("file_name".to_owned(), json!(sources.path(span.file)));
    out.insert("byte_start".to_owned(), json!(span.start));
    out.insert("byte_end".to_owned(), json!(span.end));
    if let Some(file) = sources.get(span.file) {
        let (from, to) = (file.position(span.start), file.position(span.end));
        out.insert("line_start".to_owned(), json!(from.line));
        out.insert("column_start".to_owned(), json!(from.column));
        out.insert("line_end".to_owned(), json!(to.line));
        out.insert("column_end".to_owned(), json!(to.column));
    }
    out
}
