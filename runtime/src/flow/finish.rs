//! The steps every written record goes through, in one place: what follows from what was said, whether it may
//! stand, and then the rows.

use athyper_expr::Value;
use athyper_expr::eval::Exhausted;

use super::session::{POOL_RECORDS, Session, invalid};
use crate::draft::derive::Deriving;
use crate::draft::pool::Pool;
use crate::draft::{Draft, number};
use crate::policy::Access;
use crate::problem::{Kind, Problem};
use crate::sql::write;
use crate::value::field_problem::{Code, FieldProblem, Pointer};

impl Session {
    /// Completes, judges and writes a draft that the caller asked for. Whether anything changed.
    pub(super) async fn finish(
        &mut self,
        access: &Access,
        draft: &mut Draft,
        at: Pointer<'_>,
    ) -> Result<bool, Problem> {
        let dirty = self.propose(access, draft, at).await?;
        self.write(access, draft, (at, dirty)).await
    }

    /// The same for a draft that follows from another one: the caller's rights were asked about that one.
    pub(super) async fn follow_up(&mut self, access: &Access, draft: &mut Draft) -> Result<bool, Problem> {
        let at = Pointer::Root("");
        let dirty = self.prepare(access, draft, at).await?;
        if dirty {
            self.stands_alone(draft, at).await?;
        }
        self.write(access, draft, (at, dirty)).await
    }

    /// Completes and judges a draft that the caller asked for, by the model and by the policies. Whether there is
    /// anything to write.
    pub(super) async fn propose(
        &mut self,
        access: &Access,
        draft: &mut Draft,
        at: Pointer<'_>,
    ) -> Result<bool, Problem> {
        self.guard_fields(access, draft, at).await?;
        let dirty = self.prepare(access, draft, at).await?;
        if dirty {
            self.admit(access, draft).await?;
            self.stands_alone(draft, at).await?;
        }
        Ok(dirty)
    }

    /// Refuses a draft that does not go with records beside it. What there is beside it is nobody's business who may
    /// not write it.
    async fn stands_alone(&mut self, draft: &Draft, at: Pointer<'_>) -> Result<(), Problem> {
        let problems = self.neighbours(draft, at).await?;
        if problems.is_empty() { Ok(()) } else { Err(invalid(problems)) }
    }

    async fn write(
        &mut self,
        access: &Access,
        draft: &Draft,
        (at, dirty): (Pointer<'_>, bool),
    ) -> Result<bool, Problem> {
        if dirty {
            self.remove_children(access, draft).await?;
            self.store(std::slice::from_ref(draft), at).await?;
        }
        Ok(dirty)
    }

    /// Completes and judges a draft by the model. Whether there is anything to write.
    async fn prepare(
        &mut self,
        access: &Access,
        draft: &mut Draft,
        at: Pointer<'_>,
    ) -> Result<bool, Problem> {
        if self.pool.len() > POOL_RECORDS {
            self.pool = Pool::default();
        }
        let (catalog, moment) = (self.catalog(), self.moment());
        let deriving = self.deriving(&catalog, &moment);
        deriving.defaults(draft).map_err(exhausted)?;
        let mut problems = self.references(access, draft, at).await?;
        if problems.is_empty() && deriving.copies(draft, &self.pool) {
            problems = self.references(access, draft, at).await?;
        }
        if problems.is_empty() {
            self.number(draft).await?;
            self.needs(draft).await?;
            problems = self.derive(&deriving, draft, at)?;
        } else {
            // What would follow from the missing records is missing too, and not the client's mistake.
            let mut others = Vec::new();
            deriving.limits(draft, at, &mut others);
            problems.extend(others.into_iter().filter(|p| p.code != Code::Required));
        }
        if !problems.is_empty() {
            return Err(invalid(problems));
        }
        Ok(self.stamp(access, draft))
    }

    fn derive(
        &self,
        deriving: &Deriving<'_>,
        draft: &mut Draft,
        at: Pointer<'_>,
    ) -> Result<Vec<FieldProblem>, Problem> {
        deriving.compute(draft, &self.pool).map_err(exhausted)?;
        deriving.judge(draft, &self.pool, at).map_err(exhausted)
    }

    /// Gives new records the next number of their series. The number is taken in this transaction: undone, it is
    /// given again.
    async fn number(&mut self, draft: &mut Draft) -> Result<(), Problem> {
        let catalog = self.catalog();
        let entity = catalog.entity(draft.entity);
        let (tenant, today) = (self.tenant(), self.moment().today);
        if let Some((numbering, field)) =
            entity.def().number.as_ref().and_then(|n| Some((n, entity.named(&n.field)?.id())))
            && draft.is_new()
        {
            match draft.value(field) {
                Value::Text(given) => {
                    if let Some((period, sequence)) = number::read(numbering, given) {
                        let raise = write::raise_number(&tenant, entity.name(), &period, sequence);
                        self.tx.execute(&raise).await?;
                    }
                }
                _ => {
                    let period = number::period(numbering.reset, today);
                    let rows = self.tx.read(&write::next_number(&tenant, entity.name(), &period)).await?;
                    let sequence = rows.first().and_then(|row| row.int(0)).unwrap_or(1);
                    draft.set(field, Value::from(number::text(numbering, sequence, today)));
                }
            }
        }
        for child in draft.children.iter_mut().flat_map(|list| &mut list.drafts) {
            Box::pin(self.number(child)).await?;
        }
        Ok(())
    }
}

pub(super) fn exhausted(error: Exhausted) -> Problem {
    Problem::new(Kind::LimitExceeded).detail(error.to_string())
}
