//! What a decision in process costs, by the number of rules that are looked at and of policies that are loaded.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::alloc::System;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use athyper_expr::Value;
use athyper_expr::decimal::Decimal;
use athyper_expr::eval::{Context, Layout, Place};
use athyper_metac::diag::Lints;
use athyper_metac::source::SourceSet;
use athyper_policy::{Caller, Images, Rules, Standing};
use athyper_schemas::bundle::{Action, Entity, Policy};
use smol_str::SmolStr;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Rules per policy.
const RULES: &[usize] = &[1, 5, 20, 100];

/// Policies that are loaded together.
const POLICIES: usize = 10_000;

/// Decisions per round.
const DECISIONS: usize = 200_000;

/// How far the next policy lies that is asked: a prime, so that every one is reached and none is warm.
const STRIDE: usize = 7919;

fn main() -> anyhow::Result<()> {
    println!(
        "| policies loaded | rules each | a decision | allocations of {DECISIONS} decisions |\n|---|---|---|---|"
    );
    for rules in RULES {
        row(1, *rules)?;
    }
    row(POLICIES, 5)
}

/// Measures decisions over policies that are all alike and lie in memory one after the other.
fn row(policies: usize, rules: usize) -> anyhow::Result<()> {
    let (entity, policy) = compiled(rules)?;
    let fields = Fields(&entity);
    let loaded = (0..policies).map(|_| Rules::compile([&policy], &fields)).collect::<Result<Vec<_>, _>>()?;
    let record = record(&entity)?;
    let roles = BTreeSet::from(["buyer", "clerk"].map(SmolStr::new));
    let caller = Caller { standing: Standing::Authenticated, roles: &roles };
    let user = [Value::text("u-17"), Value::text("EU")];
    let context = Context { this: &record, user: &user, ..Context::EMPTY };
    let images = Images { now: &context, after: Some(&context) };
    let decide = |number: usize| -> anyhow::Result<bool> {
        let rules = loaded.get(number * STRIDE % policies).context("no policy")?;
        Ok(rules.allow(Action::Update, black_box(caller), black_box(images))?)
    };
    if !decide(0)? {
        bail!("the last rule allows it");
    }
    let region = Region::new(ALLOCATOR);
    for number in 0..DECISIONS {
        black_box(decide(number)?);
    }
    let allocations = region.change().allocations;
    let time = (0..7).map(|_| time(&decide)).min().unwrap_or_default();
    let nanoseconds = time.as_nanos() as f64 / DECISIONS as f64;
    println!("| {policies} | {rules} | {nanoseconds:.0} ns | {allocations} |");
    Ok(())
}

fn time(decide: &impl Fn(usize) -> anyhow::Result<bool>) -> Duration {
    let begun = Instant::now();
    for number in 0..DECISIONS {
        let _ = black_box(decide(number));
    }
    begun.elapsed()
}

/// An order with a policy of so many rules, of which all are looked at: the last one alone allows, every fifth denies others.
fn compiled(rules: usize) -> anyhow::Result<(Entity, Policy)> {
    let mut text = String::from(
        "entity: Order\nfields:\n  region: string(8)!\n  owner: string(40)!\n  status: string(10)!\n  total: money!\n\
         ---\npolicy: OrderAccess\nfor: Order\nrules:\n",
    );
    for rule in 1..=rules {
        let (effect, condition) = match rule {
            last if last == rules => ("allow", "region == user.region && total <= 1000.00".to_owned()),
            fifth if fifth % 5 == 1 => ("deny", format!("status == \"closed{rule}\"")),
            _ => ("allow", format!("owner == user.id && total > {rule}000.00")),
        };
        writeln!(text, "  - {{ id: r{rule}, {effect}: [update], to: [clerk], when: '{condition}' }}")?;
    }
    let package = "package: bench\nedition: 2026\nuser: { id: string!, region: string! }\n";
    let files = [("metac.yaml", package.to_owned()), ("order.yaml", text)];
    let files = files.map(|(path, text)| (path.to_owned(), text.into_bytes()));
    let outcome = athyper_metac::compile(&SourceSet::new(files), Lints::default());
    let Ok(outputs) = outcome.made else { bail!("the package has errors: {:?}", outcome.said.first()) };
    let read = |path: &str| outputs.get(path).with_context(|| format!("no {path}"));
    let entity = serde_json::from_slice(read("model/entities/bench.Order.json")?)?;
    let policy = serde_json::from_slice(read("model/policies/bench.OrderAccess.json")?)?;
    Ok((entity, policy))
}

fn record(entity: &Entity) -> anyhow::Result<Vec<Value>> {
    let total = Decimal::new(12_000, 2).map(Value::Decimal).context("too large")?;
    let known = [
        ("region", Value::text("EU")),
        ("owner", Value::text("u-17")),
        ("status", Value::text("open")),
        ("total", total),
    ];
    let value = |name: &str| known.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    Ok(entity.fields.iter().map(|field| value(&field.name).unwrap_or(Value::Null)).collect())
}

/// The fields of one entity, by their place in the artifact; the caller's are `id` and `region`.
struct Fields<'a>(&'a Entity);

impl Layout for Fields<'_> {
    fn field(&self, _entity: &str, field: &str) -> Option<Place<'_>> {
        self.0.fields.iter().position(|known| known.name == field).map(Place::Index)
    }

    fn attribute(&self, name: &str) -> Option<usize> {
        ["id", "region"].iter().position(|known| *known == name)
    }
}
