//! The write side as the edges see it: one transaction per call, done once per idempotency key, undone for a dry
//! run, refused when it would change more than the client allows.

use std::sync::Arc;

use athyper_schemas::bundle::Action;
use bytes::Bytes;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::idempotency::{InFlight, Key};
use super::read::{Record, Written};
use super::session::{Answering, Session, invalid};
use super::shapes::Shapes;
use super::update;
use crate::catalog::{Entity, EntityId};
use crate::config::Config;
use crate::db::{Db, migrate};
use crate::decision::Taken;
use crate::plan::Selection;
use crate::policy::{self, Access};
use crate::problem::{Kind, Problem};
use crate::request::document::{Document, Purpose, Reading};
use crate::request::json;
use crate::request::prefer::{Condition, Preferences};
use crate::shape::Masks;
use crate::value::rules::Names;
use crate::who::{Principal, Scope};

/// What an operator decides about writes.
#[derive(Debug, Clone, Copy)]
pub struct WriteSettings {
    /// Deepest nesting of a body.
    pub json_depth: usize,
    /// Most owned children in one list.
    pub most_children: usize,
    /// Most operations in one batch.
    pub most_operations: usize,
    /// Whether a change must name the version it means.
    pub if_match_required: bool,
    /// How long an answer is kept for its idempotency key.
    pub idempotency_hours: u32,
}

impl From<&Config> for WriteSettings {
    fn from(config: &Config) -> Self {
        Self {
            json_depth: config.limits.json_depth,
            most_children: config.limits.children,
            most_operations: config.limits.batch_operations,
            if_match_required: config.http.if_match_required,
            idempotency_hours: config.limits.idempotency_hours,
        }
    }
}

/// Everything that writes.
#[derive(Debug)]
pub struct WriteSide {
    pub(super) db: Db,
    pub(super) settings: WriteSettings,
    pub(super) in_flight: InFlight,
    shapes: Arc<Shapes<Selection>>,
    masks: OnceCell<Arc<Masks>>,
}

/// One call: who, where, and what the headers say.
#[derive(Debug)]
pub struct Call<'c> {
    /// Where.
    pub scope: &'c Scope,
    /// Who.
    pub principal: &'c Principal,
    /// How it is to be done.
    pub preferences: Preferences,
    /// The version that is meant.
    pub condition: Condition,
    /// Under which key it is done once.
    pub key: Option<Key>,
    /// Whether somebody wants to know which rules allowed it.
    pub watched: bool,
}

/// What a write is answered with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Where the record is.
    pub location: Option<String>,
    /// Its version, in quotes.
    pub etag: Option<String>,
    /// The record, if it was asked for and may be read.
    pub body: Option<Bytes>,
    /// What `Preference-Applied` says.
    pub applied: Option<String>,
    /// Whether it was given before, to the same key.
    pub replayed: bool,
    /// What was decided, if somebody wants to know.
    pub taken: Vec<Taken>,
}

/// What was done to a record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wrote {
    /// It is new.
    Created(Uuid),
    /// It was there.
    Changed(Uuid),
    /// It is gone.
    Removed,
}

impl WriteSide {
    /// The write side of a database.
    #[must_use]
    pub fn new(db: Db, settings: WriteSettings) -> Self {
        Self { db, settings, in_flight: InFlight::default(), shapes: Arc::default(), masks: OnceCell::new() }
    }

    /// Reads a body as a document.
    pub(super) fn document(
        &self,
        call: &Call<'_>,
        entity: EntityId,
        (body, purpose): (&[u8], Purpose),
        names: &Names,
    ) -> Result<Document, Problem> {
        let json = json::parse(body, self.settings.json_depth)
            .map_err(|e| Problem::new(Kind::MalformedJson).detail(e.to_string()))?;
        let catalog = call.scope.catalog();
        let reading = Reading {
            catalog,
            principal: call.principal,
            names,
            keeps_numbers: false,
            most_children: self.settings.most_children,
        };
        reading.read(catalog.entity(entity), &json, purpose, "").map_err(invalid)
    }

