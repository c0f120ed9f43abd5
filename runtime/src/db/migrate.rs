//! Brings an empty database to the schema of a build, and tells whether a database has it.

use std::collections::BTreeMap;

use athyper_schemas::canonical::Hash;
use athyper_schemas::dialect::Dialect;
use jiff::Timestamp;

use super::{Db, DbError, Inner, Row, Tx, sqlite};
use crate::catalog::Build;
use crate::sql::{Script, own};

mod role;
#[cfg(test)]
mod tests;

pub use role::{Granted, Role, grant, role};

/// The runtime's own migrations, in order, on SQLite and on PostgreSQL. One that was released is never edited.
const OURS: &[(&str, &str, &str)] = &[
    (
        "0001_athyper",
        include_str!("../../migrations/sqlite/0001_athyper.sql"),
        include_str!("../../migrations/postgres/0001_athyper.sql"),
    ),
    (
        "0002_files",
        include_str!("../../migrations/sqlite/0002_files.sql"),
        include_str!("../../migrations/postgres/0002_files.sql"),
    ),
    (
        "0003_decisions",
        include_str!("../../migrations/sqlite/0003_decisions.sql"),
        include_str!("../../migrations/postgres/0003_decisions.sql"),
    ),
];

/// The hash of the SQL that made the tables of the build.
const SCHEMA: &str = "schema";
/// The hash of the SQL that made the policies row level security.
const ROW_SECURITY: &str = "row_security";
/// The hash of those tables as SQLite itself tells them; on PostgreSQL the hash of each.
const OBJECTS: &str = "objects";

/// What the database is, compared with the build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It has no tables of ours: `athyper migrate apply` makes them.
    Empty,
    /// It has exactly the schema of the build.
    Current,
    /// It has the schema of the build, and not yet every table that this release keeps for itself: `athyper migrate
    /// apply` adds them.
    Behind,
    /// It has another schema.
    Differs {
        /// The tables and indexes that are not the same, sorted.
        objects: Vec<String>,
    },
}

/// Which of our own tables a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ours {
    /// None: nothing was made yet.
    None,
    /// Those of an older release.
    Some,
    /// All.
    All,
}

/// To which policies row level security holds everybody who asks the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowSecurity {
    /// None: it keeps tenants apart, and no more.
    Tenants,
    /// Those of the build.
    Current,
    /// Those of another build.
    Stale,
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
    /// The build has no SQL for this database.
    #[error(
        "the build has no `sql/{0}/schema.sql`; add `{0}` to `dialects` in `metac.yaml` and compile again"
    )]
    NoSchema(&'static str),
    /// There are no policies for this database.
    #[error(
        "only PostgreSQL holds policies itself: the database must be one, and `postgres` stand in `dialects` in `metac.yaml`"
    )]
    NoRowSecurity,
    /// The database belongs to something else.
    #[error("the database has tables but was not made by athyper; choose an empty one")]
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

/// What every table and index is, by its name.
type Objects = BTreeMap<String, String>;

/// Compares the database with the build. Changes nothing.
///
/// # Errors
/// [`MigrateError`], but never [`MigrateError::Differs`].
pub async fn status(db: &Db, build: &Build) -> Result<Status, MigrateError> {
    let schema = schema(db, build)?;
    let mut tx = db.begin().await?;
    let pending = pending(&mut tx).await?;
    let recorded = if pending.len() == OURS.len() { None } else { recorded(&mut tx, SCHEMA).await? };
    let status = match recorded {
        None => Status::Empty,
        Some(hash) if hash == schema.hash().as_str() => match changed_by_hand(&mut tx, &schema).await? {
            Status::Current if !pending.is_empty() => Status::Behind,
            status => status,
        },
        Some(_) => Status::Differs { objects: differences(&mut tx, &schema).await? },
    };
    tx.rollback().await?;
    Ok(status)
}

/// Makes the runtime's own tables and those of the build, in one transaction, if they are not there.
///
/// # Errors
/// [`MigrateError`]; then nothing was changed.
pub async fn apply(db: &Db, build: &Build) -> Result<Applied, MigrateError> {
    let schema = schema(db, build)?;
    let mut tx = db.begin().await?;
    if tx.dialect() == Dialect::Postgres {
        tx.script(&Script::lock_tables()).await?;
    }
    let now = Timestamp::now().to_string();
    let pending = pending(&mut tx).await?;
    for (name, script) in &pending {
        tx.script(script).await?;
        tx.execute(&own::record_migration(name, script.hash().as_str(), &now)).await?;
    }
    tx.execute(&own::make_secret(tx.dialect())).await?;
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
    let made = tables_of_the_build(&mut tx).await?;
    let made = match tx.dialect() {
        Dialect::Sqlite => fingerprint(&made),
        Dialect::Postgres => hashes(&made),
    };
    tx.execute(&own::record_fact(OBJECTS, &made)).await?;
    tx.commit().await?;
    Ok(Applied::Made)
}

/// Holds everybody who asks the tables past this program to the policies of the build, in place of those of an
/// earlier build. This program holds them itself and goes on seeing the whole tenant.
///
/// # Errors
/// [`MigrateError`]; then nothing was changed.
pub async fn hold_to_policies(db: &Db, build: &Build) -> Result<(), MigrateError> {
    let script = Script::row_security_of(build).filter(|_| db.dialect() == Dialect::Postgres);
    let script = script.ok_or(MigrateError::NoRowSecurity)?;
    let mut tx = db.begin().await?;
    tx.script(&Script::lock_tables()).await?;
    tx.script(&script).await?;
    tx.execute(&own::record_fact(ROW_SECURITY, script.hash().as_str())).await?;
    tx.commit().await?;
    Ok(())
}

