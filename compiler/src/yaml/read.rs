//! From the YAML library's events to our tree, refusing what we do not accept.
//!
//! May not enter: recursion over the tree (depth is the author's to choose, up to a cap).

use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StrInput, StructureStyle, options};
use smol_str::SmolStr;

use super::{
    Comment, Document, Entry, Key, Kind, MAX_DEPTH, Mapping, Node, Offsets, Parsed, Scalar, Sequence, Style,
    scalar, torn,
};
use crate::{
    diag::{self, Reported, Sink},
    source::{Defect, FileId, SourceSet, Span},
};

/// After so many syntax errors the rest of the file is noise.
const MAX_SYNTAX_ERRORS: usize = 20;

pub(super) fn read(sources: &SourceSet, file: FileId, sink: &mut Sink) -> Parsed {
    let empty = |broken| Parsed { documents: Vec::new(), comments: Vec::new(), broken };
    let Some(source) = sources.get(file) else { return empty(None) };
    if let Some(defect) = source.defect() {
        let at = |offset: u32| Span::new(file, offset as usize..offset as usize);
        let reported = match defect {
            Defect::TooLarge(bytes) => sink.error(diag::yaml::file_too_large(at(0), bytes)),
            Defect::Nul(offset) => sink.error(diag::yaml::nul_byte(at(offset))),
            Defect::NotUtf8(offset) => sink.error(diag::yaml::not_utf8(at(offset))),
        };
        return empty(Some(reported));
    }
    let (text, parsed) = (source.text(), empty(None));
    Reader {
        file,
        text,
        sink,
        parsed,
        frames: Vec::new(),
        root: None,
        seen: 0,
        abandoning: false,
        tabs: None,
    }
    .run()
}

/// A collection that is still open.
enum Frame {
    Sequence { start: usize, flow: bool, items: Vec<Node> },
    Mapping { start: usize, flow: bool, entries: Vec<Entry>, key: Waiting },
}

/// Where a mapping stands between key and value.
enum Waiting {
    ForKey,
    ForValue(Key),
    /// The key was refused; its value is read and dropped.
    Dropping,
}

struct Reader<'a, 's> {
    file: FileId,
    text: &'a str,
    sink: &'s mut Sink,
    parsed: Parsed,
    frames: Vec<Frame>,
    root: Option<Node>,
    /// End of the last event that stood in the text.
    seen: usize,
    /// Open collections are being closed after a syntax error.
    abandoning: bool,
    /// The last indentation that was refused for its tabs: once a line is enough.
    tabs: Option<Span>,
}

