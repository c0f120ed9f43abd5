//! The world as a Bundle, so that the tables and the row level security under test are those that `metac` writes.

use athyper_expr::eval::{Layout, Place};
use athyper_expr::ir::{Kind, Ty};
use athyper_schemas::bundle::{
    Bundle, Class, Computed, Entity, Enum, EnumValue, Field, FieldType, Limits, Owner, Package, Policy,
    System, Trait, UserAttribute,
};
use athyper_schemas::dialect::Dialect;

use crate::world::{FieldFacts, STATES, World, attributes, fields, table_of};

pub const ENTITIES: [&str; 4] = ["m.Contact", "m.Line", "m.Other", "m.Rec"];

/// The model with these policies.
pub fn bundle(world: &World, policies: Vec<Policy>) -> Bundle {
    let values = STATES.iter().map(|name| EnumValue { name: (*name).into(), label: (*name).into() });
    let attribute = |(name, kind, nullable): FieldFacts| UserAttribute {
        name: name.into(),
        ty: Ty { kind, nullable },
        claim: name.into(),
    };
    Bundle {
        package: Package {
            name: "m".into(),
            doc: None,
            dialects: Dialect::ALL.to_vec(),
            user: attributes().into_iter().map(attribute).collect(),
        },
        entities: ENTITIES.iter().map(|name| entity(world, name)).collect(),
        enums: vec![Enum {
            name: "m.State".into(),
            label: "State".into(),
            doc: None,
            values: values.collect(),
        }],
        policies,
    }
}

fn entity(world: &World, name: &str) -> Entity {
    let owner = match name {
        "m.Line" => Some(("m.Rec", "lines")),
        "m.Contact" => Some(("m.Other", "contacts")),
        _ => None,
    };
    let hides = matches!(name, "m.Line" | "m.Rec");
    let mut all: Vec<Field> = fields(name).iter().map(|facts| field(world, name, facts)).collect();
    if let Some((owner, _)) = owner {
        all.push(system("parent", "parent_id", System::Parent, &Kind::Record(owner.into())));
    }
    if hides {
        all.push(system("deleted_at", "deleted_at", System::DeletedAt, &Kind::Datetime));
    }
    Entity {
        name: name.into(),
        url: name.into(),
        label: name.into(),
        plural: name.into(),
        doc: None,
        class: Class::Master,
        table: table_of(name).into(),
        traits: if hides { [Trait::SoftDelete].into() } else { [].into() },
        owner: owner.map(|(entity, field)| Owner { entity: entity.into(), field: field.into() }),
        title: None,
        natural_key: Vec::new(),
        search: Vec::new(),
        fields: all,
        checks: Vec::new(),
        unique: Vec::new(),
        foreign_keys: Vec::new(),
        indexes: Vec::new(),
        number: None,
        was: None,
    }
}

fn field(world: &World, entity: &str, (name, kind, nullable): &FieldFacts) -> Field {
    let computed = match world.field(entity, name) {
        Some(Place::Computed(value)) => {
            Some(Computed { value: value.clone(), stored: false, generated: false })
        }
        _ => None,
    };
    let ty = field_type(kind);
    let column = match kind {
        _ if computed.is_some() || ty.is_children() => None,
        Kind::Record(_) => Some(format!("{name}_id")),
        _ => Some((*name).to_owned()),
    };
    let system = (*name == "id").then_some(System::Id);
    plain(name, column, ty, !nullable, (system, computed))
}

fn system(name: &str, column: &str, system: System, kind: &Kind) -> Field {
    let required = system == System::Parent;
    plain(name, Some(column.into()), field_type(kind), required, (Some(system), None))
}

fn plain(
    name: &str,
    column: Option<String>,
    ty: FieldType,
    required: bool,
    (system, computed): (Option<System>, Option<Computed>),
) -> Field {
    Field {
        name: name.into(),
        column,
        label: name.into(),
        doc: None,
        ty,
        system,
        required,
        default: None,
        computed,
        copy: None,
        limits: Limits::default(),
        personal: false,
        was: None,
    }
}

fn field_type(kind: &Kind) -> FieldType {
    let named = |name: &str| FieldType {
        name: name.into(),
        max_length: None,
        precision: None,
        scale: None,
        target: None,
        on_delete: None,
        item: None,
    };
    let aimed = |name: &str, target: &str| FieldType { target: Some(target.into()), ..named(name) };
    match kind {
        Kind::Bool => named("bool"),
        Kind::Int => named("int"),
        Kind::Decimal(scale) => FieldType { precision: Some(18), scale: Some(*scale), ..named("decimal") },
        Kind::Date => named("date"),
        Kind::Time => named("time"),
        Kind::Datetime => named("datetime"),
        Kind::Duration => named("duration"),
        Kind::Uuid => named("uuid"),
        Kind::Json => named("json"),
        Kind::Enum(of) => aimed("enum", of),
        Kind::Record(of) => aimed("ref", of),
        Kind::List(item) => match &item.kind {
            Kind::Record(child) => aimed("children", child),
            item => FieldType { item: Some(Box::new(field_type(item))), ..named("list") },
        },
        Kind::Text | Kind::Null => named("text"),
    }
}
