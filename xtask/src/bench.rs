//! Figures: how compiling grows, and the server against a hand-written one. Release builds only.

use crate::process;

/// What to measure.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// `metac`: packages of growing size, the YAML reader, the evaluator.
    Compile,
    /// Decisions of policies in process.
    Decisions,
    /// `athyper` under load, against a hand-written server over the same tables.
    Http,
}

/// Builds for release and prints the tables of `docs/performance.md`.
pub fn run(only: Option<What>) -> anyhow::Result<()> {
    process::run(&mut process::cargo(&["build", "--locked", "--release", "--workspace", "--bins"])?)?;
    println!("{}\n", machine()?);
    for (what, name) in [(What::Compile, "compile"), (What::Decisions, "decisions"), (What::Http, "http")] {
        if only.is_none_or(|only| only == what) {
            process::run(&mut process::cargo(&["bench", "--locked", "--workspace", "--bench", name])?)?;
        }
    }
    Ok(())
}

/// The processor and how many of it there are.
fn machine() -> anyhow::Result<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("unknown processor", |(_, name)| name.trim());
    let processors = std::thread::available_parallelism()?;
    Ok(format!("Machine: {processors} processors ({model})"))
}
