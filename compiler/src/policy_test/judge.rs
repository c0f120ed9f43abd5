//! Deciding the cells of a suite in memory, as the server decides: by the crate that it decides with.

use std::collections::BTreeMap;
use std::sync::Arc;

use athyper_expr::Value;
use athyper_expr::eval::{Exhausted, Program, Unfit};
use athyper_policy::{Condition, Guards, Images, MaskKey, Rules, Truth, Verdict, fields, mask};
use athyper_schemas::bundle::{Action, Bundle, Effect, Entity, Otherwise, Policy};
use smol_str::SmolStr;

use super::stage::{Bundled, Image, Moment};
use super::suite::{Cell, Principal, Record, Seen, SeenCell, Suite, Test};

/// The policies of a package, ready to decide.
#[derive(Debug, Clone)]
pub struct Judge<'b> {
    bundle: &'b Bundle,
    entities: BTreeMap<SmolStr, Arc<Compiled>>,
}

#[derive(Debug)]
struct Compiled {
    policies: Vec<Policy>,
    rules: Rules,
    guards: Guards,
}

/// What a rule said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its policy, `module.Name`.
    pub policy: String,
    /// Its id.
    pub rule: String,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// What it came to; absent when it does not speak to the caller.
    pub truth: Option<Truth>,
    /// Whether it is among those that decided.
    pub decided: bool,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Every rule about the action.
    pub told: Vec<Told>,
    /// What else denies it.
    pub besides: Vec<String>,
}

/// How somebody sees a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// He may not read the record at all.
    NoRecord,
    /// Whole.
    Visible,
    /// As this text; nothing where the key is the tenant's.
    Masked(Option<String>),
    /// Not at all.
    Hidden,
}

/// Somebody who tries something.
#[derive(Clone, Copy)]
struct Try<'a> {
    suite: &'a Suite,
    who: &'a Principal,
    record: &'a Record,
    action: Action,
}

impl<'b> Judge<'b> {
    /// Everything as the package says it.
    ///
    /// # Errors
    /// When a condition names what the package does not have: not of a sound one.
    pub fn new(bundle: &'b Bundle) -> Result<Self, Unfit> {
        let mut judge = Self { bundle, entities: BTreeMap::new() };
        for entity in &bundle.entities {
            let of = bundle.policies.iter().filter(|policy| policy.entity == entity.name);
            judge.rule(entity, of.cloned().collect())?;
        }
        Ok(judge)
    }

    /// The same with other policies for one entity.
    ///
    /// # Errors
    /// As [`Judge::new`].
    pub fn with(&self, entity: &Entity, policies: Vec<Policy>) -> Result<Self, Unfit> {
        let mut judge = self.clone();
        judge.rule(entity, policies)?;
        Ok(judge)
    }

    fn rule(&mut self, entity: &Entity, policies: Vec<Policy>) -> Result<(), Unfit> {
        let layout = Bundled(self.bundle);
        let rules = Rules::compile(&policies, &layout)?;
        let guards = Guards::compile(&policies, &layout)?;
        let compiled = Compiled { policies, rules, guards };
        self.entities.insert(SmolStr::new(&entity.name), Arc::new(compiled));
        Ok(())
    }

    /// The policies of an entity.
    #[must_use]
    pub fn policies(&self, entity: &str) -> &[Policy] {
        self.entities.get(entity).map_or(&[], |compiled| &compiled.policies)
    }

    /// Decides one cell.
    ///
    /// # Errors
    /// When a condition takes too many steps.
    pub fn cell(&self, suite: &Suite, test: &Test, cell: &Cell) -> Result<Answer, Exhausted> {
        let (Some(who), Some(record)) =
            (suite.principals.get(cell.principal), suite.records.get(cell.record))
        else {
            return Ok(Answer { allowed: false, told: Vec::new(), besides: Vec::new() });
        };
        let tried = Try { suite, who, record, action: cell.action };
        let Some(compiled) = self.entities.get(&record.entity) else {
            return Ok(Answer { allowed: false, told: Vec::new(), besides: Vec::new() });
        };
        let created = cell.action == Action::Create;
        let writes = cell.action.has_new_image();
        let after = writes.then(|| suite.changed(self.bundle, record, &test.change, (who, created)));
        let verdict = self.verdict(compiled, tried, after.as_ref())?;
        let told = told(compiled, &verdict, cell.action);
        let mut besides = Vec::new();
        if !created && cell.action != Action::Read && !self.reads(suite, who, record)? {
            besides.push(format!("`{}` may not read it", who.name.value));
        }
        if let Some(after) = &after {
            let said = |at: &usize| {
                let change = test.change.values.contains_key(at) || test.change.children.contains_key(at);
                change || (created && record.said.contains(at))
            };
            besides.extend(self.locked(compiled, tried, (after, &said))?);
            besides.extend(self.out_of_sight(tried, (after, &said))?);
        }
        Ok(Answer { allowed: verdict.allowed && besides.is_empty(), told, besides })
    }

