//! Checked -> Bundle: every derived decision is taken here (names, keys, indexes, labels, what a database can
//! hold by itself). Cannot fail: what could not be decided was refused by `check`.

use athyper_schemas::bundle::{self, Bundle, UserAttribute};
use athyper_schemas::ir::{Kind, Ty};

use crate::check::Checked;
use crate::model;
use crate::naming;
use crate::resolve::scalar_kind;
use crate::source::SourceSet;

mod entity;
mod field;
mod key;
mod policy;
mod row;

/// The Bundle of a sound package. The sources only tell on which lines rules stand.
#[must_use]
pub fn lower(checked: &Checked, sources: &SourceSet) -> Bundle {
    let model = checked.model();
    Bundle {
        package: package(&model.package),
        entities: entity::all(checked),
        enums: model.enums.iter().map(enumeration).collect(),
        policies: policy::all(checked, sources),
    }
}

fn package(written: &model::Package) -> bundle::Package {
    bundle::Package {
        name: written.name.to_string(),
        doc: written.doc.clone(),
        dialects: written.dialects.iter().copied().collect(),
        user: user(&written.user),
    }
}

fn user(written: &[model::Attribute]) -> Vec<UserAttribute> {
    let attribute = |attribute: &model::Attribute| UserAttribute {
        name: attribute.name.to_string(),
        ty: Ty { kind: attribute_kind(&attribute.ty), nullable: !attribute.required },
        claim: match &attribute.claim {
            Some(claim) => claim.to_string(),
            None if attribute.name == "id" => "sub".to_owned(),
            None => attribute.name.to_string(),
        },
    };
    let mut user: Vec<_> = written.iter().map(attribute).collect();
    user.sort_by(|a, b| a.name.cmp(&b.name));
    user
}

/// The kind of an attribute: a scalar or a list of one, as `resolve` made sure.
fn attribute_kind(ty: &model::FieldType) -> Kind {
    match ty {
        model::FieldType::Scalar(scalar) => scalar_kind(scalar),
        model::FieldType::List(item) => {
            Kind::List(Box::new(Ty { kind: attribute_kind(item), nullable: false }))
        }
        _ => Kind::Json,
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
