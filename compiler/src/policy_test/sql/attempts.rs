//! Writes as row level security of PostgreSQL must let them through or hold them back. What it cannot say is not asked:
//! `docs/decisions/0006` lists it.

use athyper_expr::eval::Program;
use athyper_expr::sql;
use athyper_expr::sql::SqlText;
use athyper_expr::value::Value;
use athyper_policy::{Condition, Residual, Ruling, Truth};
use athyper_schemas::bundle::{Action, Bundle, Effect, Entity};
use athyper_schemas::dialect::Dialect;
use athyper_schemas::ir::{FieldAccess, Kind, Node};

use super::{Statement, Unclaimed, delete, insert, name, place, stored_value};
use crate::emit::sql::Unsaid;
use crate::policy_test::judge::{Answer, Judge};
use crate::policy_test::stage::{Bundled, Moment};
use crate::policy_test::suite::{Cell, Principal, Record, Suite, Test};
use crate::source::Span;

/// What somebody tries to write, and whether row level security lets it through.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// What is written first, by a program that decides itself.
    pub before: Vec<Statement>,
    /// What the caller writes, each a row: all of it, or the attempt failed.
    pub writes: Vec<Statement>,
    /// Whether memory allows it.
    pub allowed: bool,
    /// What is tried, for people.
    pub what: String,
    /// Where it is expected.
    pub span: Span,
}

/// What row level security is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unasked {
    /// What would be asked, for people.
    pub what: String,
    /// Why not.
    pub why: String,
    /// Where it is expected.
    pub span: Span,
}

/// What row level security is asked about one cell.
pub(super) enum Asked {
    /// This.
    Attempt(Attempt),
    /// Nothing.
    Unasked(Unasked),
}

/// One test of a suite, as one caller tries it.
#[derive(Clone, Copy)]
pub(super) struct Attempts<'a> {
    pub judge: &'a Judge<'a>,
    pub bundle: &'a Bundle,
    pub suite: &'a Suite,
    pub who: &'a Principal,
    /// The conditions that row level security cannot judge.
    pub unsaid: &'a [Unsaid],
}

/// A write in its images.
#[derive(Clone, Copy)]
struct Write<'a> {
    entity: &'a Entity,
    test: &'a Test,
    action: Action,
    before: &'a Record,
    after: &'a Record,
}

impl<'a> Attempts<'a> {
    /// What is asked about one cell; nothing when it is about no write of the database.
    pub fn of(self, test: &Test, cell: &Cell) -> Result<Option<Asked>, Unclaimed> {
        let Some(before) = self.suite.records.get(cell.record) else { return Ok(None) };
        let Some(entity) = self.bundle.entity(&before.entity) else { return Ok(None) };
        let action = cell.action;
        if !matches!(action, Action::Create | Action::Update | Action::Delete) {
            return Ok(None);
        }
        let created = action == Action::Create;
        let after = self.suite.changed(self.bundle, before, &test.change, (self.who, created));
        let write = Write { entity, test, action, before, after: &after };
        let what = format!("`{}` of `{}` by `{}`", action.name(), before.name, self.who.name.value);
        let span = cell.span;
        let answer = self.judge.cell(self.suite, test, cell)?;
        if let Some(why) = self.unaskable(write, &answer)? {
            return Ok(Some(Asked::Unasked(Unasked { what, why, span })));
        }
        let (before, writes) = match action {
            Action::Create => {
                let owned = self.owned(write.before);
                let there = owned.iter().rev().chain([write.before]);
                let before = there.filter_map(|record| self.deletion(record)).collect();
                (before, self.insertion(&after).into_iter().collect())
            }
            Action::Update => (Vec::new(), self.update(write)),
            _ => (Vec::new(), self.deletion(write.before).into_iter().collect()),
        };
        let attempt = Attempt { before, writes, allowed: answer.allowed, what, span };
        Ok(Some(Asked::Attempt(attempt)))
    }

