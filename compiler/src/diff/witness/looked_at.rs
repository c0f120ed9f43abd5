//! Which values conditions look at, and which of them are compared with each other and with which constants.

use std::collections::{BTreeMap, BTreeSet};

use athyper_expr::Value;
use athyper_expr::eval::{Context, Program};
use athyper_schemas::bundle::{Bundle, Field};
use athyper_schemas::ir::{Call, Expr, FieldAccess, Node, Op, Ty};

use super::{NOW_US, TODAY};
use crate::policy_test::Bundled;

/// Children that are looked at one by one.
const CHILDREN: usize = 2;

/// How deep references and computed fields are followed.
const DEEPEST: usize = 12;

/// Something that can be varied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// An attribute of the caller.
    User(String),
    /// A field of the record as it is, or behind its references and among its children (`lines`, `0`, `amount`).
    Now(Vec<String>),
    /// The same of the record as a change would leave it.
    After(Vec<String>),
}

impl Key {
    /// The path inside the record.
    pub(super) fn path(&self) -> &[String] {
        match self {
            Self::User(_) => &[],
            Self::Now(path) | Self::After(path) => path,
        }
    }
}

/// What a key holds: an attribute of this type, or a field.
#[derive(Debug, Clone)]
pub(super) enum Holds<'b> {
    /// An attribute.
    Attribute(Ty),
    /// A field.
    Field(&'b Field),
}

/// What conditions look at.
#[derive(Debug, Default)]
pub(super) struct LookedAt<'b> {
    /// Each with what it holds, in the first model that has it.
    pub keys: BTreeMap<Key, Holds<'b>>,
    /// What stands together in one comparison.
    groups: Vec<Group>,
}

/// What stands together.
#[derive(Debug, Clone, Default)]
struct Group {
    keys: BTreeSet<Key>,
    constants: Vec<Value>,
}

impl Group {
    fn join(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.constants.extend(other.constants);
    }
}

/// A record, or the elements of a list of records: where it is, and of which entity.
type Origin = (Key, String);

/// What a part of a condition is made of.
#[derive(Debug, Default)]
struct Part {
    records: Vec<Origin>,
    group: Group,
}

impl Part {
    fn join(&mut self, other: Self) {
        self.records.extend(other.records);
        self.group.join(other.group);
    }
}

impl<'b> LookedAt<'b> {
    /// Adds what a condition about `entity` looks at. With `after` its record is the one a change would leave.
    pub(super) fn add(&mut self, bundle: &'b Bundle, entity: &str, expr: &Expr, after: bool) {
        let now = (Key::Now(Vec::new()), entity.to_owned());
        let this = if after { (Key::After(Vec::new()), entity.to_owned()) } else { now.clone() };
        let mut walk = Walk { bundle, found: self, old: now, variables: Vec::new(), depth: 0 };
        let part = walk.part(&expr.root, &[this]);
        self.groups.push(part.group);
    }

    /// The constants that a key is compared with, directly or through another key.
    pub(super) fn constants(&self, key: &Key) -> Vec<Value> {
        let mut all = Group { keys: BTreeSet::from([key.clone()]), constants: Vec::new() };
        let mut open: Vec<&Group> = self.groups.iter().collect();
        loop {
            let before = open.len();
            let (near, far) = open.into_iter().partition(|group| !group.keys.is_disjoint(&all.keys));
            let near: Vec<&Group> = near;
            near.into_iter().for_each(|group| all.join(group.clone()));
            open = far;
            if open.len() == before {
                return all.constants;
            }
        }
    }
}

struct Walk<'b, 'f> {
    bundle: &'b Bundle,
    found: &'f mut LookedAt<'b>,
    old: Origin,
    variables: Vec<Vec<Origin>>,
    depth: usize,
}

