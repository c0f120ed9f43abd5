//! A query string as a client wrote it: every parameter cut into its parts, every mistake in shape noted.
//!
//! What the names mean is not known here: that needs the catalog and an access (see `plan`).

use std::borrow::Cow;

use url::form_urlencoded;

use super::suggest::nearest;
use crate::problem::{Item, Kind, Place, Problem};

/// The parameters of a list with a meaning of their own.
pub const OF_A_LIST: &[&str] =
    &["filter", "order", "select", "expand", "limit", "cursor", "count", "search", "group", "aggregate"];

/// The parameters of a single record with a meaning of their own.
pub const OF_A_RECORD: &[&str] = &["select", "expand"];

/// Most parameters in one query.
const MAX_PARAMETERS: usize = 64;

/// A query for a list.
#[derive(Debug, Default)]
pub struct Query {
    /// `filter`: an expression.
    pub filter: Option<String>,
    /// `field=value` and `field.operator=value`.
    pub conditions: Vec<Condition>,
    /// `search`: words.
    pub search: Option<String>,
    /// `order`: most important first.
    pub order: Vec<Ordered>,
    /// `select`: only these.
    pub select: Vec<Word>,
    /// `expand`: these too.
    pub expand: Vec<Word>,
    /// `limit`.
    pub limit: Option<u32>,
    /// `cursor`, as it was handed out.
    pub cursor: Option<String>,
    /// `count`.
    pub count: Count,
    /// `group`: one answer for each combination of these.
    pub group: Vec<Word>,
    /// `aggregate`: figures over each group.
    pub aggregates: Vec<Call>,
    /// Everything wrong so far.
    pub mistakes: Mistakes,
}

/// A piece of a parameter and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The text, without blanks around it.
    pub text: String,
    /// The number of the character it begins with, from 1.
    pub at: usize,
}

/// `field=value`: the name may be a path and may end in an operator.
#[derive(Debug)]
pub struct Condition {
    /// The parameter's name.
    pub name: String,
    /// The parameter's value.
    pub value: String,
}

/// One element of `order`.
#[derive(Debug)]
pub struct Ordered {
    /// What to order by: a path, or a figure written as in `aggregate`.
    pub by: Word,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// One element of `aggregate`: `sum(total)`.
#[derive(Debug)]
pub struct Call {
    /// As written.
    pub whole: Word,
    /// The name before the bracket.
    pub function: String,
    /// What stands between the brackets; empty for `count()`.
    pub argument: String,
}

/// Whether the records are counted, beyond those of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Count {
    /// Not at all.
    #[default]
    None,
    /// All of them.
    Exact,
    /// As far as it is cheap.
    Estimated,
}

/// Mistakes in parameters, collected so that a client learns of all of them at once.
#[derive(Debug, Default)]
pub struct Mistakes {
    wrong: Vec<Item>,
    too_much: Vec<Item>,
}

impl Mistakes {
    /// Notes a mistake in `parameter`.
    pub fn note(&mut self, parameter: &str, code: &'static str, message: impl Into<String>) {
        self.wrong.push(item(parameter, code, message.into()));
    }

    /// Notes that `parameter` asks for more than a limit allows.
    pub fn note_limit(&mut self, parameter: &str, message: impl Into<String>) {
        self.too_much.push(item(parameter, "limit_exceeded", message.into()));
    }

    /// Notes a mistake in one element of `parameter`.
    pub fn note_at(&mut self, parameter: &str, word: &Word, code: &'static str, message: &str) {
        self.note(parameter, code, format!("{message} (at character {})", word.at));
    }

    /// The problem that lists them, if there are any.
    #[must_use]
    pub fn into_problem(self) -> Option<Problem> {
        let kind = if self.wrong.is_empty() { Kind::LimitExceeded } else { Kind::InvalidQuery };
        let items: Vec<Item> = self.wrong.into_iter().chain(self.too_much).collect();
        (!items.is_empty()).then(|| Problem::new(kind).items(items))
    }
}

fn item(parameter: &str, code: &'static str, message: String) -> Item {
    Item { place: Place::Parameter(parameter.to_owned()), code: Cow::Borrowed(code), message, check: None }
}

impl Query {
    /// Reads the query string of a list.
    #[must_use]
    pub fn of_list(text: &str) -> Self {
        Self::read(text, OF_A_LIST)
    }

    /// Reads the query string of a single record.
    #[must_use]
    pub fn of_record(text: &str) -> Self {
        let mut query = Self::read(text, OF_A_RECORD);
        for condition in std::mem::take(&mut query.conditions) {
            let known = nearest(&condition.name, OF_A_RECORD.iter().copied());
            let hint = known.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
            query.mistakes.note(
                &condition.name,
                "unknown_parameter",
                format!("there is no such parameter here{hint}"),
            );
        }
        query
    }

    /// Whether groups and figures are asked for instead of records.
    #[must_use]
    pub fn wants_groups(&self) -> bool {
        !self.group.is_empty() || !self.aggregates.is_empty()
    }

