//! The world's tables in SQLite and in PostgreSQL, and questions about them: many expressions in one statement.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use athyper_expr::decimal::Decimal;
use athyper_expr::eval::Program;
use athyper_expr::ir::{Kind, Node};
use athyper_expr::sql;
use athyper_expr::sql::{Bind, Column, Identifier, Source, SqlText};
use athyper_expr::value::{Stored, Value, canonical_json};
use athyper_schemas::dialect::Dialect;
use athyper_tests::postgres::{Postgres, USER};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Row as _};

use crate::world::{self, World, fields, name, table_of};

/// What is said of one record: whether the expression holds, and its value as a column of SQLite would hold it.
pub type Answer = (Option<bool>, Stored);

/// One lowered expression.
pub struct Question {
    pub seed: u64,
    pub kind: Option<Kind>,
    pub yes: SqlText,
    pub no: SqlText,
    pub value: SqlText,
    pub kept: Vec<Node>,
}

/// Either database.
pub enum Database {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// The values that fill a statement's places.
type Binds = Vec<Value>;

impl Database {
    pub async fn sqlite(world: &World) -> Self {
        let options = SqliteConnectOptions::new().in_memory(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let database = Self::Sqlite(pool);
        database.fill(world).await;
        database
    }

    /// The default collation of the database is not the one of the columns: what forgets to say `COLLATE` is seen.
    pub async fn postgres(server: &Postgres, world: &World, name: &str) -> Self {
        let options = PgConnectOptions::new().socket(server.socket_folder()).username(USER);
        let admin = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone().database("postgres"))
            .await
            .unwrap();
        let create =
            format!("CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&admin).await.unwrap();
        admin.close().await;
        // A session that is set otherwise must not change an answer.
        let settings =
            [("timezone", "Pacific/Chatham"), ("datestyle", "SQL, DMY"), ("intervalstyle", "sql_standard")];
        let options = options.database(name).options(settings);
        let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let database = Self::Postgres(pool);
        database.fill(world).await;
        database
    }

    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    async fn fill(&self, world: &World) {
        for entity in ["m.Rec", "m.Other", "m.Line", "m.Contact"] {
            let (text, _) = self.table(world, entity).into_parts(self.dialect());
            self.run(text, Vec::new()).await;
        }
        for row in &world.rows {
            let (text, binds) = self.insertion(world, row).into_parts(self.dialect());
            let values = binds.into_iter().map(|bind| match bind {
                Bind::Value(value) => value,
                other => panic!("{other:?} is not known here"),
            });
            self.run(text, values.collect()).await;
        }
    }

    async fn run(&self, text: String, values: Binds) {
        let text = AssertSqlSafe(text);
        match self {
            Self::Sqlite(pool) => {
                sqlx::query_with(text, in_sqlite(&values)).execute(pool).await.map(drop).unwrap();
            }
            Self::Postgres(pool) => {
                sqlx::query_with(text, in_postgres(&values)).execute(pool).await.map(drop).unwrap();
            }
        }
    }

    fn column_type(&self, kind: &Kind) -> &'static str {
        let integer = matches!(kind, Kind::Bool | Kind::Int | Kind::Decimal(_) | Kind::Duration);
        match (self, kind) {
            (Self::Sqlite(_), _) => {
                if integer {
                    "INTEGER"
                } else {
                    "TEXT"
                }
            }
            (_, Kind::Bool) => "boolean",
            (_, Kind::Int | Kind::Duration) => "bigint",
            (_, Kind::Decimal(2)) => "numeric(18, 2)",
            (_, Kind::Decimal(_)) => "numeric(18, 4)",
            (_, Kind::Date) => "date",
            (_, Kind::Time) => "time",
            (_, Kind::Datetime) => "timestamptz",
            (_, Kind::Uuid | Kind::Record(_)) => "uuid",
            (_, Kind::Json | Kind::List(_)) => "jsonb",
            _ => "text COLLATE \"C\"",
        }
    }

    fn table(&self, world: &World, entity: &str) -> SqlText {
        let mut columns = vec![
            sql!["\"tenant_id\" ", self.column_type(&Kind::Text), " NOT NULL"],
            sql!["\"parent_id\" ", self.column_type(&Kind::Uuid)],
            sql!["\"deleted_at\" ", self.column_type(&Kind::Datetime)],
        ];
        for (field, kind, _) in fields(entity) {
            if let Some(Column::Plain { name, .. } | Column::Reference { name, .. }) =
                world.column(entity, field)
            {
                columns.push(sql![&name, " ", self.column_type(&kind)]);
            }
        }
        let mut list = SqlText::new();
        list.join(columns, ", ");
        let strict = if matches!(self, Self::Sqlite(_)) { " STRICT" } else { "" };
        sql!["CREATE TABLE ", &name(table_of(entity)), " (", list, ")", strict]
    }

