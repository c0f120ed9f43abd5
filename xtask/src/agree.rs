//! The proof that a policy has one meaning, with as many cases as one has time for.

use crate::{process, system};

/// How many cases, and which.
#[derive(clap::Args)]
pub struct Args {
    /// How many (policy, caller, record) cases to try, at least.
    #[arg(long, default_value_t = 1_000_000)]
    cases: u64,
    /// The seed of the first policy; a failure names the seed that shows it again.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Tries random policies in the evaluator, on SQLite, on PostgreSQL and in row level security, in a release build.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let postgres = system::postgres_bin()?;
    let mut tests = process::cargo(&["test", "--locked", "--release", "--workspace", "--test", "agree"])?;
    tests.args(["policies_agree", "--", "--nocapture"]).env("ATHYPER_POSTGRES_BIN", postgres);
    tests.env("ATHYPER_AGREE_POLICY_CASES", args.cases.to_string());
    process::run(tests.env("ATHYPER_AGREE_SEED", args.seed.to_string()))
}
