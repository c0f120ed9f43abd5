//! From bytes of a scalar's value back to bytes of the source.
//!
//! The scalar is decoded a second time, by our own short reading of the YAML rules, noting where every byte
//! came from. When the two readings differ, the whole scalar is the answer: less exact, never wrong.
//! May not enter: syntax errors (the YAML library finds them).

use std::ops::Range;

use super::Style;
use crate::source::Span;

/// Where the bytes of a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offsets {
    /// Value byte 0 is this source byte, and so on without a gap.
    Linear(u32),
    /// Runs, by value offset.
    Pieces(Box<[Piece]>),
    /// Not known: the whole scalar stands for every part.
    Whole,
}

/// A run of value bytes and the source bytes it came from. Equal lengths correspond byte by byte; otherwise
/// (an escape, a folded line break) the run is one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    value: u32,
    value_len: u32,
    source: u32,
    source_len: u32,
}

impl Piece {
    const fn linear(self) -> bool {
        self.value_len == self.source_len
    }
}

impl Offsets {
    /// The offsets of `value`, written in `style` as `raw`, which starts at source byte `base`.
    pub(super) fn find(style: Style, raw: &str, base: usize, value: &str) -> Self {
        let inset = usize::from(matches!(style, Style::Single | Style::Double));
        if raw.get(inset..raw.len().saturating_sub(inset)) == Some(value) {
            return Self::Linear(cut(base + inset));
        }
        let decoded = match style {
            Style::Plain => flow(raw, 0..raw.len(), Quote::None),
            Style::Single => flow(raw, 1..raw.len().saturating_sub(1), Quote::Single),
            Style::Double => flow(raw, 1..raw.len().saturating_sub(1), Quote::Double),
            Style::Literal | Style::Folded => block(raw, value),
        };
        match decoded {
            Some(track) if track.value == value => Self::Pieces(track.shifted(base)),
            _ => Self::Whole,
        }
    }

    /// The source bytes of `range` of the value.
    pub(super) fn map(&self, range: &Range<usize>, whole: Span) -> Span {
        match self {
            Self::Linear(start) => {
                let start = *start as usize;
                let mapped = Span::new(whole.file, start + range.start..start + range.end);
                Span { end: mapped.end.min(whole.end).max(mapped.start.min(whole.end)), ..mapped }
            }
            Self::Pieces(pieces) => {
                let (start, end) = (cut(range.start), cut(range.end));
                let from = start_of(pieces, start).unwrap_or(whole.start);
                let to = if end > start { end_of(pieces, end).unwrap_or(whole.end) } else { from };
                Span { file: whole.file, start: from, end: to.max(from) }
            }
            Self::Whole => whole,
        }
    }
}

fn start_of(pieces: &[Piece], at: u32) -> Option<u32> {
    let after = pieces.partition_point(|piece| piece.value <= at);
    let piece = pieces.get(after.checked_sub(1)?)?;
    let into = at - piece.value;
    Some(if into >= piece.value_len {
        piece.source + piece.source_len
    } else if piece.linear() {
        piece.source + into
    } else {
        piece.source
    })
}

