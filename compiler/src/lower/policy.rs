//! Policies: who may do what, one condition per rule and grantee.

use athyper_expr::ast::{BinaryOp, ExprKind};
use athyper_schemas::bundle::{FieldGrant, FieldPolicy, Grantee, Otherwise, Place, Policy, Rule};
use athyper_schemas::ir::{Call, Expr, Kind, Node, Op, Ty};

use crate::check::{Checked, TypedPolicy, TypedRule};
use crate::model::policy::{self, Reach, To};
use crate::model::{self, Model};
use crate::source::{SourceSet, Span};

/// Every policy.
pub(super) fn all(checked: &Checked, sources: &SourceSet) -> Vec<Policy> {
    let model = checked.model();
    let typed = |(written, typed)| Lowering { model, written, typed, sources }.policy();
    model.policies.iter().zip(checked.policies()).map(typed).collect()
}

struct Lowering<'m> {
    model: &'m Model,
    written: &'m model::Policy,
    typed: &'m TypedPolicy,
    sources: &'m SourceSet,
}

impl Lowering<'_> {
    fn policy(&self) -> Policy {
        let rules = self.written.rules.iter().zip(&self.typed.rules);
        let fields = self.written.fields.iter().zip(&self.typed.fields);
        Policy {
            name: self.written.name.qualified.to_string(),
            entity: self.model.entity(self.written.entity).name().qualified.to_string(),
            doc: self.written.doc.clone(),
            rules: rules.map(|(written, typed)| self.rule(written, typed)).collect(),
            fields: fields.map(|(written, when)| self.field(written, when.as_ref())).collect(),
        }
    }

    fn rule(&self, written: &policy::Rule, typed: &TypedRule) -> Rule {
        let mut actions: Vec<_> = written.actions.iter().map(|action| action.value).collect();
        actions.sort_unstable();
        actions.dedup();
        Rule {
            id: written.id.to_string(),
            effect: written.effect,
            actions,
            to: self.grantees(&written.to),
            when: typed.when.clone(),
            after: typed.after.clone(),
            message: written.message.clone(),
            obligation: written.obligation.clone(),
            output: typed.output.clone(),
            place: place(written.span, self.sources),
        }
    }

    fn field(&self, written: &policy::FieldRule, when: Option<&Expr>) -> FieldPolicy {
        let grant = |to: &Vec<To>| FieldGrant { to: self.grantees(to), when: when.cloned() };
        FieldPolicy {
            field: self.model.entity(self.written.entity).field(written.field).name().to_string(),
            read: written.read.as_ref().map(grant),
            update: written.update.as_ref().map(grant),
            otherwise: written.otherwise.map_or(Otherwise::Hide, |otherwise| otherwise.value),
            place: place(written.span, self.sources),
        }
    }

    fn grantees(&self, to: &[To]) -> Vec<Grantee> {
        let grantee = |reach: Reach<'_>| Grantee {
            role: reach.role.to_string(),
            derived: reach
                .through
                .first()
                .and_then(|at| self.written.roles.get(*at))
                .map(|role| role.name.to_string()),
            when: both(reach.through.iter().filter_map(|at| self.typed.roles.get(*at)?.as_ref())),
        };
        self.written.reaches(to).into_iter().map(grantee).collect()
    }
}

/// One condition that holds where all of these hold; nothing when there are none.
fn both<'e>(conditions: impl Iterator<Item = &'e Expr>) -> Option<Expr> {
    let mut conditions = conditions.peekable();
    let first = conditions.next()?.clone();
    if conditions.peek().is_none() {
        return Some(first);
    }
    let (mut sources, mut nullable) = (vec![bracketed(&first)], first.ty.nullable);
    let mut args = vec![first.root];
    for next in conditions {
        sources.push(bracketed(next));
        nullable |= next.ty.nullable;
        args.push(next.root.clone());
    }
    Some(Expr {
        source: sources.join(" && "),
        ty: Ty { kind: Kind::Bool, nullable },
        root: Node::Call(Call { op: Op::And, args }),
    })
}

/// The text of a condition as it may stand beside `&&`.
fn bracketed(condition: &Expr) -> String {
    let source = &condition.source;
    match athyper_expr::parse(source).expr.map(|expr| expr.kind) {
        Some(ExprKind::Conditional(_) | ExprKind::Binary(BinaryOp::Or, _)) => format!("({source})"),
        _ => source.clone(),
    }
}

/// Where a span begins.
fn place(span: Span, sources: &SourceSet) -> Place {
    let line = sources.get(span.file).map_or(0, |file| file.line_index(span.start) + 1);
    Place { file: sources.path(span.file).to_owned(), line: u32::try_from(line).unwrap_or(u32::MAX) }
}
