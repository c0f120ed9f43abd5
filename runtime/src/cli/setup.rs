//! What most commands need first: the configuration, the build, the database.

use std::path::{Path, PathBuf};
use std::time::Duration;

use athyper_schemas::dialect::Dialect;
use clap::Args;

use super::{Code, Failure};
use crate::catalog::Build;
use crate::config::layers::Layers;
use crate::config::{Config, Rls};
use crate::db::migrate::{self, Granted, MigrateError, Ours, RowSecurity, Status};
use crate::db::{Db, DbError, Place, Settings};

/// Where the configuration comes from.
#[derive(Debug, Args)]
pub struct Setup {
    /// A configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database: `sqlite:PATH`, just the path, or `postgres://...`
    #[arg(long, value_name = "DATABASE")]
    database: Option<String>,
    /// One value of the configuration, such as `limits.page_max=100`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    values: Vec<String>,
}

/// What `serve` is asked to do, and `doctor` to look at.
#[derive(Debug, Args)]
pub(super) struct Serving {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Another build, for `/api/policy/simulate`: what would it decide?
    #[arg(long, value_name = "BUILD")]
    candidate: Option<String>,
    /// PostgreSQL: `full` lets the database, too, hold what is read to the policies
    #[arg(long, value_name = "tenant|full")]
    rls: Option<String>,
}

impl Setup {
    /// All layers, the flags of this command among them.
    pub(super) fn layers(&self) -> Result<Layers, Failure> {
        let refused = |e| Failure::new(Code::Usage, e);
        let mut layers = Layers::defaults().map_err(refused)?;
        if let Some(file) = &self.config {
            layers.file(file).map_err(refused)?;
        }
        let variables =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        layers.environment(variables);
        for value in &self.values {
            let Some((key, text)) = value.split_once('=') else {
                return Err(Failure::new(Code::Usage, format!("`--set {value}` has no `=`")));
            };
            layers.flag("--set", key.trim(), text.trim());
        }
        if let Some(database) = &self.database {
            layers.flag("--database", "database.url", database);
        }
        Ok(layers)
    }

    /// The configuration of a server that is started with these flags.
    pub(super) fn serving(&self, flags: &Serving) -> Result<Config, Failure> {
        let mut layers = self.layers()?;
        for (flag, key, value) in [
            ("--listen", "http.listen", &flags.listen),
            ("--candidate", "policy.candidate", &flags.candidate),
            ("--rls", "database.rls", &flags.rls),
        ] {
            if let Some(value) = value {
                layers.flag(flag, key, value);
            }
        }
        let config = checked(&layers)?;
        if config.database.rls == Rls::Full && config.dialect() == Dialect::Sqlite {
            let message = "`database.rls` can be `full` on PostgreSQL only: SQLite has no row level security";
            return Err(Failure::new(Code::Usage, message));
        }
        Ok(config)
    }

    /// The configuration in force.
    ///
    /// # Errors
    /// Every key and value that can not be used.
    pub fn config(&self) -> Result<Config, Failure> {
        checked(&self.layers()?)
    }
}

/// The configuration that the layers give.
pub(super) fn checked(layers: &Layers) -> Result<Config, Failure> {
    layers.resolve().map_err(|e| Failure::new(Code::Usage, e))
}

/// The build in this folder, verified.
pub fn load(folder: &Path, config: &Config) -> Result<Build, Failure> {
    load_for(Rls::Tenant, folder, config)
}

/// The same, for statements that row level security holds to this.
pub(super) fn load_for(rls: Rls, folder: &Path, config: &Config) -> Result<Build, Failure> {
    Build::load(folder, config.dialect(), rls).map_err(Failure::outside)
}

fn settings(config: &Config, alone: bool) -> Settings {
    let database = &config.database;
    Settings {
        place: match config.dialect() {
            Dialect::Sqlite => Place::File(config.database_file()),
            Dialect::Postgres => Place::Server(database.url.clone()),
        },
        readers: database.readers,
        connections: database.connections,
        busy_timeout: Duration::from_millis(database.busy_timeout_ms),
        statement_timeout: Duration::from_millis(database.statement_timeout_ms),
        role: None,
        pooler_keeps_statements: database.pooler_keeps_statements,
        alone,
    }
}

/// The database for a server: nobody else may serve it.
pub(super) async fn open_alone(config: &Config) -> Result<Db, Failure> {
    Db::open(&settings(config, true)).await.map_err(Failure::outside)
}

/// The database for a tool, beside a server that may be running.
///
/// # Errors
/// When there is none: a tool does not make one by accident.
pub(super) async fn open_beside(config: &Config) -> Result<Db, Failure> {
    let file = config.database_file();
    if config.dialect() == Dialect::Sqlite && !file.exists() {
        let message =
            format!("there is no database `{}`; `athyper migrate apply BUILD` makes it", file.display());
        return Err(Failure::outside(message));
    }
    Db::open(&settings(config, false)).await.map_err(Failure::outside)
}

