//! Policies: who may do what, one condition per rule.

use athyper_schemas::bundle::{Effect, Grantee, Place, Policy, Rule};

use crate::model::{self, Model};
use crate::source::{SourceSet, Span};

/// Every policy.
pub(super) fn all(model: &Model, sources: &SourceSet) -> Vec<Policy> {
    let policy = |written: &model::Policy| Policy {
        name: written.name.qualified.to_string(),
        entity: model.entity(written.entity).name().qualified.to_string(),
        doc: None,
        rules: written.rules.iter().map(|written| rule(written, sources)).collect(),
        fields: Vec::new(),
    };
    model.policies.iter().map(policy).collect()
}

fn rule(written: &model::Rule, sources: &SourceSet) -> Rule {
    let grantee = |role: &smol_str::SmolStr| Grantee { role: role.to_string(), derived: None, when: None };
    Rule {
        id: written.id.to_string(),
        effect: Effect::Allow,
        actions: written.allow.iter().copied().collect(),
        to: written.to.iter().map(grantee).collect(),
        when: None,
        after: None,
        message: None,
        obligation: None,
        output: None,
        place: place(written.span, sources),
    }
}

/// Where a span begins.
fn place(span: Span, sources: &SourceSet) -> Place {
    let line = sources.get(span.file).map_or(0, |file| file.line_index(span.start) + 1);
    Place { file: sources.path(span.file).to_owned(), line: u32::try_from(line).unwrap_or(u32::MAX) }
}
