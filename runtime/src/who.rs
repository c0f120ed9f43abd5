//! Who asks, and where: facts about the caller and the tenant he works in. No decisions here.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
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

/// An authenticated caller. Cheap to clone.
///
/// Nobody outside this crate can make one, so nobody is a principal who did not show a token:
///
/// ```compile_fail,E0616
/// fn forge(own: &mut athyper_runtime::who::Principal, other: &athyper_runtime::who::Principal) {
///     own.facts = other.facts.clone();
/// }
/// ```
/// ```compile_fail,E0624
/// use athyper_runtime::who::{Principal, TenantId};
/// let tenant = TenantId::parse("018f0000-0000-7000-8000-000000000001").unwrap();
/// Principal::verified(tenant, "eve", ["admin"], serde_json::Map::new());
/// ```
#[derive(Debug, Clone)]
pub struct Principal {
    facts: Arc<Facts>,
}

#[derive(Debug)]
struct Facts {
    tenant: TenantId,
    subject: SmolStr,
    roles: BTreeSet<SmolStr>,
    claims: Map<String, Value>,
}

impl Principal {
    /// The caller a verified token speaks of. Only `auth`, and the command line of the operator, may call this.
    pub(crate) fn verified<R: Into<SmolStr>>(
        tenant: TenantId,
        subject: &str,
        roles: impl IntoIterator<Item = R>,
        claims: Map<String, Value>,
    ) -> Self {
        let roles = roles.into_iter().map(Into::into).collect();
        Self { facts: Arc::new(Facts { tenant, subject: SmolStr::new(subject), roles, claims }) }
    }

    /// The tenant he belongs to.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.facts.tenant
    }

    /// Who he is: the `sub` claim, and `user.id` in expressions.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.facts.subject
    }

    /// The roles he holds.
    #[must_use]
    pub fn roles(&self) -> &BTreeSet<SmolStr> {
        &self.facts.roles
    }

    /// Every claim of his token: the other attributes of `user.*` are read from here.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.facts.claims
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
