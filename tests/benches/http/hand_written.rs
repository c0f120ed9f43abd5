//! The server somebody would write by hand for the orders of `shop.yaml`: axum, sqlx, prepared statements, one writer and
//! several readers, answers in the same shape. It knows one token and checks what its columns demand, nothing more.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use axum::extract::{Path as Segment, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{FromRow, Row};
use uuid::Uuid;

#[derive(Clone)]
struct App {
    readers: SqlitePool,
    writer: SqlitePool,
    tenant: Arc<str>,
}

/// Serves the database file until it is killed.
pub async fn serve(database: &Path) -> anyhow::Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true);
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .test_before_acquire(false)
            .connect_with(options.clone())
    };
    let (readers, writer) = (pool(4).await?, pool(1).await?);
    let (tenant,): (String,) = sqlx::query_as(r#"SELECT "tenant_id" FROM "shop_customer" LIMIT 1"#)
        .fetch_one(&readers)
        .await
        .context("no data to serve")?;
    let app = App { readers, writer, tenant: tenant.into() };
    let routes = Router::new()
        .route("/api/data/Order", get(list).post(create))
        .route("/api/data/Order/{id}", get(one).patch(patch))
        .with_state(app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}

/// What went wrong, as the status it becomes.
struct Failure(StatusCode);

impl From<sqlx::Error> for Failure {
    fn from(_: sqlx::Error) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

fn authorised(headers: &HeaderMap) -> Result<(), Failure> {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match token {
        Some(token) if token.starts_with("Bearer ") => Ok(()),
        _ => Err(Failure(StatusCode::UNAUTHORIZED)),
    }
}

#[derive(Serialize)]
struct Order {
    id: String,
    version: i64,
    created_at: String,
    created_by: String,
    updated_at: String,
    updated_by: String,
    code: String,
    customer: String,
    region: String,
    status: String,
    ordered_on: String,
    note: Option<String>,
    total: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<Line>>,
}

#[derive(Serialize)]
struct Line {
    id: String,
    position: i64,
    product: String,
    quantity: i64,
    price: String,
    amount: Option<String>,
}

fn money(units: i64) -> String {
    format!("{}.{:02}", units / 100, units % 100)
}

impl FromRow<'_, SqliteRow> for Order {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let lines: Option<String> = row.try_get(13)?;
        Ok(Self {
            id: row.try_get(0)?,
            version: row.try_get(1)?,
            created_at: row.try_get(2)?,
            created_by: row.try_get(3)?,
            updated_at: row.try_get(4)?,
            updated_by: row.try_get(5)?,
            code: row.try_get(6)?,
            customer: row.try_get(7)?,
            region: row.try_get(8)?,
            status: row.try_get(9)?,
            ordered_on: row.try_get(10)?,
            note: row.try_get(11)?,
            total: row.try_get::<Option<i64>, _>(12)?.map(money),
            lines: lines.map(|text| read_lines(&text)).transpose()?,
        })
    }
}

fn read_lines(text: &str) -> Result<Vec<Line>, sqlx::Error> {
    let lines: Vec<(String, i64, String, i64, i64, Option<i64>)> =
        serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let line = |(id, position, product, quantity, price, amount): (_, _, _, _, _, Option<i64>)| Line {
        id,
        position,
        product,
        quantity,
        price: money(price),
        amount: amount.map(money),
    };
    Ok(lines.into_iter().map(line).collect())
}

const PLAIN: &str = r#"SELECT "id", "version", "created_at", "created_by", "updated_at", "updated_by", "code",
 "customer_id", "region", "status", "ordered_on", "note", "total", NULL AS "lines" FROM "shop_order" AS o"#;

const WITH_LINES: &str = r#"SELECT "id", "version", "created_at", "created_by", "updated_at", "updated_by", "code",
 "customer_id", "region", "status", "ordered_on", "note", "total",
 (SELECT json_group_array(json_array(l."id", l."position", l."product", l."quantity", l."price", l."amount") ORDER BY l."position")
  FROM "shop_order_line" AS l WHERE l."tenant_id" = o."tenant_id" AND l."parent_id" = o."id") AS "lines"
 FROM "shop_order" AS o"#;

const ONE: &str = r#" WHERE o."tenant_id" = ?1 AND o."id" = ?2"#;

const PAGE: &str = r#" WHERE o."tenant_id" = ?1 AND o."region" = ?2 ORDER BY o."id" LIMIT ?3"#;

async fn fetch(app: &App, id: &str) -> Result<Response, Failure> {
    let order: Order = sqlx::query_as(concat_once(&GET, WITH_LINES, ONE))
        .bind(&*app.tenant)
        .bind(id)
        .fetch_optional(&app.readers)
        .await?
        .ok_or(Failure(StatusCode::NOT_FOUND))?;
    let etag: [(HeaderName, String); 1] = [(header::ETAG, format!("\"{}\"", order.version))];
    Ok((etag, Json(order)).into_response())
}

