//! The names that a client's filter may use: the fields he may see, through the references he may follow.

use athyper_expr::check::{Ingredient, Scope};
use athyper_schemas::ir::{Kind, Ty};

use crate::catalog::{Entity, Field};
use crate::policy::Access;
use crate::value::rules::kind_of;

/// The surroundings of a filter.
#[derive(Debug)]
pub(super) struct Vocabulary<'a>(pub &'a Access);

impl Vocabulary<'_> {
    /// The access to the records of this entity, through its owners if they are owned.
    pub(super) fn reach(&self, name: &str) -> Option<Access> {
        let catalog = self.0.scope().catalog();
        let entity = catalog.named(name)?;
        if entity.id() == self.0.entity().id() {
            return Some(self.0.clone());
        }
        let Some(owner) = entity.owner() else { return self.0.follow(entity.id()).ok() };
        let owner = self.reach(catalog.entity(owner).name())?;
        let holder = owner.entity().fields().iter().find(|f| f.children() == Some(entity.id()))?;
        owner.children(holder.id())
    }

    fn visible<'e>(access: &Access, entity: &'e Entity, name: &str) -> Option<&'e Field> {
        entity.named(name).filter(|field| access.visible().contains(field.id()))
    }
}

/// The type of a field where its record is there. A reference that may not be followed is only an id.
pub(super) fn type_of(access: &Access, field: &Field) -> Ty {
    let catalog = access.scope().catalog();
    let kind = if let Some(child) = field.children() {
        let record = Kind::Record(catalog.entity(child).name().to_owned());
        Kind::List(Box::new(Ty { kind: record, nullable: false }))
    } else if let Some(target) = field.reference().filter(|target| access.follow(*target).is_ok()) {
        Kind::Record(catalog.entity(target).name().to_owned())
    } else {
        kind_of(&field.def().ty)
    };
    Ty { kind, nullable: !field.def().required && field.children().is_none() }
}

impl Scope for Vocabulary<'_> {
    fn this(&self) -> Option<&str> {
        Some(self.0.entity().name())
    }

    fn field(&self, entity: &str, name: &str) -> Option<Ty> {
        let access = self.reach(entity)?;
        Self::visible(&access, access.entity(), name).map(|field| type_of(&access, field))
    }

    fn field_names(&self, entity: &str) -> Vec<String> {
        let Some(access) = self.reach(entity) else { return Vec::new() };
        let visible = access.entity().fields().iter().filter(|f| access.visible().contains(f.id()));
        visible.map(|f| f.name().to_owned()).collect()
    }

    fn enum_values(&self, name: &str) -> Option<Vec<String>> {
        let found = self.0.scope().catalog().enumeration(name)?;
        Some(found.values.iter().map(|value| value.name.clone()).collect())
    }

    fn user(&self, attribute: &str) -> Option<Ty> {
        let known = self.0.scope().catalog().attributes().iter().find(|known| known.name == attribute);
        known.map(|known| known.ty.clone())
    }

    fn user_attributes(&self) -> Vec<String> {
        self.0.scope().catalog().attributes().iter().map(|attribute| attribute.name.clone()).collect()
    }

    fn allows(&self, ingredient: Ingredient) -> bool {
        ingredient != Ingredient::Old
    }
}
