//! The door to SQLite when the outside world fails.

use athyper_schemas::dialect::Dialect;

use super::{Db, Door, Settings};
use crate::sql::own;
use crate::who::TenantId;

#[tokio::test]
async fn a_transaction_that_sqlite_ended_by_itself_spoils_no_later_one() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Settings::for_file(&folder.path().join("test.db"))).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    // What SQLite does on its own when the disk is full.
    tx.words("ROLLBACK").await.unwrap();
    assert!(tx.commit().await.is_err());
    let mut tx = db.begin().await.unwrap();
    tx.words("CREATE TABLE later (id INTEGER)").await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_was_forgotten_is_undone_before_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Settings::for_file(&folder.path().join("test.db"))).await.unwrap();
    for _ in 0..3 {
        let mut tx = db.begin().await.unwrap();
        tx.words("CREATE TABLE half_done (id INTEGER)").await.unwrap();
        drop(tx);
    }
    let tx = db.begin().await.unwrap();
    tx.rollback().await.unwrap();
    let objects = db.read(&own::schema_objects(Dialect::Sqlite)).await.unwrap();
    assert!(objects.is_empty());
}

#[tokio::test]
async fn a_read_that_nobody_waits_for_any_more_leaves_its_connection_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::for_file(&folder.path().join("test.db"));
    settings.readers = 1;
    let db = Db::open(&settings).await.unwrap();
    let statement = own::schema_objects(Dialect::Sqlite);
    for _ in 0..50 {
        let mut abandoned = Box::pin(db.read(&statement));
        // Nearly always it is not done yet; a thread that was quicker is no mistake.
        let _ = futures_util::poll!(&mut abandoned);
        drop(abandoned);
        assert!(db.read(&statement).await.unwrap().is_empty());
    }
    let Door::Sqlite(door) = &db.door else { unreachable!("a file") };
    let busy = door.reader().await.unwrap();
    let (waited, ()) = tokio::join!(db.read(&statement), async { drop(busy) });
    assert!(waited.is_ok());
    db.close().await;
    assert!(db.read(&statement).await.is_err(), "it is closed");
}

#[tokio::test]
async fn a_transaction_that_only_reads_sees_one_time_and_waits_for_no_writer() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Settings::for_file(&folder.path().join("test.db"))).await.unwrap();
    let objects = own::schema_objects(Dialect::Sqlite);
    let mut writing = db.begin().await.unwrap();
    writing.words("CREATE TABLE one (id INTEGER)").await.unwrap();
    let mut reading = db.begin_reading(&TenantId::new(uuid::Uuid::nil())).await.unwrap();
    assert!(reading.read(&objects).await.unwrap().is_empty());
    writing.commit().await.unwrap();
    assert!(reading.read(&objects).await.unwrap().is_empty(), "it sees what was there when it first read");
    assert!(reading.words("CREATE TABLE two (id INTEGER)").await.is_err(), "it cannot write");
    reading.rollback().await.unwrap();
    assert_eq!(db.read(&objects).await.unwrap().len(), 1);
}
