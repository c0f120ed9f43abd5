//! Reads the JSON that the database builds, without copying and without building a tree.

use std::borrow::Cow;

use super::Misshapen;
use crate::sql::Bind;

/// A place in the text.
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn misshapen(&self) -> Misshapen {
        Misshapen(self.at)
    }

    /// Goes over one byte that must be there.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Misshapen> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.misshapen())
        }
    }

    /// A string with its quotes, a number, or a word.
    pub(super) fn scalar(&mut self) -> Result<&'t str, Misshapen> {
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let length = match rest.first() {
            Some(b'"') => string_length(rest),
            Some(b'[' | b'{' | b']' | b'}' | b',') | None => None,
            Some(_) => Some(rest.iter().position(|b| matches!(b, b',' | b']' | b'}')).unwrap_or(rest.len())),
        };
        let end = start + length.ok_or(Misshapen(start))?;
        self.at = end;
        self.text.get(start..end).ok_or(Misshapen(start))
    }

    /// Goes over any value.
    pub(super) fn skip(&mut self) -> Result<(), Misshapen> {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'[') => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                Some(b']') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',') if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    self.scalar()?;
                }
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// A stored value.
    pub(super) fn bind(&mut self) -> Result<Bind, Misshapen> {
        let at = self.at;
        let token = self.scalar()?;
        if token == "null" {
            return Ok(Bind::Null);
        }
        if token.starts_with('"') {
            return Ok(Bind::text(&unquoted(token).ok_or(Misshapen(at))?));
        }
        token.parse().map(Bind::Int).map_err(|_| Misshapen(at))
    }
}

/// The bytes of a string from its opening to its closing quote.
fn string_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        let stop = bytes.get(at..)?.iter().position(|b| matches!(b, b'"' | b'\\'))?;
        at += stop;
        if bytes.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// What a quoted string says.
pub(super) fn unquoted(token: &str) -> Option<Cow<'_, str>> {
    if token.contains('\\') {
        serde_json::from_str(token).ok().map(Cow::Owned)
    } else {
        token.strip_prefix('"')?.strip_suffix('"').map(Cow::Borrowed)
    }
}
