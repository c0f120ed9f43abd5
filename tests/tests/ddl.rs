//! The generated tables on real databases: they are accepted as written, hold what they promise, and on both
//! databases refuse the same rows.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is the report of a test")]

use std::path::{Path, PathBuf};

use athyper_tests::postgres::{Postgres, USER};
use athyper_tests::programs;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, Row, SqliteConnection, raw_sql};

const EXAMPLES: &[&str] = &["chinook", "hello", "leave", "purchase"];
const ONE: &str = "00000000-0000-7000-8000-000000000001";
const OTHER: &str = "00000000-0000-7000-8000-000000000002";

/// A small package in which every kind of field, key and rule occurs.
fn shop() -> PathBuf {
    programs::root().join("compiler/tests/golden/shop/package")
}

fn emitted(package: &Path, file: &str) -> String {
    let out = tempfile::tempdir().unwrap();
    programs::compile(package, out.path()).unwrap();
    std::fs::read_to_string(out.path().join("sql").join(file)).unwrap()
}

/// A database of either kind, with the tables of a package.
enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Database {
    async fn sqlite(package: &Path) -> Self {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        let mut database = Self::Sqlite(options.connect().await.unwrap());
        database.run(&emitted(package, "sqlite/schema.sql")).await.unwrap();
        database
    }

    /// The connection is the owner of the tables, no superuser: `FORCE ROW LEVEL SECURITY` binds it.
    async fn postgres(server: &Postgres, package: &Path) -> Self {
        let options = PgConnectOptions::new().socket(server.socket_folder()).username(USER);
        let name = package.components().rev().find_map(|part| {
            let name = part.as_os_str().to_str()?;
            (name != "package").then(|| name.to_owned())
        });
        let name = name.unwrap();
        let mut admin = options.clone().database("postgres").connect().await.unwrap();
        for statement in
            [format!("CREATE ROLE \"{name}\" LOGIN"), format!("CREATE DATABASE \"{name}\" OWNER \"{name}\"")]
        {
            raw_sql(AssertSqlSafe(statement)).execute(&mut admin).await.unwrap();
        }
        let mut database = Self::Postgres(options.username(&name).database(&name).connect().await.unwrap());
        database.run(&emitted(package, "postgres/schema.sql")).await.unwrap();
        database
    }

    async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => raw_sql(sql).execute(connection).await.map(drop),
            Self::Postgres(connection) => raw_sql(sql).execute(connection).await.map(drop),
        }
    }

    /// The first value of the only row.
    async fn number(&mut self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => raw_sql(sql).fetch_one(connection).await.unwrap().get(0),
            Self::Postgres(connection) => raw_sql(sql).fetch_one(connection).await.unwrap().get(0),
        }
    }

    async fn tenant(&mut self, tenant: &str) {
        if matches!(self, Self::Postgres(_)) {
            self.run(&format!("SET athyper.tenant = '{tenant}'")).await.unwrap();
        }
    }

    /// An amount with two digits behind the point, as the database stores it.
    fn cents(&self, cents: i64) -> String {
        match self {
            Self::Sqlite(_) => cents.to_string(),
            Self::Postgres(_) => format!("{cents} / 100.0"),
        }
    }

    fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

fn id(number: u32) -> String {
    format!("'00000000-0000-7000-9000-{number:012}'")
}

/// An INSERT of a row with its system columns, `extra` columns and values.
fn insert(table: &str, tenant: &str, number: u32, extra: &[(&str, &str)]) -> String {
    let mut columns = String::from("tenant_id, id");
    let mut values = format!("'{tenant}', {}", id(number));
    let is_child = matches!(table, "stock_line" | "stock_batch");
    if !is_child {
        columns.push_str(", version, created_at, created_by, updated_at, updated_by");
        values.push_str(", 1, '2026-01-01T00:00:00.000000Z', 'a', '2026-01-01T00:00:00.000000Z', 'a'");
    }
    for (column, value) in extra {
        columns.push_str(&format!(", \"{column}\""));
        values.push_str(&format!(", {value}"));
    }
    format!("INSERT INTO {table} ({columns}) VALUES ({values})")
}

/// An item; later columns replace earlier ones.
fn item(database: &Database, tenant: &str, number: u32, changes: &[(&str, &str)]) -> String {
    let price = database.cents(1250);
    let code = format!("'OA-{number}'");
    let active = if database.is_postgres() { "true" } else { "1" };
    let mut columns = vec![
        ("code", code.as_str()),
        ("name", "'Oak table'"),
        ("status", "'in_use'"),
        ("count", "0"),
        ("price", price.as_str()),
        ("active", active),
    ];
    for change in changes {
        columns.retain(|(column, _)| *column != change.0);
        columns.push(*change);
    }
    insert("shop_item", tenant, number, &columns)
}

