//! The registry of tenants: who is served. A token names its tenant; only here that becomes a
//! [`Principal`]. May not enter: what a tenant's users may do.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use smol_str::SmolStr;

use crate::auth::Verified;
use crate::catalog::Catalog;
use crate::db::{Db, DbError, Violation};
use crate::problem::{Kind, Problem};
use crate::sql::own;
use crate::who::{Principal, TenantId};

/// How long the state of a tenant is remembered: a suspension made by another program works after this time.
const REMEMBERED: Duration = Duration::from_secs(1);
const LONGEST_NAME: usize = 63;

/// What one server knows about its tenants.
pub struct Registry {
    db: Db,
    seen: moka::future::Cache<SmolStr, Option<TenantId>>,
}

/// A registered tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// As tokens write it.
    pub name: String,
    /// As rows carry it.
    pub id: String,
    /// Whether it is served.
    pub active: bool,
    /// When it was registered.
    pub created_at: String,
}

/// Why the registry was not changed.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// The name is not one that a tenant can have.
    #[error(
        "`{0}` can not be a tenant's name: use 1 to 63 lower-case letters, digits and single hyphens, starting with a letter"
    )]
    Name(String),
    /// It is there already.
    #[error("there is already a tenant `{0}`")]
    Exists(String),
    /// It is not there.
    #[error("there is no tenant `{0}`{1}")]
    Unknown(String, String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Registry {
    /// The registry in this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        let seen = moka::future::Cache::builder().max_capacity(10_000).time_to_live(REMEMBERED).build();
        Self { db, seen }
    }

    /// The caller that the token speaks of, if his tenant is served.
    ///
    /// # Errors
    /// [`Kind::TenantUnavailable`] for an unknown and a suspended tenant alike; [`Kind::Unauthenticated`] when the
    /// token lacks what the model has to know of a caller.
    pub async fn admit(&self, verified: &Verified, catalog: &Catalog) -> Result<Principal, Problem> {
        let name = verified.tenant();
        let found = match self.seen.get(name).await {
            Some(found) => found,
            None if is_name(name) => self
                .seen
                .try_get_with(SmolStr::new(name), active(&self.db, name))
                .await
                .map_err(|e: Arc<DbError>| Problem::from(DbError::clone(&e)))?,
            None => None,
        };
        let Some(tenant) = found else {
            tracing::info!(tenant = name, "tenant is unknown or suspended");
            return Err(Problem::new(Kind::TenantUnavailable));
        };
        Ok(verified.principal(&tenant, catalog)?)
    }
}

async fn active(db: &Db, name: &str) -> Result<Option<TenantId>, DbError> {
    let row = db.read_one(&own::tenant(name)).await?.filter(|row| row.text(1) == Some("active"));
    Ok(row.as_ref().and_then(|row| row.text(0)).and_then(TenantId::parse))
}

/// Whether a tenant can have this name. A name stays with its tenant for ever: tokens carry it.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

/// Every tenant, by name.
///
/// # Errors
/// [`DbError`].
pub async fn list(db: &Db) -> Result<Vec<Tenant>, DbError> {
    let rows = db.read(&own::tenants()).await?;
    let text = |row: &crate::db::Row, column| row.text(column).unwrap_or_default().to_owned();
    Ok(rows
        .iter()
        .map(|row| Tenant {
            name: text(row, 0),
            id: text(row, 1),
            active: row.text(2) == Some("active"),
            created_at: text(row, 3),
        })
        .collect())
}

/// Why nobody is served in the name of this tenant, and what ends that.
#[must_use]
pub fn unserved(name: &str, all: &[Tenant]) -> Option<String> {
    match all.iter().find(|tenant| tenant.name == name) {
        Some(tenant) if tenant.active => None,
        Some(_) => {
            Some(format!("the tenant `{name}` is suspended; `athyper tenant resume {name}` ends that"))
        }
        None => {
            let near = crate::config::layers::nearest(name, all.iter().map(|tenant| tenant.name.as_str()));
            let hint =
                if near.is_empty() { format!("; `athyper tenant add {name}` registers it") } else { near };
            Some(format!("there is no tenant `{name}`{hint}"))
        }
    }
}

/// The tenant with this name.
///
/// # Errors
/// When there is none.
pub async fn find(db: &Db, name: &str) -> Result<TenantId, TenantError> {
    let tenants = list(db).await?;
    let found = tenants.iter().find(|t| t.name == name).and_then(|t| TenantId::parse(&t.id));
    found.ok_or_else(|| {
        let hint = crate::config::layers::nearest(name, tenants.iter().map(|t| t.name.as_str()));
        TenantError::Unknown(name.to_owned(), hint)
    })
}

/// Registers a tenant; its id.
///
/// # Errors
/// When it can not have this name, or is there already.
pub async fn add(db: &Db, name: &str) -> Result<TenantId, TenantError> {
    if !is_name(name) {
        return Err(TenantError::Name(name.to_owned()));
    }
    let id = TenantId::new(uuid::Uuid::now_v7());
    let mut tx = db.begin().await?;
    match tx.execute(&own::add_tenant(id.as_str(), name, &Timestamp::now().to_string())).await {
        Ok(_) => tx.commit().await?,
        Err(DbError::Violation(Violation::Unique { .. })) => {
            return Err(TenantError::Exists(name.to_owned()));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(id)
}

/// Serves a tenant, or stops serving it. Its data stay as they are.
///
/// # Errors
/// When there is no such tenant.
pub async fn set_active(db: &Db, name: &str, active: bool) -> Result<(), TenantError> {
    let state = if active { "active" } else { "suspended" };
    let mut tx = db.begin().await?;
    if tx.execute(&own::set_tenant_state(name, state)).await? == 0 {
        tx.rollback().await?;
        let known = list(db).await?;
        let hint = crate::config::layers::nearest(name, known.iter().map(|t| t.name.as_str()));
        return Err(TenantError::Unknown(name.to_owned(), hint));
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_are_plain_words() {
        assert!(["acme", "acme-2", "a"].into_iter().all(is_name));
        let long = "a".repeat(64);
        assert!(
            ["", "Acme", "2acme", "a--b", "-a", "a-", "a b", "ä", long.as_str()]
                .into_iter()
                .all(|n| !is_name(n))
        );
    }
}
