//! What conditions can come to: everything that their parts can be is tried together. A part that is not understood can
//! be anything, and where there is too much to try nothing is said, so that what is said is so.
//!
//! May not enter: rules and roles, words.

use std::cmp::Ordering;

use athyper_expr::Value;
use athyper_schemas::ir::{Kind, Node, Op};

use self::leaf::{Leaf, is_equality, is_plain, ty};
use crate::model::Model;

mod leaf;

/// The most combinations that are tried for one question.
const MOST: usize = 1024;

/// An enum with more values than this is taken for text.
const MOST_VALUES: usize = 16;

/// True, false or unknown.
pub(super) type Truth = Option<bool>;

/// What a condition can come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    /// It can be true.
    pub holds: bool,
    /// It can be false.
    pub fails: bool,
    /// It can be unknown.
    pub unknown: bool,
}

/// What these conditions, all of them together, can come to; nothing where that takes too long to find out.
pub(super) fn outcomes(model: &Model, all: &[&Node]) -> Option<Outcomes> {
    let mut space = Space { model, subjects: Vec::new() };
    let tree = space.all(all);
    let mut out = Outcomes::default();
    space.each(&mut |cases| {
        match tree.judge(&space.subjects, cases) {
            Some(true) => out.holds = true,
            Some(false) => out.fails = true,
            None => out.unknown = true,
        }
        out != Outcomes { holds: true, fails: true, unknown: true }
    })?;
    Some(out)
}

/// Conditions that must all hold, and the truths of the whole that count.
pub(super) type Asked<'a, 'n> = (&'a [&'n Node], fn(Truth) -> bool);

/// Whether `then` counts wherever `given` counts, and `given` can be true at all.
pub(super) fn implies(model: &Model, given: Asked<'_, '_>, then: Asked<'_, '_>) -> bool {
    let ((given, is_given), (then, is_then)) = (given, then);
    let mut space = Space { model, subjects: Vec::new() };
    let given = space.all(given);
    let known = space.subjects.len();
    let then = space.all(then);
    // What is looked at here alone can make the difference.
    if space.subjects.len() > known {
        return false;
    }
    let (mut can_hold, mut follows) = (false, true);
    let tried = space.each(&mut |cases| {
        let truth = given.judge(&space.subjects, cases);
        can_hold |= truth == Some(true);
        follows = !is_given(truth) || is_then(then.judge(&space.subjects, cases));
        follows
    });
    tried.is_some() && can_hold && follows
}

/// A condition, ready to be tried.
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Choice(Box<[Tree; 3]>),
    Constant(Truth),
    /// A test of the subject at this place.
    Test(usize, Test),
}

enum Test {
    Compared(Op, Value),
    Among(Vec<Value>),
    Given,
    Flag,
    /// Whether the two stand the other way round.
    Two(Op, bool),
    Whole,
}

/// Something that conditions look at.
struct Subject<'n> {
    what: What<'n>,
    /// The constants that it is compared with, sorted.
    points: Vec<Value>,
    /// Whether it is less or greater than something.
    ordered: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum What<'n> {
    /// A value.
    One(&'n Node),
    /// Two values that are compared.
    Two(&'n Node, &'n Node),
    /// A condition of its own.
    Whole(&'n Node),
}

/// What a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    /// The constant at this place.
    At(usize),
    /// Less than the constant at this place, and greater than those before.
    Before(usize),
    /// How the first of two values stands to the second.
    Two(Ordering),
    /// Null; of two values one of them.
    Null,
    /// Both of two values are null.
    BothNull,
    Unknown,
    /// A condition that is true or false.
    Is(bool),
}

struct Space<'n> {
    model: &'n Model,
    subjects: Vec<Subject<'n>>,
}

