//! Looks for a record and a caller about whom two models disagree. What is tried follows from the conditions of both:
//! every constant, what lies just beside it, nothing where nothing can be, references and children there and not.
//!
//! Both sides are decided by the evaluator that serves requests. The same models give the same witness.

use std::collections::BTreeMap;

use athyper_expr::Value;
use athyper_expr::eval::{Context, Program};
use athyper_schemas::bundle::{Action, Bundle, Entity};
use athyper_schemas::ir::Expr;
use serde::Serialize;
use uuid::Uuid;

use super::Pair;
use super::report::Who;
use crate::policy_test::Bundled;

mod looked_at;
mod scene;
mod values;

use looked_at::{Holds, Key, LookedAt};
pub use scene::Row;
pub(super) use scene::Scene;
use scene::{Chosen, Set};

/// The instant of every decision that is tried: 2026-01-15T12:00:00Z.
pub(in crate::diff) const NOW_US: i64 = 1_768_478_400_000_000;

/// Its day.
const TODAY: i32 = 20_468;

/// The id of the record that a witness is about.
pub(in crate::diff) const RECORD: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0064);

/// Most choices that are tried.
pub(super) const MOST_TRIES: u32 = 10_000;

/// A record and a caller about whom two models disagree.
#[derive(Debug, Clone, Serialize)]
pub struct Witness {
    /// What is known of the caller, by attribute; what the decision does not depend on is left out.
    pub user: BTreeMap<String, serde_json::Value>,
    /// The record by path, likewise.
    pub record: BTreeMap<String, serde_json::Value>,
    /// What it becomes, likewise.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub becomes: BTreeMap<String, serde_json::Value>,
    /// The instant of the decision.
    pub now: String,
    /// The rows that make the record in the tables of the old model.
    pub old_rows: Vec<Row>,
    /// The rows that make it in those of the new one.
    pub new_rows: Vec<Row>,
    /// The same rows as a change would leave them, in the tables of the old model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub old_changed: Vec<Row>,
    /// Likewise in those of the new one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub new_changed: Vec<Row>,
    /// Every attribute of the caller in either model.
    pub attributes: BTreeMap<String, serde_json::Value>,
}

/// A condition that takes part, and whether it is about the record as a change would leave it.
pub(super) type Asked<'b> = (&'b Expr, bool);

/// Where to look.
pub(super) struct Place<'b, 'w> {
    pub pair: Pair<'b>,
    pub old: &'b Entity,
    pub new: &'b Entity,
    pub who: &'w Who,
    pub action: Action,
    /// Whether more can be decided at all, and whether less can.
    pub wanted: (bool, bool),
}

/// How much each model gives for what it sees: more is more. Nothing when it cannot be compared.
pub(super) type Weigh<'w> = &'w dyn Fn(&Scene, &Scene) -> Option<(u8, u8)>;

/// What was found about one place.
pub(super) struct Found {
    /// With whom more is decided now, with what both models see of it.
    pub more: Option<(Witness, Scene, Scene)>,
    /// With whom less is.
    pub less: Option<(Witness, Scene, Scene)>,
    /// How many choices were tried.
    pub tries: u32,
}

/// Something that is varied.
struct Dimension {
    key: Key,
    /// The plainest first. Nothing: as before the change.
    values: Vec<Option<Value>>,
}

