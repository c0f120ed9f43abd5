//! May this principal do that? The only maker of [`Access`], which every plan needs. Pure.

use athyper_schemas::bundle::Action;

use crate::catalog::{Entity, EntityId, FieldId, FieldSet};
use crate::problem::{Kind, Problem};
use crate::who::{Principal, Scope};

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
    rows: Rows,
    visible: FieldSet,
}

/// Which records of the tenant the access reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rows {
    /// Every record.
    All,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The caller may not read the entity: to him it does not exist.
    Hidden,
    /// He may read it, but not do this.
    Forbidden(Action),
}

/// Decides whether `principal` may do `action` with records of `entity`. Default deny.
///
/// # Errors
/// [`Denied`] when no rule allows it, and always for owned children, which are reached through their owner.
pub fn decide(
    scope: &Scope,
    principal: &Principal,
    entity: EntityId,
    action: Action,
) -> Result<Access, Denied> {
    let target = scope.catalog().entity(entity);
    let reachable = scope.tenant() == principal.tenant() && !target.is_owned();
    if reachable && may(target, principal, action) {
        Ok(Access::granted(scope.clone(), principal.clone(), target, action))
    } else if reachable && may(target, principal, Action::Read) {
        Err(Denied::Forbidden(action))
    } else {
        Err(Denied::Hidden)
    }
}

/// Whether some rule allows `action` to one of the principal's roles.
fn may(entity: &Entity, principal: &Principal, action: Action) -> bool {
    entity.grant(action).reaches(principal.roles())
}

impl Access {
    fn granted(scope: Scope, principal: Principal, entity: &Entity, action: Action) -> Self {
        Self {
            scope,
            principal,
            entity: entity.id(),
            action,
            rows: Rows::All,
            visible: entity.answerable().clone(),
        }
    }

    /// The access to the records a reference of this entity points to: reading them needs a rule of their own.
    ///
    /// # Errors
    /// [`Denied`] when the principal may not read them.
    pub fn follow(&self, target: EntityId) -> Result<Self, Denied> {
        decide(&self.scope, &self.principal, target, Action::Read)
    }

    /// The access to the owned children in `field`: the owner's policy governs them.
    #[must_use]
    pub fn children(&self, field: FieldId) -> Option<Self> {
        let child = self.entity().field(field).children()?;
        let child = self.scope.catalog().entity(child);
        Some(Self::granted(self.scope.clone(), self.principal.clone(), child, self.action))
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
        &self.rows
    }

    /// Which fields may be seen.
    #[must_use]
    pub fn visible(&self) -> &FieldSet {
        &self.visible
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
