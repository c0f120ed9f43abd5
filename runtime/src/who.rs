//! Who asks, and where: facts about the caller and the tenant he works in. No decisions here.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use athyper_expr::Value;
use athyper_policy::{Caller, Standing};
use smol_str::SmolStr;
use uuid::Uuid;

use crate::catalog::Catalog;

/// The id of a tenant, as stored in every row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(SmolStr);

impl TenantId {
    /// The tenant with this id.
    #[must_use]
    pub fn new(id: Uuid) -> Self {
        Self(SmolStr::new(id.hyphenated().to_string()))
    }

    /// The tenant whose id is written here, if it is a UUID.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::parse_str(text).ok().map(Self::new)
    }

    /// Lower case with hyphens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// In what capacity somebody asks: callers of one capacity are decided about alike, up to the condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capacity {
    /// How he came to ask.
    pub standing: Standing,
    /// The roles he holds.
    pub roles: BTreeSet<SmolStr>,
}

impl Capacity {
    /// As policies look at it.
    #[must_use]
    pub fn caller(&self) -> Caller<'_> {
        Caller { standing: self.standing, roles: &self.roles }
    }
}

/// An authenticated caller, or the anonymous one. Cheap to clone.
///
/// Nobody outside this crate can make one, so nobody is somebody who did not show a token:
///
/// ```compile_fail,E0616
/// fn forge(own: &mut athyper_runtime::who::Principal, other: &athyper_runtime::who::Principal) {
///     own.facts = other.facts.clone();
/// }
/// ```
/// ```compile_fail,E0624
/// use athyper_runtime::who::{Capacity, Principal, TenantId};
/// fn forge(tenant: TenantId, admin: Capacity) {
///     Principal::verified(tenant, "eve", admin, Vec::new());
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Principal {
    facts: Arc<Facts>,
}

#[derive(Debug)]
struct Facts {
    tenant: TenantId,
    subject: SmolStr,
    capacity: Arc<Capacity>,
    attributes: Vec<Value>,
}

impl Principal {
    /// The caller a verified token speaks of. Only `auth`, and the command line of the operator, may call this.
    /// The attributes are those of the package, in its order.
    pub(crate) fn verified(
        tenant: TenantId,
        subject: &str,
        capacity: Capacity,
        attributes: Vec<Value>,
    ) -> Self {
        let (subject, capacity) = (SmolStr::new(subject), Arc::new(capacity));
        Self { facts: Arc::new(Facts { tenant, subject, capacity, attributes }) }
    }

    /// The tenant he belongs to.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.facts.tenant
    }

    /// Who he is: the `sub` claim, and `user.id` in expressions. Empty for an anonymous caller.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.facts.subject
    }

    /// In what capacity he asks.
    #[must_use]
    pub fn capacity(&self) -> &Arc<Capacity> {
        &self.facts.capacity
    }

    /// Whether nobody knows who he is: he shares his name with every other caller without a token.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.facts.capacity.standing == Standing::Anonymous
    }

    /// The values of `user.*`, in the order of [`Catalog::attributes`].
    #[must_use]
    pub fn attributes(&self) -> &[Value] {
        &self.facts.attributes
    }
}

/// Where a request happens: one tenant and the catalog that is active for it. Cheap to clone.
///
/// ```compile_fail,E0451
/// # fn steal(other: athyper_runtime::who::TenantId, catalog: std::sync::Arc<athyper_runtime::catalog::Catalog>) {
/// athyper_runtime::who::Scope { tenant: other, catalog };
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Scope {
    tenant: TenantId,
    catalog: Arc<Catalog>,
}

impl Scope {
    /// The scope of this principal: always his own tenant.
    #[must_use]
    pub fn of(principal: &Principal, catalog: Arc<Catalog>) -> Self {
        Self { tenant: principal.tenant().clone(), catalog }
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The model that is served.
    #[must_use]
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }
}