    fn verdict<'c>(
        &self,
        compiled: &'c Compiled,
        tried: Try<'_>,
        after: Option<&Record>,
    ) -> Result<Verdict<'c>, Exhausted> {
        let Try { suite, who, record, action } = tried;
        let paths = compiled.rules.paths(action);
        let moment = Moment::of(suite, who);
        let old = suite.image(self.bundle, record, &paths);
        let new = after.map(|after| suite.image(self.bundle, after, &paths));
        let before = (action != Action::Create).then_some(old.as_slice());
        let after = new.as_ref().map(|new| moment.context(new, before));
        let now = match (&new, action) {
            (Some(new), Action::Create) => moment.context(new, None),
            _ => moment.context(&old, None),
        };
        compiled.rules.decide(action, who.caller(), Images { now: &now, after: after.as_ref() })
    }

    /// Whether somebody may read a record.
    ///
    /// # Errors
    /// When a condition takes too many steps.
    pub fn reads(&self, suite: &Suite, who: &Principal, record: &Record) -> Result<bool, Exhausted> {
        let Some(compiled) = self.entities.get(&record.entity) else { return Ok(false) };
        let image = suite.image(self.bundle, record, &compiled.rules.paths(Action::Read));
        let now = Moment::of(suite, who).context(&image, None);
        compiled.rules.allow(Action::Read, who.caller(), Images { now: &now, after: None })
    }

    /// Whether somebody may begin an action: rules that wait for the record as it would become are taken as granting.
    ///
    /// # Errors
    /// When a condition takes too many steps.
    pub fn may_begin(
        &self,
        suite: &Suite,
        who: &Principal,
        record: &Record,
        action: Action,
    ) -> Result<bool, Exhausted> {
        let Some(compiled) = self.entities.get(&record.entity) else { return Ok(false) };
        let image = suite.image(self.bundle, record, &compiled.rules.paths(action));
        let now = Moment::of(suite, who).context(&image, None);
        compiled.rules.may_begin(action, who.caller(), &now)
    }

    /// What rules about fields have against a write.
    fn locked(
        &self,
        compiled: &Compiled,
        tried: Try<'_>,
        (after, said): (&Record, &dyn Fn(&usize) -> bool),
    ) -> Result<Vec<String>, Exhausted> {
        let mut out = Vec::new();
        if compiled.guards.is_empty() {
            return Ok(out);
        }
        let Try { suite, who, record, action } = tried;
        let now = if action == Action::Create { after } else { record };
        let image = suite.image(self.bundle, now, &compiled.guards.paths());
        let moment = Moment::of(suite, who);
        let fields = self.bundle.entity(&record.entity).map_or(&[][..], |entity| &entity.fields);
        for (_, field) in fields.iter().enumerate().filter(|(at, field)| said(at) && field.is_writable()) {
            let now = moment.context(&image, None);
            if !compiled.guards.may_change(&field.name, who.caller(), &now)? {
                out.push(format!("`{}` may not set `{}`", who.name.value, field.name));
            }
        }
        Ok(out)
    }

    /// The records that a write refers to and that its caller may not read.
    fn out_of_sight(
        &self,
        tried: Try<'_>,
        (after, said): (&Record, &dyn Fn(&usize) -> bool),
    ) -> Result<Vec<String>, Exhausted> {
        let Try { suite, who, record, .. } = tried;
        let mut open: Vec<(&Record, Vec<usize>)> =
            vec![(after, (0..after.values.len()).filter(said).collect())];
        let mut out = Vec::new();
        while let Some((holder, fields)) = open.pop() {
            let entity = self.bundle.entity(&holder.entity).map_or(&[][..], |entity| &entity.fields);
            for at in fields {
                let is_ref = entity.get(at).is_some_and(|field| field.ty.is_ref() && field.system.is_none());
                if let (true, Some(Value::Uuid(id))) = (is_ref, holder.values.get(at))
                    && *id != record.id()
                    && let Some(target) = suite.by_id.get(id).and_then(|place| suite.records.get(*place))
                    && !self.reads(suite, who, target)?
                {
                    out.push(format!("`{}` may not read `{}`", who.name.value, target.name));
                }
                for child in holder.children.get(&at).into_iter().flatten() {
                    let child = suite.records.get(*child);
                    open.extend(child.map(|child| (child, child.said.iter().copied().collect())));
                }
            }
        }
        Ok(out)
    }

    /// How somebody sees a field of a record.
    ///
    /// # Errors
    /// When a condition takes too many steps.
    pub fn sight(&self, suite: &Suite, cell: &SeenCell) -> Result<Sight, Exhausted> {
        let (Some(who), Some(record)) =
            (suite.principals.get(cell.principal), suite.records.get(cell.record))
        else {
            return Ok(Sight::NoRecord);
        };
        if !self.reads(suite, who, record)? {
            return Ok(Sight::NoRecord);
        }
        let Some(residual) = fields::residual(self.policies(&record.entity), who.caller(), &cell.field)
        else {
            return Ok(Sight::Visible);
        };
        let moment = Moment::of(suite, who);
        let holds = match &residual.read {
            Condition::Always => true,
            Condition::Never => false,
            Condition::When(node) => match Program::compile_node(node, &Bundled(self.bundle)) {
                Ok(program) => {
                    let image = suite.image(self.bundle, record, program.paths());
                    program.judge(&moment.context(&image, None))? == Some(true)
                }
                Err(_) => false,
            },
        };
        Ok(match residual.otherwise {
            _ if holds => Sight::Visible,
            Otherwise::Hide => Sight::Hidden,
            Otherwise::Mask(athyper_schemas::bundle::Mask::Hash) => Sight::Masked(None),
            Otherwise::Mask(how) => {
                let value = self.value(suite, record, &cell.field, &moment)?;
                let key = MaskKey::new(&[]);
                Sight::Masked(Some(mask(how, &value, &key).to_string()))
            }
        })
    }

    fn value(
        &self,
        suite: &Suite,
        record: &Record,
        field: &str,
        moment: &Moment<'_>,
    ) -> Result<Value, Exhausted> {
        let entity = self.bundle.entity(&record.entity).map_or(&[][..], |entity| &entity.fields);
        let Some((at, field)) = entity.iter().enumerate().find(|(_, one)| one.name == field) else {
            return Ok(Value::Null);
        };
        let computed = field.computed.as_ref();
        let program = computed.map(|computed| Program::compile(&computed.value, &Bundled(self.bundle)));
        if let Some(Ok(program)) = program {
            let image: Image = suite.image(self.bundle, record, program.paths());
            return program.evaluate(&moment.context(&image, None));
        }
        Ok(record.values.get(at).cloned().unwrap_or(Value::Null))
    }
}

