//! Entities: their fields first, then everything that names fields.

use std::collections::BTreeMap;

use athyper_schemas::bundle::{Class, Trait};
use smol_str::SmolStr;

use super::declared::{Target, resolved};
use super::field::{self, Home};
use super::meaning::Resolver;
use super::number;
use crate::ast::{self, Text, TypeKind};
use crate::diag::{entities, names};
use crate::model::system::{self, Shape};
use crate::model::{
    Arena, Check, CopyFrom, Entity, EntityId, EntityPlaces, Expression, FieldId, FieldType, Id, Index,
    IndexColumn, Owner, Role, Unique,
};
use crate::source::Span;

/// The fields of an entity by their names.
type FieldNames = BTreeMap<SmolStr, FieldId>;

/// Every entity.
pub(super) fn all(resolver: &mut Resolver<'_>, expressions: &mut Arena<Expression>) -> Arena<Entity> {
    let declared = resolver.declared;
    let owners = owners(resolver);
    let mut entities: Arena<Entity> = Arena::default();
    let mut field_names = Vec::with_capacity(declared.entities.len());
    for (place, written) in declared.entities.iter().enumerate() {
        let id = Id::new(place);
        let mut home = Home { entity: written, id, expressions: &mut *expressions };
        let entity = with_fields(resolver, &mut home, owners.get(&id).copied());
        field_names.push(entity.fields.enumerate().map(|(id, field)| (field.name.clone(), id)).collect());
        entities.push(entity);
    }
    for (place, written) in declared.entities.iter().enumerate() {
        let id = Id::new(place);
        let Some(own) = field_names.get(place) else { continue };
        copies(resolver, written, id, &mut entities, &field_names);
        let mut lists = Lists { resolver: &mut *resolver, written, own };
        let mut home = Home { entity: written, id, expressions: &mut *expressions };
        lists.fill(&mut entities[id], &mut home);
    }
    set_owner_fields(&mut entities, &owners);
    entities
}

/// Who owns whom: the first list that holds an entity. Fields of owners are found later.
fn owners(resolver: &Resolver<'_>) -> BTreeMap<EntityId, EntityId> {
    let mut owners = BTreeMap::new();
    for (place, entity) in resolver.declared.entities.iter().enumerate() {
        for ty in entity.fields.iter().filter_map(|field| field.ty.as_ref()) {
            let TypeKind::List(item) = &ty.kind else { continue };
            let TypeKind::Named { name, .. } = &item.kind else { continue };
            if let Ok(Target::Entity(child)) = resolver.declared.find(&name.value, &entity.name.module) {
                owners.entry(child).or_insert_with(|| Id::new(place));
            }
        }
    }
    owners
}

fn with_fields(resolver: &mut Resolver<'_>, home: &mut Home<'_>, owner: Option<EntityId>) -> Entity {
    let written = home.entity;
    let traits = traits(resolver, written);
    let set = traits.iter().map(|(t, _)| *t).collect();
    let shape = Shape { entity: home.id, owner, traits: &set, span: written.name.span };
    let mut fields: Arena<_> = system::fields(shape).into_iter().collect();
    for field in &written.fields {
        let meant = field::resolve(resolver, home, field, Id::new(fields.len()));
        fields.push(meant);
    }
    Entity {
        name: resolved(&written.name),
        label: written.label.clone(),
        plural: written.plural.clone(),
        doc: written.doc.clone(),
        class: written.class.unwrap_or(Class::Master),
        traits: set,
        owner: owner.map(|entity| Owner { entity, field: Id::new(0) }),
        title: None,
        natural_key: Vec::new(),
        search: Vec::new(),
        fields,
        checks: Vec::new(),
        unique: Vec::new(),
        indexes: Vec::new(),
        number: None,
        was: written.was.clone(),
        places: EntityPlaces { traits, ..EntityPlaces::default() },
        fields_unread: written.fields_unread,
    }
}

fn traits(resolver: &mut Resolver<'_>, written: &ast::Entity) -> Vec<(Trait, Span)> {
    let mut out: Vec<(Trait, Span)> = Vec::new();
    for said in &written.traits {
        match out.iter().find(|(t, _)| *t == said.value) {
            Some((_, first)) => {
                let name = trait_name(said.value);
                resolver.sink.error(names::listed_twice(said.span, *first, name));
            }
            None => out.push((said.value, said.span)),
        }
    }
    out
}

/// A trait as it is written.
pub(crate) const fn trait_name(t: Trait) -> &'static str {
    match t {
        Trait::SoftDelete => "soft_delete",
        Trait::EffectiveDated => "effective_dated",
        Trait::Tree => "tree",
    }
}

