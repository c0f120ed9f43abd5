//! A page of a list.

use std::sync::Arc;

use athyper_schemas::bundle::System;
use athyper_schemas::field_types::Storage;
use athyper_schemas::ir::Node;

use super::condition;
use super::cursor::{self, Cursors};
use super::names::{self, Joins, Source, Spot};
use super::selection::{self, Selection, Wanted};
use crate::config::Limits;
use crate::policy::Access;
use crate::problem::{Kind, Problem};
use crate::request::query::{Count, Mistakes, Ordered, Query};
use crate::sql::Bind;

/// Most keys to order by.
const MAX_KEYS: usize = 8;

/// What all pages of a list have in common, whoever of the same roles asks.
#[derive(Debug)]
pub struct ListOutline {
    selection: Selection,
    filter: Option<Node>,
    joins: Joins,
    order: Vec<SortKey>,
    limit: u32,
    count: Count,
    words: String,
}

/// How a page of a list is read.
#[derive(Debug)]
pub struct ListPlan {
    access: Access,
    outline: Arc<ListOutline>,
    after: Option<After>,
    view: String,
}

/// One key of the order. Null is less than everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SortKey {
    /// The field.
    pub spot: Spot,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// The keys of the last record of the page before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After(pub(super) Vec<Bind>);

impl After {
    /// One value for each key of the order.
    #[must_use]
    pub fn keys(&self) -> &[Bind] {
        &self.0
    }
}

/// Plans the list that `query` asks for, whatever the page.
///
/// # Errors
/// A problem that lists every mistake of the query.
pub fn list_outline(access: &Access, mut query: Query, limits: &Limits) -> Result<ListOutline, Problem> {
    let mut mistakes = std::mem::take(&mut query.mistakes);
    let mut joins = Joins::default();
    let wanted = Wanted { select: &query.select, expand: &query.expand, with_children: false };
    let selection = selection::build(access, wanted, limits, &mut mistakes);
    let filter = condition::build(access, &query, limits, &mut mistakes);
    let order = order(access, &query.order, &mut joins, &mut mistakes);
    let limit = page_size(query.limit, limits, &mut mistakes);
    match mistakes.into_problem() {
        Some(problem) => Err(problem),
        None => {
            let words = words(&query);
            Ok(ListOutline { selection, filter, joins, order, limit, count: query.count, words })
        }
    }
}

/// Plans a page of a list. The outline was made for the same roles.
///
/// # Errors
/// When the cursor does not belong to this list.
pub fn list(
    access: Access,
    outline: Arc<ListOutline>,
    cursor: Option<&str>,
    cursors: &Cursors,
) -> Result<ListPlan, Problem> {
    let view = cursor::view(&access, &outline.words);
    let after = match cursor {
        Some(text) => {
            let opened = cursors.open(text, &view, outline.order.len());
            Some(opened.ok_or_else(|| Problem::new(Kind::InvalidCursor))?)
        }
        None => None,
    };
    Ok(ListPlan { access, outline, after, view })
}

/// The keys to order by; the id comes last, so that the order is total.
fn order(access: &Access, asked: &[Ordered], joins: &mut Joins, mistakes: &mut Mistakes) -> Vec<SortKey> {
    let mut keys: Vec<SortKey> = Vec::with_capacity(asked.len() + 1);
    for Ordered { by, descending } in asked {
        match names::spot(access, joins, &by.text) {
            Ok(spot) if !is_ordered(access, &spot) => {
                mistakes.note_at("order", by, "not_ordered", &format!("`{}` has no order", by.text));
            }
            Ok(spot) => keys.push(SortKey { spot, descending: *descending }),
            Err((code, message)) => mistakes.note_at("order", by, code, &message),
        }
    }
    if keys.len() > MAX_KEYS {
        mistakes.note_limit("order", format!("there are more than {MAX_KEYS} keys"));
    }
    let descending = keys.last().is_some_and(|key| key.descending);
    let entity = access.entity();
    let id = entity.system(System::Id).map(|field| SortKey {
        spot: Spot { source: Source::ROOT, entity: entity.id(), field: field.id(), nullable: false },
        descending,
    });
    if !keys.iter().any(|key| id.as_ref().is_some_and(|id| id.spot == key.spot)) {
        keys.extend(id);
    }
    keys
}

/// Whether values of this field have an order and a column.
pub(super) fn is_ordered(access: &Access, spot: &Spot) -> bool {
    let field = access.scope().catalog().entity(spot.entity).field(spot.field);
    !matches!(field.storage(), Storage::Json | Storage::Children)
}

/// How many records a page has.
pub(super) fn page_size(asked: Option<u32>, limits: &Limits, mistakes: &mut Mistakes) -> u32 {
    let size = asked.unwrap_or(limits.page_default.min(limits.page_max));
    if size > limits.page_max {
        mistakes.note_limit("limit", format!("at most {} records fit in one answer", limits.page_max));
    }
    size
}

/// What a cursor belongs to, besides the place: the words that choose and order.
fn words(query: &Query) -> String {
    let mut words = cursor::Words::default();
    words.add(query.filter.as_deref().unwrap_or_default());
    words.add(query.search.as_deref().unwrap_or_default());
    for condition in &query.conditions {
        words.add(&condition.name);
        words.add(&condition.value);
    }
    words.add("order");
    for Ordered { by, descending } in &query.order {
        words.add(if *descending { "-" } else { "" });
        words.add(&by.text);
    }
    words.done()
}

impl ListPlan {
    /// By which right.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// What is shown of each record.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.outline.selection
    }

    /// What must be definitely true of each record.
    #[must_use]
    pub fn filter(&self) -> Option<&Node> {
        self.outline.filter.as_ref()
    }

    /// The referenced records the order needs.
    #[must_use]
    pub fn joins(&self) -> &Joins {
        &self.outline.joins
    }

    /// The order; total, because it ends with the id.
    #[must_use]
    pub fn order(&self) -> &[SortKey] {
        &self.outline.order
    }

    /// Where the page begins.
    #[must_use]
    pub fn after(&self) -> Option<&After> {
        self.after.as_ref()
    }

    /// The keys of the place where the page begins.
    #[must_use]
    pub fn keys(&self) -> &[Bind] {
        self.after.as_ref().map_or(&[], After::keys)
    }

    /// How many rows are read: one more than the page holds, to know whether there are more.
    #[must_use]
    pub fn rows(&self) -> u32 {
        let limit = self.outline.limit;
        limit.saturating_add(u32::from(limit > 0))
    }

    /// How many records the page has at most.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.outline.limit
    }

    /// Whether all records are counted.
    #[must_use]
    pub fn count(&self) -> Count {
        self.outline.count
    }

    /// What a cursor of this list belongs to.
    #[must_use]
    pub fn view(&self) -> &str {
        &self.view
    }
}