async fn refused(database: &mut Database, sql: &str, by: &str) {
    let error = database.run(sql).await.expect_err(sql).to_string();
    let words = match (&*database, by) {
        (Database::Sqlite(_), "foreign") => "FOREIGN KEY",
        (Database::Sqlite(_), "unique") => "UNIQUE",
        (_, by) => by,
    };
    assert!(error.contains(words), "{sql}\nwas refused for another reason than `{words}`: {error}");
}

#[tokio::test]
async fn every_example_is_accepted_by_both_databases() {
    let server = Postgres::shared().unwrap();
    for example in EXAMPLES {
        let package = programs::root().join("examples").join(example);
        Database::sqlite(&package).await;
        let mut database = Database::postgres(server, &package).await;
        // As often as one likes.
        let policies = emitted(&package, "postgres/rls.sql");
        database.run(&policies).await.unwrap();
        database.run(&policies).await.unwrap();
    }
}

#[tokio::test]
async fn sqlite_holds_what_the_model_says() {
    let mut database = Database::sqlite(&shop()).await;
    holds(&mut database).await;
    // A person who keeps a category: the runtime clears the reference before it deletes.
    refused(&mut database, &format!("DELETE FROM shop_person WHERE id = {}", id(60)), "foreign").await;
    for statement in [
        "BEGIN".to_owned(),
        format!("DELETE FROM shop_person WHERE id = {}", id(60)),
        format!("UPDATE shop_category SET keeper_id = NULL WHERE keeper_id = {}", id(60)),
        "COMMIT".to_owned(),
    ] {
        database.run(&statement).await.unwrap();
    }
}

#[tokio::test]
async fn postgres_holds_what_the_model_says_and_hides_other_tenants() {
    let server = Postgres::shared().unwrap();
    let mut database = Database::postgres(server, &shop()).await;
    holds(&mut database).await;
    database.run(&format!("DELETE FROM shop_person WHERE id = {}", id(60))).await.unwrap();
    let cleared = "SELECT count(*) FROM shop_category WHERE slug = 'kept' AND keeper_id IS NULL";
    assert_eq!(database.number(cleared).await, 1);
    // Row level security, for the owner of the tables too.
    let items = "SELECT count(*) FROM shop_item";
    assert_ne!(database.number(items).await, 0);
    let foreign = item(&database, OTHER, 90, &[]);
    refused(&mut database, &foreign, "row-level security").await;
    database.tenant(OTHER).await;
    assert_eq!(database.number(items).await, 1);
    database.run("UPDATE shop_item SET name = 'changed'").await.unwrap();
    database.run("DELETE FROM shop_item").await.unwrap();
    database.run("SET athyper.tenant = ''").await.unwrap();
    assert_eq!(database.number(items).await, 0);
    database.run("RESET athyper.tenant").await.unwrap();
    assert_eq!(database.number(items).await, 0);
    database.tenant(ONE).await;
    assert_eq!(database.number("SELECT count(*) FROM shop_item WHERE name = 'changed'").await, 0);
    let comment =
        "SELECT count(*) FROM pg_description WHERE description = 'A word that Rust keeps for itself.'";
    assert_eq!(database.number(comment).await, 1);
}

/// What both databases hold alike.
async fn holds(database: &mut Database) {
    database.tenant(ONE).await;
    columns(database).await;
    keys(database).await;
    rules(database).await;
}

/// Ranges, lengths, sets of values.
async fn columns(database: &mut Database) {
    let ok = item(database, ONE, 1, &[]);
    database.run(&ok).await.unwrap();
    let (dear, cheap) = (database.cents(10_000_001), database.cents(-1));
    for (column, value) in [
        ("count", "-1"),
        ("count", "10000"),
        ("name", "'O'"),
        ("code", "'AA-12345678901'"),
        ("status", "'lost'"),
        ("price", dear.as_str()),
        ("price", cheap.as_str()),
        ("since", "'1999-12-31'"),
        ("opens", "'05:59:59.000000'"),
        ("lasts", "172800000001"),
        ("size", "'XL'"),
        ("tags", "'{}'"),
    ] {
        let row = item(database, ONE, 2, &[(column, value)]);
        refused(database, &row, &format!("shop_item__{column}_limit")).await;
    }
    for (number, column, value) in [
        (10, "since", "'2000-01-01'"),
        (11, "opens", "'20:00:00.000000'"),
        (12, "lasts", "172800000000"),
        (13, "size", "'M'"),
        (14, "tags", "'[\"a\"]'"),
        (15, "since", "NULL"),
    ] {
        let row = item(database, ONE, number, &[(column, value)]);
        database.run(&row).await.unwrap();
    }
}

