//! What memory decided, as claims about what a database answers when it is asked with the filters of the server.

use std::collections::{BTreeMap, BTreeSet};

use athyper_expr::eval::{Exhausted, Program};
use athyper_expr::sql::NotLowerable;
use athyper_policy::{Condition, Residual, Ruling, fields};
use athyper_schemas::bundle::{Action, Bundle, Entity};
use athyper_schemas::dialect::Dialect;
use uuid::Uuid;

use super::{Statement, delete, insert, question};
use crate::policy_test::judge::Judge;
use crate::policy_test::report::is_chosen;
use crate::policy_test::stage::{Bundled, Moment};
use crate::policy_test::suite::{Cell, Principal, Record, Suite, Test};
use crate::source::Span;

/// Which of some records a statement gives.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Gives ids of records.
    pub question: Statement,
    /// The records it is about, with their names and where each is expected.
    pub about: BTreeMap<Uuid, (String, Span)>,
    /// Those that memory allows.
    pub allowed: BTreeSet<Uuid>,
    /// What was decided, for people: `read` by `ann`.
    pub what: String,
}

/// Claims that hold after something was written; what was written is undone.
#[derive(Debug, Clone)]
pub struct Step {
    /// What is written first.
    pub writes: Vec<Statement>,
    /// What is asked then.
    pub claims: Vec<Claim>,
}

/// Why nothing can be claimed.
#[derive(Debug, thiserror::Error)]
pub enum Unclaimed {
    /// A condition takes too many steps.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// A condition that no database can ask: not of a sound package.
    #[error("{0}")]
    Sql(NotLowerable),
    /// A condition names what the package does not have: not of a sound one.
    #[error(transparent)]
    Unfit(#[from] athyper_expr::eval::Unfit),
}

impl From<NotLowerable> for Unclaimed {
    fn from(refused: NotLowerable) -> Self {
        Self::Sql(refused)
    }
}

/// Every claim of a suite.
///
/// # Errors
/// When a condition cannot be judged.
pub fn steps(
    (judge, bundle): (&Judge<'_>, &Bundle),
    suite: &Suite,
    dialect: Dialect,
    filter: Option<&str>,
) -> Result<Vec<Step>, Unclaimed> {
    let claims = Claims { judge, bundle, suite, dialect };
    let tests = || suite.tests.iter().filter(|test| is_chosen(suite, test, filter));
    let mut out = vec![Step { writes: Vec::new(), claims: claims.of_rows(tests())? }];
    for test in tests() {
        for cell in test.cells.iter().filter(|cell| cell.action.has_new_image()) {
            out.extend(claims.of_write(test, cell)?);
        }
    }
    Ok(out)
}

struct Claims<'a> {
    judge: &'a Judge<'a>,
    bundle: &'a Bundle,
    suite: &'a Suite,
    dialect: Dialect,
}

/// Who tries what with records of which entity.
type Group<'a> = (usize, &'a str, Action);

