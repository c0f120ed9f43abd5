//! What a token says once its signature held: for whom it is, until when, and who the caller is.

use std::sync::OnceLock;

use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::Rejection;
use crate::config::Auth;
use crate::who::{Principal, TenantId};

const LONGEST_ID: usize = 255;
const MOST_ROLES: usize = 256;

/// What a token proves about its bearer. Made by verifying a token and in no other way.
#[derive(Debug, Clone)]
pub struct Verified {
    id: String,
    tenant: String,
    roles: Vec<String>,
    claims: Map<String, Value>,
    expires: f64,
    not_before: Option<f64>,
    principal: OnceLock<Principal>,
}

impl Verified {
    /// Who the caller is.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The tenant's name. Whether it is served, the registry knows.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The roles, sorted, each once.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// The principal it proves, once the registry knows which tenant is meant. Made once, because the same token
    /// comes again and again.
    pub(crate) fn principal(&self, tenant: &TenantId) -> Principal {
        let make = || {
            let roles = self.roles.iter().map(SmolStr::new);
            Principal::verified(tenant.clone(), &self.id, roles, self.claims.clone())
        };
        let known = self.principal.get_or_init(make);
        if known.tenant() == tenant { known.clone() } else { make() }
    }

    /// Whether it is still within its time.
    pub(super) fn still_holds(&self, now: i64, leeway_s: u32) -> Result<(), Rejection> {
        within(now, leeway_s, self.expires, self.not_before)
    }
}

/// Reads and checks the claims.
pub(super) fn check(payload: &[u8], settings: &Auth, now: i64) -> Result<Verified, Rejection> {
    let mut claims = read(payload)?;
    let wrong = |claim: &str, why| Rejection::Claim(claim.to_owned(), why);
    if claims.get("iss").and_then(Value::as_str) != Some(settings.issuer.as_str()) {
        return Err(wrong("iss", "is not the expected issuer"));
    }
    let for_us = match claims.get("aud") {
        Some(Value::String(one)) => *one == settings.audience,
        Some(Value::Array(several)) => several.iter().any(|a| a.as_str() == Some(&settings.audience)),
        _ => false,
    };
    if !for_us {
        return Err(wrong("aud", "does not name this server"));
    }
    let expires = claims.get("exp").and_then(Value::as_f64).ok_or_else(|| wrong("exp", "is missing"))?;
    let not_before = match claims.get("nbf") {
        None => None,
        Some(nbf) => Some(nbf.as_f64().ok_or_else(|| wrong("nbf", "is not a number"))?),
    };
    within(now, settings.leeway_s, expires, not_before)?;

    let names = &settings.claims;
    let id = text(&claims, &names.id)?.ok_or_else(|| wrong(&names.id, "is missing"))?;
    let tenant = text(&claims, &names.tenant)?.ok_or_else(|| wrong(&names.tenant, "is missing"))?;
    let email = text(&claims, &names.email)?;
    let roles = roles(&claims, &names.roles)?;
    claims.insert("email".to_owned(), email.map_or(Value::Null, Value::String));
    Ok(Verified { id, tenant, roles, claims, expires, not_before, principal: OnceLock::new() })
}

fn within(now: i64, leeway_s: u32, expires: f64, not_before: Option<f64>) -> Result<(), Rejection> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds since 1970 fit a float for the next 200 million years"
    )]
    let now = now as f64;
    let leeway = f64::from(leeway_s);
    if now - leeway >= expires {
        return Err(Rejection::Claim("exp".to_owned(), "is in the past"));
    }
    if not_before.is_some_and(|from| now + leeway < from) {
        return Err(Rejection::Claim("nbf".to_owned(), "is in the future"));
    }
    Ok(())
}

fn read(payload: &[u8]) -> Result<Map<String, Value>, Rejection> {
    use crate::request::json::{Json, parse};
    let Ok(Json::Object(keys)) = parse(payload, 16) else {
        return Err(Rejection::Malformed("the claims are not a JSON object"));
    };
    let mut names: Vec<&str> = keys.iter().map(|(key, _)| key.as_ref()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(Rejection::Malformed("a claim is said twice"));
    }
    serde_json::from_slice(payload).map_err(|_| Rejection::Malformed("the claims are not a JSON object"))
}

/// The claim with this name; failing that, the one at this path (`realm_access.roles`).
fn claim<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (head, rest) = name.split_once('.')?;
    claim(claims.get(head)?.as_object()?, rest)
}

fn text(claims: &Map<String, Value>, name: &str) -> Result<Option<String>, Rejection> {
    match claim(claims, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(s)) if is_plain(s) => Ok(Some(s.clone())),
        Some(_) => Err(Rejection::Claim(name.to_owned(), "is not a short line of text")),
    }
}

fn roles(claims: &Map<String, Value>, name: &str) -> Result<Vec<String>, Rejection> {
    let wrong = || Rejection::Claim(name.to_owned(), "is not a list of roles");
    let mut roles: Vec<String> = match claim(claims, name) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(words)) => words.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(items)) => {
            items.iter().map(|i| i.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or_else(wrong)?
        }
        Some(_) => return Err(wrong()),
    };
    // `*` in a rule means everyone; it is not a role that a token could bring.
    if roles.len() > MOST_ROLES || roles.iter().any(|r| !is_plain(r) || r == "*") {
        return Err(wrong());
    }
    roles.sort_unstable();
    roles.dedup();
    Ok(roles)
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_ID && !text.chars().any(char::is_control)
}
