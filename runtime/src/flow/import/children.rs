//! Rows that are owned children: added to their owners, many at a time.

use std::collections::BTreeMap;

use athyper_expr::Value;
use uuid::Uuid;

use super::records::says_nothing_new;
use super::{Job, Mistake, Row, Table, pointer_of, said};
use crate::catalog::{Catalog, Entity};
use crate::draft::merge::{self, Merge};
use crate::draft::{Children, Draft};
use crate::problem::{Item, Kind, Problem};
use crate::request::document::{Document, Purpose};
use crate::request::table::Column;
use crate::sql::write::{Dead, Which};
use crate::value::field_problem::{Code, Pointer, Wrong};

/// A row and the owner it belongs to.
struct Owned {
    row: Row,
    owner: Uuid,
}

/// A row that became a child: of which file, and whether the child is new.
pub(super) struct Line {
    pub file: usize,
    pub row: Row,
    pub is_new: bool,
}

/// Rows that became children of one record, by the ids of these.
pub(super) type Lines = BTreeMap<Uuid, Line>;

/// What became of a row.
pub(super) enum Added {
    /// A child, new or changed.
    Line(Uuid, bool),
    /// It is the same as this child.
    Same,
    /// It was told what is wrong.
    Bad,
}

/// The child that a row is, before it is read as a whole.
#[derive(Clone, Copy)]
pub(super) enum Spot {
    /// None that is there.
    New,
    /// The child at this place of its list.
    Known(usize),
    /// An earlier row is the same child: it was told what is wrong.
    Bad,
}

