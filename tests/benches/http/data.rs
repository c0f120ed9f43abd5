//! Data and servers for the measurement: 20,000 orders with three lines each, made through the API.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicUsize;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::load::{Scenario, Target};

/// Orders in the database.
const ORDERS: usize = 20_000;

/// Orders per batch while loading.
const BATCH: usize = 100;

/// Both servers, running over copies of one database.
pub struct Stage {
    pub athyper: Target,
    pub hand_written: Target,
    token: String,
    customer: String,
    orders: Vec<String>,
    // Kept so that they end, and the folder goes, when the measurement does.
    _children: Vec<Running>,
    _folder: TempDir,
}

/// A child process that ends with this value.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only when it has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Stage {
    /// Compiles, loads, copies and serves.
    pub async fn prepare() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("athyper-bench-").tempdir()?;
        let (build, database) = (folder.path().join("build"), folder.path().join("bench.db"));
        compile(&package(folder.path(), "shop", include_str!("shop.yaml"))?, &build)?;
        let athyper = |args: &[&str]| -> anyhow::Result<Command> {
            let mut command = Command::new(program("athyper")?);
            command.args(args).arg("--database").arg(&database);
            Ok(command)
        };
        run(athyper(&["migrate", "apply"])?.arg(&build))?;
        run(&mut athyper(&["tenant", "add", "bench"])?)?;
        let mut serve = athyper(&["serve"])?;
        serve.arg(&build).args(["--dev", "--listen", "127.0.0.1:0", "--set", "log.level=warn"]);
        let (child, target) = start(&mut serve)?;
        let token = run(&mut athyper(&["token", "--tenant", "bench", "--sub", "bench", "--role", "user"])?)?;
        let token = token.trim().to_owned();
        let (customer, orders) = load(&target.address, &token).await?;
        // The copy is made while nothing is served, so that it holds everything.
        drop(child);
        let copy = folder.path().join("copy.db");
        checkpoint(&database).await?;
        std::fs::copy(&database, &copy)?;
        let (ours, athyper) = start(&mut serve)?;
        let mut other = Command::new(std::env::current_exe()?);
        let (theirs, hand_written) = start(other.arg("hand-written").arg(&copy))?;
        let children = vec![ours, theirs];
        Ok(Self { athyper, hand_written, token, customer, orders, _children: children, _folder: folder })
    }

    /// What is measured.
    pub fn scenarios(&self) -> Vec<Scenario> {
        let all = |requests: Vec<Vec<u8>>, name, status| Scenario { name, requests, status };
        let gets = self.orders.iter().map(|id| self.head("GET", &format!("/{id}"), None)).collect();
        let list = (0..8).map(|n| self.head("GET", &format!("?region=R{n}&limit=25"), None)).collect();
        let lines =
            (0..8).map(|n| self.head("GET", &format!("?region=R{n}&limit=25&expand=lines"), None)).collect();
        let creates = (0..200_000).map(|n| {
            let order = order(&self.customer, &format!("N{n:07}"), n);
            self.head("POST", "", Some(order.to_string()))
        });
        let patches = self.orders.iter().map(|id| {
            self.head(
                "PATCH",
                &format!("/{id}"),
                Some(json!({ "note": "changed by the measurement" }).to_string()),
            )
        });
        vec![
            all(gets, "get by id, with its lines", 200),
            all(list, "list of 25", 200),
            all(lines, "list of 25 with lines", 200),
            all(creates.collect(), "create with 3 lines", 201),
            all(patches.collect(), "patch", 200),
        ]
    }

    fn head(&self, method: &str, path: &str, body: Option<String>) -> Vec<u8> {
        let body = body.unwrap_or_default();
        let content = match body.len() {
            0 => String::new(),
            length => {
                format!("Content-Type: application/json\r\nContent-Length: {length}\r\nIf-Match: *\r\n")
            }
        };
        format!(
            "{method} /api/data/Order{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n{content}\r\n{body}",
            self.token
        )
        .into_bytes()
    }
}

