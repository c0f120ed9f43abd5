//! Medians and ratios as a Markdown table.

use std::fmt::Write;

use crate::load::{self, Round, Scenario, Target};

/// Rounds per server and scenario.
const ROUNDS: usize = 5;

/// Measures one scenario on both servers, in turn.
pub async fn in_turn(ours: &Target, theirs: &Target, scenario: &Scenario) -> anyhow::Result<Row> {
    let (mut our_rounds, mut their_rounds) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our_rounds.push(load::round(ours, scenario).await?);
        their_rounds.push(load::round(theirs, scenario).await?);
    }
    Ok(Row::new(scenario.name, &our_rounds, &their_rounds))
}

/// One scenario's figures.
pub struct Row {
    name: &'static str,
    rate: (f64, f64),
    cpu_us: (f64, f64),
}

impl Row {
    /// The medians of the rounds of both servers.
    fn new(name: &'static str, ours: &[Round], theirs: &[Round]) -> Self {
        let rate = |rounds: &[Round]| median(rounds.iter().map(|round| round.per_second).collect());
        let cpu = |rounds: &[Round]| median(rounds.iter().map(|round| round.cpu_us).collect());
        Self { name, rate: (rate(ours), rate(theirs)), cpu_us: (cpu(ours), cpu(theirs)) }
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// The table, ready for `docs/performance.md`.
pub fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "| scenario | athyper, requests/s | hand-written, requests/s | ratio | athyper, CPU per request | hand-written |\n\
         |---|---|---|---|---|---|\n",
    );
    for row in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| {} | {:.0} | {:.0} | {:.2} | {:.0} µs | {:.0} µs |",
            row.name,
            row.rate.0,
            row.rate.1,
            row.rate.0 / row.rate.1,
            row.cpu_us.0,
            row.cpu_us.1
        );
    }
    out
}