/// The same, when the tables have been made, by this release.
pub(super) async fn open_migrated(config: &Config) -> Result<Db, Failure> {
    let db = open_beside(config).await?;
    match migrate::ours(&db).await.map_err(|error| unread(error, config))? {
        Ours::All => Ok(db),
        Ours::Some => Err(behind(config)),
        Ours::None => Err(empty(config)),
    }
}

/// How the tables compare with the build, for the role that serves.
pub(super) async fn status(db: &Db, build: &Build, config: &Config) -> Result<Status, Failure> {
    migrate::status(db, build).await.map_err(|error| unread(error, config))
}

/// Why the tables could not be looked at.
fn unread(error: MigrateError, config: &Config) -> Failure {
    if !matches!(error, MigrateError::Db(DbError::Denied)) {
        return migration(error);
    }
    let message = format!(
        "the user of `{}` may not read the tables; `athyper migrate apply BUILD`, run by their owner, gives `{}` what serving takes",
        config.database_name(),
        config.database.role
    );
    Failure::new(Code::Refused, message)
}

/// Whether the tables are those of the build, and all of our own are there.
pub(super) async fn fits(db: &Db, build: &Build, config: &Config) -> Result<(), Failure> {
    match status(db, build, config).await? {
        Status::Differs { objects } => Err(migration(MigrateError::Differs { objects })),
        Status::Behind => Err(behind(config)),
        Status::Empty => Err(empty(config)),
        Status::Current => Ok(()),
    }
}

/// The database, held by a role that row security binds. On a developer's machine the user of the address may be
/// anybody: the serving role is taken up then.
pub(super) async fn as_serving_role(
    db: Db,
    build: &Build,
    config: &Config,
    dev: bool,
) -> Result<Db, Failure> {
    let role = migrate::role(&db).await.map_err(Failure::outside)?;
    let Some((name, why)) = role.and_then(|role| Some((role.name, role.unfit?))) else { return Ok(db) };
    let serving = &config.database.role;
    if !dev {
        return Err(unfit(&name, why, config));
    }
    match migrate::grant(&db, build, serving).await.map_err(migration)? {
        Granted::Done { .. } | Granted::NotNeeded => {}
        Granted::NeedsMore { .. } => return Err(unfit(&name, why, config)),
    }
    db.close().await;
    let settings = Settings { role: Some(serving.clone()), ..settings(config, true) };
    Db::open(&settings).await.map_err(Failure::outside)
}

/// A role that must not serve.
pub(super) fn unfit(name: &str, why: &str, config: &Config) -> Failure {
    let serving = &config.database.role;
    let message = format!(
        "`{name}` must not serve: {why}, so row security does not hold it; connect as `{serving}`, which `athyper migrate apply BUILD` makes"
    );
    Failure::new(Code::Refused, message)
}

/// What keeps row level security from holding the server to what the configuration says; nothing when nothing does.
pub(super) async fn not_held(db: &Db, build: &Build, config: &Config) -> Result<Option<Failure>, Failure> {
    let there = migrate::row_security(db, build).await.map_err(Failure::outside)?;
    let holds = match there {
        Some(RowSecurity::Stale) => "holds the policies of another build",
        Some(RowSecurity::Tenants) => "does not hold the policies",
        None | Some(RowSecurity::Current) => return Ok(None),
    };
    if config.database.rls == Rls::Tenant {
        return Ok(None);
    }
    let message = format!(
        "`--rls full`: the database `{}` {holds}; `athyper migrate apply BUILD --policies`, run by the owner of the tables, puts those of the build there",
        config.database_name()
    );
    Ok(Some(Failure::new(Code::Drift, message)))
}

/// There are no tables yet.
pub(super) fn empty(config: &Config) -> Failure {
    let message = match config.dialect() {
        Dialect::Sqlite => {
            let file = config.database_name();
            format!(
                "the database `{file}` has no tables yet; make them with `athyper migrate apply BUILD --database {file}`"
            )
        }
        Dialect::Postgres => format!(
            "the database `{}` has no tables yet; make them with `athyper migrate apply BUILD --database ADDRESS`, as the user who shall own them",
            config.database_name()
        ),
    };
    Failure::new(Code::Drift, message)
}

/// The tables of the build are there, and not all of our own.
pub(super) fn behind(config: &Config) -> Failure {
    let database = config.database_name();
    let message = format!(
        "the database `{database}` was made by an older release; `athyper migrate apply BUILD` adds the tables that this one keeps for itself"
    );
    Failure::new(Code::Drift, message)
}

/// What a failed migration means for the exit code.
pub(super) fn migration(error: MigrateError) -> Failure {
    let code = match &error {
        MigrateError::Db(_) => Code::Outside,
        MigrateError::Foreign => Code::Refused,
        MigrateError::NoRowSecurity => Code::Usage,
        _ => Code::Drift,
    };
    Failure::new(code, error)
}
