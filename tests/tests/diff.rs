//! What `metac diff` shows is so: the witness it prints is put into tables made by the DDL of both builds, and stands in
//! the list of the one and not of the other.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is the report of a test"
)]

use athyper_expr::Value;
use athyper_expr::eval::{Context, Layout, Place, Program};
use athyper_expr::ir::Node;
use athyper_expr::sql;
use athyper_expr::sql::{Bind, Column, Constants, Identifier, Lowering, Row, Source, SqlText, Table};
use athyper_expr::value::Stored;
use athyper_metac::diag::Lints;
use athyper_metac::diff::{self, Access, Only, Pair, Turn};
use athyper_metac::emit::sql::tables;
use athyper_metac::source::SourceSet;
use athyper_policy::{Condition, Residual};
use athyper_schemas::bundle::{Action, Bundle, Entity, System};
use athyper_schemas::dialect::Dialect;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions};
use sqlx::{Arguments as _, AssertSqlSafe, ConnectOptions, SqliteConnection, raw_sql};

const TENANT: &str = "00000000-0000-7000-8000-0000000000ff";

/// 2026-01-15T12:00:00Z, the instant of every witness.
const NOW_US: i64 = 1_768_478_400_000_000;

const MODEL: &str = "
entity: Supplier
fields:
  name:   string(40)! unique
  rating: { type: enum, values: [a, b, c] }
  keeper: string(40)
---
entity: Order
class: document
fields:
  code:     string(20)! unique
  owner:    string(40)!
  region:   string(8)
  supplier: Supplier!
  agent:    Supplier
  total:    money
  net:      { type: money, computed: total * 0.5, stored: true }
  due:      date
  urgent:   bool
  tags:     list(string(10))
  lines:    list(OrderLine)
checks:
  positive: { assert: total >= 0, message: no }
---
entity: OrderLine
fields:
  text:   string!
  amount: money!
---
policy: SupplierAccess
for: Supplier
rules: [ { id: look, allow: [read], to: [clerk] } ]
---
policy: OrderAccess
for: Order
rules:
";

/// Rules before and now, and the turn of the clerk that must be shown.
const CASES: &[(&str, &str, Turn)] = &[
    (
        "allow: [read], to: [clerk], when: total <= 100.00",
        "allow: [read], to: [clerk], when: total < 100.00",
        Turn::Loses,
    ),
    ("allow: [read], to: [clerk], when: owner == user.id", "allow: [read], to: [clerk]", Turn::Gains),
    ("allow: [read], to: [clerk]", "allow: [read], to: [clerk], when: 'region != \"north\"'", Turn::Loses),
    (
        "allow: [read], to: [clerk], when: region == user.region",
        "allow: [read], to: [clerk], when: user.region != null && region == user.region",
        Turn::Loses,
    ),
    (
        "allow: [read], to: [clerk], when: 'supplier.rating == \"a\"'",
        "allow: [read], to: [clerk], when: 'supplier.rating in [\"a\", \"b\"]'",
        Turn::Gains,
    ),
    (
        "allow: [read], to: [clerk], when: agent == null || agent.keeper == user.id",
        "allow: [read], to: [clerk], when: agent != null && agent.keeper == user.id",
        Turn::Loses,
    ),
    (
        "allow: [read], to: [clerk], when: 'lines.exists(l, l.amount > 1000.00)'",
        "allow: [read], to: [clerk], when: 'lines.all(l, l.amount > 1000.00)'",
        Turn::Gains,
    ),
    (
        "allow: [read], to: [clerk], when: 'lines.exists(l, l.amount > 1000.00)'",
        "allow: [read], to: [clerk], when: 'lines.all(l, l.amount > 1000.00)'",
        Turn::Loses,
    ),
    (
        "allow: [read], to: [clerk], when: net >= 50.00",
        "allow: [read], to: [clerk], when: net > 50.00",
        Turn::Loses,
    ),
    (
        "allow: [read], to: [clerk], when: 'due < date(\"2026-03-01\")'",
        "allow: [read], to: [clerk], when: 'due <= date(\"2026-03-01\")'",
        Turn::Gains,
    ),
    (
        "allow: [read], to: [clerk], when: due < today()",
        "allow: [read], to: [clerk], when: due <= today()",
        Turn::Gains,
    ),
    (
        "allow: [read], to: [clerk], when: urgent == true",
        "allow: [read], to: [clerk], when: urgent != false",
        Turn::Gains,
    ),
    (
        "allow: [read], to: [clerk], when: '\"vip\" in tags'",
        "allow: [read], to: [clerk], when: tags.size() > 0",
        Turn::Gains,
    ),
    (
        "allow: [read], to: [clerk], when: 'region.startsWith(\"no\")'",
        "allow: [read], to: [clerk], when: 'region == \"no\"'",
        Turn::Loses,
    ),
    (
        "allow: [read], to: [clerk], when: created_by == user.id",
        "allow: [read], to: [clerk], when: created_by == user.id && total != null",
        Turn::Loses,
    ),
];