    fn insertion(&self, world: &World, row: &world::Row) -> SqlText {
        let mut columns = Vec::new();
        let mut places = Vec::new();
        let mut set = |column: SqlText, kind: &Kind, value: &Value| {
            columns.push(column);
            let cast = if self.dialect() == Dialect::Postgres { "::" } else { "" };
            let ty = if cast.is_empty() { "" } else { self.column_type(kind) };
            places.push(sql![Bind::Value(value.clone()), cast, ty]);
        };
        set("\"tenant_id\"".into(), &Kind::Text, &Value::text(row.tenant));
        set("\"parent_id\"".into(), &Kind::Uuid, &row.parent);
        set("\"deleted_at\"".into(), &Kind::Datetime, &row.deleted_at);
        for ((field, kind, _), value) in fields(row.entity).iter().zip(&row.values) {
            if let Some(Column::Plain { name, .. } | Column::Reference { name, .. }) =
                world.column(row.entity, field)
            {
                set((&name).into(), kind, value);
            }
        }
        let (mut names, mut values) = (SqlText::new(), SqlText::new());
        names.join(columns, ", ");
        values.join(places, ", ");
        sql!["INSERT INTO ", &name(table_of(row.entity)), " (", names, ") VALUES (", values, ")"]
    }

    /// Tries the values as generated columns, which PostgreSQL refuses when they depend on the session.
    ///
    /// It also refuses comparisons between constant texts, whatever their collation: it calculates them before it has
    /// looked at collations. Such a column could not be made, which is seen at once, and hides nothing.
    pub async fn generate(&self, questions: &[&Question]) -> Result<(), String> {
        let Self::Postgres(pool) = self else { return Ok(()) };
        match generated(pool, self, questions).await {
            Err(error) if error.contains("which collation to use for string comparison") => {
                for question in questions {
                    match generated(pool, self, &[*question]).await {
                        Err(error) if !error.contains("which collation to use") => return Err(error),
                        _ => {}
                    }
                }
                Ok(())
            }
            result => result,
        }
    }

    /// What the database says of each question about each record, in one statement.
    pub async fn ask(&self, world: &World, questions: &[Question]) -> Result<Vec<Vec<Answer>>, String> {
        let (text, values) = self.statement(world, questions);
        let query = AssertSqlSafe(text.clone());
        let failed = |error: sqlx::Error| format!("{error}\n{text}\nwith {values:?}");
        let mut said = Said::new(world, questions);
        match self {
            Self::Sqlite(pool) => {
                let query = sqlx::query_with(query, in_sqlite(&values)).persistent(false);
                for row in query.fetch_all(pool).await.map_err(failed)? {
                    said.hear(row.get(0), row.get(1), from_sqlite(&row)?)?;
                }
            }
            Self::Postgres(pool) => {
                let query = sqlx::query_with(query, in_postgres(&values)).persistent(false);
                for row in query.fetch_all(pool).await.map_err(failed)? {
                    let place: i64 = row.get(0);
                    let kind = questions[usize::try_from(place / 3).unwrap()].kind.as_ref();
                    said.hear(place, row.get(1), from_postgres(&row, kind)?)?;
                }
            }
        }
        said.answers()
    }

    /// The statement that asks the questions: the rows for which each rail holds, and the value of every row.
    pub fn statement(&self, world: &World, questions: &[Question]) -> (String, Binds) {
        let mark = if self.dialect() == Dialect::Sqlite { '?' } else { '$' };
        let (mut text, mut values) = (String::new(), Vec::new());
        for (question, place) in questions.iter().zip((0i64..).step_by(3)) {
            let (id, nothing) = match self {
                Self::Sqlite(_) => ("\"r\".\"id\"", "NULL"),
                Self::Postgres(_) => ("\"r\".\"id\"::text", "NULL::text"),
            };
            let rows = " FROM \"rec\" AS \"r\" WHERE \"r\".\"tenant_id\" = 'tenant'";
            let number = |place| if mark == '$' { sql![place, "::bigint"] } else { sql![place] };
            let rail = |place: i64, rail: &SqlText| {
                sql!["SELECT ", number(place), ", ", id, ", ", nothing, rows, " AND (", rail, ") UNION ALL "]
            };
            let value = self.as_text(question.value.clone(), question.kind.as_ref());
            let statement = sql![
                if place == 0 { "" } else { " UNION ALL " },
                rail(place, &question.yes),
                rail(place + 1, &question.no),
                sql!["SELECT ", number(place + 2), ", ", id, ", ", value, rows]
            ];
            let (pieces, binds) = statement.into_pieces();
            let mut binds = binds.into_iter();
            for piece in pieces {
                text.push_str(&piece);
                if let Some(bind) = binds.next() {
                    values.push(value_of(world, bind, question));
                    write!(text, "{mark}{}", values.len()).unwrap();
                }
            }
        }
        (text, values)
    }

