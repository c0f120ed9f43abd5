//! What follows from what the client said: defaults, copies, computed fields; and whether the whole may stand:
//! limits and checks.

use athyper_expr::Value;
use athyper_expr::eval::{Context, Exhausted};

use super::Draft;
use super::behaviour::{Behaviour, Behaviours};
use super::pool::Pool;
use crate::catalog::Catalog;
use crate::value::field_problem::{Code, FieldProblem, Pointer, Wrong};

/// What expressions may look at besides the record.
#[derive(Debug)]
pub struct Moment {
    /// The attributes of the principal, in the order of [`Catalog::attributes`].
    pub user: Vec<Value>,
    /// The instant of the decision, in microseconds since 1970.
    pub now_us: i64,
    /// Its day in UTC, in days since 1970.
    pub today: i32,
}

/// Everything that decides what follows.
#[derive(Debug, Clone, Copy)]
pub struct Deriving<'d> {
    /// The model.
    pub catalog: &'d Catalog,
    /// What its entities do.
    pub behaviours: &'d Behaviours,
    /// Who and when.
    pub moment: &'d Moment,
}

impl Deriving<'_> {
    fn behaviour(&self, draft: &Draft) -> Option<&Behaviour> {
        self.behaviours.entity(draft.entity.index())
    }

    fn context<'c>(&'c self, this: &'c [Value], draft: &'c Draft) -> Context<'c> {
        Context {
            this,
            old: draft.before.as_deref(),
            user: &self.moment.user,
            now_us: self.moment.now_us,
            today: self.moment.today,
        }
    }

    /// Gives every field that nobody mentioned its default.
    ///
    /// # Errors
    /// When an expression takes too many steps.
    pub fn defaults(&self, draft: &mut Draft) -> Result<(), Exhausted> {
        if let Some(behaviour) = self.behaviour(draft).filter(|_| draft.fresh) {
            for (field, program) in &behaviour.defaults {
                if !draft.was_said(*field) {
                    let value = program.evaluate(&self.context(&draft.values, draft))?;
                    draft.set(*field, value);
                }
            }
        }
        draft.children.iter_mut().flat_map(|l| &mut l.drafts).try_for_each(|child| self.defaults(child))
    }

    /// Copies what is copied from references that were set. The records they point to are in the pool. Whether
    /// a reference was among what was copied.
    pub fn copies(&self, draft: &mut Draft, pool: &Pool) -> bool {
        let mut references = false;
        if let Some(behaviour) = self.behaviour(draft) {
            for copied in &behaviour.copies {
                if draft.was_said(copied.field) || !(draft.fresh || draft.changed(copied.reference)) {
                    continue;
                }
                let target = self.catalog.entity(draft.entity).field(copied.reference).reference();
                let value = match (target, draft.value(copied.reference)) {
                    (Some(target), Value::Uuid(id)) => {
                        pool.record(target, *id).and_then(|record| record.get(copied.source.index()))
                    }
                    _ => None,
                };
                references |= matches!(value, Some(Value::Uuid(_)));
                draft.set(copied.field, value.cloned().unwrap_or(Value::Null));
            }
        }
        for child in draft.children.iter_mut().flat_map(|l| &mut l.drafts) {
            references |= self.copies(child, pool);
        }
        references
    }

    /// Computes every stored computed field, children before their owners.
    ///
    /// # Errors
    /// When an expression takes too many steps.
    pub fn compute(&self, draft: &mut Draft, pool: &Pool) -> Result<(), Exhausted> {
        self.compute_below(draft, pool, None)?;
        // What children take from their owner may itself come from other children.
        let mut looks_up = false;
        draft.each(&mut |d| looks_up |= self.behaviour(d).is_some_and(|b| b.looks_up));
        if looks_up { self.compute_below(draft, pool, None) } else { Ok(()) }
    }

    fn compute_below(
        &self,
        draft: &mut Draft,
        pool: &Pool,
        owner: Option<&[Value]>,
    ) -> Result<(), Exhausted> {
        let values = draft.values.clone();
        for child in draft.children.iter_mut().flat_map(|list| &mut list.drafts) {
            self.compute_below(child, pool, Some(&values))?;
        }
        let Some(behaviour) = self.behaviour(draft).filter(|b| !b.computed.is_empty()) else { return Ok(()) };
        let mut image = pool.image(self.catalog, draft, &behaviour.needs, owner);
        for (field, rule) in &behaviour.computed {
            if rule.looks_down && draft.childless {
                continue;
            }
            let value = rule.program.evaluate(&self.context(&image, draft))?;
            if let Some(slot) = image.get_mut(field.index()) {
                *slot = value.clone();
            }
            draft.set(*field, value);
        }
        Ok(())
    }

    /// Judges limits and checks of everything that is new or changed.
    ///
    /// # Errors
    /// When an expression takes too many steps.
    pub fn judge(&self, draft: &Draft, pool: &Pool, at: Pointer<'_>) -> Result<Vec<FieldProblem>, Exhausted> {
        let mut out = Vec::new();
        self.limits(draft, at, &mut out);
        if out.is_empty() {
            self.checks(draft, pool, (at, None), &mut out)?;
        }
        Ok(out)
    }

    /// Judges the limits of everything that is new or changed, and of what nobody said.
    pub fn limits(&self, draft: &Draft, at: Pointer<'_>, out: &mut Vec<FieldProblem>) {
        let entity = self.catalog.entity(draft.entity);
        for field in entity.fields().iter().filter(|f| f.def().system.is_none()) {
            let value = draft.value(field.id());
            let accepted = draft.was_said(field.id()) && !value.is_null();
            let at = Pointer::Key(&at, field.name());
            if let Some(list) = draft.children.iter().find(|list| list.field == field.id()) {
                field.rules().judge_count(list.drafts.len(), &at, out);
            } else if field.column().is_some() && !accepted && (draft.fresh || draft.changed(field.id())) {
                field.rules().judge(value, &at, out);
            }
        }
        for list in &draft.children {
            let at = Pointer::Key(&at, entity.field(list.field).name());
            for (index, child) in list.drafts.iter().enumerate() {
                self.limits(child, Pointer::Item(&at, index), out);
            }
        }
    }

    fn checks(
        &self,
        draft: &Draft,
        pool: &Pool,
        (at, owner): (Pointer<'_>, Option<&[Value]>),
        out: &mut Vec<FieldProblem>,
    ) -> Result<(), Exhausted> {
        let entity = self.catalog.entity(draft.entity);
        if let Some(behaviour) = self.behaviour(draft).filter(|b| !b.checks.is_empty()) {
            let image = pool.image(self.catalog, draft, &behaviour.needs, owner);
            for (check, rule) in entity.def().checks.iter().zip(&behaviour.checks) {
                if rule.looks_down && draft.childless {
                    continue;
                }
                if rule.program.judge(&self.context(&image, draft))? == Some(false) {
                    let mut problem = at.problem(Wrong::new(Code::Check, check.message.clone()));
                    problem.check = Some(check.name.clone());
                    out.push(problem);
                }
            }
        }
        for list in &draft.children {
            let at = Pointer::Key(&at, entity.field(list.field).name());
            for (index, child) in list.drafts.iter().enumerate() {
                self.checks(child, pool, (Pointer::Item(&at, index), Some(&draft.values)), out)?;
            }
        }
        Ok(())
    }
}
