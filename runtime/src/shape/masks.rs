//! The keys with which values are masked, one for each tenant of a database.

use athyper_policy::MaskKey;
use ring::hmac;

use crate::who::TenantId;

/// Makes the keys of one database.
#[derive(Debug, Clone)]
pub struct Masks {
    secret: hmac::Key,
}

impl Masks {
    /// With the secret of the database.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self { secret: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()) }
    }

    /// The key of this tenant: equal values of two tenants are masked differently.
    #[must_use]
    pub fn key(&self, tenant: &TenantId) -> MaskKey {
        MaskKey::new(hmac::sign(&self.secret, format!("mask key\n{}", tenant.as_str()).as_bytes()).as_ref())
    }
}
