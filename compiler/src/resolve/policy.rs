//! Policies.

use super::declared::resolved;
use super::meaning::Resolver;
use crate::model::{Policy, Rule};

/// Every policy whose entity is known.
pub(super) fn all(resolver: &mut Resolver<'_>) -> Vec<Policy> {
    let declared = resolver.declared;
    let mut out = Vec::with_capacity(declared.policies.len());
    for written in &declared.policies {
        let entity = written.entity.as_ref();
        let Some((entity, name)) =
            entity.and_then(|name| Some((resolver.entity(name, &written.name.module)?, name)))
        else {
            continue;
        };
        let rule = |rule: &crate::ast::Rule| Rule {
            id: rule.id.value.clone(),
            span: rule.id.span,
            allow: rule.allow.iter().map(|action| action.value).collect(),
            to: rule.to.iter().map(|role| role.value.clone()).collect(),
            to_spans: rule.to.iter().map(|role| role.span).collect(),
            read: rule.read,
        };
        out.push(Policy {
            name: resolved(&written.name),
            entity,
            entity_span: name.span,
            rules: written.rules.iter().map(rule).collect(),
        });
    }
    out
}
