//! Schemas that fit and schemas that do not.

use super::*;
use crate::db::Settings;
use crate::fixture::bundle;

fn build(sql: &str) -> Build {
    let files = BTreeMap::from([("sql/sqlite/schema.sql".to_owned(), sql.to_owned())]);
    Build::in_memory(bundle(), files).unwrap()
}

const SCHEMA: &str = "CREATE TABLE \"a\" (\"x\" TEXT) STRICT; CREATE TABLE \"b\" (\"x\" TEXT) STRICT;";

#[tokio::test]
async fn a_schema_is_applied_once() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Settings::for_file(&folder.path().join("x.db"))).await.unwrap();
    assert_eq!(status(&db, &build(SCHEMA)).await.unwrap(), Status::Empty);
    assert_eq!(apply(&db, &build(SCHEMA)).await.unwrap(), Applied::Made);
    assert_eq!(apply(&db, &build(SCHEMA)).await.unwrap(), Applied::Nothing);
    assert_eq!(status(&db, &build(SCHEMA)).await.unwrap(), Status::Current);
    assert_eq!(secret(&db).await.unwrap().len(), 64);
}

#[tokio::test]
async fn another_schema_is_refused_and_the_difference_named() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Settings::for_file(&folder.path().join("x.db"))).await.unwrap();
    apply(&db, &build(SCHEMA)).await.unwrap();
    let other = build("CREATE TABLE \"a\" (\"x\" TEXT) STRICT; CREATE TABLE \"c\" (\"x\" TEXT) STRICT;");
    let refused = apply(&db, &other).await.expect_err("a refusal").to_string();
    assert!(refused.contains("these differ: b, c"), "{refused}");
    assert_eq!(status(&db, &build(SCHEMA)).await.unwrap(), Status::Current);
}

#[tokio::test]
async fn a_table_that_was_changed_by_hand_is_named_and_an_index_beside_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Settings::for_file(&folder.path().join("x.db"))).await.unwrap();
    apply(&db, &build(SCHEMA)).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    tx.script(&Script::ours("CREATE INDEX \"fast\" ON \"a\" (\"x\")")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(status(&db, &build(SCHEMA)).await.unwrap(), Status::Current);
    let mut tx = db.begin().await.unwrap();
    tx.script(&Script::ours("ALTER TABLE \"b\" ADD COLUMN \"y\" TEXT; DROP TABLE \"a\"")).await.unwrap();
    tx.commit().await.unwrap();
    let differs = Status::Differs { objects: vec!["a".to_owned(), "b".to_owned()] };
    assert_eq!(status(&db, &build(SCHEMA)).await.unwrap(), differs);
}

#[tokio::test]
async fn a_broken_schema_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Settings::for_file(&folder.path().join("x.db"))).await.unwrap();
    let broken = build("CREATE TABLE \"a\" (\"x\" TEXT) STRICT; CREATE TABLE nonsense;");
    assert!(apply(&db, &broken).await.is_err());
    assert_eq!(status(&db, &build(SCHEMA)).await.unwrap(), Status::Empty);
    apply(&db, &build(SCHEMA)).await.unwrap();
}

#[tokio::test]
async fn files_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.db");
    let db = Db::open(&Settings::for_file(&file)).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    tx.script(&Script::ours("CREATE TABLE theirs (x TEXT)")).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(apply(&db, &build(SCHEMA)).await, Err(MigrateError::Foreign)));
    drop(db);
    let nonsense = folder.path().join("nonsense.db");
    std::fs::write(&nonsense, "this is no database, whatever its name says. ".repeat(200)).unwrap();
    let refused = Db::open(&Settings::for_file(&nonsense)).await.expect_err("a refusal");
    assert_eq!(refused, DbError::Corrupt);
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Settings::for_file(&folder.path().join("x.db"))).await.unwrap();
    apply(&db, &build(SCHEMA)).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    tx.script(&Script::ours("INSERT INTO \"a\" VALUES ('kept')")).await.unwrap();
    tx.script(&Script::ours("PRAGMA max_page_count = 1")).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO \"a\" SELECT hex(randomblob(50)) FROM n";
    assert_eq!(tx.script(&Script::ours(fill)).await, Err(DbError::Full));
    drop(tx);
    let mut tx = db.begin().await.unwrap();
    let rows = tx.read(&own::schema_objects(Dialect::Sqlite)).await.unwrap();
    assert!(rows.iter().any(|row| row.text(0) == Some("a")));
}

#[tokio::test]
async fn a_read_only_file_is_said_before_anything_happens() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.db");
    Db::open(&Settings::for_file(&file)).await.unwrap().close().await;
    let mut permissions = std::fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&file, permissions).unwrap();
    assert_eq!(Db::open(&Settings::for_file(&file)).await.expect_err("a refusal"), DbError::ReadOnly);
}
