//! Policies have one meaning: the evaluator, the filters on SQLite and PostgreSQL, and row level security agree for
//! every caller and record.
//!
//! A case is a policy, a caller and a record. `ATHYPER_AGREE_POLICY_CASES` sets how many are tried (20,000),
//! `ATHYPER_AGREE_SEED` the first seed. A failure is shrunk, and names its seed.

mod case;
mod judges;
mod model;
mod phrase;
mod seen;
mod shrink;

use std::collections::BTreeMap;
use std::time::Instant;

use athyper_policy::Rules;
use athyper_schemas::bundle::{Action, Policy};
use athyper_tests::postgres::Postgres;

use crate::generate::Random;
use crate::setting;
use crate::world::World;

use case::User;
use judges::{Ids, Judges, id_of};

/// Callers that each policy is tried with.
const CALLERS: usize = 4;

/// Policies that are tried over one set of records.
const PER_WORLD: u64 = 500;

/// Where the judges differ.
#[derive(Debug)]
pub struct Mismatch {
    pub user: User,
    pub what: String,
}

#[derive(Default)]
struct Tally {
    cases: u64,
    allowed: u64,
    tried: u64,
    policies: u64,
    /// Policies that were not asked.
    skipped: u64,
    /// Why something could not be said in SQL.
    refused: BTreeMap<String, u64>,
}

#[tokio::test]
async fn policies_agree_with_the_filters_and_row_level_security() {
    let wanted = setting("ATHYPER_AGREE_POLICY_CASES", 20_000);
    let first = setting("ATHYPER_AGREE_SEED", 1);
    let server = Postgres::shared().unwrap();
    let mut judges = Judges::new(server, first / PER_WORLD).await;
    let (mut tally, mut seed, start) = (Tally::default(), first, Instant::now());
    println!("policies from seed {first}");
    while tally.cases < wanted {
        if seed > first && seed.is_multiple_of(PER_WORLD) {
            judges = Judges::new(server, seed / PER_WORLD).await;
            println!("{} cases, {:.0} s", tally.cases, start.elapsed().as_secs_f64());
        }
        let (policy, unsaid) = case::policy(seed, &judges.world);
        unsaid.into_iter().for_each(|reason| tally.refuse(reason.to_string()));
        let users = callers(seed);
        match judge(&mut judges, &policy, &users).await {
            Ok(Ok(answers)) => tally.count(&answers, &judges.world),
            Ok(Err(reason)) => {
                tally.skipped += 1;
                tally.refuse(reason);
            }
            Err(mismatch) => shrink::report(&mut judges, seed, policy, mismatch).await,
        }
        seed += 1;
    }
    let Tally { cases, allowed, tried, policies, skipped, refused } = tally;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{cases} cases of {policies} policies agree, {allowed} of them allowed, and {tried} more tries; {skipped} \
         policies skipped; seeds {first} to {}; {seconds:.0} s",
        seed - 1
    );
    assert!(skipped * 20 < policies, "too many were skipped: {refused:#?}");
    assert!(refused.values().sum::<u64>() < policies, "too much was refused: {refused:#?}");
    assert!(allowed * 20 > cases, "hardly anything was allowed");
}

fn callers(seed: u64) -> Vec<User> {
    let mut random = Random::new(!seed);
    (0..CALLERS).map(|_| User::random(&mut random)).collect()
}

/// Mistakes that somebody could make when he writes row level security, as words in the file.
const MISTAKES: [(&str, &str); 10] = [
    (" IS NOT TRUE", " IS FALSE"),
    (" IS NOT DISTINCT FROM ", " = "),
    (" IS DISTINCT FROM ", " <> "),
    ("'tenant', TRUE)", "'', TRUE)"),
    ("\"rec\".\"deleted_at\" IS NULL", "TRUE"),
    (" <> 'anonymous'", " <> ''"),
    (" ?| ", " ?& "),
    ("NOT (SELECT coalesce", "(SELECT coalesce"),
    (" COLLATE \"C\"", ""),
    ("athyper.now", "athyper.later"),
];

#[tokio::test]
async fn a_mistake_in_row_level_security_is_noticed() {
    let server = Postgres::shared().unwrap();
    let mut judges = Judges::new(server, 0).await;
    for mistake in MISTAKES {
        judges.mistake = Some(mistake);
        let mut seed = 1;
        loop {
            let (policy, _) = case::policy(seed, &judges.world);
            if judge(&mut judges, &policy, &callers(seed)).await.is_err() {
                break;
            }
            seed += 1;
            assert!(seed < PER_WORLD, "{mistake:?} makes no difference");
        }
        println!("{mistake:?}: noticed by policy {seed}");
    }
}

