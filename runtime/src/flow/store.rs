//! From a finished draft to rows: only what differs is written.

use athyper_expr::Value;
use athyper_schemas::bundle::{Action, System};
use uuid::Uuid;

use super::read::Written;
use super::session::{Answering, Session, bind};
use crate::catalog::{Catalog, Entity, EntityId, Field};
use crate::db::{DbError, Violation};
use crate::draft::Draft;
use crate::policy;
use crate::problem::{Kind, Problem};
use crate::sql::write::{self, Dead, ROWS_AT_ONCE, Which};
use crate::sql::{Bind, Statement};
use crate::value::field_problem::{Code, Pointer};

/// Most values of one statement: SQLite's own limit is a little higher.
const MAX_BINDS: usize = 30_000;

/// What storing drafts takes.
struct Writes {
    /// Takes out what is put in anew; not counted, as nothing goes.
    traded: Vec<Statement>,
    /// Changes and adds.
    writes: Vec<Statement>,
    /// The records that were there before.
    updated: Vec<(EntityId, Uuid)>,
}

impl Session {
    /// Gives the record its system values. Whether anything changed at all.
    pub(super) fn stamp(&self, draft: &mut Draft) -> bool {
        let catalog = self.catalog();
        let entity = catalog.entity(draft.entity);
        let dirty = is_dirty(&catalog, draft);
        if !dirty {
            return false;
        }
        let version = entity.system(System::Version).map(|f| match draft.value(f.id()) {
            Value::Int(version) if !draft.is_new() => version.saturating_add(1),
            _ => 1,
        });
        let mut system = vec![(System::UpdatedAt, self.now()), (System::UpdatedBy, self.by())];
        system.extend(version.map(|v| (System::Version, Value::Int(v))));
        if draft.is_new() {
            system.extend([(System::CreatedAt, self.now()), (System::CreatedBy, self.by())]);
        }
        for (purpose, value) in system {
            if let Some(field) = entity.system(purpose) {
                draft.set(field.id(), value);
            }
        }
        true
    }

    /// Writes drafts and their owned children: changed rows, then new ones, owners first.
    pub(super) async fn store(&mut self, drafts: &[Draft], at: Pointer<'_>) -> Result<(), Problem> {
        let read_back = self.read_back(drafts)?;
        let Writes { traded, writes, updated } = self.writes(drafts);
        for statement in &traded {
            self.tx.execute(statement).await?;
        }
        let then = read_back.as_ref().map(|(_, written)| written.statement());
        let (touched, row) = match self.tx.run(&writes, then).await {
            Err(DbError::Violation(Violation::Unique { table, columns })) => {
                return Err(self.taken(drafts, at, (&table, &columns)).await);
            }
            outcome => outcome?,
        };
        self.affected += touched;
        for (entity, id) in updated {
            self.pool.forget(entity, id);
        }
        if let Some((id, written)) = read_back {
            self.answering = Answering::Read(id, written.shaped(row.as_ref())?);
        }
        Ok(())
    }

    /// How to read back what is stored, when somebody asked for it.
    fn read_back(&mut self, drafts: &[Draft]) -> Result<Option<(Uuid, Written)>, Problem> {
        let [draft] = drafts else { return Ok(None) };
        match std::mem::replace(&mut self.answering, Answering::Unasked) {
            Answering::Asked(access) if access.entity().id() == draft.entity => {
                Ok(Some((draft.id, Written::of(access, draft.id, self.shapes.as_deref())?)))
            }
            other => {
                self.answering = other;
                Ok(None)
            }
        }
    }

    /// The statements that store drafts.
    fn writes(&self, drafts: &[Draft]) -> Writes {
        let catalog = self.catalog();
        let tenant = self.tenant();
        let (mut writes, mut updated) = (Vec::new(), Vec::new());
        let mut inserts: Vec<(EntityId, Vec<Vec<Bind>>)> = Vec::new();
        let anew = trading(&catalog, drafts);
        let mut row = |record: &Draft| {
            let entity = catalog.entity(record.entity);
            if record.is_new() || anew.iter().any(|(_, ids)| ids.contains(&record.id)) {
                let row = write::writable(entity).map(|f| bind(record.value(f.id()))).collect();
                match inserts.iter_mut().find(|(of, _)| *of == record.entity) {
                    Some((_, rows)) => rows.push(row),
                    None => inserts.push((record.entity, vec![row])),
                }
            } else {
                let changed = write::writable(entity).filter(|f| record.changed(f.id()));
                let changes: Vec<_> = changed.map(|f| (f, bind(record.value(f.id())))).collect();
                if !changes.is_empty() {
                    writes.push(write::update(entity, &tenant, record.id, changes));
                    updated.push((record.entity, record.id));
                }
            }
        };
        drafts.iter().for_each(|draft| draft.each(&mut row));
        let mut traded = Vec::new();
        for (entity, ids) in anew {
            let entity = catalog.entity(entity);
            let Some(key) = entity.system(System::Id) else { continue };
            traded.push(write::delete(entity, &tenant, Which::Having(key, &ids)));
            updated.extend(ids.into_iter().map(|id| (entity.id(), id)));
        }
        for (entity, mut rows) in inserts {
            let entity = catalog.entity(entity);
            let at_once = rows_at_once(entity);
            while !rows.is_empty() {
                let later = rows.split_off(rows.len().min(at_once));
                writes.push(write::insert(entity, &tenant, rows));
                rows = later;
            }
        }
        Writes { traded, writes, updated }
    }

