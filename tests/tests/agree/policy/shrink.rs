//! The smallest policy about which the judges still differ, and all there is to say about it.

use athyper_expr::ir::{Call, Choice, Expr, FieldAccess, Fold, Kind, Node};
use athyper_expr::kind::kind_of;
use athyper_policy::{Condition, Residual};
use athyper_schemas::bundle::{Action, Policy};
use athyper_schemas::dialect::Dialect;

use super::judges::Judges;
use super::{Mismatch, judge};

/// Most policies that are tried on the way down.
pub const STEPS: usize = 2_000;

/// Panics with what was left of `policy`.
pub async fn report(judges: &mut Judges, seed: u64, mut policy: Policy, mut mismatch: Mismatch) -> ! {
    println!("seed {seed}: {}", mismatch.what);
    let mut steps = 0;
    'smaller: while steps < STEPS {
        for candidate in smaller(&policy) {
            steps += 1;
            let user = mismatch.user.clone();
            if let Err(still) = judge(judges, &candidate, &[user]).await {
                (policy, mismatch) = (candidate, still);
                continue 'smaller;
            }
        }
        break;
    }
    let user = mismatch.user.clone();
    let _ = judge(judges, &policy, std::slice::from_ref(&user)).await;
    let filter = match Residual::of([&policy], user.caller(), Action::Read).rows() {
        Condition::When(node) => [Dialect::Sqlite, Dialect::Postgres]
            .map(|dialect| format!("{:?}", judges.statement(dialect, Some(&node), &user)))
            .join("\n"),
        decided => format!("{decided:?}"),
    };
    let records: Vec<String> = judges.world.records().map(|record| format!("{record:?}")).collect();
    let of = mismatch.what.split(['"']).find(|part| part.len() == 36).unwrap_or_default();
    let record = records.iter().find(|record| record.contains(of));
    panic!(
        "seed {seed}: {}\n{}\ncaller {}\nrecord {record:?}\n{filter}\n{}",
        mismatch.what,
        serde_json::to_string(&policy).unwrap(),
        user.setting(),
        judges.text()
    );
}

/// The policy with something left out.
pub fn smaller(policy: &Policy) -> Vec<Policy> {
    let mut all = Vec::new();
    for (at, rule) in policy.rules.iter().enumerate() {
        let mut with = |change: &dyn Fn(&mut athyper_schemas::bundle::Rule)| {
            let mut copy = policy.clone();
            change(&mut copy.rules[at]);
            all.push(copy);
        };
        for (number, grantee) in rule.to.iter().enumerate() {
            if rule.to.len() > 1 {
                with(&|rule| drop(rule.to.remove(number)));
            }
            for when in simpler(grantee.when.as_ref()) {
                with(&|rule| rule.to[number].when.clone_from(&when));
            }
        }
        for action in rule.actions.iter().filter(|_| rule.actions.len() > 1) {
            with(&|rule| rule.actions.retain(|other| other != action));
        }
        for when in simpler(rule.when.as_ref()) {
            with(&|rule| rule.when.clone_from(&when));
        }
        for after in simpler(rule.after.as_ref()) {
            with(&|rule| rule.after.clone_from(&after));
        }
    }
    if policy.rules.len() > 1 {
        for at in 0..policy.rules.len() {
            let mut copy = policy.clone();
            copy.rules.remove(at);
            all.insert(0, copy);
        }
    }
    all
}

/// A condition with something left out, or none at all.
fn simpler(condition: Option<&Expr>) -> Vec<Option<Expr>> {
    let Some(condition) = condition else { return Vec::new() };
    let nodes = hoisted(&condition.root);
    let with = |root| Some(Expr { source: String::new(), ty: condition.ty.clone(), root });
    let looks_back = condition.source.contains("old.");
    let nodes = nodes.into_iter().filter(|_| !looks_back).map(with);
    std::iter::once(None).chain(nodes).collect()
}

/// The tree with one node replaced by a part of it that has the same kind and needs no variable of it.
pub fn hoisted(node: &Node) -> Vec<Node> {
    let mut all: Vec<Node> = match kind_of(node) {
        Some(kind) => parts(node, &kind),
        None => Vec::new(),
    };
    let many = |nodes: &[Node], make: &dyn Fn(Vec<Node>) -> Node| -> Vec<Node> {
        let mut out = Vec::new();
        for (at, inner) in nodes.iter().enumerate() {
            for smaller in hoisted(inner) {
                let mut copy = nodes.to_vec();
                copy[at] = smaller;
                out.push(make(copy));
            }
        }
        out
    };
    match node {
        Node::List(nodes) => all.extend(many(nodes, &Node::List)),
        Node::Call(call) => all.extend(many(&call.args, &|args| Node::Call(Call { op: call.op, args }))),
        Node::Field(access) => all.extend(
            hoisted(&access.of)
                .into_iter()
                .map(|of| Node::Field(Box::new(FieldAccess { of, ..access.as_ref().clone() }))),
        ),
        Node::If(choice) => {
            let nodes = [choice.condition.clone(), choice.then.clone(), choice.otherwise.clone()];
            all.extend(many(&nodes, &|nodes| {
                let [condition, then, otherwise] = <[Node; 3]>::try_from(nodes).unwrap();
                Node::If(Box::new(Choice { condition, then, otherwise }))
            }));
        }
        Node::Fold(fold) => {
            let nodes = [fold.list.clone(), fold.body.clone()];
            all.extend(many(&nodes, &|nodes| {
                let [list, body] = <[Node; 2]>::try_from(nodes).unwrap();
                Node::Fold(Box::new(Fold { list, body, ..fold.as_ref().clone() }))
            }));
        }
        _ => {}
    }
    all
}

/// The largest parts of a node that have this kind.
fn parts(node: &Node, kind: &Kind) -> Vec<Node> {
    let inner: Vec<&Node> = match node {
        Node::List(nodes) => nodes.iter().collect(),
        Node::Call(call) => call.args.iter().collect(),
        Node::If(choice) => vec![&choice.condition, &choice.then, &choice.otherwise],
        Node::Fold(fold) => vec![&fold.list],
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for part in inner {
        if kind_of(part).as_ref() == Some(kind) {
            found.push(part.clone());
        } else {
            found.extend(parts(part, kind));
        }
    }
    found
}
