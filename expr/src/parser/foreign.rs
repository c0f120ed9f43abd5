//! Whole constructs of SQL and other languages: read as they are meant, and reported with what is written here.

use super::Parser;
use crate::ast::{BinaryOp, Expr, ExprKind, Span};
use crate::lexer::TokenKind;
use crate::problem::{Problem, ProblemKind};

/// Units of time behind a number, and how a duration of so many is written around the number.
const UNITS: &[(&str, &str, &str)] = &[
    ("day", "P", "D"),
    ("days", "P", "D"),
    ("week", "P", "W"),
    ("weeks", "P", "W"),
    ("hour", "PT", "H"),
    ("hours", "PT", "H"),
    ("minute", "PT", "M"),
    ("minutes", "PT", "M"),
];

impl Parser<'_> {
    /// `x is null` and `x is not null`, as SQL has them.
    pub(super) fn is_null(&mut self, left: &Expr, at_least: u8) -> Option<Expr> {
        let word = |ahead, text: &str| self.word(ahead).is_some_and(|w| w.eq_ignore_ascii_case(text));
        if at_least > BinaryOp::Eq.precedence() || !word(0, "is") {
            return None;
        }
        let (op, width, fix) = match (word(1, "null"), word(1, "not") && word(2, "null")) {
            (true, _) => (BinaryOp::Eq, 2, "== null"),
            (_, true) => (BinaryOp::Ne, 3, "!= null"),
            _ => return None,
        };
        let span = self.span().start..self.span_at(width - 1).end;
        self.use_instead(span.clone(), &format!("`{fix}`"), Some(fix));
        for _ in 0..width {
            self.advance();
        }
        let null = self.node(ExprKind::Null, span.clone());
        let whole = left.span.start..span.end;
        Some(self.node(ExprKind::Binary(op, Box::new((left.clone(), null))), whole))
    }

    /// `x between a and b`, as SQL has it.
    pub(super) fn between(&mut self, left: &Expr, at_least: u8) -> Option<Expr> {
        let word = |parser: &Self, text: &str| parser.word(0).is_some_and(|w| w.eq_ignore_ascii_case(text));
        if at_least > BinaryOp::Le.precedence() || !word(self, "between") {
            return None;
        }
        let keyword = self.span();
        self.advance();
        let low = self.binary(BinaryOp::Add.precedence());
        if !word(self, "and") {
            self.use_instead(keyword, "`a <= x && x <= b`", None);
            return Some(self.invalid(left.span.start));
        }
        self.advance();
        let high = self.binary(BinaryOp::Add.precedence());
        let [a, x, b] = [&low, left, &high].map(|side| self.written(&side.span));
        let (span, instead) = (left.span.start..high.span.end, format!("{a} <= {x} && {x} <= {b}"));
        let kind =
            ProblemKind::UseInstead { written: self.written(&keyword), instead: format!("`{instead}`") };
        self.report(Problem::new(keyword, kind).with_fix(span.clone(), instead));
        let first = self.node(ExprKind::Binary(BinaryOp::Le, Box::new((low, left.clone()))), span.clone());
        let second = self.node(ExprKind::Binary(BinaryOp::Le, Box::new((left.clone(), high))), span.clone());
        Some(self.node(ExprKind::Binary(BinaryOp::And, Box::new((first, second))), span))
    }

    /// Whether `in` stands before the byte `at`.
    pub(super) fn is_behind_in(&self, at: u32) -> bool {
        let before = self.text.get(..at as usize).unwrap_or_default().trim_end();
        let word = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        word.eq_ignore_ascii_case("in")
    }

    /// `(a, b)` behind `in`, after its first element.
    pub(super) fn tuple(&mut self, first: Expr, open: &Span) -> Expr {
        self.advance();
        let mut items = vec![first];
        items.extend(self.items(")"));
        if !self.close(open, '(', ")") {
            return self.invalid(open.start);
        }
        let span = self.since(open.start);
        let inside = self.written(&(open.end..span.end.saturating_sub(1)));
        self.use_instead(span.clone(), "with square brackets", Some(&format!("[{}]", inside.trim())));
        self.node(ExprKind::List(items), span)
    }

    /// Words that begin a construct of another language: `case when ..` and `interval '7 days'`.
    pub(super) fn foreign_operand(&mut self, name: &str, span: &Span) -> bool {
        let next = |word: &str| self.word(0).is_some_and(|w| w.eq_ignore_ascii_case(word));
        if name.eq_ignore_ascii_case("case") && next("when") {
            let (written, instead) = (name.to_owned(), "`condition ? value : otherwise`".to_owned());
            self.stop(span.clone(), ProblemKind::UseInstead { written, instead });
            return true;
        }
        if name.eq_ignore_ascii_case("interval") && matches!(self.kind(), TokenKind::Text(_)) {
            let whole = span.start..self.span().end;
            self.use_instead(whole, "`duration(\"P7D\")`", None);
            self.advance();
            return true;
        }
        false
    }

    /// The unit of time behind this number.
    pub(super) fn unit(&self) -> Option<(&'static str, &'static str)> {
        let word = self.word(1)?;
        let unit = UNITS.iter().find(|(unit, ..)| unit.eq_ignore_ascii_case(word));
        unit.map(|(_, before, behind)| (*before, *behind))
    }

    /// `7 days`.
    pub(super) fn number_with_unit(&mut self, number: u64) {
        let Some((before, behind)) = self.unit() else { return };
        let span = self.span().start..self.span_at(1).end;
        let call = format!("duration(\"{before}{number}{behind}\")");
        self.use_instead(span, &format!("`{call}`"), Some(&call));
        self.advance();
        self.advance();
    }
}
