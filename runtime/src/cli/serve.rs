//! `athyper serve`: everything is checked before the first request is accepted.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::setup::{self, Serving, Setup};
use super::{Code, Failure, log, say};
use crate::auth::dev::DevKey;
use crate::auth::{Authenticator, KeyRing};
use crate::catalog::Build;
use crate::config::Config;
use crate::db::migrate::{self, MigrateError, RowSecurity, Status};
use crate::db::{Db, DbError};
use crate::http::{App, Parts, serve};
use crate::tenants;

/// How much longer than `http.shutdown_timeout_ms` a server may take to keep decisions and to close the database.
const CLOSING: Duration = Duration::from_secs(5);

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The folder that `metac compile` wrote
    build: PathBuf,
    #[command(flatten)]
    serving: Serving,
    /// For this machine only: make the tables, and believe tokens of `athyper token`
    #[arg(long)]
    dev: bool,
    #[command(flatten)]
    setup: Setup,
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let config = self.setup.serving(&self.serving)?;
        let for_people = log::start(&config.log)?;
        let build = setup::load_for(config.database.rls, &self.build, &config)?;
        let folder = &config.policy.candidate;
        let candidate =
            if folder.as_os_str().is_empty() { None } else { Some(setup::load(folder, &config)?) };
        let listener = bind(config.http.listen).await?;
        let address = listener.local_addr()?;
        let authenticator = authenticator(&config, self.dev).await?;
        let db = setup::open_alone(&config).await?;
        prepare(&db, &build, &config, self.dev).await?;
        hold(&db, &build, &config, self.dev).await?;
        let db = setup::as_serving_role(db, &build, &config, self.dev).await?;
        require_anonymous_tenant(&db, &config).await?;
        let stop = stop_on_signal()?;

        announce(&config, &build, address, for_people)?;
        let http = config.http.clone();
        let app = App::new(Parts { config, build, candidate, db: db.clone(), authenticator })
            .map_err(|e| Failure::outside(format!("`openapi.json` of the build: {e}; compile again")))?;
        let signal = stop.clone();
        let stopped = async {
            signal.cancelled().await;
            Instant::now()
        };
        let (cut, stopped) = tokio::join!(serve(listener, app.router(), &http, stop), stopped);
        if cut > 0 {
            tracing::warn!(connections = cut, "requests that took too long were cut off");
        }
        close(app, &db, stopped + http.shutdown_timeout() + CLOSING).await
    }
}

/// Keeps the decisions that wait and closes the database, if it answers in time.
async fn close(app: App, db: &Db, end: Instant) -> Result<(), Failure> {
    let late = app.close(end).await;
    drop(app);
    if timeout_at(end, db.close()).await.is_err() {
        tracing::warn!("the database gave no answer; its connections were cut off");
    }
    if late > 0 {
        return Err(Failure::outside(format!(
            "the database did not take the last decisions, {late} of them; they are in the log of the process alone"
        )));
    }
    tracing::info!("stopped");
    Ok(())
}

pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program listens there; stop it, or choose another port with `--listen` (port 0 takes a free one)"
            }
            std::io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege; choose a higher one",
            std::io::ErrorKind::AddrNotAvailable => "this machine does not have that address",
            _ => "choose another address with `--listen`",
        };
        Failure::outside(format!("can not listen on {address}: {hint}"))
    })
}

/// The development key is for this machine.
pub(super) fn require_local(config: &Config) -> Result<(), Failure> {
    if config.http.listen.ip().is_loopback() {
        return Ok(());
    }
    let message = format!(
        "`--dev` believes a key that lies in a folder, so it serves this machine only: listen on 127.0.0.1 and not on {}",
        config.http.listen
    );
    Err(Failure::new(Code::Refused, message))
}

