//! Removing records: who refers to them, what goes with them, and what is left behind.

use std::collections::{BTreeMap, BTreeSet};

use athyper_expr::Value;
use athyper_schemas::bundle::{OnDelete, System};
use uuid::Uuid;

use super::session::{Session, bind};
use crate::catalog::{Catalog, Entity, EntityId, Field, FieldId};
use crate::db::Row;
use crate::draft::{Draft, Stored, merge};
use crate::policy::Access;
use crate::problem::{Kind, Problem};
use crate::sql::write::{self, Dead, Which};

/// Records to remove, and what that does to others.
#[derive(Debug, Default)]
struct Removal {
    /// In the order in which they were found: holders come after what they hold.
    gone: Vec<(EntityId, Vec<Uuid>, How)>,
    known: BTreeSet<(EntityId, Uuid)>,
    /// References that become null.
    cleared: Vec<Held>,
    /// References that must not break.
    blocked: Vec<Held>,
    /// The same, in records that were deleted softly: nobody sees them, but they are there.
    blocked_by_deleted: Vec<Held>,
    /// Owned children of other records that go: their owners change.
    orphaned: Vec<Held>,
}

/// Records of one entity that hold a reference.
#[derive(Debug)]
struct Held {
    entity: EntityId,
    field: FieldId,
    rows: Vec<(Uuid, Option<Uuid>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// The row is hidden.
    Softly,
    /// The row is deleted.
    Really,
}

impl Session {
    /// Removes a record, with everything that goes with it.
    pub(super) async fn remove(
        &mut self,
        access: &Access,
        entity: EntityId,
        id: Uuid,
    ) -> Result<(), Problem> {
        let catalog = self.catalog();
        let how = how(catalog.entity(entity));
        self.remove_all(access, vec![(entity, vec![id], how)]).await
    }

    /// Removes owned children that an update left out.
    pub(super) async fn remove_children(&mut self, access: &Access, draft: &Draft) -> Result<(), Problem> {
        let mut by_entity: BTreeMap<EntityId, Vec<Uuid>> = BTreeMap::new();
        draft.each(&mut |record| {
            for stored in record.children.iter().flat_map(|list| &list.removed) {
                by_entity.entry(stored.entity).or_default().extend(stored.id());
            }
        });
        if by_entity.is_empty() {
            return Ok(());
        }
        let starts = by_entity.into_iter().map(|(entity, ids)| (entity, ids, How::Really)).collect();
        self.remove_all(access, starts).await
    }

    async fn remove_all(
        &mut self,
        access: &Access,
        starts: Vec<(EntityId, Vec<Uuid>, How)>,
    ) -> Result<(), Problem> {
        let removal = self.plan_removal(starts).await?;
        refuse_if_held(access, &removal)?;
        let catalog = self.catalog();
        for held in removal.cleared.iter().chain(&removal.orphaned) {
            let clears = removal.cleared.iter().any(|c| std::ptr::eq(c, held));
            for (root, ids) in self.owners(&catalog, held, &removal).await? {
                let edit = |draft: &mut Draft| edit(draft, held, clears);
                for id in ids {
                    Box::pin(self.touch(access, (root, id), edit)).await?;
                }
            }
        }
        let tenant = self.tenant();
        for (entity, ids, how) in removal.gone.iter().rev() {
            let entity = catalog.entity(*entity);
            let Some(key) = entity.system(System::Id) else { continue };
            let statement = match how {
                How::Really => write::delete(entity, &tenant, Which::Having(key, ids)),
                How::Softly => write::hide(entity, &tenant, ids, &bind(&self.now()), &bind(&self.by())),
            };
            self.affected += self.tx.execute(&statement).await?;
            ids.iter().for_each(|id| self.pool.forget(entity.id(), *id));
        }
        Ok(())
    }

    async fn plan_removal(&mut self, starts: Vec<(EntityId, Vec<Uuid>, How)>) -> Result<Removal, Problem> {
        let catalog = self.catalog();
        let mut removal = Removal::default();
        let mut open = starts;
        while let Some((entity, mut ids, how)) = open.pop() {
            ids.retain(|id| removal.known.insert((entity, *id)));
            if ids.is_empty() {
                continue;
            }
            let entity = catalog.entity(entity);
            let mut found = Vec::new();
            if how == How::Really {
                for child in entity.fields().iter().filter_map(Field::children) {
                    let child = catalog.entity(child);
                    let Some(parent) = child.system(System::Parent) else { continue };
                    let rows = self.holders(child, parent, &ids, Dead::Counted).await?;
                    found.push((child.id(), rows.into_iter().map(|(id, _)| id).collect(), How::Really));
                }
            }
            for (holder, field) in entity.referrers() {
                let (holder, field) = (catalog.entity(*holder), catalog.entity(*holder).field(*field));
                if field.def().system.is_some() {
                    continue;
                }
                let dead = if how == How::Softly { Dead::Hidden } else { Dead::Counted };
                let rows = self.holders(holder, field, &ids, dead).await?;
                if rows.is_empty() {
                    continue;
                }
                let held = Held { entity: holder.id(), field: field.id(), rows };
                match field.def().ty.on_delete.unwrap_or(OnDelete::Restrict) {
                    OnDelete::Restrict if how == How::Really && self::how(holder) == How::Softly => {
                        let living = self.holders(holder, field, &ids, Dead::Hidden).await?;
                        let (seen, unseen) = held.rows.into_iter().partition(|row| living.contains(row));
                        let part = |rows| Held { entity: holder.id(), field: field.id(), rows };
                        removal.blocked.push(part(seen));
                        removal.blocked_by_deleted.push(part(unseen));
                    }
                    OnDelete::Restrict => removal.blocked.push(held),
                    OnDelete::SetNull => removal.cleared.push(held),
                    OnDelete::Cascade if holder.is_owned() => removal.orphaned.push(held),
                    OnDelete::Cascade => {
                        let ids = held.rows.iter().map(|(id, _)| *id).collect();
                        let softly = how == How::Softly && self::how(holder) == How::Softly;
                        found.push((holder.id(), ids, if softly { How::Softly } else { How::Really }));
                    }
                }
            }
            removal.gone.push((entity.id(), ids, how));
            open.extend(found);
        }
        Ok(removal)
    }

