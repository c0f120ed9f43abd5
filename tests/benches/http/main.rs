//! `athyper` against a hand-written axum server: same tables, same driver, same data, one run.
//!
//! Both run as processes of their own, in turn (A B A B ...), under the same load from this process. Figures are requests per
//! second and the processor time of the server per request; what counts is the ratio. Then how long `athyper` takes to start.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::Path;

use anyhow::Context;

mod data;
mod hand_written;
mod load;
mod report;
mod start;

/// Rounds per server and scenario.
const ROUNDS: usize = 5;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match args.next().as_deref() {
        Some("hand-written") => {
            let database = args.next().context("no database")?;
            runtime.block_on(hand_written::serve(Path::new(&database)))
        }
        _ => runtime.block_on(measure()),
    }
}

async fn measure() -> anyhow::Result<()> {
    let stage = data::Stage::prepare().await?;
    let mut rows = Vec::new();
    for scenario in stage.scenarios() {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(load::round(&stage.athyper, &scenario).await?);
            theirs.push(load::round(&stage.hand_written, &scenario).await?);
        }
        rows.push(report::Row::new(scenario.name, &ours, &theirs));
    }
    println!("{}", report::table(&rows));
    println!("{}", start::measure().await?);
    Ok(())
}
