//! Trying suites: which expectations hold, what was decided where one does not, and what was seen of the rules.

use std::collections::BTreeSet;

use athyper_expr::eval::Exhausted;
use athyper_schemas::bundle::Action;
use smol_str::SmolStr;

use super::coverage::Coverage;
use super::judge::{Answer, Judge, Sight};
use super::names::Places;
use super::suite::{Cell, Listed, Seen, SeenCell, Suite, Test};
use crate::ast::Text;
use crate::diag::Diagnostic;
use crate::diag::policy_tests::{self as tell, Missed, Said};

/// What came of one suite.
#[derive(Debug, Clone)]
pub struct SuiteReport {
    /// `module.Name`.
    pub name: SmolStr,
    /// Test by test.
    pub tests: Vec<TestReport>,
}

/// What came of one test.
#[derive(Debug, Clone)]
pub struct TestReport {
    /// Its sentence.
    pub name: Text,
    /// How much it expects.
    pub expectations: usize,
    /// Which of that did not come.
    pub failures: Vec<Diagnostic>,
}

impl SuiteReport {
    /// Whether everything came as expected.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.tests.iter().all(|test| test.failures.is_empty())
    }
}

/// Tries the tests of a suite: all, or those whose own or whose suite's name holds `filter`.
#[must_use]
pub fn run(
    judge: &Judge<'_>,
    suite: &Suite,
    (places, filter): (&Places, Option<&str>),
    coverage: &mut Coverage,
) -> SuiteReport {
    let mut run = Run { judge, suite, places, coverage };
    let tests = suite.tests.iter().filter(|test| is_chosen(suite, test, filter));
    SuiteReport { name: suite.name.clone(), tests: tests.map(|test| run.test(test)).collect() }
}

/// Whether a test is among those to try.
#[must_use]
pub fn is_chosen(suite: &Suite, test: &Test, filter: Option<&str>) -> bool {
    filter.is_none_or(|text| suite.name.contains(text) || test.name.value.contains(text))
}

struct Run<'a> {
    judge: &'a Judge<'a>,
    suite: &'a Suite,
    places: &'a Places,
    coverage: &'a mut Coverage,
}

impl<'a> Run<'a> {
    fn test(&mut self, test: &Test) -> TestReport {
        let mut failures: Vec<Diagnostic> = Vec::new();
        failures.extend(test.cells.iter().filter_map(|cell| self.cell(test, cell)));
        failures.extend(test.lists.iter().filter_map(|list| self.list(test, list)));
        failures.extend(test.seen.iter().filter_map(|cell| self.seen(cell)));
        let expectations = test.cells.len() + test.lists.len() + test.seen.len();
        TestReport { name: test.name.clone(), expectations, failures }
    }

    fn decide(&mut self, test: &Test, cell: &Cell) -> Result<Answer, Exhausted> {
        let answer = self.judge.cell(self.suite, test, cell)?;
        if let Some(record) = self.suite.records.get(cell.record) {
            self.coverage.decided(&record.entity, cell.action, &answer);
        }
        Ok(answer)
    }

    fn cell(&mut self, test: &Test, cell: &Cell) -> Option<Diagnostic> {
        let (who, what) = (cell.principal, cell.record);
        let answer = match self.decide(test, cell) {
            Ok(answer) => answer,
            Err(error) => {
                let (what, who) = (self.record(what), self.name_of(who));
                let about = format!("`{}` of `{what}` by `{who}`", cell.action.name());
                return Some(tell::undecided(cell.span, &about, &error));
            }
        };
        let by = |(policy, rule): &(String, String)| {
            answer.told.iter().any(|told| told.decided && told.policy == *policy && told.rule == *rule)
        };
        let as_said = cell.because.as_ref().is_none_or(by);
        if answer.allowed == cell.allowed && as_said {
            return None;
        }
        let missed = Missed {
            who: self.name_of(who),
            what: self.record(what),
            action: cell.action.name(),
            allowed: cell.allowed,
            because: cell.because.as_ref().map(|(_, rule)| rule.as_str()),
        };
        Some(tell::cell_failed(cell.span, missed, answer.allowed, &self.said(&answer)))
    }

    fn said(&self, answer: &Answer) -> Said {
        let told = answer.told.iter().map(|told| {
            let place = self.places.rules.get(&(told.policy.clone(), told.rule.clone())).copied();
            (told.clone(), place)
        });
        Said { told: told.collect(), besides: answer.besides.clone() }
    }

    fn list(&mut self, test: &Test, list: &Listed) -> Option<Diagnostic> {
        let mut sees = BTreeSet::new();
        for (record, of) in self.suite.records.iter().enumerate() {
            if of.entity != self.suite.entity || !of.stored {
                continue;
            }
            let read = Action::Read;
            let (principal, span) = (list.principal, list.span);
            let cell = Cell { principal, record, action: read, allowed: true, because: None, span };
            match self.decide(test, &cell) {
                Ok(answer) if answer.allowed => _ = sees.insert(record),
                Ok(_) => {}
                Err(error) => {
                    let (what, who) = (self.record(record), self.name_of(principal));
                    return Some(tell::undecided(span, &format!("`read` of `{what}` by `{who}`"), &error));
                }
            }
        }
        if sees == list.records {
            return None;
        }
        let names = |places: &mut dyn Iterator<Item = &usize>| -> Vec<&str> {
            places.map(|place| self.record(*place)).collect()
        };
        let missing = names(&mut list.records.difference(&sees));
        let beyond = names(&mut sees.difference(&list.records));
        Some(tell::list_failed(list.span, self.name_of(list.principal), &missing, &beyond))
    }

    fn seen(&mut self, cell: &SeenCell) -> Option<Diagnostic> {
        let whose = (self.name_of(cell.principal), self.record(cell.record), cell.field.as_str());
        let sight = match self.judge.sight(self.suite, cell) {
            Ok(sight) => sight,
            Err(error) => {
                let (who, what, field) = whose;
                let about = format!("`{field}` of `{what}` for `{who}`");
                return Some(tell::undecided(cell.span, &about, &error));
            }
        };
        if let Some(record) = self.suite.records.get(cell.record) {
            let policies = self.judge.policies(&record.entity);
            self.coverage.seen(policies, &cell.field, &sight);
        }
        if sight.is(&cell.seen) {
            return None;
        }
        let expected = match &cell.seen {
            Seen::Visible => "visible".to_owned(),
            Seen::Hidden => "hidden".to_owned(),
            Seen::Masked(None) => "masked".to_owned(),
            Seen::Masked(Some(shown)) => format!("masked as `{shown}`"),
        };
        let came = match &sight {
            Sight::NoRecord => "may not read the record".to_owned(),
            Sight::Visible => "sees it whole".to_owned(),
            Sight::Hidden => "does not see it".to_owned(),
            Sight::Masked(None) => "sees it masked".to_owned(),
            Sight::Masked(Some(shown)) => format!("sees it masked as `{shown}`"),
        };
        let policies = self.suite.records.get(cell.record).map(|record| self.judge.policies(&record.entity));
        let rule = policies
            .into_iter()
            .flatten()
            .find_map(|policy| self.places.fields.get(&(policy.name.clone(), cell.field.clone())).copied());
        Some(tell::field_failed(cell.span, whose, (&expected, &came), rule))
    }

    fn name_of(&self, principal: usize) -> &'a str {
        self.suite.principals.get(principal).map_or("", |one| one.name.value.as_str())
    }

    fn record(&self, place: usize) -> &'a str {
        self.suite.records.get(place).map_or("", |one| one.name.as_str())
    }
}
