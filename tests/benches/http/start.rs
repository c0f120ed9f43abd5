//! How long a start takes, from exec to the first answer, and what the program then holds in memory.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::data::{compile, program, run, start};

/// Starts that are measured.
const STARTS: usize = 11;

/// Serves the purchase example again and again; the line for `docs/performance.md`.
pub async fn measure() -> anyhow::Result<String> {
    let folder = tempfile::Builder::new().prefix("athyper-start-").tempdir()?;
    let (build, database) = (folder.path().join("build"), folder.path().join("start.db"));
    compile(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/purchase"), &build)?;
    let athyper = |args: &[&str]| -> anyhow::Result<std::process::Command> {
        let mut command = std::process::Command::new(program("athyper")?);
        command.args(args).arg("--database").arg(&database);
        Ok(command)
    };
    run(athyper(&["migrate", "apply"])?.arg(&build))?;
    run(&mut athyper(&["tenant", "add", "bench"])?)?;
    let mut serve = athyper(&["serve"])?;
    serve.arg(&build).args(["--dev", "--listen", "127.0.0.1:0", "--set", "log.level=warn"]);
    // The first start makes the development key.
    drop(start(&mut serve)?);
    let token = run(&mut athyper(&["token", "--tenant", "bench", "--sub", "bench", "--role", "manager"])?)?;
    let (mut times, mut sizes) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let begun = Instant::now();
        let (_child, target) = start(&mut serve)?;
        first_answer(&target.address, token.trim()).await?;
        times.push(begun.elapsed());
        sizes.push(resident_kb(target.process)?);
    }
    times.sort_unstable();
    sizes.sort_unstable();
    let middle = STARTS / 2;
    let time = times.get(middle).copied().unwrap_or(Duration::ZERO);
    let mut out = String::new();
    write!(
        out,
        "From exec to the first served list: {:.0} ms; resident then: {:.1} MB (medians of {STARTS} starts).",
        time.as_secs_f64() * 1e3,
        f64::from(sizes.get(middle).copied().unwrap_or(0)) / 1024.0,
    )?;
    Ok(out)
}

async fn first_answer(address: &str, token: &str) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /api/data/PurchaseOrder HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    if !answer.starts_with("HTTP/1.1 200") {
        bail!("answered {answer}");
    }
    Ok(())
}

/// What of a process is in memory, in KB.
fn resident_kb(process: u32) -> anyhow::Result<u32> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
