//! The evaluator, SQLite and PostgreSQL give one answer: random well-typed expressions over hostile records, both
//! rails and the value, with constants known, kept for later, and inline.
//!
//! `ATHYPER_AGREE_CASES` sets the number of expressions (1,000), `ATHYPER_AGREE_SEED` the first seed. A failure
//! names its seed and the smallest part of the expression that disagrees.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "in a test a panic is the report, and the counts are for reading"
)]

use std::collections::BTreeMap;

mod database;
mod generate;
mod policy;
mod world;

use athyper_expr::eval::Program;
use athyper_expr::ir::{Kind, Node};
use athyper_expr::kind::kind_of;
use athyper_expr::sql::{Constants, Identifier, Lowering, NotLowerable, Row, SqlText};
use athyper_expr::value::Value;
use athyper_schemas::dialect::Dialect;
use athyper_tests::postgres::Postgres;

use database::{Answer, Database, Question};
use generate::Generator;
use world::World;

/// How many expressions one statement asks about.
const BATCH: u64 = 25;

/// What becomes of the parts of an expression that look at no record.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Known,
    Kept,
    Inline,
}

/// One expression.
struct Case {
    seed: u64,
    node: Node,
    mode: Mode,
}

/// What came out.
#[derive(Default)]
struct Tally {
    compared: u64,
    refused: BTreeMap<String, u64>,
    /// False, true, unknown.
    decided: [u64; 3],
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test]
async fn evaluator_sqlite_and_postgres_agree() {
    let cases = setting("ATHYPER_AGREE_CASES", 1000);
    let first = setting("ATHYPER_AGREE_SEED", 1);
    let world = World::new(7);
    let server = Postgres::shared().unwrap();
    let databases = [Database::sqlite(&world).await, Database::postgres(server, &world, "agree").await];
    let mut tally = Tally::default();
    println!("seeds {first} to {}", first + cases - 1);
    for start in (first..first + cases).step_by(usize::try_from(BATCH).unwrap()) {
        let mut cases: Vec<Case> = (start..(start + BATCH).min(first + cases)).map(case).collect();
        cases.retain_mut(|case| is_lowered(&world, case, &mut tally));
        let (sqlite, postgres) =
            tokio::join!(ask(&world, &databases[0], &cases), ask(&world, &databases[1], &cases));
        for ((case, sqlite), postgres) in cases.iter().zip(sqlite).zip(postgres) {
            let expected = evaluate(&world, &case.node, case.seed);
            for (found, database) in [(sqlite, &databases[0]), (postgres, &databases[1])] {
                if found != Ok(expected.clone()) {
                    report(&world, database, case).await;
                }
            }
            tally.compared += u64::try_from(expected.len()).unwrap();
            if kind_of(&case.node) == Some(Kind::Bool) {
                expected.iter().for_each(|(truth, _)| tally.decided[truth.map_or(2, usize::from)] += 1);
            }
        }
    }
    let refused: u64 = tally.refused.values().sum();
    let Tally { compared, decided, .. } = tally;
    println!("{compared} answers agree; false, true, unknown: {decided:?}; refused {refused} of {cases}");
    assert!(refused * 5 < cases, "too many were refused: {:#?}", tally.refused);
    assert!(cases < 500 || decided.iter().all(|count| count * 10 > compared), "{decided:?}: one-sided cases");
}

fn case(seed: u64) -> Case {
    let mut generator = Generator::new(seed);
    let kind = generator.kind();
    let node = generator.node(&kind, 2 + u8::try_from(seed % 4).unwrap() % 3);
    Case { seed, node, mode: [Mode::Known, Mode::Kept, Mode::Inline][usize::try_from(seed / 4 % 3).unwrap()] }
}

/// Whether the expression can be said in SQL. Both databases say the same expressions; one that a constraint cannot say
/// is asked with its constants known.
fn is_lowered(world: &World, case: &mut Case, tally: &mut Tally) -> bool {
    if case.mode == Mode::Inline && lower(world, Dialect::Sqlite, case).is_err() {
        case.mode = Mode::Known;
    }
    let refusal = |dialect| lower(world, dialect, case).err().map(|reason| reason.to_string());
    let (sqlite, postgres) = (refusal(Dialect::Sqlite), refusal(Dialect::Postgres));
    let too_long = |reason: &Option<String>| reason.as_ref().is_some_and(|reason| reason.contains("64 KiB"));
    if sqlite != postgres && !too_long(&sqlite) && !too_long(&postgres) {
        panic!("seed {}: SQLite refuses {sqlite:?}, PostgreSQL {postgres:?}", case.seed);
    }
    match sqlite.or(postgres) {
        None => true,
        Some(reason) => {
            *tally.refused.entry(reason).or_default() += 1;
            false
        }
    }
}

