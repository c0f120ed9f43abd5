//! One transaction on its way, mostly one that writes: whose it is, when, what was loaded, and how many records changed so far.
//!
//! Lives here: what every write shares. May not enter: what a particular operation means.

use std::sync::Arc;

use athyper_expr::value::Stored as Column;
use athyper_expr::{Value, moment};
use athyper_schemas::bundle::System;
use jiff::Timestamp;
use uuid::Uuid;

use super::read::Record;
use super::shapes::Shapes;
use crate::catalog::{Catalog, Entity, FieldId};
use crate::db::{Db, Row, Tx};
use crate::decision::Taken;
use crate::draft::Stored;
use crate::draft::derive::{Deriving, Moment};
use crate::draft::pool::Pool;
use crate::plan::Selection;
use crate::policy::Access;
use crate::problem::{Item, Kind, Place, Problem};
use crate::shape::Masks;
use crate::sql::Bind;
use crate::sql::write::{self, Dead, Which};
use crate::value::field_problem::FieldProblem;
use crate::who::{Principal, Scope, TenantId};

/// Most loaded records that are kept for later operations of the same transaction.
pub(super) const POOL_RECORDS: usize = 20_000;

/// A transaction and what it knows.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) tx: Tx,
    scope: Scope,
    principal: Principal,
    moment: Arc<Moment>,
    pub(super) pool: Pool,
    pub(super) affected: u64,
    /// Whether somebody wants to know what was decided.
    pub(super) watched: bool,
    /// What was decided, if somebody wants to know.
    pub(super) taken: Vec<Taken>,
    pub(super) answering: Answering,
    /// Statements that read answers, kept from write to write.
    pub(super) shapes: Option<Arc<Shapes<Selection>>>,
    /// With what values are masked in the answer.
    pub(super) masks: Option<Arc<Masks>>,
}

/// What becomes of the answer to a write. The record is read back with the statements that store it: one way to the
/// database and back for all of them.
#[derive(Debug)]
pub(super) enum Answering {
    /// Nobody asked for it, or not yet.
    Unasked,
    /// The next record that is stored is to be read back, by this right.
    Asked(Access),
    /// This record was read back: what it looks like, if it may be seen.
    Read(Uuid, Option<Record>),
}

impl Session {
    /// Begins a transaction for this caller; waits until no other write runs.
    pub(crate) async fn begin(db: &Db, scope: &Scope, principal: &Principal) -> Result<Self, Problem> {
        Ok(Self::on(db.begin_for(scope.tenant()).await?, scope, principal))
    }

    /// Begins a transaction that only reads, for this caller: what it sees is of one time, and nobody waits for it.
    pub(crate) async fn begin_reading(
        db: &Db,
        scope: &Scope,
        principal: &Principal,
    ) -> Result<Self, Problem> {
        Ok(Self::on(db.begin_reading(scope.tenant()).await?, scope, principal))
    }

    /// Goes on for another model and caller, at the same time and with the same records. What was loaded is forgotten.
    pub(super) fn turn(&mut self, scope: &Scope, principal: &Principal) {
        let (now_us, today) = (self.moment.now_us, self.moment.today);
        self.moment = Arc::new(Moment { user: principal.attributes().to_vec(), now_us, today });
        (self.scope, self.principal) = (scope.clone(), principal.clone());
        self.pool = Pool::default();
    }

    fn on(tx: Tx, scope: &Scope, principal: &Principal) -> Self {
        let now_us = Timestamp::now().as_microsecond();
        let moment = Moment {
            user: principal.attributes().to_vec(),
            now_us,
            today: moment::day_of_instant(now_us).unwrap_or_default(),
        };
        Self {
            tx,
            scope: scope.clone(),
            principal: principal.clone(),
            moment: Arc::new(moment),
            pool: Pool::default(),
            affected: 0,
            watched: false,
            taken: Vec::new(),
            answering: Answering::Unasked,
            shapes: None,
            masks: None,
        }
    }

    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(self.scope.catalog())
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.scope.tenant().clone()
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(super) fn principal(&self) -> &Principal {
        &self.principal
    }

    pub(crate) fn moment(&self) -> Arc<Moment> {
        Arc::clone(&self.moment)
    }

    pub(super) fn now(&self) -> Value {
        Value::Datetime(self.moment.now_us)
    }

    pub(super) fn by(&self) -> Value {
        Value::text(self.principal.subject())
    }

    /// How many records were added, changed or removed so far, owned children counted.
    pub(crate) fn affected(&self) -> u64 {
        self.affected
    }

    /// Marks a place to which [`Session::undo`] returns.
    pub(crate) async fn mark(&mut self) -> Result<(), Problem> {
        Ok(self.tx.mark().await?)
    }

    /// Keeps what was done since the last mark.
    pub(crate) async fn keep(&mut self) -> Result<(), Problem> {
        Ok(self.tx.keep().await?)
    }

    /// Undoes what was done since the last mark.
    pub(crate) async fn undo(&mut self) -> Result<(), Problem> {
        self.pool = Pool::default();
        Ok(self.tx.undo().await?)
    }

    /// Makes everything durable.
    pub(crate) async fn commit(self) -> Result<(), Problem> {
        Ok(self.tx.commit().await?)
    }

    /// Undoes everything.
    pub(crate) async fn rollback(self) -> Result<(), Problem> {
        Ok(self.tx.rollback().await?)
    }

