//! What row level security of PostgreSQL must let through and hold back: reads, deletes, and updates that change
//! nothing but who changed it last.

use std::collections::{BTreeMap, BTreeSet};

use athyper_expr::sql;
use athyper_expr::sql::session;
use athyper_expr::value::Value;
use athyper_schemas::bundle::{Action, Bundle, Effect, Policy, System};
use athyper_schemas::dialect::Dialect;
use athyper_schemas::ir::Kind;
use uuid::Uuid;

use super::{Claim, Statement, TENANT, Unclaimed, name, place};
use crate::policy_test::judge::Judge;
use crate::policy_test::report::is_chosen;
use crate::policy_test::suite::{Cell, Principal, Suite, Test};
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
}

/// A write, and whether it reaches its record.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Writes one record.
    pub statement: Statement,
    /// Whether memory allows it.
    pub allowed: bool,
    /// What is tried, for people.
    pub what: String,
    /// Where it is expected.
    pub span: Span,
}

/// Everything that callers of a suite see and do under row level security.
///
/// # Errors
/// When a condition cannot be judged.
pub fn held(
    (judge, bundle): (&Judge<'_>, &Bundle),
    suite: &Suite,
    filter: Option<&str>,
) -> Result<Vec<Held>, Unclaimed> {
    let mut out = Vec::new();
    for (place, who) in suite.principals.iter().enumerate() {
        let mut held =
            Held { settings: settings(bundle, suite, who), claims: Vec::new(), attempts: Vec::new() };
        let mut reads: BTreeMap<&str, BTreeMap<Uuid, (String, Span)>> = BTreeMap::new();
        for test in suite.tests.iter().filter(|test| is_chosen(suite, test, filter)) {
            for cell in test.cells.iter().filter(|cell| cell.principal == place) {
                let Some(record) = suite.records.get(cell.record) else { continue };
                if cell.action == Action::Read {
                    let about = reads.entry(&record.entity).or_default();
                    about.entry(record.id()).or_insert_with(|| (record.name.to_string(), cell.span));
                }
                held.attempts.extend(attempt((judge, bundle), suite, (test, cell), who)?);
            }
            for list in test.lists.iter().filter(|list| list.principal == place) {
                for record in suite.records.iter().filter(|r| r.stored && r.entity == suite.entity) {
                    let about = reads.entry(&record.entity).or_default();
                    about.entry(record.id()).or_insert_with(|| (record.name.to_string(), list.span));
                }
            }
        }
        for (entity, about) in reads {
            let Some(table) = bundle.entity(entity).map(|entity| name(&entity.table)) else { continue };
            let mut allowed = BTreeSet::new();
            for id in about.keys() {
                let record = suite.by_id.get(id).and_then(|place| suite.records.get(*place));
                if let Some(record) = record
                    && judge.reads(suite, who, record)?
                {
                    allowed.insert(*id);
                }
            }
            let text = sql!["SELECT CAST(\"id\" AS TEXT) FROM ", &table];
            let question = Statement::of(text, Dialect::Postgres);
            let what = format!("`read` by `{}`", who.name.value);
            held.claims.push(Claim { question, about, allowed, what });
        }
        out.push(held);
    }
    Ok(out)
}

fn settings(bundle: &Bundle, suite: &Suite, who: &Principal) -> Vec<(&'static str, String)> {
    let attributes = bundle.package.user.iter().map(|attribute| attribute.name.as_str());
    let attributes = attributes.zip(&who.attributes);
    let caller =
        session::caller(who.standing.name(), who.roles.iter().map(smol_str::SmolStr::as_str), attributes);
    let now = Value::Datetime(suite.now_us).to_storage_text().unwrap_or_default();
    vec![(session::TENANT, TENANT.to_string()), (session::USER, caller), (session::NOW, now)]
}

fn attempt(
    (judge, bundle): (&Judge<'_>, &Bundle),
    suite: &Suite,
    (test, cell): (&Test, &Cell),
    who: &Principal,
) -> Result<Option<Attempt>, Unclaimed> {
    let Some(record) = suite.records.get(cell.record) else { return Ok(None) };
    let Some(entity) = bundle.entity(&record.entity) else { return Ok(None) };
    let table = name(&entity.table);
    let id = || place(Dialect::Postgres, &Kind::Uuid, Value::Uuid(record.id()));
    let text = match cell.action {
        Action::Delete => sql!["DELETE FROM ", &table, " WHERE \"id\" = ", id()],
        Action::Update if test.change.values.is_empty() && test.change.children.is_empty() => {
            if judge.policies(&entity.name).iter().any(asks_of_both) {
                return Ok(None);
            }
            let by = entity.fields.iter().find(|field| field.system == Some(System::UpdatedBy));
            let Some(column) = by.and_then(|field| field.column.as_deref()) else { return Ok(None) };
            let after = suite.changed(bundle, record, &test.change, (who, false));
            let at = entity.fields.iter().position(|field| field.system == Some(System::UpdatedBy));
            let value = at.and_then(|at| after.values.get(at)).cloned().unwrap_or(Value::Null);
            let value = place(Dialect::Postgres, &Kind::Text, value);
            sql!["UPDATE ", &table, " SET ", &name(column), " = ", value, " WHERE \"id\" = ", id()]
        }
        _ => return Ok(None),
    };
    let allowed = judge.cell(suite, test, cell)?.allowed;
    let what = format!("`{}` of `{}` by `{}`", cell.action.name(), record.name, who.name.value);
    let statement = Statement::of(text, Dialect::Postgres);
    Ok(Some(Attempt { statement, allowed, what, span: cell.span }))
}

/// Whether a rule asks something of a record before and after a change at once: that counts as granted in PostgreSQL.
fn asks_of_both(policy: &Policy) -> bool {
    policy.rules.iter().filter(|rule| rule.actions.contains(&Action::Update)).any(|rule| {
        let back = rule.after.as_ref().is_some_and(|after| after.root.looks_back());
        let both = rule.effect == Effect::Deny && rule.after.is_some();
        back || both
    })
}
