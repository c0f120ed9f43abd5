//! The policies of one entity, compiled for the evaluator. A decision looks up no name and allocates nothing.

use athyper_expr::eval::{Context, Exhausted, Layout, Path, Program, Unfit};
use athyper_schemas::bundle::{Action, Effect, Grantee, Policy, Rule};
use athyper_schemas::ir::Expr;
use smol_str::SmolStr;

use crate::caller::Caller;
use crate::condition::{Truth, and, or};

/// The compiled policies of one entity.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    rules: Vec<Compiled>,
}

#[derive(Debug, Clone)]
struct Compiled {
    policy: SmolStr,
    rule: Rule,
    to: Vec<(SmolStr, Option<Program>)>,
    when: Option<Program>,
    after: Option<Program>,
    output: Option<Program>,
}

/// The records a decision looks at.
#[derive(Debug, Clone, Copy)]
pub struct Images<'i> {
    /// The record as it is; on create the new one.
    pub now: &'i Context<'i>,
    /// The record as it would become, on create and update.
    pub after: Option<&'i Context<'i>>,
}

/// One rule that reached the caller, and what it came to.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'r> {
    /// The policy's qualified name.
    pub policy: &'r str,
    /// The rule.
    pub rule: &'r Rule,
    /// What it came to; an `after` without a record as it would become is unknown.
    pub truth: Truth,
}

/// What was decided.
#[derive(Debug, Clone)]
pub struct Verdict<'r> {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Every rule that reached the caller, in the order written.
    pub judged: Vec<Judged<'r>>,
}

impl<'r> Verdict<'r> {
    /// The rules that decided: the denies that were not escaped, otherwise the allows that fired.
    pub fn deciding(&self) -> impl Iterator<Item = &Judged<'r>> {
        let held = |judged: &&Judged<'_>| judged.rule.effect == Effect::Deny && judged.truth != Some(false);
        let denied = self.judged.iter().any(|judged| held(&judged));
        let fired = |judged: &&Judged<'_>| judged.rule.effect == Effect::Allow && judged.truth == Some(true);
        self.judged.iter().filter(move |judged| if denied { held(judged) } else { fired(judged) })
    }
}

