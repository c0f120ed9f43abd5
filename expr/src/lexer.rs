//! Text to tokens. Never fails: what no token fits is reported and skipped.
//!
//! Knows characters, numbers and quotes; nothing of how tokens fit together.

use crate::ast::Span;
use crate::problem::{Problem, ProblemKind};

/// A token and its place.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub span: Span,
    pub kind: TokenKind,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind {
    /// The magnitude of an integer, at most 2^63.
    Int(u64),
    /// Units and scale of a decimal.
    Decimal(i64, u8),
    Text(String),
    Name(String),
    /// An operator or bracket.
    Sign(&'static str),
    /// A mistake that was reported.
    Invalid,
    End,
}

/// Longest first, so that the first match is the right one.
const SIGNS: &[&str] = &[
    "===", "!==", "&&", "||", "==", "!=", "<=", ">=", "<>", "**", "?.", ".?", "<", ">", "!", "=", "+", "-",
    "*", "/", "%", "?", ":", ".", ",", "(", ")", "[", "]", "{", "}", "&", "|", "^",
];

/// Opening and closing forms of typographic quotes.
const SMART_QUOTES: &[(char, &[char])] = &[
    ('\u{201c}', &['\u{201d}', '\u{201c}', '"']),
    ('\u{201d}', &['\u{201d}', '\u{201c}', '"']),
    ('\u{201e}', &['\u{201c}', '\u{201d}', '"']),
    ('\u{2018}', &['\u{2019}', '\u{2018}', '\'']),
    ('\u{2019}', &['\u{2019}', '\u{2018}', '\'']),
    ('\u{ab}', &['\u{bb}']),
];

/// All tokens of `text`, closed by [`TokenKind::End`]; problems go into `problems`.
pub(crate) fn tokens(text: &str, problems: &mut Vec<Problem>) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, problems };
    let mut out = Vec::new();
    loop {
        lexer.skip_blanks();
        let start = lexer.at;
        let kind = lexer.token();
        let end = kind == TokenKind::End;
        out.push(Token { span: lexer.span(start), kind });
        if end {
            return out;
        }
    }
}

struct Lexer<'t, 'p> {
    text: &'t str,
    at: usize,
    problems: &'p mut Vec<Problem>,
}

