//! What is said about a field agrees with itself and with its type.

use athyper_schemas::field_types::Storage;

use crate::diag::{Sink, entities};
use crate::model::{FieldRef, FieldType, Model, Scalar};
use crate::source::Span;

/// No two things said about a field exclude each other.
pub(super) fn options_agree(model: &Model, sink: &mut Sink) {
    for field in model.entities().flat_map(|entity| entity.fields()).filter(|field| field.is_declared()) {
        if field.get().poisoned {
            continue;
        }
        sources(model, field, sink);
        if field.owns().is_some() {
            children(model, field, sink);
        }
    }
}

/// Where the places of the three sources of a value are.
struct Sources {
    default: Option<Span>,
    computed: Option<Span>,
    copy: Option<Span>,
}

fn sources_of(model: &Model, field: FieldRef<'_>) -> Sources {
    let field = field.get();
    let place = |id| model.expressions[id].passage.span();
    Sources {
        default: field.default.map(place),
        computed: field.computed.map(|computed| place(computed.value)),
        copy: field.places.copy,
    }
}

/// A value has one source.
fn sources(model: &Model, field: FieldRef<'_>, sink: &mut Sink) {
    let Sources { default, computed, copy } = sources_of(model, field);
    let name = field.name();
    let pairs = [
        (default, computed, "a computed value needs no default"),
        (copy, computed, "a value is computed or copied"),
        (default, copy, "a copied value needs no default"),
    ];
    for (one, other, why) in pairs {
        if let (Some(one), Some(other)) = (one, other) {
            sink.error(entities::conflicting(one, other, name, why));
        }
    }
    let ty_span = field.get().ty_span;
    if let (Some(stored), None) = (field.get().places.stored, computed) {
        sink.error(entities::conflicting(stored, ty_span, name, "only a computed value can be `stored`"));
    }
    if let (Some(computed), Some(_)) = (computed, field.refers_to()) {
        sink.error(entities::conflicting(computed, ty_span, name, "references are set, not computed"));
    }
}

/// Owned records are always there, perhaps none, and have no column.
fn children(model: &Model, field: FieldRef<'_>, sink: &mut Sink) {
    let Sources { default: _, computed, copy } = sources_of(model, field);
    let get = field.get();
    for said in [get.places.required, computed, copy].into_iter().flatten() {
        let why = "owned records are written with their owner, perhaps none";
        sink.error(entities::conflicting(said, get.ty_span, field.name(), why));
    }
}

/// A copied value fits the field that receives it.
pub(super) fn copies_fit(model: &Model, sink: &mut Sink) {
    for field in model.entities().flat_map(|entity| entity.fields()) {
        let Some(copy) = field.get().copy else { continue };
        let source = model.entity(copy.target).field(copy.field);
        let span = field.get().places.copy.unwrap_or(field.get().span);
        if field.get().poisoned || source.get().poisoned {
            continue;
        }
        if source.column().is_none() {
            let path = source.name();
            sink.error(entities::copy_path(span, path, "this is not stored, so there is nothing to copy"));
        } else if !fits(&source.get().ty, &field.get().ty) {
            let into = describe(model, &field.get().ty);
            let from = describe(model, &source.get().ty);
            sink.error(entities::copy_type(span, source.get().ty_span, field.name(), [&into, &from]));
        }
    }
}

/// Whether every value of `from` is a value of `into`.
fn fits(from: &FieldType, into: &FieldType) -> bool {
    match (from, into) {
        (FieldType::Scalar(from), FieldType::Scalar(into)) => scalar_fits(from, into),
        (FieldType::Ref { target: from, .. }, FieldType::Ref { target: into, .. }) => from == into,
        (FieldType::List(from), FieldType::List(into)) => fits(from, into),
        (FieldType::Children(_), _) => false,
        (from, into) => from == into,
    }
}

fn scalar_fits(from: &Scalar, into: &Scalar) -> bool {
    if from.facts.storage != into.facts.storage {
        return false;
    }
    let plain_text = matches!(into.facts.name, "string" | "text");
    let one_line = from.facts.name != "text" && from.facts.name != "rich_text" || into.facts.name == "text";
    match from.facts.storage {
        Storage::Text => {
            let same = from.facts.name == into.facts.name || (plain_text && one_line);
            same && from.max_length <= into.max_length
        }
        Storage::Decimal => {
            let whole = |(precision, scale): (u8, u8)| precision - scale;
            let both = from.decimal.zip(into.decimal);
            both.is_none_or(|(from, into)| from.1 <= into.1 && whole(from) <= whole(into))
        }
        _ => true,
    }
}

/// A type for messages.
pub(super) fn describe(model: &Model, ty: &FieldType) -> String {
    match ty {
        FieldType::Scalar(scalar) => match (scalar.max_length, scalar.decimal) {
            (Some(length), _) => format!("`{}({length})`", scalar.facts.name),
            (None, Some((precision, scale))) => format!("`{}({precision},{scale})`", scalar.facts.name),
            (None, None) => format!("`{}`", scalar.facts.name),
        },
        FieldType::Enum(id) => format!("`{}`", model.enums[*id].name.short),
        FieldType::Ref { target, .. } => format!("a reference to `{}`", model.entity(*target).name().short),
        FieldType::List(item) => format!("a list of {}", describe(model, item)),
        FieldType::Children(child) => format!("a list of owned `{}`", model.entity(*child).name().short),
    }
}