static GET: std::sync::OnceLock<String> = std::sync::OnceLock::new();
static LIST: std::sync::OnceLock<String> = std::sync::OnceLock::new();
static LIST_LINES: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// Two constants as one, made once.
fn concat_once(
    cell: &'static std::sync::OnceLock<String>,
    head: &str,
    tail: &str,
) -> sqlx::AssertSqlSafe<&'static str> {
    sqlx::AssertSqlSafe(cell.get_or_init(|| format!("{head}{tail}")).as_str())
}

async fn one(
    State(app): State<App>,
    headers: HeaderMap,
    Segment(id): Segment<String>,
) -> Result<Response, Failure> {
    authorised(&headers)?;
    fetch(&app, &id).await
}

#[derive(Deserialize)]
struct ListQuery {
    region: String,
    limit: i64,
    expand: Option<String>,
}

#[derive(Serialize)]
struct Page {
    items: Vec<Order>,
    next: Option<String>,
}

async fn list(
    State(app): State<App>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    authorised(&headers)?;
    let text = match query.expand {
        Some(_) => concat_once(&LIST_LINES, WITH_LINES, PAGE),
        None => concat_once(&LIST, PLAIN, PAGE),
    };
    let mut rows: Vec<Order> = sqlx::query_as(text)
        .bind(&*app.tenant)
        .bind(query.region)
        .bind(query.limit + 1)
        .fetch_all(&app.readers)
        .await?;
    let more = i64::try_from(rows.len()).is_ok_and(|count| count > query.limit);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|row| row.id.clone());
    Ok(Json(Page { items: rows, next }).into_response())
}

#[derive(Deserialize)]
struct NewOrder {
    code: String,
    customer: Uuid,
    region: String,
    ordered_on: String,
    note: Option<String>,
    lines: Vec<NewLine>,
}

#[derive(Deserialize)]
struct NewLine {
    product: String,
    quantity: i64,
    price: String,
}

fn units(text: &str) -> Result<i64, Failure> {
    let refused = || Failure(StatusCode::UNPROCESSABLE_ENTITY);
    let (whole, cents) = text.split_once('.').ok_or_else(refused)?;
    let whole: i64 = whole.parse().map_err(|_| refused())?;
    let cents: i64 = cents.parse().map_err(|_| refused())?;
    Ok(whole * 100 + cents)
}

async fn create(
    State(app): State<App>,
    headers: HeaderMap,
    Json(order): Json<NewOrder>,
) -> Result<Response, Failure> {
    authorised(&headers)?;
    let id = Uuid::now_v7().to_string();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let mut lines = Vec::new();
    for line in order.lines {
        let price = units(&line.price)?;
        lines.push((line.product, line.quantity, price, price * line.quantity));
    }
    let total: i64 = lines.iter().map(|line| line.3).sum();
    let mut transaction = app.writer.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(
        r#"INSERT INTO "shop_order" ("tenant_id", "id", "version", "created_at", "created_by", "updated_at", "updated_by",
 "code", "customer_id", "region", "status", "ordered_on", "note", "total")
 VALUES (?1, ?2, 1, ?3, 'bench', ?3, 'bench', ?4, ?5, ?6, 'draft', ?7, ?8, ?9)"#,
    )
    .bind(&*app.tenant)
    .bind(&id)
    .bind(&now)
    .bind(&order.code)
    .bind(order.customer.to_string())
    .bind(&order.region)
    .bind(&order.ordered_on)
    .bind(&order.note)
    .bind(total)
    .execute(&mut *transaction)
    .await?;
    for (position, (product, quantity, price, amount)) in (0_i64..).zip(lines) {
        sqlx::query(
            r#"INSERT INTO "shop_order_line" ("tenant_id", "id", "parent_id", "position", "product", "quantity", "price",
 "amount") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"#,
        )
        .bind(&*app.tenant)
        .bind(Uuid::now_v7().to_string())
        .bind(&id)
        .bind(position)
        .bind(product)
        .bind(quantity)
        .bind(price)
        .bind(amount)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    let mut answer = fetch(&app, &id).await?;
    *answer.status_mut() = StatusCode::CREATED;
    Ok(answer)
}

#[derive(Deserialize)]
struct Change {
    note: String,
}

async fn patch(
    State(app): State<App>,
    headers: HeaderMap,
    Segment(id): Segment<String>,
    Json(change): Json<Change>,
) -> Result<Response, Failure> {
    authorised(&headers)?;
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let mut transaction = app.writer.begin_with("BEGIN IMMEDIATE").await?;
    let done = sqlx::query(
        r#"UPDATE "shop_order" SET "note" = ?3, "version" = "version" + 1, "updated_at" = ?4, "updated_by" = 'bench'
 WHERE "tenant_id" = ?1 AND "id" = ?2"#,
    )
    .bind(&*app.tenant)
    .bind(&id)
    .bind(change.note)
    .bind(now)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    if done.rows_affected() == 0 {
        return Err(Failure(StatusCode::NOT_FOUND));
    }
    fetch(&app, &id).await
}
