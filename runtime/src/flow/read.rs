//! Reads: decide, plan, ask the database once, write the answer.

use std::sync::Arc;

use athyper_schemas::bundle::Action;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::shapes::Shapes;
use crate::catalog::EntityId;
use crate::config::Limits;
use crate::db::{Db, Row, migrate};
use crate::plan::{self, Cursors, GroupOutline, ListOutline, Moment, RecordPlan, Selection};
use crate::policy::{self, Access};
use crate::problem::Problem;
use crate::request::query::Query;
use crate::shape::{self, Masks, Misshapen};
use crate::sql::{self, Bind, Filling, Statement, Template};
use crate::who::{Principal, Scope};

mod table;

pub use table::Table;

/// Everything that reads.
#[derive(Debug)]
pub struct ReadSide {
    db: Db,
    limits: Limits,
    secrets: OnceCell<(Cursors, Masks)>,
    lists: Shapes<ListOutline>,
    groups: Shapes<GroupOutline>,
    records: Shapes<Selection>,
}

/// A list as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The JSON object.
    pub json: Bytes,
    /// How many records it has; nothing for groups.
    pub records: Option<u32>,
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
        let (lists, groups, records) = (Shapes::default(), Shapes::default(), Shapes::default());
        Self { db, limits, secrets: OnceCell::new(), lists, groups, records }
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
    ) -> Result<Page, Problem> {
        let access = policy::decide(scope, principal, entity, Action::Read)?;
        let asked = Query::of_list(query);
        if asked.wants_groups() {
            self.groups(access, asked, query).await
        } else {
            self.page(access, asked, query).await
        }
    }

    async fn page(&self, access: Access, mut asked: Query, text: &str) -> Result<Page, Problem> {
        let (cursors, masks) = self.secrets().await?;
        let cursor = asked.cursor.take();
        let shape = self.lists.shape(&access, text, || plan::list_outline(&access, asked, &self.limits))?;
        let plan = plan::list(access, shape.outline(), cursor.as_deref(), cursors)?;
        let template = shape.template(plan.after().is_some(), || sql::read::list(&plan))?;
        let with = Asked { keys: plan.keys(), ..Asked::rows(plan.rows()) };
        let row = self.db.read_one(&fill(template, plan.access(), &with)).await?;
        let count = row.as_ref().and_then(|row| row.int(1));
        let (json, records) = shape::page(&plan, text_of(row.as_ref()), count, (cursors, masks))?;
        Ok(Page { json: json.into(), records: Some(records) })
    }

    async fn groups(&self, access: Access, asked: Query, text: &str) -> Result<Page, Problem> {
        let shape = self.groups.shape(&access, text, || plan::group_outline(&access, asked, &self.limits))?;
        let plan = plan::groups(access, shape.outline());
        let template = shape.template(false, || sql::read::groups(&plan))?;
        let row = self.db.read_one(&fill(template, plan.access(), &Asked::rows(plan.limit()))).await?;
        Ok(Page { json: shape::groups(&plan, text_of(row.as_ref()))?.into(), records: None })
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
        let asked = || plan::record_outline(&access, Query::of_record(query), &self.limits);
        let shape = self.records.shape(&access, query, asked)?;
        let plan = plan::record(access, id, shape.outline());
        let template = shape.template(false, || sql::read::record(&plan))?;
        let row = self.db.read_one(&fill(template, plan.access(), &Asked::id(id))).await?;
        let (_, masks) = self.secrets().await?;
        shaped(&plan, row.as_ref(), masks)?.ok_or_else(Problem::not_found)
    }

    async fn secrets(&self) -> Result<&(Cursors, Masks), Problem> {
        let make = async || migrate::secret(&self.db).await.map(|s| (Cursors::new(&s), Masks::new(&s)));
        Ok(self.secrets.get_or_try_init(make).await?)
    }
}

/// A record as its transaction sees it, children included: the answer to a write.
#[derive(Debug)]
pub(crate) struct Written {
    plan: RecordPlan,
    statement: Statement,
}

impl Written {
    /// The record `id`. Statements are kept in `shapes`, if there are any.
    ///
    /// # Errors
    /// A problem for the client.
    pub(super) fn of(access: Access, id: Uuid, shapes: Option<&Shapes<Selection>>) -> Result<Self, Problem> {
        let Some(shapes) = shapes else {
            let whole = Arc::new(plan::whole(&access));
            let plan = plan::record(access, id, whole);
            let statement = fill(&sql::read::record(&plan)?, plan.access(), &Asked::written(id));
            return Ok(Self { plan, statement });
        };
        let shape = shapes.shape(&access, "", || Ok(plan::whole(&access)))?;
        let plan = plan::record(access, id, shape.outline());
        let template = shape.template(false, || sql::read::record(&plan))?;
        let statement = fill(template, plan.access(), &Asked::written(id));
        Ok(Self { plan, statement })
    }

    /// What to ask the transaction.
    pub(super) fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The answer, given what the transaction said.
    ///
    /// # Errors
    /// When it said something else than planned.
    pub(super) fn shaped(&self, row: Option<&Row>, masks: Option<&Masks>) -> Result<Option<Record>, Problem> {
        let masks =
            masks.ok_or_else(|| Problem::internal(anyhow::anyhow!("an answer where none is asked for")))?;
        shaped(&self.plan, row, masks)
    }
}

fn shaped(plan: &RecordPlan, row: Option<&Row>, masks: &Masks) -> Result<Option<Record>, Problem> {
    let Some(row) = row else { return Ok(None) };
    let body = shape::record(plan, text_of(Some(row)), masks)?;
    Ok(Some(Record { body: body.into(), version: row.int(1).unwrap_or(0) }))
}

/// What a request asks for besides its shape.
#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    id: Option<Uuid>,
    limit: u32,
    keys: &'a [Bind],
    in_transaction: bool,
}

impl Asked<'static> {
    const fn id(id: Uuid) -> Self {
        Self { id: Some(id), limit: 1, keys: &[], in_transaction: false }
    }

    const fn rows(limit: u32) -> Self {
        Self { id: None, limit, keys: &[], in_transaction: false }
    }

    const fn written(id: Uuid) -> Self {
        Self { in_transaction: true, ..Self::id(id) }
    }
}

/// The statement for this request, now.
fn fill(template: &Template, access: &Access, asked: &Asked<'_>) -> Statement {
    let moment = Moment::of(access.principal(), Timestamp::now().as_microsecond());
    let Asked { id, limit, keys, in_transaction } = *asked;
    template.fill(&Filling { access, moment: &moment, id, limit, keys, in_transaction })
}

/// The statement that finds the ids of every record which this access reaches.
///
/// # Errors
/// When a condition cannot be asked of the database.
pub(super) fn reaching(access: &Access) -> Result<Statement, Problem> {
    Ok(fill(&sql::read::reach(access)?, access, &Asked::rows(0)))
}

/// The first cell; nothing when there is no row or no record.
fn text_of(row: Option<&Row>) -> &str {
    row.and_then(|row| row.text(0)).unwrap_or_default()
}

impl From<Misshapen> for Problem {
    fn from(error: Misshapen) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests;
