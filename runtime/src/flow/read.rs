//! Reads: decide, plan, ask the database once, write the answer.

use athyper_schemas::bundle::Action;
use bytes::Bytes;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::catalog::EntityId;
use crate::config::Limits;
use crate::db::{Db, Row, Tx, migrate};
use crate::plan::{self, Cursors, RecordPlan};
use crate::policy::{self, Access};
use crate::problem::Problem;
use crate::request::query::Query;
use crate::shape::{self, Misshapen};
use crate::sql;
use crate::who::{Principal, Scope};

/// Everything that reads.
#[derive(Debug)]
pub struct ReadSide {
    db: Db,
    limits: Limits,
    cursors: OnceCell<Cursors>,
}

/// One record as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The JSON object.
    pub body: Bytes,
    /// Its version; the `ETag` is this number in quotes.
    pub version: i64,
}

impl ReadSide {
    /// The read side of a database.
    #[must_use]
    pub fn new(db: Db, limits: Limits) -> Self {
        Self { db, limits, cursors: OnceCell::new() }
    }

    /// A page of records, or groups with figures: the JSON of the answer. `query` is the query string as it came.
    ///
    /// # Errors
    /// A problem for the client.
    pub async fn list(
        &self,
        scope: &Scope,
        principal: &Principal,
        entity: EntityId,
        query: &str,
    ) -> Result<Bytes, Problem> {
        let access = policy::decide(scope, principal, entity, Action::Read)?;
        let query = Query::of_list(query);
        if query.wants_groups() { self.groups(access, query).await } else { self.page(access, query).await }
    }

    async fn page(&self, access: Access, query: Query) -> Result<Bytes, Problem> {
        let cursors = self.cursors().await?;
        let plan = plan::list(access, query, &self.limits, cursors)?;
        refuse_filter(plan.filter())?;
        let rows = self.db.read(&sql::read::list(&plan)).await?;
        let row = rows.first();
        let page = shape::page(&plan, text(row), row.and_then(|row| row.int(1)), cursors)?;
        Ok(page.into())
    }

    async fn groups(&self, access: Access, query: Query) -> Result<Bytes, Problem> {
        let plan = plan::groups(access, query, &self.limits)?;
        refuse_filter(plan.filter())?;
        let rows = self.db.read(&sql::read::groups(&plan)).await?;
        Ok(shape::groups(&plan, text(rows.first()))?.into())
    }

    /// One record. `query` is the query string as it came.
    ///
    /// # Errors
    /// A problem for the client; not found also when the caller may not read it.
    pub async fn record(
        &self,
        scope: &Scope,
        principal: &Principal,
        (entity, id): (EntityId, Uuid),
        query: &str,
    ) -> Result<Record, Problem> {
        let access = policy::decide(scope, principal, entity, Action::Read)?;
        let plan = plan::record(access, id, Query::of_record(query), &self.limits)?;
        let rows = self.db.read(&sql::read::record(&plan)).await?;
        shaped(&plan, rows.first())?.ok_or_else(Problem::not_found)
    }

    async fn cursors(&self) -> Result<&Cursors, Problem> {
        let made =
            self.cursors.get_or_try_init(async || migrate::secret(&self.db).await.map(|s| Cursors::new(&s)));
        Ok(made.await?)
    }
}

/// The record `id` as the transaction sees it, children included: the answer to a write.
///
/// # Errors
/// A problem for the client.
pub(crate) async fn written(tx: &mut Tx, access: Access, id: Uuid) -> Result<Option<Record>, Problem> {
    let plan = plan::whole_record(access, id);
    let rows = tx.read(&sql::read::record(&plan)).await?;
    shaped(&plan, rows.first())
}

fn shaped(plan: &RecordPlan, row: Option<&Row>) -> Result<Option<Record>, Problem> {
    let Some(row) = row else { return Ok(None) };
    let body = shape::record(plan, text(Some(row)))?;
    Ok(Some(Record { body: body.into(), version: row.int(1).unwrap_or(0) }))
}

fn refuse_filter(filter: Option<&athyper_schemas::ir::Node>) -> Result<(), Problem> {
    filter.map_or(Ok(()), |_| Err(Problem::query("filter", "unsupported", "conditions are not served")))
}

/// The first cell; nothing when there is no row or no record.
fn text(row: Option<&Row>) -> &str {
    row.and_then(|row| row.text(0)).unwrap_or_default()
}

impl From<Misshapen> for Problem {
    fn from(error: Misshapen) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests;
