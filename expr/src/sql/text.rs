//! The one way to write SQL. Words of SQL are constants of the program; names are quoted; values are binds, or
//! escaped literals where DDL has no binds.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use athyper_schemas::dialect::Dialect;

use crate::decimal::Decimal;
use crate::value::Value;

/// Stands where a bind goes until the text is finished. No name and no literal can hold it.
const PLACE: char = '\0';

/// Text that SQL cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// NUL ends a text in SQLite and is refused by PostgreSQL.
    #[error("text with a NUL character")]
    Nul,
    /// PostgreSQL cuts longer names silently.
    #[error("a name of {0} bytes; the databases take 1 to 63")]
    Length(usize),
}

/// The name of a table, a column, a constraint, an index or an alias. Always written in quotes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(Arc<str>);

impl Identifier {
    /// A name as it is.
    ///
    /// # Errors
    /// When it is empty, longer than 63 bytes or holds a NUL.
    pub fn new(name: &str) -> Result<Self, BadText> {
        match name.len() {
            1..=63 if name.contains(PLACE) => Err(BadText::Nul),
            1..=63 => Ok(Self(name.into())),
            len => Err(BadText::Length(len)),
        }
    }

    /// A short constant and a number: `t0`, `t1`, ...
    #[must_use]
    pub fn numbered(prefix: &'static str, number: usize) -> Self {
        debug_assert!(prefix.len() < 40 && !prefix.contains(PLACE), "a short word");
        Self(format!("{prefix}{number}").into())
    }

    /// The name without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What fills a place in a statement when it runs. Where a lowered expression needs another type than text, its SQL for
/// PostgreSQL says so behind the place (`$1::numeric`): the driver may send every value as text, or as what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    /// This value.
    Value(Value),
    /// The value of this expression without fields: an index into what the lowering kept, see
    /// `Lowering::into_constants`.
    Expr(usize),
    /// What the caller knows by this name when the statement runs: the tenant, a limit, a cursor.
    Named(&'static str),
}

/// SQL text with its binds. Grows only by words of the program, quoted names, binds, and escaped literals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SqlText {
    text: String,
    binds: Vec<Bind>,
}

impl SqlText {
    /// No text.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: String::new(), binds: Vec::new() }
    }

    /// Appends words of SQL.
    pub fn push(&mut self, words: &'static str) -> &mut Self {
        debug_assert!(!words.contains(PLACE), "words of SQL hold no NUL");
        self.text.push_str(words);
        self
    }

    /// Appends a name in quotes.
    pub fn ident(&mut self, name: &Identifier) -> &mut Self {
        self.text.push('"');
        self.text.push_str(&name.0.replace('"', "\"\""));
        self.text.push('"');
        self
    }

    /// Appends `"qualifier"."name"`.
    pub fn qualified(&mut self, qualifier: &Identifier, name: &Identifier) -> &mut Self {
        self.ident(qualifier).push(".").ident(name)
    }

    /// Appends a place for a value.
    pub fn bind(&mut self, bind: Bind) -> &mut Self {
        self.text.push(PLACE);
        self.binds.push(bind);
        self
    }

    /// Appends other SQL text with its binds.
    pub fn append(&mut self, other: impl Into<Self>) -> &mut Self {
        let other = other.into();
        self.text.push_str(&other.text);
        self.binds.extend(other.binds);
        self
    }

    /// Appends parts with words between them.
    pub fn join(&mut self, parts: impl IntoIterator<Item = Self>, between: &'static str) -> &mut Self {
        for (i, part) in parts.into_iter().enumerate() {
            if i > 0 {
                self.push(between);
            }
            self.append(part);
        }
        self
    }

    /// Appends an integer literal.
    pub fn int(&mut self, value: i64) -> &mut Self {
        if value == i64::MIN {
            // Read as the negative of a number that does not fit.
            return self.push("(-9223372036854775807 - 1)");
        }
        let _ = write!(self.text, "{value}");
        self
    }

    /// Appends a decimal literal.
    pub fn decimal(&mut self, value: Decimal) -> &mut Self {
        let _ = write!(self.text, "{value}");
        self
    }

    /// Appends a text literal.
    ///
    /// # Errors
    /// When it holds a NUL.
    pub fn literal(&mut self, text: &str) -> Result<&mut Self, BadText> {
        if text.contains(PLACE) {
            return Err(BadText::Nul);
        }
        self.text.push('\'');
        self.text.push_str(&text.replace('\'', "''"));
        self.text.push('\'');
        Ok(self)
    }

    /// Appends the text of a comment line: everything that could end the line becomes a blank.
    pub fn comment(&mut self, text: &str) -> &mut Self {
        self.text.push_str("-- ");
        self.text.extend(text.chars().map(|c| if c.is_control() || c == '\u{2028}' { ' ' } else { c }));
        self.text.push('\n');
        self
    }

    /// Bytes of text so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether there is no text.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether it is the word `NULL` alone.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.text == "NULL"
    }

    /// Whether it is one name, number or bind, which costs nothing to write twice.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.text.contains([' ', '('])
    }

    /// The pieces of text between the places, and what fills the places: one more piece than places.
    #[must_use]
    pub fn into_pieces(self) -> (Vec<String>, Vec<Bind>) {
        (self.text.split(PLACE).map(str::to_owned).collect(), self.binds)
    }

    /// The statement for a dialect, and what fills its places in their order.
    #[must_use]
    pub fn into_parts(self, dialect: Dialect) -> (String, Vec<Bind>) {
        if self.binds.is_empty() {
            return (self.text, self.binds);
        }
        let mark = match dialect {
            Dialect::Sqlite => '?',
            Dialect::Postgres => '$',
        };
        let mut text = String::with_capacity(self.text.len() + 2 * self.binds.len());
        for (i, piece) in self.text.split(PLACE).enumerate() {
            if i > 0 {
                let _ = write!(text, "{mark}{i}");
            }
            text.push_str(piece);
        }
        (text, self.binds)
    }
}