/// To which policies the database holds everybody; nothing where it cannot hold any.
///
/// # Errors
/// [`DbError`].
pub async fn row_security(db: &Db, build: &Build) -> Result<Option<RowSecurity>, DbError> {
    if db.dialect() == Dialect::Sqlite {
        return Ok(None);
    }
    let rows = db.read(&own::fact(ROW_SECURITY)).await?;
    let wanted = Script::row_security_of(build).map(|script| script.hash());
    Ok(Some(match rows.first().and_then(|row| row.text(0)) {
        None => RowSecurity::Tenants,
        Some(there) if wanted.is_some_and(|wanted| wanted.as_str() == there) => RowSecurity::Current,
        Some(_) => RowSecurity::Stale,
    }))
}

fn schema(db: &Db, build: &Build) -> Result<Script, MigrateError> {
    let dialect = db.dialect();
    Script::schema_of(build, dialect).ok_or(MigrateError::NoSchema(dialect.facts().name))
}

/// Which of the tables that this release keeps for itself are there.
///
/// # Errors
/// [`MigrateError`]: those of another release, or of something else.
pub async fn ours(db: &Db) -> Result<Ours, MigrateError> {
    let mut tx = db.begin().await?;
    let pending = pending(&mut tx).await?;
    tx.rollback().await?;
    Ok(match pending.len() {
        0 => Ours::All,
        count if count == OURS.len() => Ours::None,
        _ => Ours::Some,
    })
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
    let dialect = tx.dialect();
    let objects = objects(&tx.read(&own::schema_objects(dialect)).await?);
    let applied = if objects.contains_key("athyper_migrations") {
        tx.read(&own::applied_migrations()).await?
    } else if objects.is_empty() {
        Vec::new()
    } else {
        return Err(MigrateError::Foreign);
    };
    let mut ours = OURS.iter().map(|(name, sqlite, postgres)| {
        (*name, Script::ours(if dialect == Dialect::Sqlite { sqlite } else { postgres }))
    });
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

/// Whether the tables that were made are still there as they were made. What somebody added beside them is his.
async fn changed_by_hand(tx: &mut Tx, schema: &Script) -> Result<Status, DbError> {
    let mut there = tables_of_the_build(tx).await?;
    let made = recorded(tx, OBJECTS).await?;
    let wanted = match tx.dialect() {
        Dialect::Sqlite if made == Some(fingerprint(&there)) => return Ok(Status::Current),
        Dialect::Sqlite => made_in_memory(schema).await?,
        Dialect::Postgres => {
            there.values_mut().for_each(|text| *text = hash(text));
            read_hashes(&made.unwrap_or_default())
        }
    };
    let objects: Vec<String> =
        wanted.into_iter().filter(|(name, sql)| there.get(name) != Some(sql)).map(|(name, _)| name).collect();
    Ok(if objects.is_empty() { Status::Current } else { Status::Differs { objects } })
}

/// Names what differs.
async fn differences(tx: &mut Tx, schema: &Script) -> Result<Vec<String>, DbError> {
    let found = tables_of_the_build(tx).await?;
    let wanted = match tx.dialect() {
        Dialect::Sqlite => made_in_memory(schema).await?,
        Dialect::Postgres => made_beside(tx, schema).await?,
    };
    let names = wanted.keys().chain(found.keys());
    let mut differing: Vec<String> = names.filter(|n| wanted.get(*n) != found.get(*n)).cloned().collect();
    differing.sort();
    differing.dedup();
    Ok(differing)
}

/// What the schema makes in an empty database.
async fn made_in_memory(schema: &Script) -> Result<Objects, DbError> {
    let mut tx = sqlite::Tx::in_memory().await?;
    tx.script(schema).await?;
    Ok(objects(&tx.read(&own::schema_objects(Dialect::Sqlite)).await?))
}

/// The same on PostgreSQL: in a place of its own that is undone again. Who may not make one learns less.
async fn made_beside(tx: &mut Tx, schema: &Script) -> Result<Objects, DbError> {
    tx.mark().await?;
    let made = async {
        tx.script(&Script::ours(BESIDE)).await?;
        tx.script(schema).await?;
        tables_of_the_build(tx).await
    };
    let made = made.await;
    tx.undo().await?;
    match made {
        Err(DbError::Denied) => Ok(Objects::new()),
        made => made,
    }
}

const BESIDE: &str = "CREATE SCHEMA \"athyper_compared\"; SET LOCAL search_path = \"athyper_compared\"";

async fn tables_of_the_build(tx: &mut Tx) -> Result<Objects, DbError> {
    let mut found = objects(&tx.read(&own::schema_objects(tx.dialect())).await?);
    found.retain(|name, _| !name.starts_with("athyper_"));
    Ok(found)
}

fn fingerprint(objects: &Objects) -> String {
    let text: String = objects.iter().map(|(name, sql)| format!("{name}\0{sql}\0")).collect();
    hash(&text)
}

fn hash(text: &str) -> String {
    Hash::of(text.as_bytes()).as_str().to_owned()
}

/// One line for each object: its name and its hash.
fn hashes(objects: &Objects) -> String {
    objects.iter().map(|(name, text)| format!("{name}\t{}\n", hash(text))).collect()
}

fn read_hashes(text: &str) -> Objects {
    let line = |line: &str| line.split_once('\t').map(|(name, hash)| (name.to_owned(), hash.to_owned()));
    text.lines().filter_map(line).collect()
}

fn objects(rows: &[Row]) -> Objects {
    let text = |row: &Row, column| row.text(column).unwrap_or_default().to_owned();
    rows.iter().map(|row| (text(row, 0), text(row, 1))).collect()
}

impl Tx {
    /// What the database speaks.
    fn dialect(&self) -> Dialect {
        match self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
        }
    }
}
