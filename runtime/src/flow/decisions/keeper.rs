//! The other end of the queue: judges what nobody has judged yet, keeps decisions in the log and in the database, and
//! forgets old ones.

use std::collections::BTreeMap;
use std::time::Duration;

use athyper_schemas::bundle::{Action, System};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::history::{self, time};
use super::{Entry, Outcome};
use crate::catalog::{Catalog, Entity};
use crate::config::DecisionLog;
use crate::db::{Db, DbError};
use crate::decision::Ruled;
use crate::flow::judge;
use crate::flow::session::Session;
use crate::policy::{self, Rows};
use crate::problem::Problem;
use crate::sql::Statement;
use crate::sql::decisions::{self as sql, Texts};
use crate::who::{Principal, TenantId};

/// Most decisions that are kept in one transaction.
const TOGETHER: usize = 200;
/// How often decisions are looked through for those that are too old.
const PRUNE: Duration = Duration::from_secs(3600);
/// How long is waited between two tries to keep decisions in a database that refuses them.
const AGAIN: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];

/// Keeps decisions.
#[derive(Debug)]
pub struct Keeper {
    db: Db,
    settings: DecisionLog,
    end: End,
    /// Whether the database refused the last ones.
    refused: bool,
    /// How many are not in the database.
    lost: u64,
    /// How many of them since the end was asked for.
    late: u64,
}

/// When it is to end.
#[derive(Debug, Clone, Default)]
pub struct End {
    /// No more decisions come: those that wait are kept, and then it ends.
    pub asked: CancellationToken,
    /// There is no more time for the database: what still waits goes to the log alone.
    pub now: CancellationToken,
}

/// A decision as it is kept.
#[derive(Debug)]
struct Kept {
    at: String,
    subject: String,
    caller: String,
    action: &'static str,
    entity: String,
    record: Option<String>,
    decision: &'static str,
    details: Map<String, Value>,
    build: String,
    trace: String,
    request: String,
    micros: i64,
}

impl Keeper {
    /// A keeper over a database.
    #[must_use]
    pub fn new(db: Db, settings: DecisionLog, end: End) -> Self {
        Self { db, settings, end, refused: false, lost: 0, late: 0 }
    }

    /// Keeps what comes out of the queue until the end is asked for, and then what is still in it. How many of the last
    /// ones are not in the database.
    pub async fn run(mut self, queue: Receiver<Entry>) -> u64 {
        let (db, days) = (self.db.clone(), self.settings.retention_days.get());
        let (is_kept, end) = (self.settings.database, self.end.asked.clone());
        let forgetting = async {
            if is_kept {
                end.run_until_cancelled(forget(&db, days)).await;
            }
            std::future::pending().await
        };
        tokio::select! {
            late = self.keep_all(queue) => late,
            never = forgetting => never,
        }
    }

    async fn keep_all(&mut self, mut queue: Receiver<Entry>) -> u64 {
        let asked = self.end.asked.clone();
        let mut batch = Vec::with_capacity(TOGETHER);
        loop {
            tokio::select! {
                count = queue.recv_many(&mut batch, TOGETHER) => {
                    if count == 0 {
                        return self.late;
                    }
                    self.keep(std::mem::take(&mut batch)).await;
                }
                () = asked.cancelled(), if !queue.is_closed() => queue.close(),
            }
        }
    }

    async fn keep(&mut self, batch: Vec<Entry>) {
        let mut by_tenant: BTreeMap<TenantId, Vec<Kept>> = BTreeMap::new();
        for entry in batch {
            let kept = self.judged(&entry).await;
            kept.log(entry.scope.tenant());
            by_tenant.entry(entry.scope.tenant().clone()).or_default().push(kept);
        }
        if !self.settings.database {
            return;
        }
        for (tenant, kept) in by_tenant {
            self.store(&tenant, &kept).await;
        }
    }

    /// To the database; what it does not take is in the log alone, and counted.
    async fn store(&mut self, tenant: &TenantId, kept: &[Kept]) {
        let statements: Vec<Statement> = kept.iter().map(|kept| kept.statement(tenant)).collect();
        let error = match self.end.now.run_until_cancelled(self.insert(tenant, &statements)).await {
            Some(Ok(())) => {
                self.refused = false;
                return;
            }
            Some(Err(error)) => error.to_string(),
            None => "it gave no answer in time".to_owned(),
        };
        self.refused = true;
        let count = u64::try_from(kept.len()).unwrap_or_default();
        self.lost += count;
        if self.end.asked.is_cancelled() {
            self.late += count;
        }
        tracing::error!(target: "athyper::decision", not_in_database = self.lost, %error, "decisions are in this log only");
    }

    /// Tries again, unless the database refused the last ones, too.
    async fn insert(&self, tenant: &TenantId, statements: &[Statement]) -> Result<(), DbError> {
        let mut outcome = insert(&self.db, tenant, statements).await;
        for pause in AGAIN.into_iter().filter(|_| !self.refused) {
            if outcome.is_ok() {
                break;
            }
            tokio::time::sleep(pause).await;
            outcome = insert(&self.db, tenant, statements).await;
        }
        outcome
    }

