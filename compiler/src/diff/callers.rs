//! The kinds of caller that policies tell apart, fewest roles first. Facts, no decisions.

use std::collections::BTreeSet;

use athyper_schemas::bundle::Policy;

use super::report::Who;
use crate::policy_test::roles;

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
