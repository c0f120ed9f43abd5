//! Witnesses on a real database: the rows of each are stored in the tables of both models, and the filters and row level
//! security of each decide about them. What was made is gone afterwards.

use std::fmt::Write as _;

use athyper_metac::diff::{Difference, Pair, Play, Replay, Try, headline, replay};
use athyper_metac::policy_test::sql::{Statement, Unclaimed};
use athyper_schemas::dialect::Dialect;
use serde::Serialize;

use crate::cli::test::Asked;
use crate::cli::test::database::door::{Door, Failed};
use crate::cli::test::database::{block, prepare};
use crate::cli::{Exit, Stop};

/// What came of one database.
#[derive(Debug, Serialize)]
pub struct Replayed {
    /// Its name, as people say it.
    pub database: &'static str,
    /// How many witnesses were decided as the report says, before and now.
    pub as_shown: usize,
    /// What was decided otherwise.
    pub differ: Vec<String>,
}

/// Asks each of these databases.
pub fn all(asked: &[Asked], pair: Pair<'_>, difference: &Difference) -> Result<Vec<Replayed>, Stop> {
    let of = |one: &Asked| match one {
        Asked::Memory => None,
        Asked::Sqlite => Some(block(on("SQLite", None, (pair, difference)))),
        Asked::Postgres(url) => Some(block(on("PostgreSQL", Some(url), (pair, difference)))),
    };
    asked.iter().filter_map(of).collect()
}

