//! Owned children: one owner each, no circle, two levels.

use std::collections::BTreeMap;

use crate::diag::{Sink, entities};
use crate::model::{EntityRef, Model};

/// How deep records may be owned.
const MAX_LEVELS: usize = 2;

/// Every child has one owner and stands at most two levels below the top.
pub(super) fn one_each(model: &Model, sink: &mut Sink) {
    let mut first = BTreeMap::new();
    for field in model.entities().flat_map(|entity| entity.fields()) {
        let Some(child) = field.owns() else { continue };
        match first.get(&child.id()) {
            Some(span) => {
                sink.error(entities::owned_twice(field.get().ty_span, *span, &child.name().short));
            }
            None => {
                first.insert(child.id(), field.get().ty_span);
                place(child, field.get().ty_span, sink);
            }
        }
    }
}

fn place(child: EntityRef<'_>, span: crate::source::Span, sink: &mut Sink) {
    let mut owners = Vec::new();
    let mut at = child.owner();
    while let Some(owner) = at {
        if owner.id() == child.id() {
            sink.error(entities::owns_itself(span, &child.name().short));
            return;
        }
        owners.push(format!("`{}`", owner.name().short));
        if owners.len() > MAX_LEVELS {
            if !is_in_circle(owner) {
                sink.error(entities::owned_too_deep(span, &child.name().short, &owners.join(", then ")));
            }
            return;
        }
        at = owner.owner();
    }
}

/// Whether an entity's owners lead back to it or into a circle.
pub(super) fn is_in_circle(entity: EntityRef<'_>) -> bool {
    let mut slow = Some(entity);
    let mut fast = entity.owner();
    while let (Some(one), Some(two)) = (slow, fast) {
        if one.id() == two.id() {
            return true;
        }
        slow = one.owner();
        fast = two.owner().and_then(EntityRef::owner);
    }
    false
}
