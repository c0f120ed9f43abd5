//! What a condition costs a list: whether an index finds the records, and which one is missing.

use std::collections::BTreeSet;

use athyper_schemas::bundle::{Action, Class, Effect};
use athyper_schemas::ir::{Node, Op};

use super::rulings::{self, Ruling, Way, own_field};
use crate::ast::Condition;
use crate::check::Checked;
use crate::check::keys::fits_index;
use crate::diag::{Sink, policy_doubts as say};
use crate::model::{EntityRef, FieldRef};

/// How the records are found for which a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Access<'m> {
    /// It looks at no record: all of them, or none.
    Free,
    /// By an index that is there.
    Indexed,
    /// By an index that is added, on these fields.
    Wanted(Vec<&'m str>),
    /// By looking at every record; an index on this field would help.
    Scan(Option<&'m str>),
}

impl Access<'_> {
    /// The smaller, the better.
    const fn rank(&self) -> u8 {
        match self {
            Self::Indexed => 0,
            Self::Wanted(_) => 1,
            Self::Scan(Some(_)) => 2,
            Self::Scan(None) => 3,
            Self::Free => 4,
        }
    }
}

/// The fields by which lists of an entity are filtered for callers, and which no index starts with.
pub(crate) fn policy_indexes<'m>(checked: &'m Checked, entity: EntityRef<'m>) -> BTreeSet<&'m str> {
    let mut out = BTreeSet::new();
    for ruling in
        rulings::of(checked.model(), checked.policies(), entity).iter().filter(|ruling| is_read(ruling))
    {
        for way in &ruling.ways {
            if let Access::Wanted(fields) = of_way(entity, way) {
                out.extend(fields);
            }
        }
    }
    out
}

/// Says which lists have to look at every document.
pub(super) fn helps(entity: EntityRef<'_>, rulings: &[Ruling<'_>], sink: &mut Sink) {
    if entity.get().class != Class::Document {
        return;
    }
    for ruling in rulings.iter().filter(|ruling| is_read(ruling)) {
        let scans = ruling.ways.iter().find_map(|way| match of_way(entity, way) {
            Access::Scan(field) => Some(field),
            _ => None,
        });
        if let Some(field) = scans {
            let span = ruling.rule.when.as_ref().map_or(ruling.rule.span, Condition::span);
            sink.warn(say::no_index(span, &ruling.rule.id, &entity.name().short, field));
        }
    }
}

fn is_read(ruling: &Ruling<'_>) -> bool {
    ruling.does(Effect::Allow, Action::Read)
}

fn of_way<'m>(entity: EntityRef<'m>, way: &Way<'m>) -> Access<'m> {
    best(way.asks.iter().map(|asked| of(entity, asked)))
}

/// All must hold: the best way to find the records is enough.
fn best<'m>(parts: impl Iterator<Item = Access<'m>>) -> Access<'m> {
    parts.min_by_key(Access::rank).unwrap_or(Access::Free)
}

fn of<'m>(entity: EntityRef<'m>, node: &'m Node) -> Access<'m> {
    if is_closed(node) {
        return Access::Free;
    }
    let Node::Call(call) = node else { return Access::Scan(None) };
    match (call.op, call.args.as_slice()) {
        (Op::And, args) => best(args.iter().map(|arg| of(entity, arg))),
        (Op::Or, args) => one_of(args.iter().map(|arg| of(entity, arg))),
        (Op::Eq, [a, b]) => match (column(entity, a), column(entity, b)) {
            (Some(field), _) if is_closed(b) => by(field, b),
            (_, Some(field)) if is_closed(a) => by(field, a),
            _ => Access::Scan(None),
        },
        (Op::In, [element, list]) if is_closed(list) => {
            column(entity, element).map_or(Access::Scan(None), |field| by(field, list))
        }
        (Op::Lt | Op::Le | Op::Gt | Op::Ge, [a, b]) => {
            let field = column(entity, a).filter(|_| is_closed(b));
            let field = field.or_else(|| column(entity, b).filter(|_| is_closed(a)));
            field.map_or(Access::Scan(None), |field| {
                if has_index(field) { Access::Indexed } else { Access::Scan(Some(field.name())) }
            })
        }
        _ => Access::Scan(None),
    }
}

/// One of several must hold: every one of them needs a way of its own.
fn one_of<'m>(parts: impl Iterator<Item = Access<'m>>) -> Access<'m> {
    let mut fields = Vec::new();
    let mut worst = Access::Indexed;
    for part in parts {
        match part {
            Access::Wanted(more) => fields.extend(more),
            Access::Scan(_) if part.rank() > worst.rank() => worst = part,
            _ => {}
        }
    }
    match worst {
        Access::Indexed if !fields.is_empty() => Access::Wanted(fields),
        worst => worst,
    }
}

/// A field that equals something: what the caller brings is worth an index of its own.
fn by<'m>(field: FieldRef<'m>, other: &Node) -> Access<'m> {
    let mut user = false;
    other.each(&mut |node| user |= matches!(node, Node::User(_)));
    if has_index(field) {
        Access::Indexed
    } else if user {
        Access::Wanted(vec![field.name()])
    } else {
        Access::Scan(Some(field.name()))
    }
}

/// The field of the record itself that a node reads and an index can hold.
fn column<'m>(entity: EntityRef<'m>, node: &'m Node) -> Option<FieldRef<'m>> {
    let inner = match node {
        // The id of a reference is the reference.
        Node::Field(access) if access.name == "id" && access.of != Node::This => &access.of,
        other => other,
    };
    entity.field_named(own_field(inner)?).filter(|field| fits_index(*field))
}

fn is_closed(node: &Node) -> bool {
    let mut looks = false;
    node.each(&mut |node| looks |= matches!(node, Node::This | Node::Old));
    !looks
}

/// Whether some index starts with the field.
fn has_index(field: FieldRef<'_>) -> bool {
    let (get, entity) = (field.get(), field.entity().get());
    let id = field.id();
    field.name() == "id"
        || get.index.is_some()
        || get.unique.is_some()
        || field.refers_to().is_some()
        || entity.indexes.iter().any(|index| index.columns.first().is_some_and(|column| column.field == id))
        || entity.unique.iter().any(|unique| unique.fields.first() == Some(&id))
        || entity.natural_key.first() == Some(&id)
}
