//! The shorthand of types: `TYPE[(args)][!][ unique][ index][ = default]`, with exact places inside the scalar.

use std::ops::Range;

use smol_str::SmolStr;

use super::reader::Reader;
use super::word::{self, Case};
use crate::ast::{Passage, Text, Type, TypeKind};
use crate::diag::foreign::{self, Modifier};
use crate::diag::shape;
use crate::source::Span;
use crate::yaml::Node;

/// How many lists may be written inside each other before we stop reading.
const MAX_DEPTH: usize = 4;

/// What a shorthand says.
#[derive(Debug, Default)]
pub(super) struct Shorthand {
    /// The type; absent when it could not be read.
    pub ty: Option<Type>,
    /// Where `!` stands.
    pub required: Option<Span>,
    /// Where `unique` stands.
    pub unique: Option<Span>,
    /// Where `index` stands.
    pub index: Option<Span>,
    /// What stands behind `=`.
    pub default: Option<Passage>,
}

/// Reads the shorthand in a scalar.
pub(super) fn read(node: &Node, reader: &mut Reader<'_>) -> Shorthand {
    let text = node.as_scalar().map_or("", |scalar| scalar.value.as_str());
    let mut cursor = Cursor { node, text, at: 0, end: text.len() };
    let Some(ty) = read_type(&mut cursor, reader, 0) else { return Shorthand::default() };
    let mut out = Shorthand { ty: Some(ty), ..Shorthand::default() };
    read_rest(&mut cursor, &mut out, reader);
    out
}

/// Reads a type with nothing behind it.
pub(super) fn bare(node: &Node, reader: &mut Reader<'_>) -> Option<Type> {
    let read = read(node, reader);
    let places = [read.required, read.unique, read.index, read.default.map(|default| default.span())];
    if let Some(span) = places.into_iter().flatten().next() {
        reader.sink.error(shape::bad_type(span, "only a type can stand here"));
    }
    read.ty
}

struct Cursor<'n> {
    node: &'n Node,
    text: &'n str,
    at: usize,
    end: usize,
}

impl<'n> Cursor<'n> {
    fn rest(&self) -> &'n str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take_while(&mut self, accepts: impl Fn(char) -> bool) -> Text {
        let start = self.at;
        let rest = self.rest();
        self.at += rest.find(|c| !accepts(c)).unwrap_or(rest.len());
        self.piece(start..self.at)
    }

    fn take(&mut self, wanted: char) -> Option<Span> {
        let start = self.at;
        self.rest().starts_with(wanted).then(|| {
            self.at += wanted.len_utf8();
            self.span(start..self.at)
        })
    }

    fn piece(&self, range: Range<usize>) -> Text {
        let text = self.text.get(range.clone()).unwrap_or_default();
        Text::new(SmolStr::new(text), self.span(range))
    }

    fn span(&self, range: Range<usize>) -> Span {
        self.node.inner_span(range)
    }

    /// The place of whatever comes next, for messages.
    fn here(&self) -> Span {
        let next = self.rest().chars().next().map_or(0, char::len_utf8);
        if next == 0 { self.node.span } else { self.span(self.at..self.at + next) }
    }
}

fn read_type(cursor: &mut Cursor<'_>, reader: &mut Reader<'_>, depth: usize) -> Option<Type> {
    cursor.skip_blanks();
    let start = cursor.at;
    let name = cursor.take_while(|c| c.is_alphanumeric() || c == '_' || c == '.');
    if name.value.is_empty() || depth > MAX_DEPTH {
        reader.sink.error(shape::bad_type(cursor.here(), "a type is expected here"));
        return None;
    }
    let args = match cursor.take('(') {
        Some(open) => brackets(cursor, open, reader)?,
        None => Vec::new(),
    };
    let kind = match name.value.as_str() {
        "list" => TypeKind::List(Box::new(item(cursor, &name, &args, reader, depth)?)),
        "enum" => {
            let values: Vec<Text> = args.into_iter().map(|range| cursor.piece(range)).collect();
            for value in &values {
                word::judge(reader, &value.value, value.span, Case::Any, "value");
            }
            TypeKind::Enum(values)
        }
        _ => TypeKind::Named { name, args: args.into_iter().map(|range| cursor.piece(range)).collect() },
    };
    Some(Type { kind, span: cursor.span(start..cursor.at) })
}

