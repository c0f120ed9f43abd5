//! Reading values out of the YAML tree: each function says what it needed when it finds something else.

use athyper_schemas::authoring;
use serde::de::DeserializeOwned;
use smol_str::SmolStr;

use super::word;
use crate::ast::{Passage, Spanned, Text};
use crate::diag::shape::{self, Needed};
use crate::diag::{Reported, Sink, nearest};
use crate::source::Span;
use crate::yaml::{Entry, Kind, Node, Resolved};

/// What is read, for whom.
pub(super) struct Reader<'s> {
    /// Where messages go.
    pub sink: &'s mut Sink,
    /// The module of the file.
    pub module: SmolStr,
    broken: Option<Reported>,
}

/// The keys of a mapping.
pub(super) struct Keys<'n> {
    entries: &'n [Entry],
    unknown: Vec<SmolStr>,
    /// A key whose value was written beside it instead of below: nothing more is said about it.
    hollow: Option<SmolStr>,
    span: Span,
    of: &'static str,
}

impl<'s> Reader<'s> {
    /// A reader of one document; `broken` when its end is missing.
    pub fn new(sink: &'s mut Sink, module: &SmolStr, broken: Option<Reported>) -> Self {
        Self { sink, module: module.clone(), broken }
    }

    /// Whether the end of the document is missing, so that absent keys mean nothing.
    pub fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// The keys of a mapping whose known keys are those of `T`; `of` names it: `an entity`.
    pub fn keys<'n, T: DeserializeOwned>(
        &mut self,
        node: &'n Node,
        of: &'static str,
        needed: Needed,
    ) -> Option<Keys<'n>> {
        let Kind::Mapping(mapping) = &node.kind else {
            self.refuse(node, of, needed);
            return None;
        };
        let known = authoring::keys::<T>();
        let mut unknown = Vec::new();
        let mut hollow: Option<&Entry> = None;
        let mut before: Option<&Entry> = None;
        for entry in &mapping.entries {
            let is_known = known.contains(&entry.key.text.as_str());
            if !is_known {
                unknown.push(entry.key.text.clone());
                let beside = before.filter(|before| before.value.is_null() && !mapping.flow);
                match beside.filter(|_| nearest(&entry.key.text, known.iter().copied()).is_none()) {
                    Some(empty) if hollow.is_none_or(|told| told.key != empty.key) => {
                        hollow = Some(empty);
                        let places = (entry.key.span, empty.key.span);
                        let names = (entry.key.text.as_str(), empty.key.text.as_str());
                        self.sink.error(shape::beside_its_key(places, names, of));
                    }
                    Some(_) => {}
                    None => {
                        self.sink.error(shape::unknown_key(entry.key.span, &entry.key.text, of, known));
                    }
                }
            } else {
                before = Some(entry);
            }
        }
        let span = mapping.entries.first().map_or(node.span, |first| first.key.span);
        let hollow = hollow.map(|entry| entry.key.text.clone());
        Some(Keys { entries: &mapping.entries, unknown, hollow, span, of })
    }

    /// The value under a key that must be there.
    pub fn need<'n>(&mut self, keys: &Keys<'n>, key: &'static str, example: &str) -> Option<&'n Node> {
        let found = keys.get(key);
        let hollow = keys.hollow.as_deref() == Some(key);
        if found.is_none() && !self.is_broken() && !hollow && !keys.is_misspelt(key) {
            self.sink.error(shape::missing_key(keys.span, keys.of, key, example));
        }
        found
    }

    /// Any single value, as it is written. Truth values and numbers count as their text.
    pub fn scalar(&mut self, node: &Node, key: &str, needed: Needed) -> Option<Text> {
        match node.as_scalar() {
            Some(scalar) if scalar.resolve() != Resolved::Null => {
                Some(Spanned::new(scalar.value.clone(), node.span))
            }
            _ => {
                self.refuse(node, key, needed);
                None
            }
        }
    }

    /// Text for people.
    pub fn text(&mut self, keys: &Keys<'_>, key: &'static str) -> Option<String> {
        let node = keys.get(key)?;
        let text = self.scalar(node, key, Needed { what: "a text", example: "label: Purchase order" })?;
        if let Some((at, hidden)) = text.value.char_indices().find(|(_, c)| word::is_hidden(*c)) {
            let span = node.inner_span(at..at + hidden.len_utf8());
            self.sink.error(shape::hidden_character(span, hidden));
        }
        Some(text.value.to_string())
    }

    /// An expression or another text with a syntax of its own.
    pub fn passage(&mut self, node: &Node, key: &str, needed: Needed) -> Option<Passage> {
        self.scalar(node, key, needed).map(|_| Passage::from(node, 0))
    }

    /// `true` or `false`.
    pub fn flag(&mut self, keys: &Keys<'_>, key: &'static str) -> Option<Spanned<bool>> {
        let node = keys.get(key)?;
        match node.as_scalar().map(crate::yaml::Scalar::resolve) {
            Some(Resolved::Bool(value)) => Some(Spanned::new(value, node.span)),
            _ => {
                let meant = node.as_scalar().and_then(|scalar| meant_truth(&scalar.value));
                match meant {
                    Some(meant) => drop(self.sink.error(shape::not_a_truth_value(node.span, key, meant))),
                    None => {
                        let needed = Needed { what: "`true` or `false`", example: "required: true" };
                        self.refuse(node, key, needed);
                    }
                }
                meant.map(|meant| Spanned::new(meant, node.span))
            }
        }
    }

    /// A count.
    pub fn count(&mut self, keys: &Keys<'_>, key: &'static str) -> Option<Spanned<u32>> {
        let node = keys.get(key)?;
        let number = match node.as_scalar().map(crate::yaml::Scalar::resolve) {
            Some(Resolved::Int(number)) => u32::try_from(number).ok(),
            _ => None,
        };
        if number.is_none() {
            let needed = Needed { what: "a whole number from 0 on", example: "max_length: 20" };
            self.refuse(node, key, needed);
        }
        number.map(|number| Spanned::new(number, node.span))
    }

    /// One of the words of the enum `T`.
    pub fn word<T: DeserializeOwned>(&mut self, node: &Node, key: &'static str) -> Option<Spanned<T>> {
        let needed = Needed { what: "one word", example: "class: document" };
        let text = self.scalar(node, key, needed)?;
        let value = authoring::word(&text.value);
        if value.is_none() {
            let known = authoring::words::<T>();
            self.sink.error(shape::unknown_word(text.span, key, &text.value, known));
        }
        value.map(|value| Spanned::new(value, text.span))
    }

    /// Words of the enum `T`, and whether all were understood.
    pub fn words<T: DeserializeOwned>(
        &mut self,
        node: &Node,
        key: &'static str,
        needed: Needed,
    ) -> (Vec<Spanned<T>>, bool) {
        let Some(items) = self.items(node, key, needed) else { return (Vec::new(), false) };
        let words: Vec<_> = items.iter().filter_map(|item| self.word(item, key)).collect();
        let all = words.len() == items.len();
        (words, all)
    }

    /// Names: the elements of a list.
    pub fn names(&mut self, keys: &Keys<'_>, key: &'static str, needed: Needed) -> Vec<Text> {
        let items = keys.get(key).and_then(|node| self.items(node, key, needed)).unwrap_or_default();
        items.iter().filter_map(|item| self.scalar(item, key, needed)).collect()
    }

    /// The elements of a list.
    pub fn items<'n>(&mut self, node: &'n Node, key: &str, needed: Needed) -> Option<&'n [Node]> {
        match &node.kind {
            Kind::Sequence(sequence) => return Some(&sequence.items),
            Kind::Scalar(scalar) if scalar.resolve() != Resolved::Null => {
                self.sink.error(shape::needs_brackets(node.span, key, needed, &scalar.value));
            }
            _ => self.refuse(node, key, needed),
        }
        None
    }

    /// The entries of a mapping with keys of the author's choice.
    pub fn entries<'n>(&mut self, node: &'n Node, key: &str, needed: Needed) -> &'n [Entry] {
        if let Kind::Mapping(mapping) = &node.kind {
            return &mapping.entries;
        }
        self.refuse(node, key, needed);
        &[]
    }

    /// Says that something else was needed, unless that was said already.
    pub fn refuse(&mut self, node: &Node, key: &str, needed: Needed) {
        // In a document that is cut off, a value may be less than what was written.
        if !self.is_broken() && !matches!(node.kind, Kind::Poisoned(_)) {
            self.sink.error(shape::wrong_shape(node.span, key, needed, node.describe()));
        }
    }
}

/// The truth value that other tools read in a word.
fn meant_truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "y" | "on" | "1" | "true" => Some(true),
        "no" | "n" | "off" | "0" | "false" => Some(false),
        _ => None,
    }
}

impl<'n> Keys<'n> {
    /// The value under this key.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        if self.hollow.as_deref() == Some(key) {
            return None;
        }
        self.entries.iter().find(|entry| entry.key.text == key).map(|entry| &entry.value)
    }

    /// Whether a key that is not known was meant as this one: that is one mistake, and told already.
    pub fn is_misspelt(&self, key: &str) -> bool {
        self.unknown.iter().any(|written| nearest(written, [key]).is_some())
    }
}
