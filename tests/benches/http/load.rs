//! The load: a few keep-alive connections that send prepared requests as fast as answers come.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Connections at a time. The machine's processors are shared with the server.
const CONNECTIONS: usize = 8;

/// Length of a round.
const ROUND: Duration = Duration::from_millis(1500);

/// A server under load.
pub struct Target {
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// Its process.
    pub process: u32,
    /// How many requests it was sent: no request is sent twice before all were sent once.
    pub sent: AtomicUsize,
}

/// What one scenario sends: the connections take the next of these, round and round.
pub struct Scenario {
    /// For the table.
    pub name: &'static str,
    /// Whole requests, head and body.
    pub requests: Vec<Vec<u8>>,
    /// The status every answer must have.
    pub status: u16,
}

/// One round's figures.
pub struct Round {
    /// Answers per second.
    pub per_second: f64,
    /// Processor time of the server per answer, in microseconds.
    pub cpu_us: f64,
}

/// Sends a scenario's requests for a while.
pub async fn round(target: &Target, scenario: &Scenario) -> anyhow::Result<Round> {
    let before = processor_time(target.process)?;
    let begun = Instant::now();
    let lanes = (0..CONNECTIONS).map(|_| connection(target, scenario, begun));
    let counts = futures(lanes).await?;
    let answers = counts.iter().sum::<u32>();
    let cpu = processor_time(target.process)?.saturating_sub(before);
    let answers = f64::from(answers.max(1));
    Ok(Round {
        per_second: answers / begun.elapsed().as_secs_f64(),
        cpu_us: cpu.as_secs_f64() * 1e6 / answers,
    })
}

async fn futures(
    lanes: impl Iterator<Item = impl Future<Output = anyhow::Result<u32>>>,
) -> anyhow::Result<Vec<u32>> {
    futures_util::future::try_join_all(lanes).await
}

async fn connection(target: &Target, scenario: &Scenario, begun: Instant) -> anyhow::Result<u32> {
    let mut stream = TcpStream::connect(&target.address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(1 << 16);
    let mut answers = 0;
    while begun.elapsed() < ROUND {
        let next = target.sent.fetch_add(1, Ordering::Relaxed) % scenario.requests.len();
        let request = scenario.requests.get(next).context("no requests")?;
        stream.write_all(request).await?;
        let status = answer(&mut stream, &mut buffer).await?;
        if status != scenario.status {
            bail!("{}: answered {status}: {}", scenario.name, String::from_utf8_lossy(&buffer));
        }
        answers += 1;
    }
    Ok(answers)
}

/// Reads one answer with a `Content-Length` and gives its status.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<u16> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(buffer.get(..end).unwrap_or_default())?;
        let length: usize = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok())
            .unwrap_or(0);
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        while buffer.len() < end + 4 + length {
            if stream.read_buf(buffer).await? == 0 {
                bail!("the server closed the connection");
            }
        }
        return Ok(status);
    }
}

/// User and system time of a process so far (`/proc/PID/stat`, in ticks of 10 ms).
fn processor_time(process: u32) -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = text.rsplit(") ").next().context("no stat")?.split(' ').collect();
    let ticks =
        |index: usize| -> anyhow::Result<u64> { Ok(fields.get(index).context("short stat")?.parse()?) };
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}
