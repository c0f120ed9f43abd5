//! Decisions that were kept: read and forgotten.

use std::time::Instant;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::db::{Db, DbError, Row};
use crate::sql::decisions::{self as sql, Wanted};
use crate::tenants::{self, Tenant};
use crate::who::TenantId;

/// Most decisions that are forgotten in one transaction.
const PIECE: u32 = 1000;

/// A decision as it was kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// Its id; later ones are greater.
    pub id: String,
    /// When it was taken, to the microsecond.
    pub at: String,
    /// In which tenant, by its name.
    pub tenant: String,
    /// Who asked; empty for an anonymous caller.
    pub subject: String,
    /// What policies knew of him.
    pub caller: Value,
    /// What he would do.
    pub action: String,
    /// With records of which entity.
    pub entity: String,
    /// With which.
    pub record: Option<String>,
    /// `allow`, `deny` or `absent`.
    pub decision: String,
    /// The rules that decided, obligations, fields that were refused or kept back, and of a list its kind and how many
    /// records.
    #[serde(flatten)]
    pub details: Map<String, Value>,
    /// The hash of the build that decided.
    pub build: String,
    /// To which trace the request belonged.
    pub trace: String,
    /// The id of the request.
    pub request: String,
    /// How long the request took.
    pub micros: i64,
}

/// A time as decisions have it: texts of one length, which sort as times do.
#[must_use]
pub fn time(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// A time such as `2026-11-24T08:00:00Z`; a day such as `2026-11-24` is its beginning in UTC.
#[must_use]
pub fn moment(text: &str) -> Option<Timestamp> {
    if text.len() == "2026-11-24".len() {
        // Longer texts would be read as days, too, whatever time they name.
        return text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp());
    }
    text.parse().ok()
}

/// The latest decisions of these tenants, the oldest first.
///
/// # Errors
/// [`DbError`].
pub async fn find(db: &Db, tenants: &[Tenant], wanted: Wanted<'_>) -> Result<Vec<Decision>, DbError> {
    let mut found = Vec::new();
    for tenant in tenants {
        let Some(id) = TenantId::parse(&tenant.id) else { continue };
        found.extend(of(db, (&id, &tenant.name), wanted).await?);
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    let most = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    Ok(found.split_off(found.len().saturating_sub(most)))
}

/// The latest decisions of one tenant, the latest first.
///
/// # Errors
/// [`DbError`].
pub async fn of(
    db: &Db,
    (tenant, name): (&TenantId, &str),
    wanted: Wanted<'_>,
) -> Result<Vec<Decision>, DbError> {
    let mut tx = db.begin_reading(tenant).await?;
    let rows = tx.read(&sql::find(tenant, wanted)).await?;
    tx.rollback().await?;
    Ok(rows.iter().map(|row| decision(row, name)).collect())
}

fn decision(row: &Row, tenant: &str) -> Decision {
    let text = |column| row.text(column).unwrap_or_default().to_owned();
    Decision {
        id: text(0),
        at: text(1),
        tenant: tenant.to_owned(),
        subject: text(2),
        caller: serde_json::from_str(&text(3)).unwrap_or_default(),
        action: text(4),
        entity: text(5),
        record: row.text(6).map(str::to_owned),
        decision: text(7),
        details: serde_json::from_str(&text(8)).unwrap_or_default(),
        build: text(9),
        trace: text(10),
        request: text(11),
        micros: row.int(12).unwrap_or_default(),
    }
}

/// Forgets the decisions of every tenant that are older than so many days; how many. Nobody who writes waits for more
/// than a piece of it, and nobody at all when there are none.
///
/// # Errors
/// [`DbError`].
pub async fn prune(db: &Db, days: u32) -> Result<u64, DbError> {
    let now = Timestamp::now();
    let oldest = now.checked_sub(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MIN);
    let oldest = time(oldest);
    let mut count = 0;
    for tenant in tenants::list(db).await? {
        let Some(id) = TenantId::parse(&tenant.id) else { continue };
        while has_older(db, &id, &oldest).await? {
            let start = Instant::now();
            let mut tx = db.begin_beside(&id).await?;
            count += tx.execute(&sql::forget(&id, &oldest, PIECE)).await?;
            tx.commit().await?;
            // Another program that waits for the file looks only from time to time whether it is free.
            tokio::time::sleep(start.elapsed()).await;
        }
    }
    Ok(count)
}

async fn has_older(db: &Db, tenant: &TenantId, than: &str) -> Result<bool, DbError> {
    let mut tx = db.begin_reading(tenant).await?;
    let found = tx.read(&sql::is_there(tenant, than)).await?;
    tx.rollback().await?;
    Ok(!found.is_empty())
}
