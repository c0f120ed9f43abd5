//! Making a record, with its owned children.

use uuid::Uuid;

use super::session::{Session, invalid};
use super::write::{Answer, Call, WriteSide, Wrote};
use crate::catalog::EntityId;
use crate::draft::merge::Merge;
use crate::policy::{self, Access};
use crate::problem::Problem;
use crate::request::document::{Document, Purpose};
use crate::value::field_problem::Pointer;
use crate::value::rules::Names;
use athyper_schemas::bundle::Action;

impl WriteSide {
    /// Makes a record from a JSON body.
    ///
    /// # Errors
    /// The problem the client is told.
    pub async fn create(&self, call: &Call<'_>, entity: EntityId, body: &[u8]) -> Result<Answer, Problem> {
        let access = policy::decide(call.scope, call.principal, entity, Action::Create)?;
        let document = self.document(call, entity, (body, Purpose::Create), &Names::new())?;
        self.once(call, async |session| {
            session.answers(call, entity);
            let id = session.create(&access, document, Pointer::Root("")).await?;
            session.answer(call, entity, Wrote::Created(id)).await
        })
        .await
    }
}

impl Session {
    /// Makes a record; its id.
    pub(crate) async fn create(
        &mut self,
        access: &Access,
        document: Document,
        at: Pointer<'_>,
    ) -> Result<Uuid, Problem> {
        let catalog = self.catalog();
        let mut merge = Merge { catalog: &catalog, problems: Vec::new() };
        let mut draft = merge.create(access.entity(), document, at);
        if !merge.problems.is_empty() {
            return Err(invalid(merge.problems));
        }
        self.finish(access, &mut draft, at).await?;
        Ok(draft.id)
    }
}
