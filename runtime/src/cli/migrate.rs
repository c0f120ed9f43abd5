//! `athyper migrate`: the tables of a build.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::setup::{self, Setup};
use super::{Code, Failure, say};
use crate::db::migrate::{self, Applied, Granted, RowSecurity, Status};

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Migrate {
    /// Compare the database with the build; changes nothing
    Status(Target),
    /// Make the tables in an empty database
    #[command(
        after_help = "Example:\n  athyper migrate apply build --policies --database postgres://owner@db.example.com/shop"
    )]
    Apply {
        #[command(flatten)]
        target: Target,
        /// PostgreSQL: also hold everybody who does not come through athyper to the policies; again after each change
        #[arg(long)]
        policies: bool,
    },
}

/// Which build and which database.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// The folder that `metac compile` wrote
    build: PathBuf,
    #[command(flatten)]
    setup: Setup,
}

impl Migrate {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Status(target) => status(&target).await,
            Self::Apply { target, policies } => apply(&target, policies).await,
        }
    }
}

async fn status(target: &Target) -> Result<(), Failure> {
    let config = target.setup.config()?;
    let build = setup::load(&target.build, &config)?;
    let db = setup::open_beside(&config).await?;
    let status = migrate::status(&db, &build).await.map_err(setup::migration)?;
    let held = match status {
        Status::Current => migrate::row_security(&db, &build).await.map_err(Failure::outside)?,
        _ => None,
    };
    db.close().await;
    match status {
        Status::Current => {
            say("current: the database has the tables of the build")?;
            match held {
                None => Ok(()),
                Some(RowSecurity::Tenants) => say("its row level security keeps tenants apart"),
                Some(RowSecurity::Current) => say("its row level security is that of the policies"),
                Some(RowSecurity::Stale) => {
                    say("its row level security is that of the policies of another build")?;
                    let message = "run `athyper migrate apply` with the same arguments and `--policies`";
                    Err(Failure::new(Code::Drift, message))
                }
            }
        }
        Status::Empty => {
            say("empty: the database has no tables yet")?;
            Err(Failure::new(Code::Drift, "run `athyper migrate apply` with the same arguments"))
        }
        Status::Behind => {
            say(
                "behind: the database has the tables of the build, and lacks some that this release keeps for itself",
            )?;
            Err(Failure::new(Code::Drift, "run `athyper migrate apply` with the same arguments"))
        }
        Status::Differs { objects } => {
            say(format_args!("differs: {}", objects.join(", ")))?;
            Err(setup::migration(migrate::MigrateError::Differs { objects }))
        }
    }
}

async fn apply(target: &Target, policies: bool) -> Result<(), Failure> {
    let config = target.setup.config()?;
    let build = setup::load(&target.build, &config)?;
    let db = setup::open_alone(&config).await?;
    let applied = migrate::apply(&db, &build).await.map_err(setup::migration)?;
    if policies {
        migrate::hold_to_policies(&db, &build).await.map_err(setup::migration)?;
    }
    let granted = migrate::grant(&db, &build, &config.database.role).await.map_err(setup::migration)?;
    db.close().await;
    let database = config.database_name();
    match applied {
        Applied::Made => say(format_args!("made the tables of the build in {database}"))?,
        Applied::Nothing => say(format_args!("{database} has the tables of the build already"))?,
    }
    if policies {
        say("its row level security is that of the policies")?;
    }
    let role = &config.database.role;
    match granted {
        Granted::NotNeeded => Ok(()),
        Granted::Done { is_new: false } => say(format_args!("`{role}` may serve them")),
        Granted::Done { is_new: true } => say(format_args!(
            "made the role `{role}`, which may serve them; it has no password yet: ALTER ROLE \"{role}\" PASSWORD '...'"
        )),
        Granted::NeedsMore { sql } => {
            say(sql.trim_end())?;
            let message = format!(
                "the role `{role}` is not there, and this user may not make it; let somebody run the SQL above who may, then run this command again"
            );
            Err(Failure::new(Code::Refused, message))
        }
    }
}
