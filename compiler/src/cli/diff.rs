//! `metac diff`: who gains and who loses what between two models.

use athyper_metac::diff::{self, Difference, Only, Pair, Turn};
use clap::ValueEnum;

use super::{Exit, Stop, out};

mod built;

/// Say who gains and who loses what between two builds.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  metac diff old/build build
  metac diff old/build build --fail-on none --role buyer

Exit codes: 0 nothing of what --fail-on names, 1 found, 2 wrong call, 5 disk.")]
pub struct Args {
    /// Before: a build folder
    old: String,
    /// After: a build folder
    new: String,
    /// What makes the run end with 1
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [FailOn::Gains])]
    fail_on: Vec<FailOn>,
    /// Only this entity: `module.Name` or `Name`; can be given several times
    #[arg(long)]
    entity: Vec<String>,
    /// Only callers with this role; can be given several times
    #[arg(long)]
    role: Vec<String>,
}

/// What makes a run end with 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Somebody may do more, or perhaps does
    Gains,
    /// Somebody may do less, or perhaps does
    Losses,
    /// Any difference
    Any,
    /// Nothing
    None,
}

/// Compares and reports.
pub fn run(args: &Args) -> Result<Exit, Stop> {
    let (old, new) = (built::read(args.old.as_ref())?, built::read(args.new.as_ref())?);
    let only = Only { entities: args.entity.clone(), roles: args.role.clone() };
    let difference = diff::compare(Pair { old: &old, new: &new }, &only);
    out(&diff::human(&difference))?;
    let fails = args.fail_on.iter().any(|on| on.finds(&difference));
    Ok(if fails { Exit::Findings } else { Exit::Done })
}

impl FailOn {
    fn finds(self, difference: &Difference) -> bool {
        let turned =
            |turn| difference.access.iter().any(|access| [turn, Turn::Unclear].contains(&access.turn));
        match self {
            Self::Gains => turned(Turn::Gains),
            Self::Losses => turned(Turn::Loses),
            Self::Any => !difference.is_empty(),
            Self::None => false,
        }
    }
}