    /// Why row level security cannot say what memory says, if so.
    fn unaskable(self, write: Write<'_>, memory: &Answer) -> Result<Option<String>, Unclaimed> {
        let Write { entity, action, .. } = write;
        let reads = (action != Action::Create).then_some(Action::Read);
        if let Some(why) =
            [Some(action), reads].into_iter().flatten().find_map(|one| self.unsaid(entity, one))
        {
            return Ok(Some(why));
        }
        if let Some(rule) = self.looks_at_what_moves(write) {
            return Ok(Some(format!("`{rule}` looks at owned records, which are written by themselves")));
        }
        let held = self.held(write)?;
        Ok((held != memory.allowed).then(|| {
            if memory.allowed {
                "the record leaves the sight of its caller".to_owned()
            } else if memory.besides.is_empty() {
                "a rule asks of the record before and after the change at once".to_owned()
            } else {
                format!("no rule about the record refuses it: {}", memory.besides.join(", "))
            }
        }))
    }

    /// Why PostgreSQL cannot judge a rule about this action that reaches the caller, if so.
    pub fn unsaid(self, entity: &Entity, action: Action) -> Option<String> {
        let rulings = self.rulings(entity, action);
        let ids = rulings.iter().map(|ruling| (ruling.policy.name.as_str(), ruling.rule.id.as_str()));
        let mut unsaid = ids.filter(|id| self.unsaid.iter().any(|one| (&*one.policy, &*one.rule) == *id));
        unsaid.next().map(|(_, rule)| format!("PostgreSQL has no equal for a condition of `{rule}`"))
    }

