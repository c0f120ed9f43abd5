//! Policy tests on real databases: the records are stored, and every answer is compared with the one from memory.
//! What was made is gone afterwards.

use std::collections::BTreeSet;

use athyper_metac::diag::{Diagnostic, policy_tests as tell};
use athyper_metac::emit::sql::{row_level_security, tables};
use athyper_metac::policy_test::sql::{Claim, Held, Unasked, Unclaimed, held, rows, steps};
use athyper_metac::policy_test::{Judge, Suite};
use athyper_schemas::bundle::Bundle;
use athyper_schemas::dialect::Dialect;

use self::door::{Door, Failed};
use super::{Exit, Stop};

pub mod door;

/// What came of one database.
pub struct Compared {
    /// Its name, as people say it.
    pub database: &'static str,
    /// How many answers were compared.
    pub answers: usize,
    /// Those that differ.
    pub differ: Vec<Diagnostic>,
    /// What row level security cannot say, and was not asked.
    pub unasked: Vec<Unasked>,
    /// Why not everything was asked, if so.
    pub failed: Option<Stop>,
}

impl Compared {
    /// Nothing asked yet.
    pub const fn with(database: &'static str) -> Self {
        Self { database, answers: 0, differ: Vec::new(), unasked: Vec::new(), failed: None }
    }

    /// Whether everything was asked, and every answer is as in memory.
    pub const fn passes(&self) -> bool {
        self.differ.is_empty() && self.failed.is_none()
    }
}

/// What is tried.
#[derive(Clone, Copy)]
pub struct Tried<'a> {
    pub judge: &'a Judge<'a>,
    pub bundle: &'a Bundle,
    pub suites: &'a [Suite],
    pub filter: Option<&'a str>,
}

/// Asks an SQLite database in memory.
pub fn sqlite(tried: Tried<'_>) -> Compared {
    let mut compared = Compared::with("SQLite");
    compared.failed = block(async {
        let mut door = Door::sqlite().await?;
        let prepared = prepare(&mut door, tried.bundle, Dialect::Sqlite).await;
        prepared.map_err(|failed| failed.while_doing("make the tables in SQLite"))?;
        compare(&mut door, tried, Dialect::Sqlite, &mut compared).await
    })
    .err();
    compared
}

/// Asks a PostgreSQL database, in a schema of its own that is removed again, by the filters and by row level security.
pub fn postgres(url: &str, tried: Tried<'_>) -> Compared {
    let mut compared = Compared::with("PostgreSQL");
    compared.failed = block(async {
        let mut door = Door::postgres(url).await?;
        door.begin_scratch().await.map_err(|failed| failed.while_doing("make a schema to try in"))?;
        let asked = in_postgres(&mut door, tried, &mut compared).await;
        let ended = door.end_scratch().await;
        asked?;
        ended.map_err(|failed| failed.while_doing("remove the schema again"))
    })
    .err();
    compared
}

async fn in_postgres(door: &mut Door, tried: Tried<'_>, compared: &mut Compared) -> Result<(), Stop> {
    let prepared = prepare(door, tried.bundle, Dialect::Postgres).await;
    prepared.map_err(|failed| failed.while_doing("make the tables in PostgreSQL"))?;
    compare(door, tried, Dialect::Postgres, compared).await?;
    let unsaid = row_level_security(tried.bundle).unsaid;
    for suite in tried.suites {
        let all = held((tried.judge, tried.bundle), &unsaid, suite, tried.filter);
        let all = all.map_err(|why| unclaimed(suite, &why))?;
        let asked = async {
            begin(door, tried.bundle, suite, Dialect::Postgres).await?;
            door.make_role().await?;
            for one in all {
                under_row_level_security(door, one, compared).await?;
            }
            door.script("ROLLBACK").await
        };
        asked.await.map_err(|failed| failed.while_doing("ask PostgreSQL under row level security"))?;
    }
    Ok(())
}

/// Asks what one caller sees, and what of his writes is let through; each is undone.
async fn under_row_level_security(
    door: &mut Door,
    held: Held,
    compared: &mut Compared,
) -> Result<(), Failed> {
    let whose = "row level security";
    door.script("SAVEPOINT caller").await?;
    door.become_caller(&held.settings).await?;
    for claim in &held.claims {
        self::claim(door, claim, whose, compared).await?;
    }
    door.script("ROLLBACK TO SAVEPOINT caller").await?;
    for attempt in &held.attempts {
        for statement in &attempt.before {
            door.execute(statement).await?;
        }
        door.become_caller(&held.settings).await?;
        let through = door.are_let_through(&attempt.writes).await?;
        door.script("ROLLBACK TO SAVEPOINT caller").await?;
        compared.answers += 1;
        if through != attempt.allowed {
            let told = tell::database_differs(attempt.span, whose, &attempt.what, attempt.allowed);
            compared.differ.push(told);
        }
    }
    compared.unasked.extend(held.unasked);
    Ok(())
}

pub(in crate::cli) fn block<T>(work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Stop::new(Exit::Outside, format!("cannot wait for a database: {error}")))?;
    runtime.block_on(work)
}

/// The tables as they are served, without what only judges whether a record is complete.
pub(in crate::cli) async fn prepare(
    door: &mut Door,
    bundle: &Bundle,
    dialect: Dialect,
) -> Result<(), Failed> {
    door.script(&tables(bundle, dialect)).await?;
    if dialect == Dialect::Postgres {
        door.script(&row_level_security(bundle).text).await?;
    }
    door.forget_constraints().await
}