impl Job<'_> {
    /// Works on rows that are owned children.
    pub(super) async fn children(&mut self, table: &Table, rows: Vec<Row>) -> Result<(), Problem> {
        let catalog = self.session.catalog();
        let child = catalog.entity(table.entity);
        let Some(owner) = child.owner().map(|owner| catalog.entity(owner)) else { return Ok(()) };
        self.look_up(&catalog, table, &rows).await?;
        let mut groups: BTreeMap<Uuid, Vec<Owned>> = BTreeMap::new();
        let mut roots: BTreeMap<Uuid, Uuid> = BTreeMap::new();
        for row in rows {
            let cell = said(&row, &table.header, Column::Owner).unwrap_or_default().to_owned();
            let found = match cell.as_str() {
                "" => None,
                cell => self.keys.reference(&mut self.session, owner, cell).await?,
            };
            let top = match found {
                Some(id) => self.top_of(&catalog, owner, id, &mut roots).await?,
                None => None,
            };
            let Some((id, top)) = found.zip(top) else {
                self.no_owner(table, owner, &row);
                continue;
            };
            groups.entry(top).or_default().push(Owned { row, owner: id });
        }
        for (top, rows) in groups {
            self.add_to(&catalog, table, (super::root(&catalog, owner), top), rows).await?;
        }
        Ok(())
    }

    /// Notes a row whose owner is not there, or is not there for the caller.
    fn no_owner(&mut self, table: &Table, owner: &Entity, row: &Row) {
        let cell = said(row, &table.header, Column::Owner).unwrap_or_default();
        let label = owner.def().label.to_lowercase();
        let wrong = Wrong::new(Code::NotFound, format!("there is no {label} `{cell}` to belong to"));
        let mistake = self.mistake(table, row.line, ("parent", wrong));
        self.bad(table.file, vec![mistake]);
    }

    /// Notes that none of these rows can be added to their record; a problem of the server itself ends the import.
    fn refuse_all(
        &mut self,
        catalog: &Catalog,
        table: &Table,
        (rows, problem): (&[Owned], Problem),
    ) -> Result<(), Problem> {
        if problem.kind().status() >= 500 {
            return Err(problem);
        }
        let owner = catalog.entity(table.entity).owner().filter(|_| problem.kind() == Kind::NotFound);
        for Owned { row, .. } in rows {
            match owner {
                Some(owner) => self.no_owner(table, catalog.entity(owner), row),
                None => {
                    let mistakes = self.mistakes(table, row.line, &problem);
                    self.bad(table.file, mistakes);
                }
            }
        }
        Ok(())
    }

    /// The top-level record in which the owner stands.
    async fn top_of(
        &mut self,
        catalog: &Catalog,
        owner: &Entity,
        id: Uuid,
        known: &mut BTreeMap<Uuid, Uuid>,
    ) -> Result<Option<Uuid>, Problem> {
        if let Some(top) = known.get(&id) {
            return Ok(Some(*top));
        }
        let (mut entity, mut here) = (owner, id);
        while let Some(above) = entity.owner() {
            let (Some(key), Some(parent)) = (entity.named("id"), entity.named("parent")) else {
                return Ok(None);
            };
            let rows = self.session.rows(entity, Which::Having(key, &[here]), Dead::Counted).await?;
            match rows.first().and_then(|row| row.get(parent.id().index())) {
                Some(Value::Uuid(up)) => here = *up,
                _ => return Ok(None),
            }
            entity = catalog.entity(above);
        }
        known.insert(id, here);
        Ok(Some(here))
    }

    /// Adds rows to one top-level record: all at once, and without the bad ones when that fails.
    async fn add_to(
        &mut self,
        catalog: &Catalog,
        table: &Table,
        (root, id): (&Entity, Uuid),
        mut rows: Vec<Owned>,
    ) -> Result<(), Problem> {
        while !rows.is_empty() {
            let access = self.update.clone();
            let stored = match self.session.load(root, id, Dead::Hidden).await? {
                Some(stored) => self.session.may_begin(&access, &stored).await.map(|()| stored),
                None => Err(Problem::not_found()),
            };
            let stored = match stored {
                Ok(stored) => stored,
                Err(problem) => return self.refuse_all(catalog, table, (&rows, problem)),
            };
            let mut draft = merge::keep(stored, catalog);
            let places: Vec<_> = rows.iter().map(|owned| (owned.owner, &owned.row)).collect();
            let spots = self.spots(catalog, table, (&mut draft, &places)).await?;
            let mut lines = Lines::new();
            for (Owned { row, owner }, spot) in rows.into_iter().zip(spots) {
                match self.add(catalog, table, (&mut draft, spot), (owner, &row)).await? {
                    Added::Line(id, is_new) => {
                        lines.insert(id, Line { file: table.file, row, is_new });
                    }
                    Added::Same => self.report.of(table.file).same += 1,
                    Added::Bad => {}
                }
            }
            if lines.is_empty() {
                return Ok(());
            }
            place_all(&mut draft, catalog);
            self.session.mark().await?;
            match self.session.finish(&access, &mut draft, Pointer::Root("")).await {
                Ok(_) => {
                    self.session.keep().await?;
                    self.count_lines(lines);
                    return Ok(());
                }
                Err(problem) if problem.kind().status() >= 500 => return Err(problem),
                Err(problem) => {
                    self.session.undo().await?;
                    rows = self.without_bad(catalog, table, &draft, (lines, &problem));
                }
            }
        }
        Ok(())
    }

    /// Notes rows that were written.
    pub(super) fn count_lines(&mut self, lines: Lines) {
        for (id, line) in lines {
            self.matched.insert(id);
            let counts = self.report.of(line.file);
            if line.is_new { counts.created += 1 } else { counts.updated += 1 }
        }
    }

    /// Puts a row into the draft of its record.
    pub(super) async fn add(
        &mut self,
        catalog: &Catalog,
        table: &Table,
        (draft, spot): (&mut Draft, Spot),
        (owner, row): (Uuid, &Row),
    ) -> Result<Added, Problem> {
        let child = catalog.entity(table.entity);
        let place = match spot {
            Spot::Bad => return Ok(Added::Bad),
            Spot::New => None,
            Spot::Known(place) => Some(place),
        };
        let Some(list) = list_of(draft, catalog, child, owner) else { return Ok(Added::Bad) };
        let sees_list = child.owner().is_some_and(|owner| self.update.sees(owner, list.field));
        let id = place.and_then(|place| list.drafts.get(place)).map(|known| known.id);
        let purpose = if id.is_some() { Purpose::Patch } else { Purpose::Create };
        let Some(document) = self.read_document(catalog, table, (row, purpose, id)).await? else {
            return Ok(Added::Bad);
        };
        Ok(match place.and_then(|place| list.drafts.get_mut(place)) {
            Some(same)
                if sees_list
                    && says_nothing_new(&document, &same.values)
                    && self.sees_said(child, &document) =>
            {
                self.matched.insert(same.id);
                Added::Same
            }
            Some(other) => {
                other.say(document.values);
                Added::Line(other.id, false)
            }
            None => Added::Line(append(catalog, child, list, document), true),
        })
    }

    /// What a problem of a record says about the rows that became its children, and what it says about itself.
    pub(super) fn blame<'p>(
        &self,
        catalog: &Catalog,
        draft: &Draft,
        (lines, problem): (&Lines, &'p Problem),
    ) -> (BTreeMap<Uuid, Vec<Mistake>>, Vec<&'p Item>) {
        let mut places: BTreeMap<String, Uuid> = BTreeMap::new();
        draft.each_at(Pointer::Root(""), catalog, &mut |record, at| {
            if lines.contains_key(&record.id) {
                places.insert(at.text(), record.id);
            }
        });
        let (mut bad, mut others) = (BTreeMap::<Uuid, Vec<Mistake>>::new(), Vec::new());
        for item in problem.mistakes() {
            let pointer = pointer_of(item);
            let (record, field) = match places.get(pointer) {
                Some(id) => (Some(*id), ""),
                None => match pointer.rsplit_once('/') {
                    Some((record, field)) => (places.get(record).copied(), field),
                    None => (None, ""),
                },
            };
            let line = record.and_then(|id| lines.get(&id).map(|line| (id, line)));
            match line.and_then(|(id, line)| Some((id, line, self.tables.get(line.file)?))) {
                Some((id, line, table)) => {
                    bad.entry(id).or_default().push(self.item(table, line.row.line, (field, item)));
                }
                None => others.push(item),
            }
        }
        (bad, others)
    }

    /// Notes the rows that a problem is about; gives back the others, to be tried again. A problem that is about
    /// no row in particular is about all.
    fn without_bad(
        &mut self,
        catalog: &Catalog,
        table: &Table,
        draft: &Draft,
        (mut lines, problem): (Lines, &Problem),
    ) -> Vec<Owned> {
        let (bad, _) = self.blame(catalog, draft, (&lines, problem));
        if bad.is_empty() {
            for line in lines.into_values() {
                let mistakes = self.mistakes(table, line.row.line, problem);
                self.bad(table.file, mistakes);
            }
            return Vec::new();
        }
        for (id, mistakes) in bad {
            lines.remove(&id);
            self.bad(table.file, mistakes);
        }
        let mut owners: BTreeMap<Uuid, Uuid> = BTreeMap::new();
        draft.each(&mut |record| {
            let children = record.children.iter().flat_map(|list| &list.drafts);
            owners.extend(children.map(|child| (child.id, record.id)));
        });
        let mut rest: Vec<_> = lines
            .into_iter()
            .filter_map(|(id, line)| Some(Owned { row: line.row, owner: *owners.get(&id)? }))
            .collect();
        rest.sort_by_key(|owned| owned.row.line);
        rest
    }
}

