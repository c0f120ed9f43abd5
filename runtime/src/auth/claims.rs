//! What a token says once its signature held: for whom it is, until when, and who the caller is.

use std::fmt;
use std::sync::OnceLock;

use athyper_policy::Standing;
use athyper_schemas::bundle::UserAttribute;
use athyper_schemas::canonical::Hash;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::Rejection;
use crate::catalog::Catalog;
use crate::config;
use crate::who::{Capacity, Principal, TenantId};

const LONGEST_ID: usize = 255;
const MOST_ROLES: usize = 256;

/// What a token proves about its bearer. Made by verifying a token; that there is none proves [`Standing::Anonymous`].
#[derive(Debug, Clone)]
pub struct Verified {
    standing: Standing,
    id: String,
    tenant: String,
    roles: Vec<String>,
    claims: Map<String, Value>,
    expires: f64,
    not_before: Option<f64>,
    principal: OnceLock<(Hash, Principal)>,
}

impl Verified {
    /// A caller without a token, in the tenant that the operator chose for such callers. His id is empty, which no
    /// token's is.
    pub(super) fn anonymous(tenant: &str) -> Self {
        Self {
            standing: Standing::Anonymous,
            id: String::new(),
            tenant: tenant.to_owned(),
            roles: Vec::new(),
            claims: Map::new(),
            expires: f64::INFINITY,
            not_before: None,
            principal: OnceLock::new(),
        }
    }

    /// Who the caller is; empty for an anonymous one.
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

    /// The principal it proves, once the registry knows which tenant is meant, and with it the model. Made once,
    /// because the same token comes again and again.
    ///
    /// # Errors
    /// When a claim that fills an attribute of the model is missing or of another type.
    pub(crate) fn principal(&self, tenant: &TenantId, catalog: &Catalog) -> Result<Principal, Rejection> {
        if let Some((model, known)) = self.principal.get()
            && known.tenant() == tenant
            && model == catalog.identity()
        {
            return Ok(known.clone());
        }
        let values = catalog.attributes().iter().map(|attribute| self.attribute(attribute));
        let attributes = values.collect::<Result<_, _>>()?;
        let roles = self.roles.iter().map(SmolStr::new).collect();
        let capacity = Capacity { standing: self.standing, roles };
        let made = Principal::verified(tenant.clone(), &self.id, capacity, attributes);
        let _ = self.principal.set((catalog.identity().clone(), made.clone()));
        Ok(made)
    }

    /// The value of an attribute. Who the caller is and what his roles are, the settings say where to read.
    fn attribute(&self, attribute: &UserAttribute) -> Result<athyper_expr::Value, Rejection> {
        if self.standing == Standing::Anonymous {
            // A rule that speaks to such a caller cannot ask for his attributes; the compiler sees to it.
            return Ok(athyper_expr::Value::Null);
        }
        let json = match attribute.name.as_str() {
            "id" if attribute.claim == "sub" => Some(Value::from(self.id.as_str())),
            "roles" => Some(Value::from(self.roles.as_slice())),
            _ => claim(&self.claims, &attribute.claim).cloned(),
        };
        let wrong = |why| Rejection::Attribute(attribute.claim.clone(), why);
        match json.filter(|json| !json.is_null()) {
            None if attribute.ty.nullable => Ok(athyper_expr::Value::Null),
            None => Err(wrong("is missing")),
            Some(json) if json.to_string().contains("\\u0000") => Err(wrong("holds a NUL character")),
            Some(json) => athyper_expr::Value::from_json(&attribute.ty.kind, &json)
                .map_err(|_| wrong("is of another type than the model says")),
        }
    }

    /// Whether it is within its time, asked at every use: a token that is remembered is not opened again. From
    /// the second that `exp` names on it is not (RFC 7519 4.1.4), where `jsonwebtoken` lets that second pass.
    pub(super) fn still_holds(&self, now: i64, leeway_s: u32) -> Result<(), Rejection> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "seconds since 1970 fit a float for the next 200 million years"
        )]
        let now = now as f64;
        let leeway = f64::from(leeway_s);
        if now - leeway >= self.expires {
            return Err(Rejection::Claim("exp".to_owned(), "is in the past"));
        }
        if self.not_before.is_some_and(|from| now + leeway < from) {
            return Err(Rejection::Claim("nbf".to_owned(), "is in the future"));
        }
        Ok(())
    }
}

/// The claims of a token, each said once.
pub(super) struct Claims(Map<String, Value>);

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EachOnce)
    }
}

struct EachOnce;

impl<'de> Visitor<'de> for EachOnce {
    type Value = Claims;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Claims, A::Error> {
        let mut claims = Map::new();
        while let Some((name, value)) = entries.next_entry::<String, Value>()? {
            if claims.insert(name, value).is_some() {
                return Err(A::Error::custom("a claim is said twice"));
            }
        }
        Ok(Claims(claims))
    }
}

impl Claims {
    /// What these claims prove, given that the token holds: who the caller is, and until when.
    pub(super) fn verified(self, names: &config::Claims) -> Result<Verified, Rejection> {
        let Self(mut claims) = self;
        let wrong = |claim: &str, why| Rejection::Claim(claim.to_owned(), why);
        // A list that holds the expected issuer among others passes `jsonwebtoken`.
        if !claims.get("iss").is_some_and(Value::is_string) {
            return Err(wrong("iss", "is not one issuer"));
        }
        let expires = claims.get("exp").and_then(Value::as_f64).ok_or_else(|| wrong("exp", "is missing"))?;
        let not_before = match claims.get("nbf") {
            None => None,
            Some(nbf) => Some(nbf.as_f64().ok_or_else(|| wrong("nbf", "is not a number"))?),
        };
        let id = text(&claims, &names.id)?.ok_or_else(|| wrong(&names.id, "is missing"))?;
        let tenant = text(&claims, &names.tenant)?.ok_or_else(|| wrong(&names.tenant, "is missing"))?;
        let email = text(&claims, &names.email)?;
        let roles = roles(&claims, &names.roles)?;
        claims.insert("email".to_owned(), email.map_or(Value::Null, Value::String));
        let (standing, principal) = (Standing::Authenticated, OnceLock::new());
        Ok(Verified { standing, id, tenant, roles, claims, expires, not_before, principal })
    }
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
    if roles.len() > MOST_ROLES || !roles.iter().all(|role| is_role(role)) {
        return Err(wrong());
    }
    roles.sort_unstable();
    roles.dedup();
    Ok(roles)
}

/// Whether a token can bring this role. `*` in a rule means everyone.
pub(crate) fn is_role(text: &str) -> bool {
    is_plain(text) && text != "*"
}

/// Whether somebody can be called this.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_ID && !text.chars().any(char::is_control)
}