    async fn judged(&self, entry: &Entry) -> Kept {
        let catalog = entry.scope.catalog();
        let entity = catalog.entity(entry.taken.entity);
        let mut rules = entry.taken.rules.clone();
        let mut decision = if entry.outcome == Outcome::Allowed { "allow" } else { "deny" };
        if rules.is_empty()
            && entry.taken.fields.is_empty()
            && let Some(id) = entry.taken.record.filter(|_| entry.taken.action != Action::Create)
        {
            // Without an answer the decision stands as it was given, and its rules stay unknown.
            match self.end.now.run_until_cancelled(why(&self.db, entry, entity, id)).await {
                Some(Ok(None)) if entry.outcome == Outcome::NotThere => decision = "absent",
                Some(Ok(Some((allowed, judged)))) if allowed == (entry.outcome == Outcome::Allowed) => {
                    rules = judged;
                }
                _ => {}
            }
        }
        let mut details = details(entry, entity);
        let obligations: Vec<&str> = rules.iter().filter_map(|rule| rule.obligation.as_deref()).collect();
        if !obligations.is_empty() {
            details.insert("obligations".to_owned(), json!(obligations));
        }
        if !rules.is_empty() {
            details.insert("rules".to_owned(), json!(rules));
        }
        Kept {
            at: time(entry.at),
            subject: entry.principal.subject().to_owned(),
            caller: caller(&entry.principal, catalog, self.settings.attributes).to_string(),
            action: entry.taken.action.name(),
            entity: entity.name().to_owned(),
            record: entry.taken.record.map(|id| id.to_string()),
            decision,
            details,
            build: catalog.identity().to_string(),
            trace: entry.trace.trace.clone(),
            request: entry.trace.request.clone(),
            micros: entry.micros,
        }
    }
}

/// Forgets what is too old, now and from time to time.
async fn forget(db: &Db, days: u32) {
    let mut again = tokio::time::interval(PRUNE);
    loop {
        again.tick().await;
        match history::prune(db, days).await {
            Ok(0) => {}
            Ok(count) => {
                tracing::info!(target: "athyper::decision", count, "forgot decisions that were too old");
            }
            Err(error) => {
                tracing::warn!(target: "athyper::decision", %error, "decisions could not be looked through");
            }
        }
    }
}

/// Whether the caller may do that with the record as it is now, and which rules say so; nothing when it is not there.
async fn why(
    db: &Db,
    entry: &Entry,
    entity: &Entity,
    id: Uuid,
) -> Result<Option<(bool, Vec<Ruled>)>, Problem> {
    let mut session = Session::begin_reading(db, &entry.scope, &entry.principal).await?;
    let said = judge::asked(&mut session, &entry.principal, (entity, id), entry.taken.action).await?;
    Ok(said.map(|(decision, rules)| (decision != "deny", rules)))
}

/// What else is known of a decision: of a list how many records it had, and which fields were kept back.
fn details(entry: &Entry, entity: &Entity) -> Map<String, Value> {
    let mut details = Map::new();
    let access = policy::decide(&entry.scope, &entry.principal, entity.id(), entry.taken.action);
    if entry.taken.record.is_none() {
        let kind = match &access {
            Err(_) => "ALWAYS_DENIED",
            Ok(access) if *access.rows() == Rows::All => "ALWAYS_ALLOWED",
            Ok(_) => "CONDITIONAL",
        };
        details.insert("kind".to_owned(), json!(kind));
    }
    if !entry.taken.fields.is_empty() {
        details.insert("fields".to_owned(), json!(entry.taken.fields));
    }
    if let Some(count) = entry.records {
        details.insert("records".to_owned(), json!(count));
    }
    let read = policy::decide(&entry.scope, &entry.principal, entity.id(), Action::Read);
    if let Some(read) = read.ok().filter(|_| entry.outcome == Outcome::Allowed) {
        let fields = entity.fields().iter().filter(|field| field.def().system != Some(System::DeletedAt));
        let masked: Vec<&str> =
            fields.filter(|field| !read.visible().contains(field.id())).map(|field| field.name()).collect();
        if !masked.is_empty() {
            details.insert("masked".to_owned(), json!(masked));
        }
    }
    details
}

/// What policies look at of a caller.
fn caller(principal: &Principal, catalog: &Catalog, attributes: bool) -> Value {
    let capacity = principal.capacity();
    let mut caller = json!({ "standing": capacity.standing.name(), "roles": capacity.roles });
    if let Some(members) = caller.as_object_mut().filter(|_| attributes) {
        let known = catalog.attributes().iter().zip(principal.attributes());
        let others = known.filter(|(attribute, _)| !["id", "roles"].contains(&attribute.name.as_str()));
        let values = others.map(|(attribute, value)| (attribute.name.clone(), value.to_json()));
        members.insert("attributes".to_owned(), Value::Object(values.collect()));
    }
    caller
}

async fn insert(db: &Db, tenant: &TenantId, statements: &[Statement]) -> Result<(), DbError> {
    let mut tx = db.begin_beside(tenant).await?;
    for some in statements.chunks(25) {
        tx.run(some, None).await?;
    }
    tx.commit().await
}

impl Kept {
    fn log(&self, tenant: &TenantId) {
        let details = Value::Object(self.details.clone());
        tracing::info!(
            target: "athyper::decision",
            decision = self.decision,
            %tenant,
            subject = %self.subject,
            action = self.action,
            entity = %self.entity,
            record = self.record.as_deref().unwrap_or_default(),
            %details,
            build = %self.build,
            micros = self.micros,
            trace = %self.trace,
            request = %self.request,
            "decided"
        );
    }

    fn statement(&self, tenant: &TenantId) -> Statement {
        let details = Value::Object(self.details.clone()).to_string();
        let texts: Texts<'_> = [
            Some(&self.at),
            Some(&self.subject),
            Some(&self.caller),
            Some(self.action),
            Some(&self.entity),
            self.record.as_deref(),
            Some(self.decision),
            Some(&details),
            Some(&self.build),
            Some(&self.trace),
            Some(&self.request),
        ];
        sql::add(tenant, &Uuid::now_v7().to_string(), texts, self.micros)
    }
}
