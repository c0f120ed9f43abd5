//! Policies with one mistake put in: tests that notice none of it prove little.

use athyper_expr::eval::Unfit;
use athyper_schemas::bundle::{Bundle, EVERYBODY, FieldGrant, Grantee, Policy};
use athyper_schemas::ir::{Call, Expr, Node, Op};

use super::coverage::Coverage;
use super::judge::Judge;
use super::names::Places;
use super::report::run;
use super::suite::Suite;
use crate::source::Span;

/// One mistake.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// The policy, `module.Name`.
    pub policy: String,
    /// The rule's id, or the field.
    pub rule: String,
    /// Whether it is a rule about a field.
    pub is_field: bool,
    /// What is done: `when negated`.
    pub change: &'static str,
    /// Where the rule stands.
    pub place: Option<Span>,
    /// Whether some test noticed.
    pub noticed: bool,
    mutant: Policy,
}

/// Puts one mistake after the other into the policies, and says which are noticed by the tests.
///
/// # Errors
/// When a condition names what the package does not have: not of a sound one.
pub fn mutate(
    bundle: &Bundle,
    suites: &[Suite],
    (places, filter): (&Places, Option<&str>),
) -> Result<Vec<Mutation>, Unfit> {
    let judge = Judge::new(bundle)?;
    let mut out = Vec::new();
    for policy in &bundle.policies {
        let Some(entity) = bundle.entity(&policy.entity) else { continue };
        for mut mutation in mutations(policy, places) {
            let of_entity = bundle.policies.iter().filter(|one| one.entity == policy.entity);
            let with = of_entity.map(|one| if one.name == policy.name { &mutation.mutant } else { one });
            let judge = judge.with(entity, with.cloned().collect())?;
            let about = |suite: &&Suite| suite.records.iter().any(|r| r.entity == policy.entity.as_str());
            mutation.noticed = suites
                .iter()
                .filter(about)
                .any(|suite| !run(&judge, suite, (places, filter), &mut Coverage::default()).passes());
            out.push(mutation);
        }
    }
    Ok(out)
}

fn mutations(policy: &Policy, places: &Places) -> Vec<Mutation> {
    let mut out = Vec::new();
    for (at, rule) in policy.rules.iter().enumerate() {
        let mut with = |change: &'static str, mutant: Policy| {
            let place = places.rules.get(&(policy.name.clone(), rule.id.clone())).copied();
            out.push(Mutation {
                policy: policy.name.clone(),
                rule: rule.id.clone(),
                is_field: false,
                change,
                place,
                noticed: false,
                mutant,
            });
        };
        let mut dropped = policy.clone();
        dropped.rules.remove(at);
        with("rule dropped", dropped);
        let mut changed = |change, edit: &dyn Fn(&mut athyper_schemas::bundle::Rule)| {
            let mut mutant = policy.clone();
            mutant.rules.get_mut(at).into_iter().for_each(edit);
            with(change, mutant);
        };
        if let Some(when) = &rule.when {
            changed("condition dropped", &|rule| rule.when = None);
            changed("condition negated", &|rule| rule.when = Some(negated(when)));
        }
        if let Some(after) = &rule.after {
            changed("`after` dropped", &|rule| rule.after = None);
            changed("`after` negated", &|rule| rule.after = Some(negated(after)));
        }
        if rule.to.iter().any(|to| to.when.is_some()) {
            changed("derived roles without their condition", &|rule| unconditional(&mut rule.to));
        }
        if !speaks_to_all(&rule.to) {
            changed("`to` widened to everybody", &|rule| rule.to = everybody());
        }
    }
    for (at, field) in policy.fields.iter().enumerate() {
        for (is_read, grant) in [(true, &field.read), (false, &field.update)] {
            let Some(grant) = grant else { continue };
            for (change, mutant) in grants(is_read, grant) {
                let mut copy = policy.clone();
                if let Some(rule) = copy.fields.get_mut(at) {
                    *(if is_read { &mut rule.read } else { &mut rule.update }) = mutant;
                }
                let place = places.fields.get(&(policy.name.clone(), field.field.clone())).copied();
                out.push(Mutation {
                    policy: policy.name.clone(),
                    rule: field.field.clone(),
                    is_field: true,
                    change,
                    place,
                    noticed: false,
                    mutant: copy,
                });
            }
        }
    }
    out
}

/// A grant with one mistake.
fn grants(is_read: bool, grant: &FieldGrant) -> Vec<(&'static str, Option<FieldGrant>)> {
    let mut out = Vec::new();
    if !speaks_to_all(&grant.to) {
        let wide = FieldGrant { to: everybody(), when: grant.when.clone() };
        out.push((
            if is_read { "`read` widened to everybody" } else { "`update` widened to everybody" },
            wide,
        ));
        let nobody = FieldGrant { to: Vec::new(), when: None };
        out.push((
            if is_read { "`read` taken from everybody" } else { "`update` taken from everybody" },
            nobody,
        ));
    }
    if let Some(when) = &grant.when {
        let with = |when| FieldGrant { to: grant.to.clone(), when };
        out.push((
            if is_read { "condition of `read` dropped" } else { "condition of `update` dropped" },
            with(None),
        ));
        out.push((
            if is_read { "condition of `read` negated" } else { "condition of `update` negated" },
            with(Some(negated(when))),
        ));
    }
    out.into_iter().map(|(change, grant)| (change, Some(grant))).collect()
}

fn speaks_to_all(to: &[Grantee]) -> bool {
    to.iter().any(|to| to.role == EVERYBODY && to.when.is_none())
}

fn everybody() -> Vec<Grantee> {
    vec![Grantee { role: EVERYBODY.to_owned(), derived: None, when: None }]
}

fn unconditional(to: &mut [Grantee]) {
    to.iter_mut().for_each(|to| to.when = None);
}

fn negated(condition: &Expr) -> Expr {
    let root = Node::Call(Call { op: Op::Not, args: vec![condition.root.clone()] });
    Expr { source: format!("!({})", condition.source), ty: condition.ty.clone(), root }
}
