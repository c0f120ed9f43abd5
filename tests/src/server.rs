//! A served example: compiled, migrated, with tenants, tokens and a client.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;

use anyhow::{Context, bail};
use reqwest::{Client, Method, RequestBuilder, Url};
use tempfile::TempDir;

use crate::postgres::{OWNER, Postgres, SERVING};
use crate::programs;

/// Which kind of database a served example has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// An SQLite file.
    Sqlite,
    /// A database of its own on the server that the suite shares.
    Postgres,
    /// The same, served with `--rls full`: row level security holds what is read, too.
    PostgresInFull,
}

impl Store {
    /// Each database.
    pub const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

/// A running `athyper` over a folder of its own. Killed and removed when dropped.
pub struct Server {
    folder: TempDir,
    store: Store,
    /// The addresses of the database for its owner and for who serves it.
    addresses: [String; 2],
    child: Option<Child>,
    base: String,
    client: Client,
    tokens: Mutex<BTreeMap<String, String>>,
}

impl Server {
    /// Compiles `package`, makes the database and these tenants, and serves.
    ///
    /// # Errors
    /// When any of these steps fails.
    pub fn start(package: &Path, tenants: &[&str]) -> anyhow::Result<Self> {
        Self::start_on(Store::Sqlite, package, tenants)
    }

    /// The same on this kind of database.
    ///
    /// # Errors
    /// When any of these steps fails.
    pub fn start_on(store: Store, package: &Path, tenants: &[&str]) -> anyhow::Result<Self> {
        let mut server = Self::prepare_on(store, package, tenants)?;
        server.serve()?;
        Ok(server)
    }

    /// Compiles and makes the database, but does not serve yet.
    ///
    /// # Errors
    /// When any of these steps fails.
    pub fn prepare(package: &Path, tenants: &[&str]) -> anyhow::Result<Self> {
        Self::prepare_on(Store::Sqlite, package, tenants)
    }

    /// The same on this kind of database.
    ///
    /// # Errors
    /// When any of these steps fails.
    pub fn prepare_on(store: Store, package: &Path, tenants: &[&str]) -> anyhow::Result<Self> {
        // Fails only when another part of the process has chosen a provider before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::Builder::new().prefix("athyper-test-").tempdir()?;
        let addresses = match store {
            Store::Sqlite => {
                let file = folder.path().join("test.db").display().to_string();
                [file.clone(), file]
            }
            Store::Postgres | Store::PostgresInFull => {
                let postgres = Postgres::shared()?;
                let name = postgres.database()?;
                [OWNER, SERVING].map(|user| postgres.address(user, &name))
            }
        };
        let server = Self {
            folder,
            store,
            addresses,
            child: None,
            base: String::new(),
            client: Client::builder().build()?,
            tokens: Mutex::default(),
        };
        programs::compile(package, &server.build())?;
        let mut apply = server.athyper(&["migrate", "apply"])?;
        if store != Store::Sqlite {
            // The policies in the database must not take anything away from what is served.
            apply.arg("--policies");
        }
        programs::run(apply.arg(server.build()))?;
        for tenant in tenants {
            programs::run(&mut server.athyper(&["tenant", "add", tenant])?)?;
        }
        Ok(server)
    }

    /// Starts serving (again).
    ///
    /// # Errors
    /// When the program ends before it listens.
    pub fn serve(&mut self) -> anyhow::Result<()> {
        self.serve_through(|command| command)
    }

    /// The address of the database for who owns its tables.
    #[must_use]
    pub fn owners_database(&self) -> &str {
        let [owner, _] = &self.addresses;
        owner
    }

    /// Reaches the database by another way from now on.
    pub fn go_through(&mut self, way: impl FnOnce(&str) -> String) {
        let [_, serving] = &mut self.addresses;
        *serving = way(serving);
    }

