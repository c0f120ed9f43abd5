//! Public keys as RFC 7517 writes them. Each key is bound to one algorithm by what it is, so that a token
//! can not choose how its signature is checked, and is refused when it is read if it could not be used:
//! `jsonwebtoken` looks at a key only when a token needs it, and panics at an Ed25519 key that is too short.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{DecodingKey, DecodingKeyKind, crypto};
use serde::Deserialize;
use serde_json::Value;

use crate::config::Algorithm;

/// A public key, bound to its algorithm.
#[derive(Debug, Clone)]
pub(super) struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    public: DecodingKey,
}

/// A set of keys as it is published.
#[derive(Deserialize)]
pub(super) struct JwkSet {
    pub(super) keys: Vec<Value>,
}

impl Key {
    /// The key in this JWK, or why it is not one that can be used here.
    pub(super) fn from_jwk(jwk: Value) -> Result<Self, String> {
        if jwk.get("d").is_some() {
            return Err("it is a private key; publish only the public part".to_owned());
        }
        let jwk: Jwk = serde_json::from_value(jwk).map_err(|e| e.to_string())?;
        if jwk.common.public_key_use.as_ref().is_some_and(|u| *u != PublicKeyUse::Signature) {
            return Err("it is not for signatures".to_owned());
        }
        if jwk.common.key_operations.as_ref().is_some_and(|ops| !ops.contains(&KeyOperations::Verify)) {
            return Err("it is not for verifying".to_owned());
        }
        let algorithm = bound(&jwk.algorithm)?;
        if jwk.common.key_algorithm.is_some_and(|alg| alg != KeyAlgorithm::from(in_jwt(algorithm))) {
            return Err(format!("its kind is for {} and it says otherwise", algorithm.name()));
        }
        let public = DecodingKey::from_jwk(&jwk).map_err(|e| e.to_string())?;
        sound(&public)?;
        // Nobody signed this: what is asked is whether the key is a point of its curve.
        crypto::verify("", b"", &public, in_jwt(algorithm)).map_err(|e| e.to_string())?;
        Ok(Self { id: jwk.common.key_id, algorithm, public })
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn public(&self) -> &DecodingKey {
        &self.public
    }
}

/// The algorithm under the name it has in `jsonwebtoken`.
pub(super) const fn in_jwt(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
    }
}

/// The one algorithm that a key of this kind is for. The numbers of a curve have 32 bytes, no fewer and no more.
fn bound(kind: &AlgorithmParameters) -> Result<Algorithm, String> {
    match kind {
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            has_32_bytes(&key.x, "x")?;
            Ok(Algorithm::EdDSA)
        }
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            has_32_bytes(&key.x, "x")?;
            has_32_bytes(&key.y, "y")?;
            Ok(Algorithm::ES256)
        }
        AlgorithmParameters::RSA(_) => Ok(Algorithm::RS256),
        _ => Err("keys of this kind are not supported".to_owned()),
    }
}

fn has_32_bytes(text: &str, name: &str) -> Result<(), String> {
    // 32 bytes are 43 letters of base64url without padding, and no other number of bytes is.
    if text.len() == 43 { Ok(()) } else { Err(format!("`{name}` has not 32 bytes")) }
}

/// Whether an RSA key has a size that is safe, and that can be computed with.
fn sound(key: &DecodingKey) -> Result<(), String> {
    let DecodingKeyKind::RsaModulusExponent { n, e } = key.kind() else { return Ok(()) };
    let (n, e) = (number(n), number(e));
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    if !(256..=512).contains(&n.len()) || e.len() > 4 || !is_odd(n) || !is_odd(e) || e == [1] {
        return Err("RSA keys need 2048 to 4096 bits and a small exponent".to_owned());
    }
    Ok(())
}

/// An unsigned number without leading zeros.
fn number(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}
