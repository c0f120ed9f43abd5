//! Checked expressions as data: what is left of an expression once it was parsed, typed and proven.
//!
//! Operators are monomorphic and decimals carry static scales, so that the evaluator and the SQL of every
//! dialect read the same tree and need no types of their own. Evaluation lives in `athyper-expr`.

use serde::{Deserialize, Serialize};

/// A checked expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expr {
    /// As the author wrote it.
    pub source: String,
    /// The type of the whole.
    pub ty: Ty,
    /// The checked tree.
    pub root: Node,
}

/// A type and whether its values may be null (in a condition: unknown).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ty {
    /// What kind of value.
    pub kind: Kind,
    /// Whether null is among the values.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
}

/// The kinds of value the language knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The type of the literal `null` alone.
    Null,
    /// True or false (and, when nullable, unknown).
    Bool,
    /// 64-bit signed integer.
    Int,
    /// Exact decimal: a 64-bit count of units of 10^-scale.
    Decimal(u8),
    /// Unicode text, ordered by code point.
    Text,
    /// A calendar day.
    Date,
    /// A time of day, in microseconds.
    Time,
    /// An instant, in microseconds, UTC.
    Datetime,
    /// A length of time, in microseconds.
    Duration,
    /// A UUID; also the type of a reference's identity.
    Uuid,
    /// A value of the named enum.
    Enum(String),
    /// Anything JSON can say; only compared for equality.
    Json,
    /// A list.
    List(Box<Ty>),
    /// A record of the named entity.
    Record(String),
}

/// One node of a checked tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// A constant.
    Literal(Literal),
    /// The record as it is (for checks and computed fields: as it is about to be written).
    This,
    /// The record before the change; null when there was none.
    Old,
    /// An attribute of the principal: `user.id`, `user.roles`, ...
    User(Attribute),
    /// The instant of the decision.
    Now,
    /// The day of the decision, in UTC.
    Today,
    /// The variable of an enclosing [`Node::Fold`]; 0 is the outermost.
    Bound(u8),
    /// A field of a record. A reference gives the record it points to, or null.
    Field(Box<FieldAccess>),
    /// A list of values of one type.
    List(Vec<Node>),
    /// A monomorphic operator or function.
    Call(Call),
    /// `condition ? then : otherwise`; unknown when the condition is null or unknown.
    If(Box<Choice>),
    /// A quantifier over a list.
    Fold(Box<Fold>),
}

impl Node {
    /// Shows every node of the expression, itself first.
    pub fn each<'n>(&'n self, see: &mut impl FnMut(&'n Self)) {
        see(self);
        match self {
            Self::Field(access) => access.of.each(see),
            Self::List(nodes) => nodes.iter().for_each(|node| node.each(see)),
            Self::Call(call) => call.args.iter().for_each(|node| node.each(see)),
            Self::If(choice) => {
                for part in [&choice.condition, &choice.then, &choice.otherwise] {
                    part.each(see);
                }
            }
            Self::Fold(fold) => {
                fold.list.each(see);
                fold.body.each(see);
            }
            Self::Literal(_)
            | Self::This
            | Self::Old
            | Self::User(_)
            | Self::Now
            | Self::Today
            | Self::Bound(_) => {}
        }
    }

    /// Whether the expression looks at the record before the change.
    #[must_use]
    pub fn looks_back(&self) -> bool {
        let mut found = false;
        self.each(&mut |node| found |= matches!(node, Self::Old));
        found
    }
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldAccess {
    /// The record.
    pub of: Node,
    /// The entity of that record, `module.Name`.
    pub entity: String,
    /// The field's name.
    pub name: String,
    /// Its type; nullable also when the record may be absent.
    pub ty: Ty,
}

/// An attribute of the principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its name behind `user.`.
    pub name: String,
    /// Its type.
    pub ty: Ty,
}

/// A call of a monomorphic operator or function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Which.
    pub op: Op,
    /// As many as the operator takes; a method's receiver comes first.
    pub args: Vec<Node>,
}

/// A conditional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The condition.
    pub condition: Node,
    /// The value when it is definitely true.
    pub then: Node,
    /// The value when it is definitely false.
    pub otherwise: Node,
}

/// A quantifier over a list. Over a null or unknown list it is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fold {
    /// Which quantifier.
    pub kind: FoldKind,
    /// The number of the variable it binds, see [`Node::Bound`].
    pub variable: u8,
    /// The list.
    pub list: Node,
    /// Judged or evaluated for each element.
    pub body: Node,
}

