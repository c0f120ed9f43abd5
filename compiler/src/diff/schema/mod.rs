//! What changes for clients and for stored data. How much each change can hurt is in the table of [`facts`].

use athyper_expr::check::type_name;
use athyper_schemas::bundle::{Bundle, Entity, Enum, Package};
use serde::Serialize;

use super::rename::Names;
use super::{Only, Pair};

mod entity;
mod facts;
mod field;
mod rule;

use facts::Kind;
pub use facts::{Class, Facts, TABLE};

/// A change for clients or for stored data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// How much it can hurt.
    pub class: Class,
    /// What kind of change it is, as the manual lists them.
    pub kind: &'static str,
    /// What changes, `module.Entity.field`.
    pub subject: String,
    /// From what to what.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Why it is in its class.
    pub why: &'static str,
    /// What stored data needs.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub data: &'static str,
}

impl Change {
    fn new(kind: Kind, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        let Facts { name, class, why, data } = kind.facts();
        Self { class, kind: name, subject: subject.into(), detail: detail.into(), why, data }
    }
}

/// Every change, the worst first. The old model is in the names of the new one.
pub(super) fn compare(pair: Pair<'_>, names: &Names, only: &Only) -> Vec<Change> {
    let mut changes = Vec::new();
    for (was, now) in &names.entities {
        if pair.new.entity(now).is_some_and(|entity| only.speaks_of(entity)) {
            changes.push(Change::new(Kind::EntityRenamed, now, format!("was {was}")));
        }
    }
    for ((was, field), now) in &names.fields {
        let entity = names.entities.get(was).unwrap_or(was);
        if pair.new.entity(entity).is_some_and(|entity| only.speaks_of(entity)) {
            changes.push(Change::new(Kind::FieldRenamed, format!("{entity}.{now}"), format!("was {field}")));
        }
    }
    entities(pair, only, &mut changes);
    if only.entities.is_empty() {
        enums(&pair.old.enums, &pair.new.enums, &mut changes);
        package(&pair.old.package, &pair.new.package, &mut changes);
    }
    changes.sort_by(|a, b| (a.class, &a.subject, a.kind).cmp(&(b.class, &b.subject, b.kind)));
    changes
}

fn entities(pair: Pair<'_>, only: &Only, changes: &mut Vec<Change>) {
    let kept = |bundle: &Bundle, entity: &Entity| bundle.entity(&entity.name).is_some();
    let gone = pair.old.entities.iter().filter(|entity| !kept(pair.new, entity) && only.speaks_of(entity));
    changes.extend(gone.map(|entity| Change::new(Kind::EntityRemoved, &entity.name, "")));
    for new in pair.new.entities.iter().filter(|entity| only.speaks_of(entity)) {
        match pair.old.entity(&new.name) {
            Some(old) => {
                entity::compare(pair, old, new, changes);
                rule::compare(pair, &new.name, changes);
            }
            None => changes.push(Change::new(Kind::EntityAdded, &new.name, "")),
        }
    }
}

fn enums(old: &[Enum], new: &[Enum], changes: &mut Vec<Change>) {
    for before in old {
        let Some(now) = new.iter().find(|now| now.name == before.name) else {
            changes.push(Change::new(Kind::EnumRemoved, &before.name, ""));
            continue;
        };
        let (was, is) = (names(before), names(now));
        let only_in = |one: &[String], other: &[String]| {
            one.iter().filter(|value| !other.contains(value)).cloned().collect::<Vec<_>>()
        };
        let value = |kind, value: String| Change::new(kind, format!("{}.{value}", before.name), "");
        changes.extend(only_in(&was, &is).into_iter().map(|gone| value(Kind::EnumValueRemoved, gone)));
        changes.extend(only_in(&is, &was).into_iter().map(|added| value(Kind::EnumValueAdded, added)));
    }
    let added = new.iter().filter(|now| !old.iter().any(|before| before.name == now.name));
    changes.extend(added.map(|now| Change::new(Kind::EnumAdded, &now.name, "")));
}

fn names(found: &Enum) -> Vec<String> {
    found.values.iter().map(|value| value.name.clone()).collect()
}

fn package(old: &Package, new: &Package, changes: &mut Vec<Change>) {
    if old.name != new.name {
        changes.push(Change::new(Kind::PackageRenamed, &new.name, format!("was {}", old.name)));
    }
    for dialect in old.dialects.iter().filter(|dialect| !new.dialects.contains(dialect)) {
        changes.push(Change::new(Kind::DialectRemoved, dialect.facts().name, ""));
    }
    for dialect in new.dialects.iter().filter(|dialect| !old.dialects.contains(dialect)) {
        changes.push(Change::new(Kind::DialectAdded, dialect.facts().name, ""));
    }
    for before in &old.user {
        let subject = format!("user.{}", before.name);
        match new.user.iter().find(|now| now.name == before.name) {
            None => changes.push(Change::new(Kind::AttributeRemoved, subject, "")),
            Some(now) if before.claim != now.claim => {
                let detail = format!("claim {} to {}", before.claim, now.claim);
                changes.push(Change::new(Kind::AttributeChanged, subject, detail));
            }
            // That a token may lack it now refuses none.
            Some(now) if before.ty.kind != now.ty.kind => {
                let detail = format!("{} to {}", type_name(&before.ty.kind), type_name(&now.ty.kind));
                changes.push(Change::new(Kind::AttributeChanged, subject, detail));
            }
            Some(now) if before.ty.nullable && !now.ty.nullable => {
                changes.push(Change::new(Kind::AttributeBecameRequired, subject, ""));
            }
            Some(_) => {}
        }
    }
    for now in new.user.iter().filter(|now| !old.user.iter().any(|before| before.name == now.name)) {
        let kind = if now.ty.nullable { Kind::AttributeAdded } else { Kind::RequiredAttributeAdded };
        changes.push(Change::new(kind, format!("user.{}", now.name), ""));
    }
}