fn set_owner_fields(entities: &mut Arena<Entity>, owners: &BTreeMap<EntityId, EntityId>) {
    for (child, owner) in owners {
        let holds = |ty: &FieldType| *ty == FieldType::Children(*child);
        let field = entities[*owner].fields.enumerate().find(|(_, field)| holds(&field.ty)).map(|(id, _)| id);
        entities[*child].owner = field.map(|field| Owner { entity: *owner, field });
    }
}

fn copies(
    resolver: &mut Resolver<'_>,
    written: &ast::Entity,
    id: EntityId,
    entities: &mut Arena<Entity>,
    field_names: &[FieldNames],
) {
    let Some(own) = field_names.get(id.place()) else { return };
    for field in &written.fields {
        let (Some(path), Some(at)) = (&field.copy, own.get(&field.name.value)) else { continue };
        let Some((reference, source)) = field::copy_path(path) else {
            resolver.sink.error(entities::copy_path(path.span(), &path.text, "not a reference and a field"));
            continue;
        };
        let Some(reference) = own.get(&reference.value) else {
            field::unknown(resolver, written, &reference, &known(own));
            continue;
        };
        let through = &entities[id].fields[*reference];
        let FieldType::Ref { target, .. } = through.ty else {
            if !through.poisoned {
                let why = format!("`{}` is no reference", through.name);
                resolver.sink.error(entities::copy_path(path.span(), &path.text, &why));
            }
            continue;
        };
        let names_there = field_names.get(target.place());
        match names_there.and_then(|names| names.get(&source.value)) {
            Some(found) => {
                let copy = CopyFrom { reference: *reference, target, field: *found };
                entities[id].fields[*at].copy = Some(copy);
            }
            None => {
                if let Some(target) = resolver.declared.entities.get(target.place()) {
                    field::unknown(resolver, target, &source, &names_there.map(known).unwrap_or_default());
                }
            }
        }
    }
}

fn known(names: &FieldNames) -> Vec<&str> {
    names.keys().map(SmolStr::as_str).collect()
}

/// Everything in an entity that names its fields.
struct Lists<'r, 'a> {
    resolver: &'r mut Resolver<'a>,
    written: &'r ast::Entity,
    own: &'r FieldNames,
}

impl Lists<'_, '_> {
    fn fill(&mut self, entity: &mut Entity, home: &mut Home<'_>) {
        let written = self.written;
        let title = written.title.as_ref().and_then(|name| self.field(name).map(|id| (id, name.span)));
        (entity.title, entity.places.title) = title.unzip();
        (entity.natural_key, entity.places.key) = self.fields(&written.key).into_iter().unzip();
        (entity.search, entity.places.search) = self.fields(&written.search).into_iter().unzip();
        for check in &written.checks {
            entity.checks.push(Check {
                name: check.name.value.clone(),
                span: check.name.span,
                assert: home.keep(&check.assert, Role::Check),
                message: check.message.clone(),
            });
        }
        for unique in &written.unique {
            let columns = self.columns(unique);
            entity.unique.push(Unique {
                name: unique.name.value.clone(),
                span: unique.name.span,
                fields: columns.iter().map(|column| column.field).collect(),
                places: columns.iter().map(|column| column.span).collect(),
            });
        }
        for index in &written.indexes {
            let columns = self.columns(index);
            entity.indexes.push(Index { name: index.name.value.clone(), span: index.name.span, columns });
        }
        if let Some(number) = &written.number {
            let field = self.field(&number.field);
            entity.number = number::resolve(self.resolver, number, field);
        }
    }

    fn columns(&mut self, list: &ast::Unique) -> Vec<IndexColumn> {
        if list.columns.is_empty() && list.read {
            let what = format!("`{}`", list.name.value);
            self.resolver.sink.error(entities::nothing_in_it(list.name.span, &what));
        }
        let names: Vec<Text> = list.columns.iter().map(|column| column.field.clone()).collect();
        let found = self.fields(&names);
        let descending = |span: Span| list.columns.iter().any(|c| c.field.span == span && c.descending);
        let column = |(field, span)| IndexColumn { field, descending: descending(span), span };
        found.into_iter().map(column).collect()
    }

    fn fields(&mut self, names: &[Text]) -> Vec<(FieldId, Span)> {
        let mut out: Vec<(FieldId, Span)> = Vec::with_capacity(names.len());
        for name in names {
            let Some(field) = self.field(name) else { continue };
            match out.iter().find(|(id, _)| *id == field) {
                Some((_, first)) => {
                    let message = names::listed_twice(name.span, *first, &name.value);
                    self.resolver.sink.error(message);
                }
                None => out.push((field, name.span)),
            }
        }
        out
    }

    fn field(&mut self, name: &Text) -> Option<FieldId> {
        let found = self.own.get(&name.value).copied();
        if found.is_none() {
            field::unknown(self.resolver, self.written, name, &known(self.own));
        }
        found
    }
}
