//! Entities of every storage form, hostile records of them and principals, with another tenant in the same tables.

use athyper_expr::decimal::{Decimal, MAX_UNITS};
use athyper_expr::eval::{Context, Layout, Place};
use athyper_expr::ir::{Call, Expr, FieldAccess, Kind, Literal, Node, Op, Ty};
use athyper_expr::moment::{DAY_US, MAX_DAY, MAX_DURATION_US, MAX_INSTANT_US, MIN_DAY, MIN_INSTANT_US};
use athyper_expr::sql::{Column, Identifier, Source, Table};
use athyper_expr::value::{Value, canonical_json};
use uuid::Uuid;

use crate::generate::Random;

pub type FieldFacts = (&'static str, Kind, bool);

fn list(kind: Kind, nullable: bool) -> Kind {
    Kind::List(Box::new(Ty { kind, nullable }))
}

fn record(entity: &str) -> Kind {
    Kind::Record(entity.into())
}

/// The fields of an entity: name, kind, nullable. The first is the id.
pub fn fields(entity: &str) -> Vec<FieldFacts> {
    match entity {
        "m.Rec" => vec![
            ("id", Kind::Uuid, false),
            ("flag", Kind::Bool, true),
            ("sure", Kind::Bool, false),
            ("count", Kind::Int, true),
            ("rank", Kind::Int, false),
            ("price", Kind::Decimal(2), true),
            ("total", Kind::Decimal(2), false),
            ("rate", Kind::Decimal(4), true),
            ("note", Kind::Text, true),
            ("name", Kind::Text, false),
            ("state", Kind::Enum("m.State".into()), true),
            ("day", Kind::Date, true),
            ("hour", Kind::Time, true),
            ("seen", Kind::Datetime, true),
            ("made", Kind::Datetime, false),
            ("span", Kind::Duration, true),
            ("key", Kind::Uuid, true),
            ("tags", list(Kind::Text, false), true),
            ("marks", list(Kind::Int, true), false),
            ("sums", list(Kind::Decimal(2), false), false),
            ("other", record("m.Other"), true),
            ("must", record("m.Other"), false),
            ("lines", list(record("m.Line"), false), false),
            ("twice", Kind::Int, true),
            ("total_of_lines", Kind::Decimal(2), true),
            ("named", Kind::Bool, true),
            ("doc", Kind::Json, true),
            ("form", Kind::Json, false),
        ],
        "m.Other" => vec![
            ("id", Kind::Uuid, false),
            ("title", Kind::Text, true),
            ("code", Kind::Text, false),
            ("level", Kind::Int, true),
            ("cost", Kind::Decimal(2), true),
            ("active", Kind::Bool, true),
            ("group", record("m.Other"), true),
            ("contacts", list(record("m.Contact"), false), false),
        ],
        "m.Line" => vec![
            ("id", Kind::Uuid, false),
            ("amount", Kind::Decimal(2), true),
            ("quantity", Kind::Int, false),
            ("remark", Kind::Text, true),
            ("done", Kind::Bool, true),
            ("product", record("m.Other"), true),
        ],
        _ => vec![("id", Kind::Uuid, false), ("mail", Kind::Text, false), ("weight", Kind::Int, true)],
    }
}

/// Attributes of the principal: name, kind, nullable.
pub fn attributes() -> Vec<FieldFacts> {
    vec![
        ("login", Kind::Text, false),
        ("region", Kind::Text, true),
        ("limit", Kind::Int, true),
        ("budget", Kind::Decimal(2), true),
        ("admin", Kind::Bool, true),
        ("regions", list(Kind::Text, false), false),
        ("levels", list(Kind::Int, true), true),
        ("budgets", list(Kind::Decimal(2), true), false),
        ("since", Kind::Date, true),
        ("until", Kind::Datetime, false),
        ("shift", Kind::Time, true),
        ("patience", Kind::Duration, true),
        ("key", Kind::Uuid, true),
    ]
}

pub fn table_of(entity: &str) -> &'static str {
    match entity {
        "m.Rec" => "rec",
        "m.Other" => "other \"quoted\"",
        "m.Line" => "line",
        _ => "contact",
    }
}

fn field_of(entity: &str, name: &str) -> Option<FieldFacts> {
    fields(entity).into_iter().find(|(field, ..)| *field == name)
}

fn access(of: Node, entity: &str, name: &str) -> Node {
    let (_, kind, nullable) = field_of(entity, name).unwrap();
    let ty = Ty { kind, nullable };
    Node::Field(Box::new(FieldAccess { of, entity: entity.into(), name: name.into(), ty }))
}

/// A row of a table.
#[derive(Clone)]
pub struct Row {
    pub entity: &'static str,
    pub tenant: &'static str,
    pub parent: Value,
    pub deleted_at: Value,
    pub values: Vec<Value>,
}