fn order(customer: &str, code: &str, number: usize) -> Value {
    let line = |n: usize| json!({ "product": format!("Product {n}"), "quantity": n % 7 + 1, "price": format!("{}.{:02}", n % 90 + 1, n % 100) });
    json!({
        "code": code,
        "customer": customer,
        "region": format!("R{}", number % 8),
        "ordered_on": "2026-03-01",
        "note": "As agreed by telephone.",
        "lines": [line(number), line(number + 1), line(number + 2)],
    })
}

/// The program of this name, as `cargo xtask bench` built it.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    // target/release/deps/<bench> lies two folders below the programs.
    let here = std::env::current_exe()?;
    let path = here.ancestors().nth(2).context("no folder")?.join(name);
    if !path.exists() {
        bail!("`{}` is missing: run `cargo xtask bench`, which builds it", path.display());
    }
    Ok(path)
}

/// What a program says when it succeeds.
pub fn run(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Writes a package of one file.
pub fn package(folder: &Path, name: &str, text: &str) -> anyhow::Result<PathBuf> {
    let package = folder.join("package");
    std::fs::create_dir_all(&package)?;
    let user = "user: { id: string!, roles: list(string)!, region: string }";
    std::fs::write(package.join("metac.yaml"), format!("package: {name}\nedition: 2026\n{user}\n"))?;
    std::fs::write(package.join("model.yaml"), text)?;
    Ok(package)
}

/// Compiles a package into the folder `build`.
pub fn compile(package: &Path, build: &Path) -> anyhow::Result<()> {
    run(Command::new(program("metac")?).arg("compile").arg(package).arg("--out").arg(build)).map(|_| ())
}

/// Starts a server and waits until it listens.
pub fn start(command: &mut Command) -> anyhow::Result<(Running, Target)> {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut running = Running(child);
    let stdout = running.0.stdout.take().context("no stdout")?;
    for line in BufReader::new(stdout).lines() {
        if let Some(address) = line?.strip_prefix("listening on http://") {
            let target = Target {
                address: address.trim().to_owned(),
                process: running.0.id(),
                sent: AtomicUsize::new(0),
            };
            return Ok((running, target));
        }
    }
    bail!("{command:?} ended before it listened")
}

async fn checkpoint(database: &Path) -> anyhow::Result<()> {
    use sqlx::Connection;
    let mut connection =
        sqlx::SqliteConnection::connect_with(&sqlx::sqlite::SqliteConnectOptions::new().filename(database))
            .await?;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Fills the database through the API; gives a customer's id and the ids of all orders.
async fn load(address: &str, token: &str) -> anyhow::Result<(String, Vec<String>)> {
    // Fails only when a provider was chosen before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().build()?;
    let post = async |path: &str, body: Value| -> anyhow::Result<Value> {
        let request = client.post(format!("http://{address}{path}")).bearer_auth(token);
        let response =
            request.header("content-type", "application/json").body(body.to_string()).send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            bail!("{path}: {status}: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    };
    let id = |value: &Value| value.get("id").and_then(Value::as_str).map(str::to_owned).context("no id");
    let customer =
        id(&post("/api/data/Customer", json!({ "code": "C1", "name": "Customer", "country": "CH" })).await?)?;
    let mut orders = Vec::new();
    for first in (0..ORDERS).step_by(BATCH) {
        let operations: Vec<Value> = (first..first + BATCH)
            .map(|n| json!({ "op": "create", "entity": "Order", "body": order(&customer, &format!("O{n:07}"), n) }))
            .collect();
        let answer = post("/api/batch", json!({ "operations": operations })).await?;
        for result in answer.get("results").and_then(Value::as_array).context("no results")? {
            orders.push(id(result.get("body").unwrap_or(result))?);
        }
    }
    Ok((customer, orders))
}