impl<'a> Reader<'a, '_> {
    fn run(mut self) -> Parsed {
        let options = options! {
            disallow_directives: true,
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            max_buffered_comment_events: usize::MAX,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let mut parser: Parser<'a, StrInput<'a>> = Parser::new_from_str_with_options(self.text, options);
        for _ in 0..MAX_SYNTAX_ERRORS {
            let Some(error) = self.read_events(&mut parser) else { break };
            let reported = self.syntax_error(&error);
            self.parsed.broken = Some(reported);
            self.abandon(reported);
            if !matches!(parser.proceed_next_document(), Ok(true)) {
                break;
            }
        }
        self.parsed
    }

    fn read_events(&mut self, parser: &mut Parser<'a, StrInput<'a>>) -> Option<ScanError> {
        while let Some(next) = parser.next_event() {
            match next {
                Ok((event, span)) => self.event(event, span),
                Err(error) => return Some(error),
            }
        }
        None
    }

    fn event(&mut self, event: Event<'a>, at: granit_parser::Span) {
        let span = Span::new(self.file, at.byte_range().unwrap_or_default());
        if let (Some(tag), true) = (at.tag_span().and_then(|tag| tag.byte_range()), event.tag().is_some()) {
            let tag = Span::new(self.file, tag);
            let written = self.slice(tag);
            self.sink.error(diag::yaml::tag(tag, written));
        }
        let implicit_start = matches!(event, Event::DocumentStart(false, _));
        match event {
            Event::Scalar(value, style, _, _) => self.scalar(&value, style, span),
            Event::SequenceStart(style, ..) => {
                let (start, flow) = (span.range().start, style == StructureStyle::Flow);
                self.frames.push(Frame::Sequence { start, flow, items: Vec::new() });
            }
            Event::MappingStart(style, ..) => {
                let (start, flow) = (span.range().start, style == StructureStyle::Flow);
                self.frames.push(Frame::Mapping { start, flow, entries: Vec::new(), key: Waiting::ForKey });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(Some(span.range().end)),
            Event::Anchor(_, name) => {
                self.sink.error(diag::yaml::anchor(span, &name));
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let reported = self.sink.error(diag::yaml::alias(span, self.slice(span)));
                self.place(Node { span, kind: Kind::Poisoned(reported) });
            }
            Event::Comment(..) => self.parsed.comments.push(Comment { span }),
            Event::DocumentEnd => self.end_document(None),
            _ => {}
        }
        // These stand where their content begins, which may be behind the header of a block scalar.
        if !span.is_empty() && !implicit_start {
            self.seen = self.seen.max(span.range().end);
        }
    }

    fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or_default()
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, span: Span) {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        // The library calls an absent value `~`.
        let value = if style == Style::Plain && span.is_empty() { "" } else { value };
        let (span, text) = match style {
            Style::Literal | Style::Folded => self.block_spans(span),
            _ => (span, span),
        };
        let offsets = Offsets::find(style, self.slice(text), text.range().start, value);
        self.refuse_tabs(span);
        if style == Style::Plain && scalar::is_old_boolean(value) {
            self.sink.warn(diag::yaml::old_boolean(span, value));
        }
        let scalar = Scalar { value: SmolStr::new(value), style, offsets };
        self.place(Node { span, kind: Kind::Scalar(scalar) });
    }

    /// Block collections are indented with blanks; the library lets some tabs pass.
    fn refuse_tabs(&mut self, span: Span) {
        let in_flow = self.frames.iter().any(|frame| match frame {
            Frame::Sequence { flow, .. } | Frame::Mapping { flow, .. } => *flow,
        });
        if in_flow {
            return;
        }
        let line = Line::around(self.text, self.file, span.range().start);
        if line.starts_with_tab(self.text) && self.tabs != Some(line.indentation) {
            self.tabs = Some(line.indentation);
            self.sink.error(diag::yaml::tab(line.indentation));
        }
    }

    /// A block scalar from its `|` or `>` to the end of its last line of text, and all lines below the header.
    /// The library's span starts behind the indentation of the first line.
    fn block_spans(&self, content: Span) -> (Span, Span) {
        let (start, end) = (content.range().start, content.range().end);
        let head = self.text.get(self.seen..start).unwrap_or_default();
        let mut header = start;
        let mut at = self.seen;
        for line in head.split_inclusive('\n') {
            let code = line.find(" #").map_or(line, |comment| line.get(..comment).unwrap_or_default());
            if let Some(mark) = code.find(['|', '>']) {
                header = at + mark;
                break;
            }
            at += line.len();
        }
        let written = self.text.get(header..end).unwrap_or_default();
        let lines = written.trim_end_matches(['\n', '\r', ' ']);
        let bare = if lines.contains('\n') { None } else { lines.find(" #") };
        let length =
            bare.map_or(lines.len(), |comment| written.get(..comment).unwrap_or_default().trim_end().len());
        let body = written.find('\n').map_or(end, |at| header + at + 1);
        (Span::new(self.file, header..header + length), Span::new(self.file, body..end))
    }

    /// Puts a finished node where it belongs: into the open collection, or as the root.
    fn place(&mut self, node: Node) {
        match self.frames.last_mut() {
            None => self.root = Some(node),
            Some(Frame::Sequence { items, .. }) => items.push(node),
            Some(Frame::Mapping { entries, key, .. }) => {
                *key = match std::mem::replace(key, Waiting::ForKey) {
                    // A collection that a syntax error cut short is no key, and no second mistake.
                    Waiting::ForKey if self.abandoning => Waiting::Dropping,
                    Waiting::ForKey => match key_of(node, self.sink) {
                        Some(key) => Waiting::ForValue(key),
                        None => Waiting::Dropping,
                    },
                    Waiting::ForValue(key) => {
                        entries.push(Entry { key, value: node });
                        Waiting::ForKey
                    }
                    Waiting::Dropping => Waiting::ForKey,
                };
            }
        }
    }

    /// Closes the innermost collection; `end` is where its bracket ends, if it has one.
    fn close(&mut self, end: Option<usize>) {
        let Some(frame) = self.frames.pop() else { return };
        let node = match frame {
            Frame::Sequence { start, flow, mut items } => {
                if flow {
                    items = torn::mend_items(items, self.text, self.sink);
                }
                let last = items.last().map(|item| item.span.range().end);
                let end = end.filter(|_| flow).or(last).unwrap_or(start);
                let kind = Kind::Sequence(Sequence { items, flow });
                Node { span: Span::new(self.file, start..end), kind }
            }
            Frame::Mapping { start, flow, mut entries, .. } => {
                if flow {
                    entries = torn::mend_entries(entries, self.text, self.sink);
                }
                self.refuse_duplicates(&mut entries);
                let last = entries.last().map(|entry| entry.span().range().end);
                let end = end.filter(|_| flow).or(last).unwrap_or(start);
                let kind = Kind::Mapping(Mapping { entries, flow });
                Node { span: Span::new(self.file, start..end), kind }
            }
        };
        self.place(node);
    }

    fn refuse_duplicates(&mut self, entries: &mut Vec<Entry>) {
        let mut first: BTreeMap<SmolStr, Span> = BTreeMap::new();
        entries.retain(|entry| match first.get(&entry.key.text) {
            Some(earlier) => {
                self.sink.error(diag::yaml::duplicate_key(entry.key.span, *earlier, &entry.key.text));
                false
            }
            None => {
                first.insert(entry.key.text.clone(), entry.key.span);
                true
            }
        });
    }

    fn end_document(&mut self, broken: Option<Reported>) {
        while !self.frames.is_empty() {
            self.close(None);
        }
        if let Some(root) = self.root.take() {
            let nothing = root.span.is_empty() && root.as_scalar().is_some();
            if !nothing {
                self.parsed.documents.push(Document { root, broken });
            }
        }
    }

    /// After a syntax error: what was read so far is kept as a broken document.
    fn abandon(&mut self, reported: Reported) {
        self.abandoning = true;
        self.end_document(Some(reported));
        self.abandoning = false;
    }

    fn syntax_error(&mut self, error: &ScanError) -> Reported {
        let at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        let width = self.text.get(at..).and_then(|rest| rest.chars().next()).filter(|next| *next != '\n');
        let span = Span::new(self.file, at..at + width.map_or(0, char::len_utf8));
        let message = match error.kind() {
            ErrorKind::RecursionLimitExceeded => diag::yaml::too_deep(span, MAX_DEPTH),
            ErrorKind::DirectiveDisallowed => diag::yaml::directive(span),
            ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabNotAllowed
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart => diag::yaml::tab(span),
            kind => self.unreadable(kind, span),
        };
        self.sink.error(message)
    }

    /// A syntax error in our words, with the line's value in quotes where that is the likely repair.
    fn unreadable(&self, kind: &ErrorKind, span: Span) -> diag::Diagnostic {
        let line = Line::around(self.text, self.file, span.range().start);
        if line.starts_with_tab(self.text) {
            return diag::yaml::tab(line.indentation);
        }
        let what = match kind {
            ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
                "a `:` cannot stand here".to_owned()
            }
            ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
                "nothing may follow the closing quote".to_owned()
            }
            ErrorKind::UnclosedQuotedScalar => "this quote is not closed".to_owned(),
            ErrorKind::UnclosedFlowCollection { open } => format!("this `{open}` is not closed"),
            ErrorKind::ExpectedFlowSequenceSeparator => "expected `,` or `]`".to_owned(),
            ErrorKind::ExpectedFlowMappingSeparator => "expected `,` or `}`".to_owned(),
            ErrorKind::MissingAnchorOrAliasName => {
                "a value cannot start with `*` or `&` unless it is quoted".to_owned()
            }
            ErrorKind::UnexpectedCharacter { character } => {
                format!("a value cannot start with `{character}` unless it is quoted")
            }
            ErrorKind::SimpleKeyExpected | ErrorKind::ExpectedBlockMappingKey => {
                "expected a key followed by `:`".to_owned()
            }
            ErrorKind::InvalidIndentation => "the indentation fits no line above".to_owned(),
            other => other.to_string(),
        };
        diag::yaml::syntax(span, &what, line.quotable(self.text, self.file))
    }
}

