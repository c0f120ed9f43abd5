//! Whether another build finds its records in the tables that are there.

use std::collections::BTreeSet;

use athyper_schemas::bundle::{Policy, Rule};
use athyper_schemas::ir::Node;

use crate::catalog::{Catalog, Entity};
use crate::sql::write;

/// Whether everything that the rules about an entity of `candidate` look at has its place in the tables of `served`.
///
/// # Errors
/// What has not.
pub(super) fn fits(served: &Catalog, candidate: &Catalog, entity: &Entity) -> Result<(), String> {
    let mut needed = BTreeSet::from([entity.name().to_owned()]);
    for node in conditions(entity) {
        node.each(&mut |node| {
            if let Node::Field(access) = node {
                needed.insert(access.entity.clone());
            }
        });
    }
    let mut open: Vec<String> = needed.iter().cloned().collect();
    while let Some(name) = open.pop() {
        let Some(of) = candidate.named(&name) else { continue };
        has_its_place(served, of)?;
        for child in of.fields().iter().filter_map(|field| field.children()) {
            let child = candidate.entity(child).name().to_owned();
            if needed.insert(child.clone()) {
                open.push(child);
            }
        }
    }
    Ok(())
}

fn has_its_place(served: &Catalog, entity: &Entity) -> Result<(), String> {
    let name = entity.name();
    let there = served.named(name).filter(|there| there.table() == entity.table());
    let there = there.ok_or_else(|| format!("the database has no table for `{name}` of the candidate"))?;
    for field in write::stored(entity) {
        let column = write::stored(there).find(|other| other.column() == field.column());
        if !column.is_some_and(|other| other.rules().kind() == field.rules().kind()) {
            return Err(format!(
                "the database has no column for `{name}.{}` of the candidate, or one of another type",
                field.name()
            ));
        }
    }
    Ok(())
}

/// Every condition of the rules about an entity.
pub(super) fn conditions(entity: &Entity) -> impl Iterator<Item = &Node> {
    let rules = entity.policies().iter().flat_map(|policy: &Policy| &policy.rules);
    rules.flat_map(Rule::conditions).map(|expr| &expr.root)
}