impl Rules {
    /// Compiles the policies about one entity.
    ///
    /// # Errors
    /// When an expression names what the layout does not have.
    pub fn compile<'p>(
        policies: impl IntoIterator<Item = &'p Policy>,
        layout: &dyn Layout,
    ) -> Result<Self, Unfit> {
        let program = |expr: &Expr| Program::compile(expr, layout);
        let mut rules = Vec::new();
        for policy in policies {
            for rule in &policy.rules {
                let grantee = |grantee: &Grantee| {
                    Ok((SmolStr::new(&grantee.role), grantee.when.as_ref().map(program).transpose()?))
                };
                rules.push(Compiled {
                    policy: SmolStr::new(&policy.name),
                    to: rule.to.iter().map(grantee).collect::<Result<_, Unfit>>()?,
                    when: rule.when.as_ref().map(program).transpose()?,
                    after: rule.after.as_ref().map(program).transpose()?,
                    output: rule.output.as_ref().map(program).transpose()?,
                    rule: rule.clone(),
                });
            }
        }
        Ok(Self { rules })
    }

    fn about(&self, action: Action) -> impl Iterator<Item = &Compiled> {
        self.rules.iter().filter(move |compiled| compiled.rule.actions.contains(&action))
    }

    /// The references and children that must be loaded before a decision about `action`, sorted.
    #[must_use]
    pub fn paths(&self, action: Action) -> Vec<Path> {
        let mut paths: Vec<Path> =
            self.about(action).flat_map(Compiled::programs).flat_map(Program::paths).cloned().collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Whether a rule about `action` waits for the record as it would become.
    #[must_use]
    pub fn awaits(&self, action: Action) -> bool {
        action.has_new_image() && self.about(action).any(|compiled| compiled.after.is_some())
    }

    /// Whether `action` may be allowed, whatever the record becomes: rules that wait for that are taken as granting.
    ///
    /// # Errors
    /// When a condition takes too many steps: then nothing was decided.
    pub fn may_begin(
        &self,
        action: Action,
        caller: Caller<'_>,
        now: &Context<'_>,
    ) -> Result<bool, Exhausted> {
        let images = Images { now, after: None };
        let mut allowed = false;
        for compiled in self.about(action) {
            let awaits = compiled.after.is_some() && action.has_new_image();
            let truth = compiled.judge_now(caller, images)?;
            match compiled.rule.effect {
                Effect::Allow => allowed |= truth == Some(Some(true)),
                Effect::Deny if awaits => {}
                Effect::Deny if truth.is_some_and(|truth| truth != Some(false)) => return Ok(false),
                Effect::Deny => {}
            }
        }
        Ok(allowed)
    }

    /// Whether `action` is allowed. Looks no further than needed.
    ///
    /// # Errors
    /// When a condition takes too many steps: then nothing was decided.
    pub fn allow(&self, action: Action, caller: Caller<'_>, images: Images<'_>) -> Result<bool, Exhausted> {
        let mut allowed = false;
        for compiled in self.about(action) {
            match compiled.rule.effect {
                Effect::Allow if allowed => {}
                Effect::Allow => allowed = compiled.judge(action, caller, images)? == Some(Some(true)),
                Effect::Deny => {
                    if compiled.judge(action, caller, images)?.is_some_and(|truth| truth != Some(false)) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(allowed)
    }

    /// Decides about `action` and tells what every rule came to.
    ///
    /// # Errors
    /// When a condition takes too many steps: then nothing was decided.
    pub fn decide(
        &self,
        action: Action,
        caller: Caller<'_>,
        images: Images<'_>,
    ) -> Result<Verdict<'_>, Exhausted> {
        let mut judged = Vec::new();
        for compiled in self.about(action) {
            if let Some(truth) = compiled.judge(action, caller, images)? {
                judged.push(Judged { policy: &compiled.policy, rule: &compiled.rule, truth });
            }
        }
        let of = |effect, truth| move |j: &Judged<'_>| j.rule.effect == effect && j.truth == truth;
        let allows = judged.iter().any(of(Effect::Allow, Some(true)));
        let denies = judged.iter().filter(|judged| judged.rule.effect == Effect::Deny).count();
        let escaped = judged.iter().filter(|judged| of(Effect::Deny, Some(false))(judged)).count();
        Ok(Verdict { allowed: allows && denies == escaped, judged })
    }

    /// The output of a rule for this record; nothing when it has none.
    ///
    /// # Errors
    /// When it takes too many steps.
    pub fn output(
        &self,
        (policy, rule): (&str, &str),
        context: &Context<'_>,
    ) -> Result<Option<athyper_expr::Value>, Exhausted> {
        let found = self.rules.iter().find(|compiled| compiled.policy == policy && compiled.rule.id == rule);
        found
            .and_then(|compiled| compiled.output.as_ref())
            .map(|program| program.evaluate(context))
            .transpose()
    }
}

impl Compiled {
    fn programs(&self) -> impl Iterator<Item = &Program> {
        let to = self.to.iter().filter_map(|(_, program)| program.as_ref());
        to.chain(&self.when).chain(&self.after).chain(&self.output)
    }

    /// What the rule comes to; nothing when it does not speak to the caller.
    fn judge(
        &self,
        action: Action,
        caller: Caller<'_>,
        images: Images<'_>,
    ) -> Result<Option<Truth>, Exhausted> {
        let Some(mut truth) = self.judge_now(caller, images)? else { return Ok(None) };
        let after = self.after.as_ref().filter(|_| truth != Some(false) && action.has_new_image());
        if let Some(program) = after {
            truth = and(truth, images.after.map_or(Ok(None), |image| program.judge(image))?);
        }
        Ok(Some(truth))
    }

    /// The same without what is asked of the record as it would become.
    fn judge_now(&self, caller: Caller<'_>, images: Images<'_>) -> Result<Option<Truth>, Exhausted> {
        let mut reached = None;
        for (_, program) in self.to.iter().filter(|(role, _)| caller.has(role)) {
            let truth = program.as_ref().map_or(Ok(Some(true)), |program| program.judge(images.now))?;
            reached = Some(reached.map_or(truth, |before| or(before, truth)));
        }
        let Some(mut truth) = reached else { return Ok(None) };
        if let Some(program) = self.when.as_ref().filter(|_| truth != Some(false)) {
            truth = and(truth, program.judge(images.now)?);
        }
        Ok(Some(truth))
    }
}
