//! What a client's filter sees: through references, and of all that stands in the records there, no more than its caller
//! may read.
//!
//! A case is a policy about the records that are referred to, a caller, a filter and a record. The databases must find
//! the records for which the filter holds in a world without those that he may not read: a reference to one of them is a
//! bare id there. What is computed is computed from all of them.

use std::collections::{BTreeMap, BTreeSet};

use athyper_expr::check::Expected;
use athyper_expr::compile;
use athyper_expr::eval::{Context, Layout, Place, Program};
use athyper_expr::ir::{Call, Choice, Expr, FieldAccess, Fold, Kind, Node, Ty};
use athyper_expr::sql::{Column, Constants, Identifier, Lowering, NotLowerable, Row, Source, SqlText, Table};
use athyper_expr::value::Value;
use athyper_policy::{Condition, Images, Residual, Rules};
use athyper_schemas::bundle::{Action, Effect, Grantee, Policy, Rule};
use athyper_schemas::dialect::Dialect;
use athyper_tests::postgres::Postgres;
use uuid::Uuid;

use super::case::{SPOKEN_TO, User};
use super::phrase::{self, Surroundings};
use super::shrink::{STEPS, hoisted, smaller};
use super::{PER_WORLD, judges::id_of};
use crate::database::{Database, Question};
use crate::generate::{Generator, Random};
use crate::setting;
use crate::world::{World, fields};

/// Filters that are tried for each policy and caller.
const FILTERS: u64 = 8;

/// The records that are referred to.
const OTHER: &str = "m.Other";

/// The records that are asked for.
const REC: &str = "m.Rec";

/// What a rule may ask of a record that is referred to.
const CONDITIONS: [&str; 20] = [
    "active",
    "level > 0",
    "level <= user.limit",
    "cost <= user.budget",
    "title == user.region",
    "title != null",
    "code in user.regions",
    "code != title",
    "title.contains(\"a\")",
    "group == null",
    "group.active",
    "group.level < level",
    "group.group.code == code",
    "contacts.size() > 0",
    "contacts.exists(c, c.weight > 1)",
    "contacts.all(c, c.mail != code)",
    "group.contacts.exists(c, c.mail == \"a\")",
    "user.admin",
    "id == user.key",
    "cost > 0.0",
];

/// One set of records in both databases.
struct Stage {
    world: World,
    databases: [Database; 2],
}

impl Stage {
    async fn new(server: &Postgres, name: &str, seed: u64) -> Self {
        let world = World::new(seed);
        let databases = [Database::sqlite(&world).await, Database::postgres(server, &world, name).await];
        Self { world, databases }
    }
}

/// A policy, a caller, and what he asks for.
#[derive(Clone)]
struct Trial {
    seed: u64,
    policy: Policy,
    user: User,
    filters: Vec<Node>,
}

/// What came out: how often a filter held, and how often it would have held, or not, for somebody who sees everything.
#[derive(Default)]
struct Tally {
    cases: u64,
    held: u64,
    withheld: u64,
    refused: BTreeMap<String, u64>,
}

/// Where a database finds something else than the evaluator.
struct Mismatch {
    filter: Node,
    what: String,
}

#[tokio::test]
async fn policies_agree_with_what_a_filter_sees() {
    let wanted = setting("ATHYPER_AGREE_POLICY_CASES", 20_000);
    let first = setting("ATHYPER_AGREE_SEED", 1);
    let server = Postgres::shared().unwrap();
    let mut stage = Stage::new(server, "seen_0", first / PER_WORLD).await;
    let (mut tally, mut seed) = (Tally::default(), first);
    println!("filters from seed {first}");
    while tally.cases < wanted {
        if seed > first && seed.is_multiple_of(PER_WORLD) {
            let number = seed / PER_WORLD;
            stage = Stage::new(server, &format!("seen_{number}"), number).await;
        }
        let trial = Trial::random(seed, &stage.world);
        if let Err(mismatch) = trial.judge(&stage, true, &mut tally).await {
            trial.report(&stage, mismatch).await;
        }
        seed += 1;
    }
    let Tally { cases, held, withheld, refused } = tally;
    let skipped: u64 = refused.values().sum();
    println!(
        "{cases} cases agree, {held} of them hold, {withheld} otherwise than for somebody who sees everything; \
         {skipped} filters refused; seeds {first} to {}",
        seed - 1
    );
    assert!(skipped * 100 < cases, "too many were refused: {refused:#?}");
    assert!(held * 10 > cases, "hardly any filter holds");
    assert!(withheld * 50 > cases, "hardly anything is withheld");
}

