//! The command line: the only part of `metac` that reads and writes files, prints and exits.
//!
//! One file per verb. What was asked for goes to stdout, talk to stderr.
#![expect(clippy::print_stderr, reason = "this is the part that talks to people")]
#![expect(clippy::disallowed_methods, reason = "this is the part that may touch disk, clock and environment")]

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use athyper_metac::diag::{Diagnostic, Lints};
use athyper_metac::render::{self, Format};
use athyper_metac::source::SourceSet;
use clap::{Parser, Subcommand, ValueEnum};

mod build;
mod check;
mod compile;
mod diff;
mod explain;
mod fmt;
mod init;
mod package;
mod progress;
mod schema;
mod test;

/// How a run ends. The numbers are part of the contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Errors were found, or something is stale.
    Findings = 1,
    /// The command line makes no sense.
    WrongCall = 2,
    /// Refused: a person must decide.
    Refused = 4,
    /// The disk, or something else outside, failed.
    Outside = 5,
    /// A mistake of ours.
    Bug = 101,
}

/// What stopped a verb, in words, and how the run ends.
#[derive(Debug)]
pub struct Stop {
    /// The exit code.
    pub exit: Exit,
    /// What, where, what to do.
    pub message: String,
}

impl Stop {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// What only a mistake of ours leads to.
    fn bug(error: &dyn std::fmt::Display) -> Self {
        let report = "this is a bug in metac; please report it with the package";
        Self::new(Exit::Bug, format!("{error}: {report}"))
    }

    /// A failure of the disk at `path`.
    fn disk(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(Exit::Outside, format!("cannot {what} `{}`: {error}", path.display()))
    }
}

/// Proves a described business sound and compiles it.
#[derive(Parser)]
#[command(
    name = "metac",
    version,
    after_help = "Examples:
  metac init shop                   start a package
  metac check                       is the package in this folder sound?
  metac compile --out build         write the artifact that athyper serves
  metac test                        do the policies allow what they should, and no more?
  metac diff main                   who gains and who loses what?
  metac fmt --check                 is every file in its one form?
  metac explain E0301               what does this code mean?

Exit codes: 0 done, 1 findings, 2 wrong call, 4 refused, 5 disk, 101 our bug."
)]
struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// Colours: on a terminal, always, or never. `NO_COLOR` is respected.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    color: Colour,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
enum Verb {
    /// Start a package that compiles at once
    Init(init::Args),
    /// Say everything that is wrong with a package; write nothing
    Check(check::Args),
    /// Check a package and write its artifact
    Compile(compile::Args),
    /// Say who gains and who loses what between two revisions
    Diff(diff::Args),
    /// Bring files into the one form; comments stay
    Fmt(fmt::Args),
    /// Say what a code means, with an example
    Explain(explain::Args),
    /// Try the policy tests of a package
    Test(test::Args),
    /// Print the JSON Schema of what can be written in YAML
    Schema(schema::Args),
}

/// How diagnostics are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Style {
    /// For people, to stderr.
    Human,
    /// One JSON object a line, to stdout.
    Json,
    /// SARIF 2.1.0, to stdout.
    Sarif,
    /// GitHub workflow commands, to stdout.
    Github,
}

/// What `check` and `compile` have in common.
#[derive(clap::Args)]
struct Common {
    /// The package: a folder with `metac.yaml`
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// How diagnostics are written
    #[arg(long, value_enum, default_value_t = Style::Human)]
    format: Style,
    /// Treat these as errors
    #[arg(long, value_enum)]
    deny: Vec<Deny>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

/// Runs the program.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!(
            "metac has a bug: {panic}\nPlease report it with the files that led here and this version: {}",
            env!("CARGO_PKG_VERSION")
        );
    }));
    let args = Args::parse();
    match std::panic::catch_unwind(|| run(&args)) {
        Ok(Ok(exit)) => ExitCode::from(exit as u8),
        Ok(Err(stop)) => {
            eprintln!("error: {}", stop.message);
            ExitCode::from(stop.exit as u8)
        }
        Err(_) => ExitCode::from(Exit::Bug as u8),
    }
}

fn run(args: &Args) -> Result<Exit, Stop> {
    match &args.verb {
        Verb::Init(verb) => init::run(verb),
        Verb::Check(verb) => check::run(verb, args.color),
        Verb::Compile(verb) => compile::run(verb, args.color),
        Verb::Diff(verb) => diff::run(verb, args.color),
        Verb::Fmt(verb) => fmt::run(verb, args.color),
        Verb::Explain(verb) => explain::run(verb),
        Verb::Test(verb) => test::run(verb, args.color),
        Verb::Schema(verb) => schema::run(verb),
    }
}

/// Writes what was asked for. A reader that has seen enough, such as `head`, is no failure.
fn out(text: &str) -> Result<(), Stop> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Stop::new(Exit::Outside, format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

impl Common {
    /// Writes diagnostics where this format belongs.
    fn say(&self, sources: &SourceSet, diagnostics: &[Diagnostic], colour: Colour) -> Result<(), Stop> {
        let format = match self.format {
            Style::Human => {
                colour.say(sources, diagnostics);
                return Ok(());
            }
            Style::Json => Format::Json,
            Style::Sarif => Format::Sarif,
            Style::Github => Format::Github,
        };
        out(&render::render(format, sources, diagnostics))
    }

    /// The levels that the command line asks for; `metac.yaml` adds its own.
    fn lints(&self) -> Lints {
        Lints { deny_warnings: self.deny.contains(&Deny::Warnings), ..Lints::default() }
    }
}

impl Colour {
    /// Writes diagnostics for people.
    fn say(self, sources: &SourceSet, diagnostics: &[Diagnostic]) {
        eprint!("{}", render::render(Format::Human { colour: self.on_stderr() }, sources, diagnostics));
    }

    fn on_stderr(self) -> bool {
        self.on(std::io::stderr().is_terminal())
    }

    fn on_stdout(self) -> bool {
        self.on(std::io::stdout().is_terminal())
    }

    fn on(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                !refused && terminal
            }
        }
    }
}
