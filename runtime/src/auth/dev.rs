//! The development key: made by `athyper serve --dev` in the data folder, used by `athyper token`.
//!
//! It is good for one machine: a server that uses it listens on a loopback address only.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::Error;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{EncodingKey, Header, encode};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::jwk::{Key, in_jwt};
use super::{Authenticator, KeyRing};
use crate::config::{Algorithm, Auth};

/// The file inside the data folder.
pub const FILE: &str = "dev-key.json";
const ISSUER: &str = "athyper-dev";
const AUDIENCE: &str = "athyper";

/// What stands before the 32 bytes of an Ed25519 key in PKCS#8 (RFC 8410 7), the form that `jsonwebtoken` signs with.
const PKCS8: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/// A key for development.
pub struct DevKey {
    id: String,
    secret: EncodingKey,
    public: Key,
}

/// Why there is no development key.
#[derive(Debug, thiserror::Error)]
pub enum NoDevKey {
    /// It was never made.
    #[error("there is no development key in {}; `athyper serve --dev` makes one", .0.display())]
    Missing(PathBuf),
    /// The file can not be read or written.
    #[error("{}: {}", .0.display(), .1)]
    Io(PathBuf, std::io::Error),
    /// The file is not what we wrote.
    #[error("{} is damaged; delete it and `athyper serve --dev` makes a new one", .0.display())]
    Damaged(PathBuf),
    /// Others can read the file.
    #[error("{} can be read by others; run `chmod 600` on it", .0.display())]
    Open(PathBuf),
}

/// A private JWK.
#[derive(Serialize, Deserialize)]
struct Stored {
    kty: String,
    crv: String,
    kid: String,
    x: String,
    d: String,
}

impl DevKey {
    /// The key of this data folder.
    ///
    /// # Errors
    /// When it was never made, can not be read, is damaged, or others can read it.
    pub fn load(folder: &Path) -> Result<Self, NoDevKey> {
        let path = folder.join(FILE);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(NoDevKey::Missing(folder.to_owned()));
            }
            Err(e) => return Err(NoDevKey::Io(path, e)),
        };
        if is_open(&path).map_err(|e| NoDevKey::Io(path.clone(), e))? {
            return Err(NoDevKey::Open(path));
        }
        let damaged = || NoDevKey::Damaged(path.clone());
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        let seed = URL_SAFE_NO_PAD.decode(&stored.d).map_err(|_| damaged())?;
        let (secret, x) = pair(&seed).ok_or_else(damaged)?;
        if x != stored.x {
            return Err(damaged());
        }
        let public = json!({ "kty": "OKP", "crv": "Ed25519", "kid": stored.kid, "x": x });
        let public = Key::from_jwk(public).map_err(|_| damaged())?;
        Ok(Self { id: stored.kid, secret, public })
    }

    /// The key of this data folder, made when there is none.
    ///
    /// # Errors
    /// When it can not be read or written, is damaged, or others can read it.
    pub fn load_or_make(folder: &Path) -> Result<Self, NoDevKey> {
        match Self::load(folder) {
            Err(NoDevKey::Missing(_)) => {
                Self::make(folder)?;
                Self::load(folder)
            }
            other => other,
        }
    }

    fn make(folder: &Path) -> Result<(), NoDevKey> {
        let path = folder.join(FILE);
        let io = |e| NoDevKey::Io(path.clone(), e);
        let mut seed = [0_u8; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| io(std::io::Error::other("no random numbers")))?;
        let (_, x) = pair(&seed).ok_or_else(|| NoDevKey::Damaged(path.clone()))?;
        let kid = format!("dev-{}", x.chars().take(8).collect::<String>());
        let stored = Stored {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            kid,
            x,
            d: URL_SAFE_NO_PAD.encode(seed),
        };
        let text = serde_json::to_string_pretty(&stored).map_err(|e| io(e.into()))?;
        std::fs::create_dir_all(folder).map_err(io)?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(mut file) => file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io),
            // Another program made it at the same time: its key is as good as ours.
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            Err(e) => Err(io(e)),
        }
    }

    /// An authenticator that believes this key alone.
    #[must_use]
    pub fn authenticator(&self, settings: &Auth) -> Authenticator {
        let mut settings = settings.clone();
        ISSUER.clone_into(&mut settings.issuer);
        AUDIENCE.clone_into(&mut settings.audience);
        settings.algorithms = vec![Algorithm::EdDSA];
        Authenticator::new(settings, KeyRing::fixed(self.public.clone()))
    }

    /// A token with these claims; issuer, audience and times are added.
    ///
    /// # Errors
    /// When it can not be signed.
    pub fn mint(&self, claims: Map<String, Value>, now_s: i64, ttl_s: i64) -> Result<String, Error> {
        let mut all = Map::from_iter([
            ("iss".to_owned(), json!(ISSUER)),
            ("aud".to_owned(), json!(AUDIENCE)),
            ("iat".to_owned(), json!(now_s)),
            ("nbf".to_owned(), json!(now_s)),
            ("exp".to_owned(), json!(now_s.saturating_add(ttl_s))),
        ]);
        all.extend(claims);
        let mut header = Header::new(in_jwt(Algorithm::EdDSA));
        header.kid = Some(self.id.clone());
        header.typ = Some("at+jwt".to_owned());
        encode(&header, &all, &self.secret)
    }
}

/// The key with this seed, and its public half as a JWK has it.
fn pair(seed: &[u8]) -> Option<(EncodingKey, String)> {
    let secret = EncodingKey::from_ed_der(&[&PKCS8, seed].concat());
    match Jwk::from_encoding_key(&secret, in_jwt(Algorithm::EdDSA)).ok()?.algorithm {
        AlgorithmParameters::OctetKeyPair(public) => Some((secret, public.x)),
        _ => None,
    }
}

#[cfg(unix)]
fn is_open(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> std::io::Result<bool> {
    Ok(false)
}
