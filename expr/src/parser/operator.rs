//! Operators between operands, and the spellings of other languages that people bring along.

use super::Parser;
use crate::ast::BinaryOp;
use crate::lexer::TokenKind;

/// What stands between two operands.
pub(super) enum Operator {
    /// One of the language, perhaps in another spelling.
    Known(BinaryOp),
    /// `a not in b`.
    NotIn,
    /// Reported; its operands are still read.
    Refused,
}

impl Operator {
    pub(super) fn precedence(&self) -> u8 {
        match self {
            Self::Known(op) => op.precedence(),
            Self::NotIn => BinaryOp::In.precedence(),
            Self::Refused => BinaryOp::Mul.precedence(),
        }
    }
}

impl Parser<'_> {
    /// The operator at this place, consumed and, if it is another language's, reported.
    pub(super) fn operator(&mut self, at_least: u8) -> Option<Operator> {
        let span = self.span();
        let known = match self.kind() {
            TokenKind::Sign(sign) => known_sign(sign),
            TokenKind::Name(name) if name == "in" => Some(BinaryOp::In),
            _ => None,
        };
        if let Some(op) = known {
            if op.precedence() < at_least {
                return None;
            }
            self.advance();
            return Some(Operator::Known(op));
        }
        let (operator, width, instead, fix) = self.foreign_operator()?;
        if operator.precedence() < at_least {
            return None;
        }
        let span = span.start..self.span_at(width - 1).end;
        match operator {
            Operator::Refused if fix.is_none() && instead.is_empty() => {
                self.unsupported(span, "a power", "multiply instead");
            }
            _ => self.use_instead(span, instead, fix),
        }
        for _ in 0..width {
            self.advance();
        }
        Some(operator)
    }

    /// Operator, how many tokens it has, what is written instead, and the edit.
    fn foreign_operator(&self) -> Option<(Operator, usize, &'static str, Option<&'static str>)> {
        use Operator::{Known, NotIn, Refused};
        Some(match self.kind() {
            TokenKind::Sign("=" | "===") => (Known(BinaryOp::Eq), 1, "`==`", Some("==")),
            TokenKind::Sign("<>" | "!==") => (Known(BinaryOp::Ne), 1, "`!=`", Some("!=")),
            TokenKind::Sign("&") => (Known(BinaryOp::And), 1, "`&&`", Some("&&")),
            TokenKind::Sign("|") => (Known(BinaryOp::Or), 1, "`||`", Some("||")),
            TokenKind::Sign("?") if *self.kind_at(1) == TokenKind::Sign("?") => {
                (Refused, 2, "`coalesce(value, otherwise)`", None)
            }
            TokenKind::Sign("^" | "**") => (Refused, 1, "", None),
            TokenKind::Name(word) => match word.to_ascii_lowercase().as_str() {
                "and" => (Known(BinaryOp::And), 1, "`&&`", Some("&&")),
                "or" => (Known(BinaryOp::Or), 1, "`||`", Some("||")),
                "in" => (Known(BinaryOp::In), 1, "`in`", Some("in")),
                "not" if self.word(1).is_some_and(|w| w.eq_ignore_ascii_case("in")) => {
                    (NotIn, 2, "`!(a in b)`", None)
                }
                "like" | "ilike" => (
                    Refused,
                    1,
                    "`.contains(..)`, `.startsWith(..)`, `.endsWith(..)` or `.matches(..)`",
                    None,
                ),
                "mod" => (Known(BinaryOp::Rem), 1, "`%`", Some("%")),
                "div" => (Known(BinaryOp::Div), 1, "`/`", Some("/")),
                "is" if self.word(1).is_some_and(|w| w.eq_ignore_ascii_case("not")) => {
                    (Known(BinaryOp::Ne), 2, "`!=`", Some("!="))
                }
                "is" => (Known(BinaryOp::Eq), 1, "`==`", Some("==")),
                _ => return None,
            },
            _ => return None,
        })
    }
}

fn known_sign(sign: &str) -> Option<BinaryOp> {
    Some(match sign {
        "||" => BinaryOp::Or,
        "&&" => BinaryOp::And,
        "==" => BinaryOp::Eq,
        "!=" => BinaryOp::Ne,
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::Le,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::Ge,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Rem,
        _ => return None,
    })
}
