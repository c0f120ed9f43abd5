//! The configuration: what an operator can set, each with its unit in the name.
//!
//! Lives here: the typed values. The defaults stand in `config.default.toml`, which the program reads; how
//! the layers come together is in [`layers`]. May not enter: decisions that belong to the model.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use athyper_schemas::dialect::Dialect;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::tenants::{self, TenantError};

pub mod layers;

/// Everything an operator can set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The server.
    pub http: Http,
    /// The database.
    pub database: Database,
    /// What is not in the database.
    pub data: Data,
    /// What one request may ask for.
    pub limits: Limits,
    /// Whose tokens are believed.
    pub auth: Auth,
    /// Questions about permissions.
    pub policy: Policy,
    /// What is written to the log.
    pub log: Log,
}

impl Config {
    /// What the database speaks that `database.url` names.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        let url = self.database.url.as_str();
        let is_postgres = url.starts_with("postgres:") || url.starts_with("postgresql:");
        if is_postgres { Dialect::Postgres } else { Dialect::Sqlite }
    }

    /// The database file that `database.url` names.
    #[must_use]
    pub fn database_file(&self) -> PathBuf {
        let url = self.database.url.as_str();
        PathBuf::from(url.strip_prefix("sqlite:").unwrap_or(url))
    }

    /// The database as people may read it: a file, or an address without its password.
    #[must_use]
    pub fn database_name(&self) -> String {
        match self.dialect() {
            Dialect::Sqlite => self.database_file().display().to_string(),
            Dialect::Postgres => without_password(&self.database.url),
        }
    }

    /// The folder for what is not in the database.
    #[must_use]
    pub fn data_folder(&self) -> PathBuf {
        if !self.data.folder.as_os_str().is_empty() {
            return self.data.folder.clone();
        }
        match self.dialect() {
            Dialect::Sqlite => self.database_file().with_file_name(".athyper"),
            Dialect::Postgres => PathBuf::from(".athyper"),
        }
    }
}

/// An address without its password.
fn without_password(address: &str) -> String {
    match url::Url::parse(address) {
        Ok(mut url) => {
            // Only an address that cannot have a user refuses, and then there is no password in it.
            let _ = url.set_password(None);
            url.set_query(None);
            url.to_string()
        }
        Err(_) => "postgres:...".to_owned(),
    }
}

/// The server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Where to listen; port 0 takes a free one.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Most connections at one time.
    pub connections: usize,
    /// Milliseconds a client may take for the head of a request.
    pub header_read_timeout_ms: u64,
    /// Largest head of a request, in bytes.
    pub header_bytes: usize,
    /// Milliseconds a request may take.
    pub request_timeout_ms: u64,
    /// Milliseconds that requests in flight may go on when the server stops.
    pub shutdown_timeout_ms: u64,
    /// Whether a write must name the version it means.
    pub if_match_required: bool,
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(from)?;
    let wrong = || format!("`{text}` is not an address with a port; write it like `127.0.0.1:8080`");
    text.parse().map_err(|_| D::Error::custom(wrong()))
}

impl Http {
    /// How long a request may take.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// How long a client may take for the head of a request.
    #[must_use]
    pub fn header_read_timeout(&self) -> Duration {
        Duration::from_millis(self.header_read_timeout_ms)
    }

    /// How long requests in flight may go on when the server stops.
    #[must_use]
    pub fn shutdown_timeout(&self) -> Duration {
        Duration::from_millis(self.shutdown_timeout_ms)
    }
}

/// The database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://...`.
    pub url: String,
    /// SQLite: connections that read.
    pub readers: u32,
    /// Milliseconds to wait for a lock.
    pub busy_timeout_ms: u64,
    /// PostgreSQL: most connections at one time.
    pub connections: u32,
    /// PostgreSQL: milliseconds that a statement may run.
    pub statement_timeout_ms: u64,
    /// PostgreSQL: the role that serves.
    pub role: String,
    /// PostgreSQL: whether a pooler before it keeps prepared statements.
    pub pooler_keeps_statements: bool,
    /// PostgreSQL: what row level security holds the server to.
    pub rls: Rls,
}

