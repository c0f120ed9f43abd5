//! Public keys as RFC 7517 writes them. Each key is bound to one algorithm by what it is, so that a token
//! can not choose how its signature is checked.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature;
use serde::Deserialize;

use crate::config::Algorithm;

/// A public key, bound to its algorithm.
#[derive(Debug)]
pub(super) struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    public: Public,
}

#[derive(Debug)]
enum Public {
    Ed25519(Vec<u8>),
    P256(Vec<u8>),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

/// A set of keys as it is published.
#[derive(Deserialize)]
pub(super) struct JwkSet {
    pub(super) keys: Vec<serde_json::Value>,
}

/// The members that are read. The private ones are there to be refused.
#[derive(Debug, Deserialize)]
pub(super) struct Jwk {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default, rename = "use")]
    purpose: Option<String>,
    #[serde(default)]
    key_ops: Option<Vec<String>>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    d: Option<String>,
}

impl Key {
    /// A raw Ed25519 public key.
    pub(super) fn ed25519(id: String, public: &[u8]) -> Self {
        Self { id: Some(id), algorithm: Algorithm::EdDSA, public: Public::Ed25519(public.to_vec()) }
    }

    /// The key in this JWK, or why it is not one that can be used here.
    pub(super) fn from_jwk(jwk: Jwk) -> Result<Self, String> {
        if jwk.d.is_some() {
            return Err("it is a private key; publish only the public part".to_owned());
        }
        if jwk.purpose.as_deref().is_some_and(|u| u != "sig") {
            return Err("it is not for signatures".to_owned());
        }
        if jwk.key_ops.as_ref().is_some_and(|ops| !ops.iter().any(|op| op == "verify")) {
            return Err("it is not for verifying".to_owned());
        }
        let (algorithm, public) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => {
                (Algorithm::EdDSA, Public::Ed25519(exactly(jwk.x.as_deref(), 32, "x")?))
            }
            ("EC", Some("P-256")) => {
                let mut point = vec![4];
                point.extend(exactly(jwk.x.as_deref(), 32, "x")?);
                point.extend(exactly(jwk.y.as_deref(), 32, "y")?);
                (Algorithm::ES256, Public::P256(point))
            }
            ("RSA", _) => {
                let n = number(jwk.n.as_deref(), "n")?;
                let e = number(jwk.e.as_deref(), "e")?;
                if !(256..=1024).contains(&n.len()) || e.len() > 4 {
                    return Err("RSA keys need 2048 to 8192 bits and a small exponent".to_owned());
                }
                (Algorithm::RS256, Public::Rsa { n, e })
            }
            (kty, crv) => return Err(format!("key type {kty} {} is not supported", crv.unwrap_or(""))),
        };
        match jwk.alg {
            Some(alg) if alg != algorithm.name() => Err(format!("algorithm {alg} is not supported")),
            _ => Ok(Self { id: jwk.kid, algorithm, public }),
        }
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` is this key's over `message`.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.public {
            Public::Ed25519(key) => {
                signature::UnparsedPublicKey::new(&signature::ED25519, key).verify(message, signature).is_ok()
            }
            Public::P256(key) => signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, key)
                .verify(message, signature)
                .is_ok(),
            Public::Rsa { n, e } => signature::RsaPublicKeyComponents { n, e }
                .verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
        }
    }
}

fn decode(member: Option<&str>, name: &str) -> Result<Vec<u8>, String> {
    let text = member.ok_or_else(|| format!("`{name}` is missing"))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| format!("`{name}` is not base64url"))
}

fn exactly(member: Option<&str>, bytes: usize, name: &str) -> Result<Vec<u8>, String> {
    let value = decode(member, name)?;
    if value.len() == bytes { Ok(value) } else { Err(format!("`{name}` has not {bytes} bytes")) }
}

/// An unsigned number without leading zeros.
fn number(member: Option<&str>, name: &str) -> Result<Vec<u8>, String> {
    let value = decode(member, name)?;
    Ok(value.into_iter().skip_while(|b| *b == 0).collect())
}
