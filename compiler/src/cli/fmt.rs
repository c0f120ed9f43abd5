//! `metac fmt`: bring files into the one form.

use std::io::Write;
use std::path::{Path, PathBuf};

use athyper_metac::format::{Unformatted, format};
use athyper_metac::source::SourceSet;
use similar::TextDiff;

use super::{Colour, Exit, Stop, out, package};

/// Bring files into the one form: indentation, blanks, the short form of fields. Comments stay.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  metac fmt                                every YAML file below this folder
  metac fmt sales/order.yaml
  metac fmt --check                        change nothing; show what would change and fail (for CI)")]
pub struct Args {
    /// Files and folders
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Change nothing; show what would change, and fail when anything would
    #[arg(long)]
    check: bool,
}

/// What became of the files.
#[derive(Default)]
struct Tally {
    files: usize,
    changed: usize,
    unreadable: usize,
}

/// Formats every file, or says what would change.
pub fn run(args: &Args, colour: Colour) -> Result<Exit, Stop> {
    let mut tally = Tally::default();
    for path in files(&args.paths)? {
        one(&path, args.check, colour, &mut tally)?;
    }
    let verb = if args.check { "out of form" } else { "formatted" };
    eprintln!("{} of {} files {verb}", tally.changed, tally.files);
    let failed = tally.unreadable > 0 || (args.check && tally.changed > 0);
    Ok(if failed { Exit::Findings } else { Exit::Done })
}

/// Every YAML file below the paths, in order, each once. A file that is named is taken whatever it is called.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Stop> {
    let mut all = Vec::new();
    for path in paths {
        if path.is_dir() {
            all.extend(package::yaml_files(path)?);
        } else if path.exists() {
            all.push(path.clone());
        } else {
            return Err(Stop::new(Exit::WrongCall, format!("there is no `{}`", path.display())));
        }
    }
    all.sort();
    all.dedup();
    Ok(all)
}

fn one(path: &Path, check: bool, colour: Colour, tally: &mut Tally) -> Result<(), Stop> {
    let name = path.strip_prefix(".").unwrap_or(path).display().to_string();
    let written = package::contents(path)?;
    tally.files += 1;
    let formed = match format(&name, &written) {
        Ok(formed) => formed,
        Err(Unformatted::Unreadable(said)) => {
            let sources = SourceSet::new([(name, written)]);
            colour.say(&sources, &said);
            tally.unreadable += 1;
            return Ok(());
        }
        Err(Unformatted::Changed) => {
            eprintln!(
                "{name}: left as it is: formatting it would change what it says. This is a bug in metac; please report it with the file"
            );
            tally.unreadable += 1;
            return Ok(());
        }
    };
    if formed.as_bytes() == written {
        return Ok(());
    }
    tally.changed += 1;
    if check {
        let before = String::from_utf8_lossy(&written);
        let diff = TextDiff::from_lines(before.as_ref(), formed.as_str());
        return out(&diff.unified_diff().context_radius(2).header(&name, &name).to_string());
    }
    replace(path, &formed)?;
    out(&format!("{name}\n"))
}

/// Writes a file whole or not at all, with the permissions it had.
fn replace(path: &Path, text: &str) -> Result<(), Stop> {
    let failed = |error: &std::io::Error| Stop::disk("write", path, error);
    // Of a link the file behind it is written, and the link stays.
    let path = path.canonicalize().map_err(|error| failed(&error))?;
    let permissions = std::fs::metadata(&path).map_err(|error| failed(&error))?.permissions();
    if permissions.readonly() {
        return Err(Stop::new(Exit::Outside, format!("cannot write `{}`: it is read-only", path.display())));
    }
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut fresh = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    fresh.write_all(text.as_bytes()).map_err(|error| failed(&error))?;
    fresh.as_file().set_permissions(permissions).map_err(|error| failed(&error))?;
    fresh.as_file().sync_all().map_err(|error| failed(&error))?;
    fresh.persist(&path).map_err(|error| failed(&error.error))?;
    Ok(())
}
