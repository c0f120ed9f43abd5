//! From the tree to rows: which token starts on which line, how far it is indented, and which lines belong to a value
//! that goes on.
//!
//! May not enter: blank lines and comments on lines of their own; `layout` has them.

use std::collections::BTreeMap;

use super::rows::{Gap, Row};
use crate::source::{SourceFile, Span};
use crate::yaml::{Entry, Kind, Mapping, Node, Sequence, Style};

/// Blanks per level.
const STEP: usize = 2;

/// A collection around a line: the column its entries had, and the one they get.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub old: usize,
    pub new: usize,
}

/// A line inside a value that began on an earlier line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inside {
    /// The collection that the value belongs to: the line moves as far as that does.
    pub by: Columns,
    /// Whether blanks at the end of the line are part of the value.
    pub exact: bool,
}

/// What the walk found out about the lines of a file.
pub(super) struct Walk<'a> {
    file: &'a SourceFile,
    /// The rows, by line.
    pub rows: BTreeMap<usize, Row>,
    /// The collections around each row, outermost first.
    pub around: BTreeMap<usize, Vec<Columns>>,
    /// Lines inside values.
    pub inside: BTreeMap<usize, Inside>,
    open: Vec<Columns>,
    groups: usize,
}

impl<'a> Walk<'a> {
    /// A walk over a file.
    pub fn new(file: &'a SourceFile) -> Self {
        Self {
            file,
            rows: BTreeMap::new(),
            around: BTreeMap::new(),
            inside: BTreeMap::new(),
            open: Vec::new(),
            groups: 0,
        }
    }

    /// Walks one document; `None` when it is written in a way that we leave alone.
    pub fn document(&mut self, root: &Node) -> Option<()> {
        self.value(root, Columns { old: 0, new: 0 }, 0, Gap::One)
    }

    /// A value; `at` is the column that a block collection in it gets.
    fn value(&mut self, node: &Node, parent: Columns, at: usize, gap: Gap) -> Option<()> {
        match &node.kind {
            Kind::Mapping(mapping) if !mapping.flow => self.mapping(mapping, at),
            Kind::Sequence(sequence) if !sequence.flow => self.sequence(sequence, at),
            _ => self.inline(node, parent, gap),
        }
    }

    fn mapping(&mut self, mapping: &Mapping, at: usize) -> Option<()> {
        let first = mapping.entries.first()?;
        let columns = Columns { old: self.column(first.key.span), new: at };
        let group = self.enter(columns);
        for entry in &mapping.entries {
            self.token(entry.key.span.range().start, group, Gap::One, self.slice(entry.key.span))?;
            let colon = self.colon(entry)?;
            self.token(colon, group, Gap::None, ":")?;
            self.value(&entry.value, columns, at + STEP, Gap::Cell(0))?;
        }
        self.open.pop();
        Some(())
    }

    fn sequence(&mut self, sequence: &Sequence, at: usize) -> Option<()> {
        let first = self.dash(sequence.items.first()?)?;
        let columns = Columns { old: self.column_of(first), new: at };
        let group = self.enter(columns);
        for item in &sequence.items {
            let dash = self.dash(item)?;
            self.token(dash, group, Gap::One, "-")?;
            self.value(item, columns, at + STEP, Gap::One)?;
        }
        self.open.pop();
        Some(())
    }

    fn enter(&mut self, columns: Columns) -> usize {
        self.open.push(columns);
        self.groups += 1;
        self.groups
    }

    /// A scalar or a collection in brackets.
    fn inline(&mut self, node: &Node, parent: Columns, gap: Gap) -> Option<()> {
        let text = self.slice(node.span);
        let group = self.groups;
        if text.is_empty() {
            return Some(());
        }
        let start = node.span.range().start;
        self.below(start, parent, group);
        if !text.contains('\n') {
            return self.flow(node, gap, 0, group);
        }
        let first = text.lines().next().unwrap_or_default();
        let block =
            matches!(node.as_scalar().map(|scalar| scalar.style), Some(Style::Literal | Style::Folded));
        // The header of a block scalar may be followed by a comment, which is a token of its own.
        let first = if block { first.split(" #").next().unwrap_or_default().trim_end() } else { first };
        self.token(start, group, gap, first)?;
        let (from, to) = (self.line(start), self.line(node.span.range().end.saturating_sub(1)));
        let quoted = node.as_scalar().is_some_and(|scalar| scalar.style == Style::Double);
        self.rows.get_mut(&from)?.open = true;
        let keeps = block && text.lines().next().is_some_and(|header| header.contains('+'));
        let to = if keeps { self.blank_lines_after(to) } else { to };
        for line in from + 1..=to {
            self.inside.insert(line, Inside { by: parent, exact: block || quoted });
        }
        Some(())
    }

    /// A value in a line below its key, because of a comment between, stands one level deeper.
    fn below(&mut self, start: usize, parent: Columns, group: usize) {
        let line = self.line(start);
        if !self.open.is_empty() && !self.rows.contains_key(&line) {
            self.rows.insert(line, Row { indent: parent.new + STEP, group, ..Row::default() });
            self.around.insert(line, self.open.clone());
        }
    }

