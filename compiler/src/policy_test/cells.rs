//! The expectations of a policy test: blocks of names become single cells, and a cell is there once.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use athyper_schemas::bundle::{Action, Class, Effect, Entity, Mask, Otherwise, Policy, Rule};

use super::names::Planner;
use super::suite::{Cell, Listed, Seen, SeenCell, Test};
use crate::ast::policy_test::{self as ast, Actions, Block};
use crate::ast::{Spanned, Text};
use crate::diag::policies as say;
use crate::diag::policy_tests as tell;
use crate::source::Span;

/// The word for all others.
const REST: &str = "*";

/// Cells by principal, record and action, each with how loosely it is named: what is named more closely wins.
type Matrix = BTreeMap<(usize, usize, Action), (u8, Cell)>;

/// Places with where they are named, and whether `"*"` stands there.
struct Named {
    places: Vec<(usize, Span)>,
    rest: bool,
}

impl Planner<'_> {
    pub(super) fn tests(&mut self, document: &ast::PolicyTest) {
        let mut taken: BTreeMap<&str, Span> = BTreeMap::new();
        for written in &document.tests {
            if let Some(first) = taken.insert(&written.name.value, written.name.span) {
                self.sink.error(tell::named_twice(written.name.span, first, &written.name.value));
            }
            let test = self.test(written);
            self.suite.tests.push(test);
        }
    }

    fn test(&mut self, written: &ast::Test) -> Test {
        let change = self.change(&written.changed);
        let mut matrix = Matrix::new();
        for cells in &written.expect {
            self.cells(cells, &mut matrix);
        }
        let cells: Vec<Cell> = matrix.into_values().map(|(_, cell)| cell).collect();
        if let Some(first) = written.changed.first() {
            let writes = |cell: &&Cell| cell.action.has_new_image();
            if !cells.iter().any(|cell| writes(&cell)) {
                self.sink.error(tell::changed_without_write(first.name.span));
            }
            for cell in cells.iter().filter(writes) {
                self.of_the_entity(cell.record, cell.span);
            }
        }
        let lists = self.lists(&written.lists);
        let seen = self.seen(&written.fields);
        Test { name: written.name.clone(), change, cells, lists, seen }
    }

    /// Says that a record is of another entity than the test is for.
    fn of_the_entity(&mut self, record: usize, span: Span) {
        let Some(record) = self.suite.records.get(record) else { return };
        if record.entity != self.suite.entity && !record.entity.is_empty() {
            let short = self.suite.entity.rsplit('.').next().unwrap_or_default();
            self.sink.error(tell::not_of_the_entity(span, &record.name, short));
        }
    }

    fn principals_of(&mut self, names: &[Text]) -> Named {
        let mut named = Named { places: Vec::new(), rest: false };
        for name in names {
            let found = self.suite.principals.iter().position(|one| one.name.value == name.value);
            match found {
                Some(place) => named.places.push((place, name.span)),
                None if name.value == REST => {
                    named.rest = true;
                    if self.suite.principals.is_empty() {
                        self.sink.error(tell::stands_for_none(name.span, "principal"));
                    }
                    named.places.extend((0..self.suite.principals.len()).map(|place| (place, name.span)));
                }
                None => {
                    let known = self.suite.principals.iter().map(|one| one.name.value.as_str());
                    self.sink.error(tell::unknown_principal(name.span, &name.value, known));
                }
            }
        }
        named
    }

    fn records_of(&mut self, names: &[Text]) -> Named {
        let mut named = Named { places: Vec::new(), rest: false };
        for name in names {
            if name.value == REST {
                named.rest = true;
                let own = self.own_records();
                // A record of an unknown entity could be one; that is told already.
                if own.is_empty() && self.suite.records.iter().all(|record| !record.entity.is_empty()) {
                    let short = self.suite.entity.rsplit('.').next().unwrap_or_default();
                    self.sink.error(tell::stands_for_none(name.span, &format!("record of `{short}`")));
                }
                named.places.extend(own.into_iter().map(|place| (place, name.span)));
            } else {
                named.places.extend(self.record_named(name).map(|place| (place, name.span)));
            }
        }
        named
    }

    /// The named records of the entity that the test is for.
    fn own_records(&self) -> Vec<usize> {
        let own = |place: &usize| {
            self.suite.records.get(*place).is_some_and(|record| record.entity == self.suite.entity)
        };
        let mut places: Vec<usize> = self.named.values().map(|(place, _)| *place).filter(own).collect();
        places.sort_unstable();
        places
    }

    fn cells(&mut self, cells: &ast::Cells, matrix: &mut Matrix) {
        let Block { principals, records } = &cells.block;
        let (principals, records) = (self.principals_of(principals), self.records_of(records));
        let named: BTreeSet<Action> = cells
            .expected
            .iter()
            .filter_map(|expected| match &expected.actions {
                Actions::Named(actions) => Some(actions.iter().map(|(action, _)| action.value)),
                Actions::Rest(_) => None,
            })
            .flatten()
            .collect();
        for &(principal, _) in &principals.places {
            for &(record, _) in &records.places {
                for expected in &cells.expected {
                    let loose = if principals.rest || records.rest { 2 } else { 0 };
                    let at = (principal, record);
                    match &expected.actions {
                        Actions::Rest(span) => {
                            for action in self.actions_of(record).into_iter().filter(|a| !named.contains(a)) {
                                let action = Spanned::new(action, *span);
                                self.cell(at, (action, None), (expected.allowed, loose + 1), matrix);
                            }
                        }
                        Actions::Named(actions) => {
                            for (action, rule) in actions {
                                self.cell(at, (*action, rule.as_ref()), (expected.allowed, loose), matrix);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Everything that can be done with a record.
    fn actions_of(&self, record: usize) -> Vec<Action> {
        let document = self.entity_of(record).is_some_and(|entity| entity.class == Class::Document);
        Action::ALL.into_iter().filter(|action| document || !action.is_of_documents()).collect()
    }

    fn entity_of(&self, record: usize) -> Option<&Entity> {
        self.suite.records.get(record).and_then(|record| self.bundle.entity(&record.entity))
    }

    fn cell(
        &mut self,
        (principal, record): (usize, usize),
        (action, rule): (Spanned<Action>, Option<&Text>),
        (allowed, loose): (bool, u8),
        matrix: &mut Matrix,
    ) {
        if action.value.is_of_documents()
            && let Some(entity) = self.entity_of(record).filter(|entity| entity.class != Class::Document)
        {
            let short = entity.name.rsplit('.').next().unwrap_or_default().to_owned();
            self.sink.error(say::only_documents(action.span, action.value.name(), &short));
            return;
        }
        let key = (principal, record, action.value);
        if let Some((closer, before)) = matrix.get(&key) {
            match closer.cmp(&loose) {
                Ordering::Less => return,
                Ordering::Greater => {}
                Ordering::Equal if loose > 0 && before.allowed == allowed => return,
                Ordering::Equal => {
                    let who = self.suite.principals.get(principal).map_or("", |one| one.name.value.as_str());
                    let what = self.suite.records.get(record).map_or("", |one| one.name.as_str());
                    let cell = format!("`{}` of `{what}` by `{who}`", action.value.name());
                    self.sink.error(tell::expected_twice(action.span, before.span, &cell));
                    return;
                }
            }
        }
        let because = rule.and_then(|rule| self.because(key, rule, allowed));
        let cell = Cell { principal, record, action: action.value, allowed, because, span: action.span };
        matrix.insert(key, (loose, cell));
    }

    /// The rule that is said to decide: it must be one that can.
    fn because(
        &mut self,
        (principal, record, action): (usize, usize, Action),
        name: &Text,
        allowed: bool,
    ) -> Option<(String, String)> {
        let entity = self.suite.records.get(record)?.entity.clone();
        let bundle = self.bundle;
        let policies = || bundle.policies.iter().filter(|policy| policy.entity == entity.as_str());
        let is_meant = |policy: &Policy, rule: &Rule| {
            let short = policy.name.rsplit('.').next().unwrap_or_default();
            rule.id == name.value.as_str() || format!("{short}.{}", rule.id) == name.value.as_str()
        };
        let found: Vec<(&Policy, &Rule)> = policies()
            .flat_map(|policy| policy.rules.iter().map(move |rule| (policy, rule)))
            .filter(|(policy, rule)| is_meant(policy, rule))
            .collect();
        let (policy, rule) = match found.as_slice() {
            [one] => *one,
            [] => {
                let known = policies().flat_map(|policy| &policy.rules).map(|rule| rule.id.as_str());
                let short = entity.rsplit('.').next().unwrap_or_default();
                self.sink.error(tell::unknown_rule(name.span, (&name.value, short), known));
                return None;
            }
            several => {
                let policies: Vec<&str> =
                    several.iter().filter_map(|(policy, _)| policy.name.rsplit('.').next()).collect();
                self.sink.error(tell::ambiguous_rule(name.span, &name.value, &policies));
                return None;
            }
        };
        let who = self.suite.principals.get(principal)?;
        let why = if !rule.actions.contains(&action) {
            Some(format!("it is not about `{}`", action.name()))
        } else if (rule.effect == Effect::Allow) != allowed {
            Some(if allowed { "it denies".to_owned() } else { "it allows".to_owned() })
        } else if who.caller().among(&rule.to).next().is_none() {
            Some(format!("it does not speak to `{}`", who.name.value))
        } else {
            None
        };
        let key = (policy.name.clone(), rule.id.clone());
        if let Some(why) = why {
            let at = self.places.rules.get(&key).copied().unwrap_or(name.span);
            self.sink.error(tell::cannot_decide(name.span, (&rule.id, at), &why));
            return None;
        }
        Some(key)
    }

    fn lists(&mut self, written: &[ast::List]) -> Vec<Listed> {
        let mut out: BTreeMap<usize, (bool, Listed)> = BTreeMap::new();
        for list in written {
            let who = self.principals_of(&list.principals);
            let what = self.records_of(&list.records);
            for &(record, span) in &what.places {
                self.of_the_entity(record, span);
            }
            let records: BTreeSet<usize> = what.places.iter().map(|(place, _)| *place).collect();
            for (principal, span) in who.places {
                if let Some((wild, before)) = out.get(&principal) {
                    if who.rest {
                        continue;
                    }
                    if !wild {
                        let name = self.suite.principals.get(principal).map_or("", |one| &one.name.value);
                        let cell = format!("what `{name}` sees");
                        self.sink.error(tell::expected_twice(span, before.span, &cell));
                        continue;
                    }
                }
                let listed = Listed { principal, records: records.clone(), span: list.span };
                out.insert(principal, (who.rest, listed));
            }
        }
        out.into_values().map(|(_, listed)| listed).collect()
    }

    fn seen(&mut self, written: &[ast::FieldCells]) -> Vec<SeenCell> {
        let mut out: BTreeMap<(usize, usize, String), (bool, SeenCell)> = BTreeMap::new();
        for cells in written {
            let who = self.principals_of(&cells.block.principals);
            let what = self.records_of(&cells.block.records);
            let loose = who.rest || what.rest;
            for &(principal, _) in &who.places {
                for &(record, _) in &what.places {
                    for (field, seen) in &cells.seen {
                        let Some(seen) = self.seen_as(record, field, seen) else { continue };
                        let key = (principal, record, field.value.to_string());
                        let (field, span) = (field.value.to_string(), field.span);
                        let cell = SeenCell { principal, record, field, seen, span };
                        match out.get(&key) {
                            Some((wild, before)) if *wild == loose => {
                                let apart = !loose || before.seen != cell.seen;
                                if apart && before.span != span {
                                    let told = format!("`{}`", cell.field);
                                    self.sink.error(tell::expected_twice(span, before.span, &told));
                                }
                            }
                            Some((false, _)) => {}
                            _ => _ = out.insert(key, (loose, cell)),
                        }
                    }
                }
            }
        }
        out.into_values().map(|(_, cell)| cell).collect()
    }

    fn seen_as(&mut self, record: usize, name: &Text, seen: &ast::Seen) -> Option<Seen> {
        let entity = self.entity_of(record)?;
        let bundle = self.bundle;
        if entity.field(&name.value).is_none_or(|field| !field.is_visible()) {
            let known: Vec<String> = entity.fields.iter().map(|field| field.name.clone()).collect();
            let short = entity.name.rsplit('.').next().unwrap_or_default().to_owned();
            let known = known.iter().map(String::as_str);
            let told = crate::diag::names::unknown_field(name.span, &short, &name.value, known);
            self.sink.error(told);
            return None;
        }
        let rules = bundle.policies.iter().filter(|policy| policy.entity == entity.name);
        let mut rules = rules.flat_map(|policy| &policy.fields);
        let rule = rules.find(|rule| rule.field == name.value.as_str());
        let is_hash = rule.is_some_and(|rule| rule.otherwise == Otherwise::Mask(Mask::Hash));
        Some(match seen {
            ast::Seen::Visible => Seen::Visible,
            ast::Seen::Hidden => Seen::Hidden,
            ast::Seen::Masked(None) => Seen::Masked(None),
            ast::Seen::Masked(Some(node)) => {
                if is_hash {
                    self.sink.error(tell::hash_is_secret(node.span, &name.value));
                }
                let Some(scalar) = node.as_scalar() else {
                    let told = tell::wrong_shape(node.span, &name.value, "a single value", node.describe());
                    self.sink.error(told);
                    return None;
                };
                Seen::Masked(Some(scalar.value.to_string()))
            }
        })
    }
}
