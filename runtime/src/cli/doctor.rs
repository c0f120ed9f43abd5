//! `athyper doctor`: every check on one line, and what to do about it. Changes nothing.

use std::fmt::Display;
use std::path::PathBuf;

use clap::Args;

use super::setup::{self, Setup};
use super::{Code, Failure, say, serve};
use crate::auth::dev::DevKey;
use crate::catalog::Build;
use crate::config::Config;
use crate::db::Db;
use crate::db::migrate::{self, Status};
use crate::tenants;

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The folder that `metac compile` wrote
    build: Option<PathBuf>,
    #[command(flatten)]
    setup: Setup,
}

/// Lines so far.
#[derive(Default)]
struct Report {
    findings: usize,
}

impl Report {
    fn ok(&mut self, what: &str, words: impl Display) -> Result<(), Failure> {
        say(format_args!("ok      {what:<9} {words}"))
    }

    fn bad(&mut self, what: &str, words: impl Display) -> Result<(), Failure> {
        self.findings += 1;
        say(format_args!("not ok  {what:<9} {words}"))
    }
}

impl Doctor {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut report = Report::default();
        report.ok("program", format_args!("athyper {}", env!("CARGO_PKG_VERSION")))?;
        let config = self.setup.config()?;
        report.ok("config", "every key and value can be used; `athyper config` shows them")?;
        let build = match &self.build {
            Some(folder) => check_build(&mut report, folder)?,
            None => None,
        };
        match setup::open_beside(&config).await {
            Ok(db) => {
                check_database(&mut report, &config, &db, build.as_ref()).await?;
                db.close().await;
            }
            Err(failure) => report.bad("database", failure.message)?,
        }
        check_keys(&mut report, &config).await?;
        match std::net::TcpListener::bind(config.http.listen) {
            Ok(_) => report.ok("port", format_args!("{} is free", config.http.listen))?,
            Err(error) => {
                let hint = "fine if athyper is running there, otherwise choose another with `http.listen`";
                report.bad("port", format_args!("{}: {error}; {hint}", config.http.listen))?;
            }
        }
        if report.findings == 0 { Ok(()) } else { Err(Failure::new(Code::Findings, "")) }
    }
}

fn check_build(report: &mut Report, folder: &std::path::Path) -> Result<Option<Build>, Failure> {
    match Build::load(folder) {
        Ok(build) => {
            let catalog = build.catalog();
            let (name, entities) = (&catalog.package().name, catalog.entities().len());
            report.ok("build", format_args!("`{name}`, {entities} entities, {}", catalog.identity()))?;
            Ok(Some(build))
        }
        Err(error) => {
            report.bad("build", error)?;
            Ok(None)
        }
    }
}

async fn check_database(
    report: &mut Report,
    config: &Config,
    db: &Db,
    build: Option<&Build>,
) -> Result<(), Failure> {
    report.ok("database", format_args!("{} can be read and written", config.database_file().display()))?;
    if let Some(build) = build {
        match migrate::status(db, build).await {
            Ok(Status::Current) => report.ok("schema", "the database has the tables of the build")?,
            Ok(Status::Empty) => report.bad("schema", setup::empty(config).message)?,
            Ok(Status::Differs { objects }) => {
                report.bad("schema", migrate::MigrateError::Differs { objects })?;
            }
            Err(error) => report.bad("schema", error)?,
        }
    }
    match tenants::list(db).await {
        Ok(all) if all.iter().any(|t| t.active) => {
            report.ok("tenants", format_args!("{} active", all.iter().filter(|t| t.active).count()))
        }
        Ok(_) => report.bad("tenants", "none is active; `athyper tenant add NAME` registers one"),
        Err(_) => {
            report.bad("tenants", "the registry is not there yet; `athyper migrate apply BUILD` makes it")
        }
    }
}

async fn check_keys(report: &mut Report, config: &Config) -> Result<(), Failure> {
    let is_configured = !config.auth.jwks_url.is_empty() || !config.auth.jwks_file.as_os_str().is_empty();
    if !is_configured {
        return match DevKey::load(&config.data_folder()) {
            Ok(_) => report.ok("keys", "a development key, for `serve --dev` only"),
            Err(error) => {
                report.bad("keys", format_args!("{error}; or set `auth.jwks_file` or `auth.jwks_url`"))
            }
        };
    }
    match serve::authenticator(config, false).await {
        Ok(authenticator) if authenticator.is_ready().await => {
            report.ok("keys", "the issuer's keys were read")
        }
        Ok(_) => report
            .bad("keys", format_args!("`{}` gives no keys; is the address right?", config.auth.jwks_url)),
        Err(failure) => report.bad("keys", failure.message),
    }
}