impl Tally {
    fn refuse(&mut self, reason: String) {
        *self.refused.entry(reason).or_default() += 1;
    }

    fn count(&mut self, answers: &[Answers], world: &World) {
        self.policies += 1;
        for answers in answers {
            self.cases += u64::try_from(world.records().count()).unwrap();
            self.allowed += u64::try_from(answers.read.len()).unwrap();
            self.tried += u64::try_from(answers.tried).unwrap();
        }
    }
}

/// What all of them said of one caller.
pub struct Answers {
    read: Ids,
    tried: usize,
}

/// What all say of a policy; why it was not asked; or where they differ.
pub async fn judge(
    judges: &mut Judges,
    policy: &Policy,
    users: &[User],
) -> Result<Result<Vec<Answers>, String>, Mismatch> {
    let differ = |user: &User, what: String| Mismatch { user: user.clone(), what };
    let mut filtered = Vec::new();
    for user in users {
        match judges.filter(policy, user).await {
            Ok(found) => filtered.push(found),
            Err(refused) if refused.contains("cannot be asked") => return Ok(Err(refused)),
            Err(error) => return Err(differ(user, error)),
        }
    }
    if let Some(refused) = judges.enforce(policy).await.pop() {
        return Ok(Err(format!("row level security: {refused}")));
    }
    let rules = Rules::compile([policy], &judges.world).unwrap();
    let held = match judges.hold(users, true).await {
        Ok(held) => held,
        Err(error) => return Err(differ(&users[0], error)),
    };
    let records: Vec<_> = judges.world.records().map(<[_]>::to_vec).collect();
    let mut answers = Vec::new();
    for ((user, [sqlite, postgres]), held) in users.iter().zip(filtered).zip(held) {
        let read = judges.evaluate(&rules, user, Action::Read, &records);
        for (judge, found) in [("SQLite", &sqlite), ("PostgreSQL", &postgres), ("RLS", &held.read)] {
            differences(judge, &read, found).map_err(|what| differ(user, what))?;
        }
        let lines = lines(&records, &read);
        differences("RLS of the lines", &lines, &held.lines).map_err(|what| differ(user, what))?;
        let mut tried = 0;
        if let Some(found) = &held.tried {
            tried = 3 * records.len();
            let may = |action, records: &[_]| judges.evaluate(&rules, user, action, records);
            let seen = |ids: Ids| ids.intersection(&read).copied().collect::<Ids>();
            let expected = [
                ("RLS of create", Action::Create, may(Action::Create, &judges.candidates), &found.created),
                ("RLS of update", Action::Update, seen(may(Action::Update, &records)), &found.updated),
                ("RLS of delete", Action::Delete, seen(may(Action::Delete, &records)), &found.deleted),
            ];
            for (judge, action, expected, found) in expected {
                let told = if is_exact(policy, action) {
                    differences(judge, &expected, found)
                } else {
                    differences(judge, &expected, &expected.intersection(found).copied().collect())
                };
                told.map_err(|what| differ(user, what))?;
            }
        }
        answers.push(Answers { read, tried });
    }
    Ok(Ok(answers))
}

/// Whether row level security can say all that the rules about `action` ask: nothing about two images at once.
fn is_exact(policy: &Policy, action: Action) -> bool {
    let mut about = policy.rules.iter().filter(|rule| rule.actions.contains(&action));
    let looks_back = |after: &athyper_expr::ir::Expr| after.source.contains("old.");
    match action {
        Action::Update => about.all(|rule| rule.after.is_none()),
        _ => !about.any(|rule| rule.after.as_ref().is_some_and(looks_back)),
    }
}

fn differences(judge: &str, expected: &Ids, found: &Ids) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    let wider: Vec<_> = found.difference(expected).map(ToString::to_string).collect();
    let narrower: Vec<_> = expected.difference(found).map(ToString::to_string).collect();
    Err(format!("{judge} lets through {wider:?} too, and not {narrower:?}"))
}

/// The lines of the records that may be read.
fn lines(records: &[Vec<athyper_expr::Value>], read: &Ids) -> Ids {
    let readable = records.iter().filter(|record| read.contains(&id_of(record)));
    let lists = readable.flat_map(|record| {
        record.iter().filter_map(|value| match value {
            athyper_expr::Value::List(values) => Some(values.to_vec()),
            _ => None,
        })
    });
    let lines = lists.flatten().filter_map(|value| match value {
        athyper_expr::Value::Record(fields) => Some(id_of(&fields)),
        _ => None,
    });
    lines.collect()
}
