//! The programs under test, built fresh, run as a user runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, bail};

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The folder with both programs; they are built once per process, so that no test runs a stale one.
///
/// # Errors
/// When the build fails.
pub fn folder() -> anyhow::Result<&'static Path> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = FOLDER.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    built.as_deref().map_err(|error| anyhow::anyhow!("{error}"))
}

fn build() -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--workspace", "--bins"])
        .current_dir(root())
        .stdout(Stdio::null())
        .status()?;
    if !built.success() {
        bail!("the programs do not build");
    }
    // target/debug/deps/<suite> lies two folders below the programs' folder.
    let suite = std::env::current_exe()?;
    Ok(suite.ancestors().nth(2).context("the suite has no folder")?.to_path_buf())
}

/// `metac` with nothing of the caller's environment that could colour its answers.
///
/// # Errors
/// When it does not build.
pub fn metac() -> anyhow::Result<Command> {
    program("metac")
}

/// `athyper`, likewise.
///
/// # Errors
/// When it does not build.
pub fn athyper() -> anyhow::Result<Command> {
    program("athyper")
}

fn program(name: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(folder()?.join(name));
    for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("ATHYPER_")) {
        command.env_remove(key);
    }
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    Ok(command)
}

/// Runs to the end; an exit code other than 0 is an error that holds both streams.
///
/// # Errors
/// When the program does not start or ends with another code.
pub fn run(command: &mut Command) -> anyhow::Result<String> {
    let Output { status, stdout, stderr } = command.output()?;
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    if !status.success() {
        bail!("{command:?} ended with {status}\n{stdout}\n{stderr}");
    }
    Ok(stdout.into_owned())
}

/// Compiles a package folder into `out`.
///
/// # Errors
/// When it has errors.
pub fn compile(package: &Path, out: &Path) -> anyhow::Result<()> {
    run(metac()?.arg("compile").arg(package).arg("--out").arg(out)).map(|_| ())
}
