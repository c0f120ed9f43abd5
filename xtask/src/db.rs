//! A PostgreSQL server for trying things by hand.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::{process, system};

/// Starts a server in a temporary folder, prints its address, and stops it when the caller is interrupted.
pub fn run() -> anyhow::Result<()> {
    let bin = system::postgres_bin()?;
    let folder = tempfile::Builder::new().prefix("athyper-postgres-").tempdir()?;
    let data = folder.path().join("data");
    let port = free_port()?;
    let user = owner(folder.path())?;
    let mut initdb = program(user.as_deref(), &bin.join("initdb"));
    initdb
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata"])
        .arg(&data);
    process::run(initdb.stdout(Stdio::null()))?;
    let mut server = program(user.as_deref(), &bin.join("postgres"));
    server.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"]).arg(folder.path());
    let mut child = server.spawn().with_context(|| format!("`{}` did not start", process::line(&server)))?;
    println!("postgres://postgres@127.0.0.1:{port}/postgres\nCtrl-C stops it and removes its data.");
    child.wait()?;
    Ok(())
}

/// PostgreSQL refuses to run as root: then the folder and the programs go to the user `postgres`.
fn owner(folder: &Path) -> anyhow::Result<Option<String>> {
    let root = process::output(Command::new("id").arg("-u"))?.trim() == "0";
    if !root {
        return Ok(None);
    }
    process::run(Command::new("chown").arg("postgres").arg(folder))?;
    Ok(Some("postgres".to_owned()))
}

fn program(user: Option<&str>, path: &Path) -> Command {
    match user {
        Some(user) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--"]).arg(path);
            command
        }
        None => Command::new(path),
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
