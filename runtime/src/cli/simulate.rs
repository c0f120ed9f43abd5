//! `athyper simulate`: what another build would have decided about the requests that were kept.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use super::decisions::{NONE, hint, since, some, subject, tenants_of};
use super::setup::{self, Setup};
use super::{Code, Failure, say};
use crate::db::Db;
use crate::flow::decisions::history::{self, Decision, time};
use crate::flow::simulate::{Compared, Outcome, Question, Simulation};
use crate::sql::decisions::Wanted;
use crate::who::TenantId;

const EXAMPLES: &str = "\
Examples:
  athyper simulate build --candidate build-next --since 24h
  athyper simulate build --candidate build-next --tenant acme --format json

Ends with 1 when a decision would be another one.";

/// The arguments.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Simulate {
    /// The build that is served
    build: PathBuf,
    /// The build that would be
    #[arg(long, value_name = "BUILD")]
    candidate: PathBuf,
    /// Decisions that are not older than this: 30m, 24h, 7d, a day (2026-11-24, in UTC), or a time (2026-11-24T08:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = since, default_value = "7d")]
    since: Timestamp,
    /// Only of this tenant
    #[arg(long)]
    tenant: Option<String>,
    /// At most so many decisions, the latest
    #[arg(long, default_value_t = 10_000, value_parser = some)]
    limit: u32,
    /// Lines for people, or one JSON object a line
    #[arg(long, value_enum, default_value_t = super::decisions::Format::Table)]
    format: super::decisions::Format,
    #[command(flatten)]
    setup: Setup,
}

/// What came of it.
#[derive(Default)]
struct Tally {
    judged: usize,
    differing: usize,
    unjudged: usize,
}

impl Simulate {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let config = self.setup.config()?;
        let served = setup::load(&self.build, &config)?;
        let candidate = setup::load(&self.candidate, &config)?;
        let db = setup::open_migrated(&config).await?;
        setup::fits(&db, &served, &config).await?;
        let simulation =
            Simulation::new(db.clone(), Arc::clone(served.catalog()), Arc::clone(candidate.catalog()));
        let tally = self.replay(&db, &simulation).await;
        db.close().await;
        let Tally { judged, differing, unjudged } = tally?;
        if judged + unjudged == 0 {
            hint(NONE);
        }
        let words = format!(
            "{judged} kept decisions judged by both builds: {differing} differ; {unjudged} could not be judged"
        );
        if differing > 0 {
            return Err(Failure::new(Code::Findings, words));
        }
        if self.format == super::decisions::Format::Table {
            say(words)?;
        }
        Ok(())
    }

    async fn replay(&self, db: &Db, simulation: &Simulation) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        let since = time(self.since);
        let tenants = tenants_of(db, self.tenant.as_deref()).await?;
        let wanted = Wanted { since: Some(&since), limit: self.limit, ..Wanted::default() };
        for decision in history::find(db, &tenants, wanted).await.map_err(Failure::outside)? {
            let tenant = tenants.iter().find(|tenant| tenant.name == decision.tenant);
            let Some(id) = tenant.and_then(|tenant| TenantId::parse(&tenant.id)) else { continue };
            match Question::recorded(&decision) {
                Err(why) => self.unjudged(&mut tally, &decision, &why)?,
                Ok(question) => {
                    let outcome = simulation.ask(&id, question).await.map_err(Failure::outside)?;
                    self.tell(&mut tally, &decision, outcome)?;
                }
            }
        }
        Ok(tally)
    }

    fn tell(&self, tally: &mut Tally, about: &Decision, outcome: Outcome) -> Result<(), Failure> {
        let compared = match outcome {
            Err(not) => return self.unjudged(tally, about, &not.why),
            Ok(compared) => compared,
        };
        tally.judged += 1;
        if !compared.differs() {
            return Ok(());
        }
        tally.differing += 1;
        if self.format == super::decisions::Format::Json {
            let mut line = serde_json::to_value(&compared).map_err(Failure::outside)?;
            if let Some(members) = line.as_object_mut() {
                members.insert("tenant".to_owned(), about.tenant.clone().into());
                members.insert("recorded".to_owned(), about.id.clone().into());
            }
            return say(line);
        }
        say(format_args!("{}\n{}", headline(about), lines(&compared)))
    }

    fn unjudged(&self, tally: &mut Tally, about: &Decision, why: &str) -> Result<(), Failure> {
        tally.unjudged += 1;
        if self.format == super::decisions::Format::Json {
            return say(
                serde_json::json!({ "tenant": about.tenant, "recorded": about.id, "not_judged": why }),
            );
        }
        say(format_args!("{}\n  not judged: {why}", headline(about)))
    }
}

fn headline(decision: &Decision) -> String {
    let subject = subject(decision);
    let record = decision.record.as_deref().unwrap_or("all records");
    let entity = &decision.entity;
    format!("{} {}: {subject} would {} {entity} {record}", decision.at, decision.tenant, decision.action)
}

fn lines(compared: &Compared) -> String {
    let mut lines = Vec::new();
    for (name, said) in [("old", &compared.old), ("new", &compared.new)] {
        let rules: Vec<String> =
            said.rules.iter().map(|ruled| format!("{}={}", ruled.rule, ruled.result)).collect();
        let mut line = format!("  {name}: {}", said.decision);
        if let Some(condition) = &said.condition {
            line.push_str(&format!(" on {condition}"));
        }
        if !rules.is_empty() {
            line.push_str(&format!(" by {}", rules.join(", ")));
        }
        lines.push(line);
    }
    lines.join("\n")
}