impl From<&'static str> for SqlText {
    fn from(words: &'static str) -> Self {
        let mut text = Self::new();
        text.push(words);
        text
    }
}

impl From<&Identifier> for SqlText {
    fn from(name: &Identifier) -> Self {
        let mut text = Self::new();
        text.ident(name);
        text
    }
}

impl From<&Self> for SqlText {
    fn from(other: &Self) -> Self {
        other.clone()
    }
}

impl From<Bind> for SqlText {
    fn from(bind: Bind) -> Self {
        let mut text = Self::new();
        text.bind(bind);
        text
    }
}

impl From<i64> for SqlText {
    fn from(value: i64) -> Self {
        let mut text = Self::new();
        text.int(value);
        text
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Parts one after another: words of SQL, `&Identifier`, `Bind`, `i64`, [`SqlText`].
///
/// ```
/// use athyper_expr::sql;
/// use athyper_expr::sql::{Bind, Identifier};
/// use athyper_schemas::dialect::Dialect;
///
/// let table = Identifier::new("purchase_order")?;
/// let text = sql!["SELECT 1 FROM ", &table, " WHERE a = ", Bind::Named("a"), " AND b > ", 5i64];
/// assert_eq!(text.into_parts(Dialect::Postgres).0, r#"SELECT 1 FROM "purchase_order" WHERE a = $1 AND b > 5"#);
/// # Ok::<(), athyper_expr::sql::BadText>(())
/// ```
///
/// Text that is only known when the program runs is not SQL:
///
/// ```compile_fail,E0597
/// let typed = std::env::args().next().unwrap_or_default();
/// let text = athyper_expr::sql!["SELECT ", typed.as_str()];
/// ```
#[macro_export]
macro_rules! sql {
    ($($part:expr),* $(,)?) => {{
        let mut text = $crate::sql::SqlText::new();
        $(text.append($part);)*
        text
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_literals_cannot_break_out() {
        let mut text = SqlText::new();
        text.ident(&Identifier::new("a\" OR \"1").unwrap()).push(" = ").literal("x' OR '1'='1\\").unwrap();
        assert_eq!(text.into_parts(Dialect::Sqlite).0, r#""a"" OR ""1" = 'x'' OR ''1''=''1\'"#);
        assert_eq!(Identifier::new("a\0b"), Err(BadText::Nul));
        assert_eq!(Identifier::new(""), Err(BadText::Length(0)));
        assert_eq!(SqlText::new().literal("a\0b"), Err(BadText::Nul));
        let mut text = SqlText::new();
        text.comment("a\nDROP TABLE b\r\u{2028}c");
        assert_eq!(text.into_parts(Dialect::Sqlite).0, "-- a DROP TABLE b  c\n");
    }

    #[test]
    fn binds_are_numbered_in_the_order_of_the_text() {
        let inner = sql!["b = ", Bind::Named("second")];
        let text = sql!["a = ", Bind::Value(Value::Int(1)), " AND ", inner];
        let (sqlite, binds) = text.clone().into_parts(Dialect::Sqlite);
        assert_eq!(sqlite, "a = ?1 AND b = ?2");
        assert_eq!(binds, [Bind::Value(Value::Int(1)), Bind::Named("second")]);
        let (pieces, _) = text.clone().into_pieces();
        assert_eq!(pieces, ["a = ", " AND b = ", ""]);
        assert_eq!(text.into_parts(Dialect::Postgres).0, "a = $1 AND b = $2");
    }
}
