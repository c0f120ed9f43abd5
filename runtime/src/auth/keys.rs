//! The keys that tokens are checked with: from a file, an address, or the development key.
//!
//! Keys are fetched at start, when they are old, and when a token names one that is not known, never twice
//! at a time nor more often than configured. When a fetch fails, the keys that are there stay.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use super::Rejection;
use super::jwk::{JwkSet, Key};
use crate::config::{Algorithm, Auth};

/// The largest set of keys that is read.
const SET_BYTES: usize = 256 * 1024;
const SET_KEYS: usize = 200;

/// Why there are no keys to verify with.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoKeys(pub String);

/// The keys, and where they come from.
pub struct KeyRing {
    source: Source,
    keys: ArcSwap<Vec<Arc<Key>>>,
    generation: AtomicU64,
    fetched: Mutex<Fetched>,
    refresh: Duration,
    interval: Duration,
}

/// When the keys were last asked for, and last had.
#[derive(Default)]
struct Fetched {
    tried: Option<Instant>,
    loaded: Option<Instant>,
}

impl Fetched {
    fn may_try(&self, interval: Duration) -> bool {
        self.tried.is_none_or(|at| at.elapsed() >= interval)
    }
}

enum Source {
    Fixed,
    File(PathBuf),
    Url(Box<reqwest::Url>, reqwest::Client),
}

impl KeyRing {
    /// The development key alone.
    pub(super) fn fixed(key: Key) -> Self {
        let ring = Self::new(Source::Fixed, Duration::MAX, Duration::MAX);
        ring.keys.store(Arc::new(vec![Arc::new(key)]));
        ring
    }

    fn new(source: Source, refresh: Duration, interval: Duration) -> Self {
        Self {
            source,
            keys: ArcSwap::default(),
            generation: AtomicU64::new(1),
            fetched: Mutex::default(),
            refresh,
            interval,
        }
    }

    /// The keys that the settings name, fetched for the first time.
    ///
    /// # Errors
    /// When the settings name no source or two, or a file can not be used. An address that does not answer
    /// is only logged: it is asked again later.
    pub async fn open(settings: &Auth) -> Result<Self, NoKeys> {
        let has_file = !settings.jwks_file.as_os_str().is_empty();
        let source = match (has_file, settings.jwks_url.as_str()) {
            (true, "") => Source::File(settings.jwks_file.clone()),
            (false, url) if !url.is_empty() => address(url, settings.jwks_timeout_ms)?,
            (true, _) => {
                return Err(NoKeys("set only one of `auth.jwks_file` and `auth.jwks_url`".to_owned()));
            }
            (false, _) => {
                let hint = "set `auth.jwks_file` or `auth.jwks_url`, or use `--dev` on your own machine";
                return Err(NoKeys(format!("there is no key to check tokens with: {hint}")));
            }
        };
        let refresh = Duration::from_secs(settings.jwks_refresh_s);
        let ring = Self::new(source, refresh, Duration::from_secs(settings.jwks_min_interval_s));
        if let Err(error) = ring.fetch(None).await {
            match ring.source {
                Source::Url(..) => tracing::warn!(%error, "the keys could not be fetched"),
                _ => return Err(error),
            }
        }
        Ok(ring)
    }

    /// Changes whenever the keys do.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The key that a token with this key id and algorithm was signed with.
    pub(super) async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, Rejection> {
        let before = self.generation();
        let found = self.look(id, algorithm);
        if found.is_ok() && !self.is_due() {
            return found;
        }
        if matches!(found, Err(Rejection::NoKeyNamed)) || matches!(self.source, Source::Fixed) {
            return found;
        }
        if let Err(error) = self.fetch(Some(before)).await {
            tracing::warn!(%error, "the keys could not be fetched; the old ones stay");
        }
        self.look(id, algorithm)
    }

    /// Whether the keys are old and nobody is fetching them now.
    fn is_due(&self) -> bool {
        self.fetched.try_lock().is_ok_and(|fetched| {
            let is_old = fetched.loaded.is_none_or(|at| at.elapsed() > self.refresh);
            is_old && fetched.may_try(self.interval)
        })
    }

