//! Where the dialects differ: how operators are spelled.

use athyper_schemas::dialect::Dialect;
use athyper_schemas::ir::{Kind, Op};

use super::postgres::Postgres;
use super::sqlite::Sqlite;
use super::text::{Bind, Identifier, SqlText};
use crate::sql;

/// Gives names to rows and values inside a statement.
#[derive(Debug)]
pub(super) struct Names {
    next: usize,
    /// Whether subqueries may be written: a constraint may have none.
    pub(super) subqueries: bool,
}

impl Names {
    pub(super) const fn new() -> Self {
        Self { next: 0, subqueries: false }
    }

    /// A name that nothing else in the statement has.
    pub(super) fn fresh(&mut self, prefix: &'static str) -> Identifier {
        self.next += 1;
        Identifier::numbered(prefix, self.next)
    }

    /// `body` over values that it may mention several times: values that are not plain are given names, so that
    /// text does not double at every level.
    pub(super) fn named<const N: usize>(
        &mut self,
        values: [SqlText; N],
        body: impl FnOnce([&SqlText; N]) -> SqlText,
    ) -> SqlText {
        if !self.subqueries || values.iter().all(SqlText::is_plain) {
            return body(values.each_ref());
        }
        let mut columns = Vec::new();
        let named = values.map(|value| {
            if value.is_plain() {
                return value;
            }
            let name = self.fresh("v");
            columns.push(sql![value, " AS ", &name]);
            SqlText::from(&name)
        });
        let mut list = SqlText::new();
        list.join(columns, ", ");
        let table = self.fresh("s");
        sql!["(SELECT ", body(named.each_ref()), " FROM (SELECT ", list, ") AS ", &table, ")"]
    }
}

/// A text comparison with its two rails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    Contains,
    StartsWith,
    EndsWith,
}

/// How a dialect says it. Every value handed in and given back can be an operand as it is.
pub(super) trait Spelling {
    /// Whether the SQL type of an overflowed integer sum, difference or product tells of the overflow, however
    /// it is calculated on: then one look at the end is enough.
    fn overflow_shows(&self) -> bool;
    /// A bind for a value of this kind.
    fn typed(&self, bind: Bind, kind: &Kind) -> SqlText;
    /// A column with a document as something that can be compared.
    fn document(&self, column: SqlText) -> SqlText;
    /// The words behind a text that make it be ordered by code point.
    fn by_code_point(&self) -> &'static str;
    /// An integer, NULL when it does not fit 64 bits.
    fn fitting(&self, raw: SqlText, names: &mut Names) -> SqlText;
    /// An operator over values; nothing when the dialect has no exact equal. Not for conditions.
    fn call(&self, op: Op, args: Vec<SqlText>, names: &mut Names) -> Option<SqlText>;
    /// The words between two values that are (not) the same, NULL being a value.
    fn same(&self, equal: bool) -> &'static str;
    /// A stored condition that is definitely true or definitely false.
    fn truth(&self, value: SqlText, holds: bool) -> SqlText;
    /// Whether `part` occurs in `text` there, or does not.
    fn search(&self, search: Search, text: &SqlText, part: &SqlText, holds: bool) -> SqlText;
    /// The elements of a stored list as rows, and one element.
    fn each(&self, list: SqlText, item: &Kind, alias: &Identifier) -> (SqlText, SqlText);
    /// The exact sum of `value` over `rows`; NULL when one is NULL or the sum does not fit.
    fn sum(&self, op: Op, value: &Identifier, rows: SqlText, names: &mut Names) -> SqlText;
}

/// The spelling of a dialect.
pub(super) fn of(dialect: Dialect) -> &'static dyn Spelling {
    match dialect {
        Dialect::Sqlite => &Sqlite,
        Dialect::Postgres => &Postgres,
    }
}

/// `10^digits` as an integer; for at most 18 digits.
pub(super) fn power(digits: u8) -> Option<i64> {
    10i64.checked_pow(u32::from(digits)).filter(|_| digits <= 18)
}
