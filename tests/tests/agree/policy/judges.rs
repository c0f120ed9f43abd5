//! Everybody who has a say: the evaluator, SQLite's and PostgreSQL's WHERE, PostgreSQL's row level security.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};

use athyper_expr::eval::Program;
use athyper_expr::ir::{Kind, Node};
use athyper_expr::sql;
use athyper_expr::sql::{Bind, Constants, Identifier, Lowering, Row, SqlText, session};
use athyper_expr::value::Value;
use athyper_metac::emit::sql::{row_level_security, tables};
use athyper_policy::{Condition, Images, Residual, Rules};
use athyper_schemas::bundle::{Action, Bundle, Policy};
use athyper_schemas::dialect::Dialect;
use athyper_tests::postgres::{Postgres, USER};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, Row as _, SqliteConnection, raw_sql};
use uuid::Uuid;

use super::case::{NOW_US, User};
use super::model::{self, ENTITIES};
use crate::database::{in_postgres, in_sqlite};
use crate::world::{self, World};

const TENANT: &str = "00000000-0000-7000-8000-000000000001";
const OTHER: &str = "00000000-0000-7000-8000-000000000002";

/// Ids of records.
pub type Ids = BTreeSet<Uuid>;

/// What PostgreSQL lets a caller do under row level security.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub read: Ids,
    pub lines: Ids,
    /// What else was tried; nothing when it was not.
    pub tried: Option<Tried>,
}

/// What is let through, one record after another.
#[derive(Debug, PartialEq, Eq)]
pub struct Tried {
    pub created: Ids,
    pub updated: Ids,
    pub deleted: Ids,
}

/// All of them, over the records of one world.
pub struct Judges {
    pub world: World,
    bundle: Bundle,
    sqlite: SqliteConnection,
    /// The owner of the tables, as a program that decides itself.
    maker: PgConnection,
    /// The role that is held to the policies.
    serving: PgConnection,
    /// New records, without children.
    pub candidates: Vec<Vec<Value>>,
    /// A mistake that is made on purpose wherever row level security is written: these words for those.
    pub mistake: Option<(&'static str, &'static str)>,
}

impl Judges {
    pub async fn new(server: &Postgres, seed: u64) -> Self {
        let world = World::new(seed);
        let bundle = model::bundle(&world, Vec::new());
        let mut sqlite = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        run(&mut sqlite, tables(&bundle, Dialect::Sqlite)).await;
        let (maker, serving) = connections(server, seed).await;
        let candidates = candidates(&world);
        let mut judges = Self { world, bundle, sqlite, maker, serving, candidates, mistake: None };
        judges.prepare().await;
        judges
    }

    async fn prepare(&mut self) {
        let maker = &mut self.maker;
        for text in [tables(&self.bundle, Dialect::Postgres), PROBES.to_owned()] {
            raw_sql(AssertSqlSafe(text)).execute(&mut *maker).await.unwrap();
        }
        let mut rows: Vec<(&str, &str, world::Row)> =
            self.world.rows.iter().map(|row| (row.entity, row.tenant, row.clone())).collect();
        rows.extend(soft_deleted(&self.world));
        let mut inserts: Vec<(&str, SqlText, SqlText)> = Vec::new();
        for (entity, tenant, row) in &rows {
            let tenant = if *tenant == "tenant" { TENANT } else { OTHER };
            let (mine, theirs) = (Dialect::Sqlite, Dialect::Postgres);
            let of = |dialect| insertion(&self.bundle, dialect, (entity, None), (tenant, row));
            inserts.push((tenant, of(mine), of(theirs)));
        }
        for candidate in &self.candidates {
            let row = world::Row {
                entity: "m.Rec",
                tenant: "tenant",
                parent: Value::Null,
                deleted_at: Value::Null,
                values: candidate.clone(),
            };
            let of = |dialect| insertion(&self.bundle, dialect, ("m.Rec", Some("candidate")), (TENANT, &row));
            inserts.push((TENANT, SqlText::from("SELECT 1"), of(Dialect::Postgres)));
        }
        for (tenant, sqlite, postgres) in inserts {
            let (text, binds) = sqlite.into_parts(Dialect::Sqlite);
            let query = sqlx::query_with(AssertSqlSafe(text), in_sqlite(&values(binds)));
            query.execute(&mut self.sqlite).await.unwrap();
            let tenant = format!("SET athyper.tenant = '{tenant}'");
            raw_sql(AssertSqlSafe(tenant)).execute(&mut *maker).await.unwrap();
            let (text, binds) = postgres.into_parts(Dialect::Postgres);
            let query = sqlx::query_with(AssertSqlSafe(text), in_postgres(&values(binds)));
            query.execute(&mut *maker).await.unwrap();
        }
        // The program decides itself: what is tried in this session is its filter.
        let own = format!("SET athyper.tenant = '{TENANT}'; SET athyper.scope = 'tenant'");
        raw_sql(AssertSqlSafe(own)).execute(&mut *maker).await.unwrap();
    }

