//! Expressions torn at a comma: inside `{ }` and `[ ]`, YAML ends a plain scalar at a comma, so
//! `{ when: f(a, b) }` is two keys. We see the open bracket, say so, and read what was meant.
//!
//! May not enter: expression syntax beyond brackets and quotes.

use smol_str::SmolStr;

use super::{Entry, Kind, Node, Offsets, Scalar, Style};
use crate::{
    diag::{self, Sink},
    source::Span,
};

/// Joins torn values of a flow mapping.
pub(super) fn mend_entries(entries: &mut Vec<Entry>, text: &str, sink: &mut Sink) {
    let mut at = 0;
    while at < entries.len() {
        let first = entries.get(at).map(|entry| &entry.value).filter(|value| is_open(value)).map(|v| v.span);
        let ends = entries.iter().skip(at + 1).map(|entry| {
            let absent = entry.value.span.is_empty() && entry.value.as_scalar().is_some();
            if absent { entry.key.span } else { entry.value.span }
        });
        if let Some((joined, swallowed)) = first.and_then(|first| join(first, ends, text)) {
            entries.drain(at + 1..=at + swallowed);
            if let Some(entry) = entries.get_mut(at) {
                entry.value = mended(joined, text, sink);
            }
        }
        at += 1;
    }
}

/// Joins torn elements of a flow sequence.
pub(super) fn mend_items(items: &mut Vec<Node>, text: &str, sink: &mut Sink) {
    let mut at = 0;
    while at < items.len() {
        let first = items.get(at).filter(|item| is_open(item)).map(|item| item.span);
        let ends = items.iter().skip(at + 1).map(|item| item.span);
        if let Some((joined, swallowed)) = first.and_then(|first| join(first, ends, text)) {
            items.drain(at + 1..=at + swallowed);
            if let Some(item) = items.get_mut(at) {
                *item = mended(joined, text, sink);
            }
        }
        at += 1;
    }
}

/// The shortest run of neighbours that closes what `first` opened, and how many it takes.
fn join(first: Span, ends: impl Iterator<Item = Span>, text: &str) -> Option<(Span, usize)> {
    for (index, end) in ends.enumerate() {
        let joined = Span { end: end.end, ..first };
        match text.get(joined.range()).map(depth)? {
            0 => return Some((joined, index + 1)),
            open if open < 0 => return None,
            _ => {}
        }
    }
    None
}

fn is_open(node: &Node) -> bool {
    node.as_scalar().is_some_and(|scalar| scalar.style == Style::Plain && depth(&scalar.value) > 0)
}

/// Opened minus closed round brackets, outside of quotes.
fn depth(text: &str) -> i32 {
    let mut open = 0;
    let mut quote = None;
    for character in text.chars() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(mark), _) if mark == character => quote = None,
            (None, '(') => open += 1,
            (None, ')') => open -= 1,
            _ => {}
        }
    }
    open
}

fn mended(span: Span, text: &str, sink: &mut Sink) -> Node {
    let written = text.get(span.range()).unwrap_or_default();
    sink.error(diag::yaml::torn_scalar(span, written));
    let offsets = Offsets::Linear(span.start);
    Node { span, kind: Kind::Scalar(Scalar { value: SmolStr::new(written), style: Style::Plain, offsets }) }
}
