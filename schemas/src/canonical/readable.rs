//! Readable JSON: the layout of text that is JSON already. Every value is measured once and written once.

use std::cmp::Ordering;

use serde::Serialize;

/// The widest line of readable JSON, unless one string alone is wider.
const WIDTH: usize = 110;

/// `value` as JSON that people can compare: keys in the order of RFC 8785, whatever fits into one line
/// stands in one line, and one line feed ends the text.
///
/// # Errors
/// When `value` holds something JSON cannot say, such as a map whose keys are not strings.
pub fn to_readable_json<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string(value)?;
    let mut values = Vec::with_capacity(text.len() / 8);
    measure(&text, 0, &mut values);
    let mut layout = Layout { text: &text, values: &values, out: String::with_capacity(2 * text.len()) };
    layout.value(0, 0, 0);
    layout.out.push('\n');
    layout.out.shrink_to_fit();
    Ok(layout.out)
}

/// One value inside compact JSON text. Its members follow it: those of an object as key, value, key, value.
struct Measured {
    /// Its place in the text, in bytes.
    start: usize,
    end: usize,
    /// How many characters it takes in one line.
    width: usize,
    /// The number of the value behind it and all its members.
    next: usize,
}

/// Measures the value of compact JSON at `start` and all its members; the place behind it, and its width.
fn measure(text: &str, start: usize, values: &mut Vec<Measured>) -> (usize, usize) {
    let byte = |at: usize| text.as_bytes().get(at).copied();
    let number = values.len();
    values.push(Measured { start, end: start, width: 0, next: 0 });
    let (mut end, mut width) = (start + 1, 0);
    if let Some(open @ (b'[' | b'{')) = byte(start) {
        while !matches!(byte(end), Some(b']' | b'}') | None) {
            // `, ` or `: ` or the brackets: two characters more than the member, whatever it is.
            let (behind, member) = measure(text, end, values);
            width += member + 2;
            end = behind + usize::from(matches!(byte(behind), Some(b',' | b':')));
        }
        end += 1;
        // The blanks inside of braces; `[]` has always been let pass.
        width += if open == b'{' { 2 } else { 0 };
    } else {
        end = scalar_end(text.as_bytes(), start);
        width = text.get(start..end).unwrap_or_default().chars().count();
    }
    let next = values.len();
    if let Some(measured) = values.get_mut(number) {
        *measured = Measured { start, end, width, next };
    }
    (end, width)
}

/// The place behind the string, number or word at `start`.
fn scalar_end(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    if rest.first() != Some(&b'"') {
        return start + rest.iter().take_while(|byte| !matches!(byte, b',' | b']' | b'}')).count();
    }
    let mut is_escaped = false;
    let inside = rest.iter().skip(1).take_while(|byte| {
        let goes_on = is_escaped || **byte != b'"';
        is_escaped = !is_escaped && **byte == b'\\';
        goes_on
    });
    start + inside.count() + 2
}

/// The members of value `number`, keys included, each with its number.
fn members(values: &[Measured], number: usize) -> impl Iterator<Item = (usize, &Measured)> {
    let end = values.get(number).map_or(0, |value| value.next);
    let mut at = number + 1;
    std::iter::from_fn(move || {
        let member = values.get(at).filter(|_| at < end)?;
        Some((std::mem::replace(&mut at, member.next), member))
    })
}

/// Measured values, and the text they become.
struct Layout<'t> {
    text: &'t str,
    values: &'t [Measured],
    out: String,
}

impl<'t> Layout<'t> {
    /// Writes value `number`, which stands behind `used` characters of a line that is indented by `depth` levels.
    fn value(&mut self, number: usize, depth: usize, used: usize) {
        let Some(value) = self.values.get(number) else { return };
        let (open, close) = match self.opening(value) {
            Some(b'[') if value.width > WIDTH.saturating_sub(used) => ('[', ']'),
            Some(b'{') if value.width > WIDTH.saturating_sub(used) => ('{', '}'),
            _ => return self.line(number),
        };
        self.out.push(open);
        let mut separator = "\n";
        for (key, member) in self.sorted(number) {
            self.out.push_str(separator);
            separator = ",\n";
            self.indent(depth + 1);
            let width = key.map_or(0, |key| self.key(key));
            self.value(member, depth + 1, 2 * (depth + 1) + width + 1);
        }
        self.out.push('\n');
        self.indent(depth);
        self.out.push(close);
    }

