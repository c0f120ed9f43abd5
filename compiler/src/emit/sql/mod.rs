//! `sql/<dialect>/schema.sql`: the tables of the package. A dialect is one file beside this one and one line in
//! [`writer`]; what all dialects share is in `table` (structure) and `limit` (conditions on one column).

use athyper_schemas::bundle::{Bundle, Entity, FieldType, ForeignKey};
use athyper_schemas::dialect::Dialect;

use super::OutputSet;

mod limit;
mod postgres;
mod sqlite;
mod table;

/// What a dialect says in its own words.
trait Ddl {
    /// The type of a column that holds `ty`, collation included.
    fn column_type(&self, ty: &FieldType) -> String;
    /// A constant of type `ty` whose JSON form is `text`.
    fn literal(&self, ty: &FieldType, text: &str) -> String;
    /// What the column must satisfy because the database's own type is wider than `ty`.
    fn storage_condition(&self, column: &str, ty: &FieldType) -> Option<String>;
    /// How many items a list in `column` has.
    fn item_count(&self, column: &str) -> String;
    /// The whole file.
    fn schema(&self, bundle: &Bundle) -> String;
}

fn writer(dialect: Dialect) -> &'static dyn Ddl {
    match dialect {
        Dialect::Sqlite => &sqlite::Sqlite,
        Dialect::Postgres => &postgres::Postgres,
    }
}

pub(super) fn emit(bundle: &Bundle, out: &mut OutputSet) {
    for dialect in &bundle.package.dialects {
        let path = format!("sql/{}/schema.sql", dialect.facts().name);
        out.add(path, writer(*dialect).schema(bundle));
    }
}

/// The table a foreign key points at.
fn target<'b>(bundle: &'b Bundle, key: &ForeignKey) -> Option<&'b Entity> {
    bundle.entity(&key.entity)
}

/// `name` as a quoted identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `text` as a text constant.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// `words` as SQL comment lines.
fn comment(words: &str) -> String {
    words.split(['\n', '\r']).filter(|line| !line.is_empty()).map(|line| format!("-- {line}\n")).collect()
}
