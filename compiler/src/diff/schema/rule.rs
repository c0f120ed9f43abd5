//! What rules that both models know say besides whom they allow: who may do more or less is told elsewhere.

use athyper_schemas::bundle::{Policy, Rule};
use athyper_schemas::ir::Expr;

use super::Change;
use super::facts::Kind;
use crate::diff::access::about;
use crate::diff::{Pair, alike};

/// The differences of the rules about one entity.
pub(super) fn compare(pair: Pair<'_>, entity: &str, changes: &mut Vec<Change>) {
    for policy in about(pair.new, entity) {
        let Some(old) = about(pair.old, entity).find(|old| old.name == policy.name) else { continue };
        for now in &policy.rules {
            if let Some(before) = old.rules.iter().find(|before| before.id == now.id) {
                one(pair, policy, (before, now), changes);
            }
        }
    }
}

fn one(pair: Pair<'_>, policy: &Policy, (before, now): (&Rule, &Rule), changes: &mut Vec<Change>) {
    let mut say = |kind, was: Option<&str>, is: Option<&str>| {
        let shown = |text: Option<&str>| text.map_or_else(|| "none".to_owned(), |text| format!("`{text}`"));
        let detail = format!("{} to {}", shown(was), shown(is));
        changes.push(Change::new(kind, format!("{}.{}", policy.name, now.id), detail));
    };
    if before.message != now.message {
        say(Kind::MessageChanged, before.message.as_deref(), now.message.as_deref());
    }
    if before.obligation != now.obligation {
        say(Kind::ObligationChanged, before.obligation.as_deref(), now.obligation.as_deref());
    }
    let form = |expr: &Option<Expr>, bundle| expr.as_ref().map(|expr| alike::node(&expr.root, bundle));
    if form(&before.output, pair.old) != form(&now.output, pair.new) {
        let source = |expr: &Expr| expr.source.clone();
        let (was, is) = (before.output.as_ref().map(source), now.output.as_ref().map(source));
        say(Kind::OutputChanged, was.as_deref(), is.as_deref());
    }
}
