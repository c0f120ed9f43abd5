//! Names that are taken, and names that people cannot tell apart.

use std::collections::BTreeMap;

use unicode_security::confusable_detection::skeleton;

use crate::diag::Sink;
use crate::diag::names::{self as say, LOOK_ALIKE_NAMES};
use crate::model::system::RESERVED;
use crate::model::{EntityRef, FieldRef, Model};
use crate::source::Span;

/// How tables begin that a database or the runtime keeps for itself.
const SYSTEM_TABLES: &[&str] = &["athyper_", "sqlite_", "pg_"];

/// Entities and fields that take a name of the system or of the language.
pub(super) fn reserved(model: &Model, sink: &mut Sink) {
    for entity in model.entities() {
        let table = entity.table();
        if let Some(prefix) = SYSTEM_TABLES.iter().find(|prefix| table.starts_with(*prefix)) {
            let name = entity.name();
            let reason =
                format!("it would be stored in `{table}`, and tables called `{prefix}...` are the system's");
            sink.error(say::reserved_name(name.span, &name.qualified, &reason));
        }
        for field in entity.fields().filter(|field| field.is_declared()) {
            if let Some(reason) = taken(entity, field) {
                sink.error(say::reserved_name(field.get().span, field.name(), &reason));
            }
        }
    }
}

fn taken(entity: EntityRef<'_>, field: FieldRef<'_>) -> Option<String> {
    let name = field.name().as_str();
    if let Some((_, reason)) = RESERVED.iter().find(|(reserved, _)| *reserved == name) {
        return Some((*reason).to_owned());
    }
    let implied = entity.fields().take_while(|f| !f.is_declared()).any(|f| f.name() == name);
    let why = if entity.is_child() { "every owned record has" } else { "a trait of this entity adds" };
    implied.then(|| format!("{why} a field `{name}`"))
}

/// Names of one entity, or of the package, that look the same.
pub(super) fn look_alike(model: &Model, sink: &mut Sink) {
    let mut entities = Seen::default();
    for entity in model.entities() {
        entities.see(&entity.name().short, entity.name().span, sink);
        let mut fields = Seen::default();
        for field in entity.fields().filter(|field| field.is_declared()) {
            if !field.get().quiet.iter().any(|lint| lint == LOOK_ALIKE_NAMES.slug) {
                fields.see(field.name(), field.get().span, sink);
            }
        }
    }
}

#[derive(Default)]
struct Seen<'a>(BTreeMap<String, (&'a str, Span)>);

impl<'a> Seen<'a> {
    fn see(&mut self, name: &'a str, span: Span, sink: &mut Sink) {
        let looks: String = skeleton(name).collect();
        match self.0.get(&looks) {
            Some((first, at)) if *first != name => sink.warn(say::look_alike_names(span, *at, [first, name])),
            Some(_) => {}
            None => {
                self.0.insert(looks, (name, span));
            }
        }
    }
}