/// The quantifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldKind {
    /// Some element satisfies the body: Kleene or over the elements.
    Exists,
    /// Every element satisfies the body: Kleene and over the elements.
    All,
    /// Exactly one element satisfies the body; unknown when the body is unknown for one of them.
    ExistsOne,
    /// The list of the body's values; unknown when the body is unknown for one of them. Null is a value.
    Map,
    /// The list of the elements that satisfy the body; unknown when the body is unknown for one of them.
    Filter,
}

/// A constant. 64-bit numbers are text, because canonical JSON cannot hold them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Literal {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer, in decimal digits.
    Int(String),
    /// A decimal.
    Decimal {
        /// Units of 10^-scale, in decimal digits.
        units: String,
        /// Digits behind the point.
        scale: u8,
    },
    /// Text.
    Text(String),
    /// A value of the named enum.
    Enum {
        /// The enum, `module.Name`.
        of: String,
        /// Its value.
        value: String,
    },
    /// `YYYY-MM-DD`.
    Date(String),
    /// `HH:MM:SS.ffffff`.
    Time(String),
    /// `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
    Datetime(String),
    /// Microseconds, in decimal digits.
    Duration(String),
    /// Lower case with hyphens.
    Uuid(String),
}

/// What an operator says about decimals: the digits behind the point of its operands and of its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scales {
    /// Of the first operand.
    pub left: u8,
    /// Of the second operand.
    pub right: u8,
    /// Of the result.
    pub to: u8,
}

/// A part of a point in time (in UTC) or of a length of time. Numbered as in CEL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The year.
    FullYear,
    /// The month, January is 0.
    Month,
    /// The day of the month, the first is 1.
    Date,
    /// The day of the month, the first is 0.
    DayOfMonth,
    /// The day of the week, Sunday is 0.
    DayOfWeek,
    /// The day of the year, the first is 0.
    DayOfYear,
    /// The hour of the day; of a duration: all its whole hours.
    Hours,
    /// The minute of the hour; of a duration: all its whole minutes.
    Minutes,
    /// The second of the minute; of a duration: all its whole seconds.
    Seconds,
    /// The millisecond of the second.
    Milliseconds,
}