/// The node as a key; what cannot be one is reported.
fn key_of(node: Node, sink: &mut Sink) -> Option<Key> {
    match node.kind {
        Kind::Scalar(scalar) if scalar.value == "<<" && scalar.style == Style::Plain => {
            sink.error(diag::yaml::merge_key(node.span));
            None
        }
        Kind::Scalar(scalar) if !node.span.is_empty() => {
            Some(Key { span: node.span, text: scalar.value, style: scalar.style })
        }
        Kind::Poisoned(_) => None,
        _ => {
            sink.error(diag::yaml::key_not_text(node.span));
            None
        }
    }
}

/// The line around a syntax error.
struct Line {
    indentation: Span,
    body: Span,
}

impl Line {
    fn around(text: &str, file: FileId, at: usize) -> Self {
        let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let end = text.get(at..).and_then(|after| after.find('\n')).map_or(text.len(), |length| at + length);
        let line = text.get(start..end).unwrap_or_default();
        let inset = line.len() - line.trim_start().len();
        Self { indentation: Span::new(file, start..start + inset), body: Span::new(file, start + inset..end) }
    }

    fn starts_with_tab(&self, text: &str) -> bool {
        text.get(self.indentation.range()).is_some_and(|blank| blank.contains('\t'))
    }

    /// The value of a `key: value` line, when putting it in quotes would make the line readable.
    fn quotable(&self, text: &str, file: FileId) -> Option<(Span, String)> {
        let body = text.get(self.body.range())?.trim_end();
        let colon = body.find(": ")?;
        let value = body.get(colon + 2..)?.trim_start();
        let opens_flow = body.starts_with(['{', '[', '-']) || value.starts_with(['{', '[', '|', '>']);
        let torn_quote = value.starts_with(['"', '\'']) && value.matches(['"', '\'']).count() < 2;
        if value.is_empty() || opens_flow || torn_quote || value.contains(" #") {
            return None;
        }
        let start = self.body.range().start + body.len() - value.len();
        Some((Span::new(file, start..start + value.len()), scalar::quoted(value)))
    }
}