struct Search<'b, 's> {
    place: &'s Place<'b, 's>,
    dimensions: Vec<Dimension>,
    checks: [Vec<Program>; 2],
    sets: [Set<'b>; 2],
    weigh: Weigh<'s>,
}

/// Looks for witnesses. `weigh` says how much each model gives for what it sees.
pub(super) fn search<'b>(
    place: &Place<'b, '_>,
    old: &[Asked<'b>],
    new: &[Asked<'b>],
    weigh: Weigh<'_>,
) -> Found {
    let search = Search {
        place,
        dimensions: dimensions(place, old, new),
        checks: [checks(place.pair.old, place.old), checks(place.pair.new, place.new)],
        sets: [Set::of(place.pair.old, place.old), Set::of(place.pair.new, place.new)],
        weigh,
    };
    search.run()
}

fn dimensions<'b>(place: &Place<'b, '_>, old: &[Asked<'b>], new: &[Asked<'b>]) -> Vec<Dimension> {
    let mut looked = LookedAt::default();
    for (bundle, entity, asked) in [(place.pair.new, place.new, new), (place.pair.old, place.old, old)] {
        asked.iter().for_each(|(expr, after)| looked.add(bundle, &entity.name, expr, *after));
        entity.checks.iter().for_each(|check| looked.add(bundle, &entity.name, &check.assert, false));
    }
    let mut dimensions = Vec::new();
    for (key, holds) in &looked.keys {
        if matches!(key, Key::User(name) if name == "roles") {
            continue;
        }
        let own = |holds: &Holds<'_>| matches!(holds, Holds::Field(field) if field.system.is_some());
        let after = matches!(key, Key::After(_));
        if after && own(holds) {
            continue;
        }
        let tried = values::of(holds, &looked.constants(key), place.pair.new);
        let known = |value: &Value| match holds {
            Holds::Field(field) => values::is_known(value, &field.ty.kind(), place.pair),
            Holds::Attribute(_) => true,
        };
        let values: Vec<Option<Value>> =
            after.then_some(None).into_iter().chain(tried.into_iter().filter(known).map(Some)).collect();
        if !values.is_empty() {
            dimensions.push(Dimension { key: key.clone(), values });
        }
    }
    dimensions
}

fn checks(bundle: &Bundle, entity: &Entity) -> Vec<Program> {
    entity.checks.iter().filter_map(|check| Program::compile(&check.assert, &Bundled(bundle)).ok()).collect()
}

impl Search<'_, '_> {
    fn run(&self) -> Found {
        let mut found = Found { more: None, less: None, tries: 0 };
        let whole = self.dimensions.iter().try_fold(1_u32, |product, dimension| {
            product.checked_mul(u32::try_from(dimension.values.len()).unwrap_or(u32::MAX))
        });
        let whole = whole.filter(|product| *product <= MOST_TRIES);
        let mut random = Random(0x5EED_0001);
        for number in 0..whole.unwrap_or(MOST_TRIES) {
            let choice = match whole {
                Some(_) => self.numbered(number),
                None => self.dimensions.iter().map(|d| random.below(d.values.len())).collect(),
            };
            found.tries += 1;
            match self.try_one(&choice) {
                Some((old, new)) if new > old && found.more.is_none() => {
                    found.more = Some(self.witness(choice));
                }
                Some((old, new)) if new < old && found.less.is_none() => {
                    found.less = Some(self.witness(choice));
                }
                _ => {}
            }
            let (more, less) = self.place.wanted;
            if (found.more.is_some() || !more) && (found.less.is_some() || !less) {
                break;
            }
        }
        found
    }

    /// The choice with this number, counting through all of them.
    fn numbered(&self, number: u32) -> Vec<usize> {
        let mut rest = usize::try_from(number).unwrap_or(usize::MAX);
        let digit = |dimension: &Dimension| {
            let count = dimension.values.len().max(1);
            let digit = rest % count;
            rest /= count;
            digit
        };
        self.dimensions.iter().map(digit).collect()
    }

    fn chosen(&self, choice: &[usize]) -> Chosen<'_> {
        let values = self.dimensions.iter().zip(choice);
        let value = |(d, at): (&'_ Dimension, &usize)| d.values.get(*at).and_then(Option::as_ref).is_some();
        values
            .filter(|(dimension, at)| value((dimension, at)))
            .filter_map(|(d, at)| Some((&d.key, d.values.get(*at)?.as_ref()?)))
            .collect()
    }

    /// What both models see. With `whole` also of what nobody looks at.
    fn scenes(&self, choice: &[usize], whole: bool) -> (Scene, Scene) {
        let chosen = self.chosen(choice);
        let asked = (self.place.who, self.place.action);
        let [old, new] = self.sets.each_ref().map(|set| Scene::of(set, asked, &chosen, whole));
        (old, new)
    }

