//! Former names: what was renamed keeps what is stored, so a former name belongs to one thing, and to no other now.

use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

use crate::ast::Text;
use crate::diag::{Sink, names as say};
use crate::model::Model;
use crate::source::Span;

/// Every former name is free, and claimed once.
pub(super) fn former_names(model: &Model, sink: &mut Sink) {
    let mut entities = Former::default();
    for entity in model.entities() {
        entities.now.insert(entity.name().qualified.clone(), Some(entity.name().span));
    }
    for entity in model.entities() {
        let name = entity.name();
        let qualified = |was: &Text| {
            if was.value.contains('.') {
                was.value.clone()
            } else {
                format_smolstr!("{}.{}", name.module, was.value)
            }
        };
        if let Some(was) = &entity.get().was {
            entities.claim((&name.qualified, name.span), (qualified(was), was.span), sink);
        }
        let mut fields = Former::default();
        for field in entity.fields() {
            let span = field.is_declared().then_some(field.get().span);
            fields.now.entry(field.name().clone()).or_insert(span);
        }
        for field in entity.fields() {
            if let Some(was) = &field.get().was {
                fields.claim((field.name(), field.get().span), (was.value.clone(), was.span), sink);
            }
        }
    }
}

/// The names of one kind of thing.
#[derive(Default)]
struct Former {
    /// Those in use; without a place when nobody wrote them.
    now: BTreeMap<SmolStr, Option<Span>>,
    /// Former ones.
    claimed: BTreeMap<SmolStr, Span>,
}

impl Former {
    /// What is called `named` says that it was called `was`.
    fn claim(&mut self, named: (&SmolStr, Span), was: (SmolStr, Span), sink: &mut Sink) {
        let (name, span) = was;
        if *named.0 == name {
            sink.error(say::renamed_to_itself(span, named.1, &name));
        } else if let Some(other) = self.now.get(&name) {
            sink.error(say::former_name_taken(span, *other, &name));
        } else if let Some(first) = self.claimed.get(&name) {
            sink.error(say::former_name_twice(span, *first, &name));
        } else {
            self.claimed.insert(name, span);
        }
    }
}
