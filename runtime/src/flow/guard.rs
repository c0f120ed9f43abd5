//! Policies on the write side: asked in the transaction that writes, of the records as it sees them.
//!
//! Lives here: who may read, change and remove these records. May not enter: what the rules mean (`athyper_policy`
//! knows that), loading beyond what they look at.

use std::sync::Arc;

use athyper_expr::Value;
use athyper_expr::eval::{Context, Program};
use athyper_policy::{Caller, Images, Judged, Verdict};
use athyper_schemas::bundle::{Action, Effect};
use uuid::Uuid;

use super::finish::exhausted;
use super::session::Session;
use super::store::is_dirty;
use crate::catalog::{Catalog, Entity, EntityId, FieldId};
use crate::decision::{Ruled, Taken};
use crate::draft::behaviour::{Asks, Needs};
use crate::draft::derive::Moment;
use crate::draft::{Draft, Stored, merge};
use crate::policy::{self, Access, Rows};
use crate::problem::{Kind, Problem};
use crate::value::field_problem::Pointer;
use crate::who::Principal;

impl Session {
    /// Whether the children of a record are needed before the policies can decide about `action`.
    pub(super) fn asks_children(&self, entity: &Entity, action: Action) -> bool {
        let catalog = self.catalog();
        let Some(asks) = asks(&catalog, entity.id()) else { return false };
        [needs(asks, action), &asks.read, &asks.fields].iter().any(|needs| needs.look_down(entity))
    }

    /// Refuses what the caller may not even begin: a record he cannot read is not there for him, one that he may
    /// not change or remove as it is, is forbidden.
    pub(super) async fn may_begin(&mut self, access: &Access, stored: &Stored) -> Result<(), Problem> {
        let read = policy::decide(access.scope(), access.principal(), access.entity().id(), Action::Read);
        let read = read.map_err(Problem::from)?;
        let tells = self.watched && access.action() == Action::Delete;
        if matches!((read.rows(), access.rows()), (Rows::All, Rows::All)) && !tells {
            return Ok(());
        }
        let catalog = self.catalog();
        let draft = merge::keep(stored.clone(), &catalog);
        if !self.stands(&read, &draft).await? {
            return Err(Problem::not_found().refusing(Taken::of(access, Some(draft.id), Vec::new())));
        }
        let stands = self.stands(access, &draft).await?;
        if stands && !tells {
            return Ok(());
        }
        let image = self.image(&draft, access.action()).await?;
        let moment = self.moment();
        let now = context(&image, None, &moment);
        let verdict = access.entity().rules().decide(
            access.action(),
            caller(access),
            Images { now: &now, after: None },
        );
        let verdict = verdict.map_err(exhausted)?;
        let taken = Taken::of(access, Some(draft.id), Ruled::of_beginning(&verdict));
        if stands {
            self.taken.push(taken);
            return Ok(());
        }
        Err(forbidden(access.action(), &verdict).refusing(taken))
    }

    /// Refuses a draft that the policies do not allow as it is about to be written.
    pub(super) async fn admit(&mut self, access: &Access, draft: &Draft) -> Result<(), Problem> {
        let rules = access.entity().rules();
        let action = if draft.is_new() { Action::Create } else { Action::Update };
        if *access.rows() == Rows::All && !rules.awaits(action) && !self.watched {
            return Ok(());
        }
        let catalog = self.catalog();
        let moment = self.moment();
        let before = draft.before(&catalog);
        let new = self.image(draft, action).await?;
        let old = match &before {
            Some(before) => Some(self.image(before, action).await?),
            None => None,
        };
        let after = context(&new, old.as_deref(), &moment);
        let now = old.as_deref().map_or(after, |old| context(old, None, &moment));
        let verdict = rules.decide(action, caller(access), Images { now: &now, after: Some(&after) });
        let verdict = verdict.map_err(exhausted)?;
        if verdict.allowed && !self.watched {
            return Ok(());
        }
        let taken = Taken::of(access, Some(draft.id), Ruled::of(&verdict));
        if !verdict.allowed {
            return Err(forbidden(action, &verdict).refusing(taken));
        }
        self.taken.push(taken);
        Ok(())
    }

