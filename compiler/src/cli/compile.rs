//! `metac compile`: check, then write the artifact, whole or not at all.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{Colour, Common, Exit, Stop, build, out, package, progress};

/// Check a package and write its artifact.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  metac compile                            writes build/
  metac compile examples/purchase --out /srv/purchase
  metac compile --locked                   fails when build/ is not what the sources give (for CI)")]
pub struct Args {
    #[command(flatten)]
    common: Common,
    /// Where to write the artifact; `build` in the package when absent
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write nothing; fail when the artifact on disk is not what the sources give
    #[arg(long)]
    locked: bool,
    /// Say how long each part took
    #[arg(long)]
    timings: bool,
}

/// Checks and writes.
pub fn run(args: &Args, colour: Colour) -> Result<Exit, Stop> {
    let begun = Instant::now();
    let sources = package::read(&args.common.folder)?;
    let read = begun.elapsed();
    let lints = args.common.lints();
    let outcome = progress::during("compiling", &sources, || athyper_metac::compile(&sources, lints));
    let compiled = begun.elapsed();
    args.common.say(&sources, &outcome.said, colour)?;
    let Ok(outputs) = outcome.made else { return Ok(Exit::Findings) };
    let folder = args.out.clone().unwrap_or_else(|| package::default_out(&args.common.folder));
    if args.locked {
        return locked(&build::differences(&folder, &outputs)?, &folder);
    }
    build::write(&folder, &outputs)?;
    if args.timings {
        let ms = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
        eprintln!(
            "read {} files {:.1} ms, compile {:.1} ms, write {} files {:.1} ms",
            sources.len(),
            ms(read),
            ms(compiled - read),
            outputs.files().len(),
            ms(begun.elapsed() - compiled)
        );
    }
    eprintln!("wrote {} ({} files)", folder.display(), outputs.files().len());
    Ok(Exit::Done)
}

fn locked(differences: &[String], folder: &Path) -> Result<Exit, Stop> {
    if differences.is_empty() {
        eprintln!("{} is up to date", folder.display());
        return Ok(Exit::Done);
    }
    out(&format!("{}\n", differences.join("\n")))?;
    let message = format!("{} is stale; run `metac compile` and commit the difference", folder.display());
    Err(Stop::new(Exit::Findings, message))
}
