//! How compiling grows: packages of 10 to 5,000 entities, each compiled from cold in a process of its own; then the YAML reader
//! and the evaluator alone.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use athyper_expr::Value;
use athyper_expr::decimal::Decimal;
use athyper_expr::eval::{Context as Decision, Layout, Place, Program};
use athyper_metac::diag::{Lints, Sink};
use athyper_metac::source::SourceSet;
use athyper_metac::yaml;
use athyper_schemas::bundle::Entity;
use athyper_tests::package;

/// Sizes, in entities.
const SIZES: &[usize] = &[10, 100, 1_000, 5_000];

/// Runs per size; the median counts.
const RUNS: usize = 5;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("child") {
        return child(args.next().context("no size")?.parse()?);
    }
    println!(
        "| entities | files | MB of YAML | compile | per entity | peak memory | ratio to the size before |\n|---|---|---|---|---|---|---|"
    );
    let mut before: Option<(usize, f64)> = None;
    for size in SIZES {
        let (ms, peak_mb) = cold(*size)?;
        let sources = package::generated(*size);
        let mb = sources.values().map(String::len).sum::<usize>() as f64 / 1e6;
        let ratio =
            before.map_or(String::new(), |(less, time)| format!("{:.2} for {}x", ms / time, size / less));
        println!(
            "| {size} | {} | {mb:.2} | {ms:.0} ms | {:.0} µs | {peak_mb:.0} MB | {ratio} |",
            sources.len(),
            ms * 1000.0 / *size as f64
        );
        before = Some((*size, ms));
    }
    reader()?;
    evaluator()
}

/// Median time and peak memory of compiling in fresh processes.
fn cold(size: usize) -> anyhow::Result<(f64, f64)> {
    let mut times = Vec::new();
    let mut peak: f64 = 0.0;
    for _ in 0..RUNS {
        let output = Command::new(std::env::current_exe()?).args(["child", &size.to_string()]).output()?;
        let text = String::from_utf8(output.stdout)?;
        let (ms, mb) = text.trim().split_once(' ').with_context(|| format!("the child said `{text}`"))?;
        times.push(ms.parse::<f64>()?);
        peak = peak.max(mb.parse()?);
    }
    times.sort_by(f64::total_cmp);
    Ok((times.get(RUNS / 2).copied().unwrap_or_default(), peak))
}

/// Compiles once and prints milliseconds and peak megabytes.
fn child(size: usize) -> anyhow::Result<()> {
    let files = package::generated(size).into_iter().map(|(path, text)| (path, text.into_bytes()));
    let files: Vec<_> = files.collect();
    let begun = Instant::now();
    let outcome = athyper_metac::compile(&SourceSet::new(files), Lints::default());
    let time = begun.elapsed();
    if outcome.made.is_err() {
        bail!("the generated package has errors: {:?}", outcome.said.first());
    }
    // Linux: the most memory this process has had resident.
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kilobytes: f64 = peak.trim().trim_end_matches("kB").trim().parse()?;
    println!("{} {}", time.as_secs_f64() * 1000.0, kilobytes / 1000.0);
    Ok(())
}

/// How fast YAML becomes a spanned tree.
fn reader() -> anyhow::Result<()> {
    let files = package::generated(500).into_iter().map(|(path, text)| (path, text.into_bytes()));
    let sources = SourceSet::new(files);
    let bytes: usize = sources.files().map(|(_, file)| file.text().len()).sum();
    let time = fastest(|| {
        for (id, _) in sources.files() {
            black_box(yaml::parse(&sources, id, &mut Sink::default()));
        }
    });
    println!("\nYAML to a spanned tree: {:.0} MB/s", bytes as f64 / 1e6 / time.as_secs_f64());
    Ok(())
}

/// The fields of one entity, by their place in the artifact.
struct Fields<'a>(&'a Entity);

impl Layout for Fields<'_> {
    fn field(&self, _entity: &str, field: &str) -> Option<Place<'_>> {
        self.0.fields.iter().position(|known| known.name == field).map(Place::Index)
    }

    fn attribute(&self, _name: &str) -> Option<usize> {
        None
    }
}

/// How long the checks of a generated entity take in process.
fn evaluator() -> anyhow::Result<()> {
    let files = package::generated(1).into_iter().map(|(path, text)| (path, text.into_bytes()));
    let outcome = athyper_metac::compile(&SourceSet::new(files), Lints::default());
    let Ok(outputs) = outcome.made else { bail!("the generated package has errors") };
    let json = outputs.get("model/entities/m000.Thing00000.json").context("no entity")?;
    let entity: Entity = serde_json::from_slice(json)?;
    let mut record = vec![Value::Null; entity.fields.len()];
    let money = |cents| Decimal::new(cents, 2).map(Value::Decimal).context("too large");
    for (name, value) in [
        ("amount", money(12_000)?),
        ("fee", money(500)?),
        ("starts", Value::Date(20_000)),
        ("ends", Value::Date(20_100)),
    ] {
        let at = entity.fields.iter().position(|field| field.name == name).context(name)?;
        *record.get_mut(at).context(name)? = value;
    }
    let context = Decision { this: &record, ..Decision::EMPTY };
    for check in &entity.checks {
        let program = Program::compile(&check.assert, &Fields(&entity))?;
        let rounds = 100_000;
        let time = fastest(|| {
            for _ in 0..rounds {
                let _ = black_box(program.judge(black_box(&context)));
            }
        });
        println!(
            "`{}` in process: {:.0} ns",
            check.assert.source,
            time.as_nanos() as f64 / f64::from(rounds)
        );
    }
    Ok(())
}

/// The fastest of several runs: what the work costs when nothing disturbs it.
fn fastest(mut work: impl FnMut()) -> Duration {
    let run = |work: &mut dyn FnMut()| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    (0..10).map(|_| run(&mut work)).min().unwrap_or_default()
}