    /// The last of the blank lines behind `line`, which `|+` keeps.
    fn blank_lines_after(&self, line: usize) -> usize {
        // What follows the last line break of a file is no line.
        let blank = |line: &usize| {
            !self.file.line_range(*line).is_empty() && self.file.line_text(*line).trim().is_empty()
        };
        (line + 1..self.file.line_count()).take_while(blank).last().unwrap_or(line)
    }

    /// Something on one line: scalars as they are, collections token by token.
    fn flow(&mut self, node: &Node, gap: Gap, depth: usize, group: usize) -> Option<()> {
        let range = node.span.range();
        let text = self.slice(node.span);
        match &node.kind {
            Kind::Sequence(sequence) => {
                self.token(range.start, group, gap, "[")?;
                for (index, item) in sequence.items.iter().enumerate() {
                    let gap = self.separator(index, item.span, depth, group, Gap::None)?;
                    self.flow(item, gap, depth + 1, group)?;
                }
                self.token(range.end.saturating_sub(1), group, Gap::None, "]")
            }
            Kind::Mapping(mapping) if text.starts_with('{') => {
                self.token(range.start, group, gap, "{")?;
                for (index, entry) in mapping.entries.iter().enumerate() {
                    let gap = self.separator(index, entry.key.span, depth, group, Gap::One)?;
                    self.flow_entry(entry, gap, depth, group)?;
                }
                let gap = if mapping.entries.is_empty() { Gap::None } else { Gap::One };
                self.token(range.end.saturating_sub(1), group, gap, "}")
            }
            Kind::Mapping(mapping) => {
                let [entry] = mapping.entries.as_slice() else { return None };
                self.flow_entry(entry, gap, depth, group)
            }
            Kind::Scalar(_) => self.token(range.start, group, gap, text),
            Kind::Poisoned(_) => None,
        }
    }

    fn flow_entry(&mut self, entry: &Entry, gap: Gap, depth: usize, group: usize) -> Option<()> {
        self.token(entry.key.span.range().start, group, gap, self.slice(entry.key.span))?;
        if let Some(colon) = self.colon(entry) {
            self.token(colon, group, Gap::None, ":")?;
        }
        if entry.value.span.is_empty() {
            return Some(());
        }
        self.flow(&entry.value, Gap::One, depth + 1, group)
    }

    /// The comma before every element but the first, and the gap of the element.
    fn separator(&mut self, index: usize, next: Span, depth: usize, group: usize, first: Gap) -> Option<Gap> {
        if index == 0 {
            return Some(first);
        }
        self.token(next.range().start, group, Gap::None, ",")?;
        Some(if depth == 0 { Gap::Cell(index) } else { Gap::One })
    }

    fn token(&mut self, at: usize, group: usize, gap: Gap, text: &str) -> Option<()> {
        let line = self.line(at);
        let column = self.column_of(at);
        if self.inside.contains_key(&line) {
            return None;
        }
        let innermost = self.open.last().map_or(0, |columns| columns.new);
        if !self.rows.contains_key(&line) {
            let mut row = Row { indent: innermost, group, ..Row::default() };
            if self.file.line_text(line).starts_with("--- ") {
                row.indent = 0;
                row.push("---", Gap::None, 0);
            }
            self.rows.insert(line, row);
            self.around.insert(line, self.open.clone());
        }
        self.rows.get_mut(&line)?.push(text, gap, column);
        Some(())
    }

    /// The `:` behind a key, on the key's line. A key written with `?` has none there.
    fn colon(&self, entry: &Entry) -> Option<usize> {
        let end = entry.key.span.range().end;
        let rest = self.file.text().get(end..)?;
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let start = entry.key.span.range().start;
        let before = self.file.text().get(..start)?.trim_end_matches([' ', '\t']);
        let explicit = before.ends_with('?') && before.len() < start;
        (!explicit && rest.get(blanks..)?.starts_with(':')).then_some(end + blanks)
    }

    /// The dash before an item: on its line, or on an earlier one with nothing but blanks and comments between.
    fn dash(&self, item: &Node) -> Option<usize> {
        let mut before = self.file.text().get(..item.span.range().start)?;
        loop {
            before = before.trim_end_matches([' ', '\t']);
            if before.ends_with('-') {
                return Some(before.len() - 1);
            }
            before = before.strip_suffix('\n').or_else(|| without_comment(before))?;
            if let Some(code) = without_comment(before) {
                before = code;
            }
        }
    }

    fn slice(&self, span: Span) -> &'a str {
        self.file.text().get(span.range()).unwrap_or_default()
    }

    fn line(&self, at: usize) -> usize {
        self.file.line_index(u32::try_from(at).unwrap_or(u32::MAX))
    }

    fn column(&self, span: Span) -> usize {
        self.column_of(span.range().start)
    }

    fn column_of(&self, at: usize) -> usize {
        self.file.position(u32::try_from(at).unwrap_or(u32::MAX)).column - 1
    }
}

/// The text without the comment at its end, if its last line is one or ends in one behind a dash.
fn without_comment(text: &str) -> Option<&str> {
    let start = text.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?;
    let code = line.trim_start();
    let inset = line.len() - code.len();
    if code.starts_with('#') {
        return text.get(..start + inset);
    }
    let dash = code.starts_with('-').then(|| code.find(" #")).flatten()?;
    code.get(..dash)?
        .chars()
        .all(|c| matches!(c, '-' | ' ' | '\t'))
        .then(|| text.get(..start + inset + dash))
        .flatten()
}
