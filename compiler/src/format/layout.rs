//! The lines of a file, one by one: rows in their columns, comments where they belong, one blank line at most.
//!
//! May not enter: the tree; `walk` has it.

use super::rows::{self, Gap, Row};
use super::walk::{Columns, Walk};
use crate::source::{SourceFile, SourceSet};
use crate::yaml::Parsed;

/// The text laid out; unchanged when it is written in a way that we leave alone.
pub(super) fn lay_out(sources: &SourceSet, parsed: &Parsed, text: &str) -> String {
    let Some((_, file)) = sources.files().next() else { return text.to_owned() };
    let mut walk = Walk::new(file);
    for document in &parsed.documents {
        if walk.document(&document.root).is_none() {
            return text.to_owned();
        }
    }
    add_comments(&mut walk, file, parsed);
    line_up(&mut walk);
    print(&walk, file)
}

/// Comments behind something become its last token.
fn add_comments(walk: &mut Walk<'_>, file: &SourceFile, parsed: &Parsed) {
    for comment in &parsed.comments {
        let line = file.line_index(comment.span.start);
        let text = file.text().get(comment.span.range()).unwrap_or_default();
        if let Some(row) = walk.rows.get_mut(&line) {
            row.push(text.trim_end(), Gap::Comment, file.position(comment.span.start).column - 1);
        }
    }
}

/// Lines up runs of rows of one collection that no blank line or longer value separates.
fn line_up(walk: &mut Walk<'_>) {
    let mut entries: Vec<(usize, &mut Row)> = walk.rows.iter_mut().map(|(line, row)| (*line, row)).collect();
    let neighbours = |a: &(usize, &mut Row), b: &(usize, &mut Row)| {
        a.1.group == b.1.group && a.0 + 1 == b.0 && !a.1.open && !b.1.open
    };
    for run in entries.chunk_by_mut(neighbours) {
        let mut rows: Vec<&mut Row> = run.iter_mut().map(|(_, row)| &mut **row).collect();
        rows::line_up(&mut rows);
    }
}

fn print(walk: &Walk<'_>, file: &SourceFile) -> String {
    let entries = next_entries(file);
    let mut out = String::new();
    let mut blank = false;
    let mut fresh = true;
    for line in 0..file.line_count() {
        let written = file.line_text(line);
        let text = if let Some(row) = walk.rows.get(&line) {
            row.text().trim_end().to_owned()
        } else if let Some(inside) = walk.inside.get(&line) {
            out.push_str(&shifted(written, inside.by, inside.exact));
            out.push('\n');
            (blank, fresh) = (false, false);
            continue;
        } else {
            let code = written.trim();
            if code.starts_with('#') {
                format!(
                    "{}{code}",
                    " ".repeat(comment_indent(walk, file, line, entries.get(line).copied().flatten()))
                )
            } else {
                code.to_owned()
            }
        };
        if text.is_empty() {
            blank = !fresh;
            continue;
        }
        let marker = is_marker(&text);
        if blank && !marker {
            out.push('\n');
        }
        out.push_str(&text);
        out.push('\n');
        (blank, fresh) = (false, marker);
    }
    out
}

fn is_marker(text: &str) -> bool {
    text == "..." || text == "---" || text.starts_with("--- ")
}

/// A line inside a longer value moves as far as the collection around it.
fn shifted(line: &str, by: Columns, exact: bool) -> String {
    let rest = line.trim_start_matches(' ');
    let indent = (line.len() - rest.len() + by.new).saturating_sub(by.old);
    let moved = format!("{}{rest}", " ".repeat(indent));
    if rest.is_empty() && !exact {
        return String::new();
    }
    if exact { moved } else { moved.trim_end().to_owned() }
}

/// For every line the first one from there on that is neither blank nor a comment.
fn next_entries(file: &SourceFile) -> Vec<Option<usize>> {
    let mut next = None;
    let mut out: Vec<Option<usize>> = (0..file.line_count())
        .rev()
        .map(|line| {
            let text = file.line_text(line).trim();
            if !text.is_empty() && !text.starts_with('#') {
                next = Some(line);
            }
            next
        })
        .collect();
    out.reverse();
    out
}

/// A comment on its own line stands as the next entry does, unless it was indented to belong to what is above.
fn comment_indent(walk: &Walk<'_>, file: &SourceFile, line: usize, next: Option<usize>) -> usize {
    let own = column(file.line_text(line));
    let below = next.and_then(|line| Some((column(file.line_text(line)), walk.rows.get(&line)?.indent)));
    if let Some((_, indent)) = below.filter(|(old, _)| own <= *old) {
        return indent;
    }
    let above =
        walk.around.range(..line).next_back().map(|(_, around)| around.as_slice()).unwrap_or_default();
    // A list may stand as far left as its key: the comment is then the key's.
    let deepest = above.iter().rev().find(|columns| columns.old <= own).map(|columns| columns.old);
    let home = above.iter().find(|columns| Some(columns.old) == deepest).map(|columns| columns.new);
    home.or(below.map(|(_, indent)| indent)).unwrap_or(0)
}

fn column(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
