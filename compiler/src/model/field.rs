//! Fields as meant: a type with every argument decided, limits in one form, and where the value comes from.

use athyper_schemas::bundle::{Limits, OnDelete, System};
use athyper_schemas::field_types::{self, Storage, TypeFacts};
use smol_str::SmolStr;

use super::{EntityId, EntityRef, EnumId, ExprId, Id};
use crate::ast::Text;
use crate::source::Span;

/// The place of a field in its entity.
pub type FieldId = Id<Field>;

/// A field of an entity.
#[derive(Debug, Clone)]
pub struct Field {
    /// The same word in YAML, JSON, URL and Rust.
    pub name: SmolStr,
    /// Where the name stands; for fields nobody wrote, the name of the entity.
    pub span: Span,
    /// Who brought it in.
    pub origin: Origin,
    /// For people; derived from the name when absent.
    pub label: Option<String>,
    /// What the field stands for.
    pub doc: Option<String>,
    /// Its type.
    pub ty: FieldType,
    /// Where the type stands.
    pub ty_span: Span,
    /// Whether null is refused.
    pub required: bool,
    /// Where it says that no two records share a value.
    pub unique: Option<Span>,
    /// Where it asks for an index.
    pub index: Option<Span>,
    /// What a create without it gets.
    pub default: Option<ExprId>,
    /// Set when the value follows from others.
    pub computed: Option<Computed>,
    /// Set when the value is copied from a reference.
    pub copy: Option<CopyFrom>,
    /// Bounds beyond those of the type, in the one form of their type.
    pub limits: Limits,
    /// Whether it says something about a person.
    pub personal: bool,
    /// The name before a rename.
    pub was: Option<Text>,
    /// Lints that are not said about this field.
    pub quiet: Vec<SmolStr>,
    /// Where its parts stand.
    pub places: Places,
    /// A mistake in it was told already: its type is a stand-in and nothing more is asked of it.
    pub poisoned: bool,
}

/// Where the parts of a field stand, as far as they were written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Places {
    /// `!` or `required`.
    pub required: Option<Span>,
    /// `stored`.
    pub stored: Option<Span>,
    /// `copy`.
    pub copy: Option<Span>,
    /// `on_delete`.
    pub on_delete: Option<Span>,
}

/// Who brought a field in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The runtime owns it.
    System(System),
    /// A trait adds it; people write it like any other.
    Trait,
    /// The author wrote it.
    Declared,
}

/// A field's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// A row of the table of facts with its arguments.
    Scalar(Scalar),
    /// One of the values of an enum.
    Enum(EnumId),
    /// A reference to a record.
    Ref {
        /// Of this entity.
        target: EntityId,
        /// What happens to the holder when the target goes.
        on_delete: OnDelete,
    },
    /// A list of scalars or enum values.
    List(Box<FieldType>),
    /// Owned records of this entity.
    Children(EntityId),
}

/// A scalar type, all arguments decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar {
    /// Its row.
    pub facts: &'static TypeFacts,
    /// Longest text in characters; set for every text.
    pub max_length: Option<u32>,
    /// Digits and digits behind the point; set for every decimal.
    pub decimal: Option<(u8, u8)>,
}

impl Scalar {
    /// The type that `facts` describes, without arguments.
    #[must_use]
    pub const fn plain(facts: &'static TypeFacts) -> Self {
        Self { facts, max_length: facts.default_max_length, decimal: facts.default_decimal }
    }
}

impl FieldType {
    /// The plain scalar type with this name; anything that is no type of that table is a JSON document.
    #[must_use]
    pub fn plain(name: &str) -> Self {
        Self::Scalar(Scalar::plain(field_types::facts(name).unwrap_or(&field_types::UNKNOWN)))
    }

    /// The row of facts about it.
    #[must_use]
    pub fn facts(&self) -> &'static TypeFacts {
        let name = match self {
            Self::Scalar(scalar) => return scalar.facts,
            Self::Enum(_) => "enum",
            Self::Ref { .. } => "ref",
            Self::List(_) => "list",
            Self::Children(_) => "children",
        };
        field_types::facts(name).unwrap_or(&field_types::UNKNOWN)
    }

    /// How its values are stored.
    #[must_use]
    pub fn storage(&self) -> Storage {
        self.facts().storage
    }
}

/// A value that follows from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Computed {
    /// How.
    pub value: ExprId,
    /// Stored and kept up to date, or computed by each read.
    pub stored: bool,
}

/// Where a copied value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyFrom {
    /// The reference field of the same entity.
    pub reference: FieldId,
    /// The entity it points at.
    pub target: EntityId,
    /// The field of that entity.
    pub field: FieldId,
}

/// A field of a model: small, copied freely, with the questions that phases ask.
#[derive(Debug, Clone, Copy)]
pub struct FieldRef<'m> {
    entity: EntityRef<'m>,
    id: FieldId,
}

impl<'m> FieldRef<'m> {
    pub(super) fn new(entity: EntityRef<'m>, id: FieldId) -> Self {
        Self { entity, id }
    }

    /// The entity it belongs to.
    #[must_use]
    pub fn entity(self) -> EntityRef<'m> {
        self.entity
    }

    /// Its place in the entity.
    #[must_use]
    pub fn id(self) -> FieldId {
        self.id
    }

    /// What was said about it.
    #[must_use]
    pub fn get(self) -> &'m Field {
        &self.entity.get().fields[self.id]
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'m SmolStr {
        &self.get().name
    }

    /// The entity it refers to, for a reference.
    #[must_use]
    pub fn refers_to(self) -> Option<EntityRef<'m>> {
        match self.get().ty {
            FieldType::Ref { target, .. } => Some(self.entity.model().entity(target)),
            _ => None,
        }
    }

    /// The entity whose records it owns, for children.
    #[must_use]
    pub fn owns(self) -> Option<EntityRef<'m>> {
        match self.get().ty {
            FieldType::Children(child) => Some(self.entity.model().entity(child)),
            _ => None,
        }
    }

    /// Whether the author wrote it.
    #[must_use]
    pub fn is_declared(self) -> bool {
        self.get().origin == Origin::Declared
    }

    /// Its column: none for children and for values that each read computes.
    #[must_use]
    pub fn column(self) -> Option<String> {
        let field = self.get();
        let read_computed = field.computed.is_some_and(|c| !c.stored);
        match field.ty {
            FieldType::Children(_) => None,
            _ if read_computed => None,
            FieldType::Ref { .. } => Some(crate::naming::reference_column(&field.name)),
            _ => Some(field.name.to_string()),
        }
    }
}
