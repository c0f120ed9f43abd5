//! What people write from SQL, ORMs and other tools, and what it is called here.
//!
//! May not enter: names of this language; `nearest` finds those.

/// Types of others, in small letters, and ours.
const TYPES: &[(&str, &str)] = &[
    ("varchar", "string"),
    ("varchar2", "string"),
    ("nvarchar", "string"),
    ("char", "string"),
    ("nchar", "string"),
    ("character", "string"),
    ("str", "string"),
    ("clob", "text"),
    ("longtext", "text"),
    ("mediumtext", "text"),
    ("html", "rich_text"),
    ("integer", "int"),
    ("bigint", "int"),
    ("smallint", "int"),
    ("tinyint", "int"),
    ("long", "int"),
    ("int4", "int"),
    ("int8", "int"),
    ("int32", "int"),
    ("int64", "int"),
    ("serial", "int"),
    ("bigserial", "int"),
    ("boolean", "bool"),
    ("bit", "bool"),
    ("numeric", "decimal"),
    ("number", "decimal"),
    ("float", "decimal"),
    ("double", "decimal"),
    ("real", "decimal"),
    ("timestamp", "datetime"),
    ("timestamptz", "datetime"),
    ("datetime2", "datetime"),
    ("instant", "datetime"),
    ("interval", "duration"),
    ("guid", "uuid"),
    ("jsonb", "json"),
    ("object", "json"),
    ("map", "json"),
    ("dict", "json"),
    ("blob", "file"),
    ("bytea", "file"),
    ("binary", "file"),
    ("attachment", "file"),
    ("picture", "image"),
    ("mail", "email"),
    ("uri", "url"),
];

/// Words before `(Entity)` that say it is a reference.
const REFERENCES: &[&str] = &[
    "ref",
    "reference",
    "references",
    "belongs_to",
    "belongsto",
    "foreign_key",
    "fk",
    "many_to_one",
    "lookup",
    "association",
    "link",
];

/// Words before `(T)` that say there are many of it.
const LISTS: &[&str] =
    &["array", "set", "many", "has_many", "hasmany", "one_to_many", "composition", "children", "collection"];

/// Words that the lists of actions do not know, and the actions they stand for.
const ACTIONS: &[(&str, &str)] = &[
    ("write", "create, update"),
    ("edit", "update"),
    ("modify", "update"),
    ("change", "update"),
    ("view", "read"),
    ("select", "read"),
    ("get", "read"),
    ("list", "read"),
    ("see", "read"),
    ("insert", "create"),
    ("add", "create"),
    ("new", "create"),
    ("post", "create"),
    ("remove", "delete"),
    ("destroy", "delete"),
    ("patch", "update"),
    ("query", "read"),
    ("save", "create, update"),
    ("manage", "read, create, update, delete"),
    ("crud", "read, create, update, delete"),
    ("*", "read, create, update, delete"),
    ("all", "read, create, update, delete"),
];

/// What is meant by a type of another tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    /// This type.
    Type(&'static str),
    /// A reference to the entity in its brackets.
    Reference,
    /// A list of what stands in its brackets.
    List,
}

fn look_up(table: &'static [(&str, &str)], written: &str) -> Option<&'static str> {
    table.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(written)).map(|(_, ours)| *ours)
}

/// What is meant by a type that other tools know.
#[must_use]
pub fn type_name(written: &str) -> Option<Meant> {
    let among = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(written));
    if among(REFERENCES) {
        return Some(Meant::Reference);
    }
    if among(LISTS) {
        return Some(Meant::List);
    }
    look_up(TYPES, written).map(Meant::Type)
}

/// The words of this language for one that other tools use under `key`.
#[must_use]
pub fn word(key: &str, written: &str) -> Option<&'static str> {
    matches!(key, "allow" | "deny").then(|| look_up(ACTIONS, written)).flatten()
}

/// The call that gives what other tools call the present.
#[must_use]
pub fn clock(written: &str) -> Option<&'static str> {
    match written.to_ascii_lowercase().as_str() {
        "current_timestamp" | "now" | "sysdate" | "getdate" => Some("now()"),
        "current_date" | "today" => Some("today()"),
        _ => None,
    }
}

/// What is meant by the words behind a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modifier {
    /// `not null`: `!`.
    Required,
    /// `null`: nothing need be said.
    Optional,
    /// `default`: `=`.
    Default,
    /// `primary key`: every record has an `id`.
    Key,
    /// `references`: the type is the name of the entity.
    Reference,
    /// `auto_increment`: a number series.
    Numbered,
}

/// Words behind a type, the longer ones first.
const MODIFIERS: &[(&str, Modifier)] = &[
    ("not null", Modifier::Required),
    ("primary key", Modifier::Key),
    ("foreign key", Modifier::Reference),
    ("notnull", Modifier::Required),
    ("required", Modifier::Required),
    ("mandatory", Modifier::Required),
    ("nullable", Modifier::Optional),
    ("optional", Modifier::Optional),
    ("null", Modifier::Optional),
    ("default", Modifier::Default),
    ("references", Modifier::Reference),
    ("auto_increment", Modifier::Numbered),
    ("autoincrement", Modifier::Numbered),
    ("identity", Modifier::Numbered),
    ("pk", Modifier::Key),
];

/// The words that `rest` begins with, how many bytes they have, and what is meant.
#[must_use]
pub fn modifier(rest: &str) -> Option<(usize, Modifier)> {
    let begins = |words: &str| {
        let start = rest.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words));
        let after = rest.get(words.len()..).unwrap_or_default();
        start && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_')
    };
    MODIFIERS.iter().find(|(words, _)| begins(words)).map(|(words, meant)| (words.len(), *meant))
}
