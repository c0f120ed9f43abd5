//! A list of 25 of 100,000 records of which a rule leaves a twentieth: `athyper`, the same predicate written by hand, and row level
//! security alone.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use athyper_tests::postgres::{OWNER, Postgres, SERVING, USER};
use sqlx::Connection as _;

use crate::data::{Running, compile, package, program, run, start};
use crate::load::{Scenario, Target};
use crate::report::{self, Row};
use crate::sales::REGION;

/// Records.
const RECORDS: usize = 100_000;

/// Regions that the records are spread over.
const REGIONS: usize = 20;

/// The table for `docs/performance.md`.
pub async fn measure() -> anyhow::Result<String> {
    let folder = tempfile::Builder::new().prefix("athyper-sales-").tempdir()?;
    let stage = Stage {
        build: folder.path().join("build"),
        records: folder.path().join("sales.csv"),
        data: folder.path().join(".athyper"),
    };
    compile(&package(folder.path(), "sales", include_str!("sales.yaml"))?, &stage.build)?;
    std::fs::write(&stage.records, records()?)?;
    let mut rows = Vec::new();

    let file = folder.path().join("sales.db").display().to_string();
    let tenant = stage.load(&file, &file)?;
    let served = stage.serve(&file)?;
    rows.push(served.against("SQLite, the same predicate", &file, &tenant).await?);
    drop(served);

    let postgres = Postgres::start()?;
    let name = postgres.database()?;
    let tenant = stage.load(&postgres.address(OWNER, &name), &postgres.address(SERVING, &name))?;
    let secured = format!("{name}_secured");
    postgres.run(&format!("CREATE DATABASE {secured} TEMPLATE {name}"))?;
    apply(&postgres.address(USER, &secured), &stage.build.join("sql/postgres/rls.sql")).await?;
    let served = stage.serve(&postgres.address(SERVING, &name))?;
    let superuser = postgres.address(USER, &name);
    rows.push(served.against("PostgreSQL, the same predicate without RLS", &superuser, &tenant).await?);
    let caller = format!(
        r#"{{"@standing":"authenticated","@roles":["seller"],"id":"bench","roles":["seller"],"region":"{REGION}"}}"#
    );
    let told = format!(
        "SELECT set_config('athyper.tenant', '{tenant}', false), set_config('athyper.user', '{caller}', false)"
    );
    let alone = postgres.address(SERVING, &secured);
    rows.push(served.against("PostgreSQL, RLS alone", &alone, &told).await?);
    Ok(report::table(&rows))
}

async fn apply(address: &str, file: &Path) -> anyhow::Result<()> {
    let mut connection = sqlx::PgConnection::connect(address).await?;
    let text = std::fs::read_to_string(file)?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

fn records() -> anyhow::Result<String> {
    let mut out = String::from("code,region,sold_on,amount,note\n");
    for number in 0..RECORDS {
        let (region, cents) = (number % REGIONS, number % 100);
        writeln!(out, "S{number:06},R{region:02},2026-03-01,{number}.{cents:02},Sold as seen")?;
    }
    Ok(out)
}

struct Stage {
    build: PathBuf,
    records: PathBuf,
    data: PathBuf,
}

impl Stage {
    fn athyper(&self, database: &str, args: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(program("athyper")?);
        command.args(args).args(["--database", database]).env("ATHYPER_DATA_FOLDER", &self.data);
        Ok(command)
    }

    /// Makes the tables and fills them; the tenant's id.
    fn load(&self, owner: &str, serving: &str) -> anyhow::Result<String> {
        run(self.athyper(owner, &["migrate", "apply"])?.arg(&self.build))?;
        let tenant = run(&mut self.athyper(owner, &["tenant", "add", "bench"])?)?;
        let mut import = self.athyper(serving, &["import", "Sale"])?;
        run(import.arg(&self.records).arg("--build").arg(&self.build).args(["--tenant", "bench"]))?;
        Ok(tenant.trim().to_owned())
    }

    fn serve(&self, database: &str) -> anyhow::Result<Served> {
        let mut serve = self.athyper(database, &["serve"])?;
        serve.arg(&self.build).args(["--dev", "--listen", "127.0.0.1:0", "--set", "log.level=warn"]);
        let (child, target) = start(&mut serve)?;
        let mut token = self.athyper(database, &["token", "--tenant", "bench", "--sub", "bench"])?;
        let token = run(token.args(["--role", "seller", "--claim"]).arg(format!("region={REGION}")))?;
        Ok(Served { target, token: token.trim().to_owned(), _child: child })
    }
}

/// `athyper` over the records.
struct Served {
    target: Target,
    token: String,
    _child: Running,
}

impl Served {
    /// Measures against the hand-written server over this database.
    async fn against(&self, name: &'static str, database: &str, who: &str) -> anyhow::Result<Row> {
        let mut other = Command::new(std::env::current_exe()?);
        let (_theirs, hand_written) = start(other.args(["hand-written-sales", database, who]))?;
        let request = format!(
            "GET /api/data/Sale?limit=25 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n\r\n",
            self.token
        );
        let scenario = Scenario { name, requests: vec![request.into_bytes()], status: 200 };
        report::in_turn(&self.target, &hand_written, &scenario).await
    }
}