impl Walk<'_, '_> {
    fn part(&mut self, node: &Node, this: &[Origin]) -> Part {
        match node {
            Node::This => Part { records: this.to_vec(), group: Group::default() },
            Node::Old => Part { records: vec![self.old.clone()], group: Group::default() },
            Node::Bound(number) => {
                let records = self.variables.get(usize::from(*number)).cloned().unwrap_or_default();
                Part { records, group: Group::default() }
            }
            Node::User(attribute) => {
                let key = Key::User(attribute.name.clone());
                self.found.keys.entry(key.clone()).or_insert(Holds::Attribute(attribute.ty.clone()));
                Part {
                    group: Group { keys: BTreeSet::from([key]), constants: Vec::new() },
                    ..Part::default()
                }
            }
            Node::Literal(_) | Node::Now | Node::Today => {
                let constants = self.constant(node).into_iter().collect();
                Part { group: Group { constants, ..Group::default() }, ..Part::default() }
            }
            Node::Field(access) => self.field(access, this),
            Node::List(items) => self.all(items, this),
            Node::Call(call) => self.call(call, this),
            Node::If(choice) => {
                let condition = self.part(&choice.condition, this);
                self.found.groups.push(condition.group);
                self.all([&choice.then, &choice.otherwise], this)
            }
            Node::Fold(fold) => {
                let mut list = self.part(&fold.list, this);
                let number = usize::from(fold.variable);
                self.variables.resize(number, Vec::new());
                self.variables.push(list.records.clone());
                let body = self.part(&fold.body, this);
                self.variables.truncate(number);
                list.group.join(body.group);
                list.records.extend(body.records);
                list
            }
        }
    }

    fn all<'n>(&mut self, nodes: impl IntoIterator<Item = &'n Node>, this: &[Origin]) -> Part {
        let mut all = Part::default();
        nodes.into_iter().for_each(|node| all.join(self.part(node, this)));
        all
    }

    /// What logic joins is not compared with each other.
    fn call(&mut self, call: &Call, this: &[Origin]) -> Part {
        if !matches!(call.op, Op::And | Op::Or | Op::Not) {
            return self.all(&call.args, this);
        }
        for arg in &call.args {
            let part = self.part(arg, this);
            self.found.groups.push(part.group);
        }
        Part::default()
    }

    fn constant(&self, node: &Node) -> Option<Value> {
        let program = Program::compile_node(node, &Bundled(self.bundle)).ok()?;
        program.evaluate(&Context { now_us: NOW_US, today: TODAY, ..Context::EMPTY }).ok()
    }

    fn field(&mut self, access: &FieldAccess, this: &[Origin]) -> Part {
        let of = self.part(&access.of, this);
        let mut out = Part { records: Vec::new(), group: of.group };
        for (record, entity) in of.records {
            let Some(field) = self.bundle.entity(&entity).and_then(|e| e.field(&access.name)) else {
                continue;
            };
            if self.depth >= DEEPEST || record.path().len() >= DEEPEST {
                continue;
            }
            if let Some(computed) = &field.computed {
                self.depth += 1;
                out.join(self.part(&computed.value.root, &[(record, entity)]));
                self.depth -= 1;
                continue;
            }
            let key = below(&record, &field.name);
            // A change leaves what it does not mention, so what is looked at after it is looked at before it too.
            let before = Key::Now(key.path().to_vec());
            for key in [before, key.clone()] {
                self.found.keys.entry(key).or_insert(Holds::Field(field));
            }
            let target = field.ty.target.clone().unwrap_or_default();
            if field.ty.is_children() {
                let child = |number: usize| (below(&key, &number.to_string()), target.clone());
                out.records.extend((0..CHILDREN).map(child));
            } else if field.ty.is_ref() {
                out.records.push((key.clone(), target));
            }
            out.group.keys.insert(key);
        }
        out
    }
}

fn below(key: &Key, name: &str) -> Key {
    let mut key = key.clone();
    match &mut key {
        Key::User(_) => {}
        Key::Now(path) | Key::After(path) => path.push(name.to_owned()),
    }
    key
}
