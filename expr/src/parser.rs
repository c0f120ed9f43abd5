//! Tokens to a tree. Never fails: what does not fit is reported, the place is marked and reading goes on.
//!
//! Knows CEL's grammar and the spellings of other languages that people bring along; no names, no types.

use crate::ast::{BinaryOp, Call, Expr, ExprKind, Ident, Span, UnaryOp};
use crate::lexer::{self, Token, TokenKind};
use crate::problem::{Problem, ProblemKind};

mod foreign;
mod operator;

use operator::Operator;

/// The longest text that is read, in bytes.
pub const MAX_BYTES: u32 = 16 * 1024;
/// How deep brackets may nest and how high the tree may grow.
pub const MAX_DEPTH: u16 = 64;
/// How many nodes a tree may have.
pub const MAX_NODES: u32 = 4_000;

/// How high a tree may grow: chains like `a && b && ..` lean to one side without being nested.
const MAX_HEIGHT: u16 = 160;
const MAX_PROBLEMS: usize = 20;

/// What [`parse`] gives back.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The tree; with problems it has [`ExprKind::Invalid`] where they are. Absent for an empty text.
    pub expr: Option<Expr>,
    /// What is wrong with the text, in the order of places.
    pub problems: Vec<Problem>,
}

/// Reads one expression. Never panics; several mistakes are reported at once.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    if length > MAX_BYTES {
        let problem = Problem::new(0..length, ProblemKind::TooLong(MAX_BYTES));
        return Parsed { expr: None, problems: vec![problem] };
    }
    let mut problems = Vec::new();
    let tokens = lexer::tokens(text, &mut problems);
    if tokens.len() == 1 {
        if problems.is_empty() {
            problems.push(Problem::new(0..length, ProblemKind::Empty));
        }
        return Parsed { expr: None, problems };
    }
    let mut parser = Parser { text, tokens, at: 0, problems, depth: 0, nodes: 0, stopped: false };
    let expr = parser.whole();
    let mut problems = parser.problems;
    problems.sort_by_key(|p| (p.span.start, p.span.end));
    problems.dedup();
    problems.truncate(MAX_PROBLEMS);
    Parsed { expr: Some(expr), problems }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    problems: Vec<Problem>,
    depth: u16,
    nodes: u32,
    stopped: bool,
}

const END: TokenKind = TokenKind::End;