    async fn holders(
        &mut self,
        entity: &Entity,
        field: &Field,
        targets: &[Uuid],
        dead: Dead,
    ) -> Result<Vec<(Uuid, Option<Uuid>)>, Problem> {
        let tenant = self.tenant();
        let rows = self.tx.read(&write::ids(entity, &tenant, Which::Having(field, targets), dead)).await?;
        Ok(rows.iter().filter_map(|row| Some((uuid(row, 0)?, uuid(row, 1)))).collect())
    }

    /// The top-level records in which held rows stand, without those that go themselves.
    async fn owners(
        &mut self,
        catalog: &Catalog,
        held: &Held,
        removal: &Removal,
    ) -> Result<BTreeMap<EntityId, BTreeSet<Uuid>>, Problem> {
        let mut entity = catalog.entity(held.entity);
        let left = |entity: EntityId, id: &Uuid| !removal.known.contains(&(entity, *id));
        let mut rows: Vec<_> = held.rows.iter().filter(|(id, _)| left(held.entity, id)).copied().collect();
        while let Some(owner) = entity.owner() {
            entity = catalog.entity(owner);
            let Some(key) = entity.system(System::Id) else { break };
            let ids: Vec<Uuid> =
                rows.iter().filter_map(|(_, owner)| *owner).filter(|id| left(entity.id(), id)).collect();
            rows = self.holders(entity, key, &ids, Dead::Counted).await?;
        }
        let ids: BTreeSet<Uuid> = rows.into_iter().map(|(id, _)| id).collect();
        Ok(BTreeMap::from([(entity.id(), ids)]))
    }

    /// Changes a record because another one goes: the ordinary way, with computed fields and checks.
    async fn touch(
        &mut self,
        access: &Access,
        (entity, id): (EntityId, Uuid),
        edit: impl Fn(&mut Draft),
    ) -> Result<(), Problem> {
        let catalog = self.catalog();
        let found = self.load(catalog.entity(entity), id, Dead::Counted).await?;
        let Some(stored) = found else { return Ok(()) };
        let mut draft = merge::keep(stored, &catalog);
        edit(&mut draft);
        draft.place(catalog.entity(entity), &catalog);
        // What was copied from the record that goes stays as a memory of it.
        draft.keep_copies();
        self.follow_up(access, &mut draft).await.map(drop)
    }
}

/// Takes a reference, or the owned child that holds it, out of a record.
fn edit(draft: &mut Draft, held: &Held, clears: bool) {
    let is_held = |d: &Draft| d.entity == held.entity && held.rows.iter().any(|(id, _)| *id == d.id);
    if clears && is_held(draft) {
        draft.set(held.field, Value::Null);
    }
    for list in &mut draft.children {
        if !clears {
            let (gone, left) = std::mem::take(&mut list.drafts).into_iter().partition(is_held);
            list.drafts = left;
            list.removed.extend(Vec::into_iter(gone).filter_map(stored));
        }
        list.drafts.iter_mut().for_each(|child| edit(child, held, clears));
    }
}

fn stored(draft: Draft) -> Option<Stored> {
    Some(Stored { entity: draft.entity, values: draft.before?, children: Vec::new(), childless: false })
}

fn how(entity: &Entity) -> How {
    if entity.system(System::DeletedAt).is_some() { How::Softly } else { How::Really }
}

fn uuid(row: &Row, column: usize) -> Option<Uuid> {
    row.text(column).and_then(|text| Uuid::try_parse(text).ok())
}

/// Who holds what must go, in words that tell no more than the caller may know.
fn refuse_if_held(access: &Access, removal: &Removal) -> Result<(), Problem> {
    let catalog = access.scope().catalog();
    let mut readable: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    let mut hidden = false;
    let deleted = removal.blocked_by_deleted.iter().map(|held| (held, true));
    for (held, is_deleted) in removal.blocked.iter().map(|held| (held, false)).chain(deleted) {
        let count = held.rows.iter().filter(|(id, _)| !removal.known.contains(&(held.entity, *id))).count();
        let top = catalog.top(catalog.entity(held.entity));
        if count > 0 && access.follow(top.id()).is_ok() {
            *readable.entry((catalog.entity(held.entity).name(), is_deleted)).or_default() += count;
        } else if count > 0 {
            hidden = true;
        }
    }
    if readable.is_empty() && !hidden {
        return Ok(());
    }
    let mut problem = Problem::new(Kind::StillReferenced);
    for ((name, is_deleted), count) in readable {
        let def = catalog.named(name).map(Entity::def);
        let label = def.map_or("", |d| if count == 1 { d.label.as_str() } else { d.plural.as_str() });
        let verb = if count == 1 { "refers" } else { "refer" };
        let state = if is_deleted { "deleted " } else { "" };
        let message = format!("{count} {state}{} {verb} to it", label.to_lowercase());
        problem = problem.pointer("", "referenced", message);
    }
    if hidden {
        problem = problem.pointer("", "referenced", "other records refer to it");
    }
    Err(problem)
}
