//! A list as a table: its columns are known before its first row, so that an empty list has them too.

use std::sync::Arc;

use athyper_schemas::bundle::Action;

use super::ReadSide;
use crate::catalog::{Catalog, EntityId};
use crate::plan::{self, Content, Selection};
use crate::policy::{self, Sight};
use crate::problem::Problem;
use crate::request::query::Query;
use crate::shape::{MASKED, csv};
use crate::who::{Principal, Scope};

/// A list as it is answered in CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Columns and rows.
    pub text: Vec<u8>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// How many records it has; nothing for groups.
    pub records: Option<u32>,
}

impl ReadSide {
    /// A page of records, or groups with figures, as CSV. `query` is the query
    /// string as it came.
    ///
    /// # Errors
    /// A problem for the client.
    pub async fn table(
        &self,
        scope: &Scope,
        principal: &Principal,
        entity: EntityId,
        query: &str,
    ) -> Result<Table, Problem> {
        let page = self.list(scope, principal, entity, query).await?;
        let (text, next) = csv::page(&page.json, self.columns(scope, principal, entity, query).await?)?;
        Ok(Table { text, next, records: page.records })
    }

    async fn columns(
        &self,
        scope: &Scope,
        principal: &Principal,
        entity: EntityId,
        text: &str,
    ) -> Result<Vec<String>, Problem> {
        let access = policy::decide(scope, principal, entity, Action::Read)?;
        let mut asked = Query::of_list(text);
        if asked.wants_groups() {
            let outline = || plan::group_outline(&access, asked, &self.limits);
            let shape = self.groups.shape(&access, text, outline)?;
            let plan = plan::groups(access, shape.outline());
            return Ok(plan.columns().iter().map(|column| column.key.clone()).collect());
        }
        asked.cursor = None;
        let shape = self.lists.shape(&access, text, || plan::list_outline(&access, asked, &self.limits))?;
        let plan = plan::list(access, shape.outline(), None, &self.secrets().await?.0)?;
        let mut names = Vec::new();
        name(scope.catalog(), plan.selection(), "", &mut names);
        Ok(names)
    }
}

/// The columns of a record; one behind a reference is a group of them, owned children are one cell.
fn name(catalog: &Arc<Catalog>, selection: &Selection, prefix: &str, names: &mut Vec<String>) {
    let entity = catalog.entity(selection.entity());
    for cell in selection.cells() {
        let column = format!("{prefix}{}", entity.field(cell.field).name());
        match &cell.content {
            Content::Value | Content::Children(_) => names.push(column),
            Content::Record(inner) => name(catalog, inner, &format!("{column}."), names),
        }
    }
    if selection.cells().iter().any(|cell| cell.sight != Sight::Whole) {
        names.push(format!("{prefix}{MASKED}"));
    }
}