impl Parser<'_> {
    fn kind(&self) -> &TokenKind {
        self.kind_at(0)
    }

    fn kind_at(&self, ahead: usize) -> &TokenKind {
        self.tokens.get(self.at + ahead).map_or(&END, |t| &t.kind)
    }

    fn span(&self) -> Span {
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.tokens.get(self.at).map_or(end..end, |t| t.span.clone())
    }

    fn span_at(&self, ahead: usize) -> Span {
        self.tokens.get(self.at + ahead).map_or_else(|| self.span(), |t| t.span.clone())
    }

    /// From `start` to the end of the token before this one.
    fn since(&self, start: u32) -> Span {
        let before = self.at.checked_sub(1).and_then(|i| self.tokens.get(i));
        start..before.map_or(start, |t| t.span.end.max(start))
    }

    fn advance(&mut self) {
        if *self.kind() != TokenKind::End {
            self.at += 1;
        }
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.kind(), TokenKind::Sign(s) if *s == sign)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        if found {
            self.advance();
        }
        found
    }

    fn word(&self, ahead: usize) -> Option<&str> {
        match self.kind_at(ahead) {
            TokenKind::Name(name) => Some(name),
            _ => None,
        }
    }

    fn written(&self, span: &Span) -> String {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default().to_owned()
    }

    fn report(&mut self, problem: Problem) {
        let known = self.problems.iter().any(|p| p.span == problem.span && p.slug() == problem.slug());
        if !self.stopped && !known {
            self.problems.push(problem);
        }
    }

    fn unexpected(&mut self, expected: &'static str) {
        let span = self.span();
        let found = match self.kind() {
            TokenKind::Invalid => return,
            TokenKind::End => "the end".to_owned(),
            _ => format!("`{}`", self.written(&span)),
        };
        self.report(Problem::new(span, ProblemKind::UnexpectedToken { found, expected }));
    }

    fn unsupported(&mut self, span: Span, what: impl Into<String>, instead: &'static str) {
        self.report(Problem::new(span, ProblemKind::Unsupported { what: what.into(), instead }));
    }

    fn use_instead(&mut self, span: Span, instead: &str, fix: Option<&str>) {
        let kind = ProblemKind::UseInstead { written: self.written(&span), instead: instead.to_owned() };
        let problem = Problem::new(span.clone(), kind);
        self.report(match fix {
            Some(fix) => problem.with_fix(span, fix),
            None => problem,
        });
    }

    /// Gives up on the rest of the text.
    fn stop(&mut self, span: Span, kind: ProblemKind) {
        self.report(Problem::new(span, kind));
        self.stopped = true;
        self.at = self.tokens.len().saturating_sub(1);
    }

    fn node(&mut self, kind: ExprKind, span: Span) -> Expr {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            self.stop(span.clone(), ProblemKind::TooLarge(MAX_NODES));
            return Expr::new(ExprKind::Invalid, span);
        }
        let expr = Expr::new(kind, span.clone());
        if expr.height() > MAX_HEIGHT {
            self.stop(span.clone(), ProblemKind::TooDeep(MAX_HEIGHT));
            return Expr::new(ExprKind::Invalid, span);
        }
        expr
    }

    fn invalid(&mut self, start: u32) -> Expr {
        let span = self.since(start);
        self.node(ExprKind::Invalid, span)
    }

    fn whole(&mut self) -> Expr {
        let first = self.expression();
        while *self.kind() != TokenKind::End {
            // Words behind a word that does not belong there are no mistakes of their own.
            let is_word = self.starts_operand(0) && !matches!(self.kind(), TokenKind::Sign(_));
            self.unexpected("an operator or the end");
            if is_word {
                break;
            }
            while *self.kind() != TokenKind::End && !self.starts_operand(0) {
                self.advance();
            }
            if *self.kind() != TokenKind::End {
                self.expression();
            }
        }
        first
    }

    fn expression(&mut self) -> Expr {
        if self.depth >= MAX_DEPTH {
            let span = self.span();
            self.stop(span.clone(), ProblemKind::TooDeep(MAX_DEPTH));
            return Expr::new(ExprKind::Invalid, span);
        }
        self.depth += 1;
        let expr = self.conditional();
        self.depth -= 1;
        expr
    }

    fn conditional(&mut self) -> Expr {
        let condition = self.binary(BinaryOp::Or.precedence());
        if !self.eat("?") {
            return condition;
        }
        let start = condition.span.start;
        let then = self.binary(BinaryOp::Or.precedence());
        if !self.eat(":") {
            self.unexpected("`:` and the other value");
            return self.invalid(start);
        }
        let otherwise = self.expression();
        let span = start..otherwise.span.end.max(start);
        self.node(ExprKind::Conditional(Box::new((condition, then, otherwise))), span)
    }

    fn binary(&mut self, at_least: u8) -> Expr {
        let mut left = self.unary();
        loop {
            let tested = self.is_null(&left, at_least).or_else(|| self.between(&left, at_least));
            if let Some(tested) = tested {
                left = tested;
                continue;
            }
            let Some(operator) = self.operator(at_least) else { return left };
            let right = self.binary(operator.precedence() + 1);
            let span = left.span.start..right.span.end.max(left.span.start);
            let kind = match operator {
                Operator::Known(op) => ExprKind::Binary(op, Box::new((left, right))),
                Operator::NotIn => {
                    let inner = ExprKind::Binary(BinaryOp::In, Box::new((left, right)));
                    let inner = self.node(inner, span.clone());
                    ExprKind::Unary(UnaryOp::Not, Box::new(inner))
                }
                Operator::Refused => ExprKind::Invalid,
            };
            left = self.node(kind, span);
        }
    }

    fn unary(&mut self) -> Expr {
        let mut operators = Vec::new();
        loop {
            let start = self.span().start;
            if self.eat("!") {
                operators.push((UnaryOp::Not, start));
            } else if self.is("-") {
                if matches!(self.kind_at(1), TokenKind::Int(_) | TokenKind::Decimal(..)) {
                    break;
                }
                self.advance();
                operators.push((UnaryOp::Negate, start));
            } else if self.word(0).is_some_and(|w| w.eq_ignore_ascii_case("not")) && self.starts_operand(1) {
                let span = self.span();
                self.use_instead(span, "`!`", Some("!"));
                self.advance();
                operators.push((UnaryOp::Not, start));
            } else if self.eat("+") {
                let span = self.since(start);
                self.unsupported(span, "a leading `+`", "leave it out");
            } else {
                break;
            }
        }
        let mut expr = self.postfix();
        for (op, start) in operators.into_iter().rev() {
            let span = start..expr.span.end.max(start);
            expr = self.node(ExprKind::Unary(op, Box::new(expr)), span);
        }
        expr
    }

    fn starts_operand(&self, ahead: usize) -> bool {
        match self.kind_at(ahead) {
            TokenKind::Int(_) | TokenKind::Decimal(..) | TokenKind::Text(_) => true,
            TokenKind::Name(name) => name != "in",
            TokenKind::Sign(sign) => matches!(*sign, "(" | "[" | "{" | "!" | "-"),
            TokenKind::Invalid | TokenKind::End => false,
        }
    }

    fn postfix(&mut self) -> Expr {
        let mut expr = self.primary();
        loop {
            let start = expr.span.start;
            if self.is(".") {
                self.advance();
                expr = self.member(expr);
            } else if self.is("[") {
                let open = self.span();
                self.advance();
                if self.eat("?") {
                    self.unsupported(open.clone(), "optional indexing", "test the list's `size()` first");
                }
                let index = self.expression();
                if !self.close(&open, '[', "]") {
                    return self.invalid(start);
                }
                let span = self.since(start);
                expr = self.node(ExprKind::Index(Box::new(expr), Box::new(index)), span);
            } else if self.is("?.") || self.is(".?") {
                let span = self.span();
                self.unsupported(
                    span,
                    "optional access",
                    "write `.`: behind an absent record everything is unknown",
                );
                self.advance();
                expr = self.member(expr);
            } else if self.is("{") {
                self.braces("a message");
                return self.invalid(start);
            } else {
                return expr;
            }
        }
    }

    /// What follows a dot.
    fn member(&mut self, of: Expr) -> Expr {
        let start = of.span.start;
        let Some(name) = self.word(0).map(str::to_owned) else {
            self.unexpected("the name of a field or function");
            if *self.kind() == TokenKind::Invalid {
                self.advance();
            }
            return self.invalid(start);
        };
        let ident = Ident { text: name, span: self.span() };
        self.advance();
        if self.is("(") {
            return self.call(Some(of), ident, start);
        }
        let span = self.since(start);
        self.node(ExprKind::Select(Box::new(of), ident), span)
    }

    fn call(&mut self, receiver: Option<Expr>, function: Ident, start: u32) -> Expr {
        let open = self.span();
        self.advance();
        let args = self.items(")");
        if !self.close(&open, '(', ")") {
            return self.invalid(start);
        }
        let span = self.since(start);
        self.node(ExprKind::Call(Box::new(Call { receiver, function, args })), span)
    }

    fn items(&mut self, close: &str) -> Vec<Expr> {
        let mut items = Vec::new();
        while !self.is(close) && *self.kind() != TokenKind::End {
            items.push(self.expression());
            if !self.eat(",") {
                break;
            }
        }
        items
    }

    /// The closing bracket; what stands before it and does not belong there is reported and skipped.
    fn close(&mut self, open: &Span, bracket: char, close: &'static str) -> bool {
        if self.eat(close) {
            return true;
        }
        if *self.kind() == TokenKind::End {
            self.report(Problem::new(open.clone(), ProblemKind::UnclosedBracket(bracket)));
            return false;
        }
        self.unexpected(if close == ")" { "`,`, `)` or an operator" } else { "`,`, `]` or an operator" });
        self.skip_to(close)
    }

    fn skip_to(&mut self, close: &str) -> bool {
        let mut depth = 0_u32;
        loop {
            match self.kind() {
                TokenKind::End => return false,
                TokenKind::Sign(sign) if depth == 0 && *sign == close => {
                    self.advance();
                    return true;
                }
                TokenKind::Sign("(" | "[" | "{") => depth += 1,
                TokenKind::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.advance();
        }
    }

    fn braces(&mut self, what: &'static str) {
        let open = self.span();
        self.advance();
        let closed = self.skip_to("}");
        let span = self.since(open.start);
        let instead = "it has records with fields, lists and plain values";
        if closed {
            self.unsupported(span, what, instead);
        } else {
            self.report(Problem::new(open, ProblemKind::UnclosedBracket('{')));
        }
    }

    fn primary(&mut self) -> Expr {
        let span = self.span();
        let start = span.start;
        let kind = match self.kind().clone() {
            TokenKind::Int(value) if self.unit().is_some() => {
                self.number_with_unit(value);
                return self.invalid(start);
            }
            TokenKind::Int(value) => match i64::try_from(value) {
                Ok(value) => ExprKind::Int(value),
                Err(_) => {
                    let written = self.written(&span);
                    self.report(Problem::new(span.clone(), ProblemKind::NumberOutOfRange(written)));
                    ExprKind::Invalid
                }
            },
            TokenKind::Decimal(units, scale) => ExprKind::Decimal { units, scale },
            TokenKind::Text(text) => ExprKind::Text(text),
            TokenKind::Name(name) => return self.name(&name, span),
            TokenKind::Sign("-") => self.negative(),
            TokenKind::Sign("(") => {
                self.advance();
                let mut inner = self.expression();
                if self.is(",") && self.is_behind_in(start) {
                    return self.tuple(inner, &span);
                }
                if !self.close(&span, '(', ")") {
                    return self.invalid(start);
                }
                inner.span = self.since(start);
                return inner;
            }
            TokenKind::Sign("[") => return self.list(&span),
            TokenKind::Sign("{") => {
                self.braces("a map");
                return self.invalid(start);
            }
            TokenKind::Sign(".") if self.word(1).is_some() => {
                self.unsupported(span, "a leading dot", "write `this.` before a field whose name is taken");
                self.advance();
                return self.primary();
            }
            TokenKind::Invalid => ExprKind::Invalid,
            TokenKind::Sign(")" | "]" | "}" | "," | ":" | "?") | TokenKind::End => {
                self.unexpected("a value");
                return self.invalid(start);
            }
            TokenKind::Sign(_) => {
                self.unexpected("a value");
                // An operator without its left side: what follows is still read.
                self.advance();
                if self.starts_operand(0) {
                    self.postfix();
                }
                return self.invalid(start);
            }
        };
        self.advance();
        let span = self.since(start);
        self.node(kind, span)
    }

    /// The number behind a `-`: one literal.
    fn negative(&mut self) -> ExprKind {
        self.advance();
        match *self.kind() {
            TokenKind::Int(value) => ExprKind::Int(0_i64.wrapping_sub_unsigned(value)),
            TokenKind::Decimal(units, scale) => ExprKind::Decimal { units: -units, scale },
            _ => ExprKind::Invalid,
        }
    }

    fn list(&mut self, open: &Span) -> Expr {
        self.advance();
        let items = self.items("]");
        if !self.close(open, '[', "]") {
            return self.invalid(open.start);
        }
        let span = self.since(open.start);
        self.node(ExprKind::List(items), span)
    }

    fn name(&mut self, name: &str, span: Span) -> Expr {
        let start = span.start;
        self.advance();
        let kind = match name {
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "null" => ExprKind::Null,
            _ if self.foreign_operand(name, &span) => return self.invalid(start),
            "in" => {
                self.at -= 1;
                self.unexpected("a value");
                self.advance();
                return self.invalid(start);
            }
            _ if self.is("(") => {
                return self.call(None, Ident { text: name.to_owned(), span }, start);
            }
            _ => ExprKind::Name(name.to_owned()),
        };
        self.node(kind, span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> String {
        let parsed = parse(text);
        assert!(parsed.problems.is_empty(), "{text}: {:?}", parsed.problems);
        parsed.expr.map_or_else(String::new, |e| e.to_string())
    }

    fn slugs(text: &str) -> Vec<&'static str> {
        parse(text).problems.iter().map(Problem::slug).collect()
    }

    #[test]
    fn brackets_are_printed_only_where_they_matter() {
        for text in [
            "a || b && !c",
            "(a || b) && c",
            "a - (b - c)",
            "a ? b : c ? d : e",
            "(a ? b : c) ? d : e",
            "-(5)",
            "-5.abs()",
            "lines.exists(l, l.amount > 1.50)[0]",
            "x in [1, 2] == true",
            "-9223372036854775808",
            "\"a\\n\\\"\\\\\"",
        ] {
            assert_eq!(printed(text), text);
        }
        assert_eq!(printed("((a)) + 0x10 // sixteen"), "a + 16");
        assert_eq!(printed("r'\\d' + '''it's'''"), "\"\\\\d\" + \"it's\"");
        assert_eq!(printed("1.5e3 + .5 + 2e0"), "1500e0 + 0.5 + 2e0");
    }

    #[test]
    fn spellings_of_other_languages_are_understood_and_repaired() {
        for (text, repaired) in [
            ("a = 1 and not b", "a == 1 && !b"),
            ("a <> 1 OR b is not null", "a != 1 || b != null"),
            ("a is null", "a == null"),
            ("name == \u{201c}x\u{201d}", "name == \"x\""),
            ("a not in [1]", "!(a in [1])"),
            ("a in ('x', 'y') or b", "a in [\"x\", \"y\"] || b"),
            ("a BETWEEN 1 AND b + 1 AND c", "1 <= a && a <= b + 1 && c"),
            ("a is not b and b is true", "a != b && b == true"),
            ("a mod 2 == 0", "a % 2 == 0"),
            ("name == 'it''s'", "name == \"it's\""),
        ] {
            let parsed = parse(text);
            assert_eq!(parsed.expr.unwrap().to_string(), repaired);
            assert!(parsed.problems.iter().all(|p| p.slug() == "use-instead"), "{:?}", parsed.problems);
        }
    }

    #[test]
    fn several_mistakes_are_reported_at_once() {
        assert_eq!(slugs("a + ) && {'k': 1}.k && 1u == b'x'").len(), 4);
        assert_eq!(slugs("f(1, && 2)"), ["unexpected-token"]);
        assert_eq!(slugs("'abc"), ["unclosed-text"]);
        assert_eq!(slugs("(a + [1, 2"), ["unclosed-bracket", "unclosed-bracket"]);
        assert_eq!(slugs("a b c 1 'd'"), ["unexpected-token"]);
        assert_eq!(slugs("case when a then b else c end"), ["use-instead"]);
        assert_eq!(slugs("a - 7 days > interval '2 hours'"), ["use-instead", "use-instead"]);
        assert_eq!(slugs("  "), ["empty-expression"]);
        assert_eq!(slugs("9223372036854775808"), ["number-out-of-range"]);
        assert_eq!(slugs("'\\q' + 1abc"), ["bad-escape", "unexpected-token"]);
    }

    #[test]
    fn hostile_texts_end_quickly() {
        for text in ["(", "[", "!", "-", "a.", "{", "a?", "f(", "a?b:", "1+", "\"", "not ", "\u{201c}"] {
            let parsed = parse(&text.repeat(16_000 / text.len()));
            assert!(!parsed.problems.is_empty(), "{text}");
        }
        assert_eq!(slugs(&"(".repeat(16_000)), ["too-deep"]);
        assert_eq!(slugs(&"1+".repeat(7_000)), ["too-deep"]);
        assert_eq!(slugs(&format!("[{}]", "1,".repeat(7_000))), ["too-large"]);
        assert_eq!(slugs(&" ".repeat(17_000)), ["too-long"]);
    }
}
