//! What expressions may look at: the model, as the expression language asks for it.

use std::collections::BTreeMap;

use athyper_expr::{Ingredient, Scope};
use athyper_schemas::ir::{Kind, Ty};

use crate::model::{EntityId, FieldId, FieldRef, FieldType, Model, Role};
use crate::resolve::scalar_kind;

/// Whether the value of a computed field may be null, as far as it was found out.
pub(super) type Nullability = BTreeMap<(EntityId, FieldId), bool>;

/// The surroundings of one expression.
pub(super) struct Surroundings<'m> {
    /// The model.
    pub model: &'m Model,
    /// The entity of the expression.
    pub entity: EntityId,
    /// What the expression is for.
    pub role: Role,
    /// What is known about computed fields.
    pub nullability: &'m Nullability,
}

impl Scope for Surroundings<'_> {
    fn this(&self) -> Option<&str> {
        let name = self.model.entity(self.entity).name();
        (!matches!(self.role, Role::Default(_))).then_some(name.qualified.as_str())
    }

    fn field(&self, entity: &str, name: &str) -> Option<Ty> {
        let field = self.model.entity_named(entity)?.field_named(name)?;
        Some(Ty { kind: kind(self.model, &field.get().ty), nullable: self.is_nullable(field) })
    }

    fn field_names(&self, entity: &str) -> Vec<String> {
        let entity = self.model.entity_named(entity);
        entity
            .map(|entity| entity.fields().map(|field| field.name().to_string()).collect())
            .unwrap_or_default()
    }

    fn enum_values(&self, name: &str) -> Option<Vec<String>> {
        let declared = self.model.enum_named(name)?;
        Some(declared.values.iter().map(|value| value.name.to_string()).collect())
    }

    fn user(&self, attribute: &str) -> Option<Ty> {
        let found = self.model.package.user.iter().find(|known| known.name == attribute)?;
        Some(Ty { kind: kind(self.model, &found.ty), nullable: !found.required })
    }

    fn user_attributes(&self) -> Vec<String> {
        self.model.package.user.iter().map(|attribute| attribute.name.to_string()).collect()
    }

    fn allows(&self, ingredient: Ingredient) -> bool {
        match self.role {
            Role::Default(_) => matches!(ingredient, Ingredient::User | Ingredient::Clock),
            Role::Computed(field) if self.is_stored(field) => ingredient == Ingredient::Children,
            Role::Computed(_) | Role::Check => {
                matches!(ingredient, Ingredient::References | Ingredient::Children | Ingredient::Clock)
            }
        }
    }
}

impl Surroundings<'_> {
    fn is_stored(&self, field: FieldId) -> bool {
        let field = self.model.entity(self.entity).field(field);
        field.get().computed.is_some_and(|computed| computed.stored)
    }

    fn is_nullable(&self, field: FieldRef<'_>) -> bool {
        if matches!(field.get().ty, FieldType::Children(_)) {
            return false;
        }
        let place = (field.entity().id(), field.id());
        self.nullability.get(&place).copied().unwrap_or(!field.get().required)
    }
}

/// The kind of value that a field type is in expressions.
pub(super) fn kind(model: &Model, ty: &FieldType) -> Kind {
    match ty {
        FieldType::Scalar(scalar) => scalar_kind(scalar),
        FieldType::Enum(id) => Kind::Enum(model.enums[*id].name.qualified.to_string()),
        FieldType::Ref { target, .. } => Kind::Record(model.entity(*target).name().qualified.to_string()),
        FieldType::List(item) => list_of(kind(model, item)),
        FieldType::Children(child) => {
            list_of(Kind::Record(model.entity(*child).name().qualified.to_string()))
        }
    }
}

fn list_of(kind: Kind) -> Kind {
    Kind::List(Box::new(Ty { kind, nullable: false }))
}