    fn read(text: &str, reserved: &[&str]) -> Self {
        let mut query = Self::default();
        let mut seen: Vec<Cow<'_, str>> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if seen.contains(&name) {
                query.mistakes.note(&name, "given_twice", "is given twice; say it once");
                continue;
            }
            if seen.len() == MAX_PARAMETERS {
                query.mistakes.note(
                    &name,
                    "too_many",
                    format!("there are more than {MAX_PARAMETERS} parameters"),
                );
                break;
            }
            if reserved.contains(&name.as_ref()) {
                query.take(&name, &value);
            } else {
                query.conditions.push(Condition { name: name.to_string(), value: value.into_owned() });
            }
            seen.push(name);
        }
        query
    }

    fn take(&mut self, name: &str, value: &str) {
        match name {
            "filter" => self.filter = Some(value.to_owned()),
            "search" => self.search = Some(value.to_owned()),
            "cursor" => self.cursor = Some(value.to_owned()),
            "limit" => self.take_limit(value),
            "count" => self.take_count(value),
            "order" => self.order = self.words(name, value).iter().map(ordered).collect(),
            "select" => self.select = self.words(name, value),
            "expand" => self.expand = self.words(name, value),
            "group" => self.group = self.words(name, value),
            _ => {
                let words = self.words(name, value);
                self.aggregates = words.into_iter().filter_map(|word| self.call(word)).collect();
            }
        }
    }

    fn take_limit(&mut self, value: &str) {
        match value.parse() {
            Ok(limit) => self.limit = Some(limit),
            Err(_) => self.mistakes.note("limit", "not_a_number", "must be a whole number such as 50"),
        }
    }

    fn take_count(&mut self, value: &str) {
        match value {
            "none" => self.count = Count::None,
            "exact" => self.count = Count::Exact,
            "estimated" => self.count = Count::Estimated,
            _ => self.mistakes.note("count", "unknown_value", "must be `none`, `exact` or `estimated`"),
        }
    }

    /// The elements of a list parameter, each with its place.
    fn words(&mut self, parameter: &str, value: &str) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        let mut start = 1;
        for piece in value.split(',') {
            let text = piece.trim();
            let at = start + piece.chars().take_while(|c| c.is_whitespace()).count();
            start += piece.chars().count() + 1;
            let word = Word { text: text.to_owned(), at };
            if text.is_empty() {
                self.mistakes.note_at(parameter, &word, "empty", "a name is missing");
            } else if words.iter().any(|w| w.text == text) {
                self.mistakes.note_at(parameter, &word, "given_twice", &format!("`{text}` is there twice"));
            } else {
                words.push(word);
            }
        }
        words
    }

    fn call(&mut self, whole: Word) -> Option<Call> {
        let parts = whole.text.strip_suffix(')').and_then(|text| text.split_once('('));
        if let Some((function, argument)) = parts {
            let (function, argument) = (function.trim().to_owned(), argument.trim().to_owned());
            return Some(Call { whole, function, argument });
        }
        let message = format!("`{}` must look like `count()` or `sum(total)`", whole.text);
        self.mistakes.note_at("aggregate", &whole, "not_a_call", &message);
        None
    }
}

fn ordered(word: &Word) -> Ordered {
    let descending = word.text.starts_with('-');
    let text = word.text.trim_start_matches(['-', '+']).to_owned();
    let at = word.at + word.text.chars().count() - text.chars().count();
    Ordered { by: Word { text, at }, descending }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(query: Query) -> Vec<String> {
        let problem = query.mistakes.into_problem().expect("mistakes");
        problem.to_json("")["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| {
                format!(
                    "{}: {}: {}",
                    e["parameter"].as_str().unwrap(),
                    e["code"].as_str().unwrap(),
                    e["message"].as_str().unwrap()
                )
            })
            .collect()
    }

    #[test]
    fn every_part_is_read() {
        let query = Query::of_list(
            "filter=total%20%3E%201&total.gte=5&order=-created_at,%20code&select=a,b.c&limit=7&count=exact&group=status&aggregate=count(),sum(total)",
        );
        assert!(query.mistakes.into_problem().is_none());
        assert_eq!(query.filter.as_deref(), Some("total > 1"));
        assert_eq!(
            (query.conditions[0].name.as_str(), query.conditions[0].value.as_str()),
            ("total.gte", "5")
        );
        assert!(query.order[0].descending && !query.order[1].descending);
        assert_eq!(query.order[1].by, Word { text: "code".into(), at: 14 });
        assert_eq!(query.aggregates[1].argument, "total");
        assert_eq!((query.limit, query.count), (Some(7), Count::Exact));
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let query = Query::of_list("limit=x&limit=3&count=all&select=a,,a&aggregate=sum&order=");
        assert_eq!(
            mistakes(query),
            [
                "limit: not_a_number: must be a whole number such as 50",
                "limit: given_twice: is given twice; say it once",
                "count: unknown_value: must be `none`, `exact` or `estimated`",
                "select: empty: a name is missing (at character 3)",
                "select: given_twice: `a` is there twice (at character 4)",
                "aggregate: not_a_call: `sum` must look like `count()` or `sum(total)` (at character 1)",
                "order: empty: a name is missing (at character 1)",
            ]
        );
        assert_eq!(
            mistakes(Query::of_record("expnd=supplier")),
            ["expnd: unknown_parameter: there is no such parameter here; did you mean `expand`?"]
        );
    }
}