impl<'n> Space<'n> {
    fn all(&mut self, nodes: &[&'n Node]) -> Tree {
        Tree::All(nodes.iter().map(|node| self.tree(node)).collect())
    }

    fn tree(&mut self, node: &'n Node) -> Tree {
        let mut trees = |nodes: &'n [Node]| nodes.iter().map(|node| self.tree(node)).collect();
        match node {
            Node::Call(call) if call.op == Op::And => Tree::All(trees(&call.args)),
            Node::Call(call) if call.op == Op::Or => Tree::Any(trees(&call.args)),
            Node::Call(call) if call.op == Op::Not => Tree::Not(Box::new(Tree::All(trees(&call.args)))),
            Node::If(choice) => {
                let parts = [&choice.condition, &choice.then, &choice.otherwise];
                Tree::Choice(Box::new(parts.map(|part| self.tree(part))))
            }
            other => self.leaf(leaf::of(other)),
        }
    }

    fn leaf(&mut self, leaf: Leaf<'n>) -> Tree {
        match leaf {
            Leaf::Constant(truth) => Tree::Constant(truth),
            Leaf::Compared(of, op, to) => {
                let place = self.subject(What::One(of), std::slice::from_ref(&to), !is_equality(op));
                Tree::Test(place, Test::Compared(op, to))
            }
            Leaf::Among(of, values) => {
                Tree::Test(self.subject(What::One(of), &values, false), Test::Among(values))
            }
            Leaf::Given(of) => Tree::Test(self.subject(What::One(of), &[], false), Test::Given),
            Leaf::Flag(of) => Tree::Test(self.subject(What::One(of), &[], false), Test::Flag),
            Leaf::Two(a, b, op) => {
                let turned = self.subjects.iter().any(|subject| subject.what == What::Two(b, a));
                let what = if turned { What::Two(b, a) } else { What::Two(a, b) };
                Tree::Test(self.subject(what, &[], false), Test::Two(op, turned))
            }
            Leaf::Whole(node) => Tree::Test(self.subject(What::Whole(node), &[], false), Test::Whole),
        }
    }

    /// The place of a subject, with what else it is compared with.
    fn subject(&mut self, what: What<'n>, points: &[Value], ordered: bool) -> usize {
        let known = self.subjects.iter().position(|subject| subject.what == what);
        let place = known.unwrap_or_else(|| {
            let points = self.values_of(what);
            self.subjects.push(Subject { what, points, ordered: false });
            self.subjects.len() - 1
        });
        if let Some(subject) = self.subjects.get_mut(place) {
            subject.ordered |= ordered;
            for point in points.iter().filter(|point| !point.is_null()) {
                if let Err(at) = subject.points.binary_search(point) {
                    subject.points.insert(at, point.clone());
                }
            }
        }
        place
    }

    /// All values that there are, where they can be counted.
    fn values_of(&self, what: What<'_>) -> Vec<Value> {
        let What::One(node) = what else { return Vec::new() };
        let mut values = match ty(node).map(|ty| &ty.kind) {
            Some(Kind::Bool) => vec![Value::Bool(false), Value::Bool(true)],
            Some(Kind::Enum(name)) => {
                let values = self.model.enum_named(name).map_or(&[][..], |one| &one.values);
                let few = values.len() <= MOST_VALUES;
                values.iter().filter(|_| few).map(|value| Value::text(&value.name)).collect()
            }
            _ => Vec::new(),
        };
        values.sort();
        values
    }

    /// Everything that a subject can be.
    fn cases(&self, subject: &Subject<'n>) -> Vec<Case> {
        match subject.what {
            What::Whole(_) => vec![Case::Is(true), Case::Is(false), Case::Unknown],
            What::One(node) => {
                let mut out: Vec<Case> = (0..subject.points.len()).map(Case::At).collect();
                let counted = self.values_of(subject.what).len();
                if counted == 0 || counted < subject.points.len() {
                    let gaps = if subject.ordered { subject.points.len() } else { 0 };
                    out.extend((0..=gaps).filter(|gap| !subject.is_empty_before(*gap)).map(Case::Before));
                }
                let (null, unknown) = self.may_be(node);
                out.extend(null.then_some(Case::Null));
                out.extend(unknown.then_some(Case::Unknown));
                out
            }
            What::Two(a, b) => {
                let mut out = vec![Case::Two(Ordering::Equal)];
                if a != b {
                    out.extend([Ordering::Less, Ordering::Greater].map(Case::Two));
                }
                let (one, other) = (self.may_be(a), self.may_be(b));
                out.extend(((one.0 || other.0) && a != b).then_some(Case::Null));
                out.extend((one.0 && other.0).then_some(Case::BothNull));
                out.extend((one.1 || other.1).then_some(Case::Unknown));
                out
            }
        }
    }

    /// Whether a value may be null, and whether it may be unknown.
    fn may_be(&self, node: &Node) -> (bool, bool) {
        match node {
            Node::Now | Node::Today => (false, false),
            // Who has no token, or is the system, has no attributes.
            Node::User(attribute) => (true, !is_plain(&attribute.ty.kind)),
            // A reference to a record that is no longer there is none.
            Node::Field(access) if access.of == Node::This && !matches!(access.ty.kind, Kind::Record(_)) => {
                let entity = self.model.entity_named(&access.entity);
                let field = entity.and_then(|entity| entity.field_named(&access.name));
                let stored = field.is_some_and(|field| field.get().computed.is_none_or(|one| one.stored));
                (access.ty.nullable, !stored || !is_plain(&access.ty.kind))
            }
            _ => (true, true),
        }
    }

    /// Shows one combination after the other as long as `again` says so; nothing when there are too many.
    fn each(&self, again: &mut dyn FnMut(&[Case]) -> bool) -> Option<()> {
        let cases: Vec<Vec<Case>> = self.subjects.iter().map(|subject| self.cases(subject)).collect();
        let combinations = cases.iter().try_fold(1_usize, |product, one| product.checked_mul(one.len()))?;
        if combinations > MOST {
            return None;
        }
        let mut chosen = Vec::with_capacity(cases.len());
        for combination in 0..combinations {
            let mut rest = combination;
            chosen.clear();
            chosen.extend(cases.iter().filter_map(|one| {
                let case = one.get(rest % one.len()).copied();
                rest /= one.len();
                case
            }));
            if !again(&chosen) {
                break;
            }
        }
        Some(())
    }
}

impl Tree {
    fn judge(&self, subjects: &[Subject<'_>], cases: &[Case]) -> Truth {
        let judge = |tree: &Self| tree.judge(subjects, cases);
        match self {
            Self::All(parts) => parts.iter().map(judge).fold(Some(true), and),
            Self::Any(parts) => {
                let none = parts.iter().map(|part| judge(part).map(|truth| !truth)).fold(Some(true), and);
                none.map(|none| !none)
            }
            Self::Not(part) => judge(part).map(|truth| !truth),
            Self::Choice(parts) => {
                let [condition, then, otherwise] = &**parts;
                judge(if judge(condition)? { then } else { otherwise })
            }
            Self::Constant(truth) => *truth,
            Self::Test(place, test) => test.judge(subjects.get(*place)?, *cases.get(*place)?),
        }
    }
}

impl Test {
    fn judge(&self, subject: &Subject<'_>, case: Case) -> Truth {
        match (self, case) {
            (Self::Given, case) => Some(!matches!(case, Case::Null | Case::Unknown)),
            (_, Case::Unknown) => None,
            (Self::Compared(op, to), Case::Null) => compare_nulls(*op, to.is_null()),
            (Self::Compared(op, to), _) if to.is_null() => compare_nulls(*op, false),
            (Self::Compared(op, to), case) => Some(compare(*op, subject.against(case, to)?)),
            (Self::Among(values), Case::At(at)) => Some(values.contains(subject.points.get(at)?)),
            (Self::Among(_), _) => Some(false),
            (Self::Flag, Case::At(at)) => Some(*subject.points.get(at)? == Value::Bool(true)),
            (Self::Two(op, turned), Case::Two(order)) => {
                Some(compare(*op, if *turned { order.reverse() } else { order }))
            }
            (Self::Two(op, _), Case::Null) => compare_nulls(*op, false),
            (Self::Two(op, _), Case::BothNull) => compare_nulls(*op, true),
            (Self::Whole, Case::Is(truth)) => Some(truth),
            _ => None,
        }
    }
}

impl Subject<'_> {
    /// How this case stands to a constant.
    fn against(&self, case: Case, to: &Value) -> Option<Ordering> {
        match case {
            Case::At(at) => Some(self.points.get(at)?.cmp(to)),
            Case::Before(gap) => {
                let place = self.points.binary_search(to).ok()?;
                Some(if gap <= place { Ordering::Less } else { Ordering::Greater })
            }
            _ => None,
        }
    }

    /// Whether nothing can lie between the constant at this place and the one before.
    fn is_empty_before(&self, gap: usize) -> bool {
        let before = gap.checked_sub(1).and_then(|before| self.points.get(before));
        match (before, self.points.get(gap)) {
            (Some(Value::Int(before)), Some(Value::Int(after))) => before.checked_add(1) == Some(*after),
            _ => false,
        }
    }
}

const fn compare(op: Op, order: Ordering) -> bool {
    match op {
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Gt => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// A comparison with at least one null, and with two when they are `equal`.
const fn compare_nulls(op: Op, equal: bool) -> Truth {
    match op {
        Op::Eq => Some(equal),
        Op::Ne => Some(!equal),
        _ => None,
    }
}

/// Kleene and.
const fn and(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}