    /// Puts a policy in force; the conditions that row level security refuses.
    pub async fn enforce(&mut self, policy: &Policy) -> Vec<String> {
        self.bundle.policies = vec![policy.clone()];
        let held = row_level_security(&self.bundle);
        if held.unsaid.is_empty() {
            let (right, wrong) = self.mistake.unwrap_or_default();
            let text = if right.is_empty() { held.text } else { held.text.replace(right, wrong) };
            let applied = raw_sql(AssertSqlSafe(text.clone())).execute(&mut self.maker).await;
            applied.unwrap_or_else(|error| panic!("{error}\n{text}"));
        }
        held.unsaid.iter().map(|unsaid| unsaid.reason.to_string()).collect()
    }

    /// The policy as it was put in force.
    pub fn text(&self) -> String {
        row_level_security(&self.bundle).text
    }

    /// What the evaluator allows: the ids of those of `records`.
    pub fn evaluate(&self, rules: &Rules, user: &User, action: Action, records: &[Vec<Value>]) -> Ids {
        let allowed = records.iter().filter(|record| {
            let old = (action != Action::Create).then_some(record.as_slice());
            let now = user.context(record, None);
            let after = user.context(record, old);
            let after = action.has_new_image().then_some(&after);
            rules.allow(action, user.caller(), Images { now: &now, after }).unwrap()
        });
        allowed.map(|record| id_of(record)).collect()
    }

    /// What the filters on both databases let through; why not, when they cannot be said.
    pub async fn filter(&mut self, policy: &Policy, user: &User) -> Result<[Ids; 2], String> {
        let residual = Residual::of([policy], user.caller(), Action::Read);
        let node = match residual.rows() {
            Condition::Never => return Ok([Ids::new(), Ids::new()]),
            Condition::Always => None,
            Condition::When(node) => Some(node),
        };
        let (text, binds) = self.statement(Dialect::Sqlite, node.as_ref(), user)?;
        let query = sqlx::query_with(AssertSqlSafe(text.clone()), in_sqlite(&binds)).persistent(false);
        let rows = query.fetch_all(&mut self.sqlite).await.map_err(|error| format!("{error}\n{text}"))?;
        let sqlite = rows.iter().map(|row| row.get::<String, _>(0).parse().unwrap()).collect();
        let (text, binds) = self.statement(Dialect::Postgres, node.as_ref(), user)?;
        let query = sqlx::query_with(AssertSqlSafe(text.clone()), in_postgres(&binds)).persistent(false);
        let rows = query.fetch_all(&mut self.maker).await.map_err(|error| format!("{error}\n{text}"))?;
        let postgres = rows.iter().map(|row| row.get::<Uuid, _>(0)).collect();
        Ok([sqlite, postgres])
    }

    /// The list of `m.Rec` that a request would ask for.
    pub fn statement(
        &self,
        dialect: Dialect,
        node: Option<&Node>,
        user: &User,
    ) -> Result<(String, Vec<Value>), String> {
        let constant = |node: &Node| {
            let program = Program::compile_node(node, &self.world).ok()?;
            program.evaluate(&user.context(&[], None)).ok()
        };
        let mut lowering = Lowering::new(&self.world, dialect, Constants::Known(&constant));
        let row = Row::aliased("m.Rec", Identifier::new("r").unwrap());
        let condition = match node {
            None => SqlText::from("TRUE"),
            Some(node) => {
                lowering.rail_true(node, &row).map_err(|refused| refused.to_string())?.into_conjunct()
            }
        };
        let mut text = sql!["SELECT \"id\" FROM \"rec\" AS \"r\" WHERE \"r\".\"tenant_id\" = "];
        text.literal(TENANT).unwrap();
        text.append(sql![" AND \"r\".\"deleted_at\" IS NULL AND ", condition]);
        let (text, binds) = text.into_parts(dialect);
        Ok((text, values(binds)))
    }

