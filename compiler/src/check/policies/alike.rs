//! Roles that look like others: any name can be a role of a token, so that a slip speaks to nobody.

use std::collections::{BTreeMap, BTreeSet};

use athyper_schemas::bundle::{ANONYMOUS, EVERYBODY, SYSTEM};
use athyper_schemas::ir::{Expr, Literal, Node};

use super::typed::TypedPolicy;
use crate::diag::{Sink, nearest, policy_doubts as say};
use crate::model::policy::{Role, To};
use crate::model::{Model, Policy};

/// Words that people have for everybody with a token.
const ALL: [&str; 5] = ["everybody", "everyone", "anybody", "anyone", "all"];

/// Says which roles are probably slips.
pub(super) fn roles(model: &Model, typed: &[TypedPolicy], sink: &mut Sink) {
    let mut named: BTreeMap<&str, Vec<(&Policy, &To)>> = BTreeMap::new();
    for policy in model.policies.iter() {
        for to in policy.named() {
            if let Role::Token(name) = &to.role {
                named.entry(name).or_default().push((policy, to));
            }
        }
    }
    let asked: BTreeSet<&str> = typed.iter().flat_map(conditions).flat_map(looked_for).collect();
    for (name, places) in &named {
        if [EVERYBODY, ANONYMOUS, SYSTEM].contains(name) {
            continue;
        }
        if let Some(word) = standing(name, places.len()) {
            for (_, to) in places {
                sink.warn(say::looks_like_a_word(to.span, name, word));
            }
            continue;
        }
        let [(policy, to)] = places.as_slice() else { continue };
        if asked.contains(name) {
            continue;
        }
        let derived = policy.roles.iter().map(|role| role.name.as_str());
        // Of two that are named once the first counts.
        let place = |to: &To| (to.span.file, to.span.start);
        let before = |(other, theirs): &(&&str, &Vec<(&Policy, &To)>)| {
            let first = theirs.first().is_some_and(|(_, other)| place(other) < place(to));
            *other != name && (theirs.len() > 1 || asked.contains(**other) || first)
        };
        let known = derived.chain(named.iter().filter(before).map(|(other, _)| *other));
        let near = nearest(name, known.chain(asked.iter().copied()).filter(|other| is_slip(name, other)));
        if let Some(near) = near {
            sink.warn(say::look_alike_role(to.span, name, near));
        }
    }
}

/// The reserved word that a role looks like; `system` could also be said of something else, more than once.
fn standing(name: &str, count: usize) -> Option<&'static str> {
    let all = |word: &&str| name.eq_ignore_ascii_case(word) || is_slip(name, word);
    if is_slip(name, ANONYMOUS) {
        Some(ANONYMOUS)
    } else if ALL.iter().any(all) {
        Some(EVERYBODY)
    } else {
        (count == 1 && is_slip(name, SYSTEM)).then_some(SYSTEM)
    }
}

/// Whether a role may be a slip of another. Where one part of two names differs (`sales_eu`, `sales_us`), that part
/// decides. Parts of three letters look all alike.
pub(crate) fn is_slip(name: &str, other: &str) -> bool {
    let parts = |name: &'_ str| name.split(['_', '-']).map(str::to_owned).collect::<Vec<_>>();
    let (mine, theirs) = (parts(name), parts(other));
    if mine.len() != theirs.len() {
        return differs_a_little(name, other);
    }
    let mut apart = mine.iter().zip(&theirs).filter(|(mine, theirs)| mine != theirs);
    match (apart.next(), apart.next()) {
        (Some((mine, theirs)), None) => differs_a_little(mine, theirs),
        _ => name != other && name.eq_ignore_ascii_case(other),
    }
}

fn differs_a_little(one: &str, other: &str) -> bool {
    if one.eq_ignore_ascii_case(other) {
        return one != other;
    }
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    match (a.len().min(b.len()), strsim::osa_distance(one, other)) {
        (0..=3, _) => false,
        // `reader` and `leader` are two words.
        (_, 1) => a.len() != b.len() || a.first() == b.first(),
        // So are `accountant` and `accounting`.
        (8.., 2) => a.first() == b.first() && a.last() == b.last(),
        _ => false,
    }
}

/// Every condition of a policy.
fn conditions(typed: &TypedPolicy) -> impl Iterator<Item = &Expr> {
    let rules = typed.rules.iter().flat_map(|rule| rule.when.iter().chain(&rule.after));
    typed.roles.iter().flatten().chain(rules).chain(typed.fields.iter().flatten())
}

/// The words that a condition looks for among the roles of the caller.
fn looked_for(condition: &Expr) -> Vec<&str> {
    let mut out = Vec::new();
    condition.root.each(&mut |node| {
        let Node::Call(call) = node else { return };
        if call.args.iter().any(|arg| matches!(arg, Node::User(attribute) if attribute.name == "roles")) {
            out.extend(call.args.iter().filter_map(|arg| match arg {
                Node::Literal(Literal::Text(word)) => Some(word.as_str()),
                _ => None,
            }));
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_not_another_word() {
        for (name, other) in [
            ("clrek", "clerk"),
            ("Clerk", "clerk"),
            ("managers", "manager"),
            ("salesrep", "sales_rep"),
            ("sales_manger", "sales_manager"),
            ("anonymus", "anonymous"),
            ("annonimous", "anonymous"),
            ("everbody", "everybody"),
            ("acountannt", "accountant"),
        ] {
            assert!(is_slip(name, other), "{name} {other}");
        }
        for (name, other) in [
            ("clerk", "clerk"),
            ("reader", "leader"),
            ("sales_eu", "sales_us"),
            ("team-1", "team-2"),
            ("accounting", "accountant"),
            ("hr", "it"),
            ("buyer", "seller"),
            ("editor", "auditor"),
        ] {
            assert!(!is_slip(name, other), "{name} {other}");
        }
    }
}