#[tokio::test]
async fn a_filter_that_sees_too_much_is_noticed() {
    let stage = Stage::new(Postgres::shared().unwrap(), "seen_too_much", 0).await;
    let mut seed = 1;
    while Trial::random(seed, &stage.world).judge(&stage, false, &mut Tally::default()).await.is_ok() {
        seed += 1;
        assert!(seed < PER_WORLD, "nobody notices");
    }
    println!("noticed by seed {seed}");
}

impl Trial {
    fn random(seed: u64, world: &World) -> Self {
        let mut random = Random::new(seed);
        let policy = policy(&mut random);
        let mut user = User::random(&mut random);
        user.attributes = world.context(&[], seed).user.to_vec();
        let filters = (0..FILTERS).map(|number| filter(&mut random, seed * FILTERS + number)).collect();
        Self { seed, policy, user, filters }
    }

    /// Compares what the databases find with what the evaluator says. `hides` says that they are told what is hidden.
    async fn judge(&self, stage: &Stage, hides: bool, tally: &mut Tally) -> Result<(), Mismatch> {
        let seen = self.seen();
        let readable = self.readable(&stage.world);
        let pruned = Pruned::new(&stage.world);
        let source = Shown { world: &stage.world, seen: seen.as_ref().filter(|_| hides) };
        let mut filters = Vec::new();
        for filter in &self.filters {
            match Dialect::ALL
                .iter()
                .try_for_each(|dialect| self.question(&source, *dialect, filter).map(drop))
            {
                Ok(()) => filters.push(filter),
                Err(reason) => *tally.refused.entry(reason.to_string()).or_default() += 1,
            }
        }
        if filters.is_empty() {
            return Ok(());
        }
        let mut found = Vec::new();
        for database in &stage.databases {
            let ask = |filter: &&Node| self.question(&source, database.dialect(), filter).unwrap();
            let questions: Vec<Question> = filters.iter().map(ask).collect();
            let answers = database.ask(&stage.world, &questions).await;
            found.push(answers.map_err(|what| Mismatch { filter: filters[0].clone(), what })?);
        }
        for (number, filter) in filters.into_iter().enumerate() {
            let (as_seen, whole) = (
                Program::compile_node(filter, &pruned).unwrap(),
                Program::compile_node(filter, &stage.world).unwrap(),
            );
            for (at, record) in stage.world.records().enumerate() {
                let expected = as_seen.judge(&self.context(&pruned.record(record, &readable))).unwrap();
                let holds = expected == Some(true);
                for (database, answers) in stage.databases.iter().zip(&found) {
                    if (answers[number][at].0 == Some(true)) != holds {
                        let (dialect, id) = (database.dialect(), id_of(record));
                        let what =
                            format!("for {id} the filter is {expected:?}, and {dialect:?} does not say so");
                        return Err(Mismatch { filter: filter.clone(), what });
                    }
                }
                let of_all = whole.judge(&self.context(record)).unwrap() == Some(true);
                tally.cases += 1;
                tally.held += u64::from(holds);
                tally.withheld += u64::from(holds != of_all);
            }
        }
        Ok(())
    }

    fn context<'a>(&'a self, this: &'a [Value]) -> Context<'a> {
        self.user.context(this, None)
    }

    /// What the server makes of the policy for this caller; nothing when he reads every record.
    fn seen(&self) -> Option<Node> {
        match Residual::of([&self.policy], self.user.caller(), Action::Read).rows() {
            Condition::Always => None,
            Condition::When(node) => Some(node),
            Condition::Never => Some(Node::Literal(athyper_expr::ir::Literal::Bool(false))),
        }
    }

    /// The records that the caller may read, by the policy as it is written.
    fn readable(&self, world: &World) -> BTreeSet<Uuid> {
        let rules = Rules::compile([&self.policy], world).unwrap();
        let others = world.rows.iter().filter(|row| row.entity == OTHER && row.tenant == "tenant");
        let readable = others.filter(|row| {
            let now = self.context(&row.values);
            rules.allow(Action::Read, self.user.caller(), Images { now: &now, after: None }).unwrap()
        });
        readable.map(|row| id_of(&row.values)).collect()
    }