    fn rulings(self, entity: &Entity, action: Action) -> Vec<Ruling<'a>> {
        Residual::of(self.judge.policies(&entity.name), self.who.caller(), action).rulings().to_vec()
    }

    /// A rule that looks at owned records while they are not as memory sees them: those of a new record come after
    /// it, those of a changed one before.
    fn looks_at_what_moves(self, write: Write<'_>) -> Option<&'a str> {
        let looks =
            |condition: &Condition| matches!(condition, Condition::When(node) if self.looks_at_owned(node));
        let mut rulings = self.rulings(write.entity, write.action);
        let found = match write.action {
            Action::Create if write.after.children.values().any(|owned| !owned.is_empty()) => {
                rulings.iter().find(|ruling| looks(&ruling.when) || looks(&ruling.after))
            }
            Action::Update if !write.test.change.children.is_empty() => {
                rulings.extend(self.rulings(write.entity, Action::Read));
                rulings.iter().find(|ruling| looks(&ruling.when))
            }
            _ => None,
        };
        found.map(|ruling| ruling.rule.id.as_str())
    }

    fn looks_at_owned(self, node: &Node) -> bool {
        let mut found = false;
        node.each(&mut |node| {
            if let Node::Field(access) = node {
                found |= access.of == Node::This && self.is_made_of_owned(access);
            }
        });
        found
    }

    /// Whether a field is owned records, or computed from them whenever it is read.
    fn is_made_of_owned(self, access: &FieldAccess) -> bool {
        let field = self.bundle.entity(&access.entity).and_then(|entity| entity.field(&access.name));
        field.is_some_and(|field| {
            let computed = field.computed.as_ref().filter(|_| field.column.is_none());
            field.ty.is_children()
                || computed.is_some_and(|computed| self.looks_at_owned(&computed.value.root))
        })
    }

    /// What row level security says when it holds the policies: what a rule asks before and after a change at once
    /// counts as granted, and whoever writes must see the record before and after.
    fn held(self, write: Write<'_>) -> Result<bool, Unclaimed> {
        let Write { entity, action, before, after, .. } = write;
        if action == Action::Create {
            return self.checked(entity, action, after);
        }
        let sees = |record| self.judge.reads(self.suite, self.who, record);
        let begins = self.judge.may_begin(self.suite, self.who, before, action)?;
        Ok(begins
            && sees(before)?
            && (action == Action::Delete || (self.checked(entity, action, after)? && sees(after)?)))
    }

    /// What `WITH CHECK` says of the record as it would become.
    fn checked(self, entity: &Entity, action: Action, after: &Record) -> Result<bool, Unclaimed> {
        let mut allowed = false;
        for ruling in self.rulings(entity, action) {
            let looks_back = matches!(&ruling.after, Condition::When(node) if node.looks_back());
            let asks_before = ruling.rule.when.is_some() || ruling.rule.to.iter().any(|to| to.when.is_some());
            let then = if looks_back { Some(true) } else { self.truth(&ruling.after, after)? };
            let when = if action == Action::Create { self.truth(&ruling.when, after)? } else { Some(true) };
            match ruling.rule.effect {
                Effect::Allow => allowed |= when == Some(true) && then == Some(true),
                Effect::Deny if looks_back => {}
                Effect::Deny if action == Action::Update && (ruling.rule.after.is_none() || asks_before) => {}
                Effect::Deny if when != Some(false) && then != Some(false) => return Ok(false),
                Effect::Deny => {}
            }
        }
        Ok(allowed)
    }

    fn truth(self, condition: &Condition, record: &Record) -> Result<Truth, Unclaimed> {
        let node = match condition {
            Condition::Always => return Ok(Some(true)),
            Condition::Never => return Ok(Some(false)),
            Condition::When(node) => node,
        };
        let program = Program::compile_node(node, &Bundled(self.bundle))?;
        let image = self.suite.image(self.bundle, record, program.paths());
        Ok(program.judge(&Moment::of(self.suite, self.who).context(&image, None))?)
    }

    /// The owned records that change, then the record itself: what its rules ask of the record as it would become
    /// is asked of all of it.
    fn update(self, write: Write<'_>) -> Vec<Statement> {
        let mut out = Vec::new();
        for (at, places) in &write.test.change.children {
            let old = self.below(write.before, write.before.children.get(at).map_or(&[][..], Vec::as_slice));
            out.extend(old.iter().rev().filter_map(|record| self.deletion(record)));
            out.extend(self.below(write.after, places).iter().filter_map(|record| self.insertion(record)));
        }
        let mut sets = Vec::new();
        for (at, field) in write.entity.fields.iter().enumerate() {
            let Some(column) = &field.column else { continue };
            if field.computed.as_ref().is_some_and(|computed| computed.generated) {
                continue;
            }
            let value = |record| stored_value((self.bundle, self.suite), record, (at, field));
            let after = value(write.after);
            if after != value(write.before) {
                sets.push(sql![&name(column), " = ", place(Dialect::Postgres, &field.ty.kind(), after)]);
            }
        }
        if sets.is_empty() {
            sets.push(SqlText::from("\"id\" = \"id\""));
        }
        let mut list = SqlText::new();
        list.join(sets, ", ");
        let id = place(Dialect::Postgres, &Kind::Uuid, Value::Uuid(write.before.id()));
        let text = sql!["UPDATE ", &name(&write.entity.table), " SET ", list, " WHERE \"id\" = ", id];
        out.push(Statement::of(text, Dialect::Postgres));
        out
    }

    fn deletion(self, record: &Record) -> Option<Statement> {
        delete(self.bundle, Dialect::Postgres, record)
    }

    fn insertion(self, record: &Record) -> Option<Statement> {
        insert(self.bundle, self.suite, Dialect::Postgres, record)
    }

    /// Everything that a record owns, owners first.
    fn owned(self, record: &Record) -> Vec<Record> {
        let places: Vec<usize> = record.children.values().flatten().copied().collect();
        self.below(record, &places)
    }

    /// These records as `owner` owns them, each followed by what it owns.
    fn below(self, owner: &Record, places: &[usize]) -> Vec<Record> {
        let mut out = Vec::new();
        for child in places.iter().filter_map(|place| self.suite.records.get(*place)) {
            let child = child.owned_by(self.bundle, owner.id());
            let below = self.owned(&child);
            out.push(child);
            out.extend(below);
        }
        out
    }
}
