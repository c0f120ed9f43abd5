//! A real PgBouncer before the shared PostgreSQL server, reached through a socket in a folder of its
//! own. It ends with the value.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::postgres::{OWNER, Postgres, SERVING, USER, as_user};

/// For how long a client of a PgBouncer keeps a connection to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// For a transaction.
    Transaction,
    /// Until it goes away.
    Session,
}

impl Pooling {
    /// Each of them.
    pub const BOTH: [Self; 2] = [Self::Transaction, Self::Session];

    const fn name(self) -> &'static str {
        match self {
            Self::Transaction => "transaction",
            Self::Session => "session",
        }
    }
}

/// A running PgBouncer.
#[derive(Debug)]
pub struct Bouncer {
    folder: TempDir,
    child: Child,
}

impl Bouncer {
    /// Starts one that has so many connections to the server for everybody together, and waits until it listens.
    ///
    /// # Errors
    /// When the program is not there or does not start.
    pub fn start(postgres: &Postgres, pooling: Pooling, connections: usize) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("athyper-pgbouncer-").tempdir()?;
        let settings = folder.path().join("pgbouncer.ini");
        let users = folder.path().join("users.txt");
        std::fs::write(&users, [OWNER, SERVING, USER].map(|user| format!("\"{user}\" \"\"\n")).concat())?;
        std::fs::write(
            &settings,
            format!(
                "[databases]\n* = host={} port=5432\n\n[pgbouncer]\nlisten_port = 5432\nlisten_addr =\nunix_socket_dir = {}\n\
                 auth_type = trust\nauth_file = {}\npool_mode = {}\ndefault_pool_size = {connections}\nmax_client_conn = 200\n",
                postgres.socket_folder().display(),
                folder.path().display(),
                users.display(),
                pooling.name()
            ),
        )?;
        // It refuses to run as root, as the server does.
        let user = postgres.user();
        if let Some(user) = user {
            let owned = Command::new("chown").arg("-R").arg(user).arg(folder.path()).status()?;
            if !owned.success() {
                bail!("cannot give the folder of PgBouncer to `{user}`");
            }
        }
        let mut child = as_user(user, &program()?, folder.path())
            .arg(&settings)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let said = BufReader::new(child.stderr.take().context("no stderr")?);
        let mut lines = said.lines();
        let mut heard = String::new();
        while let Some(Ok(line)) = lines.next() {
            heard.push_str(&line);
            heard.push('\n');
            if line.contains("process up") {
                // What it says later is read, so that it can say it.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self { folder, child });
            }
        }
        bail!("PgBouncer did not start:\n{heard}")
    }

    /// The way through this to the database at an address of the server.
    #[must_use]
    pub fn before(&self, address: &str) -> String {
        let database = address.split('?').next().unwrap_or_default();
        format!("{database}?host={}", self.folder.path().display())
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        // `runuser` hands the signal on; it is gone either way.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn program() -> anyhow::Result<PathBuf> {
    if let Some(program) = std::env::var_os("ATHYPER_PGBOUNCER") {
        return Ok(program.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| program.exists())
        .context("no PgBouncer found; install `pgbouncer`, or run `cargo xtask ci`, which does")
}
