//! What is said about rules is so: conditions at random, judged by the evaluator over every record and caller that
//! can make a difference.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
#![expect(clippy::indexing_slicing, reason = "a panic in a test is the report")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use athyper_expr::Value;
use athyper_expr::eval::{Context, Program};
use athyper_metac::diag::Lints;
use athyper_metac::policy_test::Bundled;
use athyper_metac::source::SourceSet;
use athyper_schemas::bundle::{Bundle, Effect};

const HEAD: &str = "entity: Order
fields:
  n: int
  m: int!
  s: string
  flag: bool
  e: { type: enum, values: [x, y, z], required: true }
---
policy: OrderAccess
for: Order
rules:
";

const METAC: &str = "package: shop\nedition: 2026\nuser: { level: int }\n";

/// Parts of conditions, few enough that they meet.
const PARTS: [&str; 25] = [
    "n < 1",
    "n <= 1",
    "n > 1",
    "n >= 2",
    "n == 1",
    "n != 2",
    "1 < n",
    "n == null",
    "has(n)",
    "n in [0, 2]",
    "m < 2",
    "m >= 1",
    "m == 1",
    "n < m",
    "m >= n",
    "n == m",
    "n == user.level",
    "s == 'a'",
    "s != 'b'",
    "s in ['a', 'c']",
    "flag",
    "flag == false",
    "e == 'x'",
    "e != 'y'",
    "e in ['y', 'z']",
];

struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn condition(&mut self, depth: usize) -> String {
        match self.below(if depth == 0 { 1 } else { 5 }) {
            0 => PARTS[self.below(PARTS.len())].to_owned(),
            1 => format!("!({})", self.condition(depth - 1)),
            2 => format!("({} || {})", self.condition(depth - 1), self.condition(depth - 1)),
            _ => format!("({} && {})", self.condition(depth - 1), self.condition(depth - 1)),
        }
    }
}

/// What each rule comes to, record by record.
fn truths(bundle: &Bundle) -> BTreeMap<String, (Effect, Vec<Option<bool>>)> {
    let names: Vec<&str> =
        bundle.entity("shop.Order").unwrap().fields.iter().map(|f| f.name.as_str()).collect();
    let int = |of: &[i64]| of.iter().map(|n| Value::Int(*n)).chain([Value::Null]).collect::<Vec<_>>();
    let text = |of: &[&str]| of.iter().map(|s| Value::text(s)).collect::<Vec<_>>();
    let s: Vec<Value> = text(&["a", "b", "c", "d"]).into_iter().chain([Value::Null]).collect();
    let flag = [Value::Bool(true), Value::Bool(false), Value::Null];
    let (n, m, level) = (int(&[-1, 0, 1, 2, 3]), [-1, 0, 1, 2, 3].map(Value::Int), int(&[0, 1, 5]));
    let of_user = bundle.package.user.iter().map(|attribute| attribute.name == "level");
    let of_user: Vec<bool> = of_user.collect();
    let rules = &bundle.policies[0].rules;
    let mut out: BTreeMap<String, (Effect, Vec<Option<bool>>)> =
        rules.iter().map(|rule| (rule.id.clone(), (rule.effect, Vec::new()))).collect();
    let programs: Vec<Program> = rules
        .iter()
        .map(|rule| Program::compile(rule.when.as_ref().unwrap(), &Bundled(bundle)).unwrap())
        .collect();
    let e = text(&["x", "y", "z"]);
    let sizes = [n.len(), m.len(), s.len(), flag.len(), e.len(), level.len()];
    for record in 0..sizes.iter().product::<usize>() {
        let mut rest = record;
        let mut next = |size: usize| {
            let at = rest % size;
            rest /= size;
            at
        };
        let at = sizes.map(&mut next);
        let values = BTreeMap::from([
            ("n", &n[at[0]]),
            ("m", &m[at[1]]),
            ("s", &s[at[2]]),
            ("flag", &flag[at[3]]),
            ("e", &e[at[4]]),
        ]);
        let this: Vec<Value> =
            names.iter().map(|name| values.get(name).map_or(Value::Null, |value| (*value).clone())).collect();
        let user: Vec<Value> =
            of_user.iter().map(|is| if *is { level[at[5]].clone() } else { Value::Null }).collect();
        let context = Context { this: &this, user: &user, ..Context::EMPTY };
        for (rule, program) in rules.iter().zip(&programs) {
            out.get_mut(&rule.id).unwrap().1.push(program.judge(&context).unwrap());
        }
    }
    out
}

