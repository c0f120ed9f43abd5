//! Running other programs: loudly, in the repository's root, with the command line in every error.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};

/// A command line as a person would type it.
pub fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| part.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// `cargo` with these arguments, in the root.
pub fn cargo(args: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(crate::root()?);
    Ok(command)
}

/// Runs to the end; its output goes to the terminal.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("`{}` did not start", line(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// Runs to the end and gives what it printed to stdout.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("`{}` did not start", line(command)))?;
    if !output.status.success() {
        bail!("`{}` ended with {}", line(command), output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// A program in the background; stopped when this value goes.
pub struct Background {
    child: Child,
}

impl Background {
    /// Starts the program and waits for the first line on its stdout that begins with `prefix`; gives the rest of that line.
    pub fn start(command: &mut Command, prefix: &str) -> anyhow::Result<(Self, String)> {
        let child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{}` did not start", line(command)))?;
        let mut background = Self { child };
        let stdout = background.child.stdout.take().context("no stdout")?;
        for text in BufReader::new(stdout).lines() {
            if let Some(rest) = text?.strip_prefix(prefix) {
                return Ok((background, rest.trim().to_owned()));
            }
        }
        bail!("`{}` ended before it was ready", line(command));
    }

    /// Waits until the program ends by itself (or by the Ctrl-C that reaches the whole process group).
    pub fn wait(mut self) -> anyhow::Result<()> {
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Either call fails only when the program has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes `folder` empty.
pub fn fresh(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
