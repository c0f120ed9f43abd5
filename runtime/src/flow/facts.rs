//! What the rules look at when they decide about one record: the record as it is and as it would become, the moment, and
//! whoever asks. Loaded once for a decision, and asked as often as need be.
//!
//! May not enter: what rules mean (`athyper_policy` knows that); what becomes of a request that is refused.

use std::sync::Arc;

use athyper_expr::Value;
use athyper_expr::eval::{Context, Program};
use athyper_policy::{Caller, Images, Judged, Verdict};
use athyper_schemas::bundle::Action;
use uuid::Uuid;

use super::finish::exhausted;
use super::session::Session;
use crate::catalog::{Catalog, Entity, EntityId, Field};
use crate::draft::Draft;
use crate::draft::behaviour::{Asks, Needs};
use crate::draft::derive::Moment;
use crate::policy::Access;
use crate::problem::Problem;
use crate::who::Principal;

/// The facts of a decision about one record.
#[derive(Debug)]
pub(super) struct Facts<'f> {
    about: About<'f>,
    moment: Arc<Moment>,
    /// The record as it is; one that is being made, as it is about to be.
    now: Vec<Value>,
    /// As it would become, when it is there and somebody has said that.
    after: Option<Vec<Value>>,
}

/// Who would do what with a record of which entity.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'f> {
    pub entity: &'f Entity,
    pub principal: &'f Principal,
    pub action: Action,
}

impl Session {
    /// The facts about a record as it is; to make one, as it is about to be.
    pub(super) async fn facts<'f>(&mut self, about: About<'f>, record: &Draft) -> Result<Facts<'f>, Problem> {
        let catalog = self.catalog();
        let now = self.image(record, needs(&catalog, about)).await?;
        Ok(Facts { about, moment: self.moment(), now, after: None })
    }

    /// The facts about a record as it is, and as it is about to be written.
    pub(super) async fn facts_of_change<'f>(
        &mut self,
        about: About<'f>,
        draft: &Draft,
    ) -> Result<Facts<'f>, Problem> {
        let catalog = self.catalog();
        let Some(old) = draft.before(&catalog) else { return self.facts(about, draft).await };
        let needs = needs(&catalog, about);
        let after = self.image(draft, needs).await?;
        let now = self.image(&old, needs).await?;
        Ok(Facts { about, moment: self.moment(), now, after: Some(after) })
    }

    /// The facts about the fields of a record: as it is, a new one as it is about to be.
    pub(super) async fn facts_of_fields<'f>(
        &mut self,
        about: About<'f>,
        record: &Draft,
    ) -> Result<Facts<'f>, Problem> {
        let catalog = self.catalog();
        let old = record.before(&catalog);
        let needs = asks(&catalog, about.entity.id()).map(|asks| &asks.fields);
        let now = self.image(old.as_ref().unwrap_or(record), needs).await?;
        Ok(Facts { about, moment: self.moment(), now, after: None })
    }

    /// The facts about reading these loaded records, each by itself.
    pub(super) async fn facts_of_loaded<'f>(
        &mut self,
        about: About<'f>,
        ids: &[Uuid],
    ) -> Result<Vec<(Uuid, Facts<'f>)>, Problem> {
        let catalog = self.catalog();
        let entity = about.entity.id();
        let Some(needs) = needs(&catalog, about) else { return Ok(Vec::new()) };
        self.needs_behind(entity, ids, needs).await?;
        let facts = |id: &Uuid| {
            let now = self.pool.seen(&catalog, entity, *id, needs)?;
            Some((*id, Facts { about, moment: self.moment(), now, after: None }))
        };
        Ok(ids.iter().filter_map(facts).collect())
    }

    /// A record with what the rules need behind it.
    async fn image(&mut self, record: &Draft, needs: Option<&Needs>) -> Result<Vec<Value>, Problem> {
        let Some(needs) = needs else { return Ok(record.values.clone()) };
        self.needs_of(record, needs).await?;
        Ok(self.pool.image(&self.catalog(), record, needs, None))
    }
}

impl<'f> Facts<'f> {
    /// Who asks.
    pub(super) fn caller(&self) -> Caller<'f> {
        self.about.principal.capacity().caller()
    }

    /// What every rule that speaks to him comes to, and what follows. A rule about what the record would become is unknown
    /// while that is.
    pub(super) fn verdict(&self) -> Result<Verdict<'f>, Problem> {
        let now = self.now();
        let after = match &self.after {
            Some(after) => Some(Context { this: after, old: Some(&self.now), ..now }),
            None => (self.about.action == Action::Create).then_some(now),
        };
        let images = Images { now: &now, after: after.as_ref() };
        self.about.entity.rules().decide(self.about.action, self.caller(), images).map_err(exhausted)
    }

    /// Whether it may be allowed, whatever the record becomes.
    pub(super) fn may_begin(&self) -> Result<bool, Problem> {
        let rules = self.about.entity.rules();
        rules.may_begin(self.about.action, self.caller(), &self.now()).map_err(exhausted)
    }

    /// `allow` or `deny`; `depends` where that hangs on what the record would become.
    pub(super) fn decision(&self, verdict: &Verdict<'_>) -> Result<&'static str, Problem> {
        let waits = self.about.entity.rules().awaits(self.about.action);
        Ok(match verdict.allowed {
            true => "allow",
            false if waits && self.may_begin()? => "depends",
            false => "deny",
        })
    }

    /// Whether he may change a field.
    pub(super) fn may_change(&self, field: &Field) -> Result<bool, Problem> {
        let guards = self.about.entity.guards();
        guards.may_change(field.name(), self.caller(), &self.now()).map_err(exhausted)
    }

    /// What a rule gives back.
    pub(super) fn output(&self, judged: &Judged<'_>) -> Result<Option<Value>, Problem> {
        let rule = (judged.policy, judged.rule.id.as_str());
        self.about.entity.rules().output(rule, &self.now()).map_err(exhausted)
    }

    /// The value of a part of a condition; nothing when it takes too many steps.
    pub(super) fn value(&self, program: &Program) -> Option<Value> {
        program.evaluate(&self.now()).ok()
    }

    fn now(&self) -> Context<'_> {
        let moment = &self.moment;
        Context { this: &self.now, old: None, user: &moment.user, now_us: moment.now_us, today: moment.today }
    }
}

impl<'f> About<'f> {
    /// What this access is about.
    pub(super) fn of(access: &'f Access) -> Self {
        Self { entity: access.entity(), principal: access.principal(), action: access.action() }
    }
}

/// What the policies of an entity look at.
pub(super) fn asks(catalog: &Catalog, entity: EntityId) -> Option<&Asks> {
    catalog.behaviours().entity(entity.index()).map(|behaviour| &behaviour.asks)
}

fn needs<'c>(catalog: &'c Catalog, about: About<'_>) -> Option<&'c Needs> {
    asks(catalog, about.entity.id()).map(|asks| asks.about(about.action))
}
