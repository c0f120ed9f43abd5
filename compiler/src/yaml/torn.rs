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

/// How many neighbours a torn value is looked for in.
const MAX_PIECES: usize = 64;

/// Joins torn values of a flow mapping.
pub(super) fn mend_entries(entries: Vec<Entry>, text: &str, sink: &mut Sink) -> Vec<Entry> {
    let end = |entry: &Entry| {
        let absent = entry.value.span.is_empty() && entry.value.as_scalar().is_some();
        if absent { entry.key.span } else { entry.value.span }
    };
    mend(entries, |entry| &mut entry.value, end, text, sink)
}

/// Joins torn elements of a flow sequence.
pub(super) fn mend_items(items: Vec<Node>, text: &str, sink: &mut Sink) -> Vec<Node> {
    mend(items, |item| item, |item| item.span, text, sink)
}

/// Joins each piece with an open bracket and the neighbours up to the one that closes it.
fn mend<T>(
    mut pieces: Vec<T>,
    value: impl Fn(&mut T) -> &mut Node,
    end: impl Fn(&T) -> Span,
    text: &str,
    sink: &mut Sink,
) -> Vec<T> {
    if !pieces.iter_mut().any(|piece| is_open(value(piece))) {
        return pieces;
    }
    let mut out = Vec::with_capacity(pieces.len());
    let mut rest = pieces.into_iter();
    while let Some(mut piece) = rest.next() {
        let node = value(&mut piece);
        if is_open(node) {
            let ends = rest.as_slice().iter().take(MAX_PIECES).map(&end);
            if let Some((joined, swallowed)) = join(node.span, ends, text) {
                *node = mended(joined, text, sink);
                rest.by_ref().take(swallowed).for_each(drop);
            }
        }
        out.push(piece);
    }
    out
}

/// The shortest run of neighbours that closes what `first` opened, and how many it takes.
fn join(first: Span, ends: impl Iterator<Item = Span>, text: &str) -> Option<(Span, usize)> {
    let mut brackets = Brackets::default();
    let mut seen = first.end;
    brackets.read(text.get(first.range())?);
    for (index, end) in ends.enumerate() {
        brackets.read(text.get(seen as usize..end.end as usize)?);
        seen = end.end;
        match brackets.open {
            0 => return Some((Span { end: end.end, ..first }, index + 1)),
            open if open < 0 => return None,
            _ => {}
        }
    }
    None
}

fn is_open(node: &Node) -> bool {
    node.as_scalar().is_some_and(|scalar| {
        let mut brackets = Brackets::default();
        brackets.read(&scalar.value);
        scalar.style == Style::Plain && brackets.open > 0
    })
}

/// Opened minus closed round brackets, outside of quotes.
#[derive(Default)]
struct Brackets {
    open: i32,
    quote: Option<char>,
}

impl Brackets {
    fn read(&mut self, text: &str) {
        for character in text.chars() {
            match (self.quote, character) {
                (None, '"' | '\'') => self.quote = Some(character),
                (Some(mark), _) if mark == character => self.quote = None,
                (None, '(') => self.open += 1,
                (None, ')') => self.open -= 1,
                _ => {}
            }
        }
    }
}

fn mended(span: Span, text: &str, sink: &mut Sink) -> Node {
    let written = text.get(span.range()).unwrap_or_default();
    sink.error(diag::yaml::torn_scalar(span, written));
    let offsets = Offsets::Linear(span.start);
    Node { span, kind: Kind::Scalar(Scalar { value: SmolStr::new(written), style: Style::Plain, offsets }) }
}