/// Monomorphic operators and functions.
///
/// A value is something, null or unknown. Unless its line says otherwise, an operator is unknown when an
/// operand is null or unknown, when the result does not fit (64 bits; 18 digits for decimals; years 1 to
/// 9999; durations of 64 bits of nanoseconds, about 292 years) and when a conversion fails. Positions and sizes of text count code points. Decimals are rounded
/// half away from zero. A field of an absent record is unknown. Where a value is stored, unknown becomes null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Kleene and, of two or more: false when one is false; null counts as unknown.
    And,
    /// Kleene or, of two or more: true when one is true; null counts as unknown.
    Or,
    /// Kleene not.
    Not,
    /// Equal: definite for null (null equals null), unknown for unknown. Decimals have one scale. Records are
    /// equal when their ids are.
    Eq,
    /// Not equal: the opposite of [`Op::Eq`].
    Ne,
    /// Less. Text is ordered by code point.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// `element in list`: true when [`Op::Eq`] is true for one element, false when it is false for all.
    In,
    /// `has(x)`: whether the value is neither null nor unknown; never unknown itself.
    Has,
    /// The first value that is neither null nor unknown, otherwise null; one or more.
    Coalesce,
    /// The least of two or more values of one kind.
    Least,
    /// The greatest of two or more values of one kind.
    Greatest,

    /// `-int`.
    NegInt,
    /// `int + int`.
    AddInt,
    /// `int - int`.
    SubInt,
    /// `int * int`.
    MulInt,
    /// `int / int`, cut towards zero; unknown for a zero divisor.
    DivInt,
    /// `int % int`, with the sign of the dividend; unknown for a zero divisor.
    RemInt,

    /// `-decimal`.
    NegDecimal,
    /// `decimal + decimal`, both and the result of this scale.
    AddDecimal(u8),
    /// `decimal - decimal`, both and the result of this scale.
    SubDecimal(u8),
    /// `decimal * decimal`, rounded; unknown also when the exact product has more than 18 digits.
    MulDecimal(Scales),
    /// `decimal / decimal`, rounded; unknown for a zero divisor, and also when the dividend with
    /// `to + right` digits behind the point has more than 18 digits. Needs `to + right >= left`.
    DivDecimal(Scales),
    /// A decimal with another scale, rounded. Null stays null.
    Rescale {
        /// Digits behind the point before.
        from: u8,
        /// Digits behind the point afterwards.
        to: u8,
    },
    /// An integer as a decimal of this scale. Null stays null.
    IntToDecimal(u8),
    /// A decimal of this scale as an integer, cut towards zero.
    DecimalToInt(u8),

    /// `text + text`, two or more.
    Concat,
    /// The number of code points.
    TextSize,
    /// `text.contains(part)`.
    Contains,
    /// `text.startsWith(part)`.
    StartsWith,
    /// `text.endsWith(part)`.
    EndsWith,
    /// `text.matches(pattern)`: the second argument is a text literal, a regular expression of the linear-time
    /// dialect that the checker has compiled; it matches anywhere unless anchored.
    Matches,
    /// `A` to `Z` in lower case, everything else as it is.
    LowerAscii,
    /// `a` to `z` in upper case, everything else as it is.
    UpperAscii,
    /// Without white space (as Unicode defines it) at both ends.
    Trim,
    /// `text.replace(old, new)`: every occurrence; an empty `old` changes nothing.
    Replace,
    /// `text.substring(start)` or `text.substring(start, end)`, end exclusive; unknown when out of range.
    Substring,
    /// `text.indexOf(part)`: the first position, -1 when there is none.
    IndexOf,
    /// `text.charAt(position)`: one code point, empty at the end; unknown when out of range.
    CharAt,
    /// `text.split(separator)`: a list of text; an empty separator cuts between code points.
    Split,
    /// `list.join(separator)`: the separator is optional.
    Join,

    /// `datetime + duration`.
    DatetimeAdd,
    /// `datetime - duration`.
    DatetimeSub,
    /// `datetime - datetime`: a duration.
    DatetimeDiff,
    /// `date + duration`: the day on which midnight plus the duration falls.
    DateAdd,
    /// `date - duration`: the day on which midnight minus the duration falls.
    DateSub,
    /// `date - date`: a duration of whole days.
    DateDiff,
    /// `duration + duration`.
    DurationAdd,
    /// `duration - duration`.
    DurationSub,
    /// `-duration`.
    DurationNeg,
    /// A calendar part of a date.
    DatePart(Part),
    /// A clock part of a time.
    TimePart(Part),
    /// A part of a datetime, in UTC.
    DatetimePart(Part),
    /// Hours, minutes, seconds or milliseconds of a duration.
    DurationPart(Part),

    /// `string(int)`.
    IntToText,
    /// `string(bool)`: `true` or `false`.
    BoolToText,
    /// `string(decimal)`, with all digits of this scale.
    DecimalToText(u8),
    /// `string(date)`: `YYYY-MM-DD`.
    DateToText,
    /// `string(time)`: `HH:MM:SS`, with a fraction when there is one.
    TimeToText,
    /// `string(datetime)`: RFC 3339 in UTC, with a fraction when there is one.
    DatetimeToText,
    /// `string(duration)`: seconds as CEL writes them, `5400s`.
    DurationToText,
    /// `string(uuid)`: lower case with hyphens. Null stays null.
    UuidToText,
    /// The name of an enum's value. Null stays null.
    EnumToText,
    /// `int(text)`: an optional sign and digits.
    TextToInt,
    /// `bool(text)`: `true` or `false`.
    TextToBool,
    /// `decimal(text)` with this scale; unknown when it has more digits behind the point.
    TextToDecimal(u8),
    /// `date(text)`.
    TextToDate,
    /// `time(text)`.
    TextToTime,
    /// `timestamp(text)`: RFC 3339.
    TextToDatetime,
    /// `duration(text)`: as CEL writes it (`1h30m`) or ISO 8601 without years and months.
    TextToDuration,
    /// `uuid(text)`.
    TextToUuid,
    /// The day of a datetime, in UTC.
    DatetimeToDate,
    /// Midnight of a date, in UTC.
    DateToDatetime,
    /// Whole seconds since 1970, cut downwards.
    DatetimeToInt,
    /// The instant so many seconds after 1970.
    IntToDatetime,

    /// The number of elements.
    ListSize,
    /// `list[position]` from 0; unknown when out of range.
    ListAt,
    /// `list + list`.
    ListConcat,
    /// The sum of a list of integers; 0 for an empty list.
    SumInt,
    /// The sum of a list of decimals of this scale; 0 for an empty list.
    SumDecimal(u8),
    /// The sum of a list of durations; 0 for an empty list.
    SumDuration,
    /// The least element; unknown for an empty list or one with a null.
    ListMin,
    /// The greatest element; unknown for an empty list or one with a null.
    ListMax,
}

impl Op {
    /// Whether null stays null instead of becoming unknown: the conversions that the checker puts in by itself, so
    /// that `rating == discount` is definite for null whatever the types of the two numbers are.
    #[must_use]
    pub const fn keeps_null(self) -> bool {
        matches!(self, Self::Rescale { .. } | Self::IntToDecimal(_) | Self::UuidToText | Self::EnumToText)
    }
}
