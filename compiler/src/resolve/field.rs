//! Fields as written to fields as meant.

use super::declared::inline_name;
use super::meaning::{Meaning, Resolver, Site};
use crate::ast;
use crate::diag::{self, Missing, names, package};
use crate::model::{
    Arena, Computed, EntityId, ExprId, Expression, Field, FieldId, FieldType, Origin, Places, Role,
};

/// Where a field belongs, and where its expressions are kept.
pub(super) struct Home<'a> {
    /// The entity as written.
    pub entity: &'a ast::Entity,
    /// Its place.
    pub id: EntityId,
    /// Every expression of the package.
    pub expressions: &'a mut Arena<Expression>,
}

impl Home<'_> {
    /// Keeps an expression of this entity.
    pub fn keep(&mut self, passage: &ast::Passage, role: Role) -> ExprId {
        self.expressions.push(Expression { passage: passage.clone(), entity: self.id, role })
    }
}

/// The meaning of a field that will have the place `at`.
pub(super) fn resolve(
    resolver: &mut Resolver<'_>,
    home: &mut Home<'_>,
    written: &ast::Field,
    at: FieldId,
) -> Field {
    let meaning = type_of(resolver, home.entity, written);
    let ty_span = written.ty.as_ref().map_or(written.name.span, |ty| ty.span);
    let default = written.default.as_ref().map(|passage| home.keep(passage, Role::Default(at)));
    let computed = written.computed.as_ref().map(|passage| Computed {
        value: home.keep(passage, Role::Computed(at)),
        stored: written.stored.is_some(),
    });
    for lint in &written.lint {
        if !diag::is_lint(&lint.value) {
            resolver.sink.error(package::unknown_lint(lint.span, &lint.value));
        }
    }
    Field {
        name: written.name.value.clone(),
        span: written.name.span,
        origin: Origin::Declared,
        label: written.label.clone(),
        doc: written.doc.clone(),
        ty: meaning.ty,
        ty_span,
        required: written.required.is_some(),
        unique: written.unique,
        index: written.index,
        default,
        computed,
        copy: None,
        limits: meaning.limits,
        personal: meaning.personal,
        was: written.was.clone(),
        quiet: written.lint.iter().map(|lint| lint.value.clone()).collect(),
        places: Places {
            required: written.required,
            stored: written.stored,
            copy: written.copy.as_ref().map(ast::Passage::span),
            on_delete: written.on_delete.as_ref().map(|on_delete| on_delete.span),
        },
        poisoned: meaning.poisoned,
    }
}

fn type_of(resolver: &mut Resolver<'_>, entity: &ast::Entity, written: &ast::Field) -> Meaning {
    let Some(ty) = &written.ty else { return Meaning::poisoned() };
    let inline = inline_name(&entity.name, &written.name.value);
    let site = Site { module: &entity.name.module, inline: &inline };
    let mut meaning = resolver.meaning(ty, site);
    let of = match &ty.kind {
        ast::TypeKind::Named { name, .. } => name.value.as_str(),
        ast::TypeKind::List(_) => "list",
        ast::TypeKind::Enum(_) => "enum",
    };
    resolver.bound(&mut meaning, &written.constraints, Some(ty), of);
    if let (FieldType::Ref { on_delete, .. }, Some(said)) = (&mut meaning.ty, &written.on_delete) {
        *on_delete = said.value;
    }
    meaning
}

/// The reference and the field of its target that a copied value comes from, each at its place.
pub(super) fn copy_path(path: &ast::Passage) -> Option<(ast::Text, ast::Text)> {
    let (reference, field) = path.text.split_once('.')?;
    let plain = |name: &str| !name.is_empty() && !name.contains('.');
    let piece = |name: &str, at: usize| ast::Text::new(name.into(), path.at(at..at + name.len()));
    (plain(reference) && plain(field)).then(|| (piece(reference, 0), piece(field, reference.len() + 1)))
}

/// Says that a list names a field the entity does not have, unless some of its fields could not be read.
pub(super) fn unknown(resolver: &mut Resolver<'_>, home: &ast::Entity, name: &ast::Text, known: &[&str]) {
    if home.fields_unread {
        return;
    }
    let message = names::unknown_field(name.span, &home.name.short, &name.value, known.iter().copied());
    resolver.sink.missing(Missing::Field(home.name.qualified(), name.value.clone()), message);
}
