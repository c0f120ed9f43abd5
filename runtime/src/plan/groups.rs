//! Figures over groups of a list.

use std::sync::Arc;

use athyper_schemas::field_types::Storage;
use athyper_schemas::ir::Node;

use super::condition;
use super::list::{is_ordered, page_size};
use super::names::{self, Joins, Spot, Wrong};
use crate::config::Limits;
use crate::policy::Access;
use crate::problem::Problem;
use crate::request::query::{Call, Count, Mistakes, Query, Word};
use crate::request::suggest::nearest;

const FUNCTIONS: [&str; 4] = ["count", "sum", "min", "max"];

/// Most groupings and most figures.
const MAX_COLUMNS: usize = 16;

/// How groups and their figures are read.
#[derive(Debug)]
pub struct GroupPlan {
    access: Access,
    outline: Arc<GroupOutline>,
}

/// What is asked about groups, whoever of the same roles asks.
#[derive(Debug)]
pub struct GroupOutline {
    filter: Option<Node>,
    joins: Joins,
    columns: Vec<Figure>,
    order: Vec<(usize, bool)>,
    limit: u32,
}

/// One column of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Figure {
    /// The key in the answer: as the client wrote it.
    pub key: String,
    /// What it is.
    pub kind: FigureKind,
    /// Of which field; nothing for `count()`.
    pub spot: Option<Spot>,
}

/// What a column of the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FigureKind {
    /// The value that the records of the group share.
    Group,
    /// How many records; with a field, how many in which it is not null.
    Count,
    /// The sum of the values that are there; null when there is none.
    Sum,
    /// The least of the values that are there.
    Min,
    /// The greatest of the values that are there.
    Max,
}

/// Plans the figures that `query` asks for.
///
/// # Errors
/// A problem that lists every mistake of the query.
pub fn group_outline(access: &Access, mut query: Query, limits: &Limits) -> Result<GroupOutline, Problem> {
    let mut mistakes = std::mem::take(&mut query.mistakes);
    let mut joins = Joins::default();
    let mut columns = Vec::new();
    for word in &query.group {
        match grouping(access, &mut joins, word) {
            Ok(figure) => columns.push(figure),
            Err((code, message)) => mistakes.note_at("group", word, code, &message),
        }
    }
    for call in &query.aggregates {
        match figure(access, &mut joins, call) {
            Ok(figure) => columns.push(figure),
            Err((code, message)) => mistakes.note_at("aggregate", &call.whole, code, &message),
        }
    }
    if columns.len() > MAX_COLUMNS {
        mistakes.note_limit(
            "aggregate",
            format!("at most {MAX_COLUMNS} groupings and figures fit in one answer"),
        );
    }
    let filter = condition::build(access, &query, limits, &mut mistakes);
    let order = order(&query, &columns, &mut mistakes);
    refuse_list_words(&query, &mut mistakes);
    let limit = page_size(query.limit, limits, &mut mistakes);
    match mistakes.into_problem() {
        Some(problem) => Err(problem),
        None => Ok(GroupOutline { filter, joins, columns, order, limit }),
    }
}

/// Plans the read of groups. The outline was made for the same roles.
#[must_use]
pub fn groups(access: Access, outline: Arc<GroupOutline>) -> GroupPlan {
    GroupPlan { access, outline }
}

fn grouping(access: &Access, joins: &mut Joins, word: &Word) -> Result<Figure, Wrong> {
    let spot = names::spot(access, joins, &word.text)?;
    if !is_ordered(access, &spot) {
        return Err(("not_ordered", format!("`{}` cannot be grouped by", word.text)));
    }
    Ok(Figure { key: word.text.clone(), kind: FigureKind::Group, spot: Some(spot) })
}

fn figure(access: &Access, joins: &mut Joins, call: &Call) -> Result<Figure, Wrong> {
    let kind = match call.function.as_str() {
        "count" => FigureKind::Count,
        "sum" => FigureKind::Sum,
        "min" => FigureKind::Min,
        "max" => FigureKind::Max,
        other => {
            let hint = nearest(other, FUNCTIONS).map_or_else(
                || "; there are `count`, `sum`, `min` and `max`".to_owned(),
                |near| format!("; did you mean `{near}`?"),
            );
            return Err(("unknown_function", format!("there is no figure `{other}`{hint}")));
        }
    };
    let key = format!("{}({})", call.function, call.argument);
    if call.argument.is_empty() {
        return match kind {
            FigureKind::Count => Ok(Figure { key, kind, spot: None }),
            _ => Err(("missing_field", format!("`{key}` needs a field, as in `{}(total)`", call.function))),
        };
    }
    let spot = names::spot(access, joins, &call.argument)?;
    let storage = access.scope().catalog().entity(spot.entity).field(spot.field).storage();
    let fits = match kind {
        FigureKind::Sum => matches!(storage, Storage::Int | Storage::Decimal | Storage::Duration),
        FigureKind::Min | FigureKind::Max => is_ordered(access, &spot),
        FigureKind::Count | FigureKind::Group => storage != Storage::Children,
    };
    if !fits {
        return Err(("wrong_type", format!("`{}` has no {}", call.argument, call.function)));
    }
    Ok(Figure { key, kind, spot: Some(spot) })
}

/// The columns to order by; every grouping comes behind them, so that the order is total.
fn order(query: &Query, columns: &[Figure], mistakes: &mut Mistakes) -> Vec<(usize, bool)> {
    let mut order = Vec::new();
    for asked in &query.order {
        let place = columns.iter().position(|column| column.key == asked.by.text);
        match place {
            Some(place) => order.push((place, asked.descending)),
            None => {
                let near = nearest(&asked.by.text, columns.iter().map(|c| c.key.as_str()));
                let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                let message = format!("`{}` is neither in `group` nor in `aggregate`{hint}", asked.by.text);
                mistakes.note_at("order", &asked.by, "unknown_field", &message);
            }
        }
    }
    for (place, column) in columns.iter().enumerate() {
        if column.kind == FigureKind::Group && !order.iter().any(|(known, _)| *known == place) {
            order.push((place, false));
        }
    }
    order
}

fn refuse_list_words(query: &Query, mistakes: &mut Mistakes) {
    let written = [
        ("select", !query.select.is_empty()),
        ("expand", !query.expand.is_empty()),
        ("cursor", query.cursor.is_some()),
        ("count", query.count != Count::None),
    ];
    for (name, _) in written.iter().filter(|(_, is_there)| *is_there) {
        mistakes.note(name, "not_with_groups", "has no meaning together with `group` or `aggregate`");
    }
}

impl GroupPlan {
    /// By which right.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// What must be definitely true of each record that counts.
    #[must_use]
    pub fn filter(&self) -> Option<&Node> {
        self.outline.filter.as_ref()
    }

    /// The referenced records the columns need.
    #[must_use]
    pub fn joins(&self) -> &Joins {
        &self.outline.joins
    }

    /// The columns: the groupings, then the figures.
    #[must_use]
    pub fn columns(&self) -> &[Figure] {
        &self.outline.columns
    }

    /// The places of columns to order by, and whether the greatest comes first.
    #[must_use]
    pub fn order(&self) -> &[(usize, bool)] {
        &self.outline.order
    }

    /// How many groups are answered at most.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.outline.limit
    }
}
