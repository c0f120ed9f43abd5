//! Single values that stand in the line below their key, brought beside it.
//!
//! May not enter: anything that decides how a value itself is written.

use super::{Patch, apply};
use crate::source::{SourceSet, Span};
use crate::yaml::{Kind, Node, Parsed};

/// The text with every such value beside its key, but for those with a comment between.
pub(super) fn join(sources: &SourceSet, parsed: &Parsed, text: &str) -> String {
    let mut patches = Vec::new();
    for document in &parsed.documents {
        let mut open = vec![&document.root];
        while let Some(node) = open.pop() {
            match &node.kind {
                Kind::Mapping(mapping) if !mapping.flow => {
                    for entry in &mapping.entries {
                        patches.extend(patch(sources, entry.key.span.end, &entry.value));
                        open.push(&entry.value);
                    }
                }
                Kind::Sequence(sequence) if !sequence.flow => open.extend(&sequence.items),
                _ => {}
            }
        }
    }
    apply(text, patches)
}

/// Replaces what lies between the `:` behind byte `from` and a single value by one blank.
fn patch(sources: &SourceSet, from: u32, value: &Node) -> Option<Patch> {
    let single = match &value.kind {
        Kind::Scalar(_) => !value.span.is_empty(),
        Kind::Mapping(mapping) => mapping.flow,
        Kind::Sequence(sequence) => sequence.flow,
        Kind::Poisoned(_) => false,
    };
    let between = Span { start: from, end: value.span.start, ..value.span };
    let written = sources.slice(between);
    let (before, blanks) = written.split_once(':')?;
    if !single || !before.trim().is_empty() || !blanks.contains('\n') || !blanks.trim().is_empty() {
        return None;
    }
    let start = between.range().end - blanks.len();
    Some(Patch { span: Span::new(between.file, start..between.range().end), text: " ".to_owned() })
}
