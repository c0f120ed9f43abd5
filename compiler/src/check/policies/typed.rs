//! The conditions of policies, typed.

use std::collections::BTreeSet;

use athyper_expr::{Expected, Problem};
use athyper_schemas::bundle::{Action, Effect};
use athyper_schemas::ir::{Expr, Kind};
use smol_str::SmolStr;

use super::joined::{Joined, Placed};
use super::lets::{self, Misuse, Named};
use super::scope::{Old, PolicyScope};
use crate::ast::Condition;
use crate::check::expressions::names_in;
use crate::check::scope::{Nullability, Surroundings};
use crate::diag::policies::{self as say, Subject};
use crate::diag::{Diagnostic, Sink, expressions};
use crate::model::policy::Rule;
use crate::model::system::RESERVED;
use crate::model::{self, EntityRef, Model, Policy};

/// The conditions of one policy: those of its roles, rules and field rules, in their order. Of a sound package,
/// what is missing was not written.
#[derive(Debug, Clone, Default)]
pub struct TypedPolicy {
    /// The condition of each derived role.
    pub roles: Vec<Option<Expr>>,
    /// The conditions of each rule.
    pub rules: Vec<TypedRule>,
    /// The condition of each field rule.
    pub fields: Vec<Option<Expr>>,
    /// The names that are used somewhere.
    pub used: Vec<SmolStr>,
}

/// The conditions of one rule.
#[derive(Debug, Clone, Default)]
pub struct TypedRule {
    /// `when` and not `unless`.
    pub when: Option<Expr>,
    /// `after`.
    pub after: Option<Expr>,
    /// `output`.
    pub output: Option<Expr>,
}

/// What is known before conditions are typed.
#[derive(Clone, Copy)]
pub(in crate::check) struct Known<'m> {
    /// Which computed fields may be null.
    pub nullability: &'m Nullability,
    /// Names of fields about which a mistake was told.
    pub poisoned: &'m BTreeSet<&'m str>,
}

/// Types every condition of every policy.
pub(in crate::check) fn types(model: &Model, known: Known<'_>, sink: &mut Sink) -> Vec<TypedPolicy> {
    let one = |policy: &Policy| {
        let entity = model.entity(policy.entity);
        let typing =
            Typing { model, policy, entity, known, lets: Vec::new(), used: Vec::new(), sink: &mut *sink };
        if entity.get().fields_unread { TypedPolicy::default() } else { typing.all() }
    };
    model.policies.iter().map(one).collect()
}

struct Typing<'m, 's> {
    model: &'m Model,
    policy: &'m Policy,
    entity: EntityRef<'m>,
    known: Known<'m>,
    lets: Vec<Named>,
    used: Vec<SmolStr>,
    sink: &'s mut Sink,
}

