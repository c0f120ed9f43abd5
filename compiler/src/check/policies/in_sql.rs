//! Lists are filtered by policies, so every chosen database must be able to ask every condition.

use athyper_expr::sql::{Constants, Lowering, NotLowerable, Row};
use athyper_schemas::ir::Expr;

use super::typed::TypedPolicy;
use crate::check::in_sql::{Tables, identifier};
use crate::diag::Sink;
use crate::diag::policies as say;
use crate::model::{Model, Policy};
use crate::source::Span;

/// Every condition can be asked of every chosen database.
pub(in crate::check) fn conditions(
    model: &Model,
    expressions: &[Option<Expr>],
    policies: &[TypedPolicy],
    sink: &mut Sink,
) {
    let tables = Tables { model, expressions };
    for (policy, typed) in model.policies.iter().zip(policies) {
        for (span, condition) in all(policy, typed) {
            if let Some(refused) = refusal(policy, condition, &tables) {
                sink.error(say::not_in_sql(span, &refused));
            }
        }
    }
}

/// Every condition with its place.
fn all<'t>(policy: &Policy, typed: &'t TypedPolicy) -> Vec<(Span, &'t Expr)> {
    let mut out = Vec::new();
    for (role, when) in policy.roles.iter().zip(&typed.roles) {
        let span = role.when.as_ref().map_or(role.span, |when| when.span());
        out.extend(when.as_ref().map(|when| (span, when)));
    }
    for (rule, typed) in policy.rules.iter().zip(&typed.rules) {
        let when = rule.when.as_ref().or(rule.unless.as_ref()).map_or(rule.span, |when| when.span());
        let after = rule.after.as_ref().map_or(rule.span, |after| after.span());
        out.extend(typed.when.as_ref().map(|condition| (when, condition)));
        out.extend(typed.after.as_ref().map(|condition| (after, condition)));
    }
    for (rule, when) in policy.fields.iter().zip(&typed.fields) {
        let span = rule.when.as_ref().map_or(rule.span, |when| when.span());
        out.extend(when.as_ref().map(|when| (span, when)));
    }
    out
}

/// Why some database cannot ask the condition. What looks at the record before a change is never asked of one.
fn refusal(policy: &Policy, condition: &Expr, tables: &Tables<'_>) -> Option<NotLowerable> {
    let alias = identifier("r").filter(|_| !condition.root.looks_back())?;
    let row = Row::aliased(&tables.model.entity(policy.entity).name().qualified, alias);
    tables.model.package.dialects.iter().find_map(|dialect| {
        let mut lowering = Lowering::new(tables, *dialect, Constants::Kept);
        let holds = lowering.rail_true(&condition.root, &row).err();
        holds.or_else(|| lowering.rail_false(&condition.root, &row).err())
    })
}
