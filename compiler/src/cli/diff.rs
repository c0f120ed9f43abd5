//! `metac diff`: who gains and who loses what between two models.

use std::path::Path;

use athyper_metac::diff::{self, Class, Difference, Only, Pair, Turn};
use clap::ValueEnum;

use super::test::{Asked, asked};
use super::{Colour, Exit, Stop, out};

mod built;
mod replayed;
mod revision;
mod side;

use replayed::Replayed;
use side::Side;

/// Say who gains and who loses what between two builds.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  metac diff main                            the package in this folder against the branch main
  metac diff v1.2 HEAD                       two revisions of it
  metac diff HEAD~1 examples/purchase        another package
  metac diff old/build build --fail-on none --role buyer
  metac diff origin/main --format markdown   a comment for the pull request
  metac diff main --database sqlite          replay what is shown on a database

Exit codes: 0 nothing of what --fail-on names, 1 some of it, or a side that does not compile, 2 wrong call,
5 disk or git, 101 our bug.")]
pub struct Args {
    /// Before: a build folder, a package folder, or a git revision
    old: String,
    /// After: likewise; the package in this folder when absent
    new: Option<String>,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// What makes the run end with 1
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [FailOn::Gains, FailOn::Breaking])]
    fail_on: Vec<FailOn>,
    /// Only this entity: `module.Name` or `Name`; can be given several times
    #[arg(long)]
    entity: Vec<String>,
    /// Only callers with this role; can be given several times
    #[arg(long)]
    role: Vec<String>,
    /// A database to replay the records in that are shown: `sqlite` in memory, or the address of a PostgreSQL database, in which a
    /// schema is made and removed again; can be given several times
    #[arg(long, value_name = "sqlite|postgres://...", value_parser = asked)]
    database: Vec<Asked>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people at a terminal
    Human,
    /// One JSON document
    Json,
    /// GitHub workflow commands, beside the rules
    Github,
    /// A comment for a pull request
    Markdown,
}

impl Format {
    fn written(self, difference: &Difference, replayed: &[Replayed], package: &str) -> Result<String, Stop> {
        Ok(match self {
            Self::Human => diff::human(difference) + &replayed::human(replayed),
            Self::Github => diff::github(difference, package) + &replayed::github(replayed),
            Self::Markdown => diff::markdown(difference) + &replayed::markdown(replayed),
            Self::Json => {
                let text = serde_json::to_string_pretty(&Document { difference, replayed });
                let text =
                    text.map_err(|error| Stop::new(Exit::Outside, format!("cannot write JSON: {error}")))?;
                format!("{text}\n")
            }
        })
    }
}

/// The document of `--format json`.
#[derive(serde::Serialize)]
struct Document<'d> {
    #[serde(flatten)]
    difference: &'d Difference,
    #[serde(skip_serializing_if = "<[Replayed]>::is_empty")]
    replayed: &'d [Replayed],
}

/// What makes a run end with 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Somebody may do more, or perhaps does
    Gains,
    /// Somebody may do less, or perhaps does
    Losses,
    /// A breaking change
    Breaking,
    /// A risky or a breaking change
    Risky,
    /// Any difference
    Any,
    /// Nothing
    None,
}

/// Compares and reports.
pub fn run(args: &Args, colour: Colour) -> Result<Exit, Stop> {
    let (old, new) = (Side::of(&args.old)?, Side::of(args.new.as_deref().unwrap_or("."))?);
    let folder = new.package().or_else(|| old.package()).unwrap_or(Path::new(".")).to_path_buf();
    let (old, new) = (old.model(&folder, colour)?, new.model(&folder, colour)?);
    let only = Only { entities: args.entity.clone(), roles: args.role.clone() };
    if let Some((what, asked, near)) = only.unknown(Pair { old: &old, new: &new }) {
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(Stop::new(Exit::WrongCall, format!("neither side has the {what} `{asked}`{near}")));
    }
    let pair = Pair { old: &old, new: &new };
    let difference = diff::compare(pair, &only);
    let replayed = replayed::all(&args.database, pair, &difference)?;
    out(&args.format.written(&difference, &replayed, &folder.to_string_lossy())?)?;
    let otherwise = replayed.iter().any(|one| !one.differ.is_empty());
    let fails = otherwise || args.fail_on.iter().any(|on| on.finds(&difference));
    Ok(if fails { Exit::Findings } else { Exit::Done })
}

impl FailOn {
    fn finds(self, difference: &Difference) -> bool {
        let turned =
            |turn| difference.access.iter().any(|access| [turn, Turn::Unclear].contains(&access.turn));
        let changed = |class| difference.changes.iter().any(|change| change.class == class);
        match self {
            Self::Gains => turned(Turn::Gains),
            Self::Losses => turned(Turn::Loses),
            Self::Breaking => changed(Class::Breaking),
            Self::Risky => changed(Class::Breaking) || changed(Class::Risky),
            Self::Any => !difference.is_empty(),
            Self::None => false,
        }
    }
}