    /// Which record has the values that must be unique, in terms of the document.
    async fn taken(
        &mut self,
        drafts: &[Draft],
        at: Pointer<'_>,
        (table, columns): (&str, &[String]),
    ) -> Problem {
        let catalog = self.catalog();
        let Some(entity) = catalog.entities().iter().find(|e| e.table() == table) else {
            return Problem::new(Kind::AlreadyExists);
        };
        let fields: Vec<_> = columns.iter().filter_map(|column| entity.stored_in(column)).collect();
        let mut candidates = Vec::new();
        let mut note = |record: &Draft, at: Pointer<'_>| {
            if record.entity == entity.id() && fields.iter().any(|f| record.changed(f.id())) {
                let values: Vec<_> = fields.iter().map(|f| bind(record.value(f.id()))).collect();
                candidates.push((record.id, values, at.text(), found_by(entity, &fields, record)));
            }
        };
        drafts.iter().for_each(|draft| draft.each_at(at, &catalog, &mut note));
        let tenant = self.tenant();
        let mut seen: Vec<&[Bind]> = Vec::new();
        let mut problem = Problem::new(Kind::AlreadyExists);
        let read = policy::decide(self.scope(), self.principal(), entity.id(), Action::Read);
        let may_read = read.is_ok_and(|access| fields.iter().all(|f| access.visible().contains(f.id())));
        for (id, values, at, found_by) in &candidates {
            if values.contains(&Bind::Null) {
                continue;
            }
            let key: Vec<_> = fields.iter().copied().zip(values.iter().cloned()).collect();
            let found = self.tx.read(&write::ids(entity, &tenant, Which::Matching(&key), Dead::Hidden)).await;
            let id = id.hyphenated().to_string();
            let elsewhere = found.is_ok_and(|rows| rows.iter().any(|row| row.text(0) != Some(id.as_str())));
            if !elsewhere && !seen.contains(&values.as_slice()) {
                seen.push(values);
                continue;
            }
            if let Some(found_by) = found_by.as_ref().filter(|_| elsewhere && may_read) {
                problem = problem.detail(found_by);
            }
            let label = entity.def().label.to_lowercase();
            for field in fields.iter().filter(|f| f.def().system.is_none()) {
                let pointer = Pointer::Key(&Pointer::Root(at), field.name()).text();
                let message = match fields.iter().filter(|f| f.def().system.is_none()).count() {
                    1 => format!("another {label} has this value"),
                    _ => format!("another {label} has these values together"),
                };
                problem = problem.pointer(pointer, Code::Unique.name(), message);
            }
        }
        problem
    }
}

/// Owned children of which several change what must be unique. One may take what another gives up, and the database
/// judges row by row: they are taken out and put in anew, which nobody sees, as nothing refers to them.
fn trading(catalog: &Catalog, drafts: &[Draft]) -> Vec<(EntityId, Vec<Uuid>)> {
    let mut found: Vec<(EntityId, Vec<Uuid>)> = Vec::new();
    let mut note = |record: &Draft| {
        let entity = catalog.entity(record.entity);
        let mut guarded = entity.def().unique.iter().flat_map(|unique| &unique.fields);
        let changes = |name: &String| entity.named(name).is_some_and(|field| record.changed(field.id()));
        if record.is_new() || !entity.is_owned() || !guarded.any(changes) {
            return;
        }
        match found.iter_mut().find(|(of, _)| *of == record.entity) {
            Some((_, ids)) => ids.push(record.id),
            None => found.push((record.entity, vec![record.id])),
        }
    };
    drafts.iter().for_each(|draft| draft.each(&mut note));
    let refers = |entity: EntityId| {
        let mut fields = catalog.entities().iter().flat_map(Entity::fields);
        fields.any(|field| field.reference() == Some(entity))
    };
    found.retain(|(entity, ids)| ids.len() > 1 && !refers(*entity));
    found
}

/// How a caller finds the record that has these values: said only to who may read it, and only with what he said.
fn found_by(entity: &Entity, fields: &[&Field], record: &Draft) -> Option<String> {
    if entity.is_owned() || !fields.iter().all(|f| record.was_said(f.id())) {
        return None;
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for field in fields {
        query.append_pair(field.name(), &record.value(field.id()).to_string());
    }
    Some(format!("`GET /api/data/{}?{}` finds it", entity.def().url, query.finish()))
}

fn rows_at_once(entity: &Entity) -> usize {
    let width = write::writable(entity).count() + 1;
    (MAX_BINDS / width).clamp(1, ROWS_AT_ONCE)
}

/// Whether a record or one of its owned children is new, changed or gone.
pub(super) fn is_dirty(catalog: &Catalog, draft: &Draft) -> bool {
    draft.is_new()
        || write::writable(catalog.entity(draft.entity)).any(|f| draft.changed(f.id()))
        || draft
            .children
            .iter()
            .any(|list| !list.removed.is_empty() || list.drafts.iter().any(|child| is_dirty(catalog, child)))
}