    /// Whether there are keys; when there are none, they are asked for.
    pub(super) async fn is_ready(&self) -> bool {
        if self.keys.load().is_empty()
            && let Err(error) = self.fetch(None).await
        {
            tracing::warn!(%error, "the keys could not be fetched");
        }
        !self.keys.load().is_empty()
    }

    fn look(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, Rejection> {
        let keys = self.keys.load();
        let Some(id) = id else {
            let mut fitting = keys.iter().filter(|k| k.algorithm() == algorithm);
            return match (fitting.next(), fitting.next()) {
                (Some(only), None) => Ok(Arc::clone(only)),
                _ => Err(Rejection::NoKeyNamed),
            };
        };
        let named = || keys.iter().filter(|k| k.id() == Some(id));
        named()
            .find(|k| k.algorithm() == algorithm)
            .or_else(|| named().next())
            .cloned()
            .ok_or_else(|| Rejection::UnknownKey(id.chars().take(80).collect()))
    }

    /// Fetches the keys, unless somebody else just did or it was tried a moment ago.
    async fn fetch(&self, before: Option<u64>) -> Result<(), NoKeys> {
        let mut fetched = self.fetched.lock().await;
        let just_done = before.is_some_and(|generation| generation != self.generation());
        if just_done || !fetched.may_try(self.interval) {
            return Ok(());
        }
        fetched.tried = Some(Instant::now());
        let bytes = match &self.source {
            Source::Fixed => return Ok(()),
            Source::File(path) => {
                std::fs::read(path).map_err(|e| NoKeys(format!("{}: {e}", path.display())))?
            }
            Source::Url(url, client) => download(client, url).await?,
        };
        let keys = read_set(&bytes)?;
        tracing::info!(keys = keys.len(), "keys loaded");
        self.keys.store(Arc::new(keys));
        self.generation.fetch_add(1, Ordering::AcqRel);
        fetched.loaded = Some(Instant::now());
        Ok(())
    }
}

fn address(url: &str, timeout_ms: u64) -> Result<Source, NoKeys> {
    let wrong = |why: &str| NoKeys(format!("`auth.jwks_url`: {why}"));
    let url = reqwest::Url::parse(url).map_err(|e| wrong(&e.to_string()))?;
    let is_local = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if url.scheme() != "https" && !(url.scheme() == "http" && is_local) {
        return Err(wrong("must be an https address"));
    }
    let client = reqwest::Client::builder()
        .timeout(Duration::from_millis(timeout_ms))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|e| wrong(&e.to_string()))?;
    Ok(Source::Url(Box::new(url), client))
}

async fn download(client: &reqwest::Client, url: &reqwest::Url) -> Result<Vec<u8>, NoKeys> {
    let wrong = |e: &dyn std::fmt::Display| NoKeys(format!("{url}: {e}"));
    let mut answer = client.get(url.clone()).send().await.map_err(|e| wrong(&e))?;
    if !answer.status().is_success() {
        return Err(wrong(&answer.status()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| wrong(&e))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > SET_BYTES {
            return Err(wrong(&"the answer is too large for a set of keys"));
        }
    }
    Ok(bytes)
}

/// The usable keys of a set. One that can not be used does not spoil the others, but none at all is an error.
fn read_set(bytes: &[u8]) -> Result<Vec<Arc<Key>>, NoKeys> {
    let set: JwkSet =
        serde_json::from_slice(bytes).map_err(|e| NoKeys(format!("not a set of keys (RFC 7517): {e}")))?;
    let mut keys = Vec::new();
    for value in set.keys.into_iter().take(SET_KEYS) {
        let id = value.get("kid").and_then(|k| k.as_str()).unwrap_or("without an id").to_owned();
        match Key::from_jwk(value) {
            Ok(key) => keys.push(Arc::new(key)),
            Err(reason) => tracing::warn!(key = id, %reason, "a key can not be used"),
        }
    }
    if keys.is_empty() { Err(NoKeys("the set holds no key that can be used".to_owned())) } else { Ok(keys) }
}
