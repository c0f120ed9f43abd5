//! The edge: one line per route. Reads HTTP, calls a flow, writes HTTP; decides nothing and knows no SQL.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;

use crate::auth::Authenticator;
use crate::catalog::{Build, Catalog};
use crate::config::Config;
use crate::db::Db;
use crate::files::Files;
use crate::flow::decisions::Decisions;
use crate::flow::decisions::keeper::{End, Keeper};
use crate::flow::files::FileSide;
use crate::flow::judge::PolicySide;
use crate::flow::read::ReadSide;
use crate::flow::simulate::Simulation;
use crate::flow::write::{WriteSettings, WriteSide};
use crate::openapi;
use crate::problem::{Kind, Problem};
use crate::tenants::Registry;
use crate::who::Capacity;

mod data;
mod envelope;
mod extract;
mod files;
mod headers;
mod health;
mod meta;
mod pages;
mod policy;
mod server;

pub use server::serve;

/// What every request may need. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    parts: Parts,
    registry: Registry,
    reads: ReadSide,
    writes: WriteSide,
    files: FileSide,
    policies: PolicySide,
    decisions: Decisions,
    keeper: Keeping,
    openapi: Option<Value>,
    described: Described,
}

/// The task that keeps decisions, and how to end it.
struct Keeping {
    end: End,
    task: Mutex<Option<JoinHandle<u64>>>,
}

/// The description of the API for each capacity in which somebody asked.
type Described = moka::sync::Cache<Arc<Capacity>, Bytes>;
const DESCRIBED: u64 = 64;

/// What an [`App`] is made of.
pub struct Parts {
    /// What the operator has set.
    pub config: Config,
    /// What is served.
    pub build: Build,
    /// What would be served, to ask what it would decide.
    pub candidate: Option<Build>,
    /// Where the records are.
    pub db: Db,
    /// Who calls.
    pub authenticator: Authenticator,
}

impl App {
    /// An application of these parts. Decisions are kept by a task of its own, until [`App::close`].
    ///
    /// # Errors
    /// When `openapi.json` of the build is not JSON.
    pub fn new(parts: Parts) -> Result<Self, serde_json::Error> {
        let registry = Registry::new(parts.db.clone());
        let reads = ReadSide::new(parts.db.clone(), parts.config.limits.clone());
        let writes = WriteSide::new(parts.db.clone(), WriteSettings::from(&parts.config));
        let simulation = parts.candidate.as_ref().map(|candidate| {
            let (served, candidate) = (Arc::clone(parts.build.catalog()), Arc::clone(candidate.catalog()));
            Simulation::new(parts.db.clone(), served, candidate)
        });
        let policy = &parts.config.policy;
        let policies = PolicySide::new(parts.db.clone(), &policy.explain_roles)
            .simulating(simulation, &policy.simulate_roles);
        let folder = parts.config.data_folder().join("files");
        let files = FileSide::new(parts.db.clone(), Files::new(folder));
        let whole = |text| openapi::whole(text, parts.build.catalog(), &parts.config);
        let openapi = parts.build.openapi().map(whole).transpose()?;
        let described = Described::new(DESCRIBED);
        let (decisions, queue) = Decisions::new(&parts.config.policy.log);
        let end = End::default();
        let keeper = Keeper::new(parts.db.clone(), parts.config.policy.log.clone(), end.clone());
        let keeper = Keeping { end, task: Mutex::new(Some(tokio::spawn(keeper.run(queue)))) };
        let inner =
            Inner { parts, registry, reads, writes, files, policies, decisions, keeper, openapi, described };
        Ok(Self(Arc::new(inner)))
    }

