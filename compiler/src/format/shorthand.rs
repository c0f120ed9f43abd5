//! Fields written as a mapping that the shorthand says as well: `{ type: string(20), required: true }` is `string(20)!`.
//!
//! May not enter: anything else that could be said shorter.

use super::{Patch, apply};
use crate::source::{SourceSet, Span};
use crate::yaml::{Comment, Entry, Node, Parsed, Resolved, Style};

/// The text with every such field in its short form.
pub(super) fn shorten(sources: &SourceSet, parsed: &Parsed, text: &str) -> String {
    let mut patches = Vec::new();
    for document in parsed.documents.iter().filter(|document| is_entity(&document.root)) {
        let fields = document.root.get("fields").and_then(Node::as_mapping).unwrap_or_default();
        for field in fields {
            patches.extend(patch(sources, field, &parsed.comments));
        }
    }
    apply(text, patches)
}

/// Whether this document describes an entity.
pub(super) fn is_entity(root: &Node) -> bool {
    root.as_mapping().and_then(<[Entry]>::first).is_some_and(|first| first.key.text == "entity")
}

fn patch(sources: &SourceSet, field: &Entry, comments: &[Comment]) -> Option<Patch> {
    let short = of(&field.value)?;
    let between = Span { start: field.key.span.end, end: field.value.span.end, ..field.key.span };
    let colon = sources.slice(between).find(':')?;
    let behind = Span::new(between.file, between.range().start + colon + 1..between.range().end);
    // Of a mapping below its key the line break goes too.
    let below = sources.slice(Span { end: field.value.span.start, ..behind }).contains('\n');
    let (span, gap) = if below { (behind, " ") } else { (field.value.span, "") };
    let commented =
        comments.iter().any(|comment| comment.span.start >= span.start && comment.span.end <= span.end);
    (!commented).then(|| Patch { span, text: format!("{gap}{short}") })
}

/// The short form of a field, when it is a mapping that loses nothing by it.
pub(super) fn of(value: &Node) -> Option<String> {
    let entries = value.as_mapping()?;
    let mut short = one_line(value.get("type")?)?.to_owned();
    let bare = short.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '(' | ')' | ',' | ' '));
    if short.is_empty() || !bare || !bracketed(&short) {
        return None;
    }
    for (key, sign) in [("required", "!"), ("unique", " unique"), ("index", " index")] {
        if let Some(flag) = value.get(key) {
            if flag.as_scalar()?.resolve() != Resolved::Bool(true) {
                return None;
            }
            short.push_str(sign);
        }
    }
    if let Some(default) = value.get("default") {
        let text = one_line(default)?;
        if text.is_empty() || text.trim() != text {
            return None;
        }
        short.push_str(" = ");
        short.push_str(text);
    }
    let known = |entry: &Entry| {
        matches!(entry.key.text.as_str(), "type" | "required" | "unique" | "index" | "default")
    };
    let plain = !short.contains(": ") && !short.contains(" #") && !short.ends_with(':');
    (plain && entries.iter().all(known)).then_some(short)
}

/// Text that is written on one line; a null is no text.
fn one_line(node: &Node) -> Option<&str> {
    let scalar = node.as_scalar()?;
    let block = matches!(scalar.style, Style::Literal | Style::Folded);
    let null = scalar.resolve() == Resolved::Null;
    (!block && !null && !scalar.value.contains('\n')).then_some(scalar.value.as_str())
}

/// Blanks only inside brackets: `string(20) unique` says more than a type.
fn bracketed(text: &str) -> bool {
    let mut depth = 0_usize;
    text.chars().all(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c != ' ' || depth > 0
    })
}
