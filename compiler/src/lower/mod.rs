//! Checked -> Bundle: every derived decision is taken here (names, keys, indexes, labels, what a database can
//! hold by itself). Cannot fail: what could not be decided was refused by `check`.

use athyper_schemas::bundle::{self, Bundle};

use crate::check::Checked;
use crate::model::{self, Model};
use crate::naming;

mod entity;
mod field;
mod key;
mod row;

/// The Bundle of a sound package.
#[must_use]
pub fn lower(checked: &Checked) -> Bundle {
    let model = checked.model();
    Bundle {
        package: package(&model.package),
        entities: entity::all(checked),
        enums: model.enums.iter().map(enumeration).collect(),
        policies: model.policies.iter().map(|written| policy(model, written)).collect(),
    }
}

fn package(written: &model::Package) -> bundle::Package {
    bundle::Package {
        name: written.name.to_string(),
        doc: written.doc.clone(),
        dialects: written.dialects.iter().copied().collect(),
    }
}

fn enumeration(written: &model::Enum) -> bundle::Enum {
    let value = |value: &model::EnumValue| bundle::EnumValue {
        name: value.name.to_string(),
        label: value.label.clone().unwrap_or_else(|| naming::label(&value.name)),
    };
    bundle::Enum {
        name: written.name.qualified.to_string(),
        label: written.label.clone().unwrap_or_else(|| naming::label(&written.name.short)),
        doc: written.doc.clone(),
        values: written.values.iter().map(value).collect(),
    }
}

fn policy(model: &Model, written: &model::Policy) -> bundle::Policy {
    let rule = |rule: &model::Rule| bundle::Rule {
        id: rule.id.to_string(),
        allow: rule.allow.iter().copied().collect(),
        to: rule.to.iter().map(ToString::to_string).collect(),
    };
    bundle::Policy {
        name: written.name.qualified.to_string(),
        entity: model.entity(written.entity).name().qualified.to_string(),
        rules: written.rules.iter().map(rule).collect(),
    }
}
