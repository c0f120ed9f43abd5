//! A served example: compiled, migrated, with tenants, tokens and a client.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context, bail};
use reqwest::{Client, Method, RequestBuilder, Url};
use tempfile::TempDir;

use crate::programs;

/// A running `athyper` over a folder of its own. Killed and removed when dropped.
pub struct Server {
    folder: TempDir,
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
        let mut server = Self::prepare(package, tenants)?;
        server.serve()?;
        Ok(server)
    }

    /// Compiles and makes the database, but does not serve yet.
    ///
    /// # Errors
    /// When any of these steps fails.
    pub fn prepare(package: &Path, tenants: &[&str]) -> anyhow::Result<Self> {
        // Fails only when another part of the process has chosen a provider before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = Self {
            folder: tempfile::Builder::new().prefix("athyper-test-").tempdir()?,
            child: None,
            base: String::new(),
            client: Client::builder().build()?,
            tokens: Mutex::default(),
        };
        programs::compile(package, &server.build())?;
        programs::run(server.athyper(&["migrate", "apply"])?.arg(server.build()))?;
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

    /// The same under another program, such as one that sets limits and then becomes this one.
    ///
    /// # Errors
    /// When the program ends before it listens.
    pub fn serve_through(&mut self, wrap: impl FnOnce(Command) -> Command) -> anyhow::Result<()> {
        self.kill()?;
        let mut command = self.athyper(&["serve"])?;
        command.arg(self.build()).args(["--dev", "--listen", "127.0.0.1:0"]);
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

    /// The database file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("test.db")
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
        let mut command = programs::athyper()?;
        command.args(verb).arg("--database").arg(self.database());
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
