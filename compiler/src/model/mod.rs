//! A package as meant: every name is an id, every named type is expanded, and every field is listed, those of
//! the runtime first. `resolve` makes it, `check` judges it, `lower` reads it.
//!
//! May not enter: YAML, text that still has to be looked up, decisions about databases beyond their names.

mod arena;
mod entity;
mod expression;
mod field;
mod package;
pub mod policy;
pub mod system;

pub use arena::{Arena, Id};
pub use entity::{
    Check, Entity, EntityId, EntityPlaces, EntityRef, Index, IndexColumn, Name, Numbering, Owner, Unique,
};
pub use expression::{ExprId, Expression, Role};
pub use field::{Computed, CopyFrom, Field, FieldId, FieldRef, FieldType, Origin, Places, Scalar};
pub use package::{Attribute, Enum, EnumId, EnumValue, Package};
pub use policy::{Policies, Policy};

/// A package whose names are resolved.
///
/// After mistakes it is still whole: what could not be understood is marked `poisoned` and has a stand-in.
/// Inside a [`crate::check::Checked`] nothing is poisoned.
#[derive(Debug, Clone)]
pub struct Model {
    /// Facts about the package as a whole.
    pub package: Package,
    /// Sorted by qualified name.
    pub entities: Arena<Entity>,
    /// Sorted by qualified name; enums written inside a field are among them.
    pub enums: Arena<Enum>,
    /// Sorted by qualified name.
    pub policies: Policies,
    /// Every expression of the package, in the order of their owners.
    pub expressions: Arena<Expression>,
}

impl Model {
    /// Every entity, sorted by qualified name.
    pub fn entities(&self) -> impl Iterator<Item = EntityRef<'_>> {
        self.entities.ids().map(|id| self.entity(id))
    }

    /// The entity with this id.
    #[must_use]
    pub fn entity(&self, id: EntityId) -> EntityRef<'_> {
        EntityRef::new(self, id)
    }

    /// The entity with this qualified name.
    #[must_use]
    pub fn entity_named(&self, qualified: &str) -> Option<EntityRef<'_>> {
        let id = self.entities.binary_search_by(|e| e.name.qualified.as_str().cmp(qualified))?;
        Some(self.entity(id))
    }

    /// The enum with this qualified name.
    #[must_use]
    pub fn enum_named(&self, qualified: &str) -> Option<&Enum> {
        let id = self.enums.binary_search_by(|e| e.name.qualified.as_str().cmp(qualified))?;
        Some(&self.enums[id])
    }
}
