//! A checked tree as text of the language, for people who ask why. Conversions that the checker put in by itself are
//! left out, and the lets and derived roles it folded in are written out.

use athyper_schemas::ir::{Call, FoldKind, Literal, Node, Op, Part};

use crate::eval::literal;

/// How tightly an expression binds: a looser one inside a tighter one stands in parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Choice,
    Or,
    And,
    Comparison,
    Sum,
    Product,
    Sign,
    Whole,
}

/// The text of a tree.
#[must_use]
pub fn print(node: &Node) -> String {
    let mut text = String::new();
    write(node, Binding::Choice, &mut text);
    text
}

fn write(node: &Node, at_least: Binding, out: &mut String) {
    let own = binding(node);
    let inside = own < at_least;
    if inside {
        out.push('(');
    }
    bare(node, own, out);
    if inside {
        out.push(')');
    }
}

fn bare(node: &Node, own: Binding, out: &mut String) {
    match node {
        Node::Literal(constant) => constant_text(constant, out),
        Node::This => out.push_str("this"),
        Node::Old => out.push_str("old"),
        Node::User(attribute) => {
            out.push_str("user.");
            out.push_str(&attribute.name);
        }
        Node::Now => out.push_str("now()"),
        Node::Today => out.push_str("today()"),
        Node::Bound(number) => variable(*number, out),
        Node::Field(access) => {
            if access.of != Node::This {
                write(&access.of, Binding::Whole, out);
                out.push('.');
            }
            out.push_str(&access.name);
        }
        Node::List(nodes) => {
            out.push('[');
            list(nodes, out);
            out.push(']');
        }
        Node::Call(call) => call_text(call, own, out),
        Node::If(choice) => {
            write(&choice.condition, Binding::Or, out);
            out.push_str(" ? ");
            write(&choice.then, Binding::Or, out);
            out.push_str(" : ");
            write(&choice.otherwise, Binding::Choice, out);
        }
        Node::Fold(fold) => {
            write(&fold.list, Binding::Whole, out);
            out.push_str(match fold.kind {
                FoldKind::Exists => ".exists(",
                FoldKind::All => ".all(",
                FoldKind::ExistsOne => ".exists_one(",
                FoldKind::Map => ".map(",
                FoldKind::Filter => ".filter(",
            });
            variable(fold.variable, out);
            out.push_str(", ");
            write(&fold.body, Binding::Choice, out);
            out.push(')');
        }
    }
}

/// `x`, `y`, `z`, then `x3`, ...
fn variable(number: u8, out: &mut String) {
    match ["x", "y", "z"].get(usize::from(number)) {
        Some(name) => out.push_str(name),
        None => {
            out.push('x');
            out.push_str(&number.to_string());
        }
    }
}

fn list(nodes: &[Node], out: &mut String) {
    for (index, node) in nodes.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        write(node, Binding::Choice, out);
    }
}

