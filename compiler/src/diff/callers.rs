//! The kinds of caller that policies tell apart, fewest roles first. Facts, no decisions.

use std::collections::BTreeSet;

use athyper_schemas::bundle::{ANONYMOUS, EVERYBODY, Policy, SYSTEM};
use athyper_schemas::ir::{Expr, Literal, Node};
use smol_str::SmolStr;

use super::report::Who;
use crate::check::walk;

/// Most roles of one entity whose pairs are tried.
const MOST_PAIRED: usize = 16;

/// Every kind of caller that these policies can tell apart. A caller comes after those with fewer of his roles.
pub(super) fn of<'p>(policies: impl Iterator<Item = &'p Policy> + Clone) -> Vec<Who> {
    let roles = roles(policies);
    let mut callers = vec![Who::Everybody];
    callers.extend(roles.iter().map(|role| Who::Roles(BTreeSet::from([role.clone()]))));
    if roles.len() <= MOST_PAIRED {
        for (at, one) in roles.iter().enumerate() {
            let others = roles.iter().skip(at + 1);
            callers.extend(others.map(|other| Who::Roles(BTreeSet::from([one.clone(), other.clone()]))));
        }
    }
    if roles.len() > 2 {
        callers.push(Who::Roles(roles));
    }
    callers.extend([Who::Anonymous, Who::System]);
    callers
}

/// The roles that rules speak to, and those that conditions look for in `user.roles`.
pub(super) fn roles<'p>(policies: impl Iterator<Item = &'p Policy>) -> BTreeSet<SmolStr> {
    let mut roles = BTreeSet::new();
    for policy in policies {
        let rules = policy.rules.iter().map(|rule| (&rule.to, [rule.when.as_ref(), rule.after.as_ref()]));
        let grants = policy.fields.iter().flat_map(|field| field.read.iter().chain(&field.update));
        let grants = grants.map(|grant| (&grant.to, [grant.when.as_ref(), None]));
        for (to, conditions) in rules.chain(grants) {
            roles.extend(to.iter().map(|grantee| SmolStr::new(&grantee.role)));
            let derived = to.iter().filter_map(|grantee| grantee.when.as_ref());
            derived.chain(conditions.into_iter().flatten()).for_each(|expr| looked_for(expr, &mut roles));
        }
    }
    roles.retain(|role| ![EVERYBODY, ANONYMOUS, SYSTEM].contains(&role.as_str()));
    roles
}

/// The words that stand beside `user.roles` in one operator.
fn looked_for(expr: &Expr, roles: &mut BTreeSet<SmolStr>) {
    walk::nodes(&expr.root, &mut |node| {
        let Node::Call(call) = node else { return };
        if call.args.iter().any(|arg| matches!(arg, Node::User(attribute) if attribute.name == "roles")) {
            roles.extend(call.args.iter().filter_map(|arg| match arg {
                Node::Literal(Literal::Text(word)) => Some(SmolStr::new(word)),
                _ => None,
            }));
        }
    });
}
