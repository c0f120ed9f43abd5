//! Conditions as questions about the record of a witness, before a change and after it.

use athyper_expr::eval::Program;
use athyper_policy::Condition;
use athyper_schemas::bundle::{Bundle, Entity};
use athyper_schemas::dialect::Dialect;

use super::staged::Staged;
use crate::policy_test::Bundled;
use crate::policy_test::sql::{Statement, Unclaimed, question};

/// A part of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// No database is asked about it.
    Known(bool),
    /// Whether the question with this number gives the record before the change.
    Before(usize),
    /// The same after it.
    After(usize),
}

/// Which image of the record is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Image {
    Before,
    After,
}

/// Questions as they are collected.
pub(super) struct Asking<'s> {
    place: (&'s Bundle, Dialect),
    entity: &'s Entity,
    staged: (&'s Staged, Option<&'s Staged>),
    pub before: Vec<Statement>,
    pub after: Vec<Statement>,
}

impl<'s> Asking<'s> {
    pub(super) const fn new(
        place: (&'s Bundle, Dialect),
        entity: &'s Entity,
        staged: (&'s Staged, Option<&'s Staged>),
    ) -> Self {
        Self { place, entity, staged, before: Vec::new(), after: Vec::new() }
    }

    /// Asks whether a condition is definitely true. What looks at both images at once no server asks of a database.
    pub(super) fn term(&mut self, condition: &Condition, image: Image) -> Result<Term, Unclaimed> {
        let node = match condition {
            Condition::Always => return Ok(Term::Known(true)),
            Condition::Never => return Ok(Term::Known(false)),
            Condition::When(node) => node,
        };
        let (before, after) = self.staged;
        if node.looks_back() {
            let program = Program::compile_node(node, &Bundled(self.place.0))?;
            let of = |staged: &Staged| staged.image(self.place.0, &program);
            let old = of(before);
            let this = of(after.unwrap_or(before));
            let truth = program.judge(&before.moment().context(&this, Some(&old)))?;
            return Ok(Term::Known(truth == Some(true)));
        }
        let statement = question(self.place, self.entity, condition, before.moment())?;
        let (list, term): (_, fn(usize) -> Term) = match image {
            Image::After if after.is_some() => (&mut self.after, Term::After),
            Image::Before | Image::After => (&mut self.before, Term::Before),
        };
        list.push(statement);
        Ok(term(list.len() - 1))
    }
}
