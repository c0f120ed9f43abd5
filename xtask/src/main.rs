//! All automation of the repository: `cargo xtask <verb>`.
//!
//! One file per verb. Nothing here is linked by the programs; whatever a verb needs from outside it finds or installs
//! through the system's package manager ([`system`]), and stops again ([`process`]).
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the verbs talk to the person who called them"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

mod agree;
mod bench;
mod ci;
mod db;
mod demo;
mod generate;
mod process;
mod system;
mod tidy;

/// All automation of the Athyper repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build everything, compile an example, load its data and serve it on SQLite.
    ///
    /// Example: `cargo xtask demo chinook --listen 127.0.0.1:8080`
    Demo(demo::Args),
    /// The gate: formatting, lints, generated files, tidiness, every test, the docs.
    Ci,
    /// Write the generated files (JSON Schemas, indexes of pages); with `--check`, say what is stale.
    Gen {
        /// Change nothing; fail when a file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Hold the tree against the rules that no compiler checks: layers, sizes, names, headers.
    Tidy,
    /// Run the tests and write down what they saw as the new expectation.
    Bless {
        /// Only tests whose name contains this.
        filter: Option<String>,
    },
    /// Measure release builds; prints the tables of `docs/performance.md`.
    Bench {
        /// Only this.
        only: Option<bench::What>,
    },
    /// Try random policies in process, on both databases and in row level security; every answer must be the same.
    ///
    /// Example: `cargo xtask agree --cases 1000000`
    Agree(agree::Args),
    /// Start a PostgreSQL server in a temporary folder, print its address, stop it on Ctrl-C.
    Db,
}

fn main() -> ExitCode {
    let done = match Args::parse().verb {
        Verb::Demo(args) => demo::run(&args),
        Verb::Ci => ci::run(),
        Verb::Gen { check } => generate::run(check),
        Verb::Tidy => tidy::run(),
        Verb::Bless { filter } => ci::bless(filter.as_deref()),
        Verb::Bench { only } => bench::run(only),
        Verb::Agree(args) => agree::run(&args),
        Verb::Db => db::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nfailed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository.
fn root() -> anyhow::Result<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).context("xtask lies outside a workspace")
}
