//! What row level security of PostgreSQL must let through and hold back, caller by caller.

use std::collections::{BTreeMap, BTreeSet};

use athyper_expr::sql;
use athyper_expr::sql::session;
use athyper_expr::value::Value;
use athyper_schemas::bundle::{Action, Bundle};
use athyper_schemas::dialect::Dialect;
use uuid::Uuid;

use super::attempts::{Asked, Attempt, Attempts, Unasked};
use super::{Claim, Statement, TENANT, Unclaimed, name};
use crate::emit::sql::Unsaid;
use crate::policy_test::judge::Judge;
use crate::policy_test::report::is_chosen;
use crate::policy_test::suite::{Cell, Principal, Record, Suite};
use crate::source::Span;

/// What one caller may see and do.
#[derive(Debug, Clone)]
pub struct Held {
    /// What the session is told: settings and values.
    pub settings: Vec<(&'static str, String)>,
    /// What he sees.
    pub claims: Vec<Claim>,
    /// What he tries; each is undone.
    pub attempts: Vec<Attempt>,
    /// What is not asked.
    pub unasked: Vec<Unasked>,
}

/// Everything that callers of a suite see and do under row level security; `unsaid` are the conditions that it cannot
/// judge.
///
/// # Errors
/// When a condition cannot be judged.
pub fn held(
    (judge, bundle): (&Judge<'_>, &Bundle),
    unsaid: &[Unsaid],
    suite: &Suite,
    filter: Option<&str>,
) -> Result<Vec<Held>, Unclaimed> {
    let one = |(place, who)| {
        let caller = Attempts { judge, bundle, suite, who, unsaid };
        let (claims, attempts, unasked) = (Vec::new(), Vec::new(), Vec::new());
        let mut held = Held { settings: settings(bundle, suite, who), claims, attempts, unasked };
        held.tries(caller, place, filter)?;
        held.sees(caller, looks(suite, place, filter))?;
        Ok(held)
    };
    suite.principals.iter().enumerate().map(one).collect()
}

/// Records with their names and where each is expected, by entity.
type Looks<'s> = BTreeMap<&'s str, BTreeMap<Uuid, (String, Span)>>;

/// The records of which is expected whether the principal at this place sees them.
fn looks<'s>(suite: &'s Suite, place: usize, filter: Option<&str>) -> Looks<'s> {
    let mut out = Looks::new();
    let mut look = |record: &'s Record, span| {
        let about = out.entry(&record.entity).or_default();
        about.entry(record.id()).or_insert_with(|| (record.name.to_string(), span));
    };
    for test in suite.tests.iter().filter(|test| is_chosen(suite, test, filter)) {
        let reads = |cell: &&Cell| cell.principal == place && cell.action == Action::Read;
        for cell in test.cells.iter().filter(reads) {
            suite.records.get(cell.record).into_iter().for_each(|record| look(record, cell.span));
        }
        for list in test.lists.iter().filter(|list| list.principal == place) {
            let own = suite.records.iter().filter(|r| r.stored && r.entity == suite.entity);
            own.for_each(|record| look(record, list.span));
        }
    }
    out
}

impl Held {
    fn tries(&mut self, attempts: Attempts<'_>, place: usize, filter: Option<&str>) -> Result<(), Unclaimed> {
        let suite = attempts.suite;
        for test in suite.tests.iter().filter(|test| is_chosen(suite, test, filter)) {
            for cell in test.cells.iter().filter(|cell| cell.principal == place) {
                match attempts.of(test, cell)? {
                    Some(Asked::Attempt(attempt)) => self.attempts.push(attempt),
                    Some(Asked::Unasked(unasked)) => self.unasked.push(unasked),
                    None => {}
                }
            }
        }
        Ok(())
    }

    fn sees(&mut self, attempts: Attempts<'_>, looks: Looks<'_>) -> Result<(), Unclaimed> {
        let Attempts { judge, bundle, suite, who, .. } = attempts;
        for (entity, about) in looks {
            let Some(entity) = bundle.entity(entity) else { continue };
            let what = format!("`read` by `{}`", who.name.value);
            if let Some(why) = attempts.unsaid(entity, Action::Read) {
                self.unasked.extend(about.into_values().map(|(name, span)| {
                    let what = format!("`read` of `{name}` by `{}`", who.name.value);
                    Unasked { what, why: why.clone(), span }
                }));
                continue;
            }
            let mut allowed = BTreeSet::new();
            for id in about.keys() {
                let record = suite.by_id.get(id).and_then(|place| suite.records.get(*place));
                if let Some(record) = record
                    && judge.reads(suite, who, record)?
                {
                    allowed.insert(*id);
                }
            }
            let text = sql!["SELECT CAST(\"id\" AS TEXT) FROM ", &name(&entity.table)];
            let question = Statement::of(text, Dialect::Postgres);
            self.claims.push(Claim { question, about, allowed, what });
        }
        Ok(())
    }
}

pub(crate) fn settings(bundle: &Bundle, suite: &Suite, who: &Principal) -> Vec<(&'static str, String)> {
    let attributes = bundle.package.user.iter().map(|attribute| attribute.name.as_str());
    let attributes = attributes.zip(&who.attributes);
    let caller =
        session::caller(who.standing.name(), who.roles.iter().map(smol_str::SmolStr::as_str), attributes);
    let now = Value::Datetime(suite.now_us).to_storage_text().unwrap_or_default();
    vec![(session::TENANT, TENANT.to_string()), (session::USER, caller), (session::NOW, now)]
}
