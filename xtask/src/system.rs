//! What the tests need from the system: found, or installed through the package manager.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};

use crate::process;

/// The folder with PostgreSQL's server programs (`initdb`, `postgres`, ...), the newest when there are several.
pub fn postgres_bin() -> anyhow::Result<PathBuf> {
    if let Some(found) = find_postgres() {
        return Ok(found);
    }
    eprintln!("no PostgreSQL server found: installing the package `postgresql`");
    install("postgresql")?;
    find_postgres().context("the package `postgresql` brought no server; is it PostgreSQL 15 or later?")
}

/// PgBouncer, which the suites put before PostgreSQL.
pub fn pgbouncer() -> anyhow::Result<PathBuf> {
    if let Some(found) = find_pgbouncer() {
        return Ok(found);
    }
    eprintln!("no PgBouncer found: installing the package `pgbouncer`");
    install("pgbouncer")?;
    find_pgbouncer().context("the package `pgbouncer` brought no program of this name")
}

fn find_pgbouncer() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| program.exists())
}

fn find_postgres() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(version, bin)| *version >= 15 && bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().map(|(_, bin)| bin).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
    })
}

/// Installs a package of the distribution, as root directly, else through `sudo` when that needs no password.
fn install(package: &str) -> anyhow::Result<()> {
    let apt = |args: &[&str]| -> Command {
        let root = process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
        let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
        if !root {
            command.args(["-n", "apt-get"]);
        }
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    process::run(&mut apt(&["update", "-qq"]))
        .and_then(|()| process::run(&mut apt(&["install", "-y", "-qq", "--no-install-recommends", package])))
        .or_else(|error| bail!("cannot install `{package}` ({error:#}); install it by hand and try again"))
}
