//! A real PostgreSQL server in a temporary folder, reached through a socket in it. It ends and its folder goes with the
//! value, and also when the tests end without a word: a shell waits for that beside it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, bail};
use tempfile::TempDir;

/// The superuser of the server.
pub const USER: &str = "postgres";
/// Who owns the databases and may make roles: no superuser.
pub const OWNER: &str = "owner";
/// Who serves them.
pub const SERVING: &str = "athyper_app";

/// Starts the server, says so, and waits for its own input to end.
const WATCH: &str = r#"
trap '' HUP INT TERM
"$1/pg_ctl" start -w -s -o "$3" -l "$2/log" -D "$2/data" </dev/null >/dev/null 2>&1 || exit 1
echo ready
cat >/dev/null
"$1/pg_ctl" stop -s -m immediate -D "$2/data" >/dev/null 2>&1
rm -rf "$2"
"#;

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    folder: PathBuf,
    bin: PathBuf,
    user: Option<&'static str>,
    watch: Child,
    databases: AtomicU32,
}

impl Postgres {
    /// The server that all tests of a suite share.
    ///
    /// # Errors
    /// When the programs are not there or do not start.
    pub fn shared() -> anyhow::Result<&'static Self> {
        static SHARED: OnceLock<Result<Postgres, String>> = OnceLock::new();
        let started = SHARED.get_or_init(|| Self::start().map_err(|error| format!("{error:#}")));
        started.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
    }

    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// When the programs are not there or do not start.
    pub fn start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("athyper-postgres-").tempdir()?;
        let bin = programs()?;
        // PostgreSQL refuses to run as root.
        let is_root = run(Command::new("id").arg("-u"))?.trim() == "0";
        let user = is_root.then_some(USER);
        if let Some(user) = user {
            run(Command::new("chown").arg(user).arg(folder.path()))?;
        }
        let initdb = ["--username", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
        let data = folder.path().join("data");
        run(as_user(user, &bin.join("initdb"), folder.path()).args(initdb).arg("--pgdata").arg(data))?;
        let watch = watch(user, &bin, &folder)?;
        let server = Self { folder: folder.keep(), bin, user, watch, databases: AtomicU32::new(0) };
        server.run(&format!("CREATE ROLE {OWNER} LOGIN CREATEROLE; CREATE ROLE {SERVING} LOGIN"))?;
        Ok(server)
    }

    /// Whom it runs as, when not as the user of the tests.
    pub(crate) fn user(&self) -> Option<&'static str> {
        self.user
    }

    /// The folder of the server's socket.
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// Makes an empty database; its name.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn database(&self) -> anyhow::Result<String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run(&format!("CREATE DATABASE {name} OWNER {OWNER}"))?;
        Ok(name)
    }

    /// The address of a database for a user.
    #[must_use]
    pub fn address(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@localhost/{database}?host={}", self.folder.display())
    }

    /// Runs SQL as the superuser.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn run(&self, sql: &str) -> anyhow::Result<()> {
        // Each as a command of its own: a database cannot be made in a transaction.
        self.psql("postgres", sql.split("; "))
    }

    /// Runs one statement in a database as the superuser.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn run_in(&self, database: &str, statement: &str) -> anyhow::Result<()> {
        self.psql(database, [statement])
    }

    fn psql<'s>(&self, database: &str, statements: impl IntoIterator<Item = &'s str>) -> anyhow::Result<()> {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", USER, "-d", database, "-h"]).arg(&self.folder);
        for statement in statements {
            psql.args(["-c", statement]);
        }
        run(&mut psql).map(drop)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        // The folder goes either way.
        let _ = self.watch.wait();
    }
}

fn watch(user: Option<&str>, bin: &Path, folder: &TempDir) -> anyhow::Result<Child> {
    let options =
        format!("-h '' -k {} -c fsync=off -c jit=off -c max_connections=300", folder.path().display());
    let mut watch = as_user(user, Path::new("/bin/sh"), folder.path());
    watch.args(["-c", WATCH, "sh"]).arg(bin).arg(folder.path()).arg(options);
    let mut watch = watch.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let stdout = watch.stdout.take().context("no stdout")?;
    let mut said = String::new();
    BufReader::new(stdout).read_line(&mut said)?;
    if said.trim() != "ready" {
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        bail!("PostgreSQL did not start:\n{log}");
    }
    Ok(watch)
}

pub(crate) fn as_user(user: Option<&str>, program: &Path, folder: &Path) -> Command {
    let mut command = match user {
        Some(user) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--"]).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.current_dir(folder);
    command
}

/// The folder with the newest server's programs.
fn programs() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("ATHYPER_POSTGRES_BIN") {
        return Ok(folder.into());
    }
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(version, bin)| *version >= 15 && bin.join("initdb").exists())
        .collect();
    versions.sort();
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
    };
    versions
        .pop()
        .map(|(_, bin)| bin)
        .or_else(on_path)
        .context("no PostgreSQL server found; `cargo xtask ci` installs one")
}

fn run(command: &mut Command) -> anyhow::Result<String> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("{command:?} did not start"))?;
    if !output.status.success() {
        bail!("{command:?} ended with {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
