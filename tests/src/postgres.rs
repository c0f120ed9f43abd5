//! A real PostgreSQL server in a temporary folder, reached through a socket in it, gone when the value is dropped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use tempfile::TempDir;

/// The superuser of the server.
pub const USER: &str = "postgres";

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    bin: PathBuf,
    /// Whom the server runs as, when the tests run as root, which PostgreSQL refuses.
    user: Option<&'static str>,
}

impl Postgres {
    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// When the programs are not there or do not start.
    pub fn start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("athyper-postgres-").tempdir()?;
        let is_root = run(Command::new("id").arg("-u"))?.trim() == "0";
        let user = is_root.then_some("postgres");
        if let Some(user) = user {
            run(Command::new("chown").arg(user).arg(folder.path()))?;
        }
        let server = Self { folder, bin: programs()?, user };
        let data = server.data();
        let initdb =
            ["--username", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"];
        run(server.program("initdb").args(initdb).arg(&data))?;
        let options = format!("-h '' -k {} -c fsync=off -c jit=off", server.socket_folder().display());
        let log = server.folder.path().join("log");
        // The server inherits the streams of `pg_ctl` and would keep a pipe open for ever.
        let started = server
            .program("pg_ctl")
            .args(["start", "-w", "-s", "-o", &options, "-l"])
            .arg(&log)
            .arg("-D")
            .arg(&data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if !started.success() {
            bail!("PostgreSQL did not start:\n{}", std::fs::read_to_string(&log).unwrap_or_default());
        }
        Ok(server)
    }

    /// The folder of the server's socket.
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn program(&self, name: &str) -> Command {
        let path = self.bin.join(name);
        match self.user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(path);
                command.current_dir(self.folder.path());
                command
            }
            None => Command::new(path),
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        // Nothing sensible is left to do when it does not stop; the folder goes anyway.
        let _ = stop.args(["stop", "-s", "-m", "immediate", "-D"]).arg(self.data()).status();
    }
}

/// The folder with the newest server's programs.
fn programs() -> anyhow::Result<PathBuf> {
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