    fn question(
        &self,
        source: &Shown<'_>,
        dialect: Dialect,
        filter: &Node,
    ) -> Result<Question, NotLowerable> {
        let constant = |node: &Node| {
            let program = Program::compile_node(node, source.world).ok()?;
            program.evaluate(&self.context(&[])).ok()
        };
        // The server keeps constants for later; the other way is that of a single question.
        let constants =
            if self.seed.is_multiple_of(3) { Constants::Known(&constant) } else { Constants::Kept };
        let mut lowering = Lowering::new(source, dialect, constants);
        let row = Row::aliased(REC, Identifier::new("r").unwrap());
        let yes = lowering.rail_true_as_seen(filter, &row)?.into_sql();
        let (no, value) = (SqlText::from("FALSE"), SqlText::from("NULL"));
        Ok(Question { seed: self.seed, kind: None, yes, no, value, kept: lowering.into_constants() })
    }

    /// Panics with the smallest filter and policy about which they still differ.
    async fn report(mut self, stage: &Stage, mut mismatch: Mismatch) -> ! {
        println!("seed {}: {}", self.seed, mismatch.what);
        self.filters = vec![mismatch.filter.clone()];
        let mut steps = 0;
        'smaller: while steps < STEPS {
            let filters = hoisted(&mismatch.filter).into_iter().map(|filter| (self.policy.clone(), filter));
            let policies = smaller(&self.policy).into_iter().map(|policy| (policy, mismatch.filter.clone()));
            for (policy, filter) in filters.chain(policies).collect::<Vec<_>>() {
                steps += 1;
                let trial = Self { policy, filters: vec![filter], ..self.clone() };
                if let Err(still) = trial.judge(stage, true, &mut Tally::default()).await {
                    (self, mismatch) = (trial, still);
                    continue 'smaller;
                }
            }
            break;
        }
        let (seen, world) = (self.seen(), &stage.world);
        let source = Shown { world, seen: seen.as_ref() };
        let said = Dialect::ALL.map(|dialect| {
            let question = self.question(&source, dialect, &mismatch.filter).unwrap();
            question.yes.into_parts(dialect)
        });
        let record = world.records().find(|record| mismatch.what.contains(&id_of(record).to_string()));
        panic!(
            "seed {}: {}\npolicy {}\ncaller {}\nfilter {}\nrecord {record:?}\nmay read {:?}\n{said:#?}",
            self.seed,
            mismatch.what,
            serde_json::to_string(&self.policy).unwrap(),
            self.user.setting(),
            serde_json::to_string(&mismatch.filter).unwrap(),
            self.readable(world)
        );
    }
}

/// A policy about who may read the records that are referred to.
fn policy(random: &mut Random) -> Policy {
    let rules = (0..1 + random.below(4)).map(|number| {
        let effect = if number > 0 && random.below(3) == 0 { Effect::Deny } else { Effect::Allow };
        let to = (0..1 + random.below(3)).map(|_| {
            let role = SPOKEN_TO[random.index(SPOKEN_TO.len())].to_owned();
            let when = (random.below(4) == 0).then(|| condition(random));
            Grantee { role, derived: when.as_ref().map(|_| "derived".to_owned()), when }
        });
        let to = to.collect();
        Rule {
            id: format!("rule_{number}"),
            effect,
            actions: vec![Action::Read],
            to,
            when: (random.below(6) > 0).then(|| condition(random)),
            after: None,
            message: None,
            obligation: None,
            output: None,
            place: athyper_schemas::bundle::Place { file: "m.yaml".into(), line: 1 },
        }
    });
    let rules = rules.collect();
    Policy { name: "m.OtherAccess".into(), entity: OTHER.into(), doc: None, rules, fields: Vec::new() }
}

fn condition(random: &mut Random) -> Expr {
    let mut text = CONDITIONS[random.index(CONDITIONS.len())].to_owned();
    for _ in 0..random.below(3) {
        let other = CONDITIONS[random.index(CONDITIONS.len())];
        text = match random.below(3) {
            0 => format!("({text} && {other})"),
            1 => format!("({text} || {other})"),
            _ => format!("!({text})"),
        };
    }
    compile(&text, &Surroundings { this: OTHER, old: false }, &Expected::Condition).unwrap().expr
}

