//! May this principal do that? The only maker of [`Access`], which every plan needs. Pure.

use std::sync::Arc;

use athyper_policy::{Condition, Residual, fields};
use athyper_schemas::bundle::{Action, Mask, Otherwise, System};
use athyper_schemas::ir::Node;

use crate::catalog::{Entity, EntityId, Field, FieldId, FieldSet};
use crate::problem::{Kind, Problem};
use crate::who::{Capacity, Principal, Scope};

/// Most decisions that are remembered for one model.
const REMEMBERED: u64 = 20_000;

/// The proof that a principal may do something with an entity. Nothing is planned without one.
///
/// ```compile_fail,E0451
/// # fn forge(mine: athyper_runtime::policy::Access, other: athyper_runtime::catalog::EntityId) {
/// athyper_runtime::policy::Access { entity: other, ..mine };
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Access {
    scope: Scope,
    principal: Principal,
    entity: EntityId,
    action: Action,
    rights: Arc<Rights>,
}

/// What callers of one capacity may do with the records of an entity.
#[derive(Debug)]
struct Rights {
    rows: Rows,
    sights: Box<[Sight]>,
    visible: FieldSet,
    shown: FieldSet,
}

/// Which records of the tenant the access reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    /// Every record.
    All,
    /// Those for which this is definitely true, seen with the eyes of the policy: it looks at all records and
    /// fields, whatever the caller may see. On create it is asked of the new record; on update a rule that judges
    /// the record as it would become has yet to be asked.
    Where(Arc<Node>),
}

/// What the caller sees of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Its value, in every record he may read.
    Whole,
    /// Its value where this is definitely true; elsewhere what the mask makes of it, or nothing.
    Where(Arc<Node>, Option<Mask>),
    /// What the mask makes of it.
    Masked(Mask),
    /// Nothing: to him there is no such field.
    Nothing,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The caller may not read the entity: to him it does not exist.
    Hidden,
    /// He may read it, but not do this.
    Forbidden(Action),
}

/// Decisions that were taken before, for the callers of each capacity that asked.
#[derive(Debug)]
pub struct Decided(moka::sync::Cache<(EntityId, Action, Arc<Capacity>), Option<Arc<Rights>>>);

impl Default for Decided {
    fn default() -> Self {
        Self(moka::sync::Cache::new(REMEMBERED))
    }
}

/// Decides whether `principal` may do `action` with records of `entity`, and with which. Default deny.
///
/// # Errors
/// [`Denied`] when no rule can allow it, and always for owned children, which are reached through their owner.
pub fn decide(
    scope: &Scope,
    principal: &Principal,
    entity: EntityId,
    action: Action,
) -> Result<Access, Denied> {
    let reachable = scope.tenant() == principal.tenant() && !scope.catalog().entity(entity).is_owned();
    let rights = |action| rights(scope, principal, entity, action).filter(|_| reachable);
    match rights(action) {
        Some(rights) => {
            Ok(Access { scope: scope.clone(), principal: principal.clone(), entity, action, rights })
        }
        None if rights(Action::Read).is_some() => Err(Denied::Forbidden(action)),
        None => Err(Denied::Hidden),
    }
}

/// The actions that `principal` can ever do with records of `entity`.
pub fn actions<'p>(
    scope: &'p Scope,
    principal: &'p Principal,
    entity: EntityId,
) -> impl Iterator<Item = Action> + 'p {
    Action::ALL.into_iter().filter(move |action| decide(scope, principal, entity, *action).is_ok())
}

/// What `principal` sees of a field of a record that he may read.
#[must_use]
pub fn sight(principal: &Principal, entity: &Entity, field: &Field) -> Sight {
    Sight::of(entity, field, principal.capacity())
}

/// Whether `principal` sees the value of a field in every record that he may read.
#[must_use]
pub fn sees_whole(principal: &Principal, entity: &Entity, field: &Field) -> bool {
    sight(principal, entity, field) == Sight::Whole
}

/// Whether no rule about the field itself keeps `principal` from setting it in every record.
#[must_use]
pub fn may_ever_set(principal: &Principal, entity: &Entity, field: &Field) -> bool {
    let caller = principal.capacity().caller();
    field.def().is_writable() && fields::may_ever_change(entity.policies(), caller, field.name())
}

/// Whether `principal` can meet a field, to see it or to set it: he is told of no other.
#[must_use]
pub fn is_known(principal: &Principal, entity: &Entity, field: &Field) -> bool {
    sight(principal, entity, field) != Sight::Nothing || may_ever_set(principal, entity, field)
}

