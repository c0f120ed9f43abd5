//! Names for what differs from run to run: ids, times, cursors.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Real values and the names a page has for them.
#[derive(Default)]
pub struct Names {
    /// `(kind, value)`; the name is the kind and the place among its kind.
    known: Vec<(&'static str, String)>,
}

static ID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").ok());
static TIME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"("(?:created|updated)_at": ")20\d\d-\d\d-\d\dT[0-9:.]+Z"#).ok());
static CURSOR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"("next": ")([^"<]+)""#).ok());

static ONCE: LazyLock<[Option<Regex>; 2]> = LazyLock::new(|| {
    let once = |pattern| Regex::new(pattern).ok();
    [once(r#"("instance":")[^"]*""#), once(r#"("(?:created|updated)_at":")[^"]*""#)]
});

impl Names {
    /// Puts names in the place of values.
    pub fn collapse(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        if let Some(id) = ID.as_ref() {
            text = id.replace_all(&text, |found: &Captures| self.name("id", &found[0])).into_owned();
        }
        if let Some(cursor) = CURSOR.as_ref() {
            text = cursor
                .replace_all(&text, |found: &Captures| {
                    format!("{}{}\"", &found[1], self.name("cursor", &found[2]))
                })
                .into_owned();
        }
        if let Some(time) = TIME.as_ref() {
            text = time.replace_all(&text, "${1}<time>").into_owned();
        }
        text
    }

    /// The bytes of an answer whose names are known, without what only one run has.
    #[must_use]
    pub fn as_it_came(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for once in ONCE.iter().flatten() {
            text = once.replace_all(&text, "${1}<once>\"").into_owned();
        }
        for (kind, value) in &self.known {
            text = text.replace(value, &format!("<{kind}>"));
        }
        text
    }

    fn name(&mut self, kind: &'static str, value: &str) -> String {
        let mut number = 0;
        for (other, known) in &self.known {
            if *other == kind {
                number += 1;
                if known == value {
                    return format!("<{kind}{number}>");
                }
            }
        }
        self.known.push((kind, value.to_owned()));
        format!("<{kind}{}>", number + 1)
    }

    /// Puts values in the place of names.
    #[must_use]
    pub fn expand(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for kind in ["id", "cursor"] {
            let values = self.known.iter().filter(|(other, _)| *other == kind).map(|(_, value)| value);
            for (index, value) in values.enumerate() {
                text = text.replace(&format!("<{kind}{}>", index + 1), value);
            }
        }
        text
    }
}
