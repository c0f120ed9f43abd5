//! The role that serves on PostgreSQL: neither an owner of tables nor above row security, so that a tenant's rows stay
//! his whatever a statement says.

use athyper_schemas::dialect::Dialect;

use super::MigrateError;
use crate::catalog::Build;
use crate::db::{Db, DbError, Violation};
use crate::sql::{Script, own};

/// What the database lets us do, who connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Why it must not serve; nothing when it may.
    pub unfit: Option<&'static str>,
}

/// Whether the serving role can serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// It can.
    Done {
        /// Whether it was made just now and has no password yet.
        is_new: bool,
    },
    /// Nobody needs one here.
    NotNeeded,
    /// A person who may do more has to run this first.
    NeedsMore {
        /// SQL statements.
        sql: String,
    },
}

/// As whom we are connected; nothing where there are no roles.
///
/// # Errors
/// [`DbError`].
pub async fn role(db: &Db) -> Result<Option<Role>, DbError> {
    if db.dialect() == Dialect::Sqlite {
        return Ok(None);
    }
    let row = db.read_one(&own::role()).await?.ok_or(DbError::Broken)?;
    let says = |column| row.int(column) == Some(1);
    let unfit = match (says(1), says(2), says(3)) {
        (true, ..) => Some("it is a superuser"),
        (_, true, _) => Some("it has BYPASSRLS"),
        (.., true) => Some("it owns the tables"),
        _ => None,
    };
    Ok(Some(Role { name: row.text(0).unwrap_or_default().to_owned(), unfit }))
}

/// How often two who settle the same role at the same time make way for each other.
const ATTEMPTS: usize = 10;

/// Gives the serving role what serving takes; makes the role when it is not there and we may. Roles belong to all
/// databases of a server: whoever meets somebody at it begins again.
///
/// # Errors
/// [`MigrateError::Db`]; then nothing was changed.
pub async fn grant(db: &Db, build: &Build, role: &str) -> Result<Granted, MigrateError> {
    if db.dialect() == Dialect::Sqlite {
        return Ok(Granted::NotNeeded);
    }
    for _ in 1..ATTEMPTS {
        match grant_once(db, build, role).await {
            Err(MigrateError::Db(DbError::Busy | DbError::Violation(Violation::Unique { .. }))) => {}
            granted => return granted,
        }
    }
    grant_once(db, build, role).await
}

async fn grant_once(db: &Db, build: &Build, role: &str) -> Result<Granted, MigrateError> {
    let (make, settle, grants) =
        (Script::make_role(role), Script::settle_role(role), Script::grant(role, build));
    let mut tx = db.begin().await?;
    tx.script(&Script::lock_tables()).await?;
    let is_new = tx.read(&own::role_named(role)).await?.is_empty();
    if is_new {
        match tx.script(&make).await {
            Ok(()) => {}
            Err(DbError::Denied) => {
                let sql = format!("{}{}", make.text(), settle.text());
                return Ok(Granted::NeedsMore { sql });
            }
            Err(error) => return Err(error.into()),
        }
    }
    tx.script(&grants).await?;
    tx.mark().await?;
    match tx.script(&settle).await {
        Ok(()) => tx.keep().await?,
        // Each connection brings the settings along, too.
        Err(DbError::Denied) => tx.undo().await?,
        Err(error) => return Err(error.into()),
    }
    tx.commit().await?;
    Ok(Granted::Done { is_new })
}
