//! From a finished draft to rows: only what differs is written.

use athyper_expr::Value;
use athyper_schemas::bundle::{Action, System};
use uuid::Uuid;

use super::read::Written;
use super::session::{Answering, Session, bind};
use crate::catalog::{Catalog, Entity, EntityId, Field};
use crate::db::{DbError, Row, Violation};
use crate::draft::Draft;
use crate::policy::{self, Access};
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
    /// Gives the record its system values. Whether anything changed at all. What somebody sets without seeing it counts as
    /// changed: a version that stays would tell him that he guessed it.
    pub(super) fn stamp(&self, access: &Access, draft: &mut Draft) -> bool {
        let catalog = self.catalog();
        let entity = catalog.entity(draft.entity);
        if !is_dirty(&catalog, draft) && !says_unseen(&catalog, access, draft) {
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

    /// Writes drafts and their owned children: changed rows, then new ones, owners first. Of a store that is refused
    /// nothing stays.
    pub(super) async fn store(&mut self, drafts: &[Draft], at: Pointer<'_>) -> Result<(), Problem> {
        let read_back = self.read_back(drafts)?;
        let stored = self.writes(drafts);
        // Without a mark the transaction can begin anew: nothing is lost that was written before this.
        let is_marked = self.affected > 0 || self.tx.is_marked();
        if is_marked {
            self.tx.mark().await?;
        }
        let then = read_back.as_ref().map(|(_, written)| written.statement());
        let (touched, row) = match self.run(&stored, then).await {
            Ok(done) => done,
            Err(error) => {
                let undone = if is_marked { self.tx.undo().await } else { self.tx.restart().await };
                return match (error, undone) {
                    (DbError::Violation(Violation::Unique { table }), Ok(())) => {
                        Err(self.taken(drafts, at, &table).await)
                    }
                    (error, _) => Err(error.into()),
                };
            }
        };
        if is_marked {
            self.tx.keep().await?;
        }
        self.affected += touched;
        for (entity, id) in stored.updated {
            self.pool.forget(entity, id);
        }
        if let Some((id, written)) = read_back {
            self.answering = Answering::Read(id, written.shaped(row.as_ref(), self.masks.as_deref())?);
        }
        Ok(())
    }

    /// Takes out what is put in anew, which is not counted, and writes.
    async fn run(
        &mut self,
        stored: &Writes,
        then: Option<&Statement>,
    ) -> Result<(u64, Option<Row>), DbError> {
        for statement in &stored.traded {
            self.tx.execute(statement).await?;
        }
        self.tx.run(&stored.writes, then).await
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

    /// Which records have values that must be unique, in terms of the document. The database named one key of the table;
    /// all of them are looked at, so that every database gets the same answer.
    async fn taken(&mut self, drafts: &[Draft], at: Pointer<'_>, table: &str) -> Problem {
        let catalog = self.catalog();
        let mut problem = Problem::new(Kind::AlreadyExists);
        let Some(entity) = catalog.entities().iter().find(|e| e.table() == table) else { return problem };
        let turns = Turns::of(&catalog, drafts);
        for unique in &entity.def().unique {
            let fields: Vec<_> = unique.fields.iter().filter_map(|name| entity.named(name)).collect();
            let candidates = candidates(&catalog, (entity, &fields), drafts, at);
            problem = self.taken_twice((entity, &fields), &candidates, &turns, problem).await;
        }
        problem
    }

    /// Adds what is wrong with the values of one key. A key with a field that the caller does not see whole is not
    /// named, and a record that he may not read is not hinted at.
    async fn taken_twice(
        &mut self,
        (entity, fields): (&Entity, &[&Field]),
        candidates: &[Candidate],
        turns: &Turns,
        mut problem: Problem,
    ) -> Problem {
        let tenant = self.tenant();
        let mut seen: Vec<&[Bind]> = Vec::new();
        let is_named = fields.iter().all(|f| policy::sees_whole(self.principal(), entity, f));
        for candidate in candidates.iter().filter(|candidate| !candidate.values.contains(&Bind::Null)) {
            let key: Vec<_> = fields.iter().copied().zip(candidate.values.iter().cloned()).collect();
            let found = self.tx.read(&write::ids(entity, &tenant, Which::Matching(&key), Dead::Hidden)).await;
            let holders = found.unwrap_or_default();
            let gives_up =
                |id: Uuid| candidates.iter().any(|c| c.id == id) && turns.is_before(id, candidate.id);
            let mut holders: Vec<_> =
                holders.iter().filter_map(|row| Uuid::try_parse(row.text(0)?).ok()).collect();
            holders.retain(|id| *id != candidate.id && !gives_up(*id));
            if holders.is_empty() && !seen.contains(&candidate.values.as_slice()) {
                seen.push(&candidate.values);
            } else if is_named {
                if let Some(found_by) = &candidate.found_by
                    && self.may_find(entity, &holders).await
                {
                    problem = problem.detail(found_by);
                }
                problem = named(problem, (entity, fields), candidate);
            }
        }
        problem
    }

    /// Whether the caller may read one of these records.
    async fn may_find(&mut self, entity: &Entity, ids: &[Uuid]) -> bool {
        let Ok(access) = policy::decide(self.scope(), self.principal(), entity.id(), Action::Read) else {
            return false;
        };
        let loaded = self.fetch(entity, ids).await.is_ok();
        loaded && self.readable(&access, ids).await.is_ok_and(|readable| !readable.is_empty())
    }
}

/// Names the fields of a key whose values are taken.
fn named(mut problem: Problem, (entity, fields): (&Entity, &[&Field]), candidate: &Candidate) -> Problem {
    let label = entity.def().label.to_lowercase();
    let said: Vec<_> = fields.iter().filter(|f| f.def().system.is_none()).collect();
    let message = match said.len() {
        1 => format!("another {label} has this value"),
        _ => format!("another {label} has these values together"),
    };
    for field in said {
        let pointer = Pointer::Key(&Pointer::Root(&candidate.at), field.name()).text();
        problem = problem.pointer(pointer, Code::Unique.name(), message.clone());
    }
    problem
}

/// A record that is written with new values of a key.
struct Candidate {
    id: Uuid,
    values: Vec<Bind>,
    at: String,
    found_by: Option<String>,
}

fn candidates(
    catalog: &Catalog,
    (entity, fields): (&Entity, &[&Field]),
    drafts: &[Draft],
    at: Pointer<'_>,
) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let mut note = |record: &Draft, at: Pointer<'_>| {
        if record.entity == entity.id() && fields.iter().any(|f| record.changed(f.id())) {
            candidates.push(Candidate {
                id: record.id,
                values: fields.iter().map(|f| bind(record.value(f.id()))).collect(),
                at: at.text(),
                found_by: found_by(entity, fields, record),
            });
        }
    };
    drafts.iter().for_each(|draft| draft.each_at(at, catalog, &mut note));
    candidates
}

