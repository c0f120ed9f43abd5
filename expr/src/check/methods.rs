//! Methods: what can be called on a text, a list, a point in time.

use athyper_schemas::ir::{Kind, Node, Op, Part, Ty};

use super::tree::Checker;
use super::typed::Typed;
use super::{foreign, nearest, type_name};
use crate::ast::{Call, Expr};
use crate::problem::{Problem, ProblemKind};

/// What an argument or a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Text,
    Int,
    Bool,
    Texts,
}

impl Is {
    fn kind(self) -> Kind {
        match self {
            Self::Text => Kind::Text,
            Self::Int => Kind::Int,
            Self::Bool => Kind::Bool,
            Self::Texts => Kind::List(Box::new(Ty { kind: Kind::Text, nullable: false })),
        }
    }
}

/// One method of texts.
struct TextMethod {
    name: &'static str,
    usage: &'static str,
    args: &'static [Is],
    /// How many of the arguments may be left out, from the end.
    optional: usize,
    gives: Is,
    op: Op,
    /// Whether it can be unknown though nothing is null: a position out of range.
    partial: bool,
}

const METHOD: TextMethod =
    TextMethod { name: "", usage: "", args: &[], optional: 0, gives: Is::Text, op: Op::Trim, partial: false };

const TEXT_METHODS: &[TextMethod] = &[
    TextMethod { name: "size", usage: "`text.size()`", gives: Is::Int, op: Op::TextSize, ..METHOD },
    TextMethod {
        name: "contains",
        usage: "`text.contains(part)`",
        args: &[Is::Text],
        gives: Is::Bool,
        op: Op::Contains,
        ..METHOD
    },
    TextMethod {
        name: "startsWith",
        usage: "`text.startsWith(part)`",
        args: &[Is::Text],
        gives: Is::Bool,
        op: Op::StartsWith,
        ..METHOD
    },
    TextMethod {
        name: "endsWith",
        usage: "`text.endsWith(part)`",
        args: &[Is::Text],
        gives: Is::Bool,
        op: Op::EndsWith,
        ..METHOD
    },
    TextMethod {
        name: "matches",
        usage: "`text.matches(\"pattern\")`",
        args: &[Is::Text],
        gives: Is::Bool,
        op: Op::Matches,
        ..METHOD
    },
    TextMethod { name: "lowerAscii", usage: "`text.lowerAscii()`", op: Op::LowerAscii, ..METHOD },
    TextMethod { name: "upperAscii", usage: "`text.upperAscii()`", op: Op::UpperAscii, ..METHOD },
    TextMethod { name: "trim", usage: "`text.trim()`", op: Op::Trim, ..METHOD },
    TextMethod {
        name: "replace",
        usage: "`text.replace(old, new)`",
        args: &[Is::Text, Is::Text],
        op: Op::Replace,
        ..METHOD
    },
    TextMethod {
        name: "substring",
        usage: "`text.substring(start)` or `text.substring(start, end)`",
        args: &[Is::Int, Is::Int],
        optional: 1,
        op: Op::Substring,
        partial: true,
        ..METHOD
    },
    TextMethod {
        name: "indexOf",
        usage: "`text.indexOf(part)`",
        args: &[Is::Text],
        gives: Is::Int,
        op: Op::IndexOf,
        ..METHOD
    },
    TextMethod {
        name: "charAt",
        usage: "`text.charAt(position)`",
        args: &[Is::Int],
        op: Op::CharAt,
        partial: true,
        ..METHOD
    },
    TextMethod {
        name: "split",
        usage: "`text.split(separator)`",
        args: &[Is::Text],
        gives: Is::Texts,
        op: Op::Split,
        ..METHOD
    },
];

const LIST_METHODS: &[&str] = &["size", "count", "sum", "min", "max", "join"];

