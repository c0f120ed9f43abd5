//! The door to SQLite when the outside world fails.

use super::{Db, DbError, Settings};

fn settings(folder: &tempfile::TempDir) -> Settings {
    Settings::for_file(&folder.path().join("test.db"))
}

#[tokio::test]
async fn a_full_disk_refuses_the_write_and_nothing_after_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&settings(&folder)).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    tx.words("CREATE TABLE filler (bytes BLOB)").await.unwrap();
    tx.words("PRAGMA max_page_count = 40").await.unwrap();
    tx.commit().await.unwrap();
    // SQLite ends the transaction by itself: the same as on a full disk.
    let mut tx = db.begin().await.unwrap();
    let full = tx.words("INSERT INTO filler SELECT zeroblob(1000000)").await;
    assert_eq!(full, Err(DbError::Full));
    drop(tx);
    let mut tx = db.begin().await.unwrap();
    tx.words("INSERT INTO filler SELECT zeroblob(10)").await.unwrap();
    tx.commit().await.unwrap();
}
