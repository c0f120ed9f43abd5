//! From the checked tree to code: names become indexes, literals become values, patterns are compiled.

use athyper_schemas::ir::{FoldKind, Kind, Literal, Node, Op};
use regex::{Regex, RegexBuilder};

use super::{Layout, Place, Unfit};
use crate::value::Value;

/// The deepest tree that is compiled, computed fields counted where they are used.
pub(super) const MAX_DEPTH: u8 = 200;

/// The most memory a compiled pattern may take.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// Code of an expression.
#[derive(Debug, Clone)]
pub(super) enum Code {
    Constant(Value),
    This,
    Old,
    User(usize),
    Now,
    Today,
    Variable(usize),
    /// A field of the record itself: the most frequent access.
    ThisField(usize),
    Field(Box<Code>, usize),
    /// The id of a record, which a reference has without being loaded.
    Identity(Box<Code>),
    /// Evaluated with the record as `this`.
    Computed(Box<Code>, Box<Code>),
    List(Box<[Code]>),
    Call(Op, Box<[Code]>),
    Matches(Box<Code>, Regex),
    If(Box<[Code; 3]>),
    Fold(FoldKind, Box<[Code; 2]>),
}

/// The value of a literal.
pub(crate) fn literal(literal: &Literal) -> Option<Value> {
    Some(match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(digits) => Value::Int(digits.parse().ok()?),
        Literal::Decimal { units, scale } => {
            Value::Decimal(crate::decimal::Decimal::new(units.parse().ok()?, *scale)?)
        }
        Literal::Text(text) | Literal::Enum { value: text, .. } => Value::text(text),
        Literal::Date(text) => Value::from_storage_text(&Kind::Date, text).ok()?,
        Literal::Time(text) => Value::from_storage_text(&Kind::Time, text).ok()?,
        Literal::Datetime(text) => Value::from_storage_text(&Kind::Datetime, text).ok()?,
        Literal::Duration(text) => Value::from_storage_text(&Kind::Duration, text).ok()?,
        Literal::Uuid(text) => Value::from_storage_text(&Kind::Uuid, text).ok()?,
    })
}

/// How many arguments an operator takes.
const fn takes(op: Op, count: usize) -> bool {
    match op {
        Op::And | Op::Or | Op::Concat | Op::Least | Op::Greatest => count >= 2,
        Op::Coalesce => count >= 1,
        Op::Substring => count == 2 || count == 3,
        Op::Join => count == 1 || count == 2,
        Op::Replace => count == 3,
        Op::Not
        | Op::Has
        | Op::NegInt
        | Op::NegDecimal
        | Op::Rescale { .. }
        | Op::IntToDecimal(_)
        | Op::DecimalToInt(_)
        | Op::TextSize
        | Op::LowerAscii
        | Op::UpperAscii
        | Op::Trim
        | Op::DurationNeg
        | Op::DatePart(_)
        | Op::TimePart(_)
        | Op::DatetimePart(_)
        | Op::DurationPart(_)
        | Op::IntToText
        | Op::BoolToText
        | Op::DecimalToText(_)
        | Op::DateToText
        | Op::TimeToText
        | Op::DatetimeToText
        | Op::DurationToText
        | Op::UuidToText
        | Op::EnumToText
        | Op::TextToInt
        | Op::TextToBool
        | Op::TextToDecimal(_)
        | Op::TextToDate
        | Op::TextToTime
        | Op::TextToDatetime
        | Op::TextToDuration
        | Op::TextToUuid
        | Op::DatetimeToDate
        | Op::DateToDatetime
        | Op::DatetimeToInt
        | Op::IntToDatetime
        | Op::ListSize
        | Op::SumInt
        | Op::SumDecimal(_)
        | Op::SumDuration
        | Op::ListMin
        | Op::ListMax => count == 1,
        _ => count == 2,
    }
}

/// Compiles a tree that uses no variable from outside.
pub(super) fn compile(node: &Node, layout: &dyn Layout) -> Result<Code, Unfit> {
    let base = outermost(node).unwrap_or(0);
    Compiler { layout, base, variables: base }.node(node, 0)
}

