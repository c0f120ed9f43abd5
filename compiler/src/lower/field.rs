//! Fields: columns, labels, types with the names of what they point at.

use athyper_schemas::bundle::{Computed, CopyFrom, Field, FieldType, Limits};

use crate::check::Checked;
use crate::model::{self, EntityRef, FieldRef, Model, Origin};
use crate::naming;

/// A list of scalars never holds more.
const MAX_ITEMS: u32 = 1000;

pub(super) fn all(checked: &Checked, entity: EntityRef<'_>) -> Vec<Field> {
    entity.fields().map(|field| lower(checked, field)).collect()
}

fn lower(checked: &Checked, field: FieldRef<'_>) -> Field {
    let written = field.get();
    let system = match written.origin {
        Origin::System(system) => Some(system),
        Origin::Trait | Origin::Declared => None,
    };
    Field {
        name: written.name.to_string(),
        column: field.column(),
        label: written.label.clone().unwrap_or_else(|| label(&written.name)),
        doc: written.doc.clone(),
        ty: ty(checked.model(), &written.ty),
        system,
        required: written.required,
        default: written.default.map(|id| checked.expression(id).clone()),
        computed: written.computed.map(|computed| Computed {
            value: checked.expression(computed.value).clone(),
            stored: computed.stored,
            generated: false,
        }),
        copy: written.copy.map(|copy| CopyFrom {
            reference: field.entity().field(copy.reference).name().to_string(),
            field: checked.model().entity(copy.target).field(copy.field).name().to_string(),
        }),
        limits: limits(written),
        personal: written.personal,
        was: written.was.as_ref().map(|was| was.value.to_string()),
    }
}

fn label(name: &str) -> String {
    if name == "id" { "ID".to_owned() } else { naming::label(name) }
}

fn limits(field: &model::Field) -> Limits {
    let mut limits = field.limits.clone();
    if matches!(field.ty, model::FieldType::List(_)) {
        limits.max_items = Some(limits.max_items.unwrap_or(MAX_ITEMS));
    }
    limits
}

fn ty(model: &Model, written: &model::FieldType) -> FieldType {
    let mut ty = FieldType {
        name: written.facts().name.to_owned(),
        max_length: None,
        precision: None,
        scale: None,
        target: None,
        on_delete: None,
        item: None,
    };
    match written {
        model::FieldType::Scalar(scalar) => {
            ty.max_length = scalar.max_length;
            ty.precision = scalar.decimal.map(|(precision, _)| precision);
            ty.scale = scalar.decimal.map(|(_, scale)| scale);
        }
        model::FieldType::Enum(id) => ty.target = Some(model.enums[*id].name.qualified.to_string()),
        model::FieldType::Ref { target, on_delete } => {
            ty.target = Some(model.entity(*target).name().qualified.to_string());
            ty.on_delete = Some(*on_delete);
        }
        model::FieldType::List(item) => ty.item = Some(Box::new(self::ty(model, item))),
        model::FieldType::Children(child) => {
            ty.target = Some(model.entity(*child).name().qualified.to_string());
        }
    }
    ty
}