pub struct World {
    /// What the tables hold.
    pub rows: Vec<Row>,
    records: Vec<Vec<Value>>,
    users: Vec<Vec<Value>>,
    computed: Vec<(&'static str, Expr)>,
}

impl Layout for World {
    fn field(&self, entity: &str, field: &str) -> Option<Place<'_>> {
        if let Some((_, expr)) = self.computed.iter().find(|(name, _)| *name == field) {
            return Some(Place::Computed(expr));
        }
        fields(entity).iter().position(|(name, ..)| *name == field).map(Place::Index)
    }

    fn attribute(&self, name: &str) -> Option<usize> {
        attributes().iter().position(|(attribute, ..)| *attribute == name)
    }
}

pub fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

impl Source for World {
    fn table(&self, entity: &str) -> Option<Table> {
        Some(Table {
            name: name(table_of(entity)),
            tenant: name("tenant_id"),
            id: name("id"),
            deleted_at: (entity == "m.Line").then(|| name("deleted_at")),
        })
    }

    fn column(&self, entity: &str, field: &str) -> Option<Column<'_>> {
        if let Some((_, expr)) = self.computed.iter().find(|(name, _)| *name == field) {
            return Some(Column::Computed(expr));
        }
        let (_, kind, nullable) = field_of(entity, field)?;
        Some(match kind {
            Kind::Record(_) => {
                Column::Reference { name: name(&format!("{field}_id")), nullable, target: "m.Other" }
            }
            Kind::List(item) if item.kind == record("m.Line") => {
                Column::Children { entity: "m.Line", parent: name("parent_id") }
            }
            Kind::List(item) if item.kind == record("m.Contact") => {
                Column::Children { entity: "m.Contact", parent: name("parent_id") }
            }
            _ => Column::Plain { name: name(field), nullable },
        })
    }
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut world =
            Self { rows: Vec::new(), records: Vec::new(), users: Vec::new(), computed: computed() };
        let mut random = Random::new(seed);
        world.fill("other tenant", &mut Random::new(seed + 1));
        world.records = world.fill("tenant", &mut random);
        world.users =
            (0..4).map(|_| attributes().iter().map(|f| value_for(f, &mut random)).collect()).collect();
        world
    }

    pub fn records(&self) -> impl Iterator<Item = &[Value]> {
        self.records.iter().map(Vec::as_slice)
    }

    pub fn context<'a>(&'a self, this: &'a [Value], seed: u64) -> Context<'a> {
        let user = &self.users[usize::try_from(seed).unwrap() % self.users.len()];
        Context { this, old: None, user, now_us: 1_774_949_400_123_456, today: 20_543 }
    }

    fn insert(&mut self, entity: &'static str, tenant: &'static str, parent: Value, values: Vec<Value>) {
        self.rows.push(Row { entity, tenant, parent, deleted_at: Value::Null, values });
    }

    /// Records of one tenant; both tenants have the same ids.
    fn fill(&mut self, tenant: &'static str, random: &mut Random) -> Vec<Vec<Value>> {
        let mut others: Vec<Value> = Vec::new();
        for number in 0..6u128 {
            let id = Uuid::from_u128(0x1000 + number);
            let mut contacts = Vec::new();
            for place in 0..random.below(3) {
                let contact_id = Uuid::from_u128(0x2000 + number * 16 + u128::from(place));
                let contact = values_for("m.Contact", contact_id, random);
                self.insert("m.Contact", tenant, Value::Uuid(id), contact.clone());
                contacts.push(Value::record(contact));
            }
            let mut other = values_for("m.Other", id, random);
            other[6] = if random.below(3) == 0 { Value::Null } else { random.pick(&others) };
            other[7] = Value::list(contacts);
            self.insert("m.Other", tenant, Value::Null, other.clone());
            others.push(Value::record(other));
        }
        let mut records = Vec::new();
        for number in 0..32u128 {
            let id = Uuid::from_u128(0x3000 + number);
            let mut lines = Vec::new();
            for place in 0..random.below(5) {
                let mut line =
                    values_for("m.Line", Uuid::from_u128(0x4000 + number * 16 + u128::from(place)), random);
                line[5] = if random.below(3) == 0 { Value::Null } else { random.pick(&others) };
                let deleted = random.below(4) == 0;
                self.insert("m.Line", tenant, Value::Uuid(id), line.clone());
                if deleted {
                    self.rows.last_mut().unwrap().deleted_at = Value::Datetime(0);
                } else {
                    lines.push(Value::record(line));
                }
            }
            let mut record = values_for("m.Rec", id, random);
            record[20] = if random.below(3) == 0 { Value::Null } else { random.pick(&others) };
            record[21] = random.pick(&others);
            record[22] = Value::list(lines);
            self.insert("m.Rec", tenant, Value::Null, record.clone());
            records.push(record);
        }
        records
    }
}