/// What row level security of PostgreSQL holds a server to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rls {
    /// Every statement to its tenant.
    #[default]
    Tenant,
    /// Those that read also to what the policies let their caller read.
    Full,
}

/// What is not in the database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The folder for the development key and uploaded files; empty: see [`Config::data_folder`].
    pub folder: PathBuf,
}

/// What one request may ask for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Largest body in bytes.
    pub body_bytes: usize,
    /// Deepest nesting of a JSON body.
    pub json_depth: usize,
    /// Records in an answer when the request does not say.
    pub page_default: u32,
    /// Most records in an answer.
    pub page_max: u32,
    /// What a filter may cost.
    pub filter_cost: u32,
    /// Longest filter in bytes.
    pub filter_bytes: usize,
    /// Deepest expand.
    pub expand_depth: usize,
    /// Most operations in a batch.
    pub batch_operations: usize,
    /// Most children in one list of one record.
    pub children: usize,
    /// Hours an answer is kept for its idempotency key.
    pub idempotency_hours: u32,
    /// Largest uploaded file in bytes.
    pub file_bytes: usize,
}

/// Whose tokens are believed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The `iss` that is expected; empty: not configured.
    pub issuer: String,
    /// The `aud` that is expected; empty: not configured.
    pub audience: String,
    /// File with the public keys; empty: none.
    pub jwks_file: PathBuf,
    /// Address of the public keys; empty: none.
    pub jwks_url: String,
    /// Accepted algorithms.
    pub algorithms: Vec<Algorithm>,
    /// Seconds that clocks may differ.
    pub leeway_s: u32,
    /// Longest token in bytes.
    pub token_bytes: usize,
    /// Seconds after which keys are fetched again.
    pub jwks_refresh_s: u64,
    /// Fewest seconds between two fetches.
    pub jwks_min_interval_s: u64,
    /// Milliseconds a fetch may take.
    pub jwks_timeout_ms: u64,
    /// The tenant of callers without a token; empty: they are refused.
    #[serde(deserialize_with = "tenant_or_none")]
    pub anonymous_tenant: String,
    /// Which claims say what.
    pub claims: Claims,
}

fn tenant_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    if name.is_empty() || tenants::is_name(&name) {
        Ok(name)
    } else {
        Err(D::Error::custom(TenantError::Name(name)))
    }
}

/// The signature algorithms there are. Symmetric ones and `none` can not be configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Algorithm {
    /// Ed25519.
    EdDSA,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// RSA PKCS#1 v1.5 with SHA-256, 2048 to 4096 bits.
    RS256,
}

impl Algorithm {
    /// As written in tokens and keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::ES256 => "ES256",
            Self::RS256 => "RS256",
        }
    }
}

/// Which claims say what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Who the caller is.
    pub id: String,
    /// For which tenant, by its name.
    pub tenant: String,
    /// The roles, a list or words separated by blanks.
    pub roles: String,
    /// The address of the caller.
    pub email: String,
}

/// Questions about permissions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The roles whose holders may ask why something was decided.
    pub explain_roles: Vec<String>,
    /// The roles whose holders may ask what another build would decide.
    pub simulate_roles: Vec<String>,
    /// The folder of that build; empty: none.
    pub candidate: PathBuf,
    /// What is kept of decisions.
    pub log: DecisionLog,
}

/// What is kept of decisions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionLog {
    /// The share of what was allowed.
    pub allows: Share,
    /// Whether the database keeps them.
    pub database: bool,
    /// Whether the attributes of callers are kept with them.
    pub attributes: bool,
    /// Days for which the database keeps them.
    pub retention_days: NonZeroU32,
    /// Most decisions that wait to be kept.
    pub queue: NonZeroU32,
}

/// A part of a whole, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Share(pub f64);

impl TryFrom<f64> for Share {
    type Error = &'static str;

    fn try_from(share: f64) -> Result<Self, Self::Error> {
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err("expected a share from 0.0 to 1.0") }
    }
}

/// What is written to the log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// For whom.
    pub format: LogFormat,
    /// How much.
    pub level: String,
}

/// For whom the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// `pretty` on a terminal, `json` elsewhere.
    Auto,
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}