/// The number of the outermost variable that a tree binds: a part of a tree counts from where it was cut out.
fn outermost(node: &Node) -> Option<u8> {
    match node {
        Node::Literal(_)
        | Node::This
        | Node::Old
        | Node::User(_)
        | Node::Now
        | Node::Today
        | Node::Bound(_) => None,
        Node::Field(access) => outermost(&access.of),
        Node::List(nodes) => nodes.iter().filter_map(outermost).min(),
        Node::Call(call) => call.args.iter().filter_map(outermost).min(),
        Node::If(choice) => {
            [&choice.condition, &choice.then, &choice.otherwise].into_iter().filter_map(outermost).min()
        }
        Node::Fold(fold) => Some(fold.variable),
    }
}

struct Compiler<'l> {
    layout: &'l dyn Layout,
    /// The number of the first variable; the machine counts from 0.
    base: u8,
    variables: u8,
}

impl Compiler<'_> {
    fn node(&mut self, node: &Node, depth: u8) -> Result<Code, Unfit> {
        if depth >= MAX_DEPTH {
            return Err(Unfit::Depth);
        }
        let depth = depth + 1;
        Ok(match node {
            Node::Literal(constant) => {
                Code::Constant(literal(constant).ok_or_else(|| Unfit::Literal(format!("{constant:?}")))?)
            }
            Node::This => Code::This,
            Node::Old => Code::Old,
            Node::User(attribute) => Code::User(
                self.layout
                    .attribute(&attribute.name)
                    .ok_or_else(|| Unfit::Attribute(attribute.name.clone()))?,
            ),
            Node::Now => Code::Now,
            Node::Today => Code::Today,
            Node::Bound(variable) if (self.base..self.variables).contains(variable) => {
                Code::Variable(usize::from(*variable - self.base))
            }
            Node::Bound(variable) => return Err(Unfit::Variable(*variable)),
            Node::Field(access) => {
                let of = self.node(&access.of, depth)?;
                self.field(of, &access.entity, &access.name, depth)?
            }
            Node::List(nodes) => Code::List(self.nodes(nodes, depth)?),
            Node::Call(call) if call.op == Op::Matches => self.matches(&call.args, depth)?,
            Node::Call(call) if takes(call.op, call.args.len()) => {
                Code::Call(call.op, self.nodes(&call.args, depth)?)
            }
            Node::Call(call) => return Err(Unfit::Arguments(call.op, call.args.len())),
            Node::If(choice) => Code::If(Box::new([
                self.node(&choice.condition, depth)?,
                self.node(&choice.then, depth)?,
                self.node(&choice.otherwise, depth)?,
            ])),
            Node::Fold(fold) => {
                if fold.variable != self.variables {
                    return Err(Unfit::Variable(fold.variable));
                }
                let list = self.node(&fold.list, depth)?;
                self.variables += 1;
                let body = self.node(&fold.body, depth);
                self.variables -= 1;
                Code::Fold(fold.kind, Box::new([list, body?]))
            }
        })
    }

    fn nodes(&mut self, nodes: &[Node], depth: u8) -> Result<Box<[Code]>, Unfit> {
        nodes.iter().map(|node| self.node(node, depth)).collect()
    }

    fn field(&mut self, of: Code, entity: &str, field: &str, depth: u8) -> Result<Code, Unfit> {
        if field == "id" {
            return Ok(Code::Identity(Box::new(of)));
        }
        match self.layout.field(entity, field) {
            Some(Place::Index(index)) if matches!(of, Code::This) => Ok(Code::ThisField(index)),
            Some(Place::Index(index)) => Ok(Code::Field(Box::new(of), index)),
            Some(Place::Computed(expr)) => {
                let outer = (std::mem::take(&mut self.base), std::mem::take(&mut self.variables));
                let body = self.node(&expr.root, depth);
                (self.base, self.variables) = outer;
                Ok(Code::Computed(Box::new(of), Box::new(body?)))
            }
            None => Err(Unfit::Field { entity: entity.to_owned(), field: field.to_owned() }),
        }
    }

    fn matches(&mut self, args: &[Node], depth: u8) -> Result<Code, Unfit> {
        match args {
            [text, Node::Literal(Literal::Text(pattern))] => {
                let regex = RegexBuilder::new(pattern)
                    .size_limit(MAX_PATTERN_BYTES)
                    .build()
                    .map_err(|_| Unfit::Pattern(pattern.clone()))?;
                Ok(Code::Matches(Box::new(self.node(text, depth)?), regex))
            }
            _ => Err(Unfit::Arguments(Op::Matches, args.len())),
        }
    }
}
