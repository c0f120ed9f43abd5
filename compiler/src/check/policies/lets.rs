//! The names of a policy: checked once, and put in where they are used.

use athyper_expr::{MAX_NODES, ProblemKind};
use athyper_schemas::ir::{Call, Choice, Expr, FieldAccess, Fold, Node, Ty};
use smol_str::SmolStr;

/// A name that stands for a checked expression.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// The name.
    pub name: SmolStr,
    /// What it stands for; nothing when there was a mistake in it.
    pub expr: Option<Expr>,
}

impl Named {
    /// The type of what it stands for.
    pub fn ty(&self) -> Option<&Ty> {
        self.expr.as_ref().map(|expr| &expr.ty)
    }

    /// Whether it may be unknown rather than null.
    pub fn may_be_unknown(&self) -> bool {
        let Some(expr) = &self.expr else { return false };
        let is_value = match &expr.root {
            Node::User(_) | Node::Literal(_) => true,
            Node::Field(access) => access.of == Node::This,
            _ => false,
        };
        expr.ty.nullable && !is_value
    }
}

/// Why names could not be put in.
pub(super) enum Misuse {
    /// The name is asked of another record than the one the policy judges.
    OtherRecord(SmolStr),
    /// The expression became too large.
    TooLarge(ProblemKind),
}

/// Puts in what the names stand for. `entity` is the one whose fields the names look like. Says which names were used.
pub(super) fn put_in(
    expr: &mut Expr,
    entity: &str,
    lets: &[Named],
    used: &mut Vec<SmolStr>,
) -> Result<(), Misuse> {
    if lets.is_empty() {
        return Ok(());
    }
    let mut size = 0_usize;
    let mut other = None;
    expr.root.each(&mut |node| {
        size = size.saturating_add(1);
        let Node::Field(access) = node else { return };
        let Some(named) = named(access, entity, lets) else { return };
        if access.of != Node::This {
            other.get_or_insert_with(|| named.name.clone());
        }
        if let Some(stands_for) = &named.expr {
            stands_for.root.each(&mut |_| size = size.saturating_add(1));
        }
        if !used.contains(&named.name) {
            used.push(named.name.clone());
        }
    });
    if let Some(name) = other {
        return Err(Misuse::OtherRecord(name));
    }
    if size > MAX_NODES as usize {
        return Err(Misuse::TooLarge(ProblemKind::TooLarge(MAX_NODES)));
    }
    expr.root = Filling { entity, lets }.node(&expr.root, 0);
    athyper_expr::check::exceeded(&expr.root).map_or(Ok(()), |kind| Err(Misuse::TooLarge(kind)))
}

fn named<'l>(access: &FieldAccess, entity: &str, lets: &'l [Named]) -> Option<&'l Named> {
    lets.iter().find(|named| access.entity == entity && access.name == named.name)
}

struct Filling<'l> {
    entity: &'l str,
    lets: &'l [Named],
}

impl Filling<'_> {
    /// A copy of the tree with the names put in, below so many quantifiers.
    fn node(&self, node: &Node, depth: u8) -> Node {
        match node {
            Node::Field(access) => {
                let found = named(access, self.entity, self.lets).and_then(|named| named.expr.as_ref());
                match found {
                    Some(expr) => below(&expr.root, depth),
                    None => Node::Field(Box::new(FieldAccess {
                        of: self.node(&access.of, depth),
                        ..FieldAccess::clone(access)
                    })),
                }
            }
            other => {
                map(other, &mut |child, deeper| self.node(child, if deeper { depth + 1 } else { depth }))
            }
        }
    }
}

