//! The command line: one file per command. Reads arguments, calls what does the work, prints, and ends with
//! one of the documented codes. What was asked for goes to stdout, talk to stderr.

use std::ffi::OsString;
use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

mod config;
mod decisions;
mod doctor;
mod export;
mod import;
mod log;
mod migrate;
mod serve;
mod setup;
mod simulate;
mod table;
mod tenant;
mod token;

pub use setup::Setup;

const EXAMPLES: &str = "\
Examples:
  athyper serve build --dev                  serve on this machine, with a key of its own
  athyper tenant add acme                    register a tenant
  athyper token --tenant acme --sub anna --role buyer
  athyper migrate apply build                make the tables
  athyper import Product products.csv --tenant acme
  athyper decisions --denied --since 24h     who was refused what, and by which rules
  athyper simulate build --candidate build-next --since 24h
  athyper doctor build                       would `serve` start, and what is in the way?

Exit codes:
  0 done                  4 refused; a person must allow it
  1 findings              5 database, disk, network, port or lock
  2 wrong call or config  6 the database does not fit the build
  101 our bug";

/// Serves a compiled package to many tenants.
#[derive(Debug, Parser)]
#[command(name = "athyper", version, after_help = EXAMPLES, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a build over HTTP
    Serve(serve::Serve),
    /// Bring a database to the schema of a build, or compare them
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Register, list, suspend and resume tenants
    #[command(subcommand)]
    Tenant(tenant::Tenant),
    /// Print a token signed with the development key
    Token(token::Token),
    /// Take in a CSV file, all of it or nothing
    Import(import::Import),
    /// Write the records of an entity as CSV
    Export(export::Export),
    /// Print what was decided about requests, or forget it
    Decisions(decisions::Decisions),
    /// Compare what was decided with what another build would decide
    Simulate(simulate::Simulate),
    /// Print the configuration in force, and where each value comes from
    Config(config::Config),
    /// Check whether a build could be served: the database, the keys, the port
    Doctor(doctor::Doctor),
}

/// How a command ends when it does not end well.
#[derive(Debug)]
pub struct Failure {
    code: Code,
    message: String,
}

/// The exit codes other than 0 and 101.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// There are findings.
    Findings = 1,
    /// The call or the configuration is wrong.
    Usage = 2,
    /// Refused; a person must allow it.
    Refused = 4,
    /// The database, the disk, the network or a lock.
    Outside = 5,
    /// The database does not fit the build.
    Drift = 6,
}

impl Failure {
    /// Ends with `code` and says `message`.
    pub fn new(code: Code, message: impl fmt::Display) -> Self {
        Self { code, message: message.to_string() }
    }

    /// The outside world did not do what was needed.
    pub fn outside(message: impl fmt::Display) -> Self {
        Self::new(Code::Outside, message)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::outside(error)
    }
}

/// Why a file cannot be used, in the words of people.
fn why(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        other => other.to_string(),
    }
}

/// How long work in the background may go on when a command is done.
const LINGER: Duration = Duration::from_secs(1);

/// Runs the program with these arguments.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help goes to stdout and is no mistake; clap knows which is which.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match dispatch(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, message }) => {
            if !message.is_empty() {
                let _ = writeln!(std::io::stderr(), "error: {message}");
            }
            ExitCode::from(code as u8)
        }
    }
}

fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Config(config) => config.run(),
        Command::Token(token) => block_on(token.run()),
        Command::Serve(serve) => block_on(serve.run()),
        Command::Migrate(migrate) => block_on(migrate.run()),
        Command::Tenant(tenant) => block_on(tenant.run()),
        Command::Import(import) => block_on(import.run()),
        Command::Export(export) => block_on(export.run()),
        Command::Decisions(decisions) => block_on(decisions.run()),
        Command::Simulate(simulate) => block_on(simulate.run()),
        Command::Doctor(doctor) => block_on(doctor.run()),
    }
}

fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(work);
    // Looking up the name of a host cannot be cancelled; nobody waits for one that hangs.
    runtime.shutdown_timeout(LINGER);
    outcome
}

/// Writes a line to stdout; a reader who has gone away is no failure.
fn say(text: impl fmt::Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