impl<'m> Typing<'m, '_> {
    fn all(mut self) -> TypedPolicy {
        self.name_lets();
        let policy = self.policy;
        let mut out = TypedPolicy::default();
        for role in &policy.roles {
            let subject = Subject::Role(&role.name);
            out.roles.push(role.when.as_ref().and_then(|when| self.condition(when, Old::Unknown, subject)));
        }
        for rule in &policy.rules {
            let typed = self.rule(rule);
            out.rules.push(typed);
        }
        for rule in &policy.fields {
            let subject = Subject::Field(self.entity.field(rule.field).name());
            out.fields.push(rule.when.as_ref().and_then(|when| self.condition(when, Old::Unknown, subject)));
        }
        out.used = self.used;
        out
    }

    fn name_lets(&mut self) {
        for written in &self.policy.lets {
            let name = written.name.value.clone();
            if let Some(taken) = self.taken(&name) {
                self.sink.error(say::name_is_taken(written.name.span, &name, &taken));
                self.lets.push(Named { name, expr: None });
                continue;
            }
            let joined = Joined::of(&written.value);
            let typed = self.expr(&joined, Old::Unknown, &Expected::Any, Subject::Let(&name));
            self.lets.push(Named { name, expr: typed.map(|(expr, _)| expr) });
        }
    }

    /// What a name already stands for.
    fn taken(&self, name: &str) -> Option<String> {
        if let Some(field) = self.entity.field_named(name) {
            return Some(format!("it is a field of `{}`", field.entity().name().short));
        }
        RESERVED.iter().find(|(reserved, _)| *reserved == name).map(|(_, why)| (*why).to_owned())
    }

    fn rule(&mut self, rule: &'m Rule) -> TypedRule {
        let subject = match rule.effect {
            Effect::Allow => Subject::Allow(&rule.id),
            Effect::Deny => Subject::Deny(&rule.id),
        };
        let old = if rule.is_about(Action::Create) { Old::Perhaps } else { Old::Always };
        let when = Joined::when_unless(rule.when.as_ref(), rule.unless.as_ref());
        TypedRule {
            when: when.and_then(|when| self.judged(&when, Old::Unknown, subject)),
            after: rule.after.as_ref().and_then(|after| self.condition(after, old, subject)),
            output: rule.output.as_ref().and_then(|output| {
                let joined = Joined::of(output);
                let (expr, _) = self.expr(&joined, Old::Unknown, &Expected::Any, subject)?;
                if is_plain(&expr.ty.kind) {
                    return Some(expr);
                }
                self.sink.error(say::bad_output(
                    joined.span,
                    &rule.id,
                    &athyper_expr::check::type_name(&expr.ty.kind),
                ));
                None
            }),
        }
    }

    fn condition(&mut self, condition: &'m Condition, old: Old, subject: Subject<'_>) -> Option<Expr> {
        self.judged(&Joined::condition(condition), old, subject)
    }

    /// Types a condition, and says where it can become unknown.
    fn judged(&mut self, joined: &Joined<'m>, old: Old, subject: Subject<'_>) -> Option<Expr> {
        let (expr, hazards) = self.expr(joined, old, &Expected::Condition, subject)?;
        for hazard in &hazards {
            self.sink.warn(say::can_be_unknown(placed(joined, hazard), subject));
        }
        Some(expr)
    }

    fn expr(
        &mut self,
        joined: &Joined<'m>,
        old: Old,
        expected: &Expected,
        subject: Subject<'_>,
    ) -> Option<(Expr, Vec<Problem>)> {
        if self.depends_on_a_mistake(joined) {
            return None;
        }
        let record = Surroundings {
            model: self.model,
            entity: self.policy.entity,
            role: model::Role::Check,
            nullability: self.known.nullability,
        };
        let scope = PolicyScope { record, lets: &self.lets, old };
        let checked = match athyper_expr::compile(&joined.text, &scope, expected) {
            Ok(checked) => checked,
            Err(problems) => {
                let this = &self.entity.name().qualified;
                for problem in &problems {
                    let message = say::in_condition(placed(joined, problem), problem, subject);
                    match expressions::missing(problem, this) {
                        Some(name) => self.sink.missing(name, message),
                        None => self.sink.error(message),
                    };
                }
                return None;
            }
        };
        let mut expr = checked.expr;
        let entity = &self.entity.name().qualified;
        match lets::put_in(&mut expr, entity, &self.lets, &mut self.used) {
            Ok(()) => Some((expr, checked.warnings)),
            Err(Misuse::OtherRecord(name)) => {
                self.sink.error(say::name_of_other_record(joined.span, &name));
                None
            }
            Err(Misuse::TooLarge(kind)) => {
                self.sink.error(say::too_large(joined.span, &kind.to_string()));
                None
            }
        }
    }

    fn depends_on_a_mistake(&self, joined: &Joined<'_>) -> bool {
        let wrong = |name: &str| {
            self.known.poisoned.contains(name)
                || self.lets.iter().any(|named| named.expr.is_none() && named.name == name)
        };
        joined.passages().any(|passage| names_in(&passage.text).any(wrong))
    }
}

/// A problem as a message, at its place.
fn placed(joined: &Joined<'_>, problem: &Problem) -> Diagnostic {
    match joined.place(problem) {
        Placed::Inside(passage, problem) => expressions::problem(passage, &problem),
        Placed::Between(span, problem) => expressions::between(span, &problem),
    }
}

/// Whether a value of this kind can stand in an answer.
fn is_plain(kind: &Kind) -> bool {
    match kind {
        Kind::Record(_) => false,
        Kind::List(item) => is_plain(&item.kind),
        _ => true,
    }
}
