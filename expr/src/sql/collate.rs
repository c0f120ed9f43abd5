//! Text is ordered by code point, whatever the database would do: columns are declared so, and text of which no part
//! comes from a column is told so where it is ordered. May not live here: which operators order.

use athyper_schemas::ir::{Call, Kind, Node, Op};

use super::constant::is_closed;
use super::lower::{Binding, Env, Lowering};
use super::source::{Column, Row};
use super::text::SqlText;
use crate::kind::kind_of;
use crate::sql;

impl<'n> Lowering<'n> {
    /// `value`, the SQL of the first of the operands that are compared, such that they are ordered by code point.
    pub(super) fn ordered(&self, value: SqlText, operands: &'n [Node], env: &Env<'n>) -> SqlText {
        let words = self.spelling.by_code_point();
        if words.is_empty() || operands.iter().any(|node| self.is_settled(node, env)) {
            return value;
        }
        sql!["(", value, words, ")"]
    }

    /// Whether how `node` is ordered needs no word: it is no text, or a part of it is ordered by code point already.
    fn is_settled(&self, node: &'n Node, env: &Env<'n>) -> bool {
        if is_closed(node, u8::MAX) {
            return !matches!(kind_of(node), None | Some(Kind::Text));
        }
        match node {
            Node::Bound(variable) => match env.variable(*variable) {
                Some(Binding::Node(node, env)) => self.is_settled(node, env),
                _ => true,
            },
            Node::Field(access) => match self.source.column(&access.entity, &access.name) {
                Some(Column::Computed(expr)) => {
                    self.is_settled(&expr.root, &Env::of(Row::bare(&access.entity)))
                }
                _ => true,
            },
            Node::If(choice) => self.is_settled(&choice.then, env) || self.is_settled(&choice.otherwise, env),
            Node::Call(call) => self.is_call_settled(call, env),
            _ => true,
        }
    }

    fn is_call_settled(&self, call: &'n Call, env: &Env<'n>) -> bool {
        match call.op {
            Op::Coalesce | Op::Concat | Op::Replace => {
                call.args.iter().any(|node| self.is_settled(node, env))
            }
            Op::LowerAscii | Op::UpperAscii | Op::Trim | Op::Substring | Op::CharAt => {
                call.args.first().is_none_or(|node| self.is_settled(node, env))
            }
            _ => true,
        }
    }
}
