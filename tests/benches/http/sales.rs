//! The server somebody would write by hand for the list of `sales.yaml`: the predicate of the region in its SQL, or left to row
//! level security alone.

use std::sync::Arc;

use anyhow::Context;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use uuid::Uuid;

/// The region of the one caller that is known.
pub const REGION: &str = "R07";

/// What is asked of the database.
#[derive(Clone)]
enum Rows {
    Sqlite(SqlitePool, Arc<str>),
    Postgres(PgPool, Uuid),
    /// The session says who asks; the policies of the database do the rest.
    Secured(PgPool),
}

/// Serves until it is killed. `database` is a file or an address; `who` is the tenant, or what the session says of the caller.
pub async fn serve(database: &str, who: &str) -> anyhow::Result<()> {
    let rows = if !database.starts_with("postgres://") {
        let options = SqliteConnectOptions::new().filename(database);
        let pool = SqlitePoolOptions::new().max_connections(4).test_before_acquire(false);
        Rows::Sqlite(pool.connect_with(options).await?, who.into())
    } else if let Ok(tenant) = who.parse() {
        Rows::Postgres(pool().connect(database).await?, tenant)
    } else {
        let session = Arc::<str>::from(who);
        let told = pool().after_connect(move |connection, _| {
            let session = Arc::clone(&session);
            Box::pin(async move {
                sqlx::raw_sql(sqlx::AssertSqlSafe(session.to_string())).execute(connection).await.map(drop)
            })
        });
        Rows::Secured(told.connect(database).await?)
    };
    let routes = Router::new().route("/api/data/Sale", get(list)).with_state(rows);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes).await.context("serving")
}

fn pool() -> PgPoolOptions {
    PgPoolOptions::new().max_connections(8).test_before_acquire(false)
}

#[derive(Deserialize)]
struct ListQuery {
    limit: i64,
}

/// A row as both databases give it; dates and amounts are text already.
type Columns = (String, i64, String, String, String, String, String, String, String, String, Option<String>);

#[derive(Serialize)]
struct Sale {
    id: String,
    version: i64,
    created_at: String,
    created_by: String,
    updated_at: String,
    updated_by: String,
    code: String,
    region: String,
    sold_on: String,
    amount: String,
    note: Option<String>,
}

impl From<Columns> for Sale {
    fn from(row: Columns) -> Self {
        let (
            id,
            version,
            created_at,
            created_by,
            updated_at,
            updated_by,
            code,
            region,
            sold_on,
            amount,
            note,
        ) = row;
        Self {
            id,
            version,
            created_at,
            created_by,
            updated_at,
            updated_by,
            code,
            region,
            sold_on,
            amount,
            note,
        }
    }
}

#[derive(Serialize)]
struct Page {
    items: Vec<Sale>,
    next: Option<String>,
}

const SQLITE: &str = r#"SELECT "id", "version", "created_at", "created_by", "updated_at", "updated_by", "code", "region",
 "sold_on", printf('%d.%02d', "amount" / 100, "amount" % 100) AS "amount", "note" FROM "sales_sale"
 WHERE "tenant_id" = ?1 AND "region" = ?2 ORDER BY "id" LIMIT ?3"#;

const POSTGRES: &str = r#"SELECT "id"::text, "version", "created_at"::text, "created_by", "updated_at"::text, "updated_by",
 "code", "region", "sold_on"::text, "amount"::text, "note" FROM "sales_sale"
 WHERE "tenant_id" = $1 AND "region" = $2 ORDER BY "sales_sale"."id" LIMIT $3"#;

const SECURED: &str = r#"SELECT "id"::text, "version", "created_at"::text, "created_by", "updated_at"::text, "updated_by",
 "code", "region", "sold_on"::text, "amount"::text, "note" FROM "sales_sale" ORDER BY "sales_sale"."id" LIMIT $1"#;

async fn list(State(rows): State<Rows>, headers: HeaderMap, Query(query): Query<ListQuery>) -> Response {
    if !headers.contains_key(header::AUTHORIZATION) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let limit = query.limit + 1;
    let found = match rows {
        Rows::Sqlite(pool, tenant) => {
            sqlx::query_as(SQLITE).bind(&*tenant).bind(REGION).bind(limit).fetch_all(&pool).await
        }
        Rows::Postgres(pool, tenant) => {
            sqlx::query_as(POSTGRES).bind(tenant).bind(REGION).bind(limit).fetch_all(&pool).await
        }
        Rows::Secured(pool) => sqlx::query_as(SECURED).bind(limit).fetch_all(&pool).await,
    };
    let Ok(rows): Result<Vec<Columns>, _> = found else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut items: Vec<Sale> = rows.into_iter().map(Sale::from).collect();
    let more = i64::try_from(items.len()).is_ok_and(|count| count > query.limit);
    if more {
        items.pop();
    }
    let next = items.last().filter(|_| more).map(|sale| sale.id.clone());
    Json(Page { items, next }).into_response()
}
