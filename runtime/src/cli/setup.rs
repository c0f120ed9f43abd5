//! What most commands need first: the configuration, the build, the database.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::{Code, Failure};
use crate::catalog::Build;
use crate::config::Config;
use crate::config::layers::Layers;
use crate::db::{Db, Settings, migrate};

/// Where the configuration comes from.
#[derive(Debug, Args)]
pub struct Setup {
    /// A configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database: `sqlite:PATH` or just the path
    #[arg(long, value_name = "DATABASE")]
    database: Option<String>,
    /// One value of the configuration, such as `limits.page_max=100`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    values: Vec<String>,
}

impl Setup {
    /// All layers, the flags of this command among them.
    pub(super) fn layers(&self, listen: Option<&str>) -> Result<Layers, Failure> {
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
        if let Some(listen) = listen {
            layers.flag("--listen", "http.listen", listen);
        }
        Ok(layers)
    }

    /// The configuration in force.
    ///
    /// # Errors
    /// Every key and value that can not be used.
    pub fn config(&self) -> Result<Config, Failure> {
        checked(&self.layers(None)?)
    }
}

/// The configuration that the layers give, with what no type can hold.
pub(super) fn checked(layers: &Layers) -> Result<Config, Failure> {
    let config = layers.resolve().map_err(|e| Failure::new(Code::Usage, e))?;
    let url = &config.database.url;
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        let message = format!("`{url}`: only SQLite is served; give `sqlite:PATH`");
        return Err(Failure::new(Code::Usage, message));
    }
    Ok(config)
}

/// The build in this folder, verified.
pub fn load(folder: &Path, config: &Config) -> Result<Build, Failure> {
    Build::load(folder, config.dialect()).map_err(Failure::outside)
}

fn settings(config: &Config, alone: bool) -> Settings {
    Settings {
        file: config.database_file(),
        readers: config.database.readers,
        busy_timeout: Duration::from_millis(config.database.busy_timeout_ms),
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
    if !file.exists() {
        let message =
            format!("there is no database `{}`; `athyper migrate apply BUILD` makes it", file.display());
        return Err(Failure::outside(message));
    }
    Db::open(&settings(config, false)).await.map_err(Failure::outside)
}

/// The same, when the tables have been made.
pub(super) async fn open_migrated(config: &Config) -> Result<Db, Failure> {
    let db = open_beside(config).await?;
    if migrate::is_applied(&db).await.unwrap_or(false) { Ok(db) } else { Err(empty(config)) }
}

/// There are no tables yet.
pub(super) fn empty(config: &Config) -> Failure {
    let file = config.database_file();
    let message = format!(
        "the database `{}` has no tables yet; make them with `athyper migrate apply BUILD --database {}`",
        file.display(),
        file.display(),
    );
    Failure::new(Code::Drift, message)
}

/// What a failed migration means for the exit code.
pub(super) fn migration(error: migrate::MigrateError) -> Failure {
    let code = match &error {
        migrate::MigrateError::Db(_) => Code::Outside,
        migrate::MigrateError::Foreign => Code::Refused,
        _ => Code::Drift,
    };
    Failure::new(code, error)
}
