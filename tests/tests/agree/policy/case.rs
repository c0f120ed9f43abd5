//! Random policies and the callers they are tried with.

use std::collections::BTreeSet;

use athyper_expr::eval::Context;
use athyper_expr::ir::{Expr, Kind, Node, Ty};
use athyper_expr::sql::session::{self, Session};
use athyper_expr::sql::{Constants, Identifier, Lowering, NotLowerable, Row};
use athyper_expr::value::Value;
use athyper_policy::{Caller, Standing};
use athyper_schemas::bundle::{ANONYMOUS, Action, EVERYBODY, Effect, Grantee, Place, Policy, Rule, SYSTEM};
use athyper_schemas::dialect::Dialect;
use smol_str::SmolStr;

use super::phrase;
use crate::generate::{Generator, Random};
use crate::world::{World, attributes, value_for};

/// Roles of tokens; some of them try to be more than a name.
const ROLES: [&str; 5] = ["clerk", "manager", "o'hara \"x\"", "*", "system"];

/// Roles that rules speak to.
pub const SPOKEN_TO: [&str; 8] =
    ["clerk", "clerk", "manager", "o'hara \"x\"", EVERYBODY, EVERYBODY, ANONYMOUS, SYSTEM];

pub const NOW_US: i64 = 1_774_949_400_123_456;
pub const TODAY: i32 = 20_543;

/// A policy about `m.Rec`, and the conditions that were made for it and cannot be said in SQL.
pub fn policy(seed: u64, world: &World) -> (Policy, Vec<NotLowerable>) {
    let mut random = Random::new(seed);
    let mut conditions = Conditions { world, seed, made: 0, refused: Vec::new() };
    let rules = 1 + random.below(5);
    let rules = (0..rules).map(|number| rule(&mut random, &mut conditions, number)).collect();
    let policy =
        Policy { name: "m.Policy".into(), entity: "m.Rec".into(), doc: None, rules, fields: Vec::new() };
    (policy, conditions.refused)
}

fn rule(random: &mut Random, conditions: &mut Conditions<'_>, number: u64) -> Rule {
    let effect = if random.below(4) == 0 { Effect::Deny } else { Effect::Allow };
    let mut actions: Vec<Action> = Action::DATA.into_iter().filter(|_| random.below(2) == 0).collect();
    if random.below(3) > 0 || actions.is_empty() {
        actions.insert(0, Action::Read);
        actions.dedup();
    }
    let to = (0..1 + random.below(3)).map(|_| {
        let role = SPOKEN_TO[random.index(SPOKEN_TO.len())].to_owned();
        let when = (random.below(4) == 0).then(|| conditions.next(random));
        Grantee { role, derived: when.as_ref().map(|_| "derived".to_owned()), when }
    });
    let to = to.collect();
    let when = (random.below(4) > 0).then(|| conditions.next(random));
    let changes = actions.iter().any(|action| action.has_new_image());
    let after = (changes && random.below(3) == 0).then(|| match random.below(3) {
        0 => phrase::change(random),
        _ => conditions.next(random),
    });
    let place = Place { file: "m.yaml".into(), line: 1 };
    let id = format!("rule_{number}");
    Rule { id, effect, actions, to, when, after, message: None, obligation: None, output: None, place }
}

/// Conditions, one seed each: as people write them, or of anything the language has.
struct Conditions<'w> {
    world: &'w World,
    seed: u64,
    made: u64,
    refused: Vec<NotLowerable>,
}

impl Conditions<'_> {
    /// One that a session can judge.
    fn next(&mut self, random: &mut Random) -> Expr {
        loop {
            self.made += 1;
            let found = if random.below(3) == 0 {
                let mut generator = Generator::new(self.seed.wrapping_mul(1_000).wrapping_add(self.made));
                let root = generator.node(&Kind::Bool, 3);
                Expr { source: String::new(), ty: Ty { kind: Kind::Bool, nullable: true }, root }
            } else {
                let depth = u8::try_from(random.below(4)).unwrap();
                phrase::condition(random, depth)
            };
            if matches!(found.root, Node::Literal(_)) {
                continue;
            }
            match self.said(&found.root) {
                Ok(()) => return found,
                Err(refused) => self.refused.push(refused),
            }
        }
    }

    fn said(&self, node: &Node) -> Result<(), NotLowerable> {
        let session = Session { user: "\"u\"".into(), now: "\"n\"".into() };
        let mut lowering = Lowering::new(self.world, Dialect::Postgres, Constants::Session(session));
        let row = Row::aliased("m.Rec", Identifier::new("r").unwrap());
        lowering.rail_true(node, &row)?;
        lowering.rail_false(node, &row).map(drop)
    }
}

/// Somebody who asks.
#[derive(Debug, Clone)]
pub struct User {
    pub standing: Standing,
    pub roles: BTreeSet<SmolStr>,
    pub attributes: Vec<Value>,
}

impl User {
    pub fn random(random: &mut Random) -> Self {
        let standing = match random.below(8) {
            0 => Standing::Anonymous,
            1 => Standing::System,
            _ => Standing::Authenticated,
        };
        let roles = ROLES.iter().filter(|_| random.below(2) == 0).map(SmolStr::new).collect();
        let attributes = attributes().iter().map(|facts| value_for(facts, random)).collect();
        Self { standing, roles, attributes }
    }

    pub fn caller(&self) -> Caller<'_> {
        Caller { standing: self.standing, roles: &self.roles }
    }

    pub fn context<'a>(&'a self, this: &'a [Value], old: Option<&'a [Value]>) -> Context<'a> {
        Context { this, old, user: &self.attributes, now_us: NOW_US, today: TODAY }
    }

    /// What a PostgreSQL session is told of him.
    pub fn setting(&self) -> String {
        let standing = match self.standing {
            Standing::Anonymous => ANONYMOUS,
            Standing::Authenticated => "authenticated",
            Standing::System => SYSTEM,
        };
        let facts = attributes();
        let known = facts.iter().zip(&self.attributes).map(|((name, ..), value)| (*name, value));
        session::caller(standing, self.roles.iter().map(SmolStr::as_str), known)
    }
}