    /// Keeps the decisions that were taken, and no further ones. At `end` those that still wait go to the log alone. How
    /// many did not get into the database.
    pub async fn close(&self, end: Instant) -> u64 {
        let Keeping { end: keeping, task } = &self.0.keeper;
        keeping.asked.cancel();
        let task = task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut task) = task else { return 0 };
        let late = match timeout_at(end, &mut task).await {
            Ok(late) => late,
            Err(_) => {
                keeping.now.cancel();
                task.await
            }
        };
        late.unwrap_or_else(|error| {
            tracing::error!(%error, "decisions were not kept to the end");
            0
        })
    }

    fn decisions(&self) -> &Decisions {
        &self.0.decisions
    }

    fn config(&self) -> &Config {
        &self.0.parts.config
    }

    fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(self.0.parts.build.catalog())
    }

    fn db(&self) -> &Db {
        &self.0.parts.db
    }

    fn authenticator(&self) -> &Authenticator {
        &self.0.parts.authenticator
    }

    fn registry(&self) -> &Registry {
        &self.0.registry
    }

    fn reads(&self) -> &ReadSide {
        &self.0.reads
    }

    fn writes(&self) -> &WriteSide {
        &self.0.writes
    }

    fn files(&self) -> &FileSide {
        &self.0.files
    }

    fn policies(&self) -> &PolicySide {
        &self.0.policies
    }

    fn openapi(&self) -> Option<&Value> {
        self.0.openapi.as_ref()
    }

    fn described(&self) -> &Described {
        &self.0.described
    }

    /// Every route.
    pub fn router(&self) -> Router {
        let routes = Router::new()
            .route("/", get(pages::front))
            .route("/docs", get(pages::reference))
            .route("/docs/reference.css", get(pages::style))
            .route("/docs/reference.js", get(pages::script))
            .route("/docs/problems", get(pages::problems))
            .route("/docs/problems/{slug}", get(pages::problem))
            .route("/health/live", get(health::live))
            .route("/health/ready", get(health::ready))
            .route("/api/data/{entity}", get(data::list).post(data::create))
            .route(
                "/api/data/{entity}/{id}",
                get(data::get).patch(data::patch).put(data::replace).delete(data::delete),
            )
            .route("/api/batch", post(data::batch))
            .route("/api/files", post(files::upload))
            .route("/api/files/{id}", get(files::download))
            .route("/api/policy/check", post(policy::check))
            .route("/api/policy/plan", post(policy::plan))
            .route("/api/policy/explain", post(policy::explain))
            .route("/api/policy/simulate", post(policy::simulate))
            .route("/api/openapi.json", get(meta::openapi))
            .route("/api/meta/entities", get(meta::entities))
            .route("/api/meta/entities/{name}", get(meta::entity))
            .fallback(nowhere);
        self.surround(routes)
    }

    /// What is around every route, the outermost first.
    fn surround(&self, routes: Router<Self>) -> Router {
        // As one layer: the router boxes what it is given once per layer and request.
        let around = ServiceBuilder::new()
            .layer(from_fn_with_state(self.clone(), envelope::wrap))
            .layer(SetSensitiveRequestHeadersLayer::new([AUTHORIZATION, COOKIE]))
            .layer(CompressionLayer::new())
            .layer(CatchPanicLayer::custom(envelope::panicked));
        routes.layer(around).with_state(self.clone())
    }
}

async fn nowhere() -> Problem {
    Problem::new(Kind::NotFound)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use serde_json::json;
    use tower::ServiceExt as _;

    use super::*;
    use crate::auth::dev::DevKey;
    use crate::config::layers::Layers;
    use crate::fixture::Shop;

    #[tokio::test]
    async fn a_bug_in_one_request_is_told_as_its_id_and_nothing_else() {
        let shop = Shop::open().await;
        let folder = tempfile::tempdir().unwrap();
        let config = Layers::defaults().unwrap().resolve().unwrap();
        let authenticator = DevKey::load_or_make(folder.path()).unwrap().authenticator(&config.auth);
        let (build, db) = (shop.build.clone(), shop.db.clone());
        let parts = Parts { config, build, candidate: None, db, authenticator };
        let app = App::new(parts).unwrap();
        let fail = || async { Problem::internal(anyhow::anyhow!("words of the database")) };
        let burst = || async {
            if true {
                panic!("words of a panic")
            }
        };
        let router = app.surround(Router::new().route("/fail", get(fail)).route("/burst", get(burst)));
        for path in ["/fail", "/burst"] {
            let request =
                Request::get(path).header("host", "a").header("x-request-id", "r1").body(Body::empty());
            let answer = router.clone().oneshot(request.unwrap()).await.unwrap();
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            let whole = json!({ "type": "/docs/problems/internal", "title": Kind::Internal.title(), "status": 500, "instance": "r1" });
            assert_eq!(body, whole);
        }
    }
}