fn constant_text(constant: &Literal, out: &mut String) {
    let plain = literal(constant).map_or_else(String::new, |value| value.to_string());
    let wrapped = |function: &str, out: &mut String| {
        out.push_str(function);
        out.push('(');
        quoted(&plain, out);
        out.push(')');
    };
    match constant {
        Literal::Null => out.push_str("null"),
        Literal::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Literal::Int(digits) => out.push_str(digits),
        Literal::Decimal { scale: 0, .. } => {
            out.push_str(&plain);
            out.push_str(".0");
        }
        Literal::Decimal { .. } => out.push_str(&plain),
        Literal::Text(text) | Literal::Enum { value: text, .. } => quoted(text, out),
        Literal::Date(_) => wrapped("date", out),
        Literal::Time(_) => wrapped("time", out),
        Literal::Datetime(_) => wrapped("timestamp", out),
        Literal::Duration(_) => wrapped("duration", out),
        Literal::Uuid(_) => wrapped("uuid", out),
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn binding(node: &Node) -> Binding {
    match node {
        Node::If(_) => Binding::Choice,
        Node::Literal(Literal::Int(digits)) if digits.starts_with('-') => Binding::Sign,
        Node::Literal(Literal::Decimal { units, .. }) if units.starts_with('-') => Binding::Sign,
        Node::Call(call) => match style(call.op) {
            Style::Between(_, binding) => binding,
            Style::Before(_) => Binding::Sign,
            Style::Silent => call.args.first().map_or(Binding::Whole, binding),
            Style::Function(_) | Style::Method(_) | Style::At => Binding::Whole,
        },
        _ => Binding::Whole,
    }
}

fn call_text(call: &Call, own: Binding, out: &mut String) {
    match (style(call.op), call.args.as_slice()) {
        (Style::Silent, [arg]) => bare(arg, own, out),
        (Style::Before(sign), [arg]) => {
            out.push_str(sign);
            write(arg, Binding::Sign, out);
        }
        (Style::Between(sign, binding), [first, rest @ ..]) => {
            let tighter = tighter(binding);
            // A comparison has no neighbour of its own kind.
            write(first, if binding == Binding::Comparison { tighter } else { binding }, out);
            for arg in rest {
                out.push(' ');
                out.push_str(sign);
                out.push(' ');
                write(arg, tighter, out);
            }
        }
        (Style::At, [of, at]) => {
            write(of, Binding::Whole, out);
            out.push('[');
            write(at, Binding::Choice, out);
            out.push(']');
        }
        (Style::Method(name), [of, rest @ ..]) => {
            write(of, Binding::Whole, out);
            out.push('.');
            out.push_str(name);
            out.push('(');
            list(rest, out);
            out.push(')');
        }
        (Style::Function(name), args) => {
            out.push_str(name);
            out.push('(');
            list(args, out);
            out.push(')');
        }
        (_, args) => list(args, out),
    }
}

const fn tighter(binding: Binding) -> Binding {
    match binding {
        Binding::Choice => Binding::Or,
        Binding::Or => Binding::And,
        Binding::And => Binding::Comparison,
        Binding::Comparison => Binding::Sum,
        Binding::Sum => Binding::Product,
        _ => Binding::Sign,
    }
}

/// How an operator is written.
enum Style {
    /// Between its operands.
    Between(&'static str, Binding),
    /// Before its operand.
    Before(&'static str),
    /// Behind its first operand and a point.
    Method(&'static str),
    /// Before its operands in parentheses.
    Function(&'static str),
    /// `list[position]`.
    At,
    /// Not at all: the checker put it in.
    Silent,
}

fn style(op: Op) -> Style {
    use Binding::{And, Comparison, Or, Product, Sum};
    use Style::{At, Before, Between, Function, Method, Silent};
    match op {
        Op::And => Between("&&", And),
        Op::Or => Between("||", Or),
        Op::Not => Before("!"),
        Op::Eq => Between("==", Comparison),
        Op::Ne => Between("!=", Comparison),
        Op::Lt => Between("<", Comparison),
        Op::Le => Between("<=", Comparison),
        Op::Gt => Between(">", Comparison),
        Op::Ge => Between(">=", Comparison),
        Op::In => Between("in", Comparison),
        Op::Has => Function("has"),
        Op::Coalesce => Function("coalesce"),
        Op::Least => Function("math.least"),
        Op::Greatest => Function("math.greatest"),
        Op::NegInt | Op::NegDecimal | Op::DurationNeg => Before("-"),
        Op::AddInt | Op::AddDecimal(_) | Op::Concat | Op::ListConcat => Between("+", Sum),
        Op::DatetimeAdd | Op::DateAdd | Op::DurationAdd => Between("+", Sum),
        Op::SubInt | Op::SubDecimal(_) => Between("-", Sum),
        Op::DatetimeSub | Op::DatetimeDiff | Op::DateSub | Op::DateDiff | Op::DurationSub => {
            Between("-", Sum)
        }
        Op::MulInt | Op::MulDecimal(_) => Between("*", Product),
        Op::DivInt | Op::DivDecimal(_) => Between("/", Product),
        Op::RemInt => Between("%", Product),
        Op::Rescale { .. } | Op::IntToDecimal(_) | Op::UuidToText | Op::EnumToText => Silent,
        Op::ListAt => At,
        Op::TextSize | Op::ListSize => Method("size"),
        Op::Contains => Method("contains"),
        Op::StartsWith => Method("startsWith"),
        Op::EndsWith => Method("endsWith"),
        Op::Matches => Method("matches"),
        Op::LowerAscii => Method("lowerAscii"),
        Op::UpperAscii => Method("upperAscii"),
        Op::Trim => Method("trim"),
        Op::Replace => Method("replace"),
        Op::Substring => Method("substring"),
        Op::IndexOf => Method("indexOf"),
        Op::CharAt => Method("charAt"),
        Op::Split => Method("split"),
        Op::Join => Method("join"),
        Op::SumInt | Op::SumDecimal(_) | Op::SumDuration => Method("sum"),
        Op::ListMin => Method("min"),
        Op::ListMax => Method("max"),
        Op::DatePart(part) | Op::TimePart(part) | Op::DatetimePart(part) | Op::DurationPart(part) => {
            Method(part_name(part))
        }
        Op::DecimalToInt(_) | Op::TextToInt | Op::DatetimeToInt => Function("int"),
        Op::TextToBool => Function("bool"),
        Op::TextToDecimal(_) => Function("decimal"),
        Op::TextToDate | Op::DatetimeToDate => Function("date"),
        Op::TextToTime => Function("time"),
        Op::TextToDatetime | Op::DateToDatetime | Op::IntToDatetime => Function("timestamp"),
        Op::TextToDuration => Function("duration"),
        Op::TextToUuid => Function("uuid"),
        Op::IntToText
        | Op::BoolToText
        | Op::DecimalToText(_)
        | Op::DateToText
        | Op::TimeToText
        | Op::DatetimeToText
        | Op::DurationToText => Function("string"),
    }
}

const fn part_name(part: Part) -> &'static str {
    match part {
        Part::FullYear => "getFullYear",
        Part::Month => "getMonth",
        Part::Date => "getDate",
        Part::DayOfMonth => "getDayOfMonth",
        Part::DayOfWeek => "getDayOfWeek",
        Part::DayOfYear => "getDayOfYear",
        Part::Hours => "getHours",
        Part::Minutes => "getMinutes",
        Part::Seconds => "getSeconds",
        Part::Milliseconds => "getMilliseconds",
    }
}
