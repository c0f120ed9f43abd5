//! `athyper migrate`: the tables of a build.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::setup::{self, Setup};
use super::{Code, Failure, say};
use crate::db::migrate::{self, Applied, Status};

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Migrate {
    /// Compare the database with the build; changes nothing
    Status(Target),
    /// Make the tables in an empty database
    Apply(Target),
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
            Self::Apply(target) => apply(&target).await,
        }
    }
}

async fn status(target: &Target) -> Result<(), Failure> {
    let config = target.setup.config()?;
    let build = setup::load(&target.build, &config)?;
    let db = setup::open_beside(&config).await?;
    let status = migrate::status(&db, &build).await.map_err(setup::migration)?;
    db.close().await;
    match status {
        Status::Current => say("current: the database has the tables of the build"),
        Status::Empty => {
            say("empty: the database has no tables yet")?;
            Err(Failure::new(Code::Drift, "run `athyper migrate apply` with the same arguments"))
        }
        Status::Differs { objects } => {
            say(format_args!("differs: {}", objects.join(", ")))?;
            Err(setup::migration(migrate::MigrateError::Differs { objects }))
        }
    }
}

async fn apply(target: &Target) -> Result<(), Failure> {
    let config = target.setup.config()?;
    let build = setup::load(&target.build, &config)?;
    let db = setup::open_alone(&config).await?;
    let applied = migrate::apply(&db, &build).await.map_err(setup::migration)?;
    db.close().await;
    let file = config.database_file();
    match applied {
        Applied::Made => say(format_args!("made the tables of the build in {}", file.display())),
        Applied::Nothing => say(format_args!("{} has the tables of the build already", file.display())),
    }
}
