//! A witness under row level security of PostgreSQL: as its caller, without the program in between.

use athyper_expr::sql;
use athyper_expr::sql::SqlText;
use athyper_expr::value::Value;
use athyper_schemas::bundle::{Action, Effect, Entity, Policy};
use athyper_schemas::dialect::Dialect;
use athyper_schemas::ir::Kind;

use super::Stage;
use super::staged::Staged;
use crate::diff::access::about;
use crate::diff::witness::RECORD;
use crate::emit::sql::name;
use crate::policy_test::Record;
use crate::policy_test::sql::{Statement, Unclaimed, insert, place, settings};

/// What its caller does.
#[derive(Debug)]
pub struct Held {
    /// What the session is told: settings and values.
    pub settings: Vec<(&'static str, String)>,
    /// Stores what is there before, without a caller.
    pub before: Vec<Statement>,
    /// What is tried then.
    pub attempt: Try,
    /// Whether it must be let through.
    pub expected: bool,
}

/// What is tried.
#[derive(Debug)]
pub enum Try {
    /// Gives ids: the record must be among them, or not.
    Read(Statement),
    /// Writes the record.
    Write(Statement),
}

/// Nothing where row level security cannot tell: of single fields, of operations, of what a rule asks of a record before
/// and after a change at once, and of a change of owned records, which are written one by one.
pub(super) fn held(
    stage: &Stage<'_>,
    entity: &Entity,
    (before, after): (&Staged, Option<&Staged>),
) -> Result<Option<Held>, Unclaimed> {
    let Stage { bundle, access, .. } = *stage;
    let (Some(record), None) = (before.record(), &access.field) else { return Ok(None) };
    if stage.unsaid.iter().any(|policy| about(bundle, &access.entity).any(|about| about.name == *policy)) {
        return Ok(None);
    }
    let reads = |staged: &Staged| match staged.record() {
        Some(record) => stage.judge.reads(&staged.suite, &staged.who, record),
        None => Ok(false),
    };
    let table = name(&entity.table);
    let mut stored = before.inserts(bundle, Dialect::Postgres);
    let mut expected = stage.expected();
    let attempt = match access.action {
        Action::Read => {
            Try::Read(Statement::of(sql!["SELECT CAST(\"id\" AS TEXT) FROM ", &table], Dialect::Postgres))
        }
        Action::Delete => {
            expected &= reads(before)?;
            Try::Write(Statement::of(
                sql!["DELETE FROM ", &table, " WHERE \"id\" = ", id()],
                Dialect::Postgres,
            ))
        }
        Action::Create => {
            let new = insert(bundle, &before.suite, Dialect::Postgres, record);
            let Some(new) = new.filter(|_| !stage.looks_back()) else { return Ok(None) };
            let others = before.others();
            stored = others.filter_map(|one| insert(bundle, &before.suite, Dialect::Postgres, one)).collect();
            Try::Write(new)
        }
        Action::Update => {
            let Some(after) = after.filter(|after| before.others().eq(after.others())) else {
                return Ok(None);
            };
            if about(bundle, &access.entity).any(asks_of_both) {
                return Ok(None);
            }
            let Some(changed) = after.record() else { return Ok(None) };
            expected &= reads(before)? && reads(after)?;
            Try::Write(update(entity, (record, changed)))
        }
        _ => return Ok(None),
    };
    let settings = settings(bundle, &before.suite, &before.who);
    Ok(Some(Held { settings, before: stored, attempt, expected }))
}

fn id() -> SqlText {
    place(Dialect::Postgres, &Kind::Uuid, Value::Uuid(RECORD))
}

/// Writes what differs; the id, where nothing does.
fn update(entity: &Entity, (before, after): (&Record, &Record)) -> Statement {
    let mut sets = Vec::new();
    for ((field, old), new) in entity.fields.iter().zip(&before.values).zip(&after.values) {
        let Some(column) = field.column.as_deref() else { continue };
        if old != new && !field.computed.as_ref().is_some_and(|computed| computed.generated) {
            sets.push(sql![&name(column), " = ", place(Dialect::Postgres, &field.ty.kind(), new.clone())]);
        }
    }
    if sets.is_empty() {
        sets.push(sql!["\"id\" = ", id()]);
    }
    let mut list = SqlText::new();
    list.join(sets, ", ");
    let text = sql!["UPDATE ", &name(&entity.table), " SET ", list, " WHERE \"id\" = ", id()];
    Statement::of(text, Dialect::Postgres)
}

impl Stage<'_> {
    /// Whether a rule about this action asks something of the record before it, which only the program knows.
    fn looks_back(&self) -> bool {
        let rules = about(self.bundle, &self.access.entity).flat_map(|policy| &policy.rules);
        let mut rules = rules.filter(|rule| rule.actions.contains(&self.access.action));
        rules.any(|rule| rule.after.as_ref().is_some_and(|after| after.root.looks_back()))
    }
}

/// Whether a rule asks something of a record before and after a change at once: that counts as granted in PostgreSQL.
fn asks_of_both(policy: &Policy) -> bool {
    policy.rules.iter().filter(|rule| rule.actions.contains(&Action::Update)).any(|rule| {
        let back = rule.after.as_ref().is_some_and(|after| after.root.looks_back());
        back || (rule.effect == Effect::Deny && rule.after.is_some())
    })
}
