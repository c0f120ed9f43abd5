//! The one form of a file: text in, text out. Comments stay, and the tree stays the same, which is proven on every
//! file by reading the result again.
//!
//! May not enter: disk access, and what keys mean beyond the fields of an entity.

use crate::diag::{Diagnostic, Lints, Severity, Sink};
use crate::source::{SourceSet, Span};
use crate::yaml::{self, Kind, Node, Parsed, Style};

mod below;
mod layout;
mod rows;
mod shorthand;
mod walk;

#[cfg(test)]
mod tests;

/// Why a file was left as it is.
#[derive(Debug)]
pub enum Unformatted {
    /// It cannot be read; what is wrong with it.
    Unreadable(Vec<Diagnostic>),
    /// The result would say something else. This is our mistake, and the file keeps its form.
    Changed,
}

/// The text in its one form.
///
/// # Errors
/// When the text has errors, or when the result would not say the same.
pub fn format(path: &str, text: &[u8]) -> Result<String, Unformatted> {
    let (written_sources, written) = read(path, text)?;
    let clean = String::from_utf8_lossy(text).trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let formed = settle(path, &clean)?;
    let (sources, parsed) = read(path, formed.as_bytes()).map_err(|_| Unformatted::Changed)?;
    let same = meaning(&sources, &parsed) == meaning(&written_sources, &written);
    if same { Ok(formed) } else { Err(Unformatted::Changed) }
}

/// Most rounds until a text no longer changes; every text seen so far needed two.
const ROUNDS: usize = 4;

/// Brings a text into form again and again until that changes nothing, so that the form of a form is itself. A text that does not
/// settle keeps its form.
fn settle(path: &str, text: &str) -> Result<String, Unformatted> {
    let mut last = text.to_owned();
    for _ in 0..ROUNDS {
        // The text itself can be read, so an error here is about what became of it.
        let next = once(path, &last).map_err(|_| Unformatted::Changed)?;
        if next == last {
            return Ok(next);
        }
        last = next;
    }
    Ok(text.to_owned())
}

fn once(path: &str, text: &str) -> Result<String, Unformatted> {
    let (sources, parsed) = read(path, text.as_bytes())?;
    let text = &below::join(&sources, &parsed, text);
    let (sources, parsed) = read(path, text.as_bytes())?;
    let short = shorthand::shorten(&sources, &parsed, text);
    let (sources, parsed) = read(path, short.as_bytes())?;
    Ok(layout::lay_out(&sources, &parsed, &short))
}

fn read(path: &str, text: &[u8]) -> Result<(SourceSet, Parsed), Unformatted> {
    let sources = SourceSet::new([(path.to_owned(), text.to_vec())]);
    let mut sink = Sink::new(Lints::default());
    let parsed = sources.files().map(|(id, _)| yaml::parse(&sources, id, &mut sink)).next();
    let said = sink.finish();
    match parsed {
        Some(parsed) if said.iter().all(|said| said.severity != Severity::Error) => Ok((sources, parsed)),
        _ => Err(Unformatted::Unreadable(said)),
    }
}

/// What a file says, whatever its form: places, styles of collections and the two forms of a field left out.
fn meaning(sources: &SourceSet, parsed: &Parsed) -> String {
    let mut out = String::new();
    for comment in &parsed.comments {
        out.push_str(sources.slice(comment.span).trim_end());
        out.push('\n');
    }
    for document in &parsed.documents {
        out.push_str("\n---\n");
        let is_entity = shorthand::is_entity(&document.root);
        describe(&document.root, if is_entity { Place::Entity } else { Place::Elsewhere }, &mut out);
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Entity,
    Fields,
    Field,
    Elsewhere,
}

fn describe(node: &Node, place: Place, out: &mut String) {
    if let Some(short) = (place == Place::Field).then(|| shorthand::of(node)).flatten() {
        return describe_scalar(&short, Style::Plain, out);
    }
    match &node.kind {
        Kind::Scalar(scalar) => describe_scalar(&scalar.value, scalar.style, out),
        Kind::Sequence(sequence) => {
            out.push('[');
            sequence.items.iter().for_each(|item| {
                describe(item, Place::Elsewhere, out);
                out.push(',');
            });
            out.push(']');
        }
        Kind::Mapping(mapping) => {
            out.push('{');
            for entry in &mapping.entries {
                let inner = match (place, entry.key.text.as_str()) {
                    (Place::Entity, "fields") => Place::Fields,
                    (Place::Fields, _) => Place::Field,
                    _ => Place::Elsewhere,
                };
                out.push_str(&format!("{:?}:", entry.key.text));
                describe(&entry.value, inner, out);
                out.push(',');
            }
            out.push('}');
        }
        Kind::Poisoned(_) => out.push('!'),
    }
}

/// Quoted text and a plain number are different things, two kinds of quotes are not.
fn describe_scalar(value: &str, style: Style, out: &mut String) {
    let sign = if style == Style::Plain { '=' } else { '~' };
    out.push_str(&format!("{sign}{value:?}"));
}

/// Which bytes to replace by what.
struct Patch {
    span: Span,
    text: String,
}

fn apply(text: &str, mut patches: Vec<Patch>) -> String {
    patches.sort_by_key(|patch| patch.span);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for patch in patches {
        out.push_str(text.get(done..patch.span.range().start).unwrap_or_default());
        out.push_str(&patch.text);
        done = patch.span.range().end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}