    /// The same under another program, such as one that sets limits and then becomes this one.
    ///
    /// # Errors
    /// When the program ends before it listens.
    pub fn serve_through(&mut self, wrap: impl FnOnce(Command) -> Command) -> anyhow::Result<()> {
        self.kill()?;
        let mut command = self.athyper(&["serve"])?;
        command.arg(self.build()).args(["--dev", "--listen", "127.0.0.1:0"]);
        if self.store == Store::PostgresInFull {
            command.args(["--rls", "full"]);
        }
        let mut command = wrap(command);
        let log = std::fs::File::create(self.folder.path().join("serve.log"))?;
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        let stdout = child.stdout.take().context("no stdout")?;
        self.child = Some(child);
        for line in BufReader::new(stdout).lines() {
            if let Some(base) = line?.strip_prefix("listening on ") {
                base.trim().clone_into(&mut self.base);
                return Ok(());
            }
        }
        bail!("athyper ended before it listened:\n{}", self.log()?);
    }

    /// Asks the server to end, and waits until it has.
    ///
    /// # Errors
    /// When it does not end well.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        if self.child.is_some() {
            let status = self.end()?;
            anyhow::ensure!(status.success(), "the server ended with {status}");
        }
        Ok(())
    }

    /// Asks the server to end, and waits for how it does.
    ///
    /// # Errors
    /// When it does not run.
    pub fn end(&mut self) -> anyhow::Result<ExitStatus> {
        let mut child = self.child.take().context("the server does not run")?;
        programs::run(Command::new("kill").arg(child.id().to_string()))?;
        Ok(child.wait()?)
    }

    /// Kills the server without a warning (`SIGKILL`).
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// What the server wrote to stderr so far.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.folder.path().join("serve.log"))?)
    }

    /// The build folder.
    #[must_use]
    pub fn build(&self) -> PathBuf {
        self.folder.path().join("build")
    }

    /// The folder that is this server's own.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database file, or the address for who serves it.
    #[must_use]
    pub fn database(&self) -> &str {
        let [_, serving] = &self.addresses;
        serving
    }

    /// The address, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The server's process id, when it runs.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// `athyper VERB` on this server's database.
    ///
    /// # Errors
    /// When the program does not build.
    pub fn athyper(&self, verb: &[&str]) -> anyhow::Result<Command> {
        let [owner, serving] = &self.addresses;
        let needs_owner = verb.first().is_some_and(|verb| ["migrate", "tenant"].contains(verb));
        let mut command = programs::athyper()?;
        command.args(verb).arg("--database").arg(if needs_owner { owner } else { serving });
        command.env("ATHYPER_DATA_FOLDER", self.folder.path().join(".athyper"));
        Ok(command)
    }

    /// A token for `role@tenant`, or `role+role@tenant claim=value`; the subject is the first role.
    ///
    /// # Errors
    /// When the name has another form or the program refuses.
    pub fn token(&self, who: &str) -> anyhow::Result<String> {
        let mut tokens = self.tokens.lock().map_err(|_| anyhow::anyhow!("another test panicked"))?;
        if let Some(token) = tokens.get(who) {
            return Ok(token.clone());
        }
        let (roles, rest) = who.split_once('@').with_context(|| format!("`{who}` is not role@tenant"))?;
        let mut rest = rest.split(' ');
        let tenant = rest.next().unwrap_or_default();
        let roles: Vec<&str> = roles.split('+').collect();
        let subject = roles.first().copied().unwrap_or_default();
        let mut command = self.athyper(&["token", "--tenant", tenant, "--sub", subject])?;
        for role in &roles {
            command.args(["--role", role]);
        }
        for claim in rest {
            command.args(["--claim", claim]);
        }
        let token = programs::run(&mut command)?.trim().to_owned();
        tokens.insert(who.to_owned(), token.clone());
        Ok(token)
    }

    /// A request, with a token when `who` is given.
    ///
    /// # Errors
    /// When no token can be had.
    pub fn request(&self, method: Method, url: Url, who: Option<&str>) -> anyhow::Result<RequestBuilder> {
        let request = self.client.request(method, url);
        Ok(match who {
            Some(who) => request.bearer_auth(self.token(who)?),
            None => request,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process is gone either way when this fails.
        let _ = self.kill();
    }
}