#[test]
fn what_is_said_of_random_conditions_is_so() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..40 {
        let mut text = HEAD.to_owned();
        for rule in 0..24 {
            let effect = if rule % 3 == 0 { "deny" } else { "allow" };
            let condition = dice.condition(3);
            writeln!(text, "  - {{ id: r{rule}, {effect}: [read], to: [clerk], when: \"{condition}\" }}")
                .unwrap();
        }
        let files = [("metac.yaml", METAC), ("order.yaml", &text)];
        let sources = SourceSet::new(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
        let outcome = athyper_metac::model(&sources, Lints::default());
        let Ok(bundle) = outcome.made else { panic!("{text}\n{:?}", outcome.said) };
        let truths = truths(&bundle);
        let lines: Vec<&str> = text.lines().collect();
        for said in &outcome.said {
            let file = sources.get(said.primary.span.file).unwrap();
            let line = lines[file.line_index(said.primary.span.start)];
            let Some((_, rest)) = line.split_once("id: ") else { continue };
            let id = rest.split_once(',').unwrap().0;
            let other = || {
                let named = said.title.rsplit_once('`').unwrap().0.rsplit_once('`').unwrap().1;
                if said.code.id == "W0634" { said.title.split('`').nth(5).unwrap() } else { named }
            };
            let (effect, mine) = &truths[id];
            let counted = |truth: &Option<bool>| counts_for(effect, *truth);
            let is_so = match (said.code.id, said.title.as_str()) {
                ("W0632", "this condition always holds") => mine.iter().all(counted),
                ("W0632", _) => !mine.iter().any(counted),
                ("W0633" | "W0634", _) => {
                    let (other_effect, theirs) = &truths[other()];
                    mine.iter()
                        .zip(theirs)
                        .all(|(mine, theirs)| !counted(mine) || counts_for(other_effect, *theirs))
                }
                _ => continue,
            };
            *counts.entry(said.code.id).or_default() += 1;
            assert!(is_so, "{}: {}\n{line}\n{text}", said.code.id, said.title);
        }
        // And what is so is said, of nearly all.
        let never =
            |(_, (effect, truths)): &(_, &(Effect, Vec<_>))| !truths.iter().any(|t| counts_for(effect, *t));
        for (id, _) in truths.iter().filter(never) {
            let line = lines.iter().position(|line| line.contains(&format!("id: {id},"))).unwrap();
            let told = outcome.said.iter().any(|said| {
                let file = sources.get(said.primary.span.file).unwrap();
                said.code.id == "W0632" && file.line_index(said.primary.span.start) == line
            });
            *counts.entry(if told { "never" } else { "never, and not told" }).or_default() += 1;
        }
    }
    for code in ["W0632", "W0633", "W0634"] {
        assert!(counts.get(code).is_some_and(|count| *count > 20), "{counts:?}");
    }
    assert!(counts["never"] > 5 * counts["never, and not told"], "{counts:?}");
}

fn counts_for(effect: &Effect, truth: Option<bool>) -> bool {
    match effect {
        Effect::Allow => truth == Some(true),
        Effect::Deny => truth != Some(false),
    }
}

