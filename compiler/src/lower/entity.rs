//! Entities: URL, labels, title, search fields, checks, numbering. Keys and indexes are in `key`.

use std::collections::BTreeMap;

use athyper_schemas::bundle::{Check, Entity, Numbering, Owner};

use super::{field, key, row};
use crate::check::{Checked, policy_indexes};
use crate::model::{EntityRef, FieldId, FieldRef};
use crate::naming;

pub(super) fn all(checked: &Checked) -> Vec<Entity> {
    let model = checked.model();
    let mut modules: BTreeMap<&str, usize> = BTreeMap::new();
    for entity in model.entities() {
        *modules.entry(&entity.name().short).or_default() += 1;
    }
    let cycles = key::Cycles::of(model);
    model
        .entities()
        .map(|entity| {
            let name = entity.name();
            let shared = modules.get(name.short.as_str()).is_some_and(|count| *count > 1);
            let url = if shared { &name.qualified } else { &name.short };
            lower(checked, entity, url, &cycles)
        })
        .collect()
}

fn lower(checked: &Checked, entity: EntityRef<'_>, url: &str, cycles: &key::Cycles) -> Entity {
    let (written, table) = (entity.get(), entity.table());
    let label = written.label.clone().unwrap_or_else(|| naming::label(&entity.name().short));
    let natural_key = key::natural(entity);
    let unique = key::unique(entity, &table, &natural_key);
    let title = title(entity, &natural_key);
    let mut lowered = Entity {
        name: entity.name().qualified.to_string(),
        url: url.to_owned(),
        plural: written.plural.clone().unwrap_or_else(|| plural(&label)),
        label,
        doc: written.doc.clone(),
        class: written.class,
        traits: written.traits.clone(),
        owner: written.owner.map(|owner| {
            let holder = checked.model().entity(owner.entity);
            Owner {
                entity: holder.name().qualified.to_string(),
                field: holder.field(owner.field).name().to_string(),
            }
        }),
        search: search(entity, title, &natural_key),
        title: title.map(|title| title.name().to_string()),
        natural_key: names(entity, &natural_key),
        fields: field::all(checked, entity),
        checks: checks(checked, entity),
        indexes: key::indexes(entity, &table, &unique, &policy_indexes(checked, entity)),
        foreign_keys: key::foreign(entity, &table, cycles),
        unique,
        number: number(entity),
        was: written.was.as_ref().map(|was| was.value.to_string()),
        table,
    };
    row::decide(&mut lowered);
    lowered
}

/// The names of these fields.
pub(super) fn names(entity: EntityRef<'_>, fields: &[FieldId]) -> Vec<String> {
    fields.iter().map(|id| entity.field(*id).name().to_string()).collect()
}

/// `Purchase order` as `Purchase orders`, `Currency` as `Currencies`, `Box` as `Boxes`.
fn plural(label: &str) -> String {
    let before_y = label.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    if let Some(stem) = before_y {
        return format!("{stem}ies");
    }
    let hisses = ["s", "x", "z", "ch", "sh"].iter().any(|end| label.ends_with(end));
    format!("{label}{}", if hisses { "es" } else { "s" })
}

/// The written title; else the field people would call one; else the first text of the natural key.
fn title<'m>(entity: EntityRef<'m>, natural_key: &[FieldId]) -> Option<FieldRef<'m>> {
    let written = entity.get().title.map(|id| entity.field(id));
    let usual =
        || ["name", "title", "label"].iter().find_map(|name| entity.field_named(name)).filter(is_line);
    let key = || natural_key.iter().map(|id| entity.field(*id)).find(is_line);
    written.or_else(usual).or_else(key)
}

/// The written search fields; else the title and the texts of the natural key, when `search=` can look in them.
fn search(entity: EntityRef<'_>, title: Option<FieldRef<'_>>, natural_key: &[FieldId]) -> Vec<String> {
    if !entity.get().search.is_empty() {
        return names(entity, &entity.get().search);
    }
    let mut found: Vec<FieldId> = Vec::new();
    let key = natural_key.iter().map(|id| entity.field(*id));
    for field in title.into_iter().chain(key).filter(is_line) {
        if !found.contains(&field.id()) {
            found.push(field.id());
        }
    }
    names(entity, &found)
}

/// Whether it is one line of text in a column of its own.
fn is_line(field: &FieldRef<'_>) -> bool {
    field.get().ty.facts().name == "string" && field.column().is_some()
}

fn checks(checked: &Checked, entity: EntityRef<'_>) -> Vec<Check> {
    let lower = |check: &crate::model::Check| Check {
        name: check.name.to_string(),
        assert: checked.expression(check.assert).clone(),
        message: check.message.clone(),
        in_database: false,
    };
    entity.get().checks.iter().map(lower).collect()
}

fn number(entity: EntityRef<'_>) -> Option<Numbering> {
    let number = entity.get().number.as_ref()?;
    Some(Numbering {
        field: entity.field(number.field).name().to_string(),
        format: number.format.clone(),
        reset: number.reset,
        gapless: number.gapless,
    })
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn plurals_read_well() {
        for (one, many) in [
            ("Purchase order", "Purchase orders"),
            ("Currency", "Currencies"),
            ("Day", "Days"),
            ("Box", "Boxes"),
            ("Address", "Addresses"),
        ] {
            assert_eq!(plural(one), many);
        }
    }
}
