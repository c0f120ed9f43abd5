//! Connections to PostgreSQL that many share: after errors, hang-ups and behind PgBouncer nobody finds in one what another
//! left there.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the report of a test")]

use std::str::FromStr;

use athyper_tests::bouncer::{Bouncer, Pooling};
use athyper_tests::postgres::Postgres;
use athyper_tests::server::{Server, Store};
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection, Row, raw_sql};

const PACKAGE: &str = "
entity: Note
class: master
fields:
  title: string(80)! unique
  body:  text
---
policy: NoteAccess
for: Note
rules:
  - { id: new, allow: [create], to: [anna, bert] }
  - { id: own, allow: [read, update, delete], to: [anna, bert], when: created_by == user.id }
";

/// Two people of the same name in two tenants, and two in one.
const CALLERS: [&str; 4] = ["anna@acme", "bert@acme", "anna@bolt", "bert@bolt"];
/// What is told to a connection: the tenant, and with `--rls full` the caller.
const STORES: [Store; 2] = [Store::Postgres, Store::PostgresInFull];
const ROUNDS: usize = 4;

fn prepared(store: Store) -> Server {
    let package = tempfile::tempdir().unwrap();
    std::fs::write(package.path().join("metac.yaml"), "package: shop\nedition: 2026\n").unwrap();
    std::fs::write(package.path().join("note.yaml"), PACKAGE).unwrap();
    Server::prepare_on(store, package.path(), &["acme", "bolt"]).unwrap()
}

