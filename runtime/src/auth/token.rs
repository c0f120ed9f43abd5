//! A signed token (RFC 7515 compact form) taken apart. Nothing in it is believed yet.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::Rejection;
use crate::config::Algorithm;

/// A token taken apart.
pub(super) struct Token<'t> {
    header: Header,
    signed: &'t str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// What is read of the header. A key that is said twice is refused by serde; keys and certificates that the
/// header brings along (`jwk`, `jku`, `x5c`) are not looked at.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

impl<'t> Token<'t> {
    pub(super) fn parse(text: &'t str) -> Result<Self, Rejection> {
        let (signed, signature) = text.rsplit_once('.').ok_or(Rejection::Malformed("not three parts"))?;
        let (header, payload) = signed.split_once('.').ok_or(Rejection::Malformed("not three parts"))?;
        let bytes = |part: &str| {
            URL_SAFE_NO_PAD.decode(part).map_err(|_| Rejection::Malformed("not base64url without padding"))
        };
        let header: Header = serde_json::from_slice(&bytes(header)?)
            .map_err(|_| Rejection::Malformed("the header is not what is expected"))?;
        if header.crit.is_some() {
            return Err(Rejection::Critical);
        }
        if !header.typ.as_deref().is_none_or(is_access_token) {
            return Err(Rejection::Malformed("`typ` says that this is another kind of token"));
        }
        Ok(Self { header, signed, payload: bytes(payload)?, signature: bytes(signature)? })
    }

    /// The algorithm, when it is one that is accepted here.
    pub(super) fn algorithm(&self, accepted: &[Algorithm]) -> Result<Algorithm, Rejection> {
        accepted
            .iter()
            .copied()
            .find(|a| a.name() == self.header.alg)
            .ok_or_else(|| Rejection::Algorithm(self.header.alg.chars().take(20).collect()))
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    pub(super) fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// Tokens made for other purposes say so in `typ` (RFC 8725 3.11).
fn is_access_token(typ: &str) -> bool {
    ["jwt", "at+jwt", "application/jwt", "application/at+jwt"].iter().any(|t| typ.eq_ignore_ascii_case(t))
}
