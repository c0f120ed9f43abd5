//! The rules about single fields of one entity, compiled for the evaluator.

use athyper_expr::eval::{Context, Exhausted, Layout, Path, Program, Unfit};
use athyper_schemas::bundle::{FieldGrant, Policy};
use athyper_schemas::ir::Expr;
use smol_str::SmolStr;

use crate::caller::Caller;

/// The compiled rules about fields.
#[derive(Debug, Clone, Default)]
pub struct Guards {
    fields: Vec<Guard>,
}

#[derive(Debug, Clone)]
struct Guard {
    field: SmolStr,
    /// Who may change it: as its rule says, otherwise who may see it.
    change: Grant,
}

#[derive(Debug, Clone)]
struct Grant {
    to: Vec<(SmolStr, Option<Program>)>,
    when: Option<Program>,
}

impl Guards {
    /// Compiles the rules about fields of one entity.
    ///
    /// # Errors
    /// When an expression names what the layout does not have.
    pub fn compile<'p>(
        policies: impl IntoIterator<Item = &'p Policy>,
        layout: &dyn Layout,
    ) -> Result<Self, Unfit> {
        let rules = policies.into_iter().flat_map(|policy| &policy.fields);
        let guarded = rules.filter_map(|rule| Some((rule, rule.update.as_ref().or(rule.read.as_ref())?)));
        let guard = |(rule, grant): (&athyper_schemas::bundle::FieldPolicy, &FieldGrant)| {
            Ok(Guard { field: SmolStr::new(&rule.field), change: Grant::compile(grant, layout)? })
        };
        Ok(Self { fields: guarded.map(guard).collect::<Result<_, Unfit>>()? })
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The references and children that must be loaded before a decision, sorted.
    #[must_use]
    pub fn paths(&self) -> Vec<Path> {
        let programs = self.fields.iter().flat_map(|guard| guard.change.programs());
        let mut paths: Vec<Path> = programs.flat_map(Program::paths).cloned().collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Whether the caller may change `field` of the record as it is; of a new one, as it is about to be.
    ///
    /// # Errors
    /// When a condition takes too many steps: then nothing was decided.
    pub fn may_change(&self, field: &str, caller: Caller<'_>, now: &Context<'_>) -> Result<bool, Exhausted> {
        let guard = self.fields.iter().find(|guard| guard.field == field);
        guard.map_or(Ok(true), |guard| guard.change.is_given(caller, now))
    }
}

impl Grant {
    fn compile(grant: &FieldGrant, layout: &dyn Layout) -> Result<Self, Unfit> {
        let program = |expr: Option<&Expr>| expr.map(|expr| Program::compile(expr, layout)).transpose();
        let to = grant.to.iter().map(|to| Ok((SmolStr::new(&to.role), program(to.when.as_ref())?)));
        Ok(Self { to: to.collect::<Result<_, Unfit>>()?, when: program(grant.when.as_ref())? })
    }

    fn programs(&self) -> impl Iterator<Item = &Program> {
        self.to.iter().filter_map(|(_, program)| program.as_ref()).chain(&self.when)
    }

    fn is_given(&self, caller: Caller<'_>, now: &Context<'_>) -> Result<bool, Exhausted> {
        let holds = |program: Option<&Program>| {
            program.map_or(Ok(true), |program| Ok(program.judge(now)? == Some(true)))
        };
        if !holds(self.when.as_ref())? {
            return Ok(false);
        }
        for (_, program) in self.to.iter().filter(|(role, _)| caller.has(role)) {
            if holds(program.as_ref())? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
