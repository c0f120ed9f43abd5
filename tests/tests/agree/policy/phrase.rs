//! Random conditions as people write them in policies, as text that goes through the parser and the checker.

use athyper_expr::check::{Expected, Ingredient, Scope};
use athyper_expr::compile;
use athyper_expr::ir::{Expr, Ty};

use crate::generate::Random;
use crate::world::{STATES, TEXTS, attributes, fields};

/// What a condition may look at.
pub struct Surroundings {
    /// Whose fields the bare names are.
    pub this: &'static str,
    pub old: bool,
}

impl Scope for Surroundings {
    fn this(&self) -> Option<&str> {
        Some(self.this)
    }

    fn field(&self, entity: &str, name: &str) -> Option<Ty> {
        let (_, kind, nullable) = fields(entity).into_iter().find(|(field, ..)| *field == name)?;
        Some(Ty { kind, nullable })
    }

    fn field_names(&self, entity: &str) -> Vec<String> {
        fields(entity).into_iter().map(|(name, ..)| name.to_owned()).collect()
    }

    fn enum_values(&self, _: &str) -> Option<Vec<String>> {
        Some(STATES.map(str::to_owned).to_vec())
    }

    fn user(&self, attribute: &str) -> Option<Ty> {
        let (_, kind, nullable) = attributes().into_iter().find(|(name, ..)| *name == attribute)?;
        Some(Ty { kind, nullable })
    }

    fn allows(&self, ingredient: Ingredient) -> bool {
        ingredient != Ingredient::Old || self.old
    }
}

/// Which record stands in front.
#[derive(Clone, Copy, PartialEq)]
enum About {
    Record,
    Line,
    Contact,
}

/// A condition of the record, as text and checked.
pub fn condition(random: &mut Random, depth: u8) -> Expr {
    loop {
        // Decimals of different scales are not compared in lists.
        let text = phrase(random, depth, About::Record);
        if let Ok(checked) = compile(&text, &Surroundings { this: "m.Rec", old: false }, &Expected::Condition)
        {
            return checked.expr;
        }
    }
}

/// What is asked of a change: the record against what it was.
pub fn change(random: &mut Random) -> Expr {
    let field = ["name", "note", "count", "total", "state", "other", "flag", "made"][random.index(8)];
    let operator = if random.below(2) == 0 { "==" } else { "!=" };
    let text = format!("{field} {operator} old.{field}");
    compile(&text, &Surroundings { this: "m.Rec", old: true }, &Expected::Condition).unwrap().expr
}

fn phrase(random: &mut Random, depth: u8, about: About) -> String {
    if depth == 0 {
        return simple(random, about);
    }
    let inner = |random: &mut Random| phrase(random, depth - 1, about);
    match random.below(9) {
        0 | 1 => format!("({} && {})", inner(random), inner(random)),
        2 | 3 => format!("({} || {})", inner(random), inner(random)),
        4 => format!("!({})", inner(random)),
        5 => format!("({} ? {} : {})", inner(random), inner(random), inner(random)),
        6 if about == About::Record => quantifier(random, depth - 1),
        _ => simple(random, about),
    }
}

fn quantifier(random: &mut Random, depth: u8) -> String {
    let kind = ["exists", "all", "exists_one"][random.index(3)];
    match random.below(6) {
        0..3 => format!("lines.{kind}(l, {})", phrase(random, depth, About::Line)),
        3 => {
            let owner = ["other", "must", "other.group"][random.index(3)];
            format!("{owner}.contacts.{kind}(c, {})", phrase(random, depth, About::Contact))
        }
        4 => {
            let list = ["tags", "user.regions"][random.index(2)];
            let kind = if list == "tags" { kind } else { ["exists", "all"][random.index(2)] };
            format!("{list}.{kind}(t, t == {})", text(random, About::Record))
        }
        _ => {
            let body = phrase(random, depth, About::Line);
            let least = random.below(3);
            format!("lines.filter(l, {body}).size() > {least}")
        }
    }
}

fn simple(random: &mut Random, about: About) -> String {
    let order = ["<", "<=", ">", ">="][random.index(4)];
    let equal = ["==", "!="][random.index(2)];
    match random.below(16) {
        0..3 => format!("{} {equal} {}", text(random, about), text(random, about)),
        3 => {
            let search = ["contains", "startsWith", "endsWith"][random.index(3)];
            format!("{}.{search}({})", text(random, about), text(random, about))
        }
        4 => format!("{} {order} {}", text(random, about), text(random, about)),
        5 | 6 => format!("{} {order} {}", int(random, about), int(random, about)),
        7 | 8 => format!("{} {order} {}", decimal(random, about), decimal(random, about)),
        9 => format!("{} {equal} {}", int(random, about), int(random, about)),
        10 | 11 => member(random, about),
        12 => flag(random, about),
        13 if about == About::Record => reference(random),
        14 => format!("{} {order} {}", instant(random, about), instant(random, about)),
        _ => format!("{} {equal} null", nullable(random, about)),
    }
}

