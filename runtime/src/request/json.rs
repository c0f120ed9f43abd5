//! A strict JSON reader: numbers keep their text, both of two equal keys are kept, and every error has a
//! place. Only the shape of JSON is known here; what a document means is not.

use std::borrow::Cow;
use std::fmt;

/// A JSON value that borrows from the request body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json<'t> {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as it was written, so that no digit is lost.
    Number(&'t str),
    /// A string.
    Text(Cow<'t, str>),
    /// An array.
    List(Vec<Self>),
    /// An object; equal keys are all kept, in order.
    Object(Vec<(Cow<'t, str>, Self)>),
}

impl Json<'_> {
    /// What kind of JSON it is, for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// As text without blanks and with sorted keys; numbers keep their digits.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Self::Number(digits) => out.push_str(digits),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by_key(|(key, _)| key.as_ref());
                out.push('{');
                for (index, (key, member)) in sorted.into_iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    member.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    athyper_expr::Value::text(text).write_json(out);
}

/// Where and why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotJson {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

/// Reads `bytes` as one JSON value, nested at most `max_depth` deep.
///
/// # Errors
/// Where the text stops being JSON (RFC 8259), is not UTF-8, escapes half of a surrogate pair, or nests deeper.
pub fn parse(bytes: &[u8], max_depth: usize) -> Result<Json<'_>, NotJson> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let before = std::str::from_utf8(valid).unwrap_or_default();
            return Err(place(before, before.len(), "the text is not UTF-8"));
        }
    };
    let mut reader = Reader { text, at: 0, depth: max_depth };
    reader.skip_blanks();
    let outcome = reader.value().and_then(|value| {
        reader.skip_blanks();
        if reader.at == text.len() { Ok(value) } else { Err("expected the end of the text") }
    });
    outcome.map_err(|reason| place(text, reader.at, reason))
}

