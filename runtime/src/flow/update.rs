//! Changing a record: a patch (RFC 7396), or the whole anew.

use athyper_expr::Value;
use athyper_schemas::bundle::{Action, System};
use uuid::Uuid;

use super::session::{Session, invalid};
use super::write::{Answer, Call, WriteSide, Wrote};
use crate::catalog::{Entity, EntityId, Field, FieldId};
use crate::decision::Taken;
use crate::draft::Stored;
use crate::draft::merge::Merge;
use crate::policy::{self, Access};
use crate::problem::Problem;
use crate::request::document::{Document, Purpose};
use crate::request::prefer::Condition;
use crate::sql::write::Dead;
use crate::value::field_problem::Pointer;
use crate::value::rules::Names;

/// Changes to one record.
#[derive(Debug)]
pub(crate) struct Change<'c> {
    /// Which.
    pub id: Uuid,
    /// What is said about it.
    pub document: Document,
    /// Whether that is all there is to say.
    pub purpose: Purpose,
    /// The version that is meant, and whether one must be named.
    pub condition: (&'c Condition, bool),
}

impl WriteSide {
    /// Changes a record by a JSON body: [`Purpose::Patch`] or [`Purpose::Replace`].
    ///
    /// # Errors
    /// The problem the client is told.
    pub async fn update(
        &self,
        call: &Call<'_>,
        entity: EntityId,
        id: Uuid,
        (body, purpose): (&[u8], Purpose),
    ) -> Result<Answer, Problem> {
        let access = policy::decide(call.scope, call.principal, entity, Action::Update)?;
        let document = self.document(call, entity, (body, purpose), &Names::new())?;
        let condition = (&call.condition, self.settings.if_match_required);
        self.once(call, async |session| {
            let change = Change { id, document, purpose, condition };
            session.answers(call, entity);
            session.change(&access, change, Pointer::Root("")).await?;
            session.answer(call, entity, Wrote::Changed(id)).await
        })
        .await
    }
}

impl Session {
    /// Changes a record. Whether anything is different now.
    pub(crate) async fn change(
        &mut self,
        access: &Access,
        change: Change<'_>,
        at: Pointer<'_>,
    ) -> Result<bool, Problem> {
        let catalog = self.catalog();
        let said: Vec<FieldId> = access
            .entity()
            .fields()
            .iter()
            .map(Field::id)
            .filter(|id| change.document.mentions(*id))
            .collect();
        let alone = change.purpose == Purpose::Patch
            && change.document.children.is_empty()
            && !self.asks_children(access.entity(), Action::Update)
            && catalog.behaviours().leaves_children_alone(&catalog, access.entity(), &said);
        let stored = if alone {
            self.load_alone(access.entity(), change.id).await?
        } else {
            self.load(access.entity(), change.id, Dead::Hidden).await?
        };
        let stored = stored
            .ok_or_else(|| Problem::not_found().refusing(Taken::of(access, Some(change.id), Vec::new())))?;
        self.may_begin(access, &stored).await?;
        let (condition, required) = change.condition;
        condition.judge(version(access.entity(), &stored), required)?;
        let mut merge = Merge { catalog: &catalog, problems: Vec::new() };
        let mut draft = merge.change(stored, change.document, change.purpose, at);
        if !merge.problems.is_empty() {
            return Err(invalid(merge.problems));
        }
        self.finish(access, &mut draft, at).await
    }
}

/// The stored version of a record.
pub(super) fn version(entity: &Entity, stored: &Stored) -> i64 {
    let place = entity.system(System::Version).map(|f| f.id().index());
    match place.and_then(|place| stored.values.get(place)) {
        Some(Value::Int(version)) => *version,
        _ => 0,
    }
}
