//! Runs code: fields, logic, conditionals and quantifiers. Counts steps.

use athyper_schemas::ir::{FoldKind, Op};

use super::compile::Code;
use super::slot::Slot;
use super::{Context, Exhausted, MAX_STEPS, call};
use crate::value::Value;

/// One evaluation.
pub(super) struct Machine<'a> {
    context: Context<'a>,
    this: &'a [Value],
    variables: Vec<Slot<'a>>,
    steps: u32,
}

type Outcome<'a> = Result<Slot<'a>, Exhausted>;

impl<'a> Machine<'a> {
    pub(super) const fn new(context: &Context<'a>) -> Self {
        Self { context: *context, this: context.this, variables: Vec::new(), steps: 0 }
    }

    /// Counts work that is not one operator: elements, bytes of text.
    pub(super) fn charge(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.steps = self.steps.saturating_add(u32::try_from(steps).unwrap_or(u32::MAX));
        if self.steps > MAX_STEPS { Err(Exhausted) } else { Ok(()) }
    }

    pub(super) fn run(&mut self, code: &'a Code) -> Outcome<'a> {
        self.charge(1)?;
        Ok(match code {
            Code::Constant(value) => Slot::of(value),
            Code::This => Slot::Record(self.this),
            Code::Old => self.context.old.map_or(Slot::Null, Slot::Record),
            Code::User(index) => self.context.user.get(*index).map_or(Slot::Null, Slot::of),
            Code::Now => Slot::Datetime(self.context.now_us),
            Code::Today => Slot::Date(self.context.today),
            Code::Variable(index) => self.variables.get(*index).cloned().unwrap_or(Slot::Unknown),
            Code::ThisField(index) => self.this.get(*index).map_or(Slot::Unknown, Slot::of),
            Code::Field(of, index) => match self.run(of)? {
                Slot::Record(fields) => fields.get(*index).map_or(Slot::Unknown, Slot::of),
                _ => Slot::Unknown,
            },
            Code::Identity(of) => match self.run(of)? {
                Slot::Null => Slot::Unknown,
                record => record.identity(),
            },
            Code::Computed(of, body) => match self.run(of)? {
                Slot::Record(fields) => self.computed(fields, body)?,
                _ => Slot::Unknown,
            },
            Code::List(codes) => {
                let slots = codes.iter().map(|code| self.run(code)).collect::<Result<_, _>>()?;
                Slot::MadeList(slots)
            }
            Code::Matches(text, regex) => {
                let text = self.run(text)?;
                self.charge(text.as_text().map_or(0, str::len) / 16)?;
                Slot::judged(text.as_text().map(|text| regex.is_match(text)))
            }
            Code::Call(op, args) => self.call(*op, args)?,
            Code::If(branches) => {
                let [condition, then, otherwise] = branches.as_ref();
                match self.judge(condition)? {
                    Some(true) => self.run(then)?,
                    Some(false) => self.run(otherwise)?,
                    None => Slot::Unknown,
                }
            }
            Code::Fold(kind, parts) => {
                let [list, body] = parts.as_ref();
                let list = self.run(list)?;
                self.fold(*kind, &list, body)?
            }
        })
    }

    /// Whether a condition holds. Logic, and comparisons of what lies ready, make no slot.
    pub(super) fn judge(&mut self, code: &'a Code) -> Result<Option<bool>, Exhausted> {
        let Code::Call(op, args) = code else { return Ok(self.run(code)?.truth()) };
        match (op, args.as_ref()) {
            (Op::And, args) => self.all(args, false),
            (Op::Or, args) => self.all(args, true),
            (Op::Not, [a]) => Ok(self.judge(a)?.map(|truth| !truth)),
            (Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge, [a, b]) => {
                match self.ready(a).zip(self.ready(b)).and_then(|(a, b)| call::compared(*op, a, b)) {
                    Some(truth) => self.charge(3).map(|()| Some(truth)),
                    None => Ok(self.run(code)?.truth()),
                }
            }
            _ => Ok(self.run(code)?.truth()),
        }
    }

    /// The value of an operand that is only looked up.
    fn ready(&self, code: &'a Code) -> Option<&'a Value> {
        match code {
            Code::Constant(value) => Some(value),
            Code::ThisField(index) => self.this.get(*index),
            Code::User(index) => self.context.user.get(*index),
            _ => None,
        }
    }

    /// A computed field of another record, or of this one: its variables are its own.
    fn computed(&mut self, fields: &'a [Value], body: &'a Code) -> Outcome<'a> {
        let this = std::mem::replace(&mut self.this, fields);
        let variables = std::mem::take(&mut self.variables);
        let result = self.run(body);
        self.this = this;
        self.variables = variables;
        result
    }

    fn call(&mut self, op: Op, args: &'a [Code]) -> Outcome<'a> {
        match op {
            Op::And => return Ok(Slot::judged(self.all(args, false)?)),
            Op::Or => return Ok(Slot::judged(self.all(args, true)?)),
            Op::Coalesce => {
                for arg in args {
                    let slot = self.run(arg)?;
                    if slot.is_some() {
                        return Ok(slot);
                    }
                }
                return Ok(Slot::Null);
            }
            _ => {}
        }
        match args {
            [a] => {
                let a = self.run(a)?;
                call::unary(self, op, &a)
            }
            [a, b] => {
                let (a, b) = (self.run(a)?, self.run(b)?);
                call::binary(self, op, &a, &b)
            }
            _ => {
                let slots = args.iter().map(|arg| self.run(arg)).collect::<Result<Vec<_>, _>>()?;
                call::many(self, op, &slots)
            }
        }
    }

    /// Kleene and (`decisive` false) and or (`decisive` true): the first decisive operand decides.
    fn all(&mut self, args: &'a [Code], decisive: bool) -> Result<Option<bool>, Exhausted> {
        let mut result = Some(!decisive);
        self.charge(1)?;
        for arg in args {
            match self.judge(arg)? {
                Some(truth) if truth == decisive => return Ok(Some(decisive)),
                Some(_) => {}
                None => result = None,
            }
        }
        Ok(result)
    }

    fn fold(&mut self, kind: FoldKind, list: &Slot<'a>, body: &'a Code) -> Outcome<'a> {
        let Some(len) = list.list_len() else {
            return Ok(Slot::Unknown);
        };
        let mut made = Vec::new();
        let (mut trues, mut unknowns) = (0usize, 0usize);
        for position in 0..len {
            let element = list.element(position).unwrap_or(Slot::Unknown);
            self.variables.push(element);
            let outcome = self.run(body);
            let element = self.variables.pop();
            let outcome = outcome?;
            let truth = outcome.truth();
            match (kind, truth) {
                (FoldKind::Map, _) if matches!(outcome, Slot::Unknown) => return Ok(Slot::Unknown),
                (FoldKind::Map, _) => made.push(outcome),
                (FoldKind::Exists, Some(true)) => return Ok(Slot::Bool(true)),
                (FoldKind::All, Some(false)) => return Ok(Slot::Bool(false)),
                (FoldKind::Filter | FoldKind::ExistsOne, None) => return Ok(Slot::Unknown),
                (FoldKind::Filter, Some(true)) => made.extend(element),
                (_, Some(true)) => trues += 1,
                (_, None) => unknowns += 1,
                (_, Some(false)) => {}
            }
        }
        Ok(match kind {
            FoldKind::Map | FoldKind::Filter => Slot::MadeList(made.into()),
            _ if unknowns > 0 => Slot::Unknown,
            FoldKind::Exists => Slot::Bool(false),
            FoldKind::All => Slot::Bool(true),
            FoldKind::ExistsOne => Slot::Bool(trues == 1),
        })
    }
}