    /// A value as PostgreSQL says it in a text that can be read without knowing the session.
    fn as_text(&self, value: SqlText, kind: Option<&Kind>) -> SqlText {
        match (self, kind) {
            (Self::Sqlite(_), _) => value,
            (_, Some(Kind::Datetime)) => {
                sql!["to_char((", value, ") AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"]
            }
            (_, Some(Kind::Date)) => sql!["to_char((", value, ")::date, 'YYYY-MM-DD')"],
            _ => sql!["(", value, ")::text"],
        }
    }
}

/// Makes a table with these generated columns, and takes it back.
async fn generated(pool: &PgPool, database: &Database, questions: &[&Question]) -> Result<(), String> {
    let mut text = sql!["BEGIN; CREATE TEMPORARY TABLE \"generated\" (LIKE \"rec\""];
    for (number, question) in questions.iter().enumerate() {
        let Some(kind) = &question.kind else { continue };
        let column = Identifier::numbered("g", number);
        text.append(sql![", ", &column, " ", database.column_type(kind), " GENERATED ALWAYS AS ("]);
        text.append(sql![&question.value, ") STORED"]);
    }
    let (text, _) = text.append("); ROLLBACK").clone().into_parts(Dialect::Postgres);
    let result = sqlx::raw_sql(AssertSqlSafe(text.clone())).execute(pool).await;
    if result.is_err() {
        sqlx::raw_sql("ROLLBACK").execute(pool).await.unwrap();
    }
    result.map(drop).map_err(|error| format!("{error}\n{text}"))
}

fn value_of(world: &World, bind: Bind, question: &Question) -> Value {
    match bind {
        Bind::Value(value) => value,
        Bind::Expr(index) => {
            let program = Program::compile_node(&question.kept[index], world).unwrap();
            program.evaluate(&world.context(&[], question.seed)).unwrap()
        }
        Bind::Named(name) => panic!("nothing is called {name}"),
    }
}

/// What a database says, put together row by row.
struct Said {
    records: BTreeMap<String, usize>,
    /// Per question and record: whether each rail holds, and the value.
    answers: Vec<Vec<(bool, bool, Stored)>>,
}

impl Said {
    fn new(world: &World, questions: &[Question]) -> Self {
        let records: BTreeMap<_, _> =
            world.records().zip(0..).map(|(record, at)| (record[0].to_string(), at)).collect();
        let silent = vec![(false, false, Stored::Null); records.len()];
        Self { records, answers: vec![silent; questions.len()] }
    }

    fn hear(&mut self, place: i64, id: &str, value: Stored) -> Result<(), String> {
        let record = *self.records.get(id).ok_or_else(|| format!("there is no record {id}"))?;
        let answer = &mut self.answers[usize::try_from(place / 3).unwrap()][record];
        match place % 3 {
            0 => answer.0 = true,
            1 => answer.1 = true,
            _ => answer.2 = value,
        }
        Ok(())
    }

    fn answers(self) -> Result<Vec<Vec<Answer>>, String> {
        let answer = |(yes, no, value)| match (yes, no) {
            (true, true) => Err("both rails hold".to_owned()),
            (false, false) => Ok((None, value)),
            (yes, _) => Ok((Some(yes), value)),
        };
        self.answers.into_iter().map(|answers| answers.into_iter().map(answer).collect()).collect()
    }
}

pub fn in_sqlite(values: &[Value]) -> SqliteArguments {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value.stored() {
            Stored::Null => arguments.add(None::<i64>),
            Stored::Int(value) => arguments.add(value),
            Stored::Text(text) => arguments.add(text.as_ref().to_owned()),
        }
        .unwrap();
    }
    arguments
}

/// Every value is bound as text: the statement says what it is.
pub fn in_postgres(values: &[Value]) -> PgArguments {
    let mut arguments = PgArguments::default();
    for value in values {
        let text = match value {
            Value::Bool(value) => Some(value.to_string()),
            Value::Decimal(value) => Some(value.to_string()),
            _ => value.to_storage_text(),
        };
        arguments.add(text).unwrap();
    }
    arguments
}

fn from_sqlite(row: &SqliteRow) -> Result<Stored, String> {
    if let Ok(value) = row.try_get::<Option<i64>, _>(2) {
        return Ok(value.map_or(Stored::Null, Stored::Int));
    }
    row.try_get::<String, _>(2).map(|text| Stored::Text(text.into())).map_err(|error| error.to_string())
}

fn from_postgres(row: &PgRow, kind: Option<&Kind>) -> Result<Stored, String> {
    let Some(text) = row.try_get::<Option<String>, _>(2).map_err(|error| error.to_string())? else {
        return Ok(Stored::Null);
    };
    let value = match kind {
        Some(Kind::Bool) => Some(Value::Bool(text == "true")),
        Some(Kind::Decimal(scale)) => Decimal::parse_exact(&text, *scale).map(Value::Decimal),
        Some(Kind::Json) => {
            serde_json::from_str(&text).ok().map(|json| Value::Json(canonical_json(&json).into()))
        }
        Some(kind) => Value::from_storage_text(kind, &text).ok(),
        None => None,
    };
    value.map(|value| value.stored()).ok_or_else(|| format!("`{text}` is no {kind:?}"))
}
