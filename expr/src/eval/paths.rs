//! Which references and children an expression looks into, so that they can be loaded beforehand.

use std::collections::BTreeSet;

use athyper_schemas::ir::{FieldAccess, FoldKind, Kind, Node, Op};

use super::compile::MAX_DEPTH;
use super::{Layout, Path, Place};

/// The paths from the record to every record that must be loaded, each after its prefixes.
pub(super) fn needed(node: &Node, layout: &dyn Layout) -> Vec<Path> {
    let mut walk = Walk { layout, needed: BTreeSet::new(), variables: Vec::new(), this: vec![Vec::new()] };
    walk.node(node, 0);
    walk.needed.into_iter().collect()
}

struct Walk<'l> {
    layout: &'l dyn Layout,
    needed: BTreeSet<Path>,
    /// The origins of the elements that each variable stands for.
    variables: Vec<Vec<Path>>,
    this: Vec<Path>,
}

impl Walk<'_> {
    /// Walks `node`; gives the places its records (or the records in its list) come from.
    fn node(&mut self, node: &Node, depth: u8) -> Vec<Path> {
        if depth >= MAX_DEPTH {
            return Vec::new();
        }
        let depth = depth + 1;
        match node {
            Node::This | Node::Old => self.this.clone(),
            Node::Bound(variable) => self.variables.get(usize::from(*variable)).cloned().unwrap_or_default(),
            Node::Field(access) => self.field(access, depth),
            Node::List(nodes) => nodes.iter().flat_map(|n| self.node(n, depth)).collect(),
            Node::Call(call) => {
                let origins: Vec<Path> = call.args.iter().flat_map(|n| self.node(n, depth)).collect();
                match call.op {
                    Op::Coalesce | Op::ListAt | Op::ListConcat => origins,
                    _ => Vec::new(),
                }
            }
            Node::If(choice) => {
                self.node(&choice.condition, depth);
                let mut origins = self.node(&choice.then, depth);
                origins.extend(self.node(&choice.otherwise, depth));
                origins
            }
            Node::Fold(fold) => {
                let list = self.node(&fold.list, depth);
                self.variables.resize(usize::from(fold.variable), Vec::new());
                self.variables.push(list.clone());
                let body = self.node(&fold.body, depth);
                self.variables.truncate(usize::from(fold.variable));
                match fold.kind {
                    FoldKind::Map => body,
                    FoldKind::Filter => list,
                    FoldKind::Exists | FoldKind::All | FoldKind::ExistsOne => Vec::new(),
                }
            }
            Node::Literal(_) | Node::User(_) | Node::Now | Node::Today => Vec::new(),
        }
    }

    fn field(&mut self, access: &FieldAccess, depth: u8) -> Vec<Path> {
        let origins = self.node(&access.of, depth);
        if access.name == "id" {
            return Vec::new();
        }
        self.need(&origins);
        if let Some(Place::Computed(expr)) = self.layout.field(&access.entity, &access.name) {
            let this = std::mem::replace(&mut self.this, origins);
            let variables = std::mem::take(&mut self.variables);
            let result = self.node(&expr.root, depth);
            self.this = this;
            self.variables = variables;
            return result;
        }
        let children = matches!(&access.ty.kind, Kind::List(item) if matches!(item.kind, Kind::Record(_)));
        if !children && !matches!(access.ty.kind, Kind::Record(_)) {
            return Vec::new();
        }
        let here: Vec<Path> = origins
            .into_iter()
            .map(|mut path| {
                path.push(access.name.clone());
                path
            })
            .collect();
        if children {
            self.need(&here);
        }
        here
    }

    fn need(&mut self, paths: &[Path]) {
        for path in paths {
            for len in 1..=path.len() {
                self.needed.extend(path.get(..len).map(<[String]>::to_vec));
            }
        }
    }
}