async fn call(server: &Server, who: &str, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let url = Url::parse(server.base()).unwrap().join("/api/data/Note").unwrap();
    let url = Url::parse(&format!("{url}{path}")).unwrap();
    let mut request = server.request(method, url, Some(who)).unwrap();
    if let Some(version) = body.get("version") {
        request = request.header("if-match", format!("\"{version}\""));
    }
    if let Some(body) = body.get("body") {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    (status, serde_json::from_str(&text).unwrap_or_default())
}

/// Everybody works at the same time, makes mistakes, and sees his own and nothing else.
async fn everybody_works(server: &Server, from: usize) {
    let work = CALLERS.iter().map(async |who| {
        for round in from..from + ROUNDS {
            let note = json!({ "body": { "title": format!("{who} {round}") } });
            let (status, made) = call(server, who, Method::POST, "", note.clone()).await;
            assert_eq!(status, StatusCode::CREATED, "{who}: {made}");
            assert_eq!(call(server, who, Method::POST, "", note).await.0, StatusCode::CONFLICT);
            let id = format!("/{}", made["id"].as_str().unwrap());
            let change = |version: u32| json!({ "version": version, "body": { "body": *who } });
            assert_eq!(call(server, who, Method::PATCH, &id, change(1)).await.0, StatusCode::OK);
            assert_eq!(
                call(server, who, Method::PATCH, &id, change(1)).await.0,
                StatusCode::PRECONDITION_FAILED
            );
            for other in CALLERS.iter().filter(|other| *other != who) {
                assert_eq!(call(server, other, Method::GET, &id, Value::Null).await.0, StatusCode::NOT_FOUND);
                assert_eq!(
                    call(server, other, Method::PATCH, &id, change(2)).await.0,
                    StatusCode::NOT_FOUND,
                    "{other} changes what {who} made"
                );
            }
            let (status, page) = call(server, who, Method::GET, "?limit=1000", Value::Null).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            let titles = page["items"].as_array().unwrap().iter().map(|note| note["title"].as_str().unwrap());
            let (hung, whole): (Vec<&str>, Vec<&str>) = titles.partition(|title| title.ends_with("hung"));
            assert!(whole.iter().chain(&hung).all(|title| title.starts_with(who)), "{who} sees {page}");
            assert_eq!(whole.len(), round + 1, "{who}");
        }
    });
    futures_util::future::join_all(work).await;
}

async fn connection(address: &str) -> PgConnection {
    let options = PgConnectOptions::from_str(address).unwrap();
    options.extra_float_digits(None).statement_cache_capacity(0).connect().await.unwrap()
}

async fn number(connection: &mut PgConnection, sql: &str) -> i64 {
    connection.fetch_one(raw_sql(AssertSqlSafe(sql.to_owned()))).await.unwrap().get(0)
}

/// Clients hang up while their requests stand before a lock.
async fn everybody_hangs_up(server: &Server, owner: &mut PgConnection) {
    owner.execute(raw_sql("BEGIN; LOCK TABLE shop_note IN ACCESS EXCLUSIVE MODE")).await.unwrap();
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'shop_note'::regclass";
    let requests = CALLERS.iter().flat_map(|who| {
        let note = json!({ "body": { "title": format!("{who} hung") } });
        [call(server, who, Method::POST, "", note), call(server, who, Method::GET, "", Value::Null)]
    });
    let stand = async { while number(owner, waiting).await == 0 {} };
    let answered = tokio::select! {
        () = stand => false,
        _ = futures_util::future::join_all(requests) => true,
    };
    assert!(!answered, "answers came from a locked table");
    owner.execute(raw_sql("ROLLBACK")).await.unwrap();
}

#[tokio::test]
async fn one_connection_carries_nobody_over_to_the_next() {
    for store in STORES {
        let mut server = prepared(store);
        server
            .serve_through(|mut command| {
                command.env("ATHYPER_DATABASE_CONNECTIONS", "1");
                command
            })
            .unwrap();
        let mut owner = connection(server.owners_database()).await;
        everybody_works(&server, 0).await;
        everybody_hangs_up(&server, &mut owner).await;
        everybody_works(&server, ROUNDS).await;
    }
}

#[tokio::test]
async fn behind_pgbouncer_everybody_shares_one_connection() {
    for pooling in Pooling::BOTH {
        everybody_shares_one_connection(pooling, Store::Postgres).await;
    }
    everybody_shares_one_connection(Pooling::Transaction, Store::PostgresInFull).await;
}

async fn everybody_shares_one_connection(pooling: Pooling, store: Store) {
    let bouncer = Bouncer::start(Postgres::shared().unwrap(), pooling, 1).unwrap();
    let mut server = prepared(store);
    server.go_through(|address| bouncer.before(address));
    server
        .serve_through(|mut command| {
            if pooling == Pooling::Session {
                // It keeps what it has, and would wait for ever for a second one.
                command.env("ATHYPER_DATABASE_CONNECTIONS", "1");
            }
            command
        })
        .unwrap();
    let mut owner = connection(server.owners_database()).await;
    everybody_works(&server, 0).await;
    everybody_hangs_up(&server, &mut owner).await;
    everybody_works(&server, ROUNDS).await;
    if pooling == Pooling::Session {
        server.stop().unwrap();
    }
    // Another client gets the very connection that served them, and finds nothing in it.
    let mut other = connection(server.database()).await;
    let left = "SELECT concat_ws('', current_setting('athyper.tenant', true), current_setting('athyper.scope', true), \
        current_setting('athyper.user', true))";
    let row = other.fetch_one(raw_sql(left)).await.unwrap();
    assert_eq!(row.get::<String, _>(0), "", "{pooling:?}");
    assert_eq!(number(&mut other, "SELECT count(*) FROM shop_note").await, 0, "{pooling:?}");
    assert_eq!(number(&mut owner, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'athyper_app'").await, 1);
}

#[tokio::test]
async fn the_tenant_is_set_before_the_first_row_is_looked_for_by_an_index() {
    let mut server = prepared(Store::Postgres);
    server
        .serve_through(|mut command| {
            command
                .env("ATHYPER_LOG_FORMAT", "json")
                .env("ATHYPER_LOG_LEVEL", "info,athyper_runtime::db=debug");
            command
        })
        .unwrap();
    for path in ["?order=title&count=exact", "/00000000-0000-0000-0000-000000000001", "?aggregate=count()"] {
        let before = server.log().unwrap().len();
        call(&server, "anna@acme", Method::GET, path, Value::Null).await;
        let log = server.log().unwrap();
        let statement = log[before..]
            .lines()
            .filter_map(|line| {
                serde_json::from_str::<Value>(line).ok()?["statement"].as_str().map(str::to_owned)
            })
            .find(|statement| statement.contains("\"shop_note\""))
            .unwrap();
        let plan = plan(&server, &statement).await;
        let first = |words: &str| plan.iter().position(|line| line.contains(words));
        let gate = first("One-Time Filter").unwrap_or(usize::MAX);
        let scan = plan.iter().position(|line| line.contains(" Scan ") && line.contains("shop_note"));
        assert!(gate < scan.unwrap(), "{statement}\n{}", plan.join("\n"));
        assert!(
            first("Index Cond: ((tenant_id = ").is_some() || first("Index Cond: (tenant_id = ").is_some()
        );
        assert!(first("Seq Scan").is_none(), "{}", plan.join("\n"));
    }
}

/// The plan of a statement whose values are not known, for who serves.
async fn plan(server: &Server, statement: &str) -> Vec<String> {
    let mut serving = connection(server.database()).await;
    let values = (1..).take_while(|number| statement.contains(&format!("${number}"))).map(|_| "NULL");
    let values = values.collect::<Vec<_>>().join(", ");
    let words = format!(
        "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; PREPARE asked AS {statement}; \
         EXPLAIN (COSTS OFF) EXECUTE asked ({values})"
    );
    let rows = serving.fetch_all(raw_sql(AssertSqlSafe(words))).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[test]
fn two_databases_of_one_server_are_migrated_at_once_and_twice() {
    let servers = [prepared(Store::Postgres), prepared(Store::Postgres)];
    let applying: Vec<_> = servers
        .iter()
        .chain(&servers)
        .chain(&servers)
        .map(|server| {
            let mut apply = server.athyper(&["migrate", "apply"]).unwrap();
            apply
                .arg(server.build())
                .arg("--policies")
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in applying {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