/// Something to ask that looks through a reference.
fn filter(random: &mut Random, seed: u64) -> Node {
    for number in 0.. {
        let depth = u8::try_from(1 + random.below(3)).unwrap();
        let node = if random.below(2) == 0 {
            Generator::new(seed * 1_000 + number).node(&Kind::Bool, depth)
        } else {
            phrase::condition(random, depth).root
        };
        if serde_json::to_string(&node).unwrap().contains(OTHER) {
            return node;
        }
    }
    unreachable!("there is always another number")
}

/// The world's tables, with what is seen of the records that are referred to.
struct Shown<'w> {
    world: &'w World,
    seen: Option<&'w Node>,
}

impl Source for Shown<'_> {
    fn table(&self, entity: &str) -> Option<Table> {
        self.world.table(entity)
    }

    fn column(&self, entity: &str, field: &str) -> Option<Column<'_>> {
        self.world.column(entity, field)
    }

    fn seen(&self, entity: &str) -> Option<&Node> {
        self.seen.filter(|_| entity == OTHER)
    }
}

/// The field in which a record without what is hidden has the whole one, for what is computed.
const WHOLE: &str = "whole";

/// The world without what is hidden.
struct Pruned<'w> {
    world: &'w World,
    computed: BTreeMap<&'static str, Expr>,
}

impl Layout for Pruned<'_> {
    fn field(&self, entity: &str, field: &str) -> Option<Place<'_>> {
        if entity == REC && field == WHOLE {
            return Some(Place::Index(fields(REC).len()));
        }
        match self.computed.get(field).filter(|_| entity == REC) {
            Some(expr) => Some(Place::Computed(expr)),
            None => self.world.field(entity, field),
        }
    }

    fn attribute(&self, name: &str) -> Option<usize> {
        self.world.attribute(name)
    }
}

impl<'w> Pruned<'w> {
    fn new(world: &'w World) -> Self {
        let computed = fields(REC).into_iter().filter_map(|(name, ..)| match world.field(REC, name) {
            Some(Place::Computed(expr)) => Some((name, Expr { root: of_whole(&expr.root), ..expr.clone() })),
            _ => None,
        });
        Self { world, computed: computed.collect() }
    }

    fn record(&self, record: &[Value], readable: &BTreeSet<Uuid>) -> Vec<Value> {
        let mut pruned = pruned(REC, record, readable);
        pruned.push(Value::record(record.to_vec()));
        pruned
    }
}

/// The fields of a record, with a bare id for every record behind a reference that may not be read.
fn pruned(entity: &str, record: &[Value], readable: &BTreeSet<Uuid>) -> Vec<Value> {
    let value = |(value, (_, kind, _)): (&Value, (&str, Kind, bool))| match (value, &kind) {
        (Value::Record(inner), Kind::Record(target)) if readable.contains(&id_of(inner)) => {
            Value::record(pruned(target, inner, readable))
        }
        (Value::Record(inner), Kind::Record(_)) => Value::Uuid(id_of(inner)),
        (Value::List(items), Kind::List(item)) => match &item.kind {
            Kind::Record(child) => {
                let children = items.iter().map(|item| match item {
                    Value::Record(inner) => Value::record(pruned(child, inner, readable)),
                    other => other.clone(),
                });
                Value::list(children.collect())
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    };
    record.iter().zip(fields(entity)).map(value).collect()
}

/// What is computed, from the whole record instead.
fn of_whole(node: &Node) -> Node {
    let all = |nodes: &[Node]| nodes.iter().map(of_whole).collect::<Vec<_>>();
    match node {
        Node::This => {
            let ty = Ty { kind: Kind::Record(REC.into()), nullable: false };
            Node::Field(Box::new(FieldAccess { of: Node::This, entity: REC.into(), name: WHOLE.into(), ty }))
        }
        Node::Field(access) => {
            Node::Field(Box::new(FieldAccess { of: of_whole(&access.of), ..access.as_ref().clone() }))
        }
        Node::List(nodes) => Node::List(all(nodes)),
        Node::Call(call) => Node::Call(Call { op: call.op, args: all(&call.args) }),
        Node::If(choice) => Node::If(Box::new(Choice {
            condition: of_whole(&choice.condition),
            then: of_whole(&choice.then),
            otherwise: of_whole(&choice.otherwise),
        })),
        Node::Fold(fold) => Node::Fold(Box::new(Fold {
            list: of_whole(&fold.list),
            body: of_whole(&fold.body),
            ..fold.as_ref().clone()
        })),
        _ => node.clone(),
    }
}
