//! Texts in cells that spreadsheets read: what would be taken for a formula gets a quote in front, and loses it again when
//! it is read. Pure: nothing here knows files or fields.

use std::borrow::Cow;

/// What makes a spreadsheet take a cell for a formula. Some take the wide forms for the narrow ones.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// What some spreadsheets skip at the beginning of a cell.
const SKIPPED: [char; 3] = ['\t', '\r', '\n'];

/// Where a spreadsheet may begin a new cell that does not separate cells by commas: in many countries it is the
/// semicolon, whatever the file says, and a quote that does not stand first in a cell is nothing to it.
const BREAKS: [char; 4] = [';', '\t', '\r', '\n'];

/// A text as a cell that no spreadsheet takes for a formula, nor any part of it, whatever it takes for the end of a cell. What
/// already looks guarded is guarded again, so that [`unguarded`] always gives the same text back.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    if parts(text).all(|(place, part)| !is_dangerous(place, part)) {
        return Cow::Borrowed(text);
    }
    let mut cell = String::with_capacity(text.len() + 8);
    for (place, part) in parts(text) {
        if is_dangerous(place, part) {
            cell.push('\'');
        }
        cell.push_str(part);
    }
    Cow::Owned(cell)
}

/// A cell without the guards.
#[must_use]
pub fn unguarded(cell: &str) -> Cow<'_, str> {
    if !cell.contains('\'') {
        return Cow::Borrowed(cell);
    }
    let bare = |(place, part)| guard_of(place, part).unwrap_or(part);
    Cow::Owned(parts(cell).map(bare).collect())
}

/// A JSON document as a cell: it begins with none of these characters, and what would begin a cell inside of a string is
/// written in another way, which is the same to whoever reads JSON.
#[must_use]
pub fn guarded_json(json: &str) -> Cow<'_, str> {
    let mut pieces = json.split(';');
    let mut cell = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        cell.push_str(if is_dangerous(1, piece) { "\\u003b" } else { ";" });
        cell.push_str(piece);
    }
    if cell == json { Cow::Borrowed(json) } else { Cow::Owned(cell) }
}

/// What a spreadsheet may take for a cell each, with what ends it, and its place.
fn parts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive(BREAKS).enumerate()
}

/// Whether a part begins a formula, behind any number of guards.
fn is_dangerous(place: usize, part: &str) -> bool {
    let bare = part.trim_start_matches('\'');
    bare.starts_with(FORMULA) || place == 0 && bare.starts_with(SKIPPED)
}

/// A part without its guard, if it has one.
fn guard_of(place: usize, part: &str) -> Option<&str> {
    part.strip_prefix('\'').filter(|rest| is_dangerous(place, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_are_guarded() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("-5", "'-5"),
            ("'=x", "''=x"),
            ("＝1", "'＝1"),
            ("O'Neil", "O'Neil"),
            ("'a", "'a"),
            ("a-b;c", "a-b;c"),
            ("x;=1+1;-2", "x;'=1+1;'-2"),
            ("x\n=1;y", "x\n'=1;y"),
            ("\t=1", "'\t'=1"),
        ] {
            assert_eq!(guarded(text), cell);
        }
        assert_eq!(guarded_json(r#"["a;=1","b;c",-1]"#), r#"["a\u003b=1","b;c",-1]"#);
    }

    /// What a cell may be taken apart into.
    fn is_safe(cell: &str) -> bool {
        !cell.starts_with(SKIPPED) && cell.split(BREAKS).all(|part| !part.starts_with(FORMULA))
    }

    proptest! {
        #[test]
        fn a_guard_never_changes_a_text(text in "['=+@\\-＝;\t\r\na-c]{0,8}") {
            let cell = guarded(&text);
            prop_assert_eq!(unguarded(&cell), text.as_str());
            prop_assert!(is_safe(&cell), "{:?}", cell);
        }

        #[test]
        fn a_guarded_document_says_the_same(texts in proptest::collection::vec("['=+@\\-;\"a]{0,6}", 0..4)) {
            let json = serde_json::to_string(&texts).unwrap();
            let cell = guarded_json(&json);
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&cell).unwrap(), texts);
            prop_assert!(is_safe(&cell), "{:?}", cell);
        }
    }
}