fn model(rule: &str) -> Bundle {
    let package =
        "package: shop\nedition: 2026\nuser:\n  id: string!\n  roles: list(string)!\n  region: string\n";
    let rules = format!("{MODEL}  - {{ id: look, {rule} }}\n");
    let files = vec![
        ("metac.yaml".to_owned(), package.as_bytes().to_vec()),
        ("order.yaml".to_owned(), rules.into_bytes()),
    ];
    let outcome = athyper_metac::model(&SourceSet::new(files), Lints::default());
    let said: Vec<&str> = outcome.said.iter().map(|said| said.title.as_str()).collect();
    outcome.made.unwrap_or_else(|_| panic!("{rule}: {said:?}"))
}

/// A model as its tables and as its evaluator see it.
struct Seen<'b>(&'b Bundle);

impl Layout for Seen<'_> {
    fn field(&self, _: &str, _: &str) -> Option<Place<'_>> {
        None
    }

    fn attribute(&self, name: &str) -> Option<usize> {
        self.0.package.user.iter().position(|attribute| attribute.name == name)
    }
}

fn system(entity: &Entity, purpose: System) -> Option<Identifier> {
    let field = entity.fields.iter().find(|field| field.system == Some(purpose))?;
    Identifier::new(field.column.as_deref()?).ok()
}

impl Source for Seen<'_> {
    fn table(&self, entity: &str) -> Option<Table> {
        let entity = self.0.entity(entity)?;
        Some(Table {
            name: Identifier::new(&entity.table).ok()?,
            tenant: Identifier::new("tenant_id").ok()?,
            id: Identifier::new("id").ok()?,
            deleted_at: system(entity, System::DeletedAt),
        })
    }

    fn column(&self, entity: &str, field: &str) -> Option<Column<'_>> {
        let field = self.0.entity(entity)?.field(field)?;
        if field.ty.is_children() {
            let child = self.0.entity(field.ty.target.as_deref()?)?;
            return Some(Column::Children { entity: &child.name, parent: system(child, System::Parent)? });
        }
        let (name, nullable) = (Identifier::new(field.column.as_deref()?).ok()?, !field.required);
        Some(match field.ty.target.as_deref().filter(|_| field.ty.is_ref()) {
            Some(target) => Column::Reference { name, nullable, target },
            None => Column::Plain { name, nullable },
        })
    }
}

