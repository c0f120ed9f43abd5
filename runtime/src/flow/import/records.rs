//! Rows that are records of their own: made, changed or left alone.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use athyper_expr::Value;
use athyper_schemas::bundle::{Action, System, Trait};
use uuid::Uuid;

use super::beside::ChildRow;
use super::family::{Family, Told};
use super::{CHUNK_ROWS, Job, Mistake, Row, Table, identity, said, twice};
use crate::catalog::{Catalog, Entity, Field};
use crate::draft::Draft;
use crate::draft::merge::Merge;
use crate::policy::{self, Rows};
use crate::problem::{Kind, Problem};
use crate::request::document::{Document, Purpose, Reading};
use crate::request::json::Json;
use crate::request::table::{self, Column};
use crate::sql::write::Dead;
use crate::value::field_problem::{Code, FieldProblem, Pointer, Wrong};
use crate::value::rules::Names;

/// The members of the JSON object that a row stands for.
pub(super) type Members<'r> = Vec<(Cow<'r, str>, Json<'r>)>;

/// What became of a row so far.
pub(super) enum Outcome {
    /// It can be written.
    Ready(Box<Draft>, Family),
    /// It was counted: the record is as the row says, or the row is bad.
    Done,
}

impl Job<'_> {
    /// Works on rows that are records of their own; gives back those that refer to rows not seen yet.
    pub(super) async fn records(&mut self, rows: Vec<Row>, last: bool) -> Result<Vec<Row>, Problem> {
        let catalog = self.session.catalog();
        let entity = catalog.entity(self.import.entity);
        let table = Arc::clone(&self.table);
        self.look_up(&catalog, &table, &rows).await?;
        // Rings and overlaps are judged by the database, which must have the rows before.
        let alone = entity.def().has(Trait::Tree) || entity.def().has(Trait::EffectiveDated);
        let at_once = if alone { 1 } else { CHUNK_ROWS };
        let mut later = Vec::new();
        let mut ready: Vec<(Draft, Family)> = Vec::new();
        let mut rows_ready = 0;
        for row in rows {
            if !last && self.waits(&catalog, entity, &row).await? {
                later.push(row);
                continue;
            }
            if let Outcome::Ready(draft, family) = self.record(&catalog, entity, row).await? {
                rows_ready += 1 + family.lines.len();
                ready.push((*draft, family));
            }
            if rows_ready >= at_once {
                self.write(&catalog, std::mem::take(&mut ready)).await?;
                rows_ready = 0;
            }
        }
        self.write(&catalog, ready).await?;
        Ok(later)
    }

    /// Looks up at once what many rows refer to.
    pub(super) async fn look_up(
        &mut self,
        catalog: &Catalog,
        table: &Table,
        rows: &[Row],
    ) -> Result<(), Problem> {
        let entity = catalog.entity(table.entity);
        let mut wanted: Vec<(&Entity, usize)> = Vec::new();
        for (place, column) in table.header.columns.iter().enumerate() {
            match column {
                Column::Field(field) => {
                    wanted.extend(entity.field(*field).reference().map(|t| (catalog.entity(t), place)));
                }
                Column::Owner => wanted.extend(entity.owner().map(|o| (catalog.entity(o), place))),
                Column::Id | Column::Ignored => {}
            }
        }
        for (target, place) in wanted {
            let mut keys = BTreeSet::new();
            let cells: BTreeSet<&str> =
                rows.iter().filter_map(|r| r.cells.get(place)).map(String::as_str).collect();
            for cell in cells.into_iter().filter(|cell| !cell.is_empty()) {
                keys.extend(self.keys.key_of(&mut self.session, target, cell).await?);
            }
            self.keys.find(&mut self.session, target, keys).await?;
        }
        if !entity.is_owned() {
            let mut own = BTreeSet::new();
            for row in rows {
                own.extend(self.own_key(entity, row).await?);
            }
            self.keys.find(&mut self.session, entity, own).await?;
        }
        Ok(())
    }

    /// The natural key that a row has, if its cells say one.
    pub(super) async fn own_key(
        &mut self,
        entity: &Entity,
        row: &Row,
    ) -> Result<Option<Vec<Value>>, Problem> {
        let names = identity(entity);
        let mut key = Vec::with_capacity(names.len());
        for field in names.iter().filter_map(|name| entity.named(name)) {
            let Some(cell) = said(row, &self.table.header, Column::Field(field.id())) else {
                return Ok(None);
            };
            match self.keys.part(&mut self.session, field, cell).await? {
                Some(value) => key.push(value),
                None => return Ok(None),
            }
        }
        Ok(Some(key).filter(|key| !key.is_empty()))
    }

    /// Whether a row refers to a record of the same entity that is not there yet.
    async fn waits(&mut self, catalog: &Catalog, entity: &Entity, row: &Row) -> Result<bool, Problem> {
        for field in entity.fields().iter().filter(|f| f.reference() == Some(entity.id())) {
            let Some(cell) = said(row, &self.table.header, Column::Field(field.id())) else { continue };
            let target = catalog.entity(entity.id());
            if self.keys.reference(&mut self.session, target, cell).await?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The JSON that a row stands for; nothing after its mistakes were noted.
    async fn read_row<'r>(
        &mut self,
        catalog: &'r Catalog,
        table: &Table,
        row: &'r Row,
    ) -> Result<Option<Members<'r>>, Problem> {
        let mut members = Vec::new();
        let mut mistakes = Vec::new();
        for (column, cell) in table.header.columns.iter().zip(&row.cells) {
            let Column::Field(field) = column else { continue };
            let field = catalog.entity(table.entity).field(*field);
            match self.member(catalog, field, cell).await? {
                Ok(json) => members.extend(json.map(|json| (field.name().into(), json))),
                Err(wrong) => mistakes.push(self.mistake(table, row.line, (field.name(), wrong))),
            }
        }
        if mistakes.is_empty() {
            return Ok(Some(members));
        }
        self.bad(table.file, mistakes);
        Ok(None)
    }

    async fn member<'r>(
        &mut self,
        catalog: &Catalog,
        field: &Field,
        cell: &'r str,
    ) -> Result<Result<Option<Json<'r>>, Wrong>, Problem> {
        if cell.is_empty() {
            // What has a default gets it, now and at every later import; everything else becomes empty.
            let follows = field.def().default.is_some() || field.def().copy.is_some();
            return Ok(Ok((!follows && !field.def().required).then_some(Json::Null)));
        }
        let Some(target) = field.reference().map(|target| catalog.entity(target)) else {
            return Ok(table::cell(field, cell, self.import.mapping.unguarded).map(Some));
        };
        let found = self.keys.reference(&mut self.session, target, cell).await?;
        let readable = match found {
            Some(id) => self.may_refer_to(target, id).await?,
            None => false,
        };
        Ok(match found.filter(|_| readable) {
            Some(id) => Ok(Some(Json::Text(id.hyphenated().to_string().into()))),
            None => {
                let label = target.def().label.to_lowercase();
                let keys = target.def().natural_key.join(", ");
                let how = if keys.is_empty() { "id".to_owned() } else { format!("`{keys}`") };
                Err(Wrong::new(Code::NotFound, format!("there is no {label} whose {how} is `{cell}`")))
            }
        })
    }

    /// Whether a record is there that the caller may read. One that he may not is told as one that is not there, whatever
    /// he calls it by.
    async fn may_refer_to(&mut self, target: &Entity, id: Uuid) -> Result<bool, Problem> {
        let Ok(access) = self.update.follow(target.id()) else { return Ok(false) };
        self.session.fetch(target, &[id]).await?;
        let deleted = target.system(System::DeletedAt).map(|field| field.id().index());
        let is_there = self
            .session
            .pool
            .record(target.id(), id)
            .is_some_and(|record| deleted.and_then(|place| record.get(place)).is_none_or(Value::is_null));
        Ok(is_there && !self.session.readable(&access, &[id]).await?.is_empty())
    }

    /// The document that a row stands for, with the id of the child it is; nothing after its mistakes were noted.
    pub(super) async fn read_document(
        &mut self,
        catalog: &Catalog,
        table: &Table,
        (row, purpose, child): (&Row, Purpose, Option<Uuid>),
    ) -> Result<Option<Document>, Problem> {
        let Some(mut members) = self.read_row(catalog, table, row).await? else { return Ok(None) };
        if let Some(id) = child {
            members.push(("id".into(), Json::Text(id.hyphenated().to_string().into())));
        }
        match self.document(catalog.entity(table.entity), members, purpose) {
            Ok(document) => Ok(Some(document)),
            Err(problems) => {
                let mistakes = self.field_mistakes(table, row.line, problems);
                self.bad(table.file, mistakes);
                Ok(None)
            }
        }
    }

    fn document(
        &self,
        entity: &Entity,
        members: Members<'_>,
        purpose: Purpose,
    ) -> Result<Document, Vec<FieldProblem>> {
        let names = Names::new();
        let reading = Reading {
            catalog: self.import.scope.catalog(),
            principal: self.import.principal,
            names: &names,
            keeps_numbers: true,
            most_children: usize::MAX,
        };
        reading.read(entity, &Json::Object(members), purpose, "")
    }

    async fn record(&mut self, catalog: &Catalog, entity: &Entity, row: Row) -> Result<Outcome, Problem> {
        let table = Arc::clone(&self.table);
        let key = self.own_key(entity, &row).await?;
        if let Some(earlier) = key.as_ref().and_then(|key| self.seen_before(&table, key, row.line)) {
            let column = identity(entity).into_iter().next().unwrap_or_default();
            let mistake = self.mistake(&table, row.line, (&column, twice(earlier)));
            self.bad(0, vec![mistake]);
            return Ok(Outcome::Done);
        }
        let by_id = said(&row, &table.header, Column::Id).and_then(|cell| Uuid::try_parse(cell.trim()).ok());
        let known = by_id.or_else(|| key.clone().and_then(|key| self.keys.get(entity.id(), key)));
        let children = self.children_of_row(key.as_deref(), known)?;
        let purpose = if known.is_some() { Purpose::Patch } else { Purpose::Create };
        let Some(document) = self.read_document(catalog, &table, (&row, purpose, None)).await? else {
            self.lost(&children);
            return Ok(Outcome::Done);
        };
        match known {
            Some(id) => self.known_record(catalog, (entity, id), document, (row, children)).await,
            None => self.new_record(catalog, entity, (key, document), (row, children)).await,
        }
    }

    async fn known_record(
        &mut self,
        catalog: &Catalog,
        (entity, id): (&Entity, Uuid),
        document: Document,
        (row, children): (Row, Vec<ChildRow>),
    ) -> Result<Outcome, Problem> {
        self.session.fetch(entity, &[id]).await?;
        let stored = self.session.pool.record(entity.id(), id).cloned();
        let same = stored.is_some_and(|stored| says_nothing_new(&document, &stored));
        let same = same && self.sees_said(entity, &document);
        if same && children.is_empty() && self.reaches_all() {
            self.report.counts.same += 1;
            return Ok(Outcome::Done);
        }
        let access = self.update.clone();
        let stored = match self.session.load(entity, id, Dead::Hidden).await? {
            Some(stored) => self.session.may_begin(&access, &stored).await.map(|()| stored),
            None => Err(Problem::not_found()),
        };
        let stored = match stored {
            Ok(stored) => stored,
            Err(problem) if problem.kind().status() >= 500 => return Err(problem),
            Err(problem) => {
                let mistakes = self.cannot_change(entity, &row, &problem);
                self.bad(0, mistakes);
                self.lost(&children);
                return Ok(Outcome::Done);
            }
        };
        let mut merge = Merge { catalog, problems: Vec::new() };
        let mut draft = merge.change(stored, document, Purpose::Patch, Pointer::Root(""));
        let told = if same { Told::Same } else { Told::Updated };
        let Some(mut family) = self.gather(catalog, &mut draft, (row, told), &children).await? else {
            return Ok(Outcome::Done);
        };
        match self.session.propose(&access, &mut draft, Pointer::Root("")).await {
            Ok(true) => Ok(Outcome::Ready(Box::new(draft), family)),
            Ok(false) => {
                family.told = Told::Same;
                self.count(family);
                Ok(Outcome::Done)
            }
            Err(problem) => self.refused(catalog, &draft, (family, problem)),
        }
    }

    /// Why the record that a row names cannot be changed. One that the caller may not read is not there for him: its id is
    /// nobody's, and its key is taken.
    fn cannot_change(&self, entity: &Entity, row: &Row, problem: &Problem) -> Vec<Mistake> {
        let table = Arc::clone(&self.table);
        if problem.kind() != Kind::NotFound {
            return self.mistakes(&table, row.line, problem);
        }
        if said(row, &table.header, Column::Id).is_some() {
            let wrong = Wrong::new(Code::NotFound, "there is no record with this id");
            return vec![self.mistake(&table, row.line, ("id", wrong))];
        }
        let key = identity(entity);
        let mut fields = key.iter().filter_map(|name| entity.named(name));
        if !fields.all(|field| policy::sees_whole(self.import.principal, entity, field)) {
            return self.mistakes(&table, row.line, &Problem::new(Kind::AlreadyExists));
        }
        let message = format!("another {} has this value", entity.def().label.to_lowercase());
        let column = key.first().map(String::as_str).unwrap_or_default();
        vec![self.mistake(&table, row.line, (column, Wrong::new(Code::Unique, message)))]
    }

    /// Whether every record may be read and changed, so that nothing is told by what is compared before that is asked.
    fn reaches_all(&self) -> bool {
        let update = &self.update;
        let read = policy::decide(update.scope(), update.principal(), update.entity().id(), Action::Read);
        *update.rows() == Rows::All && read.is_ok_and(|read| *read.rows() == Rows::All)
    }

    /// Whether the caller sees everything that a document mentions, in every record. He may not be told that his file says
    /// what is there otherwise.
    pub(super) fn sees_said(&self, entity: &Entity, document: &Document) -> bool {
        let mut said = entity.fields().iter().map(Field::id).filter(|field| document.mentions(*field));
        said.all(|field| self.update.sees(entity.id(), field))
    }

    async fn new_record(
        &mut self,
        catalog: &Catalog,
        entity: &Entity,
        (key, document): (Option<Vec<Value>>, Document),
        (row, children): (Row, Vec<ChildRow>),
    ) -> Result<Outcome, Problem> {
        let mut merge = Merge { catalog, problems: Vec::new() };
        let mut draft = merge.create(entity, document, Pointer::Root(""));
        let Some(family) = self.gather(catalog, &mut draft, (row, Told::Created), &children).await? else {
            return Ok(Outcome::Done);
        };
        let access = self.create.clone();
        if let Err(problem) = self.session.propose(&access, &mut draft, Pointer::Root("")).await {
            return self.refused(catalog, &draft, (family, problem));
        }
        // Later rows may refer to this one before it is written.
        self.session.pool.keep(entity.id(), draft.id, Arc::from(draft.values.as_slice()));
        if let Some(key) = key {
            self.keys.note(entity.id(), key, draft.id);
        }
        Ok(Outcome::Ready(Box::new(draft), family))
    }

    /// Writes prepared records: all at once, and one by one when that fails.
    async fn write(&mut self, catalog: &Catalog, ready: Vec<(Draft, Family)>) -> Result<(), Problem> {
        if ready.is_empty() {
            return Ok(());
        }
        let (drafts, families): (Vec<Draft>, Vec<Family>) = ready.into_iter().unzip();
        self.session.mark().await?;
        match self.session.store(&drafts, Pointer::Root("")).await {
            Ok(()) => {
                self.session.keep().await?;
                families.into_iter().for_each(|family| self.count(family));
                return Ok(());
            }
            Err(problem) if problem.kind().status() >= 500 => return Err(problem),
            Err(_) => self.session.undo().await?,
        }
        let mut lost = BTreeSet::new();
        for (draft, family) in drafts.into_iter().zip(families) {
            self.session.mark().await?;
            match self.session.store(std::slice::from_ref(&draft), Pointer::Root("")).await {
                Ok(()) => {
                    self.session.keep().await?;
                    self.count(family);
                }
                Err(problem) => {
                    self.session.undo().await?;
                    lost.insert(draft.id);
                    self.refused(catalog, &draft, (family, problem))?;
                }
            }
        }
        self.keys.forget(&lost);
        Ok(())
    }
}

/// Whether a stored record has every value that a document mentions.
pub(super) fn says_nothing_new(document: &Document, stored: &[Value]) -> bool {
    document.values.iter().zip(stored).all(|(said, stored)| said.as_ref().is_none_or(|said| said == stored))
}
