//! Removing a record on request.

use athyper_schemas::bundle::Action;
use uuid::Uuid;

use super::session::Session;
use super::update::version;
use super::write::{Answer, Call, WriteSide, Wrote};
use crate::catalog::EntityId;
use crate::decision::Taken;
use crate::policy::{self, Access};
use crate::problem::Problem;
use crate::request::prefer::Condition;
use crate::sql::write::Dead;

impl WriteSide {
    /// Removes a record.
    ///
    /// # Errors
    /// The problem the client is told.
    pub async fn delete(&self, call: &Call<'_>, entity: EntityId, id: Uuid) -> Result<Answer, Problem> {
        let access = policy::decide(call.scope, call.principal, entity, Action::Delete)?;
        let condition = (&call.condition, self.settings.if_match_required);
        self.once(call, async |session| {
            session.delete(&access, id, condition).await?;
            session.answer(call, entity, Wrote::Removed).await
        })
        .await
    }
}

impl Session {
    /// Removes a record if it has the version that is meant.
    pub(crate) async fn delete(
        &mut self,
        access: &Access,
        id: Uuid,
        (condition, required): (&Condition, bool),
    ) -> Result<(), Problem> {
        let stored = if self.asks_children(access.entity(), Action::Delete) {
            self.load(access.entity(), id, Dead::Hidden).await?
        } else {
            self.load_alone(access.entity(), id).await?
        };
        let stored =
            stored.ok_or_else(|| Problem::not_found().refusing(Taken::of(access, Some(id), Vec::new())))?;
        self.may_begin(access, &stored).await?;
        condition.judge(version(access.entity(), &stored), required)?;
        self.remove(access, access.entity().id(), id).await
    }
}