    /// Writes value `number` in one line.
    fn line(&mut self, number: usize) {
        let Some(value) = self.values.get(number) else { return };
        let (mut separator, close) = match self.opening(value) {
            Some(b'[') if value.next > number + 1 => ("[", "]"),
            Some(b'{') if value.next > number + 1 => ("{ ", " }"),
            _ => return self.out.push_str(self.source(value)),
        };
        for (key, member) in self.sorted(number) {
            self.out.push_str(separator);
            separator = ", ";
            if let Some(key) = key {
                self.key(key);
            }
            self.line(member);
        }
        self.out.push_str(close);
    }

    /// Writes a key; how many characters it takes.
    fn key(&mut self, key: &'t Measured) -> usize {
        self.out.push_str(self.source(key));
        self.out.push_str(": ");
        key.width + 2
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    /// The first byte of a value, which says whether it is a list or an object.
    fn opening(&self, value: &Measured) -> Option<u8> {
        self.text.as_bytes().get(value.start).copied()
    }

    /// The text of a scalar or of an empty list or object.
    fn source(&self, value: &Measured) -> &'t str {
        self.text.get(value.start..value.end).unwrap_or_default()
    }

    /// The members of value `number`; those of an object by the UTF-16 units of their keys, as RFC 8785 wants them.
    fn sorted(&self, number: usize) -> Vec<(Option<&'t Measured>, usize)> {
        let mut all = members(self.values, number);
        if self.values.get(number).and_then(|value| self.opening(value)) == Some(b'[') {
            return all.map(|(member, _)| (None, member)).collect();
        }
        let mut pairs = Vec::new();
        while let (Some((_, key)), Some((member, _))) = (all.next(), all.next()) {
            pairs.push((Some(key), member));
        }
        pairs.sort_by(|(a, _), (b, _)| {
            let name = |key: &Option<&Measured>| key.map_or("", |key| self.source(key));
            by_utf16(name(a), name(b))
        });
        pairs
    }
}

/// The order of two keys as they stand in JSON text.
fn by_utf16(a: &str, b: &str) -> Ordering {
    let is_plain = |key: &str| key.bytes().all(|byte| byte.is_ascii() && byte != b'\\');
    if is_plain(a) && is_plain(b) {
        let inside = |key: &str| 1..key.len().saturating_sub(1);
        return a.get(inside(a)).cmp(&b.get(inside(b)));
    }
    let text = |key: &str| serde_json::from_str(key).unwrap_or_else(|_| key.to_owned());
    text(a).encode_utf16().cmp(text(b).encode_utf16())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn readable_json_breaks_only_what_does_not_fit() {
        let long = "x".repeat(60);
        let value = json!({ "b": [1, 2], "a": { "one": long, "two": [long] }, "e": {}, "f": [] });
        let expected = format!(
            "{{\n  \"a\": {{\n    \"one\": \"{long}\",\n    \"two\": [\"{long}\"]\n  }},\n  \"b\": [1, 2],\n  \"e\": {{}},\n  \"f\": []\n}}\n"
        );
        let text = to_readable_json(&value).unwrap();
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn keys_stand_in_the_order_of_their_utf16_units() {
        let value =
            json!({ "\u{fffd}": 1, "\u{1f600}": 2, "b\"": 3, "b": 4, "": [{}, -1.5, null], "a\\": "]}\"\\" });
        let text = to_readable_json(&value).unwrap();
        let expected = "{ \"\": [{}, -1.5, null], \"a\\\\\": \"]}\\\"\\\\\", \"b\": 4, \"b\\\"\": 3, \"\u{1f600}\": 2, \"\u{fffd}\": 1 }\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_line_may_be_as_wide_as_the_width_and_no_wider() {
        // `{ "a": "` and `" }` are eleven characters.
        for (letters, lines) in [(WIDTH - 11, 1), (WIDTH - 10, 3)] {
            let text = to_readable_json(&json!({ "a": "ä".repeat(letters) })).unwrap();
            assert_eq!(text.lines().count(), lines, "{text}");
        }
    }
}
