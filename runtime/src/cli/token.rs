//! `athyper token`: a token for the development key. There is no other way to get one from this program.

use std::io::Write as _;

use clap::Args;
use serde_json::{Map, Value, json};

use super::setup::{self, Setup};
use super::{Code, Failure, say};
use crate::auth::dev::{DevKey, NoDevKey};
use crate::auth::{is_plain, is_role};
use crate::config::Config;
use crate::tenants;

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Token {
    /// The tenant's name
    #[arg(long)]
    tenant: String,
    /// Who the token is for
    #[arg(long)]
    sub: String,
    /// A role; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// The e-mail address of the holder
    #[arg(long)]
    email: Option<String>,
    /// How long it holds: 45s, 30m, 8h, 7d
    #[arg(long, default_value = "8h", value_parser = seconds)]
    ttl: i64,
    /// Another claim; the value is read as JSON when it is JSON
    #[arg(long = "claim", value_name = "NAME=VALUE")]
    claims: Vec<String>,
    #[command(flatten)]
    setup: Setup,
}

impl Token {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let config = self.setup.config()?;
        if !tenants::is_name(&self.tenant) {
            return Err(Failure::new(Code::Usage, tenants::TenantError::Name(self.tenant)));
        }
        if !is_plain(&self.sub) {
            let message = "`--sub` must say who the token is for, in a short line of text such as `anna`";
            return Err(Failure::new(Code::Usage, message));
        }
        if let Some(role) = self.roles.iter().find(|role| !is_role(role)) {
            let message = format!("`--role {role}`: a role is a short line of text, and not `*`");
            return Err(Failure::new(Code::Usage, message));
        }
        let key = DevKey::load(&config.data_folder()).map_err(|e| match e {
            NoDevKey::Missing(_) => Failure::new(Code::Refused, e),
            _ => Failure::outside(e),
        })?;
        warn_of_tenant(&config, &self.tenant).await;
        let names = &config.auth.claims;
        let mut claims = Map::new();
        claims.insert(names.id.clone(), json!(self.sub));
        claims.insert(names.tenant.clone(), json!(self.tenant));
        claims.insert(names.roles.clone(), json!(self.roles));
        if let Some(email) = self.email {
            claims.insert(names.email.clone(), json!(email));
        }
        for claim in &self.claims {
            let Some((name, text)) = claim.split_once('=') else {
                return Err(Failure::new(Code::Usage, format!("`--claim {claim}` has no `=`")));
            };
            let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
            claims.insert(name.to_owned(), value);
        }
        let now = jiff::Timestamp::now().as_second();
        say(key.mint(claims, now, self.ttl).map_err(Failure::outside)?)
    }
}

/// A token for a tenant that is not served is a riddle for whoever uses it. It may be registered later, so this is no
/// mistake; and without a database nothing is known.
async fn warn_of_tenant(config: &Config, name: &str) {
    if !config.database_file().exists() {
        return;
    }
    let Ok(db) = setup::open_beside(config).await else { return };
    let warning = tenants::list(&db).await.ok().and_then(|all| tenants::unserved(name, &all));
    db.close().await;
    if let Some(warning) = warning {
        let _ = writeln!(std::io::stderr(), "warning: {warning}");
    }
}

/// A length of time in seconds: `45s`, `30m`, `8h`, `7d`.
pub(super) fn seconds(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is not a length of time such as 45s, 30m, 8h or 7d");
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    let said = units.iter().find_map(|(letter, unit)| Some((text.strip_suffix(*letter)?, unit)));
    let (number, unit) = said.ok_or_else(wrong)?;
    let number: i64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(*unit).filter(|s| *s > 0).ok_or_else(wrong)
}
