//! A signed token: its header is read to find the key, then `jsonwebtoken` opens it with that key. What is
//! refused here comes before or on top of what that crate checks.

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Validation, decode, decode_header, get_current_timestamp};

use super::Rejection;
use super::claims::Claims;
use super::jwk::{Key, in_jwt};
use crate::config::{Algorithm, Auth};

/// What is believed of a header: which key to look for. Keys and certificates that it brings along (`jwk`,
/// `jku`, `x5c`) are not looked at.
pub(super) struct Named {
    pub(super) algorithm: Algorithm,
    pub(super) key: Option<String>,
}

/// Reads the header, of which nothing is proved yet.
pub(super) fn named(token: &str, accepted: &[Algorithm]) -> Result<Named, Rejection> {
    let header =
        decode_header(token).map_err(|_| Rejection::Malformed("the header is not what is expected"))?;
    if header.crit.is_some() {
        return Err(Rejection::Critical);
    }
    if !header.typ.as_deref().is_none_or(is_access_token) {
        return Err(Rejection::Malformed("`typ` says that this is another kind of token"));
    }
    let algorithm = accepted.iter().copied().find(|a| in_jwt(*a) == header.alg);
    let algorithm = algorithm.ok_or_else(|| Rejection::Algorithm(format!("{:?}", header.alg)))?;
    Ok(Named { algorithm, key: header.kid })
}

/// The claims of a token that this key signed, for us, by the expected issuer, and within its time.
pub(super) fn open(token: &str, key: &Key, settings: &Auth) -> Result<Claims, Rejection> {
    let mut rules = Validation::new(in_jwt(key.algorithm()));
    rules.set_issuer(&[&settings.issuer]);
    rules.set_audience(&[&settings.audience]);
    rules.set_required_spec_claims(&["iss", "aud", "exp"]);
    rules.validate_nbf = true;
    // More than the time since 1970 would wrap around in there.
    rules.leeway = u64::from(settings.leeway_s).min(get_current_timestamp());
    decode(token, key.public(), &rules).map(|open| open.claims).map_err(|e| rejection(&e))
}

fn rejection(error: &Error) -> Rejection {
    let claim = |name: &str, why| Rejection::Claim(name.to_owned(), why);
    match error.kind() {
        ErrorKind::MissingRequiredClaim(name) => claim(name, "is missing"),
        ErrorKind::InvalidClaimFormat(name) => claim(name, "is not a number"),
        ErrorKind::ExpiredSignature => claim("exp", "is in the past"),
        ErrorKind::ImmatureSignature => claim("nbf", "is in the future"),
        ErrorKind::InvalidIssuer => claim("iss", "is not the expected issuer"),
        ErrorKind::InvalidAudience => claim("aud", "does not name this server"),
        ErrorKind::InvalidAlgorithm => Rejection::KeyAlgorithm,
        ErrorKind::Base64(_) => Rejection::Malformed("not base64url without padding"),
        ErrorKind::Json(_) => Rejection::Malformed("the claims are not a JSON object that says each once"),
        ErrorKind::InvalidToken => Rejection::Malformed("not three parts"),
        _ => Rejection::Signature,
    }
}

/// Tokens made for other purposes say so in `typ` (RFC 8725 3.11).
fn is_access_token(typ: &str) -> bool {
    ["jwt", "at+jwt", "application/jwt", "application/at+jwt"].iter().any(|t| typ.eq_ignore_ascii_case(t))
}