fn place(text: &str, at: usize, reason: &'static str) -> NotJson {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    NotJson { line, column, reason }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

type Read<T> = Result<T, &'static str>;

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn slice(&self, from: usize) -> &'t str {
        self.text.get(from..self.at).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Read<Json<'t>> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) => Err("expected a value"),
            None => Err("the text ends where a value should stand"),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Read<Json<'t>>) -> Read<Json<'t>> {
        self.depth = self.depth.checked_sub(1).ok_or("nested too deeply")?;
        let value = read(self)?;
        self.depth += 1;
        Ok(value)
    }

    fn word(&mut self, word: &str, value: Json<'t>) -> Read<Json<'t>> {
        if self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            self.at += word.len();
            Ok(value)
        } else {
            Err("expected a value")
        }
    }

    fn list(&mut self) -> Read<Json<'t>> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_blanks();
        if self.eat(b']') {
            return Ok(Json::List(items));
        }
        loop {
            self.skip_blanks();
            items.push(self.value()?);
            self.skip_blanks();
            if self.eat(b']') {
                return Ok(Json::List(items));
            }
            if !self.eat(b',') {
                return Err("expected `,` or `]`");
            }
        }
    }

    fn object(&mut self) -> Read<Json<'t>> {
        self.at += 1;
        let mut members = Vec::new();
        self.skip_blanks();
        if self.eat(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return Err("expected a key in double quotes");
            }
            let key = self.string()?;
            self.skip_blanks();
            if !self.eat(b':') {
                return Err("expected `:`");
            }
            self.skip_blanks();
            members.push((key, self.value()?));
            self.skip_blanks();
            if self.eat(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.eat(b',') {
                return Err("expected `,` or `}`");
            }
        }
    }

    fn digits(&mut self) -> bool {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at > from
    }

    fn number(&mut self) -> Read<Json<'t>> {
        let from = self.at;
        self.eat(b'-');
        if !self.eat(b'0') && !self.digits() {
            return Err("expected a digit");
        }
        if matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err("a number does not begin with zeros");
        }
        if self.eat(b'.') && !self.digits() {
            return Err("expected a digit behind the point");
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            if !self.digits() {
                return Err("expected a digit in the exponent");
            }
        }
        Ok(Json::Number(self.slice(from)))
    }

    fn string(&mut self) -> Read<Cow<'t, str>> {
        self.at += 1;
        let from = self.at;
        let mut owned: Option<String> = None;
        let mut copied = from;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let rest = self.slice(copied);
                    self.at += 1;
                    return Ok(match owned {
                        None => Cow::Borrowed(rest),
                        Some(text) => Cow::Owned(text + rest),
                    });
                }
                Some(b'\\') => {
                    let part = self.slice(copied);
                    let text = owned.get_or_insert_default();
                    text.push_str(part);
                    text.push(self.escape()?);
                    copied = self.at;
                }
                Some(0..=0x1f) => return Err("control characters in strings are written as escapes"),
                Some(_) => self.at += 1,
                None => return Err("the string does not end"),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        self.at += 1;
        let character = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err("unknown escape"),
        };
        self.at += 1;
        Ok(character)
    }

    fn unicode(&mut self) -> Read<char> {
        const HALF: &str = "half of a surrogate pair is no character";
        let first = self.hex()?;
        if (0xdc00..0xe000).contains(&first) {
            return Err(HALF);
        }
        let code = if (0xd800..0xdc00).contains(&first) {
            if !self.eat(b'\\') || self.peek() != Some(b'u') {
                return Err(HALF);
            }
            let second = self.hex()?;
            if !(0xdc00..0xe000).contains(&second) {
                return Err(HALF);
            }
            0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
        } else {
            first
        };
        char::from_u32(code).ok_or(HALF)
    }

    /// Four hexadecimal digits behind the `u` the reader stands on.
    fn hex(&mut self) -> Read<u32> {
        self.at += 1;
        let digits =
            self.text.as_bytes().get(self.at..self.at + 4).ok_or("expected four hexadecimal digits")?;
        let mut code = 0;
        for digit in digits {
            let digit = char::from(*digit).to_digit(16).ok_or("expected four hexadecimal digits")?;
            code = code * 16 + digit;
        }
        self.at += 4;
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reason(text: &str) -> String {
        parse(text.as_bytes(), 8).expect_err(text).to_string()
    }

    #[test]
    fn numbers_keep_every_digit() {
        let big = "[9007199254740993, 0.1000000000000000055, -0, 1E+2]";
        let Ok(Json::List(items)) = parse(big.as_bytes(), 8) else { panic!("a list") };
        let texts: Vec<_> = items.iter().map(|i| format!("{i:?}")).collect();
        assert_eq!(
            texts,
            [
                "Number(\"9007199254740993\")",
                "Number(\"0.1000000000000000055\")",
                "Number(\"-0\")",
                "Number(\"1E+2\")"
            ]
        );
    }

    #[test]
    fn both_of_two_equal_keys_are_kept() {
        let Ok(Json::Object(members)) = parse(br#"{"a":1,"\u0061":2}"#, 8) else { panic!("an object") };
        assert_eq!(members.len(), 2);
        assert_eq!(members[0].0, members[1].0);
    }

    #[test]
    fn what_is_not_json_says_where() {
        assert_eq!(reason("{\n \"a\": tru}"), "line 2, column 7: expected a value");
        assert_eq!(reason("[1,]"), "line 1, column 4: expected a value");
        assert_eq!(reason("[01]"), "line 1, column 3: a number does not begin with zeros");
        assert_eq!(reason("[1.]"), "line 1, column 4: expected a digit behind the point");
        assert_eq!(reason("\"\\ud83d\""), "line 1, column 8: half of a surrogate pair is no character");
        assert_eq!(reason("\"\\udc00\""), "line 1, column 8: half of a surrogate pair is no character");
        assert_eq!(reason("[[[[[[[[[1]]]]]]]]]"), "line 1, column 9: nested too deeply");
        assert_eq!(reason("{} {}"), "line 1, column 4: expected the end of the text");
        assert_eq!(reason(""), "line 1, column 1: the text ends where a value should stand");
        assert_eq!(
            reason("\"é\u{1}\""),
            "line 1, column 3: control characters in strings are written as escapes"
        );
        let broken = parse(b"\"\xff\"", 8).expect_err("not UTF-8");
        assert_eq!(broken.to_string(), "line 1, column 2: the text is not UTF-8");
    }

    #[test]
    fn a_hundred_thousand_brackets_end_early() {
        assert!(parse("[".repeat(100_000).as_bytes(), 32).is_err());
    }

    fn to_serde(json: &Json<'_>) -> serde_json::Value {
        match json {
            Json::Null => serde_json::Value::Null,
            Json::Bool(b) => serde_json::Value::Bool(*b),
            Json::Number(n) => serde_json::from_str(n).expect("a number"),
            Json::Text(t) => serde_json::Value::String(t.to_string()),
            Json::List(items) => items.iter().map(to_serde).collect(),
            Json::Object(members) => members.iter().map(|(k, v)| (k.to_string(), to_serde(v))).collect(),
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|m| m.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_serde_json_writes_is_read_the_same(value in any_json()) {
            let text = serde_json::to_string_pretty(&value).expect("text");
            prop_assert_eq!(to_serde(&parse(text.as_bytes(), 64).expect("json")), value);
        }

        #[test]
        fn no_bytes_make_it_panic_and_serde_json_agrees(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let ours = parse(&bytes, 64).is_ok();
            let theirs = serde_json::from_slice::<serde_json::Value>(&bytes).is_ok();
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn no_json_like_text_makes_it_panic_and_serde_json_agrees(text in r#"[\[\]{}":,0-9eE.\\u+\-tnrals ]{0,24}"#) {
            let ours = parse(text.as_bytes(), 64).is_ok();
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            // A number that no f64 holds is fine with us.
            prop_assert!(ours == theirs.is_ok() || theirs.is_err_and(|e| e.to_string().contains("out of range")));
        }
    }
}