    fn try_one(&self, choice: &[usize]) -> Option<(u8, u8)> {
        let (old, new) = self.scenes(choice, false);
        let possible = [&old, &new].into_iter().zip(&self.checks).all(|(scene, checks)| {
            let images = [&scene.now, &scene.after];
            let holds = |image: &[Value], check: &Program| {
                let context = Context { this: image, now_us: NOW_US, today: TODAY, ..Context::EMPTY };
                check.judge(&context) != Ok(Some(false))
            };
            let mut images = images.into_iter().filter(|image| !image.is_empty());
            images.all(|image| checks.iter().all(|check| holds(image, check)))
        });
        if !possible || !is_consistent(&new) {
            return None;
        }
        (self.weigh)(&old, &new)
    }

    /// Makes the choice as plain as it can be while the models still disagree in the same way.
    fn plainest(&self, mut choice: Vec<usize>) -> Vec<usize> {
        let ordering = |weights: Option<(u8, u8)>| weights.map(|(old, new)| new.cmp(&old));
        let wanted = ordering(self.try_one(&choice));
        for at in 0..choice.len() {
            let now = choice.get(at).copied().unwrap_or_default();
            for plainer in 0..now {
                let mut other = choice.clone();
                other.get_mut(at).into_iter().for_each(|value| *value = plainer);
                if ordering(self.try_one(&other)) == wanted {
                    choice = other;
                    break;
                }
            }
        }
        choice
    }

    fn witness(&self, choice: Vec<usize>) -> (Witness, Scene, Scene) {
        let choice = self.plainest(choice);
        let (old, new) = self.scenes(&choice, true);
        let (mut user, mut record, mut becomes) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (at, (dimension, chosen)) in self.dimensions.iter().zip(&choice).enumerate() {
            let Some(Some(value)) = dimension.values.get(*chosen) else { continue };
            if !self.matters(&choice, at) {
                continue;
            }
            let json = value.to_json();
            match &dimension.key {
                Key::User(name) => user.insert(name.clone(), json),
                Key::Now(path) => record.insert(words(path), json),
                Key::After(path) => becomes.insert(words(path), json),
            };
        }
        let old_user = self.place.pair.old.package.user.iter().zip(&old.user);
        let attributes = old_user.chain(self.place.pair.new.package.user.iter().zip(&new.user));
        let mut now = String::new();
        athyper_expr::moment::write_datetime(NOW_US, false, &mut now);
        let witness = Witness {
            user,
            record,
            becomes,
            now,
            old_rows: old.rows(self.place.pair.old, self.place.old),
            new_rows: new.rows(self.place.pair.new, self.place.new),
            old_changed: old.changed_rows(self.place.pair.old, self.place.old),
            new_changed: new.changed_rows(self.place.pair.new, self.place.new),
            attributes: attributes.map(|(a, value)| (a.name.clone(), value.to_json())).collect(),
        };
        (witness, old, new)
    }

    /// Whether another value would end the disagreement.
    fn matters(&self, choice: &[usize], at: usize) -> bool {
        let count = self.dimensions.get(at).map_or(0, |dimension| dimension.values.len());
        let wanted = self.try_one(choice);
        (0..count).any(|value| {
            let mut other = choice.to_vec();
            other.get_mut(at).into_iter().for_each(|slot| *slot = value);
            self.try_one(&other).is_some_and(|weights| Some(weights) != wanted)
        })
    }
}

/// A change of a record changes no other: what two references name is the same record.
fn is_consistent(scene: &Scene) -> bool {
    let mut seen: BTreeMap<&Value, String> = BTreeMap::new();
    let mut open: Vec<&Value> = scene.now.iter().chain(&scene.after).collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Record(fields) => {
                let text = format!("{fields:?}");
                if *seen.entry(value.identity()).or_insert_with(|| text.clone()) != text {
                    return false;
                }
                open.extend(fields.iter());
            }
            // Owned children change with their owner.
            Value::List(items) => {
                open.extend(
                    items
                        .iter()
                        .filter_map(|item| match item {
                            Value::Record(fields) => Some(fields.iter()),
                            _ => None,
                        })
                        .flatten(),
                );
            }
            _ => {}
        }
    }
    true
}

/// A path as people write it: `lines[0].amount`.
fn words(path: &[String]) -> String {
    let mut out = String::new();
    for part in path {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            out.push_str(&format!("[{part}]"));
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(part);
        }
    }
    out
}

/// Enough chance for a search; always the same.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        usize::try_from((self.0 >> 11) % bound).unwrap_or_default()
    }
}
