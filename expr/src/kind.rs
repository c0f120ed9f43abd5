//! The kind of a checked tree, read off its operators. May not live here: checking; a tree here is sound.

use athyper_schemas::ir::{Call, Fold, FoldKind, Kind, Literal, Node, Op, Ty};

/// The kind of value that `node` gives; a record in sight counts as its id. Nothing when it can only be null, and for
/// the variable of a fold around `node`.
#[must_use]
pub fn kind_of(node: &Node) -> Option<Kind> {
    within(node, &mut Vec::new())
}

/// With the kinds of the variables bound so far, outermost first.
fn within(node: &Node, bound: &mut Vec<(u8, Option<Kind>)>) -> Option<Kind> {
    match node {
        Node::Literal(literal) => of_literal(literal),
        Node::This | Node::Old => Some(Kind::Uuid),
        Node::User(attribute) => Some(attribute.ty.kind.clone()),
        Node::Now => Some(Kind::Datetime),
        Node::Today => Some(Kind::Date),
        Node::Bound(variable) => {
            bound.iter().rev().find(|(number, _)| number == variable).and_then(|(_, kind)| kind.clone())
        }
        Node::Field(access) => Some(access.ty.kind.clone()),
        Node::List(nodes) => {
            let item = nodes.iter().find_map(|node| within(node, bound));
            Some(list_of(item.unwrap_or(Kind::Null)))
        }
        Node::Call(call) => of_call(call, bound),
        Node::If(choice) => within(&choice.then, bound).or_else(|| within(&choice.otherwise, bound)),
        Node::Fold(fold) => of_fold(fold, bound),
    }
}

fn list_of(kind: Kind) -> Kind {
    Kind::List(Box::new(Ty { kind, nullable: true }))
}

fn of_literal(literal: &Literal) -> Option<Kind> {
    Some(match literal {
        Literal::Null => return None,
        Literal::Bool(_) => Kind::Bool,
        Literal::Int(_) => Kind::Int,
        Literal::Decimal { scale, .. } => Kind::Decimal(*scale),
        Literal::Text(_) => Kind::Text,
        Literal::Enum { of, .. } => Kind::Enum(of.clone()),
        Literal::Date(_) => Kind::Date,
        Literal::Time(_) => Kind::Time,
        Literal::Datetime(_) => Kind::Datetime,
        Literal::Duration(_) => Kind::Duration,
        Literal::Uuid(_) => Kind::Uuid,
    })
}

fn of_fold(fold: &Fold, bound: &mut Vec<(u8, Option<Kind>)>) -> Option<Kind> {
    match fold.kind {
        FoldKind::Exists | FoldKind::All | FoldKind::ExistsOne => Some(Kind::Bool),
        FoldKind::Filter => within(&fold.list, bound),
        FoldKind::Map => {
            let element = element(within(&fold.list, bound));
            bound.push((fold.variable, element));
            let body = within(&fold.body, bound);
            bound.pop();
            Some(list_of(body.unwrap_or(Kind::Null)))
        }
    }
}

fn element(list: Option<Kind>) -> Option<Kind> {
    match list {
        Some(Kind::List(item)) if item.kind != Kind::Null => Some(item.kind),
        _ => None,
    }
}

fn of_call(call: &Call, bound: &mut Vec<(u8, Option<Kind>)>) -> Option<Kind> {
    let mut first = || call.args.iter().find_map(|arg| within(arg, bound));
    Some(match call.op {
        Op::And
        | Op::Or
        | Op::Not
        | Op::Eq
        | Op::Ne
        | Op::Lt
        | Op::Le
        | Op::Gt
        | Op::Ge
        | Op::In
        | Op::Has => Kind::Bool,
        Op::Contains | Op::StartsWith | Op::EndsWith | Op::Matches | Op::TextToBool => Kind::Bool,
        Op::Coalesce | Op::Least | Op::Greatest | Op::ListConcat => return first(),
        Op::ListAt | Op::ListMin | Op::ListMax => return element(first()),
        Op::NegInt | Op::AddInt | Op::SubInt | Op::MulInt | Op::DivInt | Op::RemInt | Op::SumInt => Kind::Int,
        Op::DecimalToInt(_) | Op::TextToInt | Op::DatetimeToInt => Kind::Int,
        Op::TextSize | Op::IndexOf | Op::ListSize => Kind::Int,
        Op::DatePart(_) | Op::TimePart(_) | Op::DatetimePart(_) | Op::DurationPart(_) => Kind::Int,
        Op::NegDecimal => return first(),
        Op::AddDecimal(scale) | Op::SubDecimal(scale) | Op::SumDecimal(scale) => Kind::Decimal(scale),
        Op::IntToDecimal(scale) | Op::TextToDecimal(scale) => Kind::Decimal(scale),
        Op::MulDecimal(scales) | Op::DivDecimal(scales) => Kind::Decimal(scales.to),
        Op::Rescale { to, .. } => Kind::Decimal(to),
        Op::Concat | Op::LowerAscii | Op::UpperAscii | Op::Trim | Op::Replace => Kind::Text,
        Op::Substring | Op::CharAt | Op::Join => Kind::Text,
        Op::IntToText | Op::BoolToText | Op::DecimalToText(_) | Op::UuidToText | Op::EnumToText => Kind::Text,
        Op::DateToText | Op::TimeToText | Op::DatetimeToText | Op::DurationToText => Kind::Text,
        Op::Split => list_of(Kind::Text),
        Op::DatetimeAdd | Op::DatetimeSub => Kind::Datetime,
        Op::DateToDatetime | Op::IntToDatetime | Op::TextToDatetime => Kind::Datetime,
        Op::DatetimeDiff | Op::DateDiff | Op::TextToDuration => Kind::Duration,
        Op::DurationAdd | Op::DurationSub | Op::DurationNeg | Op::SumDuration => Kind::Duration,
        Op::DateAdd | Op::DateSub | Op::DatetimeToDate | Op::TextToDate => Kind::Date,
        Op::TextToTime => Kind::Time,
        Op::TextToUuid => Kind::Uuid,
    })
}