impl Claims<'_> {
    fn of_rows<'t>(&self, tests: impl Iterator<Item = &'t Test>) -> Result<Vec<Claim>, Unclaimed> {
        let mut groups: BTreeMap<Group<'_>, BTreeMap<usize, Span>> = BTreeMap::new();
        let mut looks: BTreeMap<(usize, &str, String), BTreeMap<usize, Span>> = BTreeMap::new();
        for test in tests {
            for cell in test.cells.iter().filter(|cell| cell.action != Action::Create) {
                let group = (cell.principal, self.entity_name(cell.record), cell.action);
                groups.entry(group).or_default().entry(cell.record).or_insert(cell.span);
            }
            for list in &test.lists {
                let group = (list.principal, self.suite.entity.as_str(), Action::Read);
                let own = self.suite.records.iter().enumerate();
                let own = own.filter(|(_, record)| record.stored && record.entity == self.suite.entity);
                for (record, _) in own {
                    groups.entry(group).or_default().entry(record).or_insert(list.span);
                }
            }
            for cell in &test.seen {
                let group = (cell.principal, self.entity_name(cell.record), cell.field.clone());
                looks.entry(group).or_default().entry(cell.record).or_insert(cell.span);
            }
        }
        let mut out = Vec::new();
        for ((principal, entity, action), records) in groups {
            let (Some(who), Some(entity)) =
                (self.suite.principals.get(principal), self.bundle.entity(entity))
            else {
                continue;
            };
            let condition = Residual::of(self.judge.policies(&entity.name), who.caller(), action).rows();
            let what = format!("`{}` by `{}`", action.name(), who.name.value);
            let holds = |record: &Record| self.judge.may_begin(self.suite, who, record, action);
            out.push(self.claim((entity, who), &condition, (&records, &what), &holds)?);
        }
        for ((principal, entity, field), records) in looks {
            let (Some(who), Some(entity)) =
                (self.suite.principals.get(principal), self.bundle.entity(entity))
            else {
                continue;
            };
            let Some(rule) = fields::residual(self.judge.policies(&entity.name), who.caller(), &field) else {
                continue;
            };
            let what = format!("`{field}` seen by `{}`", who.name.value);
            out.push(self.claim_of_condition((entity, who), &rule.read, (&records, &what))?);
        }
        Ok(out)
    }

    fn entity_name(&self, record: usize) -> &str {
        self.suite.records.get(record).map_or("", |record| record.entity.as_str())
    }

    /// That a condition is true for exactly those records for which it is in memory.
    fn claim_of_condition(
        &self,
        (entity, who): (&Entity, &Principal),
        condition: &Condition,
        said: (&BTreeMap<usize, Span>, &str),
    ) -> Result<Claim, Unclaimed> {
        let program = match condition {
            Condition::When(node) => Some(Program::compile_node(node, &Bundled(self.bundle))?),
            _ => None,
        };
        let moment = Moment::of(self.suite, who);
        let holds = |record: &Record| match &program {
            None => Ok(*condition == Condition::Always),
            Some(program) => {
                let image = self.suite.image(self.bundle, record, program.paths());
                Ok(program.judge(&moment.context(&image, None))? == Some(true))
            }
        };
        self.claim((entity, who), condition, said, &holds)
    }

    fn claim(
        &self,
        (entity, who): (&Entity, &Principal),
        condition: &Condition,
        (records, what): (&BTreeMap<usize, Span>, &str),
        holds: &dyn Fn(&Record) -> Result<bool, Exhausted>,
    ) -> Result<Claim, Unclaimed> {
        let moment = Moment::of(self.suite, who);
        let question = question((self.bundle, self.dialect), entity, condition, moment)?;
        let mut claim =
            Claim { question, about: BTreeMap::new(), allowed: BTreeSet::new(), what: what.to_owned() };
        for (record, span) in records {
            let Some(record) = self.suite.records.get(*record) else { continue };
            claim.about.insert(record.id(), (record.name.to_string(), *span));
            if holds(record)? {
                claim.allowed.insert(record.id());
            }
        }
        Ok(claim)
    }

    /// What is claimed of a record as it would be written.
    fn of_write(&self, test: &Test, cell: &Cell) -> Result<Option<Step>, Unclaimed> {
        let (Some(who), Some(record)) =
            (self.suite.principals.get(cell.principal), self.suite.records.get(cell.record))
        else {
            return Ok(None);
        };
        let Some(entity) = self.bundle.entity(&record.entity) else { return Ok(None) };
        let created = cell.action == Action::Create;
        let after = self.suite.changed(self.bundle, record, &test.change, (who, created));
        let residual = Residual::of(self.judge.policies(&entity.name), who.caller(), cell.action);
        let conditions = if created {
            vec![residual.new_rows()]
        } else {
            let asked = residual.rulings().iter().map(|ruling: &Ruling<'_>| ruling.after.clone());
            asked.flat_map(|after| [after.clone(), after.negated()]).collect()
        };
        let mut claims = Vec::new();
        for condition in conditions {
            let Condition::When(node) = &condition else { continue };
            // What looks at the record before the change is never asked of a database.
            if node.looks_back() {
                continue;
            }
            let program = Program::compile_node(node, &Bundled(self.bundle))?;
            let image = self.suite.image(self.bundle, &after, program.paths());
            let moment = Moment::of(self.suite, who);
            let holds = program.judge(&moment.context(&image, None))? == Some(true);
            claims.push(Claim {
                question: question((self.bundle, self.dialect), entity, &condition, moment)?,
                about: BTreeMap::from([(after.id(), (record.name.to_string(), cell.span))]),
                allowed: holds.then(|| after.id()).into_iter().collect(),
                what: format!("`{}` by `{}`", cell.action.name(), who.name.value),
            });
        }
        if claims.is_empty() {
            return Ok(None);
        }
        Ok(Some(Step { writes: self.writes(record, &after), claims }))
    }

    /// Puts the record as it would be in the place of the one that is stored.
    fn writes(&self, before: &Record, after: &Record) -> Vec<Statement> {
        let mut out: Vec<Statement> = Vec::new();
        let mut open = vec![before.clone()];
        while let Some(record) = open.pop() {
            out.extend(delete(self.bundle, self.dialect, &record));
            open.extend(self.owned(&record));
        }
        let mut open = vec![after.clone()];
        while let Some(record) = open.pop() {
            out.extend(insert(self.bundle, self.suite, self.dialect, &record));
            open.extend(self.owned(&record));
        }
        out
    }

    fn owned(&self, record: &Record) -> Vec<Record> {
        let places = record.children.values().flatten();
        let owned = places.filter_map(|place| self.suite.records.get(*place));
        owned.map(|child| child.owned_by(self.bundle, record.id())).collect()
    }
}
