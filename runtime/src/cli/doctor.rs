//! `athyper doctor`: whether `athyper serve` with the same options would start, every check on one line with what to
//! do about it. Changes nothing in the database.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use athyper_schemas::dialect::Dialect;
use clap::Args;

use super::setup::{self, Serving, Setup};
use super::{Code, Failure, say, serve};
use crate::auth::dev::{DevKey, NoDevKey};
use crate::catalog::Build;
use crate::config::Config;
use crate::db::Db;
use crate::db::migrate::{self, Role, RowSecurity, Status};
use crate::tenants;

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The folder that `metac compile` wrote
    build: Option<PathBuf>,
    #[command(flatten)]
    serving: Serving,
    /// Check for `serve --dev`
    #[arg(long)]
    dev: bool,
    #[command(flatten)]
    setup: Setup,
}

/// Lines so far.
struct Report<'r> {
    config: &'r Config,
    dev: bool,
    findings: usize,
    /// Whether the outside world is in the way.
    outside: bool,
}

impl Report<'_> {
    fn ok(&self, what: &str, words: impl Display) -> Result<(), Failure> {
        say(format_args!("ok      {what:<9} {words}"))
    }

    fn bad(&mut self, what: &str, failure: &Failure) -> Result<(), Failure> {
        self.findings += 1;
        self.outside |= failure.code == Code::Outside;
        say(format_args!("not ok  {what:<9} {}", failure.message))
    }

    fn finding(&mut self, what: &str, words: impl Display) -> Result<(), Failure> {
        self.bad(what, &Failure::new(Code::Findings, words))
    }

    fn end(self) -> Result<(), Failure> {
        match (self.findings, self.outside) {
            (0, _) => Ok(()),
            (_, true) => Err(Failure::outside("")),
            (_, false) => Err(Failure::new(Code::Findings, "")),
        }
    }
}

impl Doctor {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let config = self.setup.serving(&self.serving)?;
        let mut report = Report { config: &config, dev: self.dev, findings: 0, outside: false };
        report.ok("program", format_args!("athyper {}", env!("CARGO_PKG_VERSION")))?;
        report.ok("config", "every key and value can be used; `athyper config` shows them")?;
        let build = match &self.build {
            Some(folder) => report.build("build", folder)?,
            None => None,
        };
        if !config.policy.candidate.as_os_str().is_empty() {
            report.build("candidate", &config.policy.candidate)?;
        }
        if let Some(db) = report.database().await? {
            report.role(&db).await?;
            report.tables(&db, build.as_ref()).await?;
            report.row_security(&db, build.as_ref()).await?;
            report.tenants(&db).await?;
            db.close().await;
        }
        report.keys().await?;
        match serve::bind(config.http.listen).await {
            Ok(_) => report.ok("port", format_args!("{} is free", config.http.listen))?,
            Err(failure) => report.bad("port", &failure)?,
        }
        report.end()
    }
}