const PARTS: &[(&str, Part)] = &[
    ("getFullYear", Part::FullYear),
    ("getMonth", Part::Month),
    ("getDate", Part::Date),
    ("getDayOfMonth", Part::DayOfMonth),
    ("getDayOfWeek", Part::DayOfWeek),
    ("getDayOfYear", Part::DayOfYear),
    ("getHours", Part::Hours),
    ("getMinutes", Part::Minutes),
    ("getSeconds", Part::Seconds),
    ("getMilliseconds", Part::Milliseconds),
];

/// The names of all methods.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let texts = TEXT_METHODS.iter().map(|m| m.name);
    texts.chain(LIST_METHODS.iter().copied()).chain(PARTS.iter().map(|(name, _)| *name))
}

impl Checker<'_> {
    pub(super) fn method(&mut self, receiver: &Expr, call: &Call, expr: &Expr) -> Option<Typed> {
        let name = call.function.text.as_str();
        if !names().any(|known| known == name) {
            for part in std::iter::once(receiver).chain(&call.args) {
                self.expr(part);
            }
            return self.unknown_method(call);
        }
        let of = self.expr(receiver)?;
        if let Some((_, part)) = PARTS.iter().find(|(known, _)| *known == name) {
            return self.part(of, receiver, call, *part);
        }
        if let (Kind::List(item), true) = (&of.kind, LIST_METHODS.contains(&name)) {
            let item = (**item).clone();
            return self.list_method(of, &item, receiver, call, expr);
        }
        let method = TEXT_METHODS.iter().find(|m| m.name == name);
        match (&of.kind, method) {
            (Kind::Text | Kind::Enum(_), Some(method)) => self.text_method(of, receiver, call, method, expr),
            (kind, method) => {
                let expected = match (method, LIST_METHODS.contains(&name)) {
                    (Some(_), true) => "a text or a list",
                    (Some(_), false) => "a text",
                    (None, _) => "a list",
                };
                self.wrong_receiver(receiver, name, expected, &type_name(kind))
            }
        }
    }

    fn wrong_receiver(&mut self, at: &Expr, name: &str, expected: &str, found: &str) -> Option<Typed> {
        let place = format!("what stands before `.{name}(..)`");
        let kind = ProblemKind::WrongType { place, expected: expected.into(), found: found.into() };
        self.report(&at.span, kind);
        None
    }

    fn unknown_method(&mut self, call: &Call) -> Option<Typed> {
        let name = call.function.text.as_str();
        let span = call.function.span.clone();
        if let Some(problem) = foreign::function(call) {
            self.problems.push(problem);
            return None;
        }
        let macros = ["exists", "all", "exists_one", "map", "filter"];
        let nearest = nearest(name, names().chain(macros)).map(str::to_owned);
        let problem = Problem::new(span.clone(), ProblemKind::UnknownFunction(name.to_owned()));
        self.problems.push(match nearest {
            Some(nearest) => problem.with_fix(span, nearest),
            None => problem,
        });
        None
    }

    /// Reports a wrong number of arguments, except for those that CEL has and this language leaves out.
    pub(super) fn count(
        &mut self,
        call: &Call,
        least: usize,
        most: usize,
        usage: &'static str,
    ) -> Option<()> {
        if (least..=most).contains(&call.args.len()) {
            return Some(());
        }
        let kind = match (call.function.text.as_str(), call.args.len()) {
            ("replace" | "split", n) if n == most + 1 => ProblemKind::Unsupported {
                what: format!("a limit for `{}`", call.function.text),
                instead: "it takes all occurrences",
            },
            ("indexOf", 2) => ProblemKind::Unsupported {
                what: "a start for `indexOf`".into(),
                instead: "take a `substring` first",
            },
            (getter, 1) if getter.starts_with("get") => ProblemKind::Unsupported {
                what: format!("a time zone for `{getter}`"),
                instead: "times are in UTC",
            },
            (function, _) => ProblemKind::WrongCount { function: function.to_owned(), usage },
        };
        self.report(&call.function.span, kind);
        None
    }

    fn argument(&mut self, arg: &Expr, position: usize, function: &str, wanted: &Kind) -> Option<Typed> {
        let typed = self.expr(arg)?;
        let fits = match (&typed.kind, wanted) {
            (Kind::List(a), Kind::List(b)) => a.kind == b.kind || a.kind == Kind::Null,
            (Kind::Enum(_), Kind::Text) => true,
            (a, b) => a == b,
        };
        if !fits {
            let place = format!("argument {position} of `{function}`");
            let (expected, found) = (type_name(wanted), type_name(&typed.kind));
            self.report(&arg.span, ProblemKind::WrongType { place, expected, found });
            return None;
        }
        Some(as_text(typed))
    }

    fn text_method(
        &mut self,
        of: Typed,
        receiver: &Expr,
        call: &Call,
        method: &TextMethod,
        expr: &Expr,
    ) -> Option<Typed> {
        self.count(call, method.args.len() - method.optional, method.args.len(), method.usage)?;
        let mut typed = vec![Some(as_text(of))];
        for ((i, arg), is) in call.args.iter().enumerate().zip(method.args) {
            typed.push(self.argument(arg, i + 1, method.name, &is.kind()));
        }
        let typed: Vec<Typed> = typed.into_iter().collect::<Option<_>>()?;
        if method.op == Op::Matches
            && let (Some(arg), Some(pattern)) = (call.args.first(), typed.get(1))
        {
            self.pattern(arg, pattern)?;
        }
        let operands: Vec<(&Typed, &Expr)> =
            typed.iter().zip(std::iter::once(receiver).chain(&call.args)).collect();
        let mut unknown = self.strict(&operands, method.name);
        if method.partial {
            unknown = unknown.or_else(|| Some(expr.to_string()));
        }
        let nodes = typed.into_iter().map(|t| t.node).collect();
        Some(Typed::call(method.op, nodes, method.gives.kind(), unknown))
    }

    fn pattern(&mut self, arg: &Expr, typed: &Typed) -> Option<()> {
        let Some(pattern) = typed.literal_text() else {
            self.report(&arg.span, ProblemKind::NotLiteral { function: "matches".into() });
            return None;
        };
        if let Err(error) = regex::Regex::new(pattern) {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            let reason = last.strip_prefix("error: ").unwrap_or(last).to_owned();
            self.report(&arg.span, ProblemKind::BadPattern { reason });
            return None;
        }
        Some(())
    }

    fn part(&mut self, of: Typed, receiver: &Expr, call: &Call, part: Part) -> Option<Typed> {
        let name = call.function.text.as_str();
        self.count(call, 0, 0, "`moment.getFullYear()`, without arguments")?;
        let clock = matches!(part, Part::Hours | Part::Minutes | Part::Seconds | Part::Milliseconds);
        let op = match (&of.kind, clock) {
            (Kind::Datetime, _) => Op::DatetimePart(part),
            (Kind::Date, false) => Op::DatePart(part),
            (Kind::Time, true) => Op::TimePart(part),
            (Kind::Duration, true) => Op::DurationPart(part),
            (kind, clock) => {
                let expected =
                    if clock { "a datetime, a time or a duration" } else { "a date or a datetime" };
                let found = type_name(kind);
                return self.wrong_receiver(receiver, name, expected, &found);
            }
        };
        let unknown = self.strict(&[(&of, receiver)], name);
        Some(Typed::call(op, vec![of.node], Kind::Int, unknown))
    }

    /// `item` is the type of the list's elements.
    pub(super) fn list_method(
        &mut self,
        of: Typed,
        item: &Ty,
        receiver: &Expr,
        call: &Call,
        expr: &Expr,
    ) -> Option<Typed> {
        let name = call.function.text.as_str();
        if name == "join" {
            return self.join(of, item, receiver, call);
        }
        self.count(call, 0, 0, "`list.sum()`, without arguments")?;
        let mut unknown = self.strict(&[(&of, receiver)], name);
        let elements_matter = matches!(name, "sum" | "min" | "max");
        if elements_matter && (item.nullable || of.inside.is_some()) {
            self.hazard(&Typed { nullable: true, ..of.clone() }, receiver, name);
            unknown = unknown.or_else(|| Some(receiver.to_string()));
        }
        let comparable = matches!(
            item.kind,
            Kind::Int
                | Kind::Decimal(_)
                | Kind::Text
                | Kind::Date
                | Kind::Time
                | Kind::Datetime
                | Kind::Duration
        );
        let (op, kind) = match (name, &item.kind) {
            ("size" | "count", _) => (Op::ListSize, Kind::Int),
            ("sum", Kind::Int | Kind::Null) => (Op::SumInt, Kind::Int),
            ("sum", Kind::Decimal(scale)) => (Op::SumDecimal(*scale), item.kind.clone()),
            ("sum", Kind::Duration) => (Op::SumDuration, Kind::Duration),
            ("min", _) if comparable => (Op::ListMin, item.kind.clone()),
            ("max", _) if comparable => (Op::ListMax, item.kind.clone()),
            _ => {
                let expected = if name == "sum" {
                    "a list of numbers or durations"
                } else {
                    "a list of values that have an order"
                };
                let found = type_name(&of.kind);
                return self.wrong_receiver(receiver, name, expected, &found);
            }
        };
        if matches!(op, Op::ListMin | Op::ListMax) {
            let filled = matches!(&of.node, Node::List(items) if !items.is_empty());
            unknown = unknown.or_else(|| (!filled).then(|| expr.to_string()));
        }
        Some(Typed::call(op, vec![of.node], kind, unknown))
    }

    fn join(&mut self, of: Typed, item: &Ty, receiver: &Expr, call: &Call) -> Option<Typed> {
        self.count(call, 0, 1, "`list.join()` or `list.join(separator)`")?;
        if !matches!(item.kind, Kind::Text | Kind::Null) {
            let found = type_name(&of.kind);
            return self.wrong_receiver(receiver, "join", "a list of texts", &found);
        }
        let separator = match call.args.first() {
            Some(arg) => Some((self.argument(arg, 1, "join", &Kind::Text)?, arg)),
            None => None,
        };
        let mut operands = vec![(&of, receiver)];
        operands.extend(separator.iter().map(|(typed, arg)| (typed, *arg)));
        let mut unknown = self.strict(&operands, "join");
        if item.nullable || of.inside.is_some() {
            unknown = unknown.or_else(|| Some(receiver.to_string()));
        }
        let mut args = vec![of.node];
        args.extend(separator.map(|(typed, _)| typed.node));
        Some(Typed::call(Op::Join, args, Kind::Text, unknown))
    }

    pub(super) fn index(&mut self, of: &Expr, index: &Expr) -> Option<Typed> {
        let (list, position) = (self.expr(of), self.expr(index));
        let (list, position) = (list?, position?);
        let Kind::List(item) = &list.kind else {
            let (place, expected) = ("what stands before `[..]`".into(), "a list".into());
            let found = type_name(&list.kind);
            self.report(&of.span, ProblemKind::WrongType { place, expected, found });
            return None;
        };
        if item.kind == Kind::Null && !item.nullable {
            let what = "an element of a list that is always empty".into();
            self.report(&index.span, ProblemKind::Unsupported { what, instead: "it would have no type" });
            return None;
        }
        if position.kind != Kind::Int {
            let (place, expected) = ("a position in a list".into(), "a whole number".into());
            let found = type_name(&position.kind);
            self.report(&index.span, ProblemKind::WrongType { place, expected, found });
            return None;
        }
        let unknown = self
            .strict(&[(&list, of), (&position, index)], "[..]")
            .or_else(|| Some(format!("{of}[{index}]")));
        let item = (**item).clone();
        let typed = Typed::call(Op::ListAt, vec![list.node, position.node], item.kind, unknown);
        Some(Typed { nullable: item.nullable, inside: list.inside, ..typed })
    }
}

fn as_text(typed: Typed) -> Typed {
    if matches!(typed.kind, Kind::Enum(_)) {
        let node = super::convert::convert(typed.node, &typed.kind, &Kind::Text);
        return Typed { node, kind: Kind::Text, ..typed };
    }
    typed
}
