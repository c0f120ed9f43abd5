//! Who is calling: from the `Authorization` header to [`Verified`], what a token proves.
//!
//! Lives here: tokens and the keys they are signed with. May not enter: what a caller may do (that is
//! policy) and whether his tenant is served (that is the registry). The reason of a refusal is for the log
//! alone; the client learns that his token does not hold. Only when the model asks for a claim that the token does
//! not have, he is told which.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};

use crate::config::Auth;
use crate::problem::{Kind, Problem};

mod claims;
pub mod dev;
mod jwk;
mod keys;
mod token;

pub use claims::Verified;
pub(crate) use claims::{is_plain, is_role};
pub use keys::{KeyRing, NoKeys};

/// How long a token that held once is not verified again. A key that is withdrawn loses its effect at once
/// when the keys are read anew, and in any case after this time.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Verifies tokens.
pub struct Authenticator {
    settings: Auth,
    keys: KeyRing,
    /// Who calls without a token, where such callers are served.
    nobody: Option<Arc<Verified>>,
    seen: moka::sync::Cache<[u8; 32], (u64, Arc<Verified>)>,
}

/// Why a token does not hold. For the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no `Authorization` header.
    #[error("no token")]
    Missing,
    /// The header is there twice, is not text or is not a Bearer token.
    #[error("the Authorization header is not one Bearer token")]
    NotBearer,
    /// The token is longer than is looked at.
    #[error("the token is too long")]
    TooLong,
    /// The token has not the shape of a signed token.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// The algorithm is not one of ours, or not accepted.
    #[error("algorithm `{0}` is not accepted")]
    Algorithm(String),
    /// The header asks for an extension that we do not know.
    #[error("`crit` names extensions that are not understood")]
    Critical,
    /// No key has this id.
    #[error("no key `{0}`")]
    UnknownKey(String),
    /// The token names no key and several could be meant.
    #[error("the token names no key")]
    NoKeyNamed,
    /// The key is for another algorithm.
    #[error("the key is bound to another algorithm")]
    KeyAlgorithm,
    /// The signature does not fit.
    #[error("the signature does not hold")]
    Signature,
    /// A claim is missing, of the wrong type or has the wrong value.
    #[error("claim `{0}`: {1}")]
    Claim(String, &'static str),
    /// A claim that fills an attribute of the model is missing or of another type.
    #[error("claim `{0}` {1}")]
    Attribute(String, &'static str),
}

impl From<Rejection> for Problem {
    fn from(reason: Rejection) -> Self {
        tracing::info!(reason = %reason, "token refused");
        let challenge = match reason {
            Rejection::Missing => "Bearer realm=\"athyper\"",
            _ => "Bearer realm=\"athyper\", error=\"invalid_token\"",
        };
        let problem = Self::new(Kind::Unauthenticated).challenge(challenge);
        match reason {
            Rejection::Attribute(..) => problem.detail(format!("the token's {reason}")),
            _ => problem,
        }
    }
}

impl Authenticator {
    /// An authenticator with these settings and keys.
    #[must_use]
    pub fn new(settings: Auth, keys: KeyRing) -> Self {
        let seen = moka::sync::Cache::builder().max_capacity(10_000).time_to_live(REMEMBERED).build();
        let tenant = &settings.anonymous_tenant;
        let nobody = (!tenant.is_empty()).then(|| Arc::new(Verified::anonymous(tenant)));
        Self { settings, keys, nobody, seen }
    }

    /// Whether there are keys to verify with; when there are none, they are asked for.
    pub async fn is_ready(&self) -> bool {
        self.keys.is_ready().await
    }

    /// What the token in these headers proves. Headers without any token prove that nobody in particular calls, where
    /// the operator serves such callers; a token that does not hold is refused there, too.
    ///
    /// # Errors
    /// [`Kind::Unauthenticated`]; the reason is logged.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Arc<Verified>, Problem> {
        let now = jiff::Timestamp::now().as_second();
        match (self.judge(headers, now).await, &self.nobody) {
            (Err(Rejection::Missing), Some(nobody)) => Ok(Arc::clone(nobody)),
            (outcome, _) => Ok(outcome?),
        }
    }

    async fn judge(&self, headers: &HeaderMap, now: i64) -> Result<Arc<Verified>, Rejection> {
        let token = bearer(headers)?;
        if token.len() > self.settings.token_bytes {
            return Err(Rejection::TooLong);
        }
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let generation = self.keys.generation();
        let remembered = self.seen.get(&digest).filter(|(seen, _)| *seen == generation);
        let verified = match remembered {
            Some((_, verified)) => verified,
            None => {
                let verified = Arc::new(self.verify(token).await?);
                self.seen.insert(digest, (self.keys.generation(), Arc::clone(&verified)));
                verified
            }
        };
        verified.still_holds(now, self.settings.leeway_s)?;
        Ok(verified)
    }

    async fn verify(&self, token: &str) -> Result<Verified, Rejection> {
        let named = token::named(token, &self.settings.algorithms)?;
        let key = self.keys.find(named.key.as_deref(), named.algorithm).await?;
        if key.algorithm() != named.algorithm {
            return Err(Rejection::KeyAlgorithm);
        }
        token::open(token, &key, &self.settings)?.verified(&self.settings.claims)
    }
}

/// The one Bearer token of the headers.
fn bearer(headers: &HeaderMap) -> Result<&str, Rejection> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Rejection::Missing)?;
    if values.next().is_some() {
        return Err(Rejection::NotBearer);
    }
    let text = value.to_str().map_err(|_| Rejection::NotBearer)?;
    let (scheme, token) = text.split_once(' ').ok_or(Rejection::NotBearer)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(Rejection::NotBearer) }
}

#[cfg(test)]
mod tests;
