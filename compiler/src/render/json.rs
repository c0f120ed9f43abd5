//! One JSON object a line, in the shape that `rustc --error-format=json` made known, so that tools read it.

use serde_json::{Value, json};

use super::{fingerprint, human};
use crate::diag::{Diagnostic, Label};
use crate::source::{Position, SourceFile, SourceSet, Span};

/// Every diagnostic, one line each.
pub fn render(sources: &SourceSet, diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|said| format!("{}\n", diagnostic(sources, said))).collect()
}

fn diagnostic(sources: &SourceSet, said: &Diagnostic) -> Value {
    let mut spans = vec![label(sources, &said.primary, true)];
    spans.extend(said.secondary.iter().map(|place| label(sources, place, false)));
    let notes = said.notes.iter().map(|note| child("note", note, &[]));
    let helps = said.helps.iter().map(|help| {
        let edits = help.edits.iter().map(|edit| {
            let mut span = span(sources, edit.span, true);
            span.insert("suggested_replacement".to_owned(), json!(edit.replacement));
            // Every fix is a guess at what was meant: a person decides.
            span.insert("suggestion_applicability".to_owned(), json!("MaybeIncorrect"));
            Value::Object(span)
        });
        child("help", &help.text, &edits.collect::<Vec<_>>())
    });
    json!({
        "$message_type": "diagnostic",
        "code": { "code": said.code.id, "explanation": said.code.page },
        "slug": said.code.slug,
        "level": said.severity.name(),
        "message": said.title,
        "spans": spans,
        "children": helps.chain(notes).collect::<Vec<_>>(),
        "rendered": human::render(sources, std::slice::from_ref(said), false),
        "fingerprint": fingerprint(sources, said),
    })
}

fn child(level: &str, message: &str, spans: &[Value]) -> Value {
    json!({ "level": level, "message": message, "code": null, "spans": spans, "children": [], "rendered": null })
}

fn label(sources: &SourceSet, label: &Label, primary: bool) -> Value {
    let mut span = span(sources, label.span, primary);
    span.insert("label".to_owned(), if label.text.is_empty() { Value::Null } else { json!(label.text) });
    Value::Object(span)
}

fn span(sources: &SourceSet, span: Span, primary: bool) -> serde_json::Map<String, Value> {
    let mut out = serde_json::Map::new();
    out.insert("file_name".to_owned(), json!(sources.shown_path(span.file)));
    out.insert("byte_start".to_owned(), json!(span.start));
    out.insert("byte_end".to_owned(), json!(span.end));
    if let Some(file) = sources.get(span.file) {
        let (from, to) = (file.position(span.start), file.position(span.end));
        out.insert("line_start".to_owned(), json!(from.line));
        out.insert("column_start".to_owned(), json!(from.column));
        out.insert("line_end".to_owned(), json!(to.line));
        out.insert("column_end".to_owned(), json!(to.column));
        out.insert("text".to_owned(), lines(file, from, to));
    }
    out.insert("is_primary".to_owned(), json!(primary));
    out
}

/// The lines under a span, each with the columns that belong to it; of lines that nobody reads, the start.
fn lines(file: &SourceFile, from: Position, to: Position) -> Value {
    let line = |number: usize| {
        let whole = file.line_text(number - 1);
        let text = whole.get(..whole.floor_char_boundary(human::LONGEST_LINE)).unwrap_or(whole);
        let end = text.chars().count() + 1;
        json!({
            "text": text,
            "highlight_start": if number == from.line { from.column } else { 1 },
            "highlight_end": if number == to.line { to.column } else { end },
        })
    };
    (from.line..=to.line).take(human::MOST_LINES).map(line).collect()
}
