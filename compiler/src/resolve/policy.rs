//! Policies.

use super::declared::resolved;
use super::meaning::Resolver;
use crate::ast::{self, Text};
use crate::diag::names;
use crate::model::policy::{DerivedRole, FieldRule, Role, Rule, To};
use crate::model::{Arena, Entity, Policy};

/// Every policy whose entity is known.
pub(super) fn all(resolver: &mut Resolver<'_>, entities: &Arena<Entity>) -> Vec<Policy> {
    let declared = resolver.declared;
    let mut out = Vec::with_capacity(declared.policies.len());
    for written in &declared.policies {
        let entity = written.entity.as_ref();
        let Some((entity, name)) =
            entity.and_then(|name| Some((resolver.entity(name, &written.name.module)?, name)))
        else {
            continue;
        };
        let mut read = written.read;
        let mut fields = Vec::with_capacity(written.fields.len());
        for rule in &written.fields {
            match field_rule(resolver, written, rule, &entities[entity]) {
                Some(rule) => fields.push(rule),
                None => read = false,
            }
        }
        out.push(Policy {
            name: resolved(&written.name),
            entity,
            entity_span: name.span,
            doc: written.doc.clone(),
            lets: written.lets.clone(),
            roles: written.roles.iter().map(|role| derived(written, role)).collect(),
            rules: written.rules.iter().map(|one| rule(written, one)).collect(),
            fields,
            read,
        });
    }
    out
}

fn derived(policy: &ast::Policy, role: &ast::DerivedRole) -> DerivedRole {
    DerivedRole {
        name: role.name.value.clone(),
        span: role.name.span,
        from: to(policy, &role.from),
        when: role.when.clone(),
    }
}

fn rule(policy: &ast::Policy, rule: &ast::Rule) -> Rule {
    Rule {
        id: rule.id.value.clone(),
        span: rule.id.span,
        effect: rule.effect,
        actions: rule.actions.clone(),
        to: to(policy, &rule.to),
        when: rule.when.clone(),
        unless: rule.unless.clone(),
        after: rule.after.clone(),
        message: rule.message.clone(),
        obligation: rule.obligation.clone(),
        output: rule.output.clone(),
        read: rule.read,
    }
}

fn field_rule(
    resolver: &mut Resolver<'_>,
    policy: &ast::Policy,
    rule: &ast::FieldRule,
    entity: &Entity,
) -> Option<FieldRule> {
    let found = entity.fields.enumerate().find(|(_, field)| field.name == rule.field.value);
    let Some((field, _)) = found else {
        if !entity.fields_unread {
            let known = entity.fields.iter().map(|field| field.name.as_str());
            let name = &rule.field;
            resolver.sink.error(names::unknown_field(name.span, &entity.name.short, &name.value, known));
        }
        return None;
    };
    Some(FieldRule {
        field,
        span: rule.field.span,
        read: rule.read.as_ref().map(|roles| to(policy, roles)),
        update: rule.update.as_ref().map(|roles| to(policy, roles)),
        when: rule.when.clone(),
        otherwise: rule.otherwise,
    })
}

/// A role that the policy derives is meant before one of the token with the same name.
fn to(policy: &ast::Policy, names: &[Text]) -> Vec<To> {
    let role = |name: &Text| {
        let derived = policy.roles.iter().position(|role| role.name.value == name.value);
        To { role: derived.map_or_else(|| Role::Token(name.value.clone()), Role::Derived), span: name.span }
    };
    names.iter().map(role).collect()
}
