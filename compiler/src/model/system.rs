//! The fields that nobody writes in YAML: those of the runtime, and those a trait adds.

use std::collections::BTreeSet;

use athyper_schemas::bundle::{Limits, OnDelete, System, Trait};
use smol_str::SmolStr;

use super::{EntityId, Field, FieldType, Origin, Places};
use crate::source::Span;

/// Names that no declared field may take in any entity, with the reason.
pub const RESERVED: &[(&str, &str)] = &[
    ("id", "every record has its own `id`"),
    ("tenant_id", "every table keeps the tenant in `tenant_id`"),
    ("version", "every record counts its writes in `version`"),
    ("created_at", "every record says when it was made in `created_at`"),
    ("created_by", "every record says who made it in `created_by`"),
    ("updated_at", "every record says when it was last written in `updated_at`"),
    ("updated_by", "every record says who last wrote it in `updated_by`"),
    ("deleted_at", "the trait `soft_delete` keeps its mark in `deleted_at`"),
    ("user", "`user` is the caller in expressions"),
    ("this", "`this` is the record in expressions"),
    ("old", "`old` is the record before the change in expressions"),
    ("now", "`now()` is the instant of the decision in expressions"),
    ("today", "`today()` is the day of the decision in expressions"),
    ("true", "`true` is a value in expressions"),
    ("false", "`false` is a value in expressions"),
    ("null", "`null` is a value in expressions"),
    ("in", "`in` is an operator in expressions"),
];

/// What decides which fields an entity has beyond those written.
#[derive(Debug, Clone, Copy)]
pub struct Shape<'a> {
    /// The entity itself.
    pub entity: EntityId,
    /// The owner, for owned children.
    pub owner: Option<EntityId>,
    /// Its traits.
    pub traits: &'a BTreeSet<Trait>,
    /// Where these fields are said to stand.
    pub span: Span,
}

/// The fields that come before the declared ones, in their order.
#[must_use]
pub fn fields(shape: Shape<'_>) -> Vec<Field> {
    if let Some(owner) = shape.owner {
        let parent = FieldType::Ref { target: owner, on_delete: OnDelete::Cascade };
        return vec![
            system(shape, "id", System::Id, FieldType::plain("uuid")),
            system(shape, "parent", System::Parent, parent),
            system(shape, "position", System::Position, FieldType::plain("int")),
        ];
    }
    let mut out = vec![
        system(shape, "id", System::Id, FieldType::plain("uuid")),
        system(shape, "version", System::Version, FieldType::plain("int")),
        system(shape, "created_at", System::CreatedAt, FieldType::plain("datetime")),
        system(shape, "created_by", System::CreatedBy, FieldType::plain("string")),
        system(shape, "updated_at", System::UpdatedAt, FieldType::plain("datetime")),
        system(shape, "updated_by", System::UpdatedBy, FieldType::plain("string")),
    ];
    if shape.traits.contains(&Trait::SoftDelete) {
        let deleted_at = system(shape, "deleted_at", System::DeletedAt, FieldType::plain("datetime"));
        out.push(Field { required: false, ..deleted_at });
    }
    if shape.traits.contains(&Trait::Tree) {
        let parent = FieldType::Ref { target: shape.entity, on_delete: OnDelete::Restrict };
        out.push(of_trait(shape, "parent", parent, false));
    }
    if shape.traits.contains(&Trait::EffectiveDated) {
        out.push(of_trait(shape, "valid_from", FieldType::plain("date"), true));
        out.push(of_trait(shape, "valid_to", FieldType::plain("date"), false));
    }
    out
}

fn system(shape: Shape<'_>, name: &'static str, which: System, ty: FieldType) -> Field {
    Field { origin: Origin::System(which), ..of_trait(shape, name, ty, true) }
}

fn of_trait(shape: Shape<'_>, name: &'static str, ty: FieldType, required: bool) -> Field {
    Field {
        name: SmolStr::new_static(name),
        span: shape.span,
        origin: Origin::Trait,
        label: None,
        doc: None,
        ty,
        ty_span: shape.span,
        required,
        unique: None,
        index: None,
        default: None,
        computed: None,
        copy: None,
        limits: Limits::default(),
        personal: false,
        was: None,
        quiet: Vec::new(),
        places: Places::default(),
        poisoned: false,
    }
}
