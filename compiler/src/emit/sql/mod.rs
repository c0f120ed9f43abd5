//! `sql/<dialect>/schema.sql`: the tables of the package. A dialect is one file beside this one and one line in
//! `writer`; what all dialects share is in `table` (structure) and `limit` (conditions on one column).

use athyper_expr::sql;
use athyper_expr::sql::{Identifier, SqlText};
use athyper_schemas::bundle::{Bundle, Entity, FieldType, ForeignKey};
use athyper_schemas::dialect::{Dialect, fit_identifier};

use super::OutputSet;

mod limit;
mod postgres;
mod rls;
mod sqlite;
mod table;

pub(crate) use rls::Tables;
pub use rls::{RowLevelSecurity, Unsaid, row_level_security};

/// What a dialect says in its own words.
trait Ddl {
    /// Which it is.
    fn dialect(&self) -> Dialect;
    /// The type of a column that holds `ty`, collation included.
    fn column_type(&self, ty: &FieldType) -> SqlText;
    /// A constant of type `ty` whose JSON form is `text`.
    fn constant(&self, ty: &FieldType, text: &str) -> SqlText;
    /// What the column must satisfy because the database's own type is wider than `ty`.
    fn storage_condition(&self, column: &Identifier, ty: &FieldType) -> Option<SqlText>;
    /// How many items a list in `column` has.
    fn item_count(&self, column: &Identifier) -> SqlText;
    /// The order of a column of an index, in which null is less than everything.
    fn direction(&self, descending: bool, nullable: bool) -> &'static str;
    /// The whole file.
    fn schema(&self, bundle: &Bundle) -> SqlText;
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
        out.add(path, tables(bundle, *dialect));
        if *dialect == Dialect::Postgres {
            out.add("sql/postgres/rls.sql", row_level_security(bundle).text);
        }
    }
}

/// The tables of a package in the words of a dialect.
#[must_use]
pub fn tables(bundle: &Bundle, dialect: Dialect) -> String {
    writer(dialect).schema(bundle).into_parts(dialect).0
}

/// The table a foreign key points at.
fn target<'b>(bundle: &'b Bundle, key: &ForeignKey) -> Option<&'b Entity> {
    bundle.entity(&key.entity)
}

/// A name of the model.
#[expect(
    clippy::expect_used,
    reason = "names in a Bundle are neither empty nor hold a NUL, and this cuts long ones"
)]
pub(crate) fn name(text: &str) -> Identifier {
    Identifier::new(&fit_identifier(text)).expect("a name that databases can hold")
}

/// Words of the model as a text constant. YAML holds no NUL; a decoded escape could.
fn literal(words: &str) -> SqlText {
    let mut text = SqlText::new();
    match text.literal(&words.replace('\0', "")) {
        Ok(_) => text,
        Err(_) => sql!["''"],
    }
}

/// Words of the model as comment lines.
fn comment(words: &str) -> SqlText {
    let mut text = SqlText::new();
    for line in words.lines().filter(|line| !line.is_empty()) {
        text.comment(line);
    }
    text
}
