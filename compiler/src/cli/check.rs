//! `metac check`: say everything, write nothing.

use super::{Colour, Common, Exit, Stop, package, progress};

/// Say everything that is wrong with a package; write nothing.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  metac check
  metac check examples/purchase --deny warnings
  metac check --format sarif > findings.sarif")]
pub struct Args {
    #[command(flatten)]
    common: Common,
}

/// Checks; nothing at all is said about a sound package but `ok`.
pub fn run(args: &Args, colour: Colour) -> Result<Exit, Stop> {
    let sources = package::read(&args.common.folder)?;
    let lints = args.common.lints();
    let outcome = progress::during("checking", &sources, || athyper_metac::check(&sources, lints));
    args.common.say(&sources, &outcome.said, colour)?;
    if outcome.made.is_err() {
        return Ok(Exit::Findings);
    }
    if outcome.said.is_empty() {
        eprintln!("ok: {} files", sources.len());
    }
    Ok(Exit::Done)
}