/// When the rows of a store are written: those that are put in anew are taken out first, then come the changed ones in
/// their order, and those that are not there yet come last.
struct Turns {
    anew: Vec<Uuid>,
    changed: Vec<Uuid>,
}

impl Turns {
    fn of(catalog: &Catalog, drafts: &[Draft]) -> Self {
        let anew: Vec<Uuid> = trading(catalog, drafts).into_iter().flat_map(|(_, ids)| ids).collect();
        let mut changed = Vec::new();
        let mut note = |record: &Draft| {
            if !record.is_new() && !anew.contains(&record.id) {
                changed.push(record.id);
            }
        };
        drafts.iter().for_each(|draft| draft.each(&mut note));
        Self { anew, changed }
    }

    /// Whether the stored values of one row are gone before the other is written.
    fn is_before(&self, one: Uuid, other: Uuid) -> bool {
        let place = |id| self.changed.iter().position(|known| *known == id);
        self.anew.contains(&one) || place(one).is_some_and(|one| place(other).is_none_or(|other| one < other))
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

/// Whether something was said about what the caller does not see whole in every record.
pub(super) fn says_unseen(catalog: &Catalog, access: &Access, draft: &Draft) -> bool {
    let mut found = false;
    draft.each(&mut |record| {
        let fields = catalog.entity(record.entity).fields();
        found |= fields.iter().any(|f| record.was_said(f.id()) && !access.sees(record.entity, f.id()));
    });
    found
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