fn end_of(pieces: &[Piece], end: u32) -> Option<u32> {
    let after = pieces.partition_point(|piece| piece.value < end);
    let piece = pieces.get(after.checked_sub(1)?)?;
    Some(if piece.linear() && end - piece.value <= piece.value_len {
        piece.source + (end - piece.value)
    } else {
        piece.source + piece.source_len
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

/// A value as it grows, with the origin of each part.
#[derive(Default)]
struct Track {
    value: String,
    pieces: Vec<Piece>,
}

impl Track {
    fn copy(&mut self, raw: &str, range: Range<usize>) -> Option<()> {
        let text = raw.get(range.clone())?;
        self.add(text, range);
        Some(())
    }

    fn add(&mut self, text: &str, source: Range<usize>) {
        let piece = Piece {
            value: cut(self.value.len()),
            value_len: cut(text.len()),
            source: cut(source.start),
            source_len: cut(source.len()),
        };
        self.value.push_str(text);
        match self.pieces.last_mut() {
            Some(last)
                if last.linear() && piece.linear() && last.source + last.source_len == piece.source =>
            {
                last.value_len += piece.value_len;
                last.source_len += piece.source_len;
            }
            _ if text.is_empty() => {}
            _ => self.pieces.push(piece),
        }
    }

    fn shifted(mut self, base: usize) -> Box<[Piece]> {
        for piece in &mut self.pieces {
            piece.source += cut(base);
        }
        self.pieces.into_boxed_slice()
    }
}

/// Plain and quoted scalars: quotes, escapes, folded line breaks.
fn flow(raw: &str, inside: Range<usize>, quote: Quote) -> Option<Track> {
    let bytes = raw.as_bytes();
    let mut track = Track::default();
    let mut at = inside.start;
    while at < inside.end {
        let byte = *bytes.get(at)?;
        let next = bytes.get(at + 1).copied();
        match byte {
            b'\'' if quote == Quote::Single && next == Some(b'\'') => {
                track.add("'", at..at + 2);
                at += 2;
            }
            b'\\' if quote == Quote::Double => at = escape(raw, at, inside.end, &mut track)?,
            b' ' | b'\t' | b'\n' | b'\r' => {
                let blanks = at + count(bytes.get(at..inside.end)?, |byte| matches!(byte, b' ' | b'\t'));
                let broken = matches!(bytes.get(blanks), Some(b'\n' | b'\r')) && blanks < inside.end;
                if broken {
                    at = fold(bytes, at, inside.end, &mut track)?;
                } else {
                    track.copy(raw, at..blanks)?;
                    at = blanks;
                }
            }
            _ => {
                let length = 1 + count(bytes.get(at + 1..inside.end)?, |byte| {
                    !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\'' | b'\\')
                });
                track.copy(raw, at..at + length)?;
                at += length;
            }
        }
    }
    Some(track)
}

/// A run of blanks and line breaks: one break is a blank, more are one break less.
fn fold(bytes: &[u8], start: usize, end: usize, track: &mut Track) -> Option<usize> {
    let (at, breaks) = skip_breaks(bytes, start, end)?;
    if breaks == 1 {
        track.add(" ", start..at);
    } else {
        track.add(&"\n".repeat(breaks.saturating_sub(1)), start..at);
    }
    Some(at)
}

fn skip_breaks(bytes: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let (mut at, mut breaks) = (start, 0);
    while at < end {
        match bytes.get(at)? {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => at += 1,
            b'\n' | b'\r' => {
                at += 1;
                breaks += 1;
            }
            b' ' | b'\t' => at += 1,
            _ => break,
        }
    }
    Some((at, breaks))
}

/// One escape of a double-quoted scalar; gives the place behind it.
fn escape(raw: &str, at: usize, end: usize, track: &mut Track) -> Option<usize> {
    let bytes = raw.as_bytes();
    let mut digits = 0;
    let text = match *bytes.get(at + 1)? {
        b'0' => "\0",
        b'a' => "\u{7}",
        b'b' => "\u{8}",
        b't' | b'\t' => "\t",
        b'n' => "\n",
        b'v' => "\u{b}",
        b'f' => "\u{c}",
        b'r' => "\r",
        b'e' => "\u{1b}",
        b' ' => " ",
        b'"' => "\"",
        b'/' => "/",
        b'\\' => "\\",
        b'N' => "\u{85}",
        b'_' => "\u{a0}",
        b'L' => "\u{2028}",
        b'P' => "\u{2029}",
        b'\n' | b'\r' => {
            let (after, breaks) = skip_breaks(bytes, at + 1, end)?;
            track.add(&"\n".repeat(breaks.saturating_sub(1)), at..after);
            return Some(after);
        }
        b'x' => {
            digits = 2;
            ""
        }
        b'u' => {
            digits = 4;
            ""
        }
        b'U' => {
            digits = 8;
            ""
        }
        _ => return None,
    };
    if digits == 0 {
        track.add(text, at..at + 2);
        return Some(at + 2);
    }
    let unit = |at: usize| u32::from_str_radix(raw.get(at + 2..at + 2 + digits)?, 16).ok();
    let (mut code, mut after) = (unit(at)?, at + 2 + digits);
    if (0xD800..0xDC00).contains(&code) {
        let low = unit(after)?.checked_sub(0xDC00)?;
        code = 0x1_0000 + ((code - 0xD800) << 10) + low;
        after += 2 + digits;
    }
    track.add(char::from_u32(code)?.encode_utf8(&mut [0; 4]), at..after);
    Some(after)
}

/// Block scalars. Each line's text is found again in the value; what lies between are line breaks or folds.
fn block(raw: &str, value: &str) -> Option<Track> {
    let leading = |text: &str| {
        let line = text.lines().find(|line| !line.trim_matches(' ').is_empty())?;
        Some(count(line.as_bytes(), |byte| byte == b' '))
    };
    let mut track = Track::default();
    let (Some(written), Some(kept)) = (leading(raw), leading(value)) else {
        track.add(value, 0..raw.len());
        return Some(track);
    };
    let indent = written.checked_sub(kept)?;
    let mut line_start = 0;
    let mut seen = 0;
    for line in raw.split_inclusive('\n') {
        let start = (line_start + indent).min(line_start + line.len());
        line_start += line.len();
        let text = line.get(indent..).unwrap_or_default().trim_end_matches(['\n', '\r']);
        if text.is_empty() {
            continue;
        }
        let rest = value.get(track.value.len()..)?;
        let gap = separator(rest, text)?;
        track.add(rest.get(..gap)?, seen..start);
        track.copy(raw, start..start + text.len())?;
        seen = start + text.len();
    }
    let rest = value.get(track.value.len()..)?;
    track.add(rest, seen..raw.len());
    Some(track)
}

fn separator(rest: &str, text: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while !rest.get(at..)?.starts_with(text) {
        match bytes.get(at)? {
            b'\n' | b' ' => at += 1,
            _ => return None,
        }
    }
    Some(at)
}

fn count(bytes: &[u8], accept: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| accept(**byte)).count()
}

fn cut(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
