//! A row together with the rows of children that come with it: written as one record, taken in whole or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::beside::ChildRow;
use super::children::{Added, Line, Lines, place_all};
use super::records::Outcome;
use super::{Job, Mistake, Row, first_key, pointer_of};
use crate::catalog::Catalog;
use crate::draft::Draft;
use crate::problem::Problem;

/// The code of a row that is not taken because of a row that comes with it.
const WITH_BAD_ROWS: &str = "children";

/// A row with its children, on its way.
pub(super) struct Family {
    row: Row,
    /// What the row itself does.
    pub told: Told,
    /// Children that are new or changed.
    pub lines: Lines,
    /// Rows that are the same as children, by file.
    same: BTreeMap<usize, u64>,
}

/// What a row does to its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Makes it.
    Created,
    /// Changes it.
    Updated,
    /// Says what it is.
    Same,
}

impl Job<'_> {
    /// Puts rows of children into the draft of their owner. Nothing after bad ones were noted, and the owner with them.
    pub(super) async fn gather(
        &mut self,
        catalog: &Catalog,
        draft: &mut Draft,
        (row, told): (Row, Told),
        children: &[ChildRow],
    ) -> Result<Option<Family>, Problem> {
        let mut family = Family { row, told, lines: Lines::new(), same: BTreeMap::new() };
        if children.is_empty() {
            return Ok(Some(family));
        }
        let owner = draft.id;
        let mut bad = 0;
        for file in children.chunk_by(|(one, _), (other, _)| one.file == other.file) {
            let Some((table, _)) = file.first() else { continue };
            let rows: Vec<_> = file.iter().map(|(_, row)| (owner, row)).collect();
            let spots = self.spots(catalog, table, (draft, &rows)).await?;
            for ((_, row), spot) in rows.into_iter().zip(spots) {
                match self.add(catalog, table, (draft, spot), (owner, row)).await? {
                    Added::Line(id, is_new) => {
                        family.lines.insert(id, Line { file: table.file, row: row.clone(), is_new });
                    }
                    Added::Same => *family.same.entry(table.file).or_default() += 1,
                    Added::Bad => bad += 1,
                }
            }
        }
        if bad == 0 {
            place_all(draft, catalog);
            return Ok(Some(family));
        }
        self.leave_out(&family, BTreeMap::new(), Vec::new());
        Ok(None)
    }

    /// Notes what became of a record that was written, and of its children.
    pub(super) fn count(&mut self, family: Family) {
        match family.told {
            Told::Created => self.report.counts.created += 1,
            Told::Updated => self.report.counts.updated += 1,
            Told::Same => self.report.counts.same += 1,
        }
        for (file, same) in family.same {
            self.report.of(file).same += same;
        }
        self.count_lines(family.lines);
    }

    /// Notes why a record was refused; a problem of the server itself ends the import.
    pub(super) fn refused(
        &mut self,
        catalog: &Catalog,
        draft: &Draft,
        (family, problem): (Family, Problem),
    ) -> Result<Outcome, Problem> {
        if problem.kind().status() >= 500 {
            return Err(problem);
        }
        let (bad, others) = self.blame(catalog, draft, (&family.lines, &problem));
        let table = Arc::clone(&self.table);
        let own = if bad.is_empty() {
            self.mistakes(&table, family.row.line, &problem)
        } else {
            let line = family.row.line;
            let field = |item| first_key(pointer_of(item));
            others.into_iter().map(|item| self.item(&table, line, (field(item), item))).collect()
        };
        self.leave_out(&family, bad, own);
        Ok(Outcome::Done)
    }

    /// Counts a record with all its children as bad: what is wrong with which child, and with itself.
    fn leave_out(&mut self, family: &Family, mut bad: BTreeMap<Uuid, Vec<Mistake>>, mut own: Vec<Mistake>) {
        for (file, same) in &family.same {
            self.report.of(*file).bad += same;
        }
        for (id, line) in &family.lines {
            self.bad(line.file, bad.remove(id).unwrap_or_default());
        }
        if own.is_empty() {
            own.push(Mistake {
                file: 0,
                line: family.row.line,
                column: String::new(),
                code: WITH_BAD_ROWS.to_owned(),
                message: "is not taken, as rows that belong to it are bad".to_owned(),
            });
        }
        self.bad(0, own);
    }

    /// Counts rows whose owner is bad.
    pub(super) fn lost(&mut self, children: &[ChildRow]) {
        for (table, _) in children {
            self.report.of(table.file).bad += 1;
        }
    }
}
