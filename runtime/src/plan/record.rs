//! One record by its id.

use std::sync::Arc;

use uuid::Uuid;

use super::selection::{self, Selection, Wanted};
use crate::config::Limits;
use crate::policy::Access;
use crate::problem::Problem;
use crate::request::query::Query;

/// How one record is read.
#[derive(Debug)]
pub struct RecordPlan {
    access: Access,
    id: Uuid,
    selection: Arc<Selection>,
}

/// Decides what is shown of one record: its children included unless fields are selected.
///
/// # Errors
/// A problem that lists every mistake of the query.
pub fn record_outline(access: &Access, query: Query, limits: &Limits) -> Result<Selection, Problem> {
    let mut mistakes = query.mistakes;
    let wanted = Wanted { select: &query.select, expand: &query.expand, with_children: true };
    let selection = selection::build(access, wanted, limits, &mut mistakes);
    mistakes.into_problem().map_or(Ok(selection), Err)
}

/// Plans the read of the record `id`. The selection was made for the same roles.
#[must_use]
pub fn record(access: Access, id: Uuid, selection: Arc<Selection>) -> RecordPlan {
    RecordPlan { access, id, selection }
}

/// Everything that may be seen of a record, children included.
#[must_use]
pub fn whole(access: &Access) -> Selection {
    selection::whole(access)
}

impl RecordPlan {
    /// By which right.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Which record.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// What is shown of it.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }
}