    /// Refuses values for fields that the caller may not change, and leaves those fields alone where the whole
    /// record is said anew.
    pub(super) async fn guard_fields(
        &mut self,
        access: &Access,
        draft: &mut Draft,
        at: Pointer<'_>,
    ) -> Result<(), Problem> {
        let catalog = self.catalog();
        let mut problem = Problem::new(Kind::Forbidden);
        let mut fields = Vec::new();
        let mut kept: Vec<(Uuid, FieldId)> = Vec::new();
        let mut guarded: Vec<(Draft, String)> = Vec::new();
        draft.each_at(at, &catalog, &mut |record, at| {
            if !catalog.entity(record.entity).guards().is_empty() {
                guarded.push((record.clone(), at.text()));
            }
        });
        for (record, at) in guarded {
            for (field, said) in self.locked(access, &record).await? {
                let name = catalog.entity(record.entity).field(field).name();
                if said {
                    fields.push(name.to_owned());
                    let pointer = Pointer::Key(&Pointer::Root(&at), name).text();
                    problem =
                        problem.pointer(pointer, "not_yours", format!("no rule lets you set `{name}` here"));
                } else {
                    kept.push((record.id, field));
                }
            }
        }
        if !problem.mistakes().is_empty() {
            return Err(problem.refusing(Taken { fields, ..Taken::of(access, Some(draft.id), Vec::new()) }));
        }
        keep_fields(draft, &kept);
        Ok(())
    }

    /// The fields of a record that the caller may not change, and whether he tries. What he cannot see he may not
    /// even repeat: that would tell him whether he guessed it.
    async fn locked(&mut self, access: &Access, record: &Draft) -> Result<Vec<(FieldId, bool)>, Problem> {
        let catalog = self.catalog();
        let moment = self.moment();
        let entity = catalog.entity(record.entity);
        let Some(asks) = asks(&catalog, record.entity) else { return Ok(Vec::new()) };
        let old = record.before(&catalog);
        let draft = old.as_ref().unwrap_or(record);
        self.needs_of(draft, &asks.fields).await?;
        let image = self.pool.image(&catalog, draft, &asks.fields, None);
        let now = context(&image, None, &moment);
        let mut locked = Vec::new();
        for field in entity.fields().iter().filter(|field| field.def().is_writable()) {
            if entity.guards().may_change(field.name(), caller(access), &now).map_err(exhausted)? {
                continue;
            }
            let list = record.children.iter().find(|list| list.field == field.id());
            let said = list.map_or(record.was_said(field.id()), |list| {
                !list.removed.is_empty() || list.drafts.iter().any(|child| is_dirty(&catalog, child))
            });
            let repeats =
                access.sees(record.entity, field.id()) && !record.changed(field.id()) && list.is_none();
            locked.push((field.id(), said && !repeats));
        }
        Ok(locked)
    }

    /// Those of these loaded records that the caller may read.
    pub(super) async fn readable(&mut self, access: &Access, ids: &[Uuid]) -> Result<Vec<Uuid>, Problem> {
        if *access.rows() == Rows::All {
            return Ok(ids.to_vec());
        }
        let catalog = self.catalog();
        let moment = self.moment();
        let entity = access.entity();
        let Some(asks) = asks(&catalog, entity.id()) else { return Ok(Vec::new()) };
        self.needs_behind(entity.id(), ids, &asks.read).await?;
        let mut readable = Vec::new();
        for id in ids {
            let Some(image) = self.pool.seen(&catalog, entity.id(), *id, &asks.read) else { continue };
            let now = context(&image, None, &moment);
            let images = Images { now: &now, after: None };
            if entity.rules().allow(Action::Read, caller(access), images).map_err(exhausted)? {
                readable.push(*id);
            }
        }
        Ok(readable)
    }

    /// Whether a record, as it is, is among those the access reaches.
    pub(super) async fn stands(&mut self, access: &Access, record: &Draft) -> Result<bool, Problem> {
        if *access.rows() == Rows::All {
            return Ok(true);
        }
        let image = self.image(record, access.action()).await?;
        let moment = self.moment();
        let now = context(&image, None, &moment);
        access.entity().rules().may_begin(access.action(), caller(access), &now).map_err(exhausted)
    }

    /// A record as the rules about `action` see it.
    async fn image(&mut self, record: &Draft, action: Action) -> Result<Vec<Value>, Problem> {
        let catalog = self.catalog();
        let Some(asks) = asks(&catalog, record.entity) else { return Ok(record.values.clone()) };
        self.needs_of(record, needs(asks, action)).await?;
        Ok(self.pool.image(&catalog, record, needs(asks, action), None))
    }
}

