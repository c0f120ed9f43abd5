//! Rows that are owned children: added to their owners, many at a time.

use std::collections::BTreeMap;

use athyper_expr::Value;
use uuid::Uuid;

use super::records::says_nothing_new;
use super::{Job, Mistake, Row, said};
use crate::catalog::{Catalog, Entity, FieldId};
use crate::draft::merge::{self, Merge};
use crate::draft::{Children, Draft};
use crate::problem::{Place, Problem};
use crate::request::document::{Document, Purpose};
use crate::request::table::Column;
use crate::sql::write::{Dead, Which};
use crate::value::field_problem::{Code, Pointer, Wrong};

/// A row and the owner it belongs to.
struct Owned {
    row: Row,
    owner: Uuid,
}

impl Job<'_> {
    /// Works on rows that are owned children.
    pub(super) async fn children(&mut self, rows: Vec<Row>) -> Result<(), Problem> {
        let catalog = self.session.catalog();
        let child = catalog.entity(self.import.entity);
        let Some(owner) = child.owner().map(|owner| catalog.entity(owner)) else { return Ok(()) };
        self.look_up(&catalog, child, &rows).await?;
        let mut groups: BTreeMap<Uuid, Vec<Owned>> = BTreeMap::new();
        let mut roots: BTreeMap<Uuid, Uuid> = BTreeMap::new();
        for row in rows {
            let cell = said(&row, &self.header, Column::Owner).unwrap_or_default().to_owned();
            let found = match cell.as_str() {
                "" => None,
                cell => self.keys.reference(&mut self.session, owner, cell).await?,
            };
            let top = match found {
                Some(id) => self.top_of(&catalog, owner, id, &mut roots).await?,
                None => None,
            };
            let Some((id, top)) = found.zip(top) else {
                let label = owner.def().label.to_lowercase();
                let wrong = Wrong::new(Code::NotFound, format!("there is no {label} `{cell}` to belong to"));
                let mistake = self.mistake(row.line, "parent", wrong);
                self.bad(vec![mistake]);
                continue;
            };
            groups.entry(top).or_default().push(Owned { row, owner: id });
        }
        for (top, rows) in groups {
            self.add_to(&catalog, (super::root(&catalog, owner), top), rows).await?;
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
        (root, id): (&Entity, Uuid),
        mut rows: Vec<Owned>,
    ) -> Result<(), Problem> {
        while !rows.is_empty() {
            let Some(stored) = self.session.load(root, id, Dead::Hidden).await? else {
                let wrong = || Wrong::new(Code::NotFound, "the record it belongs to is not there");
                let bad: Vec<Vec<Mistake>> =
                    rows.iter().map(|owned| vec![self.mistake(owned.row.line, "parent", wrong())]).collect();
                bad.into_iter().for_each(|mistakes| self.bad(mistakes));
                return Ok(());
            };
            let mut draft = merge::keep(stored, catalog);
            let mut lines: BTreeMap<Uuid, (Row, bool)> = BTreeMap::new();
            for owned in rows {
                if let Some((child, is_new)) = self.add(catalog, &mut draft, &owned).await? {
                    lines.insert(child, (owned.row, is_new));
                }
            }
            if lines.is_empty() {
                return Ok(());
            }
            place_all(&mut draft, catalog);
            self.session.mark().await?;
            let access = self.update.clone();
            match self.session.finish(&access, &mut draft, Pointer::Root("")).await {
                Ok(_) => {
                    self.session.keep().await?;
                    for (_, is_new) in lines.into_values() {
                        if is_new { self.report.created += 1 } else { self.report.updated += 1 }
                    }
                    return Ok(());
                }
                Err(problem) if problem.kind().status() >= 500 => return Err(problem),
                Err(problem) => {
                    self.session.undo().await?;
                    rows = self.without_bad(catalog, &draft, (lines, &problem));
                }
            }
        }
        Ok(())
    }

    /// Puts a row into the draft of its record. The child it became and whether it is new; nothing when it is
    /// the same as a child, or bad.
    async fn add(
        &mut self,
        catalog: &Catalog,
        draft: &mut Draft,
        owned: &Owned,
    ) -> Result<Option<(Uuid, bool)>, Problem> {
        let child = catalog.entity(self.import.entity);
        let row = &owned.row;
        let key = self.child_key(child, row).await?;
        let Some(list) = list_of(draft, catalog, child, owned.owner) else { return Ok(None) };
        let place = list.drafts.iter().position(|d| !key.is_empty() && has_key(d, &key));
        let known = place.and_then(|place| list.drafts.get(place)).map(|d| (d.id, d.is_new()));
        if let Some((_, true)) = known {
            let column = key.first().map_or("", |(field, _)| child.field(*field).name()).to_owned();
            let mistake = self.mistake(row.line, &column, twice_here());
            self.bad(vec![mistake]);
            return Ok(None);
        }
        let purpose = if known.is_some() { Purpose::Patch } else { Purpose::Create };
        let id = known.map(|(id, _)| id);
        let Some(document) = self.read_document(catalog, child, (row, purpose, id)).await? else {
            return Ok(None);
        };
        let Some(list) = list_of(draft, catalog, child, owned.owner) else { return Ok(None) };
        match place.and_then(|place| list.drafts.get_mut(place)) {
            Some(same) if says_nothing_new(&document, &same.values) => {
                self.report.same += 1;
                Ok(None)
            }
            Some(other) => {
                other.say(document.values);
                Ok(Some((other.id, false)))
            }
            None => Ok(Some((append(catalog, child, list, document), true))),
        }
    }

    /// The fields by which a row is the same as a child of its owner, and their values: the natural key, else what
    /// is unique below one owner, else everything the file says.
    async fn child_key(&mut self, child: &Entity, row: &Row) -> Result<Vec<(FieldId, Value)>, Problem> {
        let natural = &child.def().natural_key;
        let below = child.def().unique.iter().find(|u| u.fields.iter().any(|f| f == "parent"));
        let names: Vec<String> = match (natural.is_empty(), below) {
            (false, _) => natural.clone(),
            (true, Some(unique)) => unique.fields.iter().filter(|f| *f != "parent").cloned().collect(),
            (true, None) => {
                let given = self.header.columns.iter().filter_map(|column| match column {
                    Column::Field(field) => Some(child.field(*field).name().to_owned()),
                    _ => None,
                });
                given.collect()
            }
        };
        let mut key = Vec::with_capacity(names.len());
        for field in names.iter().filter_map(|name| child.named(name)) {
            let value = match said(row, &self.header, Column::Field(field.id())) {
                Some(cell) => self.keys.part(&mut self.session, field, cell).await?,
                None => Some(Value::Null),
            };
            match value {
                Some(value) => key.push((field.id(), value)),
                None => return Ok(Vec::new()),
            }
        }
        Ok(key)
    }

    /// Notes the rows that a problem is about; gives back the others, to be tried again. A problem that is about
    /// no row in particular is about all.
    fn without_bad(
        &mut self,
        catalog: &Catalog,
        draft: &Draft,
        (mut lines, problem): (BTreeMap<Uuid, (Row, bool)>, &Problem),
    ) -> Vec<Owned> {
        let mut places: BTreeMap<String, Uuid> = BTreeMap::new();
        let mut owners: BTreeMap<Uuid, Uuid> = BTreeMap::new();
        draft.each_at(Pointer::Root(""), catalog, &mut |record, at| {
            for child in record.children.iter().flat_map(|list| &list.drafts) {
                owners.insert(child.id, record.id);
            }
            if lines.contains_key(&record.id) {
                places.insert(at.text(), record.id);
            }
        });
        let mut bad: BTreeMap<Uuid, Vec<Mistake>> = BTreeMap::new();
        for item in problem.mistakes() {
            let (Place::Pointer(pointer) | Place::Parameter(pointer) | Place::Header(pointer)) = &item.place;
            let (record, field) = match places.get(pointer) {
                Some(id) => (Some(*id), ""),
                None => match pointer.rsplit_once('/') {
                    Some((record, field)) => (places.get(record).copied(), field),
                    None => (None, ""),
                },
            };
            if let Some((id, line)) = record.and_then(|id| lines.get(&id).map(|(row, _)| (id, row.line))) {
                let column = self.header.name_of(self.entity(), field).to_owned();
                let mistake =
                    Mistake { line, column, code: item.code.to_string(), message: item.message.clone() };
                bad.entry(id).or_default().push(mistake);
            }
        }
        if bad.is_empty() {
            let all: Vec<_> = lines.into_values().map(|(row, _)| self.mistakes(row.line, problem)).collect();
            all.into_iter().for_each(|mistakes| self.bad(mistakes));
            return Vec::new();
        }
        for (id, mistakes) in bad {
            lines.remove(&id);
            self.bad(mistakes);
        }
        let mut rest: Vec<_> = lines
            .into_iter()
            .filter_map(|(id, (row, _))| Some(Owned { row, owner: *owners.get(&id)? }))
            .collect();
        rest.sort_by_key(|owned| owned.row.line);
        rest
    }
}