/// Uniqueness among the living of one tenant, references inside one tenant, orders that cycles need.
async fn keys(database: &mut Database) {
    let again = item(database, ONE, 20, &[("code", "'OA-1'")]);
    refused(database, &again, "unique").await;
    database.tenant(OTHER).await;
    let elsewhere = item(database, OTHER, 21, &[("code", "'OA-1'")]);
    database.run(&elsewhere).await.unwrap();
    database.tenant(ONE).await;
    let gone =
        format!("UPDATE shop_item SET deleted_at = '2026-01-02T00:00:00.000000Z' WHERE id = {}", id(1));
    database.run(&gone).await.unwrap();
    database.run(&again).await.unwrap();
    // The item of the other tenant exists, and cannot be referred to.
    let category = |number, slug: &str, column: &str, target| {
        insert(
            "shop_category",
            ONE,
            number,
            &[("slug", slug), ("name", "'C'"), (column, id(target).as_str())],
        )
    };
    refused(database, &category(50, "'across'", "featured_id", 21), "foreign").await;
    database.run("BEGIN").await.unwrap();
    database.run(&category(52, "'leaf'", "parent_id", 51)).await.unwrap();
    database.run(&insert("shop_category", ONE, 51, &[("slug", "'root'"), ("name", "'R'")])).await.unwrap();
    database.run("COMMIT").await.unwrap();
    database.run(&insert("shop_person", ONE, 60, &[("name", "'Ada'")])).await.unwrap();
    database.run(&category(53, "'kept'", "keeper_id", 60)).await.unwrap();
    // Periods.
    let price = database.cents(100);
    let period = |number, from: &str, to: &str| {
        insert(
            "stock_price",
            ONE,
            number,
            &[
                ("item_id", id(10).as_str()),
                ("price", price.as_str()),
                ("valid_from", from),
                ("valid_to", to),
            ],
        )
    };
    database.run(&period(70, "'2026-01-01'", "'2026-02-01'")).await.unwrap();
    database.run(&period(71, "'2026-02-01'", "NULL")).await.unwrap();
    refused(database, &period(72, "'2026-02-01'", "'2026-03-01'"), "unique").await;
    refused(database, &period(73, "'2026-05-01'", "'2026-05-01'"), "stock_price__valid_period").await;
}

/// Checks, generated columns, owned children.
async fn rules(database: &mut Database) {
    let (dear, rebate, net) = (database.cents(200_000), database.cents(50), database.cents(1200));
    let dear_draft = item(database, ONE, 30, &[("status", "'draft'"), ("price", &dear)]);
    refused(database, &dear_draft, "shop_item__cheap_drafts_check").await;
    let dear_rebate = item(database, ONE, 31, &[("rebate", &dear)]);
    refused(database, &dear_rebate, "shop_item__fair_rebate_check").await;
    let with_rebate = item(database, ONE, 32, &[("rebate", &rebate)]);
    database.run(&with_rebate).await.unwrap();
    let computed = format!("SELECT count(*) FROM shop_item WHERE id = {} AND net = {net}", id(32));
    assert_eq!(database.number(&computed).await, 1);
    let written = item(database, ONE, 33, &[("net", &net)]);
    refused(database, &written, "net").await;

    let order = insert(
        "stock_order",
        ONE,
        40,
        &[("code", "'SO-1'"), ("orderer_id", id(60).as_str()), ("since", "'2026-01-01'")],
    );
    database.run(&order).await.unwrap();
    let line = insert(
        "stock_line",
        ONE,
        41,
        &[
            ("parent_id", id(40).as_str()),
            ("position", "0"),
            ("item_id", id(10).as_str()),
            ("quantity", "2"),
            ("price", &rebate),
        ],
    );
    database.run(&line).await.unwrap();
    refused(database, &format!("DELETE FROM shop_item WHERE id = {}", id(10)), "foreign").await;
    database.run(&format!("DELETE FROM stock_order WHERE id = {}", id(40))).await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM stock_line").await, 0);
}