impl Session {
    /// A record as the rules about `action` see it, to ask several things of it.
    pub(super) async fn seen<'p>(
        &mut self,
        principal: &'p Principal,
        record: &Draft,
        action: Action,
    ) -> Result<Seen<'p>, Problem> {
        let image = self.image(record, action).await?;
        Ok(Seen { image, moment: self.moment(), principal })
    }
}

/// A record as rules see it.
#[derive(Debug)]
pub(super) struct Seen<'p> {
    image: Vec<Value>,
    moment: Arc<Moment>,
    principal: &'p Principal,
}

impl Seen<'_> {
    /// Who looks.
    pub(super) fn caller(&self) -> Caller<'_> {
        self.principal.capacity().caller()
    }

    fn now(&self) -> Context<'_> {
        context(&self.image, None, &self.moment)
    }

    /// What the rules come to while nothing is known of a change.
    pub(super) fn verdict<'e>(&self, entity: &'e Entity, action: Action) -> Result<Verdict<'e>, Problem> {
        let now = self.now();
        let images = Images { now: &now, after: (action == Action::Create).then_some(&now) };
        entity.rules().decide(action, self.caller(), images).map_err(exhausted)
    }

    /// Whether the action may be allowed, whatever the record becomes.
    pub(super) fn may_begin(&self, entity: &Entity, action: Action) -> Result<bool, Problem> {
        entity.rules().may_begin(action, self.caller(), &self.now()).map_err(exhausted)
    }

    /// What a rule gives back.
    pub(super) fn output(&self, entity: &Entity, judged: &Judged<'_>) -> Result<Option<Value>, Problem> {
        entity.rules().output((judged.policy, &judged.rule.id), &self.now()).map_err(exhausted)
    }

    /// The value of a part of a condition; nothing when it takes too many steps.
    pub(super) fn value(&self, program: &Program) -> Option<Value> {
        program.evaluate(&self.now()).ok()
    }
}

fn asks(catalog: &Catalog, entity: EntityId) -> Option<&Asks> {
    catalog.behaviours().entity(entity.index()).map(|behaviour| &behaviour.asks)
}

/// What has to be loaded before a decision. Nothing is written under the other actions.
const fn needs(asks: &Asks, action: Action) -> &Needs {
    match action {
        Action::Create => &asks.create,
        Action::Update => &asks.update,
        Action::Delete => &asks.delete,
        _ => &asks.read,
    }
}

fn context<'c>(this: &'c [Value], old: Option<&'c [Value]>, moment: &'c Moment) -> Context<'c> {
    Context { this, old, user: &moment.user, now_us: moment.now_us, today: moment.today }
}

fn caller(access: &Access) -> Caller<'_> {
    access.principal().capacity().caller()
}

/// What the caller is told: the words of the rules that refused him, otherwise of those that would have let him.
fn forbidden(action: Action, verdict: &Verdict<'_>) -> Problem {
    let held = |effect, truth| {
        verdict
            .judged
            .iter()
            .filter(move |judged| judged.rule.effect == effect && judged.truth != Some(truth))
    };
    let mut words: Vec<&str> =
        held(Effect::Deny, false).filter_map(|judged| judged.rule.message.as_deref()).collect();
    if held(Effect::Deny, false).next().is_none() {
        words.extend(held(Effect::Allow, true).filter_map(|judged| judged.rule.message.as_deref()));
    }
    words.dedup();
    let detail = if words.is_empty() {
        format!("no rule lets you {} this record as it is, or as it would become", action.name())
    } else {
        words.join("; ")
    };
    Problem::new(Kind::Forbidden).detail(detail)
}

/// Gives fields back the values that they had; a default does not replace them.
fn keep_fields(draft: &mut Draft, kept: &[(Uuid, FieldId)]) {
    let (id, anew) = (draft.id, draft.fresh && !draft.is_new());
    for (_, field) in kept.iter().filter(|(of, _)| anew && *of == id) {
        let before = draft.before.as_ref().and_then(|before| before.get(field.index())).cloned();
        draft.set(*field, before.unwrap_or(Value::Null));
        if let Some(said) = draft.said.get_mut(field.index()) {
            *said = true;
        }
    }
    for child in draft.children.iter_mut().flat_map(|list| &mut list.drafts) {
        keep_fields(child, kept);
    }
}