fn twice_here() -> Wrong {
    Wrong::new(Code::Unique, "an earlier line has the same key below the same owner")
}

fn has_key(draft: &Draft, key: &[(FieldId, Value)]) -> bool {
    key.iter().all(|(field, value)| draft.value(*field) == value)
}

fn append(catalog: &Catalog, child: &Entity, list: &mut Children, document: Document) -> Uuid {
    let mut merge = Merge { catalog, problems: Vec::new() };
    let draft = merge.create(child, document, Pointer::Root(""));
    let id = draft.id;
    list.drafts.push(draft);
    id
}

/// The list of `child` records below the record `owner`, somewhere in a draft.
fn list_of<'d>(
    draft: &'d mut Draft,
    catalog: &Catalog,
    child: &Entity,
    owner: Uuid,
) -> Option<&'d mut Children> {
    let entity = catalog.entity(draft.entity);
    if draft.id == owner {
        return draft
            .children
            .iter_mut()
            .find(|list| entity.field(list.field).children() == Some(child.id()));
    }
    let below = draft.children.iter_mut().flat_map(|list| &mut list.drafts);
    below.into_iter().find_map(|d| list_of(d, catalog, child, owner))
}

/// Tells every owned child whose it is and where it stands.
fn place_all(draft: &mut Draft, catalog: &Catalog) {
    draft.place(catalog.entity(draft.entity), catalog);
    draft.children.iter_mut().flat_map(|list| &mut list.drafts).for_each(|child| place_all(child, catalog));
}
