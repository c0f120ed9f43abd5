//! The rules of one entity for one action, as what must be true of a row. Allowed is what some allow is definitely
//! true for, and every deny definitely false.

use athyper_expr::sql;
use athyper_expr::sql::{Identifier, Rail, SqlText};
use athyper_schemas::bundle::{Action, Effect, Entity, Grantee, Policy, Rule};
use athyper_schemas::ir::Expr;

use super::caller::is_one_of;
use super::part::{Label, Part, Parts};

/// Which image of a record is in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Image {
    /// The record as it is. What a rule asks of the record as it would become counts as granted.
    AsItIs,
    /// A new record: both conditions of a rule are about it.
    New,
    /// The record as a change would leave it. What a rule asks of the record as it was counts as granted.
    Changed,
}

/// The rules about one action.
pub(super) struct Ruling<'b> {
    pub entity: &'b Entity,
    pub action: Action,
    pub rules: Vec<(&'b Policy, &'b Rule)>,
}

impl<'b> Ruling<'b> {
    /// Of the policies about the entity.
    pub fn of(about: &[&'b Policy], entity: &'b Entity, action: Action) -> Self {
        let rules = about.iter().flat_map(|policy| policy.rules.iter().map(move |rule| (*policy, rule)));
        let rules = rules.filter(|(_, rule)| rule.actions.contains(&action)).collect();
        Self { entity, action, rules }
    }

    /// What must be true of `row`; nothing when no row can be allowed.
    pub fn condition(&self, parts: &mut Parts<'b>, row: &Identifier, image: Image) -> Option<SqlText> {
        let mut allows = Vec::new();
        let mut escapes = Vec::new();
        for (policy, rule) in &self.rules {
            let after = rule.after.as_ref().filter(|_| self.action.has_new_image());
            let one = One { policy, rule, after, entity: self.entity, row, image };
            match rule.effect {
                Effect::Allow => allows.push(one.fires(parts)),
                Effect::Deny => escapes.extend(one.escapes(parts)),
            }
        }
        let allowed = one_per_line(allows)?;
        let mut all = vec![allowed];
        for escape in escapes {
            match escape {
                Rail::Always => {}
                Rail::Never => return None,
                rail => all.push(rail.into_conjunct()),
            }
        }
        let mut text = SqlText::new();
        text.join(all, "\n    AND ");
        Some(text)
    }
}

/// The alternatives, each on a line of its own; nothing when there is none.
fn one_per_line(alternatives: Vec<Rail>) -> Option<SqlText> {
    let texts = match Rail::any(alternatives) {
        Rail::Always => return Some("TRUE".into()),
        Rail::Never => return None,
        Rail::When(text) => return Some(text),
        Rail::Either(texts) => texts,
    };
    let mut text = SqlText::new();
    text.join(texts, "\n      OR ");
    Some(sql!["(", text, ")"])
}

/// One rule, about one row.
struct One<'b, 'r> {
    policy: &'b Policy,
    rule: &'b Rule,
    /// Its `after`, if the action makes a new image.
    after: Option<&'b Expr>,
    entity: &'b Entity,
    row: &'r Identifier,
    image: Image,
}

impl<'b> One<'b, '_> {
    /// Where the rule is definitely true.
    fn fires(&self, parts: &mut Parts<'b>) -> Rail {
        let conditional = self.rule.to.iter().enumerate().filter(|(_, to)| to.when.is_some());
        let mut reached = vec![self.is_plainly_reached()];
        if self.image == Image::Changed {
            reached.extend(conditional.map(|(_, to)| Rail::When(is_one_of(&[to]))));
        } else {
            reached.extend(conditional.map(|(index, to)| {
                let role = Rail::When(is_one_of(&[to]));
                Rail::all([role, self.part(parts, Label::To(index), to.when.as_ref(), true)])
            }));
        }
        let mut all = vec![Rail::any(reached)];
        if self.image != Image::Changed {
            all.push(self.part(parts, Label::When, self.rule.when.as_ref(), true));
        }
        if self.image != Image::AsItIs && !self.is_about_a_change() {
            all.push(self.part(parts, Label::After, self.after, true));
        }
        Rail::all(all)
    }

    /// Where the rule, a deny, is definitely false; nothing when this image is not the one to tell.
    fn escapes(&self, parts: &mut Parts<'b>) -> Option<Rail> {
        let after = self.after;
        let is_told = match self.image {
            Image::AsItIs => after.is_none(),
            Image::New => !self.is_about_a_change(),
            Image::Changed => after.is_some() && !self.is_about_a_change() && !self.asks_before(),
        };
        if !is_told {
            return None;
        }
        let mut reached = Vec::new();
        let plain = self.plain_grantees();
        if !plain.is_empty() {
            reached.push(Rail::When(sql!["NOT ", is_one_of(&plain)]));
        }
        for (index, to) in self.rule.to.iter().enumerate().filter(|(_, to)| to.when.is_some()) {
            let other = Rail::When(sql!["NOT ", is_one_of(&[to])]);
            reached.push(Rail::any([other, self.part(parts, Label::To(index), to.when.as_ref(), false)]));
        }
        let mut any = vec![Rail::all(reached)];
        any.extend(self.rule.when.as_ref().map(|when| self.part(parts, Label::When, Some(when), false)));
        any.extend(after.map(|after| self.part(parts, Label::After, Some(after), false)));
        Some(Rail::any(any))
    }

    /// Whether `after` compares with the record before the change, which only the program knows.
    fn is_about_a_change(&self) -> bool {
        self.after.is_some_and(|after| after.root.looks_back())
    }

    /// Whether something is asked of the record before the change.
    fn asks_before(&self) -> bool {
        self.rule.when.is_some() || self.rule.to.iter().any(|to| to.when.is_some())
    }

    fn plain_grantees(&self) -> Vec<&'b Grantee> {
        self.rule.to.iter().filter(|to| to.when.is_none()).collect()
    }

    fn is_plainly_reached(&self) -> Rail {
        let plain = self.plain_grantees();
        if plain.is_empty() { Rail::Never } else { Rail::When(is_one_of(&plain)) }
    }

    fn part(&self, parts: &mut Parts<'b>, label: Label, condition: Option<&'b Expr>, holds: bool) -> Rail {
        let Some(condition) = condition else { return Rail::constant(holds) };
        let part = Part { policy: self.policy, rule: self.rule, label, condition };
        parts.rail(part, self.entity, self.row, holds)
    }
}
