//! What changes about an entity that both models know.

use athyper_schemas::bundle::{Check, Entity, Index, Unique};

use super::facts::Kind;
use super::{Change, field};
use crate::diff::{Pair, alike};

pub(super) fn compare(pair: Pair<'_>, old: &Entity, new: &Entity, changes: &mut Vec<Change>) {
    let mut say = |kind, detail: String| changes.push(Change::new(kind, &new.name, detail));
    if old.url != new.url && old.name.rsplit('.').next() == new.name.rsplit('.').next() {
        say(Kind::UrlChanged, format!("{} to {}", old.url, new.url));
    }
    if old.owner != new.owner {
        let owner = |entity: &Entity| {
            entity.owner.as_ref().map_or_else(|| "nobody".to_owned(), |o| format!("{}.{}", o.entity, o.field))
        };
        say(Kind::OwnerChanged, format!("{} to {}", owner(old), owner(new)));
    }
    if old.class != new.class {
        say(Kind::ClassChanged, format!("{} to {}", word(&old.class), word(&new.class)));
    }
    for added in new.traits.difference(&old.traits) {
        say(Kind::TraitAdded, word(added));
    }
    for gone in old.traits.difference(&new.traits) {
        say(Kind::TraitRemoved, word(gone));
    }
    if old.natural_key != new.natural_key {
        say(Kind::NaturalKeyChanged, format!("{:?} to {:?}", old.natural_key, new.natural_key));
    }
    if old.number != new.number {
        say(Kind::NumberingChanged, String::new());
    }
    if old.search != new.search {
        say(Kind::SearchChanged, format!("{:?} to {:?}", old.search, new.search));
    }
    fields(pair, old, new, changes);
    checks(pair, old, new, changes);
    uniques(old, new, changes);
    indexes(old, new, changes);
}

fn fields(pair: Pair<'_>, old: &Entity, new: &Entity, changes: &mut Vec<Change>) {
    let subject = |name: &str| format!("{}.{name}", new.name);
    // What the server keeps follows from the traits.
    for before in old.fields.iter().filter(|field| field.system.is_none()) {
        match new.field(&before.name) {
            Some(now) => field::compare(pair, &subject(&now.name), (before, now), changes),
            None => changes.push(Change::new(Kind::FieldRemoved, subject(&before.name), "")),
        }
    }
    for now in new.fields.iter().filter(|field| field.system.is_none()) {
        if old.field(&now.name).is_none() {
            let given = now.default.is_some() || now.computed.is_some() || now.copy.is_some();
            let numbered = new.number.as_ref().is_some_and(|number| number.field == now.name);
            let kind = match now.required && !now.ty.is_children() {
                true if given || numbered => Kind::RequiredFieldWithDefaultAdded,
                true => Kind::RequiredFieldAdded,
                false => Kind::FieldAdded,
            };
            changes.push(Change::new(kind, subject(&now.name), field::shown(&now.ty)));
        }
    }
}

fn checks(pair: Pair<'_>, old: &Entity, new: &Entity, changes: &mut Vec<Change>) {
    let subject = |check: &Check| format!("{}.{}", new.name, check.name);
    for before in &old.checks {
        let Some(now) = new.checks.iter().find(|now| now.name == before.name) else {
            changes.push(Change::new(Kind::CheckRemoved, subject(before), &before.assert.source));
            continue;
        };
        if alike::node(&before.assert.root, pair.old) != alike::node(&now.assert.root, pair.new) {
            let detail = format!("{} to {}", before.assert.source, now.assert.source);
            changes.push(Change::new(Kind::CheckChanged, subject(now), detail));
        }
    }
    let known = |now: &Check| old.checks.iter().any(|before| before.name == now.name);
    let added = new.checks.iter().filter(|now| !known(now));
    changes.extend(added.map(|now| Change::new(Kind::CheckAdded, subject(now), &now.assert.source)));
}

/// Uniqueness is what its fields are, whatever it is called.
fn uniques(old: &Entity, new: &Entity, changes: &mut Vec<Change>) {
    let known = |of: &Entity, unique: &Unique| of.unique.iter().any(|other| other.fields == unique.fields);
    let say = |kind, unique: &Unique| Change::new(kind, &new.name, unique.fields.join(", "));
    let gone = old.unique.iter().filter(|unique| !known(new, unique));
    changes.extend(gone.map(|unique| say(Kind::UniqueRemoved, unique)));
    let added = new.unique.iter().filter(|unique| !known(old, unique));
    changes.extend(added.map(|unique| say(Kind::UniqueAdded, unique)));
}

fn indexes(old: &Entity, new: &Entity, changes: &mut Vec<Change>) {
    let known = |of: &Entity, index: &Index| of.indexes.iter().any(|other| other.columns == index.columns);
    let say = |kind, index: &Index| {
        let column = |column: &athyper_schemas::bundle::IndexColumn| {
            format!("{}{}", column.field, if column.descending { " desc" } else { "" })
        };
        Change::new(kind, &new.name, index.columns.iter().map(column).collect::<Vec<_>>().join(", "))
    };
    let gone = old.indexes.iter().filter(|index| !known(new, index));
    changes.extend(gone.map(|index| say(Kind::IndexRemoved, index)));
    let added = new.indexes.iter().filter(|index| !known(old, index));
    changes.extend(added.map(|index| say(Kind::IndexAdded, index)));
}

/// A word of the model as it is written in YAML.
pub(super) fn word<T: serde::Serialize>(value: &T) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}
