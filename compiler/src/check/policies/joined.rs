//! Conditions put together: one expression out of many, in which every part still knows where it stands.
//!
//! One expression, because what one part proves (`region != null`) the next may rely on.

use std::ops::Range;

use athyper_expr::ast::{BinaryOp, ExprKind};
use athyper_expr::{Fix, Problem};

use crate::ast::{Condition, Passage, Quantity};
use crate::source::Span;

/// How tightly an expression holds together: what is looser than its place needs brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bond {
    /// `c ? a : b`.
    Choice,
    /// `a || b`.
    Or,
    /// `a && b`.
    And,
    /// Everything else.
    Tight,
}

/// An expression made of passages.
#[derive(Debug, Clone)]
pub(super) struct Joined<'m> {
    /// Its text.
    pub text: String,
    /// The passages, each with its bytes in the text, in their order.
    parts: Vec<(Range<usize>, &'m Passage)>,
    /// Where the whole of it stands.
    pub span: Span,
    bond: Bond,
}

/// Where a problem of a joined expression stands.
pub(super) enum Placed<'m> {
    /// Inside one passage, whose bytes the problem counts.
    Inside(&'m Passage, Problem),
    /// Between passages.
    Between(Span, Problem),
}

impl<'m> Joined<'m> {
    /// One passage.
    pub fn of(passage: &'m Passage) -> Self {
        let text = passage.text.trim_end().to_owned();
        let bond = match athyper_expr::parse(&text).expr.map(|expr| expr.kind) {
            Some(ExprKind::Conditional(_)) => Bond::Choice,
            Some(ExprKind::Binary(BinaryOp::Or, _)) => Bond::Or,
            Some(ExprKind::Binary(BinaryOp::And, _)) => Bond::And,
            _ => Bond::Tight,
        };
        Self { parts: vec![(0..text.len(), passage)], text, span: passage.span(), bond }
    }

    /// A condition as written.
    pub fn condition(condition: &'m Condition) -> Self {
        match condition {
            Condition::Text(passage) => Self::of(passage),
            Condition::Group { quantity, parts, span } => {
                let parts = parts.iter().map(Self::condition);
                let joined = match quantity {
                    Quantity::All => Self::all(parts),
                    Quantity::Any => Self::some(parts, " || ", Bond::Or),
                    Quantity::None => Self::some(parts, " || ", Bond::Or).map(Self::negated),
                };
                let empty =
                    || Self { text: String::new(), parts: Vec::new(), span: *span, bond: Bond::Tight };
                Self { span: *span, ..joined.unwrap_or_else(empty) }
            }
        }
    }

    /// `when` and not `unless`.
    pub fn when_unless(when: Option<&'m Condition>, unless: Option<&'m Condition>) -> Option<Self> {
        let unless = unless.map(|condition| Self::condition(condition).negated());
        Self::all(when.map(Self::condition).into_iter().chain(unless))
    }

    /// All of them; nothing when there are none.
    pub fn all(parts: impl Iterator<Item = Self>) -> Option<Self> {
        Self::some(parts, " && ", Bond::And)
    }

    fn some(parts: impl Iterator<Item = Self>, between: &str, bond: Bond) -> Option<Self> {
        let mut parts = parts.peekable();
        let mut out = parts.next()?;
        if parts.peek().is_none() {
            return Some(out);
        }
        out = out.in_brackets_below(bond);
        for part in parts {
            let part = part.in_brackets_below(bond);
            out.text.push_str(between);
            let start = out.text.len();
            out.text.push_str(&part.text);
            let moved = part.parts.into_iter().map(|(range, passage)| (moved(&range, start), passage));
            out.parts.extend(moved);
        }
        Some(Self { bond, ..out })
    }

    fn negated(self) -> Self {
        let inside = self.wrapped("!(");
        Self { bond: Bond::Tight, ..inside }
    }

    fn in_brackets_below(self, bond: Bond) -> Self {
        if self.bond >= bond { self } else { self.wrapped("(") }
    }

    fn wrapped(self, open: &str) -> Self {
        // A comment would swallow the bracket.
        let close = if self.text.contains("//") { "\n)" } else { ")" };
        let parts = self.parts.into_iter().map(|(range, passage)| (moved(&range, open.len()), passage));
        Self {
            text: format!("{open}{}{close}", self.text),
            parts: parts.collect(),
            span: self.span,
            bond: Bond::Tight,
        }
    }

    /// The passages it is made of.
    pub fn passages(&self) -> impl Iterator<Item = &'m Passage> {
        self.parts.iter().map(|(_, passage)| *passage)
    }

    /// Finds the passage in which a problem of the whole stands.
    pub fn place(&self, problem: &Problem) -> Placed<'m> {
        let (start, end) = (problem.span.start as usize, problem.span.end as usize);
        let holds = |(range, _): &&(Range<usize>, &Passage)| range.start <= start && end <= range.end;
        match (self.parts.iter().find(holds), self.parts.as_slice()) {
            (Some((range, passage)), _) => Placed::Inside(passage, back(problem, range)),
            (None, [(_, only)]) => Placed::Between(only.span(), problem.clone()),
            (None, _) => Placed::Between(self.span, problem.clone()),
        }
    }
}

fn moved(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

/// The problem in the bytes of a passage that begins at `range`.
fn back(problem: &Problem, range: &Range<usize>) -> Problem {
    let by = u32::try_from(range.start).unwrap_or(u32::MAX);
    let back = |span: &athyper_expr::ast::Span| span.start.saturating_sub(by)..span.end.saturating_sub(by);
    let fix = |fix: &Fix| Fix { span: back(&fix.span), replacement: fix.replacement.clone() };
    let mut out = problem.clone();
    out.suggestion = problem.suggestion.as_ref().map(fix);
    out.span = back(&problem.span);
    out
}
