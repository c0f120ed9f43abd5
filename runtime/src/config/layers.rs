//! Layers of configuration: default file, file, environment, flags; the later the stronger.
//!
//! The default file is also the list of all keys with their types: what does not stand there is refused
//! with the nearest name. Every value remembers where it came from.

use std::fmt;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Deserialize;
use toml::{Table, Value};

use super::Config;

/// The defaults, as the program ships them.
pub const DEFAULTS: &str = include_str!("../../config.default.toml");

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `config.default.toml`.
    Default,
    /// The file given with `--config`.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A configuration that can not be used: every reason, one a line.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Refused(pub Vec<String>);

/// Every key with its value and where that came from, in the order of the default file.
#[derive(Debug, Clone)]
pub struct Layers {
    values: IndexMap<String, (Value, Origin)>,
    refused: Vec<String>,
}

impl Layers {
    /// The defaults alone.
    ///
    /// # Errors
    /// When the default file is not TOML; a test holds that it is.
    pub fn defaults() -> Result<Self, Refused> {
        let table: Table =
            DEFAULTS.parse().map_err(|e| Refused(vec![format!("config.default.toml: {e}")]))?;
        let mut leaves = Vec::new();
        flatten("", table, &mut leaves);
        let values = leaves.into_iter().map(|(key, value)| (key, (value, Origin::Default))).collect();
        Ok(Self { values, refused: Vec::new() })
    }

    /// Lays a file over what is there.
    ///
    /// # Errors
    /// When the file can not be read or is not TOML.
    pub fn file(&mut self, path: &Path) -> Result<(), Refused> {
        let one = |e: &dyn fmt::Display| Refused(vec![format!("{}: {e}", path.display())]);
        let text = std::fs::read_to_string(path).map_err(|e| one(&e))?;
        let table: Table = text.parse().map_err(|e| one(&e))?;
        let mut leaves = Vec::new();
        flatten("", table, &mut leaves);
        for (key, value) in leaves {
            self.set(&key, value, Origin::File(path.to_owned()));
        }
        Ok(())
    }

    /// Lays the environment over what is there: every variable that starts with `ATHYPER_`.
    pub fn environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        let mut names: IndexMap<String, String> = IndexMap::new();
        for key in self.values.keys() {
            names.insert(format!("ATHYPER_{}", key.replace('.', "_").to_uppercase()), key.clone());
        }
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix("ATHYPER_") else { continue };
            // Kubernetes sets these for a service that happens to be called athyper.
            if rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_") {
                continue;
            }
            match names.get(&name) {
                Some(key) => self.set_text(&key.clone(), &text, Origin::Environment(name)),
                None => {
                    let hint = nearest(&name, names.keys().map(String::as_str));
                    self.refused.push(format!("unknown environment variable `{name}`{hint}"));
                }
            }
        }
    }

    /// Sets one value from a flag.
    pub fn flag(&mut self, flag: &str, key: &str, text: &str) {
        self.set_text(key, text, Origin::Flag(flag.to_owned()));
    }

    fn set_text(&mut self, key: &str, text: &str, origin: Origin) {
        let like = self.values.get(key).map(|(value, _)| value.clone());
        match like.map_or_else(|| Ok(Value::String(text.to_owned())), |like| read_like(&like, text)) {
            Ok(value) => self.set(key, value, origin),
            Err(expected) => {
                self.refused.push(format!("`{key}` from {origin}: expected {expected}, found `{text}`"));
            }
        }
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) {
        let Some(slot) = self.values.get_mut(key) else {
            let hint = nearest(key, self.values.keys().map(String::as_str));
            self.refused.push(format!("unknown key `{key}` from {origin}{hint}"));
            return;
        };
        let value = match (&slot.0, value) {
            (Value::Float(_), Value::Integer(whole)) => {
                whole.to_string().parse().map_or(Value::Integer(whole), Value::Float)
            }
            (_, value) => value,
        };
        if slot.0.type_str() != value.type_str() {
            let expected = with_article(slot.0.type_str());
            let found = with_article(value.type_str());
            self.refused.push(format!("`{key}` from {origin}: expected {expected}, found {found}"));
            return;
        }
        *slot = (value, origin);
    }

    /// The configuration that is in force.
    ///
    /// # Errors
    /// Every unknown key, wrong type and value out of range, with its origin.
    pub fn resolve(&self) -> Result<Config, Refused> {
        if !self.refused.is_empty() {
            return Err(Refused(self.refused.clone()));
        }
        let mut root = Table::new();
        for (key, (value, _)) in &self.values {
            insert(&mut root, key, value.clone());
        }
        let mut track = serde_path_to_error::Track::new();
        let read = serde_path_to_error::Deserializer::new(Value::Table(root), &mut track);
        Config::deserialize(read).map_err(|e| {
            let key = track.path().to_string();
            let origin = self.origin(&key).map_or_else(String::new, |o| format!(" from {o}"));
            Refused(vec![format!("`{key}`{origin}: {}", in_words(e.message()))])
        })
    }

    fn origin(&self, path: &str) -> Option<&Origin> {
        self.values.iter().find(|(key, _)| path.starts_with(key.as_str())).map(|(_, (_, origin))| origin)
    }

    /// Every value as TOML, each with its origin as a comment.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for (key, (value, origin)) in &self.values {
            let (head, name) = key.rsplit_once('.').unwrap_or(("", key));
            if head != section {
                let gap = if text.is_empty() { "" } else { "\n" };
                text.push_str(&format!("{gap}[{head}]\n"));
                section = head;
            }
            let line = match value.as_str() {
                Some(url) if key == "database.url" && url.contains("://") => {
                    format!("{name} = {}", Value::String(super::without_password(url)))
                }
                _ => format!("{name} = {value}"),
            };
            text.push_str(&format!("{line:<44} # {origin}\n"));
        }
        text
    }
}