fn item(
    cursor: &Cursor<'_>,
    name: &Text,
    args: &[Range<usize>],
    reader: &mut Reader<'_>,
    depth: usize,
) -> Option<Type> {
    if let Some(inside) = cursor.rest().strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        let whole = name.span.to(cursor.span(cursor.at..cursor.end));
        reader.sink.error(shape::array(whole, inside.trim()));
        return None;
    }
    let [arg] = args else {
        reader.sink.error(shape::bad_type(name.span, "a list says what it holds, like `list(string)`"));
        return None;
    };
    let mut inside = Cursor { at: arg.start, end: arg.end, ..*cursor };
    let item = read_type(&mut inside, reader, depth + 1)?;
    inside.skip_blanks();
    if !inside.rest().is_empty() {
        let span = inside.span(inside.at..inside.end);
        reader.sink.error(shape::bad_type(span, "only a type can stand inside `list( )`"));
    }
    Some(item)
}

/// The arguments up to the closing bracket, trimmed.
fn brackets(cursor: &mut Cursor<'_>, open: Span, reader: &mut Reader<'_>) -> Option<Vec<Range<usize>>> {
    let mut args = Vec::new();
    let mut start = cursor.at;
    let mut depth = 0_usize;
    for (offset, c) in cursor.rest().char_indices() {
        let at = cursor.at + offset;
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ',' if depth == 0 => {
                args.push(trimmed(cursor.text, start..at));
                start = at + 1;
            }
            ')' => {
                let last = trimmed(cursor.text, start..at);
                cursor.at = at + 1;
                if args.is_empty() && last.is_empty() {
                    return Some(args);
                }
                args.push(last);
                if let Some(empty) = args.iter().find(|arg| arg.is_empty()) {
                    let span = cursor.span(empty.start..empty.start + 1);
                    reader.sink.error(shape::bad_type(span, "an argument is missing here"));
                    return None;
                }
                return Some(args);
            }
            _ => {}
        }
    }
    reader.sink.error(shape::bad_type(open, "the bracket is not closed"));
    None
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let piece = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (piece.len() - piece.trim_start().len());
    start..start + piece.trim().len()
}

/// What follows the type.
fn read_rest(cursor: &mut Cursor<'_>, out: &mut Shorthand, reader: &mut Reader<'_>) {
    out.required = cursor.take('!');
    if let Some(span) = cursor.take('?') {
        reader.sink.error(shape::needless_question(span));
    }
    loop {
        let before = cursor.at;
        cursor.skip_blanks();
        if cursor.rest().is_empty() {
            return;
        }
        if cursor.take('=').is_some() {
            cursor.skip_blanks();
            if cursor.rest().is_empty() {
                reader.sink.error(shape::bad_type(cursor.here(), "a default is expected behind `=`"));
                return;
            }
            out.default = Some(Passage::from(cursor.node, cursor.at));
            return;
        }
        if let Some((length, meant)) = foreign::modifier(cursor.rest()) {
            if foreign_modifier(cursor, (before, length), meant, out, reader).is_none() {
                return;
            }
            continue;
        }
        let word = cursor.take_while(|c| !c.is_whitespace() && c != '=');
        let apart = before != word_start(cursor, &word);
        match word.value.as_str() {
            "unique" if apart => out.unique = Some(word.span),
            "index" if apart => out.index = Some(word.span),
            name @ ("unique" | "index") => {
                reader.sink.error(shape::no_blank_before(word.span, name));
            }
            "!" if out.required.is_none() => out.required = Some(word.span),
            "[]" => {
                let item = cursor.text.get(..word_start(cursor, &word)).unwrap_or_default().trim();
                reader.sink.error(shape::array(cursor.span(0..cursor.at), item));
                out.ty = None;
                return;
            }
            other => {
                reader.sink.error(shape::unknown_modifier(word.span, other));
                return;
            }
        }
    }
}

/// Says how words of another tool are written here, and takes them as they were meant; nothing when what follows is not ours to read.
fn foreign_modifier(
    cursor: &mut Cursor<'_>,
    (before, length): (usize, usize),
    meant: Modifier,
    out: &mut Shorthand,
    reader: &mut Reader<'_>,
) -> Option<()> {
    let start = cursor.at;
    cursor.at += length;
    let words = cursor.piece(start..cursor.at);
    let ty = out.ty.as_ref().map_or(words.span, |ty| ty.span);
    let places = [ty, cursor.span(before..cursor.at), words.span];
    reader.sink.error(shape::foreign_modifier(meant, &words.value, places));
    match meant {
        Modifier::Required => out.required = Some(words.span),
        Modifier::Default => {
            cursor.skip_blanks();
            out.default = Some(Passage::from(cursor.node, cursor.at)).filter(|_| !cursor.rest().is_empty());
            return None;
        }
        Modifier::Reference => {
            out.ty = None;
            return None;
        }
        Modifier::Optional | Modifier::Key | Modifier::Numbered => {}
    }
    Some(())
}

fn word_start(cursor: &Cursor<'_>, word: &Text) -> usize {
    cursor.at - word.value.len()
}
