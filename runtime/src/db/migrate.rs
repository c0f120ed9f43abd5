//! Brings an empty database to the schema of a build, and tells whether a database has it.

use std::collections::BTreeMap;
use std::time::Duration;

use athyper_schemas::canonical::Hash;
use athyper_schemas::dialect::Dialect;
use jiff::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;

use super::connections::Connections;
use super::{Db, DbError, Row, Tx};
use crate::catalog::Build;
use crate::sql::{Script, own};

/// The runtime's own migrations, in order. One that was released is never edited.
const OURS: &[(&str, &str)] = &[
    ("0001_athyper", include_str!("../../migrations/sqlite/0001_athyper.sql")),
    ("0002_files", include_str!("../../migrations/sqlite/0002_files.sql")),
];

/// The hash of the SQL that made the tables of the build.
const SCHEMA: &str = "schema";
/// The hash of those tables as the database itself tells them.
const OBJECTS: &str = "objects";

/// What the database is, compared with the build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It has no tables of ours: `athyper migrate apply` makes them.
    Empty,
    /// It has exactly the schema of the build.
    Current,
    /// It has another schema.
    Differs {
        /// The tables and indexes that are not the same, sorted.
        objects: Vec<String>,
    },
}

/// What [`apply`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// The tables were made.
    Made,
    /// Everything was there.
    Nothing,
}

/// Why the schema was not brought up to date. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The build has no SQL for SQLite.
    #[error(
        "the build has no `sql/sqlite/schema.sql`; add `sqlite` to `dialects` in `metac.yaml` and compile again"
    )]
    NoSchema,
    /// The file belongs to something else.
    #[error("the database has tables but was not made by athyper; choose an empty file")]
    Foreign,
    /// The runtime's own tables are of another release.
    #[error(
        "the database was made by another release of athyper (migration `{name}`); use that release or a newer one"
    )]
    OtherRelease {
        /// The first migration that is not the same.
        name: String,
    },
    /// The schema of the database is not that of the build.
    #[error("the database has the schema of another build; these differ: {}; serve the build it was made for, or an empty database", objects.join(", "))]
    Differs {
        /// The tables and indexes that are not the same, sorted.
        objects: Vec<String>,
    },
}

/// Compares the database with the build. Changes nothing.
///
/// # Errors
/// [`MigrateError`], but never [`MigrateError::Differs`].
pub async fn status(db: &Db, build: &Build) -> Result<Status, MigrateError> {
    let schema = Script::schema_of(build, Dialect::Sqlite).ok_or(MigrateError::NoSchema)?;
    let mut tx = db.begin().await?;
    let pending = pending(&mut tx).await?;
    let recorded = if pending.len() == OURS.len() { None } else { recorded(&mut tx, SCHEMA).await? };
    let status = match recorded {
        None => Status::Empty,
        Some(hash) if hash == schema.hash().as_str() => changed_by_hand(&mut tx, &schema).await?,
        Some(_) => Status::Differs { objects: differences(&mut tx, &schema).await? },
    };
    tx.rollback().await?;
    Ok(status)
}

/// Whether the tables that were made are still there as they were made. What somebody added beside them is his.
async fn changed_by_hand(tx: &mut Tx, schema: &Script) -> Result<Status, DbError> {
    let there = tables_of_the_build(tx).await?;
    if recorded(tx, OBJECTS).await? == Some(fingerprint(&there)) {
        return Ok(Status::Current);
    }
    let wanted = made_in_memory(schema).await?;
    let objects: Vec<String> =
        wanted.into_iter().filter(|(name, sql)| there.get(name) != Some(sql)).map(|(name, _)| name).collect();
    Ok(if objects.is_empty() { Status::Current } else { Status::Differs { objects } })
}