fn flatten(prefix: &str, table: Table, leaves: &mut Vec<(String, Value)>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => flatten(&path, inner, leaves),
            leaf => leaves.push((path, leaf)),
        }
    }
}

fn insert(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((head, rest)) => {
            let inner = table.entry(head).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// Reads text as the type that the default has.
fn read_like(like: &Value, text: &str) -> Result<Value, &'static str> {
    match like {
        Value::Integer(_) => text.replace('_', "").parse().map(Value::Integer).map_err(|_| "an integer"),
        Value::Float(_) => text.parse().map(Value::Float).map_err(|_| "a number"),
        Value::Boolean(_) => text.parse().map(Value::Boolean).map_err(|_| "`true` or `false`"),
        Value::Array(_) => Ok(Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|s| !s.is_empty())
                .map(|s| Value::String(s.to_owned()))
                .collect(),
        )),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// What is wrong with a value, without the names that types have in a program.
fn in_words(message: &str) -> String {
    let number =
        message.strip_prefix("invalid value: integer `").and_then(|rest| rest.split_once("`, expected "));
    let Some((found, expected)) = number else { return message.to_owned() };
    let from = u32::from(expected.contains("nonzero"));
    let to = if expected.ends_with("u32") { format!("to {}", u32::MAX) } else { "on".to_owned() };
    format!("expected a number from {from} {to}, found {found}")
}

fn with_article(kind: &str) -> String {
    let kind = if kind == "float" { "number" } else { kind };
    let article = if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// `; did you mean ...?` when a name is near enough.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|k| (strsim::damerau_levenshtein(name, k), k))
        .filter(|(distance, k)| *distance <= 1 + k.len() / 4)
        .min()
        .map_or_else(String::new, |(_, k)| format!("; did you mean `{k}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers_of(text: &str) -> Layers {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut layers = Layers::defaults().unwrap();
        layers.file(file.path()).unwrap();
        layers
    }

    #[test]
    fn the_default_file_is_a_configuration() {
        let config = Layers::defaults().unwrap().resolve().unwrap();
        assert_eq!(config.limits.page_default, 50);
        assert!(config.http.if_match_required);
    }

    #[test]
    fn the_later_layer_wins_and_is_named() {
        let mut layers = layers_of("[limits]\npage_max = 10\npage_default = 5\n");
        layers.environment([
            ("ATHYPER_LIMITS_PAGE_MAX".to_owned(), "20".to_owned()),
            ("ATHYPER_SERVICE_HOST".to_owned(), "10.0.0.1".to_owned()),
            ("PATH".to_owned(), "/bin".to_owned()),
        ]);
        layers.flag("--listen", "http.listen", "127.0.0.1:0");
        let config = layers.resolve().unwrap();
        assert_eq!((config.limits.page_max, config.limits.page_default), (20, 5));
        assert_eq!(config.http.listen.port(), 0);
        let text = layers.explain();
        assert!(text.contains("# ATHYPER_LIMITS_PAGE_MAX\n"), "{text}");
        assert!(text.contains("# --listen\n") && text.contains("# default\n"), "{text}");
    }

    #[test]
    fn every_mistake_is_told_with_its_origin_and_the_nearest_name() {
        let mut layers = layers_of("[http]\nlisen = \"x\"\nconnections = \"many\"\n");
        layers.environment([("ATHYPER_HTTP_LISTN".to_owned(), "x".to_owned())]);
        layers.flag("--set", "limits.page_max", "lots");
        let Refused(reasons) = layers.resolve().unwrap_err();
        assert_eq!(reasons.len(), 4, "{reasons:?}");
        assert!(reasons[0].contains("did you mean `http.listen`?"), "{reasons:?}");
        assert!(reasons[1].contains("expected an integer, found a string"), "{reasons:?}");
        assert!(reasons[2].contains("did you mean `ATHYPER_HTTP_LISTEN`?"), "{reasons:?}");
        assert!(reasons[3].contains("from --set: expected an integer, found `lots`"), "{reasons:?}");
    }

    #[test]
    fn a_value_out_of_range_names_its_key() {
        let mut layers = Layers::defaults().unwrap();
        layers.flag("--set", "limits.page_max", "-1");
        layers.flag("--listen", "http.listen", "127.0.0.1:0");
        let Refused(reasons) = layers.resolve().unwrap_err();
        assert!(reasons[0].starts_with("`limits.page_max` from --set: "), "{reasons:?}");
        let mut layers = Layers::defaults().unwrap();
        layers.flag("--set", "auth.algorithms", "EdDSA,HS256");
        let Refused(reasons) = layers.resolve().unwrap_err();
        assert!(reasons[0].starts_with("`auth.algorithms[1]` from --set: unknown variant"), "{reasons:?}");
    }
}
