//! Fields that serve in titles, keys, searches, uniqueness and indexes.

use athyper_schemas::bundle::Class;
use athyper_schemas::field_types::Storage;

use crate::diag::entities::{self, REDUNDANT_INDEX, UNINDEXED_TITLE};
use crate::diag::{Code, Sink};
use crate::model::{EntityRef, FieldId, FieldRef, FieldType, Model};
use crate::source::Span;

/// What a place asks of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Shown to people.
    Title,
    /// Compared and sorted by the database.
    Index,
    /// Looked into as text.
    Search,
}

/// Every field can do what its place asks.
pub(super) fn fields_fit(model: &Model, sink: &mut Sink) {
    for entity in model.entities() {
        let get = entity.get();
        let title = get.title.iter().copied().zip(get.places.title.iter().copied());
        all(entity, "title", Use::Title, title, sink);
        all(entity, "key", Use::Index, pairs(&get.natural_key, &get.places.key), sink);
        all(entity, "search", Use::Search, pairs(&get.search, &get.places.search), sink);
        for unique in &get.unique {
            all(entity, "unique", Use::Index, pairs(&unique.fields, &unique.places), sink);
        }
        for index in &get.indexes {
            let columns = index.columns.iter().map(|column| (column.field, column.span));
            all(entity, "indexes", Use::Index, columns, sink);
        }
        for field in entity.fields() {
            let unique = field.get().unique.map(|span| (field.id(), span));
            all(entity, "unique", Use::Index, unique.into_iter(), sink);
            let index = field.get().index.map(|span| (field.id(), span));
            all(entity, "index", Use::Index, index.into_iter(), sink);
        }
    }
}

fn pairs<'a>(fields: &'a [FieldId], places: &'a [Span]) -> impl Iterator<Item = (FieldId, Span)> + 'a {
    fields.iter().copied().zip(places.iter().copied())
}

fn all(
    entity: EntityRef<'_>,
    place: &str,
    wanted: Use,
    fields: impl Iterator<Item = (FieldId, Span)>,
    sink: &mut Sink,
) {
    for (id, span) in fields {
        let field = entity.field(id);
        if let Some(why) = unfit(field, wanted).filter(|_| !field.get().poisoned) {
            sink.error(entities::unfit_field(span, field.get().span, place, why));
        }
    }
}

/// Whether an index can hold the values of a field.
pub(super) fn fits_index(field: FieldRef<'_>) -> bool {
    unfit(field, Use::Index).is_none() && field.column().is_some()
}

/// Why a field cannot serve, if so.
fn unfit(field: FieldRef<'_>, wanted: Use) -> Option<&'static str> {
    let get = field.get();
    match &get.ty {
        FieldType::Children(_) => return Some("owned records are no value of the record itself"),
        FieldType::List(_) => return Some("a list is not one value"),
        FieldType::Scalar(scalar) if scalar.facts.storage == Storage::Json => {
            return Some("a JSON document has no order");
        }
        FieldType::Scalar(scalar) if wanted == Use::Index && is_long(scalar.facts.name) => {
            return Some("text of this length does not fit an index");
        }
        ty if wanted == Use::Search && !is_text(ty) => return Some("only text can be searched"),
        _ => {}
    }
    let not_stored = get.computed.is_some() && field.column().is_none() && wanted != Use::Title;
    not_stored.then_some("this is computed by each read; add `stored: true`")
}

fn is_long(name: &str) -> bool {
    matches!(name, "text" | "rich_text")
}

fn is_text(ty: &FieldType) -> bool {
    matches!(ty, FieldType::Scalar(scalar) if scalar.facts.storage == Storage::Text)
}

/// The fields of a key are never empty.
pub(super) fn natural_keys(model: &Model, sink: &mut Sink) {
    for entity in model.entities() {
        let get = entity.get();
        for (id, span) in pairs(&get.natural_key, &get.places.key) {
            let field = entity.field(id).get();
            if !field.required && !field.poisoned {
                sink.error(entities::nullable_key(span, field.span, &field.name));
            }
        }
    }
}

/// Indexes are there where they help, and only there.
pub(super) fn indexes_help(model: &Model, sink: &mut Sink) {
    for entity in model.entities() {
        let get = entity.get();
        for (at, index) in get.indexes.iter().enumerate() {
            let covers = |(place, other): &(usize, &crate::model::Index)| {
                let longer = other.columns.len() > index.columns.len();
                let starts = other.columns.iter().zip(&index.columns);
                let same = starts.clone().all(|(a, b)| (a.field, a.descending) == (b.field, b.descending));
                let first_of_equals = other.columns.len() == index.columns.len() && *place < at;
                same && (longer || first_of_equals) && !index.columns.is_empty()
            };
            if let Some((_, other)) = get.indexes.iter().enumerate().find(covers) {
                sink.warn(entities::redundant_index(index.span, other.span, &index.name));
            }
        }
        for field in entity.fields() {
            let get = field.get();
            let both = get.index.zip(get.unique).filter(|_| !is_quiet(field, &REDUNDANT_INDEX));
            if let Some((index, unique)) = both {
                sink.warn(entities::redundant_index(index, unique, &get.name));
            }
        }
        title(entity, sink);
    }
}

/// Documents are many: what people look them up by needs an index.
fn title(entity: EntityRef<'_>, sink: &mut Sink) {
    let get = entity.get();
    let (Some(id), Some(span)) = (get.title, get.places.title) else { return };
    let field = entity.field(id);
    let leads = get.unique.iter().map(|unique| unique.fields.first()).chain([get.natural_key.first()]);
    let leads_index = get.indexes.iter().any(|index| index.columns.first().is_some_and(|c| c.field == id));
    let own = field.get().index.is_some() || field.get().unique.is_some() || field.refers_to().is_some();
    let indexed = own || leads_index || leads.flatten().any(|first| *first == id);
    if get.class == Class::Document && !entity.is_child() && !indexed && !is_quiet(field, &UNINDEXED_TITLE) {
        sink.warn(entities::unindexed_title(span, field.get().span, field.name()));
    }
}

/// Whether the author does not want to hear this about the field.
pub(super) fn is_quiet(field: FieldRef<'_>, code: &Code) -> bool {
    field.get().quiet.iter().any(|lint| lint == code.slug)
}
