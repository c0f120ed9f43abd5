//! `athyper tenant`: who is served. Works beside a running server, which notices within a second.

use clap::{Args, Subcommand};

use super::setup::{self, Setup};
use super::{Code, Failure, say};
use crate::db::Db;
use crate::tenants::{self, TenantError};

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Tenant {
    /// Register a tenant; prints its id
    Add(Named),
    /// Print every tenant: name, state, id, since when
    List(List),
    /// Stop serving a tenant; its data stay
    Suspend(Named),
    /// Serve a suspended tenant again
    Resume(Named),
}

/// Which tenant.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// As tokens write it: lower-case letters, digits and hyphens
    name: String,
    #[command(flatten)]
    setup: Setup,
}

/// Which database.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    setup: Setup,
}

impl Tenant {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (Self::Add(Named { setup, .. })
        | Self::List(List { setup })
        | Self::Suspend(Named { setup, .. })
        | Self::Resume(Named { setup, .. })) = &self;
        let db = setup::open_migrated(&setup.config()?).await?;
        let done = self.act(&db).await;
        db.close().await;
        done
    }

    async fn act(&self, db: &Db) -> Result<(), Failure> {
        match self {
            Self::Add(Named { name, .. }) => say(tenants::add(db, name).await.map_err(failed)?),
            Self::List(_) => {
                for tenant in tenants::list(db).await.map_err(Failure::outside)? {
                    let state = if tenant.active { "active" } else { "suspended" };
                    say(format_args!("{}\t{state}\t{}\t{}", tenant.name, tenant.id, tenant.created_at))?;
                }
                Ok(())
            }
            Self::Suspend(Named { name, .. }) => tenants::set_active(db, name, false).await.map_err(failed),
            Self::Resume(Named { name, .. }) => tenants::set_active(db, name, true).await.map_err(failed),
        }
    }
}

fn failed(error: TenantError) -> Failure {
    let code = match &error {
        TenantError::Name(_) => Code::Usage,
        TenantError::Exists(_) | TenantError::Unknown(..) => Code::Refused,
        TenantError::Db(_) => Code::Outside,
    };
    Failure::new(code, error)
}