/// Makes the runtime's own tables and those of the build, in one transaction, if they are not there.
///
/// # Errors
/// [`MigrateError`]; then nothing was changed.
pub async fn apply(db: &Db, build: &Build) -> Result<Applied, MigrateError> {
    let schema = Script::schema_of(build, Dialect::Sqlite).ok_or(MigrateError::NoSchema)?;
    let mut tx = db.begin().await?;
    let now = Timestamp::now().to_string();
    let pending = pending(&mut tx).await?;
    for (name, script) in &pending {
        tx.script(script).await?;
        tx.execute(&own::record_migration(name, script.hash().as_str(), &now)).await?;
    }
    tx.execute(&own::make_secret()).await?;
    let hash = schema.hash();
    match recorded(&mut tx, SCHEMA).await? {
        Some(recorded) if recorded == hash.as_str() => {
            tx.commit().await?;
            return Ok(if pending.is_empty() { Applied::Nothing } else { Applied::Made });
        }
        Some(_) => return Err(MigrateError::Differs { objects: differences(&mut tx, &schema).await? }),
        None => {}
    }
    tx.script(&schema).await?;
    tx.execute(&own::record_fact(SCHEMA, hash.as_str())).await?;
    let made = fingerprint(&tables_of_the_build(&mut tx).await?);
    tx.execute(&own::record_fact(OBJECTS, &made)).await?;
    tx.commit().await?;
    Ok(Applied::Made)
}

/// Whether some build's tables have been made here.
///
/// # Errors
/// [`DbError`], also when not even our own tables are there.
pub async fn is_applied(db: &Db) -> Result<bool, DbError> {
    Ok(!db.read(&own::fact(SCHEMA)).await?.is_empty())
}

/// The secret of this database, from which keys are derived: 64 hexadecimal digits.
///
/// # Errors
/// [`DbError`] when the schema was not applied.
pub async fn secret(db: &Db) -> Result<String, DbError> {
    let rows = db.read(&own::fact("secret")).await?;
    rows.first().and_then(|row| row.text(0)).map(str::to_owned).ok_or(DbError::Broken)
}

/// Our migrations that the database does not have yet.
async fn pending(tx: &mut Tx) -> Result<Vec<(&'static str, Script)>, MigrateError> {
    let objects = objects(&tx.read(&own::schema_objects()).await?);
    let applied = if objects.contains_key("athyper_migrations") {
        tx.read(&own::applied_migrations()).await?
    } else if objects.is_empty() {
        Vec::new()
    } else {
        return Err(MigrateError::Foreign);
    };
    let mut ours = OURS.iter().map(|(name, text)| (*name, Script::ours(text)));
    for row in &applied {
        let (name, hash) = (row.text(0).unwrap_or_default(), row.text(1).unwrap_or_default());
        let same = ours.next().is_some_and(|(ours, script)| ours == name && script.hash().as_str() == hash);
        if !same {
            return Err(MigrateError::OtherRelease { name: name.to_owned() });
        }
    }
    Ok(ours.collect())
}

async fn recorded(tx: &mut Tx, fact: &str) -> Result<Option<String>, DbError> {
    let rows = tx.read(&own::fact(fact)).await?;
    Ok(rows.first().and_then(|row| row.text(0)).map(str::to_owned))
}

/// Names what differs.
async fn differences(tx: &mut Tx, schema: &Script) -> Result<Vec<String>, DbError> {
    let (found, wanted) = (tables_of_the_build(tx).await?, made_in_memory(schema).await?);
    let names = wanted.keys().chain(found.keys());
    let mut differing: Vec<String> = names.filter(|n| wanted.get(*n) != found.get(*n)).cloned().collect();
    differing.sort();
    differing.dedup();
    Ok(differing)
}

/// What the schema makes in an empty database.
async fn made_in_memory(schema: &Script) -> Result<BTreeMap<String, String>, DbError> {
    let made = async {
        let memory = SqliteConnectOptions::new().in_memory(true);
        Connections::open(memory, 1, Duration::ZERO).await?.lend().await.map(Tx::on)
    };
    let mut tx = made.await.map_err(|e| super::error::mapped(&e))?;
    tx.script(schema).await?;
    Ok(objects(&tx.read(&own::schema_objects()).await?))
}

async fn tables_of_the_build(tx: &mut Tx) -> Result<BTreeMap<String, String>, DbError> {
    let mut found = objects(&tx.read(&own::schema_objects()).await?);
    found.retain(|name, _| !name.starts_with("athyper_"));
    Ok(found)
}

fn fingerprint(objects: &BTreeMap<String, String>) -> String {
    let text: String = objects.iter().map(|(name, sql)| format!("{name}\0{sql}\0")).collect();
    Hash::of(text.as_bytes()).as_str().to_owned()
}

fn objects(rows: &[Row]) -> BTreeMap<String, String> {
    let text = |row: &Row, column| row.text(column).unwrap_or_default().to_owned();
    rows.iter().map(|row| (text(row, 0), text(row, 1))).collect()
}

#[cfg(test)]
mod tests;
