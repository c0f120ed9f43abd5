//! Circumstances that a machine rarely has when one needs them: a full disk, a caller whom permissions bind. Made with
//! what the system has; what it does not allow is said, never passed over in silence.

use std::ops::Not;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where a program finds no more room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// No file may grow beyond this many bytes. Everybody may limit himself so.
    Quota(u64),
    /// A file system of this size, which only the program sees: it holds what was in the folder. Needs a mount
    /// namespace.
    Small(u64),
}

impl Disk {
    /// Why this machine cannot make such a disk, if it cannot.
    #[must_use]
    pub fn missing(self) -> Option<&'static str> {
        match self {
            Self::Quota(bytes) => runs("prlimit", &[&format!("--fsize={bytes}:"), "--", "true"])
                .not()
                .then_some("`prlimit` is not there"),
            Self::Small(_) => {
                let script = "mount -t tmpfs -o size=64k none /mnt";
                runs("unshare", &["-rm", "sh", "-c", script])
                    .not()
                    .then_some("no mount namespaces are allowed here")
            }
        }
    }

    /// `command` on such a disk; the folder holds all that it writes.
    #[must_use]
    pub fn around(self, command: &Command, folder: &Path) -> Command {
        let mut wrapped = match self {
            Self::Quota(bytes) => {
                // Beyond the limit a write fails instead of killing the writer.
                let script = format!("trap '' XFSZ; shift; exec prlimit --fsize={bytes}: -- \"$@\"");
                let mut wrapped = Command::new("sh");
                wrapped.args(["-c", &script, "sh"]);
                wrapped
            }
            Self::Small(bytes) => {
                let script = format!(
                    "cd \"$1\" && mount -t tmpfs -o size={bytes} none \"$1\" && cp -a . \"$1\" && cd \"$1\" && shift && exec \"$@\""
                );
                let mut wrapped = Command::new("unshare");
                wrapped.args(["-rm", "sh", "-c", &script, "sh"]);
                wrapped
            }
        };
        take_over(wrapped.arg(folder), command);
        wrapped
    }

    /// Gives a running program room again; `ballast` is a file in its folder that nobody needs.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn relieve(self, process: u32, ballast: &Path) -> anyhow::Result<()> {
        match self {
            Self::Quota(_) => {
                let process = process.to_string();
                let done =
                    Command::new("prlimit").args(["--pid", &process, "--fsize=unlimited:"]).status()?;
                anyhow::ensure!(done.success(), "the limit stays");
            }
            Self::Small(_) => {
                let seen = ballast.strip_prefix("/")?;
                std::fs::remove_file(Path::new("/proc").join(process.to_string()).join("root").join(seen))?;
            }
        }
        Ok(())
    }
}

/// `command` by somebody whom permissions bind: root reads and writes everything, unless he gives that up.
///
/// # Errors
/// Why that cannot be had here.
pub fn bound_by_permissions(command: &Command) -> Result<Command, &'static str> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    let program = if is_root { "setpriv" } else { "env" };
    let without: &[&str] = if is_root { &["--bounding-set", "-dac_override,-dac_read_search"] } else { &[] };
    if !runs(program, &[without, &["true"]].concat()) {
        return Err("root cannot give up his privileges here");
    }
    let mut wrapped = Command::new(program);
    take_over(wrapped.args(without), command);
    Ok(wrapped)
}

/// `command`, killed after a minute: a program that should refuse and does not would run for ever.
#[must_use]
pub fn within_a_minute(command: &Command) -> Command {
    let mut wrapped = Command::new("timeout");
    take_over(wrapped.args(["--signal=KILL", "60"]), command);
    wrapped
}

/// Program, arguments, environment and folder of another command.
fn take_over(wrapped: &mut Command, command: &Command) {
    wrapped.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(key, value),
            None => wrapped.env_remove(key),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
}

/// Whether a program is there and succeeds.
fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
