//! The door to SQLite when the outside world fails.

use super::{Db, Settings};

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