    async fn masks(&self) -> Result<Arc<Masks>, Problem> {
        let make = async || migrate::secret(&self.db).await.map(|secret| Arc::new(Masks::new(&secret)));
        Ok(Arc::clone(self.masks.get_or_try_init(make).await?))
    }

    /// Runs `work` in one transaction: once per key, undone for a dry run.
    pub(super) async fn once(
        &self,
        call: &Call<'_>,
        work: impl AsyncFnOnce(&mut Session) -> Result<Answer, Problem>,
    ) -> Result<Answer, Problem> {
        let _turn = self.in_flight.take(call)?;
        let masks = self.masks().await?;
        let mut session = Session::begin(&self.db, call.scope, call.principal).await?;
        session.shapes = Some(Arc::clone(&self.shapes));
        session.masks = Some(masks);
        session.watched = call.watched;
        if let Some(answer) = session.replay(call, self.settings.idempotency_hours).await? {
            session.rollback().await?;
            return Ok(answer);
        }
        let mut answer = work(&mut session).await?;
        answer.applied = call.preferences.applied();
        answer.taken = std::mem::take(&mut session.taken);
        if let Some(most) = call.preferences.max_affected.filter(|most| session.affected() > *most) {
            return Err(Problem::new(Kind::TooManyAffected).detail(format!(
                "{} records would change, `max-affected` allows {most}; nothing was written",
                session.affected()
            )));
        }
        if call.preferences.dry_run {
            session.rollback().await?;
        } else {
            session.remember(call, &answer).await?;
            session.commit().await?;
        }
        Ok(answer)
    }
}

impl Session {
    /// Says that the record which is stored next is the one to answer with.
    pub(super) fn answers(&mut self, call: &Call<'_>, entity: EntityId) {
        let readable = policy::decide(call.scope, call.principal, entity, Action::Read);
        if let Some(access) = readable.ok().filter(|_| !call.preferences.minimal) {
            self.answering = Answering::Asked(access);
        }
    }

    /// The answer to a write, read back inside the transaction.
    pub(crate) async fn answer(
        &mut self,
        call: &Call<'_>,
        entity: EntityId,
        wrote: Wrote,
    ) -> Result<Answer, Problem> {
        let (status, id) = match wrote {
            Wrote::Created(id) => (201, id),
            Wrote::Changed(id) => (200, id),
            Wrote::Removed => (204, Uuid::nil()),
        };
        let mut answer = Answer { status, ..Answer::default() };
        let readable = policy::decide(call.scope, call.principal, entity, Action::Read);
        let catalog = self.catalog();
        let entity = catalog.entity(entity);
        if matches!(wrote, Wrote::Created(_)) {
            answer.location = Some(format!("/api/data/{}/{id}", entity.def().url));
        }
        if matches!(wrote, Wrote::Removed) {
            return Ok(answer);
        }
        let version = match readable {
            Ok(access) if !call.preferences.minimal => {
                match self.written(access, id).await? {
                    Some(record) => {
                        answer.body = Some(record.body);
                        record.version
                    }
                    // It was written, and is not among the records that the caller may read.
                    None => self.version(entity, id).await?,
                }
            }
            _ => self.version(entity, id).await?,
        };
        answer.etag = Some(format!("\"{version}\""));
        if status == 200 && answer.body.is_none() {
            answer.status = 204;
        }
        Ok(answer)
    }

    async fn written(&mut self, access: Access, id: Uuid) -> Result<Option<Record>, Problem> {
        match std::mem::replace(&mut self.answering, Answering::Unasked) {
            Answering::Read(read, record) if read == id => Ok(record),
            _ => {
                let written = Written::of(access, id, self.shapes.as_deref())?;
                let row = self.tx.read_one(written.statement()).await?;
                written.shaped(row.as_ref(), self.masks.as_deref())
            }
        }
    }

    async fn version(&mut self, entity: &Entity, id: Uuid) -> Result<i64, Problem> {
        let stored = self.load_alone(entity, id).await?.ok_or_else(Problem::not_found)?;
        Ok(update::version(entity, &stored))
    }
}

#[cfg(test)]
mod tests;
