//! From the YAML library's events to our tree, refusing what we do not accept.
//!
//! May not enter: recursion over the tree (depth is the author's to choose, up to a cap).

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, StrInput, StructureStyle, options};
use smol_str::SmolStr;

use super::{
    Comment, Document, Entry, Key, Kind, MAX_DEPTH, Mapping, Node, Offsets, Parsed, Scalar, Sequence, Style,
    broken, line::Line, scalar, torn,
};
use crate::{
    diag::{self, Reported, Sink},
    source::{Defect, FileId, SourceFile, SourceSet, Span},
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
        source,
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
    source: &'a SourceFile,
    text: &'a str,
    sink: &'s mut Sink,
    parsed: Parsed,
    frames: Vec<Frame>,
    root: Option<Node>,
    /// End of the last event that stood in the text.
    seen: usize,
    /// Open collections are being closed after a syntax error.
    abandoning: bool,
    /// The last line that was refused for its tabs: once is enough.
    tabs: Option<usize>,
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
            let reported = self.sink.error(broken::explain(&error, self.source, self.file));
            self.parsed.broken = Some(reported);
            self.cut_short(&error, reported);
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
        let index = self.source.line_index(span.start);
        if Line::of(self.source, index).begins_with_tab() && self.tabs != Some(index) {
            self.tabs = Some(index);
            self.sink.error(broken::tab(self.source, self.file, index));
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
        self.untangle();
        self.abandoning = true;
        self.end_document(Some(reported));
        self.abandoning = false;
    }

    /// An error behind a document that nothing ended is about that document: YAML saw its end too soon.
    fn cut_short(&mut self, error: &ScanError, reported: Reported) {
        let at = error.marker().byte_offset().unwrap_or(self.text.len());
        let Some(last) = self.parsed.documents.last_mut().filter(|_| self.frames.is_empty()) else { return };
        let between = self.text.get(last.root.span.range().end..at).unwrap_or_default();
        if self.root.is_none() && !between.lines().any(|line| line.starts_with("---")) {
            last.broken = Some(reported);
        }
    }

    /// A line that YAML reads as the end of the value above, and then cannot: what was read before it is what was meant.
    fn untangle(&mut self) {
        let last = match self.frames.last_mut() {
            Some(Frame::Mapping { entries, .. }) => entries.last_mut().map(|entry| &mut entry.value),
            Some(Frame::Sequence { items, .. }) => items.last_mut(),
            None => self.root.as_mut(),
        };
        let Some(Node { span, kind: Kind::Scalar(scalar) }) = last else { return };
        let written = self.text.get(span.range()).unwrap_or_default();
        let behind = self.text.get(span.range().end..).unwrap_or_default().trim_start_matches([' ', '\t']);
        let Some((first, _)) = written.split_once('\n') else { return };
        if scalar.style == Style::Plain && behind.starts_with(':') {
            let first = first.trim_end();
            *span = Span::new(self.file, span.range().start..span.range().start + first.len());
            scalar.value = SmolStr::new(first);
            scalar.offsets = Offsets::Linear(span.start);
        }
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