    /// Rows of an entity by field index.
    pub(super) async fn rows(
        &mut self,
        entity: &Entity,
        which: Which<'_>,
        dead: Dead,
    ) -> Result<Vec<Arc<[Value]>>, Problem> {
        let statement = write::select(entity, self.scope.tenant(), which, dead);
        let rows = self.tx.read(&statement).await?;
        rows.iter().map(|row| values(entity, row)).collect()
    }

    /// The records with these ids, loaded unless they were before. Those that are not there are left out.
    pub(super) async fn fetch(&mut self, entity: &Entity, ids: &[Uuid]) -> Result<(), Problem> {
        let mut missing: Vec<Uuid> =
            ids.iter().copied().filter(|id| self.pool.record(entity.id(), *id).is_none()).collect();
        missing.sort_unstable();
        missing.dedup();
        let Some(key) = entity.system(System::Id).filter(|_| !missing.is_empty()) else { return Ok(()) };
        for values in self.rows(entity, Which::Having(key, &missing), Dead::Counted).await? {
            if let Some(Value::Uuid(id)) = values.first() {
                self.pool.keep(entity.id(), *id, Arc::clone(&values));
            }
        }
        Ok(())
    }

    /// A record without its owned children, if it is there and not deleted.
    pub(super) async fn load_alone(&mut self, entity: &Entity, id: Uuid) -> Result<Option<Stored>, Problem> {
        let Some(key) = entity.system(System::Id) else { return Ok(None) };
        let found = self.rows(entity, Which::Having(key, &[id]), Dead::Hidden).await?;
        let childless = entity.fields().iter().any(|field| field.children().is_some());
        let stored = |values| Stored { entity: entity.id(), values, children: Vec::new(), childless };
        Ok(found.into_iter().next().map(stored))
    }

    /// A record with all its owned children, if it is there.
    pub(super) async fn load(
        &mut self,
        entity: &Entity,
        id: Uuid,
        dead: Dead,
    ) -> Result<Option<Stored>, Problem> {
        let Some(key) = entity.system(System::Id) else { return Ok(None) };
        let found = self.rows(entity, Which::Having(key, &[id]), dead).await?;
        let Some(values) = found.into_iter().next() else { return Ok(None) };
        let mut roots = vec![Stored { entity: entity.id(), values, children: Vec::new(), childless: false }];
        self.load_children(entity, &mut roots).await?;
        Ok(roots.pop())
    }

    async fn load_children(&mut self, entity: &Entity, owners: &mut [Stored]) -> Result<(), Problem> {
        let catalog = self.catalog();
        for list in entity.fields() {
            let Some(child) = list.children().map(|child| catalog.entity(child)) else { continue };
            let ids: Vec<Uuid> = owners.iter().filter_map(Stored::id).collect();
            let mut children = self.children_of(child, &ids).await?;
            Box::pin(self.load_children(child, &mut children)).await?;
            distribute(child, list.id(), children, owners);
        }
        Ok(())
    }

    async fn children_of(&mut self, child: &Entity, owners: &[Uuid]) -> Result<Vec<Stored>, Problem> {
        let Some(parent) = child.system(System::Parent).filter(|_| !owners.is_empty()) else {
            return Ok(Vec::new());
        };
        let rows = self.rows(child, Which::Having(parent, owners), Dead::Counted).await?;
        let stored = |values| Stored { entity: child.id(), values, children: Vec::new(), childless: false };
        Ok(rows.into_iter().map(stored).collect())
    }

    /// The deciding that goes with this transaction.
    pub(super) fn deriving<'d>(&self, catalog: &'d Catalog, moment: &'d Moment) -> Deriving<'d> {
        Deriving { catalog, behaviours: catalog.behaviours(), moment }
    }
}

/// Gives each owner its children, which come ordered by owner and position.
fn distribute(child: &Entity, list: FieldId, children: Vec<Stored>, owners: &mut [Stored]) {
    let parent = child.system(System::Parent).map(|f| f.id().index());
    let mut by_owner: std::collections::HashMap<Uuid, Vec<Stored>> = std::collections::HashMap::new();
    for stored in children {
        if let Some(Value::Uuid(owner)) = parent.and_then(|p| stored.values.get(p)) {
            by_owner.entry(*owner).or_default().push(stored);
        }
    }
    for owner in owners {
        let mine = owner.id().and_then(|id| by_owner.remove(&id)).unwrap_or_default();
        owner.children.push((list, mine));
    }
}

/// A row of [`write::select`] by field index.
pub(super) fn values(entity: &Entity, row: &Row) -> Result<Arc<[Value]>, Problem> {
    let mut out = vec![Value::Null; entity.fields().len()];
    for (column, field) in write::stored(entity).enumerate() {
        let stored = match row.value(column) {
            Bind::Null => continue,
            Bind::Int(number) => Column::Int(number),
            Bind::Text(text) => Column::Text(text),
        };
        let value = Value::from_stored(field.rules().kind(), &stored).map_err(Problem::internal)?;
        if let Some(slot) = out.get_mut(field.id().index()) {
            *slot = value;
        }
    }
    Ok(out.into())
}

/// A value as the database stores it.
pub(super) fn bind(value: &Value) -> Bind {
    match value.stored() {
        Column::Null => Bind::Null,
        Column::Int(number) => Bind::Int(number),
        Column::Text(text) => Bind::Text(text),
    }
}

/// Everything that is wrong with a document, as the one problem the client gets.
pub(super) fn invalid(problems: Vec<FieldProblem>) -> Problem {
    let item = |p: FieldProblem| Item {
        place: Place::Pointer(p.pointer),
        code: p.code.name().into(),
        message: p.message,
        check: p.check,
    };
    Problem::new(Kind::Invalid).items(problems.into_iter().map(item))
}
