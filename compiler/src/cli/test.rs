//! `metac test`: try the policy tests of a package.

use std::path::PathBuf;

use athyper_metac::diag::{Lints, Severity};
use athyper_metac::policy_test::{
    Coverage, Judge, Mutation, Rehearsal, SuiteReport, is_chosen, mutate, run as try_suite,
};
use athyper_metac::source::SourceSet;
use athyper_schemas::dialect::Dialect;
use clap::ValueEnum;

use self::database::{Compared, Tried};
use super::{Colour, Exit, Stop, out, package, progress};

pub(super) mod database;
mod human;
mod json;
mod junit;

/// Try the policy tests of a package.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  metac test                               every policy test of the package in this folder
  metac test examples/purchase --coverage  also say what no test has seen
  metac test --mutations                   put mistakes into the rules; which are not noticed?
  metac test --filter drafts               only tests whose name, or whose document's name, holds this
  metac test --database postgres://me@localhost/scratch
  metac test --format junit --out tests.xml --deny gaps

Exit codes: 0 everything came as expected, 1 something did not, 2 wrong call, 5 a database or file failed (and nothing else), 101 our bug.")]
pub struct Args {
    /// The package: a folder with `metac.yaml`
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Only tests whose name, or whose document's name, holds this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// How the results are written
    #[arg(long, value_enum, default_value_t = Style::Human)]
    format: Style,
    /// Write the results to this file, and those for people to stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Say which rules and outcomes no test has seen
    #[arg(long)]
    coverage: bool,
    /// Put one mistake after the other into the rules, and say which of them no test notices
    #[arg(long)]
    mutations: bool,
    /// A database to ask the same: `memory` for none, `sqlite` in memory, or the address of a PostgreSQL database, in which a schema is
    /// made and removed again; SQLite when absent, if the package is for it
    #[arg(long, value_name = "memory|sqlite|postgres://...", value_parser = asked)]
    database: Vec<Asked>,
    /// Fail also because of these
    #[arg(long, value_enum)]
    deny: Vec<Deny>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Style {
    /// For people.
    Human,
    /// One JSON object.
    Json,
    /// JUnit XML.
    Junit,
}

/// A database to ask.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Asked {
    Memory,
    Sqlite,
    Postgres(String),
}

pub(super) fn asked(text: &str) -> Result<Asked, String> {
    match text {
        "memory" => Ok(Asked::Memory),
        "sqlite" => Ok(Asked::Sqlite),
        url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            database::door::address(url).map(|_| Asked::Postgres(url.to_owned()))
        }
        _ => Err("write `memory`, `sqlite` or `postgres://user:password@host/database`".to_owned()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// What no test has seen.
    Gaps,
    /// Mistakes that no test notices.
    Survivors,
}

/// What came of everything.
struct Results {
    suites: Vec<SuiteReport>,
    coverage: Option<Coverage>,
    mutations: Option<Vec<Mutation>>,
    databases: Vec<Compared>,
}

/// Everything in figures.
struct Sum {
    tests: usize,
    failed: usize,
    expectations: usize,
    missed: usize,
}

impl Results {
    fn passes(&self) -> bool {
        self.suites.iter().all(SuiteReport::passes) && self.databases.iter().all(Compared::passes)
    }

    /// How the run ends by what came: something that was found counts more than what could not be asked.
    fn exit(&self) -> Exit {
        let failed = || self.databases.iter().filter_map(|one| one.failed.as_ref()).map(|stop| stop.exit);
        let found = self.suites.iter().any(|suite| !suite.passes())
            || self.databases.iter().any(|one| !one.differ.is_empty());
        match failed().find(|exit| *exit == Exit::Bug) {
            Some(bug) => bug,
            None if found => Exit::Findings,
            None => failed().next().unwrap_or(Exit::Done),
        }
    }

    fn sum(&self) -> Sum {
        let mut sum = Sum { tests: 0, failed: 0, expectations: 0, missed: 0 };
        for test in self.suites.iter().flat_map(|suite| &suite.tests) {
            sum.tests += 1;
            sum.failed += usize::from(!test.failures.is_empty());
            sum.expectations += test.expectations;
            sum.missed += test.failures.len();
        }
        sum
    }

    /// Why the run fails although every test passes.
    fn denied(&self, deny: &[Deny]) -> Vec<&'static str> {
        let gaps = self.coverage.as_ref().map(Coverage::total).is_some_and(|(seen, all)| seen < all);
        let survivors = self.mutations.iter().flatten().any(|mutation| !mutation.noticed);
        [
            (Deny::Gaps, gaps, "not everything was seen by a test (--deny gaps)"),
            (Deny::Survivors, survivors, "some mistakes were noticed by no test (--deny survivors)"),
        ]
        .into_iter()
        .filter_map(|(kind, found, why)| (found && deny.contains(&kind)).then_some(why))
        .collect()
    }
}