impl Sight {
    /// Whether it is what a test expects.
    #[must_use]
    pub fn is(&self, expected: &Seen) -> bool {
        match (self, expected) {
            (Self::Visible, Seen::Visible)
            | (Self::Hidden, Seen::Hidden)
            | (Self::Masked(_), Seen::Masked(None)) => true,
            (Self::Masked(Some(shown)), Seen::Masked(Some(expected))) => shown == expected,
            _ => false,
        }
    }
}

/// What every rule about the action said.
fn told(compiled: &Compiled, verdict: &Verdict<'_>, action: Action) -> Vec<Told> {
    let rules =
        compiled.policies.iter().flat_map(|policy| policy.rules.iter().map(move |rule| (policy, rule)));
    rules
        .filter(|(_, rule)| rule.actions.contains(&action))
        .map(|(policy, rule)| {
            let is = |policy_name: &str, id: &str| policy_name == policy.name && id == rule.id;
            let judged = verdict.judged.iter().find(|judged| is(judged.policy, &judged.rule.id));
            Told {
                policy: policy.name.clone(),
                rule: rule.id.clone(),
                effect: rule.effect,
                truth: judged.map(|judged| judged.truth),
                decided: verdict.deciding().any(|judged| is(judged.policy, &judged.rule.id)),
            }
        })
        .collect()
}