async fn database(bundle: &Bundle, rows: &[diff::Row]) -> SqliteConnection {
    let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
    let mut database = options.connect().await.unwrap();
    raw_sql(AssertSqlSafe(tables(bundle, Dialect::Sqlite))).execute(&mut database).await.unwrap();
    for row in rows {
        let entity = bundle.entity(&row.entity).unwrap();
        let (mut columns, mut values) = (vec!["tenant_id".to_owned()], vec![Value::text(TENANT)]);
        for (name, json) in &row.values {
            let field = entity.field(name).unwrap();
            let Some(column) = &field.column else { continue };
            if field.computed.as_ref().is_none_or(|computed| !computed.generated) {
                columns.push(column.clone());
                values.push(Value::from_json(&field.ty.kind(), json).unwrap());
            }
        }
        let places = vec!["?"; columns.len()].join(", ");
        let columns: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
        let text = format!("INSERT INTO \"{}\" ({}) VALUES ({places})", entity.table, columns.join(", "));
        sqlx::query_with(AssertSqlSafe(text), arguments(&values)).execute(&mut database).await.unwrap();
    }
    database
}

fn arguments(values: &[Value]) -> SqliteArguments {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value.stored() {
            Stored::Null => arguments.add(None::<i64>),
            Stored::Int(value) => arguments.add(value),
            Stored::Text(text) => arguments.add(text.as_ref().to_owned()),
        }
        .unwrap();
    }
    arguments
}

/// How many orders the list of the caller of this access has.
async fn listed(bundle: &Bundle, access: &Access, rows: &[diff::Row]) -> usize {
    let mut database = database(bundle, rows).await;
    let witness = access.witness.as_ref().unwrap();
    let user = bundle.package.user.iter();
    let user: Vec<Value> =
        user.map(|a| Value::from_json(&a.ty.kind, &witness.attributes[&a.name]).unwrap()).collect();
    let today = athyper_expr::moment::day_of_instant(NOW_US).unwrap();
    let context = Context { user: &user, now_us: NOW_US, today, ..Context::EMPTY };
    let known = |node: &Node| Program::compile_node(node, &Seen(bundle)).ok()?.evaluate(&context).ok();
    let roles = access.caller.roles();
    let policies = bundle.policies.iter().filter(|policy| policy.entity == "shop.Order");
    let left = Residual::of(policies, access.caller.caller(&roles), Action::Read).rows();
    let source = Seen(bundle);
    let mut lowering = Lowering::new(&source, Dialect::Sqlite, Constants::Known(&known));
    let row = Row::aliased("shop.Order", Identifier::new("r").unwrap());
    let condition = match &left {
        Condition::Never => SqlText::from("FALSE"),
        Condition::Always => SqlText::from("TRUE"),
        Condition::When(node) => lowering.rail_true(node, &row).unwrap().into_conjunct(),
    };
    let mut text = sql!["SELECT \"id\" FROM ", &source.table("shop.Order").unwrap().name, " AS \"r\" WHERE "];
    text.append(sql!["\"r\".\"tenant_id\" = "]).literal(TENANT).unwrap();
    text.append(sql![" AND ", condition]);
    let (text, binds) = text.into_parts(Dialect::Sqlite);
    let values = binds.into_iter().map(|bind| match bind {
        Bind::Value(value) => value,
        other => panic!("{other:?} is not known here"),
    });
    let values: Vec<Value> = values.collect();
    let query = sqlx::query_with(AssertSqlSafe(text), arguments(&values));
    query.fetch_all(&mut database).await.unwrap().len()
}

#[tokio::test]
async fn a_witness_stands_in_one_list_and_not_in_the_other() {
    let mut failures = Vec::new();
    for (before, now, turn) in CASES {
        let (old, new) = (model(before), model(now));
        let difference = diff::compare(Pair { old: &old, new: &new }, &Only::default());
        let found = difference.access.iter().find(|access| access.turn == *turn);
        let Some((access, witness)) = found.and_then(|access| Some((access, access.witness.as_ref()?)))
        else {
            failures.push(format!("{before} / {now}: no witness, but {:?}", difference.access));
            continue;
        };
        let was = listed(&old, access, &witness.old_rows).await;
        let is = listed(&new, access, &witness.new_rows).await;
        let expected = if *turn == Turn::Gains { (0, 1) } else { (1, 0) };
        if (was, is) != expected {
            failures.push(format!("{before} / {now}: listed {was} and {is}, {witness:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
