//! `athyper` against a hand-written axum server: same tables, same driver, same data, one run.
//!
//! Both run as processes of their own, in turn (A B A B ...), under the same load from this process. Figures are requests per
//! second and the processor time of the server per request; what counts is the ratio. Then a list that a rule
//! narrows, on both databases, and how long `athyper` takes to start.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::Path;

use anyhow::Context;

mod data;
mod hand_written;
mod load;
mod regional;
mod report;
mod sales;
mod start;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match args.next().as_deref() {
        Some("hand-written") => {
            let database = args.next().context("no database")?;
            runtime.block_on(hand_written::serve(Path::new(&database)))
        }
        Some("hand-written-sales") => {
            let (database, who) = (args.next().context("no database")?, args.next().context("no caller")?);
            runtime.block_on(sales::serve(&database, &who))
        }
        _ => runtime.block_on(measure()),
    }
}

async fn measure() -> anyhow::Result<()> {
    let stage = data::Stage::prepare().await?;
    let mut rows = Vec::new();
    for scenario in stage.scenarios() {
        rows.push(report::in_turn(&stage.athyper, &stage.hand_written, &scenario).await?);
    }
    println!("{}", report::table(&rows));
    println!("{}", regional::measure().await?);
    println!("{}", start::measure().await?);
    Ok(())
}
