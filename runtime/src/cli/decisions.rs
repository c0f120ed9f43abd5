//! `athyper decisions`: what was decided about requests. Works beside a running server.

use std::fmt::Display;
use std::io::Write as _;

use clap::{Args, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};

use super::setup::{self, Setup};
use super::token::seconds;
use super::{Code, Failure, say};
use crate::db::Db;
use crate::flow::decisions::history::{self, Decision, time};
use crate::sql::decisions::Wanted;
use crate::tenants::{self, Tenant, TenantError};

const EXAMPLES: &str = "\
Examples:
  athyper decisions --denied --since 24h
  athyper decisions --tenant acme --sub anna --format json
  athyper decisions prune --older-than 30d";

/// The arguments.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(super) struct Decisions {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Forget decisions that are older than `policy.log.retention_days`
    Prune(Prune),
}

#[derive(Debug, Args)]
struct Prune {
    /// Forget those that are older than this, such as 30d
    #[arg(long, value_name = "DAYS", value_parser = days)]
    older_than: Option<u32>,
    #[command(flatten)]
    setup: Setup,
}

#[derive(Debug, Args)]
struct List {
    /// Only of this tenant
    #[arg(long)]
    tenant: Option<String>,
    /// Not older than this: 30m, 24h, 7d, a day (2026-11-24, in UTC), or a time (2026-11-24T08:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Timestamp>,
    /// Only what was refused, and records that were not there
    #[arg(long)]
    denied: bool,
    /// Only about this entity: `Order` or `shop.Order`
    #[arg(long)]
    entity: Option<String>,
    /// Only of this caller
    #[arg(long)]
    sub: Option<String>,
    /// At most so many, the latest
    #[arg(long, default_value_t = 100, value_parser = some)]
    limit: u32,
    /// A table for people, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    setup: Setup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    Json,
}

/// A time, a day, or how long ago.
pub(super) fn since(text: &str) -> Result<Timestamp, String> {
    if let Some(at) = history::moment(text) {
        return Ok(at);
    }
    let wrong = || {
        format!(
            "`{text}` is neither a length of time such as 24h or 7d, nor a day such as 2026-11-24, nor a time such as 2026-11-24T08:00:00Z"
        )
    };
    let ago = SignedDuration::from_secs(seconds(text).map_err(|_| wrong())?);
    Timestamp::now().checked_sub(ago).map_err(|_| wrong())
}

/// How many decisions are wanted.
pub(super) fn some(text: &str) -> Result<u32, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| format!("it must be a number from 1 to {}", u32::MAX))
}

fn days(text: &str) -> Result<u32, String> {
    const DAY: i64 = 24 * 3600;
    let seconds = seconds(text)?;
    u32::try_from(seconds / DAY)
        .ok()
        .filter(|days| *days > 0 && seconds % DAY == 0)
        .ok_or_else(|| "whole days are kept, such as 30d".to_owned())
}

impl Decisions {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self.command {
            Some(Command::Prune(prune)) => prune.run().await,
            None => self.list.run().await,
        }
    }
}

impl Prune {
    async fn run(self) -> Result<(), Failure> {
        let config = self.setup.config()?;
        let db = setup::open_migrated(&config).await?;
        let days = self.older_than.unwrap_or(config.policy.log.retention_days.get());
        let count = history::prune(&db, days).await.map_err(Failure::outside)?;
        db.close().await;
        say(format_args!("forgot {count} decisions older than {days} days"))
    }
}

impl List {
    async fn run(self) -> Result<(), Failure> {
        let db = setup::open_migrated(&self.setup.config()?).await?;
        let found = self.find(&db).await;
        db.close().await;
        let found = found?;
        match self.format {
            Format::Json => {
                for decision in &found {
                    say(serde_json::to_string(decision).map_err(Failure::outside)?)?;
                }
            }
            Format::Table => table(&found)?,
        }
        if u32::try_from(found.len()).is_ok_and(|count| count == self.limit) {
            hint(format_args!("these are the latest {}; `--limit` shows more", self.limit));
        }
        Ok(())
    }

    async fn find(&self, db: &Db) -> Result<Vec<Decision>, Failure> {
        let all = tenants_of(db, self.tenant.as_deref()).await?;
        let since = self.since.map(time);
        let wanted = Wanted {
            since: since.as_deref(),
            refused: self.denied,
            entity: self.entity.as_deref(),
            subject: self.sub.as_deref(),
            limit: self.limit,
        };
        history::find(db, &all, wanted).await.map_err(Failure::outside)
    }
}

/// What is said when there are none.
pub(super) const NONE: &str =
    "no such decisions; refusals are kept always, what was allowed as `policy.log.allows` says";

/// Something beside what was asked for.
pub(super) fn hint(words: impl Display) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

/// Every tenant, or the one with this name.
pub(super) async fn tenants_of(db: &Db, name: Option<&str>) -> Result<Vec<Tenant>, Failure> {
    let mut all = tenants::list(db).await.map_err(Failure::outside)?;
    let Some(name) = name else { return Ok(all) };
    let known: Vec<String> = all.iter().map(|tenant| tenant.name.clone()).collect();
    all.retain(|tenant| tenant.name == name);
    if all.is_empty() {
        let hint = crate::config::layers::nearest(name, known.iter().map(String::as_str));
        return Err(Failure::new(Code::Refused, TenantError::Unknown(name.to_owned(), hint)));
    }
    Ok(all)
}

/// One line for each decision, under a header.
fn table(found: &[Decision]) -> Result<(), Failure> {
    if found.is_empty() {
        hint(NONE);
        return Ok(());
    }
    let header = ["TIME", "DECISION", "TENANT", "CALLER", "ACTION", "ENTITY", "RECORD", "RULES", "TRACE"];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(found.iter().map(cells));
    let mut widths = [0; 9];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in &rows {
        let line: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        say(line.join("  ").trim_end())?;
    }
    Ok(())
}

/// Who asked, as a terminal can show it: a token may say anything.
pub(super) fn subject(decision: &Decision) -> String {
    if decision.subject.is_empty() {
        return "(anonymous)".to_owned();
    }
    decision.subject.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn cells(decision: &Decision) -> [String; 9] {
    let rules = decision.details.get("rules").and_then(|rules| rules.as_array()).into_iter().flatten();
    let rules: Vec<String> = rules
        .filter_map(|rule| Some(format!("{}={}", rule.get("rule")?.as_str()?, rule.get("result")?.as_str()?)))
        .chain(decision.details.get("fields").map(|fields| format!("fields {fields}")))
        .collect();
    let about = |name| decision.details.get(name).map(ToString::to_string);
    let count = about("records")
        .map(|count| if count == "1" { "1 record".into() } else { format!("{count} records") });
    let record = decision.record.clone().or(count);
    [
        decision.at.clone(),
        decision.decision.clone(),
        decision.tenant.clone(),
        subject(decision),
        decision.action.clone(),
        decision.entity.clone(),
        record.unwrap_or_else(|| "-".to_owned()),
        if rules.is_empty() { "-".to_owned() } else { rules.join(",") },
        decision.trace.clone(),
    ]
}