impl<'t> Lexer<'t, '_> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn span(&self, start: usize) -> Span {
        clamp(start)..clamp(self.at)
    }

    fn slice(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn report(&mut self, start: usize, kind: ProblemKind) {
        let span = self.span(start);
        self.problems.push(Problem::new(span, kind));
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        loop {
            self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c'));
            if !self.rest().starts_with("//") {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn token(&mut self) -> TokenKind {
        let start = self.at;
        let Some(c) = self.peek() else { return TokenKind::End };
        let second = self.rest().chars().nth(1);
        if c.is_ascii_digit() || (c == '.' && second.is_some_and(|d| d.is_ascii_digit())) {
            return self.number();
        }
        if c == '"' || c == '\'' {
            return self.text_literal(false);
        }
        if c.is_ascii_alphabetic() || c == '_' {
            return self.name_or_prefixed_text();
        }
        if let Some((_, closing)) = SMART_QUOTES.iter().find(|(open, _)| *open == c) {
            return self.smart_text(closing);
        }
        if let Some(sign) = SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) {
            self.at += sign.len();
            return TokenKind::Sign(sign);
        }
        self.at += c.len_utf8();
        if c == '`' {
            self.take_while(|c| c != '`');
            self.at += self.peek().map_or(0, char::len_utf8);
            let instead = "fields have plain names here";
            self.report(start, ProblemKind::Unsupported { what: "a name in backticks".into(), instead });
        } else if c.is_alphabetic() {
            self.take_while(char::is_alphanumeric);
            let what = format!("a name with other letters than a-z, `{}`,", self.slice(start));
            let instead = "names are ASCII; put texts in quotes";
            self.report(start, ProblemKind::Unsupported { what, instead });
        } else {
            self.report(start, ProblemKind::UnexpectedCharacter(c));
        }
        TokenKind::Invalid
    }

    fn name_or_prefixed_text(&mut self) -> TokenKind {
        let start = self.at;
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        let quoted = matches!(self.peek(), Some('"' | '\''));
        match word.to_ascii_lowercase().as_str() {
            "r" if quoted => self.text_literal(true),
            "b" | "rb" | "br" if quoted => {
                // The contents of bytes follow other rules, so they are read raw and only the fact is reported.
                let mut unheard = Vec::new();
                std::mem::swap(self.problems, &mut unheard);
                self.text_literal(word.len() > 1);
                std::mem::swap(self.problems, &mut unheard);
                let instead = "compare texts instead";
                self.report(start, ProblemKind::Unsupported { what: "a bytes literal".into(), instead });
                TokenKind::Invalid
            }
            _ => TokenKind::Name(word.to_owned()),
        }
    }

    fn number(&mut self) -> TokenKind {
        let start = self.at;
        if self.rest().starts_with("0x") || self.rest().starts_with("0X") {
            self.at += 2;
            let digits = self.take_while(|c| c.is_ascii_hexdigit());
            let value = u64::from_str_radix(digits, 16).ok();
            return self.whole(start, value);
        }
        let whole = self.take_while(|c| c.is_ascii_digit());
        let mut rest = self.rest().chars();
        let fraction = match (rest.next(), rest.next()) {
            (Some('.'), Some(d)) if d.is_ascii_digit() => {
                self.at += 1;
                Some(self.take_while(|c| c.is_ascii_digit()))
            }
            _ => None,
        };
        let exponent = self.exponent();
        if fraction.is_none() && exponent.is_none() {
            return self.whole(start, whole.parse().ok());
        }
        let decimal = decimal(whole, fraction.unwrap_or_default(), exponent.unwrap_or(Some(0)));
        self.end_of_number(start, decimal.map(|(units, scale)| TokenKind::Decimal(units, scale)))
    }

    /// `e+10`; the inner option is empty when the exponent itself is absurd.
    fn exponent(&mut self) -> Option<Option<i32>> {
        let rest = self.rest();
        let body = rest.strip_prefix(['e', 'E'])?;
        let digits = body.strip_prefix(['+', '-']).unwrap_or(body);
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let start = self.at + 1;
        self.at += rest.len() - digits.len();
        self.take_while(|c| c.is_ascii_digit());
        Some(self.slice(start).parse().ok())
    }

    fn whole(&mut self, start: usize, value: Option<u64>) -> TokenKind {
        if self.peek().is_some_and(|c| matches!(c, 'u' | 'U')) {
            self.at += 1;
            let after = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
            if after.is_empty() {
                let instead = "write a plain whole number";
                self.report(start, ProblemKind::Unsupported { what: "an unsigned number".into(), instead });
                return TokenKind::Invalid;
            }
        }
        let limit = i64::MIN.unsigned_abs();
        self.end_of_number(start, value.filter(|v| *v <= limit).map(TokenKind::Int))
    }

    fn end_of_number(&mut self, start: usize, kind: Option<TokenKind>) -> TokenKind {
        let letters = self.at;
        let tail = self.take_while(|c| c.is_alphanumeric() || c == '_');
        if !tail.is_empty() {
            let found = format!("`{tail}`");
            self.report(
                letters,
                ProblemKind::UnexpectedToken { found, expected: "an operator behind the number" },
            );
            return TokenKind::Invalid;
        }
        kind.unwrap_or_else(|| {
            self.report(start, ProblemKind::NumberOutOfRange(self.slice(start).to_owned()));
            TokenKind::Invalid
        })
    }

    fn smart_text(&mut self, closing: &[char]) -> TokenKind {
        let start = self.at;
        self.at += self.peek().map_or(0, char::len_utf8);
        let inner = self.take_while(|c| !closing.contains(&c) && c != '\n').to_owned();
        self.at += self.peek().map_or(0, char::len_utf8);
        let span = self.span(start);
        let written = self.slice(start).to_owned();
        let plain = format!("\"{}\"", inner.replace('\\', "\\\\").replace('"', "\\\""));
        let kind = ProblemKind::UseInstead { written, instead: "with plain quotes".into() };
        self.problems.push(Problem::new(span.clone(), kind).with_fix(span, plain));
        TokenKind::Text(inner)
    }

    fn text_literal(&mut self, raw: bool) -> TokenKind {
        let start = self.at;
        let quote = self.peek().unwrap_or('"');
        let triple = self.rest().chars().take(3).filter(|c| *c == quote).count() == 3;
        self.at += if triple { 3 } else { 1 };
        let mut out = String::new();
        while let Some(c) = self.peek() {
            if c == quote && !triple && !raw && self.at > start + 1 && self.doubled_quote(quote) {
                out.push(quote);
                continue;
            }
            if c == quote && (!triple || self.rest().chars().take(3).filter(|c| *c == quote).count() == 3) {
                self.at += if triple { 3 } else { 1 };
                return TokenKind::Text(out);
            }
            if !triple && matches!(c, '\n' | '\r') {
                break;
            }
            if c == '\\' && !raw {
                self.escape(&mut out);
            } else {
                self.at += c.len_utf8();
                out.push(c);
            }
        }
        self.report(start, ProblemKind::UnclosedText);
        TokenKind::Text(out)
    }

    /// A quote inside a text as SQL writes it: twice.
    fn doubled_quote(&mut self, quote: char) -> bool {
        if self.rest().chars().take(2).filter(|c| *c == quote).count() < 2 {
            return false;
        }
        let start = self.at;
        self.at += 2;
        let (span, escaped) = (self.span(start), format!("\\{quote}"));
        let kind = ProblemKind::UseInstead {
            written: self.slice(start).to_owned(),
            instead: format!("`{escaped}`"),
        };
        self.problems.push(Problem::new(span.clone(), kind).with_fix(span, escaped));
        true
    }

    fn escape(&mut self, out: &mut String) {
        let start = self.at;
        self.at += 1;
        let Some(c) = self.peek() else { return };
        self.at += c.len_utf8();
        let simple = match c {
            'a' => Some('\x07'),
            'b' => Some('\x08'),
            'f' => Some('\x0c'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\x0b'),
            '\\' | '?' | '"' | '\'' | '`' => Some(c),
            _ => None,
        };
        let found = simple.or_else(|| match c {
            'x' | 'X' => self.code_point(2, 16),
            'u' => self.code_point(4, 16),
            'U' => self.code_point(8, 16),
            '0'..='3' => {
                self.at -= 1;
                self.code_point(3, 8)
            }
            _ => None,
        });
        match found {
            Some(c) => out.push(c),
            None => self.report(start, ProblemKind::BadEscape(self.slice(start).to_owned())),
        }
    }

    fn code_point(&mut self, digits: usize, radix: u32) -> Option<char> {
        let written = self.rest().get(..digits).filter(|d| d.chars().all(|c| c.is_digit(radix)))?;
        self.at += digits;
        char::from_u32(u32::from_str_radix(written, radix).ok()?)
    }
}

/// Units and scale of `whole.fraction` × 10^exponent, when 18 digits hold it.
fn decimal(whole: &str, fraction: &str, exponent: Option<i32>) -> Option<(i64, u8)> {
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let mut scale = i64::try_from(fraction.len()).ok()? - i64::from(exponent?);
    if significant.is_empty() {
        return Some((0, u8::try_from(scale.clamp(0, 18)).ok()?));
    }
    let mut units: i64 = significant.parse().ok()?;
    while scale < 0 {
        units = units.checked_mul(10)?;
        scale += 1;
    }
    let scale = u8::try_from(scale).ok().filter(|s| *s <= 18)?;
    (units < 10_i64.pow(18)).then_some((units, scale))
}

fn clamp(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
