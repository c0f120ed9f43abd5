//! A field: its type with every argument decided, its limits, and where its value comes from.

use serde::{Deserialize, Serialize};

use crate::field_types::{Storage, TypeFacts};
use crate::ir::{Expr, Kind, Ty};

/// A field of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The same word in YAML, JSON, URL and Rust.
    pub name: String,
    /// The column. A reference `supplier` is stored in `supplier_id`; children and read-time computed fields have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// For people.
    pub label: String,
    /// What the field stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Its type.
    pub ty: FieldType,
    /// Set when the runtime owns the value: nobody can write it through the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<System>,
    /// Whether null is refused.
    pub required: bool,
    /// What a create without it gets; may use `now()`, `today()`, `user.*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Expr>,
    /// Set when the value follows from others: nobody can write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Computed>,
    /// Set when the value is copied from a reference whenever that reference is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<CopyFrom>,
    /// Bounds beyond those of the type.
    #[serde(default, skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// Whether it says something about a person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub personal: bool,
    /// The name before a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

impl Field {
    /// Whether a client may ever send a value. The field of a number series is writable in this sense too: an
    /// import keeps the numbers it brings.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.system.is_none() && self.computed.is_none()
    }

    /// Whether answers may show it.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        self.system != Some(System::DeletedAt)
    }
}

/// A field's type, resolved to a row of the table of facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldType {
    /// The row in [`crate::field_types::TABLE`].
    pub name: String,
    /// Longest text in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// All digits of a decimal, at most 18.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<u8>,
    /// Digits behind the point of a decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u8>,
    /// The enum or entity it points at, `module.Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What happens to the holder of a reference when the target goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_delete: Option<OnDelete>,
    /// The type of the elements of a `list`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Box<FieldType>>,
}

impl FieldType {
    /// The row of facts about this type.
    #[must_use]
    pub fn facts(&self) -> &'static TypeFacts {
        crate::field_types::facts(&self.name).unwrap_or(&crate::field_types::UNKNOWN)
    }

    /// How its values are stored.
    #[must_use]
    pub fn storage(&self) -> Storage {
        self.facts().storage
    }

    /// The kind of value it holds in expressions and columns; a reference holds the id of its target.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let target = || self.target.clone().unwrap_or_default();
        match self.storage() {
            Storage::Text if self.name == "enum" => Kind::Enum(target()),
            Storage::Text => Kind::Text,
            Storage::Int => Kind::Int,
            Storage::Decimal => Kind::Decimal(self.scale.unwrap_or(0)),
            Storage::Bool => Kind::Bool,
            Storage::Date => Kind::Date,
            Storage::Time => Kind::Time,
            Storage::Datetime => Kind::Datetime,
            Storage::Duration => Kind::Duration,
            Storage::Uuid => Kind::Uuid,
            Storage::Json => match &self.item {
                Some(item) => Kind::List(Box::new(Ty { kind: item.kind(), nullable: false })),
                None => Kind::Json,
            },
            Storage::Children => Kind::Record(target()),
        }
    }

    /// Whether it is a reference to another entity.
    #[must_use]
    pub fn is_ref(&self) -> bool {
        self.name == "ref"
    }

    /// Whether it is a list of owned children.
    #[must_use]
    pub fn is_children(&self) -> bool {
        self.name == "children"
    }
}

/// What happens to the holder of a reference when its target is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The delete is refused.
    Restrict,
    /// The holder is deleted too.
    Cascade,
    /// The reference becomes null.
    SetNull,
}

/// The fields the runtime owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// UUIDv7; a client may not choose it.
    Id,
    /// Counts writes; the ETag.
    Version,
    /// When it was made.
    CreatedAt,
    /// By whom: the `sub` of the principal.
    CreatedBy,
    /// When it was last written.
    UpdatedAt,
    /// By whom.
    UpdatedBy,
    /// When it was soft-deleted; never in answers.
    DeletedAt,
    /// The owner's id, on owned children.
    Parent,
    /// The place among the siblings from 0, on owned children.
    Position,
}

/// A value that follows from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Computed {
    /// How.
    pub value: Expr,
    /// Stored and kept up to date with every write, or computed by each read.
    pub stored: bool,
    /// Stored by the database itself (`GENERATED ALWAYS AS ... STORED`): a statement that writes it is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub generated: bool,
}

/// Where a copied value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyFrom {
    /// The reference field of the same entity.
    pub reference: String,
    /// The field of its target.
    pub field: String,
}

/// Bounds on a value beyond those of its type. Numbers and times are written as text in the type's JSON form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Smallest allowed value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// Largest allowed value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// Fewest characters (of text) or items (of a list).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Most items of a list; for text see [`FieldType::max_length`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u32>,
    /// A regular expression (linear-time dialect) that the whole text matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The only allowed values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

impl Limits {
    /// Whether nothing is bounded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