/// The tree with its variables renumbered for a place below so many quantifiers.
fn below(node: &Node, depth: u8) -> Node {
    match node {
        Node::Bound(variable) => Node::Bound(variable.saturating_add(depth)),
        Node::Fold(fold) => Node::Fold(Box::new(Fold {
            kind: fold.kind,
            variable: fold.variable.saturating_add(depth),
            list: below(&fold.list, depth),
            body: below(&fold.body, depth),
        })),
        Node::Field(access) => {
            Node::Field(Box::new(FieldAccess { of: below(&access.of, depth), ..FieldAccess::clone(access) }))
        }
        other => map(other, &mut |child, _| below(child, depth)),
    }
}

/// A copy of a node whose children come from `child`, which hears whether they stand in a quantifier's body.
fn map(node: &Node, child: &mut dyn FnMut(&Node, bool) -> Node) -> Node {
    match node {
        Node::List(items) => Node::List(items.iter().map(|item| child(item, false)).collect()),
        Node::Call(call) => {
            Node::Call(Call { op: call.op, args: call.args.iter().map(|arg| child(arg, false)).collect() })
        }
        Node::If(choice) => Node::If(Box::new(Choice {
            condition: child(&choice.condition, false),
            then: child(&choice.then, false),
            otherwise: child(&choice.otherwise, false),
        })),
        Node::Fold(fold) => Node::Fold(Box::new(Fold {
            kind: fold.kind,
            variable: fold.variable,
            list: child(&fold.list, false),
            body: child(&fold.body, true),
        })),
        leaf => leaf.clone(),
    }
}

#[cfg(test)]
mod tests {
    use athyper_schemas::ir::{FoldKind, Kind, Literal, Op};

    use super::*;

    fn fold(variable: u8, list: Node, body: Node) -> Node {
        Node::Fold(Box::new(Fold { kind: FoldKind::Exists, variable, list, body }))
    }

    fn field(name: &str) -> Node {
        let ty = Ty { kind: Kind::Bool, nullable: false };
        let access = FieldAccess { of: Node::This, entity: "shop.Order".into(), name: name.into(), ty };
        Node::Field(Box::new(access))
    }

    #[test]
    fn variables_of_a_name_are_renumbered_below_quantifiers() {
        let one = |node| Node::List(vec![node]);
        let inner = fold(0, field("lines"), fold(1, one(Node::Bound(0)), Node::Bound(1)));
        let named = Named {
            name: "deep".into(),
            expr: Some(Expr {
                source: "..".into(),
                ty: Ty { kind: Kind::Bool, nullable: false },
                root: inner,
            }),
        };
        let or = |args| Node::Call(Call { op: Op::Or, args });
        let mut outer = Expr {
            source: "..".into(),
            ty: Ty { kind: Kind::Bool, nullable: false },
            root: fold(0, one(field("deep")), or(vec![Node::Bound(0), field("deep")])),
        };
        let mut used = Vec::new();
        assert!(put_in(&mut outer, "shop.Order", &[named], &mut used).is_ok());
        let same = fold(0, field("lines"), fold(1, one(Node::Bound(0)), Node::Bound(1)));
        let moved = fold(1, field("lines"), fold(2, one(Node::Bound(1)), Node::Bound(2)));
        assert_eq!(outer.root, fold(0, one(same), or(vec![Node::Bound(0), moved])));
        assert_eq!(used, ["deep"]);
    }

    #[test]
    fn names_of_names_of_names_do_not_grow_without_end() {
        let mut lets: Vec<Named> = Vec::new();
        let ty = Ty { kind: Kind::Bool, nullable: false };
        let mut refused = false;
        for at in 0..64 {
            let before = match at {
                0 => Node::Literal(Literal::Bool(true)),
                _ => field(&format!("n{}", at - 1)),
            };
            let root = Node::Call(Call { op: Op::And, args: vec![before.clone(), before] });
            let mut expr = Expr { source: "..".into(), ty: ty.clone(), root };
            refused |= put_in(&mut expr, "shop.Order", &lets, &mut Vec::new()).is_err();
            lets.push(Named { name: format!("n{at}").into(), expr: (!refused).then_some(expr) });
        }
        assert!(refused);
    }
}
