//! `metac test`: try the policy tests of a package.

use std::path::PathBuf;

use athyper_metac::policy_test::{Coverage, Judge, Rehearsal, SuiteReport, is_chosen, run as try_suite};
use athyper_metac::source::SourceSet;

use super::{Colour, Exit, Stop, out, package, progress};

mod human;

/// Try the policy tests of a package.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  metac test                               every policy test of the package in this folder
  metac test examples/purchase --coverage  also say which rules no test has seen both ways
  metac test --filter 'drafts'             only tests whose name, or whose document's name, holds this

Exit codes: 0 everything came as expected, 1 something did not, 2 wrong call.")]
pub struct Args {
    /// The package: a folder with `metac.yaml`
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Only tests whose name, or whose document's name, holds this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Say which rules and outcomes no test has seen
    #[arg(long)]
    coverage: bool,
}

/// What came of everything.
struct Results {
    suites: Vec<SuiteReport>,
    coverage: Option<Coverage>,
}

impl Results {
    fn passes(&self) -> bool {
        self.suites.iter().all(SuiteReport::passes)
    }
}

/// Tries.
pub fn run(args: &Args, colour: Colour) -> Result<Exit, Stop> {
    let sources = package::read(&args.folder)?;
    let lints = athyper_metac::diag::Lints::default();
    let outcome = progress::during("testing", &sources, || athyper_metac::rehearse(&sources, lints));
    colour.say(&sources, &outcome.said);
    let Ok((_, rehearsal)) = outcome.made else { return Ok(Exit::Findings) };
    if rehearsal.suites.is_empty() {
        eprintln!(
            "there are no policy tests in `{}`; a document `policy_test: ...` holds some",
            args.folder.display()
        );
        return Ok(Exit::Done);
    }
    let results = results(args, &rehearsal)?;
    say(&results, &sources, colour)?;
    Ok(if results.passes() { Exit::Done } else { Exit::Findings })
}

fn results(args: &Args, rehearsal: &Rehearsal) -> Result<Results, Stop> {
    let Rehearsal { bundle: Some(bundle), places, suites, .. } = rehearsal else {
        return Ok(Results { suites: Vec::new(), coverage: None });
    };
    let filter = args.filter.as_deref();
    let chosen = suites.iter().flat_map(|suite| suite.tests.iter().map(move |test| (suite, test)));
    if let Some(text) = filter.filter(|text| !chosen.clone().any(|(s, t)| is_chosen(s, t, Some(text)))) {
        return Err(Stop::new(Exit::WrongCall, format!("no test has `{text}` in its name")));
    }
    let judge = Judge::new(bundle).map_err(|unfit| Stop::bug(&unfit))?;
    let mut coverage = Coverage::of(bundle);
    let suites = suites.iter().map(|suite| try_suite(&judge, suite, (places, filter), &mut coverage));
    Ok(Results { suites: suites.collect(), coverage: args.coverage.then_some(coverage) })
}

fn say(results: &Results, sources: &SourceSet, colour: Colour) -> Result<(), Stop> {
    out(&human::text(results, sources, colour.on_stdout()))
}