fn evaluate(world: &World, node: &Node, seed: u64) -> Vec<Answer> {
    let program = Program::compile_node(node, world).unwrap();
    let is_condition = kind_of(node) == Some(Kind::Bool);
    world
        .records()
        .map(|record| {
            let context = world.context(record, seed);
            let truth = is_condition.then(|| program.judge(&context).unwrap()).flatten();
            (truth, program.evaluate(&context).unwrap().stored())
        })
        .collect()
}

fn lower(world: &World, dialect: Dialect, case: &Case) -> Result<Question, NotLowerable> {
    let constant = |node: &Node| {
        let program = Program::compile_node(node, world).ok()?;
        program.evaluate(&world.context(&[], case.seed)).ok()
    };
    let (constants, row) = match case.mode {
        Mode::Inline => (Constants::Inline, Row::bare("m.Rec")),
        mode => (
            if mode == Mode::Known { Constants::Known(&constant) } else { Constants::Kept },
            Row::aliased("m.Rec", Identifier::new("r").unwrap()),
        ),
    };
    let mut lowering = Lowering::new(world, dialect, constants);
    let kind = kind_of(&case.node);
    let (yes, no) = if kind == Some(Kind::Bool) {
        let yes = lowering.rail_true(&case.node, &row)?.into_sql();
        (yes, lowering.rail_false(&case.node, &row)?.into_sql())
    } else {
        (SqlText::from("FALSE"), SqlText::from("FALSE"))
    };
    let value = lowering.value(&case.node, &row)?;
    Ok(Question { seed: case.seed, kind, yes, no, value, kept: lowering.into_constants() })
}

/// What a database says of each case; when the statement with all of them fails, of one after another.
async fn ask(world: &World, database: &Database, cases: &[Case]) -> Vec<Result<Vec<Answer>, String>> {
    let mut questions: Vec<Question> =
        cases.iter().map(|case| lower(world, database.dialect(), case).unwrap()).collect();
    let inline = cases.iter().zip(&questions).filter(|(case, _)| case.mode == Mode::Inline);
    database.generate(&inline.map(|(_, question)| question).collect::<Vec<_>>()).await.unwrap();
    if let Ok(answers) = database.ask(world, &questions).await {
        return answers.into_iter().map(Ok).collect();
    }
    let mut answers = Vec::new();
    for question in questions.drain(..) {
        let answer = database.ask(world, &[question]).await;
        answers.push(answer.map(|mut answers| answers.remove(0)));
    }
    answers
}

/// Panics with the smallest closed part of the expression about which the database and the evaluator disagree.
async fn report(world: &World, database: &Database, case: &Case) {
    let mut parts = generate::closed_parts(&case.node);
    parts.sort_by_key(|part| serde_json::to_string(part).unwrap().len());
    for node in parts {
        let part = Case { seed: case.seed, node, mode: case.mode };
        let Ok(question) = lower(world, database.dialect(), &part) else { continue };
        let question = [question];
        let (text, binds) = database.statement(world, &question);
        let about = format!(
            "seed {} {:?} {:?}\n{}\n{text}\n{binds:?}",
            part.seed,
            database.dialect(),
            part.mode,
            serde_json::to_string(&part.node).unwrap()
        );
        let found = match database.ask(world, &question).await {
            Ok(mut answers) => answers.remove(0),
            Err(error) => panic!("{error}\n{about}"),
        };
        let expected = evaluate(world, &part.node, part.seed);
        for ((expected, found), record) in expected.iter().zip(&found).zip(world.records()) {
            if expected != found {
                let record: Vec<String> = record.iter().map(Value::to_string).collect();
                panic!("evaluator {expected:?}\ndatabase  {found:?}\nrecord {record:?}\n{about}");
            }
        }
    }
    panic!("seed {} {:?} {:?}: disagrees as a whole only", case.seed, database.dialect(), case.mode);
}