/// Who is believed: the development key, or the keys of the configured issuer.
pub(super) async fn authenticator(config: &Config, dev: bool) -> Result<Authenticator, Failure> {
    if dev {
        require_local(config)?;
        let key = DevKey::load_or_make(&config.data_folder()).map_err(Failure::outside)?;
        return Ok(key.authenticator(&config.auth));
    }
    let settings = &config.auth;
    for (key, value) in [("auth.issuer", &settings.issuer), ("auth.audience", &settings.audience)] {
        if value.is_empty() {
            let message = format!(
                "`{key}` is not set: whose tokens shall be believed? On your own machine, use `--dev`"
            );
            return Err(Failure::new(Code::Usage, message));
        }
    }
    let keys = KeyRing::open(settings).await.map_err(|e| Failure::new(Code::Usage, e))?;
    Ok(Authenticator::new(settings.clone(), keys))
}

/// Serves only a database that has the tables of the build; `--dev` makes them in an empty one.
async fn prepare(db: &Db, build: &Build, config: &Config, dev: bool) -> Result<(), Failure> {
    match setup::status(db, build, config).await? {
        Status::Current => Ok(()),
        Status::Empty | Status::Behind if dev => {
            migrate::apply(db, build).await.map_err(setup::migration)?;
            tracing::info!("tables made");
            Ok(())
        }
        Status::Empty => Err(setup::empty(config)),
        Status::Behind => Err(setup::behind(config)),
        Status::Differs { objects } => Err(setup::migration(MigrateError::Differs { objects })),
    }
}

/// The tenant of callers without a token must be there. A suspended one keeps nobody else from being served.
async fn require_anonymous_tenant(db: &Db, config: &Config) -> Result<(), Failure> {
    let name = &config.auth.anonymous_tenant;
    if name.is_empty() {
        return Ok(());
    }
    let all = tenants::list(db).await.map_err(Failure::outside)?;
    match tenants::unserved(name, &all).map(|why| format!("`auth.anonymous_tenant`: {why}")) {
        None => {}
        Some(why) if all.iter().any(|tenant| tenant.name == *name) => tracing::warn!("{why}"),
        Some(why) => return Err(Failure::new(Code::Refused, why)),
    }
    Ok(())
}

/// Serves only a database whose row level security holds what it is expected to hold; `--dev` puts it there.
async fn hold(db: &Db, build: &Build, config: &Config, dev: bool) -> Result<(), Failure> {
    match setup::not_held(db, build, config).await? {
        Some(failure) if dev => match migrate::hold_to_policies(db, build).await {
            Err(MigrateError::Db(DbError::Denied)) => Err(failure),
            held => held.map_err(setup::migration),
        },
        Some(failure) => Err(failure),
        None => {
            if migrate::row_security(db, build).await.map_err(Failure::outside)? == Some(RowSecurity::Stale) {
                tracing::warn!(
                    "row level security holds everybody who asks the tables past athyper to the policies of another build; `athyper migrate apply BUILD --policies` renews it"
                );
            }
            Ok(())
        }
    }
}

/// Stops at the first SIGTERM or SIGINT; the second one ends the program at once.
fn stop_on_signal() -> Result<CancellationToken, Failure> {
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::spawn(async move {
            loop {
                tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
                if signalled.is_cancelled() {
                    std::process::exit(130);
                }
                signalled.cancel();
            }
        });
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if signalled.is_cancelled() {
                std::process::exit(130);
            }
            signalled.cancel();
        }
    });
    Ok(stop)
}

/// One line for programs on stdout; for people or machines the rest on stderr.
fn announce(config: &Config, build: &Build, address: SocketAddr, for_people: bool) -> Result<(), Failure> {
    let (package, identity) = (&build.catalog().package().name, build.catalog().identity());
    let database = config.database_name();
    if for_people {
        let mut out = std::io::stderr().lock();
        writeln!(out, "athyper {} serves `{package}` from {database}", env!("CARGO_PKG_VERSION"))?;
        writeln!(out, "  API reference  http://{address}/docs")?;
        writeln!(out, "  ready?         http://{address}/health/ready")?;
    } else {
        tracing::info!(%address, package, build = %identity, %database, "serving");
    }
    say(format_args!("listening on http://{address}"))
}
