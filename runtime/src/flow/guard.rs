//! Policies on the write side: asked in the transaction that writes, of the records as it sees them.
//!
//! Lives here: who may read, change and remove these records. May not enter: what the rules mean (`athyper_policy`
//! knows that), loading beyond what they look at.

use athyper_expr::Value;
use athyper_policy::Verdict;
use athyper_schemas::bundle::{Action, Effect};
use uuid::Uuid;

use super::facts::{About, asks};
use super::session::Session;
use super::store::is_dirty;
use crate::catalog::{Catalog, Entity, FieldId};
use crate::decision::{Ruled, Taken};
use crate::draft::{Children, Draft, Stored, merge};
use crate::policy::{self, Access, Rows};
use crate::problem::{Kind, Problem};
use crate::value::field_problem::Pointer;

impl Session {
    /// Whether the children of a record are needed before the policies can decide about `action`.
    pub(super) fn asks_children(&self, entity: &Entity, action: Action) -> bool {
        let catalog = self.catalog();
        let Some(asks) = asks(&catalog, entity.id()) else { return false };
        [asks.about(action), &asks.read, &asks.fields].iter().any(|needs| needs.look_down(entity))
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
        if *access.rows() == Rows::All && !tells {
            return Ok(());
        }
        let facts = self.facts(About::of(access), &draft).await?;
        let begins = facts.may_begin()?;
        if begins && !tells {
            return Ok(());
        }
        let verdict = facts.verdict()?;
        let taken = Taken::of(access, Some(draft.id), Ruled::of_beginning(&verdict));
        if begins {
            self.taken.push(taken);
            return Ok(());
        }
        Err(forbidden(access.action(), &verdict).refusing(taken))
    }

    /// Refuses a draft that the policies do not allow as it is about to be written.
    pub(super) async fn admit(&mut self, access: &Access, draft: &Draft) -> Result<(), Problem> {
        let action = if draft.is_new() { Action::Create } else { Action::Update };
        if *access.rows() == Rows::All && !access.entity().rules().awaits(action) && !self.watched {
            return Ok(());
        }
        let facts = self.facts_of_change(About { action, ..About::of(access) }, draft).await?;
        let verdict = facts.verdict()?;
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
        keep_fields(&catalog, draft, &kept);
        Ok(())
    }

    /// The fields of a record that the caller may not change, and whether he tries. What he cannot see he may not
    /// even repeat: that would tell him whether he guessed it.
    async fn locked(&mut self, access: &Access, record: &Draft) -> Result<Vec<(FieldId, bool)>, Problem> {
        let catalog = self.catalog();
        let entity = catalog.entity(record.entity);
        let facts = self.facts_of_fields(About { entity, ..About::of(access) }, record).await?;
        let mut locked = Vec::new();
        for field in entity.fields().iter().filter(|field| field.def().is_writable()) {
            if facts.may_change(field)? {
                continue;
            }
            let list = record.children.iter().find(|list| list.field == field.id());
            let touched = list.map_or(record.changed(field.id()), |list| is_touched(&catalog, list));
            // What a PUT leaves out is left alone, whatever there is.
            let anew = record.fresh && !record.is_new();
            let said = record.was_said(field.id()) || list.is_some() && touched && !anew;
            let repeats = access.sees(record.entity, field.id()) && !touched;
            locked.push((field.id(), said && !repeats));
        }
        Ok(locked)
    }

    /// Those of these loaded records that the caller may read.
    pub(super) async fn readable(&mut self, access: &Access, ids: &[Uuid]) -> Result<Vec<Uuid>, Problem> {
        if *access.rows() == Rows::All {
            return Ok(ids.to_vec());
        }
        let mut readable = Vec::new();
        for (id, facts) in self.facts_of_loaded(About::of(access), ids).await? {
            if facts.may_begin()? {
                readable.push(id);
            }
        }
        Ok(readable)
    }

    /// Whether a record, as it is, is among those the access reaches.
    pub(super) async fn stands(&mut self, access: &Access, record: &Draft) -> Result<bool, Problem> {
        if *access.rows() == Rows::All {
            return Ok(true);
        }
        self.facts(About::of(access), record).await?.may_begin()
    }
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

/// Whether anything about a list is different now.
fn is_touched(catalog: &Catalog, list: &Children) -> bool {
    !list.removed.is_empty() || list.drafts.iter().any(|child| is_dirty(catalog, child))
}

/// Gives fields back the values, and lists the children that they had; a default does not replace them.
fn keep_fields(catalog: &Catalog, draft: &mut Draft, kept: &[(Uuid, FieldId)]) {
    let (id, anew) = (draft.id, draft.fresh && !draft.is_new());
    for (_, field) in kept.iter().filter(|(of, _)| anew && *of == id) {
        if let Some(list) = draft.children.iter_mut().find(|list| list.field == *field) {
            list.drafts.extend(list.removed.drain(..).map(|stored| merge::keep(stored, catalog)));
            continue;
        }
        let before = draft.before.as_ref().and_then(|before| before.get(field.index())).cloned();
        draft.set(*field, before.unwrap_or(Value::Null));
        if let Some(said) = draft.said.get_mut(field.index()) {
            *said = true;
        }
    }
    for child in draft.children.iter_mut().flat_map(|list| &mut list.drafts) {
        keep_fields(catalog, child, kept);
    }
}
