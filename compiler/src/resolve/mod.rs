//! Names to ids. What does not resolve is told once and marked: later phases ask nothing more of it.
//!
//! May not enter: whether what was said makes sense; `check` judges.

mod declared;
mod entity;
mod field;
mod limits;
mod meaning;
mod number;
mod package;
mod policy;

use crate::ast;
use crate::diag::Sink;
use crate::model::{Arena, Enum, EnumValue, Model, Policies};
pub(crate) use entity::trait_name;
pub(crate) use limits::{fits, kind as scalar_kind};

use declared::Declared;
use meaning::Resolver;

/// What a package means.
pub fn resolve(written: ast::Package, sink: &mut Sink) -> Model {
    let file = written.file.clone();
    let declared = Declared::new(written, sink);
    let mut resolver = Resolver::new(&declared, sink);
    let package = package::resolve(&file, &mut resolver);
    let mut expressions = Arena::default();
    let entities = entity::all(&mut resolver, &mut expressions);
    let policies = Policies::new(policy::all(&mut resolver, &entities));
    Model { package, entities, enums: enums(&declared), policies, expressions }
}

fn enums(declared: &Declared) -> Arena<Enum> {
    let value = |value: &ast::EnumValue| EnumValue {
        name: value.name.value.clone(),
        span: value.name.span,
        label: value.label.clone(),
    };
    let draft = |draft: &declared::EnumDraft| Enum {
        name: draft.name.clone(),
        label: draft.label.clone(),
        doc: draft.doc.clone(),
        values: draft.values.iter().map(value).collect(),
        span: draft.span,
        poisoned: draft.poisoned,
    };
    declared.enums.iter().map(draft).collect()
}
