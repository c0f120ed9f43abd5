//! The evaluator and SQLite give one answer: random well-typed expressions over hostile records, both rails and
//! the value, with constants known, kept for later, and inline.
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

mod generate;
mod world;

use athyper_expr::eval::Program;
use athyper_expr::ir::{Kind, Node};
use athyper_expr::sql::{Constants, Lowering, Row, SqlText};
use athyper_expr::value::{Stored, Value};
use athyper_schemas::dialect::Dialect;

use generate::Generator;
use world::World;

/// What the evaluator says of one record: whether it holds, and the value as a column would hold it.
type Answer = (Option<bool>, Stored);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Known,
    Kept,
    Inline,
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test]
async fn sqlite_agrees_with_the_evaluator() {
    let cases = setting("ATHYPER_AGREE_CASES", 1000);
    let first = setting("ATHYPER_AGREE_SEED", 1);
    let world = World::new().await;
    let (mut compared, mut refused, mut decided) = (0u64, BTreeMap::new(), [0u64; 3]);
    for seed in first..first + cases {
        let mut generator = Generator::new(seed);
        let kind = generator.kind();
        let node = generator.node(&kind, 4);
        let mut mode = [Mode::Known, Mode::Kept, Mode::Inline][usize::try_from(seed % 3).unwrap()];
        let expected = evaluate(&world, &node, &kind, seed);
        let mut found = ask(&world, &node, &kind, mode, seed).await;
        if mode == Mode::Inline && found.as_ref().is_err_and(|reason| reason.starts_with("refused")) {
            mode = Mode::Known;
            found = ask(&world, &node, &kind, mode, seed).await;
        }
        match found {
            Err(reason) if reason.starts_with("refused") => *refused.entry(reason).or_insert(0u64) += 1,
            Err(reason) => panic!("seed {seed} {mode:?}: {reason}"),
            Ok(found) if found == expected => {
                compared += u64::try_from(found.len()).unwrap();
                for (truth, _) in expected.iter().filter(|_| kind == Kind::Bool) {
                    decided[truth.map_or(2, usize::from)] += 1;
                }
            }
            Ok(_) => report(&world, &node, mode, seed).await,
        }
    }
    let all_refused: u64 = refused.values().sum();
    println!(
        "{compared} answers agree; false, true, unknown: {decided:?}; {all_refused} expressions {refused:#?}"
    );
    assert!(all_refused * 5 < cases, "too many of {cases} expressions were refused: {refused:#?}");
    assert!(cases < 500 || decided.iter().all(|count| count * 10 > compared), "{decided:?}: one-sided cases");
}

fn evaluate(world: &World, node: &Node, kind: &Kind, seed: u64) -> Vec<Answer> {
    let program = Program::compile_node(node, world).unwrap();
    world
        .records()
        .map(|record| {
            let context = world.context(record, seed);
            let value = program.evaluate(&context).unwrap();
            let truth = program.judge(&context).unwrap();
            (truth.filter(|_| *kind == Kind::Bool), value.stored())
        })
        .collect()
}

/// What SQLite says; an error that begins with `refused` when the expression cannot be lowered.
async fn ask(world: &World, node: &Node, kind: &Kind, mode: Mode, seed: u64) -> Result<Vec<Answer>, String> {
    let constant = |node: &Node| {
        let program = Program::compile_node(node, world).ok()?;
        program.evaluate(&world.context(&[], seed)).ok()
    };
    let constants = match mode {
        Mode::Known => Constants::Known(&constant),
        Mode::Kept => Constants::Kept,
        Mode::Inline => Constants::Inline,
    };
    let row = match mode {
        Mode::Inline => Row::bare("m.Rec"),
        _ => Row::aliased("m.Rec", athyper_expr::sql::Identifier::new("r").unwrap()),
    };
    let mut lowering = Lowering::new(world, Dialect::Sqlite, constants);
    let refused = |reason| format!("refused: {reason}");
    let (yes, no) = if *kind == Kind::Bool {
        let yes = lowering.rail_true(node, &row).map_err(refused)?.into_sql();
        (yes, lowering.rail_false(node, &row).map_err(refused)?.into_sql())
    } else {
        (SqlText::from("NULL"), SqlText::from("NULL"))
    };
    let value = lowering.value(node, &row).map_err(refused)?;
    let kept = lowering.into_constants();
    let (yes, no, value) = world.ask(yes, no, value, &kept, seed).await?;
    Ok(yes
        .into_iter()
        .zip(no)
        .zip(value)
        .map(|((yes, no), value)| {
            assert!(!(yes && no), "seed {seed}: both rails hold");
            let truth = if *kind == Kind::Bool && (yes || no) { Some(yes) } else { None };
            (truth, value)
        })
        .collect())
}

/// Panics with the smallest closed part of `node` that disagrees.
async fn report(world: &World, node: &Node, mode: Mode, seed: u64) {
    let mut parts = generate::closed_parts(node);
    parts.sort_by_key(|(part, _)| serde_json::to_string(part).unwrap().len());
    for (part, kind) in &parts {
        let expected = evaluate(world, part, kind, seed);
        let found = match ask(world, part, kind, mode, seed).await {
            Ok(found) => found,
            Err(reason) if reason.starts_with("refused") => continue,
            Err(reason) => panic!("seed {seed} {mode:?}: {reason}"),
        };
        for ((expected, found), record) in expected.iter().zip(&found).zip(world.records()) {
            if expected != found {
                let record: Vec<String> = record.iter().map(Value::to_string).collect();
                let part = serde_json::to_string(part).unwrap();
                panic!(
                    "seed {seed} {mode:?}\n{part}\nrecord {record:?}\nevaluator {expected:?}\nSQLite    \
                     {found:?}\n{}",
                    world.last_text()
                );
            }
        }
    }
    panic!("seed {seed} {mode:?}: disagrees as a whole only");
}