    /// What row level security lets these callers see, and the first of them do.
    pub async fn hold(&mut self, users: &[User], tries: bool) -> Result<Vec<Held>, String> {
        let now = Value::Datetime(NOW_US).to_storage_text().unwrap();
        let mut text = String::new();
        for (index, user) in users.iter().enumerate() {
            let tell = [(session::TENANT, TENANT), (session::USER, &user.setting()), (session::NOW, &now)];
            let tell = tell
                .map(|(name, value)| format!("set_config('{name}', '{}', FALSE)", value.replace('\'', "''")));
            writeln!(text, "SELECT concat({});", tell.join(", ")).unwrap();
            text.push_str("SELECT string_agg(id::text, ',') FROM rec;\n");
            text.push_str("SELECT string_agg(id::text, ',') FROM line;\n");
            if tries && index == 0 {
                text.push_str("SELECT probe('create'); SELECT probe('update'); SELECT probe('delete');\n");
            }
        }
        let rows = raw_sql(AssertSqlSafe(text)).fetch_all(&mut self.serving).await;
        let rows = rows.map_err(|error| error.to_string())?;
        let mut answers = rows.iter().map(|row| row.get::<Option<String>, _>(0));
        let held = users.iter().enumerate().map(|(index, _)| {
            // What was told.
            answers.next();
            let mut next = || ids(answers.next().unwrap());
            let (read, lines) = (next(), next());
            let tried =
                (tries && index == 0).then(|| Tried { created: next(), updated: next(), deleted: next() });
            Held { read, lines, tried }
        });
        Ok(held.collect())
    }
}

