//! The gate. What it checks is what a change must pass; nothing else decides.

use std::time::Instant;

use crate::{generate, process, system, tidy};

/// One part of the gate and its name.
type Step = (&'static str, fn() -> anyhow::Result<()>);

const STEPS: &[Step] = &[
    ("format", format),
    ("tidy", tidy::run),
    ("lints", lints),
    ("generated files", || generate::run(true)),
    ("tests", tests),
    ("docs", docs),
];

/// Runs every step; stops at the first that fails.
pub fn run() -> anyhow::Result<()> {
    let start = Instant::now();
    let mut times = Vec::new();
    for (name, step) in STEPS {
        println!("\n== {name}");
        let begun = Instant::now();
        step()?;
        times.push((name, begun.elapsed()));
    }
    println!();
    for (name, time) in times {
        println!("{name:16} {:6.1} s", time.as_secs_f32());
    }
    println!("{:16} {:6.1} s", "all", start.elapsed().as_secs_f32());
    Ok(())
}

fn format() -> anyhow::Result<()> {
    process::run(&mut process::cargo(&["fmt", "--all", "--check"])?)
}

fn lints() -> anyhow::Result<()> {
    let args = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
    process::run(&mut process::cargo(&args)?)
}

fn tests() -> anyhow::Result<()> {
    let (postgres, pgbouncer) = (system::postgres_bin()?, system::pgbouncer()?);
    // The suites start the programs as a user would: they must be there before the first test runs.
    process::run(&mut process::cargo(&["build", "--locked", "--workspace", "--bins"])?)?;
    let mut test = process::cargo(&["test", "--locked", "--workspace"])?;
    process::run(test.env("ATHYPER_POSTGRES_BIN", postgres).env("ATHYPER_PGBOUNCER", pgbouncer))
}

fn docs() -> anyhow::Result<()> {
    process::run(
        process::cargo(&["doc", "--locked", "--workspace", "--no-deps", "--quiet"])?
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

/// Runs the tests and lets them write what they saw.
pub fn bless(filter: Option<&str>) -> anyhow::Result<()> {
    let mut command = process::cargo(&["test", "--workspace", "--no-fail-fast"])?;
    command.env("BLESS", "1").env("ATHYPER_POSTGRES_BIN", system::postgres_bin()?);
    if let Some(filter) = filter {
        command.args(["--", filter]);
    }
    process::run(&mut command)
}