/// Orders, with what stands under `rules`, `fields` and `roles` of their policy.
fn said_of(policy: &str) -> Vec<String> {
    let entity = "entity: Supplier
fields: { name: string!, rating: string, owner: string! }
---
policy: SupplierAccess
for: Supplier
fields: { rating: { read: [manager] } }
rules: [{ id: all, allow: [read], to: [\"*\"] }]
---
entity: Order
fields: { n: int!, secret: int, owner: string!, s: string, region: string!, supplier: Supplier! }
---
policy: OrderAccess
for: Order
";
    let metac = "package: shop\nedition: 2026\nuser: { region: string, limit: int, roles: list(string)! }\n";
    let text = format!("{entity}{policy}");
    let files = [("metac.yaml", metac.to_owned()), ("order.yaml", text)];
    let sources = SourceSet::new(files.map(|(path, text)| (path.to_owned(), text.into_bytes())));
    let said = athyper_metac::check(&sources, Lints::default()).said;
    said.iter().map(|one| format!("{} {}", one.code.id, one.title)).collect()
}

#[test]
fn a_role_that_nobody_has_is_a_slip() {
    let to = |to: &str| {
        said_of(&format!(
            "rules:\n  - {{ id: look, allow: [read], to: [clerk, {to}] }}\n  - {{ id: make, allow: [create], to: [clerk] }}\n"
        ))
    };
    let reserved = |name: &str| vec![format!("W0642 `{name}` is taken for a role of a token")];
    for name in ["anonymus", "Anonymous", "anonymos", "everbody", "everybody", "everyone", "all", "systm"] {
        assert_eq!(to(name), reserved(name), "{name}");
    }
    assert_eq!(to("clrek"), ["W0642 the role `clrek` is named once, and looks like `clerk`"]);
    for name in ["anonymous", "manager", "cook", "clerk_eu", "systems_engineer"] {
        assert_eq!(to(name), Vec::<String>::new(), "{name}");
    }
    // Of two that are named once the second is the slip, wherever it stands.
    let said = said_of(
        "rules:\n  - { id: look, allow: [read], to: [auditor] }\n  - { id: make, allow: [create], to: [auditer, auditor_eu] }\n",
    );
    assert_eq!(said, ["W0642 the role `auditer` is named once, and looks like `auditor`"]);
    // A role that a condition looks for is known.
    let said = said_of(
        "rules:\n  - { id: look, allow: [read], to: [\"*\"], when: '\"senior\" in user.roles' }\n  - { id: make, allow: [create], to: [senoir] }\n",
    );
    assert_eq!(said, ["W0642 the role `senoir` is named once, and looks like `senior`"]);
}

#[test]
fn a_record_whose_presence_tells_a_hidden_field_is_told() {
    let tells = |rules: &str, fields: &str| {
        let said = said_of(&format!(
            "roles:\n  mine: {{ from: [clerk], when: owner == user.id }}\nrules:\n{rules}\nfields: {{ {fields} }}\n"
        ));
        let said = said.into_iter().filter(|one| one.starts_with("W0644")).collect::<Vec<_>>();
        said.into_iter().map(|one| one.trim_start_matches("W0644 ").to_owned()).collect::<Vec<_>>()
    };
    let kept = "secret: { read: [boss] }";
    let look = |when: &str| {
        format!(
            "  - {{ id: look, allow: [read], to: [clerk], when: \"{when}\" }}\n  - {{ id: mine, allow: [update], to: [mine] }}"
        )
    };
    let told =
        |id: &str, who: &str, field: &str| vec![format!("`{id}` tells {who} what `{field}` keeps from them")];
    for when in [
        "secret == 1",
        "secret > 1 && n > 2",
        "n == 1 || secret != 2",
        "secret <= user.limit",
        "secret != null",
    ] {
        assert_eq!(tells(&look(when), kept), told("look", "`clerk`", "Order.secret"), "{when}");
    }
    let supplier = look("supplier.rating == 'a'");
    assert_eq!(tells(&supplier, kept), told("look", "`clerk`", "Supplier.rating"));
    // What is the caller's own, what he sees, what another rule lets him read anyway.
    assert_eq!(tells(&look("secret == user.limit"), kept), Vec::<String>::new());
    assert_eq!(tells(&look("supplier.owner == user.id"), kept), Vec::<String>::new());
    assert_eq!(tells(&look("secret == 1"), "secret: { read: [clerk] }"), Vec::<String>::new());
    assert_eq!(tells(&look("s != null"), "s: { read: [boss], else: { mask: last4 } }"), Vec::<String>::new());
    assert_eq!(tells(&look("s == 'x'"), "s: { read: [boss], else: { mask: last4 } }").len(), 1);
    let all = format!("{}\n  - {{ id: all, allow: [read], to: [\"*\"] }}", look("secret == 1"));
    assert_eq!(tells(&all, kept), Vec::<String>::new());
    // A field that is seen where the condition of the rule holds, and only there.
    let own = look("owner == user.id && secret == 1");
    assert_eq!(tells(&own, "secret: { read: [mine] }"), Vec::<String>::new());
    assert_eq!(tells(&look("secret == 1"), "secret: { read: [mine] }").len(), 1);
    // A deny tells the same to those who read.
    let deny = "  - { id: mine, allow: [read], to: [mine] }\n  - { id: gone, deny: [read], to: [\"*\"], when: secret == 1 }";
    assert_eq!(tells(deny, kept), told("gone", "`clerk`", "Order.secret"));
}

#[test]
fn a_rule_that_excludes_its_own_roles_is_told() {
    let of = |when: &str| {
        said_of(&format!(
            "roles:\n  small: {{ from: [clerk], when: n < 10 }}\nrules:\n  - {{ id: look, allow: [read], to: [small], when: '{when}' }}\n"
        ))
    };
    assert_eq!(of("n > 9"), ["W0632 `look` never holds for a role that it speaks to"]);
    assert_eq!(of("n > 8"), Vec::<String>::new());
    assert_eq!(of("n > 8 && n < 9"), ["W0632 this condition never holds"]);
}