async fn begin(door: &mut Door, bundle: &Bundle, suite: &Suite, dialect: Dialect) -> Result<(), Failed> {
    door.script("BEGIN").await?;
    for statement in rows(bundle, suite, dialect) {
        door.execute(&statement).await?;
    }
    Ok(())
}

async fn compare(
    door: &mut Door,
    tried: Tried<'_>,
    dialect: Dialect,
    compared: &mut Compared,
) -> Result<(), Stop> {
    let database = compared.database;
    for suite in tried.suites {
        let steps = steps((tried.judge, tried.bundle), suite, dialect, tried.filter);
        let steps = steps.map_err(|why| unclaimed(suite, &why))?;
        let asked = async {
            begin(door, tried.bundle, suite, dialect).await?;
            for step in &steps {
                door.script("SAVEPOINT step").await?;
                for statement in &step.writes {
                    door.execute(statement).await?;
                }
                for claim in &step.claims {
                    self::claim(door, claim, database, compared).await?;
                }
                door.script("ROLLBACK TO SAVEPOINT step").await?;
            }
            door.script("ROLLBACK").await
        };
        let doing = format!("ask {database} about `{}`", suite.name);
        asked.await.map_err(|failed| failed.while_doing(&doing))?;
    }
    Ok(())
}

/// A condition may be too long to judge; that is found, like a test that fails.
fn unclaimed(suite: &Suite, why: &Unclaimed) -> Stop {
    match why {
        Unclaimed::Exhausted(_) => {
            Stop::new(Exit::Findings, format!("no database can be asked about `{}`: {why}", suite.name))
        }
        Unclaimed::Sql(_) | Unclaimed::Unfit(_) => Stop::bug(why),
    }
}

async fn claim(door: &mut Door, claim: &Claim, whose: &str, compared: &mut Compared) -> Result<(), Failed> {
    let given: BTreeSet<_> = door.ids(&claim.question).await?;
    compared.answers += claim.about.len();
    for (id, (name, span)) in &claim.about {
        let memory = claim.allowed.contains(id);
        if given.contains(id) != memory {
            let what = format!("{} of `{name}`", claim.what);
            compared.differ.push(tell::database_differs(*span, whose, &what, memory));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use athyper_metac::diag::Lints;
    use athyper_metac::source::SourceSet;

    use super::*;

    const FILES: [(&str, &str); 2] = [
        ("metac.yaml", "package: shop\nedition: 2026\nuser: { region: string }\n"),
        (
            "order.yaml",
            "entity: Order
fields:
  region: string(8)! index
  total:  { type: money, computed: \"lines.map(l, l.amount).sum()\", stored: true }
  lines:  list(Line)
---
entity: Line
fields: { amount: money! }
---
policy: OrderAccess
for: Order
rules:
  - { id: look, allow: [read, update], to: [buyer], when: region == user.region, after: region == old.region }
  - { id: make, allow: [create], to: [buyer], after: \"coalesce(total, 0.00) <= 10.00\" }
  - { id: large, deny: [update], to: [buyer], after: \"lines.exists(l, l.amount > 5.00)\" }
---
policy_test: OrderAccess
for: Order
principals:
  ann: { roles: [buyer], region: EU }
  bob: { roles: [buyer] }
records:
  Order:
    eu: { region: EU, lines: [{ amount: 1.00 }] }
    us: { region: US, lines: [{ amount: 6.00 }] }
tests:
  - name: Buyers
    expect:
      ann: { eu: { allow: \"*\", deny: [delete, export, import, share] }, us: { allow: create, deny: \"*\" } }
      bob: { \"*\": { allow: create, deny: \"*\" } }
  - name: Large orders
    changed: { lines: [{ amount: 6.00 }, { amount: 5.00 }] }
    expect:
      ann: { eu: { deny: [create, update] } }
",
        ),
    ];

    #[test]
    fn an_answer_that_differs_is_told_and_only_such_a_one() {
        let sources = SourceSet::new(FILES.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
        let outcome = athyper_metac::rehearse(&sources, Lints::default());
        let (_, rehearsal) = outcome.made.unwrap_or_else(|_| panic!("{:?}", outcome.said));
        let bundle = rehearsal.bundle.unwrap();
        let judge = Judge::new(&bundle).unwrap();
        let tried = Tried { judge: &judge, bundle: &bundle, suites: &rehearsal.suites, filter: None };
        let compared = sqlite(tried);
        assert!(compared.passes(), "{:?} {:?}", compared.differ, compared.failed);
        let wrong = block(async {
            let mut door = Door::sqlite().await?;
            prepare(&mut door, &bundle, Dialect::Sqlite).await.unwrap();
            let mut wrong = Compared::with("SQLite");
            for suite in &rehearsal.suites {
                for mut step in steps((&judge, &bundle), suite, Dialect::Sqlite, None).unwrap() {
                    begin(&mut door, &bundle, suite, Dialect::Sqlite).await.unwrap();
                    for statement in &step.writes {
                        door.execute(statement).await.unwrap();
                    }
                    for one in &mut step.claims {
                        one.allowed =
                            one.about.keys().filter(|id| !one.allowed.contains(*id)).copied().collect();
                        claim(&mut door, one, "SQLite", &mut wrong).await.unwrap();
                    }
                    door.script("ROLLBACK").await.unwrap();
                }
            }
            Ok(wrong)
        });
        let wrong = wrong.unwrap();
        assert_eq!((wrong.differ.len(), wrong.answers), (compared.answers, compared.answers));
        assert!(compared.answers > 20, "{}", compared.answers);
    }
}