fn append(catalog: &Catalog, child: &Entity, list: &mut Children, document: Document) -> Uuid {
    let mut merge = Merge { catalog, problems: Vec::new() };
    let draft = merge.create(child, document, Pointer::Root(""));
    let id = draft.id;
    list.drafts.push(draft);
    id
}

/// The list of `child` records below the record `owner`, somewhere in a draft; rows mention it.
pub(super) fn list_of<'d>(
    draft: &'d mut Draft,
    catalog: &Catalog,
    child: &Entity,
    owner: Uuid,
) -> Option<&'d mut Children> {
    let entity = catalog.entity(draft.entity);
    if draft.id == owner {
        let is_it = |list: &Children| entity.field(list.field).children() == Some(child.id());
        let place = draft.children.iter().position(is_it)?;
        let list = draft.children.get(place)?.field;
        draft.mention(list);
        return draft.children.get_mut(place);
    }
    let below = draft.children.iter_mut().flat_map(|list| &mut list.drafts);
    below.into_iter().find_map(|d| list_of(d, catalog, child, owner))
}

/// Tells every owned child whose it is and where it stands.
pub(super) fn place_all(draft: &mut Draft, catalog: &Catalog) {
    draft.place(catalog.entity(draft.entity), catalog);
    draft.children.iter_mut().flat_map(|list| &mut list.drafts).for_each(|child| place_all(child, catalog));
}