/// What callers of this capacity may do, worked out once; nothing when there is no record they may do it with.
fn rights(scope: &Scope, principal: &Principal, entity: EntityId, action: Action) -> Option<Arc<Rights>> {
    let capacity = principal.capacity();
    let catalog = scope.catalog();
    let key = (entity, action, Arc::clone(capacity));
    if let Some(known) = catalog.decided().0.get(&key) {
        return known;
    }
    let rights = Rights::of(catalog.entity(entity), capacity, action).map(Arc::new);
    catalog.decided().0.insert(key, rights.clone());
    rights
}

impl Rights {
    fn of(entity: &Entity, capacity: &Capacity, action: Action) -> Option<Self> {
        let rows = if entity.is_owned() { Rows::All } else { Rows::of(entity, capacity, action)? };
        let sights: Box<[Sight]> =
            entity.fields().iter().map(|field| Sight::of(entity, field, capacity)).collect();
        let sight = |field: &Field| sights.get(field.id().index()).unwrap_or(&Sight::Nothing);
        let visible = FieldSet::of(entity, |field| *sight(field) == Sight::Whole);
        let shown = FieldSet::of(entity, |field| *sight(field) != Sight::Nothing);
        Some(Self { rows, sights, visible, shown })
    }
}

impl Rows {
    fn of(entity: &Entity, capacity: &Capacity, action: Action) -> Option<Self> {
        let residual = Residual::of(entity.policies(), capacity.caller(), action);
        let condition = if action == Action::Create { residual.new_rows() } else { residual.rows() };
        match condition {
            Condition::Never => None,
            Condition::Always => Some(Self::All),
            Condition::When(node) => Some(Self::Where(Arc::new(node))),
        }
    }
}

impl Sight {
    fn of(entity: &Entity, field: &Field, capacity: &Capacity) -> Self {
        if field.def().system == Some(System::DeletedAt) {
            return Self::Nothing;
        }
        let Some(left) = fields::residual(entity.policies(), capacity.caller(), field.name()) else {
            return Self::Whole;
        };
        let mask = match left.otherwise {
            Otherwise::Mask(mask) if field.children().is_none() => Some(mask),
            _ => None,
        };
        match (left.read, mask) {
            (Condition::Always, _) => Self::Whole,
            (Condition::When(node), mask) => Self::Where(Arc::new(node), mask),
            (Condition::Never, Some(mask)) => Self::Masked(mask),
            (Condition::Never, None) => Self::Nothing,
        }
    }
}

impl Access {
    /// The access to the records a reference of this entity points to: reading them needs a rule of their own.
    ///
    /// # Errors
    /// [`Denied`] when the principal may not read any of them.
    pub fn follow(&self, target: EntityId) -> Result<Self, Denied> {
        decide(&self.scope, &self.principal, target, Action::Read)
    }

    /// The access to the owned children in `field`: the owner's policy governs them.
    #[must_use]
    pub fn children(&self, field: FieldId) -> Option<Self> {
        let entity = self.entity().field(field).children()?;
        let rights = rights(&self.scope, &self.principal, entity, self.action)?;
        let (scope, principal) = (self.scope.clone(), self.principal.clone());
        Some(Self { scope, principal, entity, action: self.action, rights })
    }

    /// Where.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Who.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// To what.
    #[must_use]
    pub fn entity(&self) -> &Entity {
        self.scope.catalog().entity(self.entity)
    }

    /// To do what.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// Which records.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        &self.rights.rows
    }

    /// What is seen of a field.
    #[must_use]
    pub fn sight(&self, field: FieldId) -> &Sight {
        self.rights.sights.get(field.index()).unwrap_or(&Sight::Nothing)
    }

    /// Whether the caller sees a field of this entity, or of its owned children, whole in every record.
    #[must_use]
    pub fn sees(&self, entity: EntityId, field: FieldId) -> bool {
        let rights = rights(&self.scope, &self.principal, entity, Action::Read);
        rights.is_some_and(|rights| rights.visible.contains(field))
    }

    /// The fields that are seen whole in every record: only by them can be filtered, ordered, grouped and searched.
    #[must_use]
    pub fn visible(&self) -> &FieldSet {
        &self.rights.visible
    }

    /// The fields that an answer can mention: besides the visible ones those that are masked, or seen in some
    /// records.
    #[must_use]
    pub fn shown(&self) -> &FieldSet {
        &self.rights.shown
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::not_found(),
            Denied::Forbidden(action) => {
                Self::new(Kind::Forbidden).detail(format!("no rule lets you {} records here", action.name()))
            }
        }
    }
}