fn computed() -> Vec<(&'static str, Expr)> {
    let expr = |kind: Kind, root: Node| Expr { source: String::new(), ty: Ty { kind, nullable: true }, root };
    let call = |op, args| Node::Call(Call { op, args });
    let amounts = Node::Fold(Box::new(athyper_expr::ir::Fold {
        kind: athyper_expr::ir::FoldKind::Map,
        variable: 0,
        list: access(Node::This, "m.Rec", "lines"),
        body: access(Node::Bound(0), "m.Line", "amount"),
    }));
    let two = Node::Literal(Literal::Int("2".into()));
    let title = access(access(Node::This, "m.Rec", "other"), "m.Other", "title");
    let empty = Node::Literal(Literal::Text(String::new()));
    vec![
        ("twice", expr(Kind::Int, call(Op::MulInt, vec![access(Node::This, "m.Rec", "count"), two]))),
        ("total_of_lines", expr(Kind::Decimal(2), call(Op::SumDecimal(2), vec![amounts]))),
        ("named", expr(Kind::Bool, call(Op::Ne, vec![title, empty]))),
    ]
}

fn values_for(entity: &str, id: Uuid, random: &mut Random) -> Vec<Value> {
    let mut values: Vec<Value> = fields(entity).iter().map(|facts| value_for(facts, random)).collect();
    values[0] = Value::Uuid(id);
    values
}

pub fn value_for((_, kind, nullable): &FieldFacts, random: &mut Random) -> Value {
    if *nullable && random.below(4) == 0 {
        return Value::Null;
    }
    match kind {
        Kind::List(item) => {
            let facts = ("", item.kind.clone(), item.nullable);
            Value::list((0..random.below(4)).map(|_| value_for(&facts, random)).collect())
        }
        Kind::Record(_) => Value::Null,
        _ => scalar(kind, random),
    }
}

pub const TEXTS: [&str; 24] = [
    "",
    "a",
    "A",
    "b",
    "ab",
    "aB",
    "aba",
    "%",
    "_",
    "a%b",
    "\\",
    "é",
    "É",
    "ß",
    "😀",
    " a ",
    "\u{a0}x\u{2003}",
    "10",
    "null",
    "'",
    "\"",
    "\u{ffff}",
    "\u{10000}",
    "e\u{301}",
];

/// Among them documents that are equal although they were written differently.
const DOCUMENTS: [&str; 12] = [
    "null",
    "true",
    "1",
    "1.0",
    "1e2",
    "100",
    "1.5",
    "\"a\"",
    "[]",
    "[1, \"a\", null]",
    "{\"a\": 1, \"b\": 1e300}",
    "{\"b\": 1e300, \"a\": 1.0}",
];

pub const STATES: [&str; 3] = ["draft", "approved", "Draft"];

/// A value of this kind, often one that hurts.
pub fn scalar(kind: &Kind, random: &mut Random) -> Value {
    match kind {
        Kind::Bool => Value::Bool(random.below(2) == 0),
        Kind::Int => Value::Int(random.pick(&[
            0,
            1,
            -1,
            2,
            3,
            5,
            10,
            100,
            -7,
            1 << 32,
            i64::MAX,
            i64::MIN,
            i64::MAX - 1,
            4_611_686_018_427_387_904,
        ])),
        Kind::Decimal(scale) => {
            let units = random.pick(&[
                0,
                1,
                -1,
                4,
                5,
                49,
                50,
                51,
                -50,
                -150,
                100,
                250,
                12_345,
                -99_999,
                1_000_000,
                333_333_333,
                MAX_UNITS,
                -MAX_UNITS,
                MAX_UNITS / 2 + 1,
            ]);
            Value::Decimal(Decimal::new(units, *scale).unwrap())
        }
        Kind::Enum(_) => Value::text(random.pick(&STATES)),
        Kind::Date => Value::Date(random.pick(&[0, -1, 1, 19_782, 20_543, 20_544, MIN_DAY, MAX_DAY])),
        Kind::Time => Value::Time(random.pick(&[0, 1, DAY_US - 1, 34_200_000_000, 34_200_500_000])),
        Kind::Datetime => Value::Datetime(random.pick(&[
            0,
            -1,
            1,
            999_999,
            1_774_949_400_000_000,
            1_774_949_400_123_456,
            1_774_949_400_120_000,
            1_709_164_800_000_000,
            MIN_INSTANT_US,
            MAX_INSTANT_US,
            -DAY_US,
        ])),
        Kind::Duration => Value::Duration(random.pick(&[
            0,
            1,
            -1,
            DAY_US,
            -DAY_US,
            90_061_000_001,
            5_400_000_000,
            MAX_DURATION_US,
            -MAX_DURATION_US,
            MAX_DURATION_US - DAY_US,
            31 * DAY_US,
        ])),
        Kind::Json => {
            let document = serde_json::from_str(random.pick(&DOCUMENTS)).unwrap();
            Value::Json(canonical_json(&document).into())
        }
        Kind::Uuid => Value::Uuid(Uuid::from_u128(u128::from(random.below(3)) + 0x1000)),
        _ => Value::text(random.pick(&TEXTS)),
    }
}
