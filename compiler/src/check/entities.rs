//! Entities as a whole: fields and traits.

use athyper_schemas::bundle::Trait;

use crate::diag::{Sink, entities};
use crate::model::{EntityRef, Model};
use crate::resolve::trait_name;

/// An entity says something: it has a field of its own.
pub(super) fn have_fields(model: &Model, sink: &mut Sink) {
    for entity in model.entities() {
        let name = entity.name();
        if !entity.fields().any(|field| field.is_declared()) && !entity.get().fields_unread {
            sink.error(entities::nothing_in_it(name.span, &format!("`{}`", name.short)));
        }
    }
}

/// Traits stand where they can work.
pub(super) fn traits_fit(model: &Model, sink: &mut Sink) {
    for entity in model.entities() {
        for (t, span) in &entity.get().places.traits {
            if let Some(why) = misuse(entity, *t) {
                sink.error(entities::trait_misuse(*span, trait_name(*t), why));
            }
        }
    }
}

fn misuse(entity: EntityRef<'_>, t: Trait) -> Option<&'static str> {
    if entity.is_child() {
        return Some("owned records live and go with their owner");
    }
    let keyless = entity.get().natural_key.is_empty() && entity.get().places.key.is_empty();
    match t {
        Trait::EffectiveDated if keyless => {
            Some("without a `key` there is nothing whose periods could overlap")
        }
        Trait::EffectiveDated | Trait::SoftDelete | Trait::Tree => None,
    }
}