async fn on(
    database: &'static str,
    url: Option<&str>,
    (pair, difference): (Pair<'_>, &Difference),
) -> Result<Replayed, Stop> {
    let dialect = if url.is_some() { Dialect::Postgres } else { Dialect::Sqlite };
    let mut differ = Vec::new();
    let mut wrong = std::collections::BTreeSet::new();
    let both = replay(pair, difference, dialect).map_err(|why| unasked(&why))?;
    for (side, name) in both.iter().zip(["before", "now"]) {
        for (at, whose) in in_one(side, url, dialect).await? {
            let Some(access) = difference.access.get(at) else { continue };
            wrong.insert(at);
            let whose = if whose == Whose::Filters { database } else { "row level security" };
            differ.push(format!("{}: {name}, {whose} decides otherwise", headline(access)));
        }
    }
    let shown = difference.access.iter().filter(|access| access.witness.is_some()).count();
    Ok(Replayed { database, as_shown: shown - wrong.len(), differ })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Filters,
    RowLevelSecurity,
}

/// The witnesses about which one model decides otherwise in a database.
async fn in_one(side: &Replay, url: Option<&str>, dialect: Dialect) -> Result<Vec<(usize, Whose)>, Stop> {
    let mut door = match url {
        Some(url) => Door::postgres(url).await?,
        None => Door::sqlite().await?,
    };
    door.begin_scratch().await.map_err(|failed| failed.while_doing("make a schema to replay in"))?;
    let done = async {
        prepare(&mut door, &side.bundle, dialect).await?;
        let mut differ = Vec::new();
        for play in &side.plays {
            if filtered(&mut door, play).await? != play.expected {
                differ.push((play.access, Whose::Filters));
            }
            if let Some(held) = &play.held
                && tried(&mut door, (&held.before, &held.settings), &held.attempt).await? != held.expected
            {
                differ.push((play.access, Whose::RowLevelSecurity));
            }
        }
        Ok::<_, Failed>(differ)
    };
    let done = done.await;
    let ended = door.end_scratch().await;
    let done = done.map_err(|failed| failed.while_doing("replay the witnesses"))?;
    ended.map_err(|failed| failed.while_doing("remove the schema again"))?;
    Ok(done)
}

/// What the filters decide.
async fn filtered(door: &mut Door, play: &Play) -> Result<bool, Failed> {
    door.script("BEGIN").await?;
    store(door, &play.before).await?;
    let before = answers(door, &play.asked_before).await?;
    store(door, &play.after).await?;
    let after = answers(door, &play.asked_after).await?;
    door.script("ROLLBACK").await?;
    Ok(play.decides(&before, &after))
}

async fn store(door: &mut Door, rows: &[Statement]) -> Result<(), Failed> {
    for row in rows {
        door.execute(row).await?;
    }
    Ok(())
}

async fn answers(door: &mut Door, questions: &[Statement]) -> Result<Vec<bool>, Failed> {
    let mut answers = Vec::new();
    for question in questions {
        answers.push(door.ids(question).await?.contains(&Play::RECORD));
    }
    Ok(answers)
}

/// What the caller himself is let through to.
async fn tried(
    door: &mut Door,
    (rows, settings): (&[Statement], &[(&'static str, String)]),
    attempt: &Try,
) -> Result<bool, Failed> {
    door.script("BEGIN").await?;
    store(door, rows).await?;
    door.make_role().await?;
    door.become_caller(settings).await?;
    let reached = match attempt {
        Try::Read(question) => door.ids(question).await?.contains(&Play::RECORD),
        Try::Write(statement) => door.are_let_through(std::slice::from_ref(statement)).await?,
    };
    door.script("ROLLBACK").await?;
    Ok(reached)
}

fn unasked(why: &Unclaimed) -> Stop {
    match why {
        Unclaimed::Exhausted(_) => Stop::new(Exit::Findings, format!("no database can be asked: {why}")),
        Unclaimed::Sql(_) | Unclaimed::Unfit(_) => Stop::bug(why),
    }
}

/// For people.
pub fn human(replayed: &[Replayed]) -> String {
    let mut out = String::new();
    for Replayed { database, as_shown, differ } in replayed {
        let are = if *as_shown == 1 { "witness is" } else { "witnesses are" };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{database}: {as_shown} {are} decided as shown");
        differ.iter().for_each(|what| {
            let _ = writeln!(out, "  x {what}");
        });
    }
    out
}

/// For a comment on a pull request.
pub fn markdown(replayed: &[Replayed]) -> String {
    if replayed.is_empty() { String::new() } else { format!("\n```text\n{}```\n", human(replayed)) }
}

/// Only what is decided otherwise needs eyes.
pub fn github(replayed: &[Replayed]) -> String {
    let differ = replayed.iter().flat_map(|one| &one.differ);
    differ.map(|what| format!("::error title=replay::{what}\n")).collect()
}

#[cfg(test)]
mod tests {
    use athyper_metac::diag::Lints;
    use athyper_metac::diff::{self, Only};
    use athyper_metac::source::SourceSet;
    use athyper_schemas::bundle::Bundle;

    use super::*;

    const ORDER: &str = "entity: Order
fields: { total: money!, note: text }
---
policy: OrderAccess
for: Order
rules:
  - { id: look, allow: [read], to: [clerk], when: total LIMIT 9.00 }
  - { id: make, allow: [create, delete], to: [clerk], when: total LIMIT 9.00 }
  - { id: keep, allow: [update], to: [clerk], when: total < 20.00, after: total LIMIT 9.00 }
  - { id: see, allow: [read, update], to: [boss] }
fields:
  note: { read: [boss], when: total LIMIT 9.00 }
";

    fn model(limit: &str) -> Bundle {
        let head = "package: shop\nedition: 2026\n".to_owned();
        let files = [("metac.yaml", head), ("order.yaml", ORDER.replace("LIMIT", limit))];
        let files = files.map(|(path, text)| (path.to_owned(), text.into_bytes()));
        let outcome = athyper_metac::model(&SourceSet::new(files.to_vec()), Lints::default());
        outcome.made.unwrap_or_else(|_| panic!("{:?}", outcome.said))
    }

    #[test]
    fn what_is_shown_the_wrong_way_round_is_decided_otherwise() {
        let (old, new) = (model("<"), model("<="));
        let pair = Pair { old: &old, new: &new };
        let mut difference = diff::compare(pair, &Only::default());
        let decided = |difference: &Difference| all(&[Asked::Sqlite], pair, difference).unwrap().remove(0);
        let right = decided(&difference);
        assert_eq!((right.as_shown, right.differ.len()), (6, 0), "{right:?} {difference:?}");
        for access in &mut difference.access {
            std::mem::swap(&mut access.old.decided, &mut access.new.decided);
        }
        let wrong = decided(&difference);
        assert_eq!((wrong.as_shown, wrong.differ.len()), (0, 12), "{wrong:?}");
    }
}