impl Report<'_> {
    fn build(&mut self, what: &str, folder: &Path) -> Result<Option<Build>, Failure> {
        match setup::load(folder, self.config) {
            Ok(build) => {
                let catalog = build.catalog();
                let (name, entities) = (&catalog.package().name, catalog.entities().len());
                self.ok(what, format_args!("`{name}`, {entities} entities, {}", catalog.identity()))?;
                Ok(Some(build))
            }
            Err(failure) => {
                self.bad(what, &failure)?;
                Ok(None)
            }
        }
    }

    /// The database, if it can be looked at: also when another server keeps it.
    async fn database(&mut self) -> Result<Option<Db>, Failure> {
        let file = self.config.database_file();
        let name = self.config.database_name();
        if self.config.dialect() == Dialect::Postgres {
            return match setup::open_beside(self.config).await {
                Ok(db) => {
                    self.ok("database", format_args!("{name} answers"))?;
                    Ok(Some(db))
                }
                Err(failure) => {
                    self.bad("database", &failure)?;
                    Ok(None)
                }
            };
        }
        if self.dev && !file.exists() {
            self.ok("database", format_args!("`serve --dev` makes {name} with its tables"))?;
            self.finding("tenants", "none is there yet; `athyper tenant add NAME` registers one afterwards")?;
            return Ok(None);
        }
        let beside = match setup::open_beside(self.config).await {
            Ok(db) => db,
            Err(failure) => {
                self.bad("database", &failure)?;
                return Ok(None);
            }
        };
        match setup::open_alone(self.config).await {
            Ok(alone) => {
                alone.close().await;
                self.ok("database", format_args!("{name} can be read and written"))?;
            }
            Err(failure) => self.bad("database", &failure)?,
        }
        Ok(Some(beside))
    }

    /// Who serves on PostgreSQL must be held by row security.
    async fn role(&mut self, db: &Db) -> Result<(), Failure> {
        match migrate::role(db).await {
            Ok(None) => Ok(()),
            Ok(Some(Role { name, unfit: None })) => {
                self.ok("role", format_args!("`{name}` is held by row security"))
            }
            Ok(Some(Role { unfit: Some(_), .. })) if self.dev => {
                let role = &self.config.database.role;
                self.ok("role", format_args!("`serve --dev` serves as `{role}`"))
            }
            Ok(Some(Role { name, unfit: Some(why) })) => {
                self.bad("role", &setup::unfit(&name, why, self.config))
            }
            Err(error) => self.bad("role", &Failure::outside(error)),
        }
    }

    async fn tables(&mut self, db: &Db, build: Option<&Build>) -> Result<(), Failure> {
        let Some(build) = build else { return Ok(()) };
        match migrate::status(db, build).await {
            Ok(Status::Current) => self.ok("schema", "the database has the tables of the build"),
            Ok(Status::Behind) if self.dev => self.ok("schema", "`serve --dev` adds tables of this release"),
            Ok(Status::Behind) => self.finding("schema", setup::behind(self.config).message),
            Ok(Status::Empty) if self.dev => self.ok("schema", "none yet; `serve --dev` makes the tables"),
            Ok(Status::Empty) => self.finding("schema", setup::empty(self.config).message),
            Ok(Status::Differs { objects }) => {
                self.finding("schema", migrate::MigrateError::Differs { objects })
            }
            Err(error) => self.bad("schema", &setup::migration(error)),
        }
    }

    /// To which policies the database holds everybody. Where there are no tables yet, the check before has told.
    async fn row_security(&mut self, db: &Db, build: Option<&Build>) -> Result<(), Failure> {
        let Some(build) = build else { return Ok(()) };
        match setup::not_held(db, build, self.config).await {
            Ok(Some(_)) if self.dev => {
                return self.ok("rls", "`serve --dev` puts the policies of the build into the database");
            }
            Ok(Some(failure)) => return self.bad("rls", &failure),
            Ok(None) | Err(_) => {}
        }
        match migrate::row_security(db, build).await {
            Ok(None) | Err(_) => Ok(()),
            Ok(Some(RowSecurity::Tenants)) => self.ok("rls", "the database keeps tenants apart"),
            Ok(Some(RowSecurity::Current)) => {
                self.ok("rls", "the database holds the policies of the build")
            }
            Ok(Some(RowSecurity::Stale)) => self.finding(
                "rls",
                "the database holds others to the policies of another build; `athyper migrate apply BUILD --policies` renews them",
            ),
        }
    }

    async fn tenants(&mut self, db: &Db) -> Result<(), Failure> {
        let all = tenants::list(db).await;
        let anonymous = Some(self.config.auth.anonymous_tenant.as_str()).filter(|name| !name.is_empty());
        if let (Some(name), Ok(all)) = (anonymous, &all)
            && let Some(why) = tenants::unserved(name, all)
        {
            return self.finding("tenants", format_args!("`auth.anonymous_tenant`: {why}"));
        }
        match all {
            Ok(all) if all.iter().any(|t| t.active) => {
                self.ok("tenants", format_args!("{} active", all.iter().filter(|t| t.active).count()))
            }
            Ok(_) => self.finding("tenants", "none is active; `athyper tenant add NAME` registers one"),
            Err(_) => self
                .finding("tenants", "the registry is not there yet; `athyper migrate apply BUILD` makes it"),
        }
    }

    async fn keys(&mut self) -> Result<(), Failure> {
        if self.dev {
            if let Err(failure) = serve::require_local(self.config) {
                return self.bad("keys", &failure);
            }
            return match DevKey::load(&self.config.data_folder()) {
                Ok(_) => self.ok("keys", "a development key, for `serve --dev` only"),
                Err(NoDevKey::Missing(_)) => self.ok("keys", "none yet; `serve --dev` makes one"),
                Err(error) => self.bad("keys", &Failure::outside(error)),
            };
        }
        match serve::authenticator(self.config, false).await {
            Ok(authenticator) if authenticator.is_ready().await => {
                self.ok("keys", "the issuer's keys were read")
            }
            Ok(_) => {
                let message = format!("`{}` gives no keys; is the address right?", self.config.auth.jwks_url);
                self.bad("keys", &Failure::outside(message))
            }
            Err(failure) => self.bad("keys", &failure),
        }
    }
}