fn member(random: &mut Random, about: About) -> String {
    let listed = |list: &[&str], random: &mut Random| list[random.index(list.len())].to_owned();
    match (about, random.below(4)) {
        (About::Record, 0) => {
            let state = ["[\"draft\", \"approved\"]", "[\"Draft\"]"][random.index(2)];
            format!("state in {state}")
        }
        (About::Record, 1) => {
            format!("{} in {}", int(random, about), listed(&["user.levels", "marks"], random))
        }
        (_, 2) => format!("{} in user.budgets", decimal(random, about)),
        (About::Record, _) => {
            format!("{} in {}", text(random, about), listed(&["user.regions", "tags"], random))
        }
        _ => format!("{} in user.regions", text(random, about)),
    }
}

fn reference(random: &mut Random) -> String {
    let records = ["other", "must", "other.group", "must.group"];
    let equal = ["==", "!="][random.index(2)];
    format!("{} {equal} {}", records[random.index(4)], records[random.index(4)])
}

fn one_of(random: &mut Random, own: &[&str], shared: &[&str]) -> String {
    let at = random.index(own.len() + shared.len());
    own.iter().chain(shared).nth(at).unwrap().to_string()
}

fn text(random: &mut Random, about: About) -> String {
    if random.below(4) == 0 {
        let text = TEXTS[random.index(TEXTS.len())];
        return format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    }
    let own: &[&str] = match about {
        About::Record => &["name", "note", "other.title", "must.code", "must.title", "other.group.code"],
        About::Line => &["l.remark", "l.product.code", "l.product.title", "name", "must.code"],
        About::Contact => &["c.mail", "name", "note"],
    };
    one_of(random, own, &["user.login", "user.region"])
}

fn int(random: &mut Random, about: About) -> String {
    if random.below(4) == 0 {
        return ["0", "1", "-1", "100", "9223372036854775807"][random.index(5)].to_owned();
    }
    let own: &[&str] = match about {
        About::Record => &[
            "count",
            "rank",
            "twice",
            "other.level",
            "must.level",
            "note.size()",
            "lines.size()",
            "count + rank",
        ],
        About::Line => &["l.quantity", "l.product.level", "l.quantity * 2", "rank"],
        About::Contact => &["c.weight", "c.mail.size()", "rank"],
    };
    one_of(random, own, &["user.limit"])
}

fn decimal(random: &mut Random, about: About) -> String {
    if random.below(4) == 0 {
        return ["0.0", "0.5", "-0.01", "12.5", "9999999999999999.99"][random.index(5)].to_owned();
    }
    let own: &[&str] = match about {
        About::Record => &[
            "price",
            "total",
            "rate",
            "other.cost",
            "total_of_lines",
            "price + total",
            "total * 0.5",
            "lines.map(l, l.amount).sum()",
            "lines.map(l, l.amount).max()",
        ],
        About::Line => &["l.amount", "l.product.cost", "l.amount * 2", "total"],
        About::Contact => &["total", "price"],
    };
    one_of(random, own, &["user.budget"])
}

fn flag(random: &mut Random, about: About) -> String {
    let own: &[&str] = match about {
        About::Record => &["flag", "sure", "named", "other.active", "must.active"],
        About::Line => &["l.done", "l.product.active", "sure"],
        About::Contact => &["sure", "flag"],
    };
    one_of(random, own, &["user.admin"])
}

fn instant(random: &mut Random, about: About) -> String {
    let own: &[&str] = match about {
        About::Record => &["seen", "made", "seen + duration(\"36h\")"],
        _ => &["made"],
    };
    one_of(random, own, &["now()", "user.until", "now() - duration(\"24h\")"])
}

fn nullable(random: &mut Random, about: About) -> String {
    let own: &[&str] = match about {
        About::Record => {
            &["note", "other", "other.title", "count", "state", "tags", "day", "must.group", "doc"]
        }
        About::Line => &["l.amount", "l.remark", "l.product", "l.product.group"],
        About::Contact => &["c.weight"],
    };
    one_of(random, own, &["user.region", "user.limit", "user.levels", "user.since"])
}