/// Tries to do something with one record after another, and undoes it.
const PROBES: &str = r#"
CREATE TABLE candidate (LIKE rec);
CREATE FUNCTION probe(action text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  one uuid;
  many bigint;
  done text := '';
BEGIN
  FOR one IN SELECT id FROM candidate WHERE action = 'create' UNION ALL SELECT id FROM rec WHERE action <> 'create' LOOP
    BEGIN
      CASE action
        WHEN 'create' THEN INSERT INTO rec SELECT * FROM candidate WHERE id = one;
        WHEN 'update' THEN UPDATE rec SET sure = sure WHERE id = one;
        ELSE DELETE FROM rec WHERE id = one;
      END CASE;
      GET DIAGNOSTICS many = ROW_COUNT;
      IF many = 1 THEN
        RAISE EXCEPTION 'undone' USING ERRCODE = 'ZZ001';
      END IF;
    EXCEPTION
      WHEN SQLSTATE 'ZZ001' THEN done := done || ',' || one;
      WHEN insufficient_privilege THEN NULL;
    END;
  END LOOP;
  RETURN ltrim(done, ',');
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO serving;
"#;

async fn run(database: &mut SqliteConnection, text: String) {
    raw_sql(AssertSqlSafe(text)).execute(database).await.unwrap();
}

/// The owner of a new database and the role that serves it. Neither the database's collation nor the settings of the
/// session are the usual ones: what forgets to say how it means a value is seen.
async fn connections(server: &Postgres, seed: u64) -> (PgConnection, PgConnection) {
    let options = PgConnectOptions::new().socket(server.socket_folder()).username(USER);
    let mut admin = options.clone().database("postgres").connect().await.unwrap();
    // Both tests of policies begin with the same world.
    static MADE: AtomicU32 = AtomicU32::new(0);
    let database = format!("policies_{seed}_{}", MADE.fetch_add(1, Ordering::Relaxed));
    let create = format!(
        "CREATE DATABASE {database} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' OWNER maker"
    );
    for role in ["maker", "serving"] {
        let create = format!(
            "DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        raw_sql(AssertSqlSafe(create)).execute(&mut admin).await.unwrap();
    }
    raw_sql(AssertSqlSafe(create)).execute(&mut admin).await.unwrap();
    let settings =
        [("timezone", "Pacific/Chatham"), ("datestyle", "SQL, DMY"), ("intervalstyle", "sql_standard")];
    let options = options.database(&database).options(settings);
    let maker = options.clone().username("maker").connect().await.unwrap();
    (maker, options.username("serving").connect().await.unwrap())
}

/// Some records once more, deleted softly: nobody may see them.
fn soft_deleted(world: &World) -> Vec<(&'static str, &'static str, world::Row)> {
    let some = world.rows.iter().filter(|row| row.entity == "m.Rec" && row.tenant == "tenant").step_by(4);
    some.zip(0u128..)
        .map(|(row, number)| {
            let mut row = row.clone();
            row.values[0] = Value::Uuid(Uuid::from_u128(0x9000 + number));
            row.deleted_at = Value::Datetime(0);
            ("m.Rec", "tenant", row)
        })
        .collect()
}

/// Records like those that are there, but new.
fn candidates(world: &World) -> Vec<Vec<Value>> {
    let lines = world::fields("m.Rec").iter().position(|(name, ..)| *name == "lines").unwrap();
    world
        .records()
        .zip(0u128..)
        .map(|(record, number)| {
            let mut record = record.to_vec();
            record[0] = Value::Uuid(Uuid::from_u128(0xa000 + number));
            record[lines] = Value::list(Vec::new());
            record
        })
        .collect()
}

fn insertion(
    bundle: &Bundle,
    dialect: Dialect,
    (entity, into): (&str, Option<&str>),
    (tenant, row): (&str, &world::Row),
) -> SqlText {
    assert!(ENTITIES.contains(&entity));
    let entity = bundle.entity(entity).unwrap();
    let mut columns = vec![SqlText::from("\"tenant_id\"")];
    let id = Value::Uuid(Uuid::parse_str(tenant).unwrap());
    let place = |kind: &Kind, value: &Value| {
        let ty = if dialect == Dialect::Postgres { cast(kind) } else { "" };
        sql![Bind::Value(value.clone()), ty]
    };
    let mut places = vec![place(&Kind::Uuid, &id)];
    for (position, field) in entity.fields.iter().enumerate() {
        let Some(column) = &field.column else { continue };
        let value = match field.name.as_str() {
            "parent" => &row.parent,
            "deleted_at" => &row.deleted_at,
            _ => &row.values[position],
        };
        columns.push((&Identifier::new(column).unwrap()).into());
        places.push(place(&field.ty.kind(), value));
    }
    let (mut names, mut list) = (SqlText::new(), SqlText::new());
    names.join(columns, ", ");
    list.join(places, ", ");
    let table = Identifier::new(into.unwrap_or(&entity.table)).unwrap();
    sql!["INSERT INTO ", &table, " (", names, ") VALUES (", list, ")"]
}

/// What makes of a text the value of a column.
const fn cast(kind: &Kind) -> &'static str {
    match kind {
        Kind::Bool => "::boolean",
        Kind::Int | Kind::Duration => "::bigint",
        Kind::Decimal(_) => "::numeric",
        Kind::Date => "::date",
        Kind::Time => "::time",
        Kind::Datetime => "::timestamptz",
        Kind::Uuid | Kind::Record(_) => "::uuid",
        Kind::Json | Kind::List(_) => "::jsonb",
        Kind::Text | Kind::Enum(_) | Kind::Null => "",
    }
}

fn values(binds: Vec<Bind>) -> Vec<Value> {
    let known = binds.into_iter().map(|bind| match bind {
        Bind::Value(value) => value,
        other => panic!("{other:?} is not known here"),
    });
    known.collect()
}

pub fn id_of(record: &[Value]) -> Uuid {
    match record.first() {
        Some(Value::Uuid(id)) => *id,
        other => panic!("{other:?} is no id"),
    }
}

fn ids(list: Option<String>) -> Ids {
    let list = list.unwrap_or_default();
    list.split(',').filter(|id| !id.is_empty()).map(|id| id.parse().unwrap()).collect()
}
