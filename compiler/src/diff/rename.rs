//! The old model in the names of the new one: what `was:` says was only renamed compares as the same.

use std::collections::BTreeMap;

use athyper_schemas::bundle::{Bundle, Entity, Field, FieldType, Grantee, Policy};
use athyper_schemas::ir::{Expr, FieldAccess, Kind, Node};

use super::alike::each;

/// What got another name, by old name.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Entities, `module.Name`.
    pub entities: BTreeMap<String, String>,
    /// Fields, by the old name of their entity and their own.
    pub fields: BTreeMap<(String, String), String>,
}

impl Names {
    /// What the new model says was called otherwise in the old one.
    pub(super) fn of(old: &Bundle, new: &Bundle) -> Self {
        let mut names = Self::default();
        for entity in &new.entities {
            let was = entity.was.as_ref().map(|was| qualified(was, &entity.name));
            let was = was.filter(|was| old.entity(&entity.name).is_none() && old.entity(was).is_some());
            let before = was.clone().unwrap_or_else(|| entity.name.clone());
            if let Some(was) = was {
                names.entities.insert(was, entity.name.clone());
            }
            let Some(known) = old.entity(&before) else { continue };
            for field in &entity.fields {
                let was = field.was.as_ref().filter(|was| known.field(was).is_some());
                if let Some(was) = was.filter(|_| known.field(&field.name).is_none()) {
                    names.fields.insert((before.clone(), was.clone()), field.name.clone());
                }
            }
        }
        names
    }

    fn entity(&self, name: &str) -> String {
        self.entities.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    fn field(&self, entity: &str, name: &str) -> String {
        let key = (entity.to_owned(), name.to_owned());
        self.fields.get(&key).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// The old model in the new names.
    pub(super) fn applied(&self, old: &Bundle) -> Bundle {
        let mut bundle = old.clone();
        bundle.entities.iter_mut().for_each(|entity| self.rename(entity, old));
        bundle.entities.sort_by(|a, b| a.name.cmp(&b.name));
        for policy in &mut bundle.policies {
            self.policy(policy);
        }
        bundle
    }

    fn rename(&self, entity: &mut Entity, old: &Bundle) {
        let name = entity.name.clone();
        let own = |field: &mut String| *field = self.field(&name, field);
        entity.title.iter_mut().chain(&mut entity.natural_key).chain(&mut entity.search).for_each(own);
        entity.unique.iter_mut().flat_map(|unique| &mut unique.fields).for_each(own);
        entity
            .indexes
            .iter_mut()
            .flat_map(|index| &mut index.columns)
            .for_each(|column| own(&mut column.field));
        entity.number.iter_mut().for_each(|number| own(&mut number.field));
        for key in &mut entity.foreign_keys {
            own(&mut key.field);
            key.entity = self.entity(&key.entity);
        }
        for check in &mut entity.checks {
            self.expr(&mut check.assert);
        }
        if let Some(owner) = &mut entity.owner {
            owner.field = self.field(&owner.entity, &owner.field);
            owner.entity = self.entity(&owner.entity);
        }
        let before = old.entity(&name);
        for field in &mut entity.fields {
            if let Some(copy) = &mut field.copy {
                let reference = before.and_then(|entity| entity.field(&copy.reference));
                let target = reference.and_then(|field| field.ty.target.as_deref()).unwrap_or_default();
                copy.field = self.field(target, &copy.field);
                copy.reference = self.field(&name, &copy.reference);
            }
            self.of_field(field);
            field.name = self.field(&name, &field.name);
        }
        entity.name = self.entity(&name);
    }

    fn of_field(&self, field: &mut Field) {
        self.ty(&mut field.ty);
        field.default.iter_mut().for_each(|expr| self.expr(expr));
        field.computed.iter_mut().for_each(|computed| self.expr(&mut computed.value));
    }

    fn ty(&self, ty: &mut FieldType) {
        ty.target = ty.target.as_ref().map(|target| self.entity(target));
        ty.item.iter_mut().for_each(|item| self.ty(item));
    }

    fn policy(&self, policy: &mut Policy) {
        for rule in &mut policy.rules {
            self.grantees(&mut rule.to);
            let conditions = rule.when.iter_mut().chain(&mut rule.after).chain(&mut rule.output);
            conditions.for_each(|expr| self.expr(expr));
        }
        for field in &mut policy.fields {
            field.field = self.field(&policy.entity, &field.field);
            for grant in field.read.iter_mut().chain(&mut field.update) {
                self.grantees(&mut grant.to);
                grant.when.iter_mut().for_each(|expr| self.expr(expr));
            }
        }
        policy.entity = self.entity(&policy.entity);
    }

    fn grantees(&self, to: &mut [Grantee]) {
        to.iter_mut().filter_map(|grantee| grantee.when.as_mut()).for_each(|expr| self.expr(expr));
    }

    fn expr(&self, expr: &mut Expr) {
        expr.root = self.node(&expr.root);
    }

    fn node(&self, node: &Node) -> Node {
        match each(node, &|inner| self.node(inner)) {
            Node::Field(access) => {
                let FieldAccess { of, entity, name, mut ty } = *access;
                if let Kind::Record(target) = &mut ty.kind {
                    *target = self.entity(target);
                }
                let name = self.field(&entity, &name);
                Node::Field(Box::new(FieldAccess { of, entity: self.entity(&entity), name, ty }))
            }
            other => other,
        }
    }
}

/// A former name with its module; without one it was in the module of the new name.
fn qualified(was: &str, name: &str) -> String {
    match name.rsplit_once('.') {
        Some((module, _)) if !was.contains('.') => format!("{module}.{was}"),
        _ => was.to_owned(),
    }
}