/// Tries.
pub fn run(args: &Args, colour: Colour) -> Result<Exit, Stop> {
    let sources = package::read(&args.folder)?;
    let lints = Lints::default();
    let outcome = progress::during("testing", &sources, || athyper_metac::rehearse(&sources, lints));
    // Warnings are for `metac check`.
    let said: Vec<_> = outcome.said.into_iter().filter(|said| said.severity == Severity::Error).collect();
    colour.say(&sources, &said);
    let Ok((_, rehearsal)) = outcome.made else { return Ok(Exit::Findings) };
    if rehearsal.suites.is_empty() {
        let folder = args.folder.display();
        eprintln!("there are no policy tests in `{folder}`; a document `policy_test: ...` holds some");
    }
    let results = results(args, &rehearsal)?;
    say(args, &results, &sources, colour)?;
    let untested = rehearsal.suites.is_empty() && !rehearsal.places.is_empty() && !args.deny.is_empty();
    if untested {
        eprintln!("error: the package has rules, and no test has seen any of them");
    }
    let denied = results.denied(&args.deny);
    let failed = results.databases.iter().filter_map(|one| one.failed.as_ref());
    let failed = failed.map(|stop| stop.message.as_str());
    denied.iter().copied().chain(failed).for_each(|why| eprintln!("error: {why}"));
    Ok(match results.exit() {
        Exit::Bug => Exit::Bug,
        _ if untested || !denied.is_empty() => Exit::Findings,
        exit => exit,
    })
}

fn results(args: &Args, rehearsal: &Rehearsal) -> Result<Results, Stop> {
    let Rehearsal { bundle: Some(bundle), places, suites } = rehearsal else {
        return Ok(Results { suites: Vec::new(), coverage: None, mutations: None, databases: Vec::new() });
    };
    let filter = args.filter.as_deref();
    let chosen = suites.iter().flat_map(|suite| suite.tests.iter().map(move |test| (suite, test)));
    if let Some(text) = filter.filter(|text| !chosen.clone().any(|(s, t)| is_chosen(s, t, Some(text)))) {
        return Err(Stop::new(Exit::WrongCall, format!("no test has `{text}` in its name")));
    }
    let judge = Judge::new(bundle).map_err(|unfit| Stop::bug(&unfit))?;
    let mut coverage = Coverage::of(bundle);
    let reports = suites.iter().map(|suite| try_suite(&judge, suite, (places, filter), &mut coverage));
    let reports = reports.collect();
    let databases = databases(args, Tried { judge: &judge, bundle, suites, filter });
    let mut results = Results { suites: reports, coverage: None, mutations: None, databases };
    let asked = |deny| args.deny.contains(&deny);
    results.coverage = (args.coverage || asked(Deny::Gaps)).then_some(coverage);
    if args.mutations || asked(Deny::Survivors) {
        // A test that fails anyway notices everything.
        if results.suites.iter().all(SuiteReport::passes) {
            let all = mutate(bundle, suites, (places, filter)).map_err(|unfit| Stop::bug(&unfit))?;
            results.mutations = Some(all);
        } else {
            eprintln!("no mistakes were put in: first every test must pass");
        }
    }
    Ok(results)
}

fn databases(args: &Args, tried: Tried<'_>) -> Vec<Compared> {
    let for_sqlite = tried.bundle.package.dialects.contains(&Dialect::Sqlite);
    let usual = if for_sqlite { vec![Asked::Sqlite] } else { Vec::new() };
    let asked = if args.database.is_empty() { &usual } else { &args.database };
    let compared = asked.iter().filter_map(|one| match one {
        Asked::Memory => None,
        Asked::Sqlite => Some(database::sqlite(tried)),
        Asked::Postgres(url) => Some(database::postgres(url, tried)),
    });
    compared.collect()
}

fn say(args: &Args, results: &Results, sources: &SourceSet, colour: Colour) -> Result<(), Stop> {
    if args.out.is_none() && args.format == Style::Human && results.suites.is_empty() {
        return Ok(());
    }
    let report = |colour| match args.format {
        Style::Human => human::text(results, sources, colour),
        Style::Json => json::text(results, sources),
        Style::Junit => junit::text(results, sources),
    };
    let Some(path) = &args.out else { return out(&report(colour.on_stdout())) };
    std::fs::write(path, report(false)).map_err(|error| Stop::disk("write", path, &error))?;
    out(&human::text(results, sources, colour.on_stdout()))
}
