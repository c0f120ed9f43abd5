//! Doing a request once: the answer is kept in the same transaction as the effect, under the key the client chose. Its
//! body is shown again only to a caller who may see as much as the one who got it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use athyper_expr::sql::session;
use athyper_expr::{Value, moment};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::session::{Session, bind};
use super::write::{Answer, Call};
use crate::problem::{Kind, Problem};
use crate::sql::own;

/// The longest key.
pub const MAX_KEY_BYTES: usize = 255;

/// An idempotency key and what it was sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    text: String,
    request: String,
}

impl Key {
    /// The key of a request, which is known by its method, address and body.
    ///
    /// # Errors
    /// When the key is empty, too long or not printable ASCII.
    pub fn new(text: &str, method: &str, address: &str, body: &[u8]) -> Result<Self, Problem> {
        let text = text.trim().trim_matches('"');
        if text.is_empty() || text.len() > MAX_KEY_BYTES || !text.bytes().all(|b| b.is_ascii_graphic()) {
            let message = format!("must be 1 to {MAX_KEY_BYTES} printable ASCII characters without blanks");
            return Err(Problem::new(Kind::InvalidRequest).header("Idempotency-Key", "format", message));
        }
        let mut hash = Sha256::new();
        for part in [method.as_bytes(), address.as_bytes(), body] {
            hash.update(u64::try_from(part.len()).unwrap_or_default().to_be_bytes());
            hash.update(part);
        }
        Ok(Self { text: text.to_owned(), request: hex::encode(hash.finalize()) })
    }
}

type Owned = (String, String, String);

/// The keys of requests that are being worked on.
#[derive(Debug, Default)]
pub struct InFlight(Arc<Mutex<HashSet<Owned>>>);

/// Gives the key back, whatever becomes of the request.
#[derive(Debug)]
pub struct Turn(Option<(Arc<Mutex<HashSet<Owned>>>, Owned)>);

impl InFlight {
    /// Takes the key of a call.
    ///
    /// # Errors
    /// When another request with the same key is being worked on, and for callers who cannot be told apart: one would
    /// get the answer of another.
    pub fn take(&self, call: &Call<'_>) -> Result<Turn, Problem> {
        let Some(key) = &call.key else { return Ok(Turn(None)) };
        if call.principal.is_anonymous() {
            let message = "needs a token: callers without one cannot be told apart";
            return Err(Problem::new(Kind::InvalidRequest).header("Idempotency-Key", "anonymous", message));
        }
        let owned =
            (call.scope.tenant().as_str().to_owned(), call.principal.subject().to_owned(), key.text.clone());
        let mut busy = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if busy.insert(owned.clone()) {
            Ok(Turn(Some((Arc::clone(&self.0), owned))))
        } else {
            Err(Problem::new(Kind::RequestInProgress))
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some((busy, owned)) = &self.0 {
            busy.lock().unwrap_or_else(PoisonError::into_inner).remove(owned);
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    location: Option<String>,
    etag: Option<String>,
    applied: Option<String>,
    body: Option<String>,
    /// What the caller was when he got it.
    by: Option<String>,
}

/// What decides how much a caller sees of an answer: his roles, what is known of him, and the model.
fn rights(call: &Call<'_>) -> String {
    let (catalog, capacity) = (call.scope.catalog(), call.principal.capacity());
    let names = catalog.attributes().iter().map(|attribute| attribute.name.as_str());
    let known = names.zip(call.principal.attributes());
    let caller =
        session::caller(capacity.standing.name(), capacity.roles.iter().map(|role| role.as_str()), known);
    hex::encode(Sha256::digest(format!("{}{caller}", catalog.identity())))
}

impl Session {
    /// The answer that was given to the same request before; without its body when the caller, or the model, has become
    /// another one since. Forgets answers that are too old.
    pub(super) async fn replay(&mut self, call: &Call<'_>, hours: u32) -> Result<Option<Answer>, Problem> {
        let Some(key) = &call.key else { return Ok(None) };
        let oldest = self.moment().now_us - i64::from(hours) * 3600 * moment::SECOND_US;
        self.tx.execute(&own::forget_answers(&bind(&Value::Datetime(oldest)))).await?;
        let rows = self.tx.read(&own::answer(&self.tenant(), call.principal.subject(), &key.text)).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        if row.text(0) != Some(key.request.as_str()) {
            return Err(Problem::new(Kind::IdempotencyKeyReused));
        }
        let kept: Kept = serde_json::from_str(row.text(2).unwrap_or_default()).map_err(Problem::internal)?;
        let status = row.int(1).and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
        let sees_it = kept.by == Some(rights(call));
        let body = kept.body.filter(|_| sees_it);
        Ok(Some(Answer {
            status: if status == 200 && body.is_none() { 204 } else { status },
            location: kept.location,
            etag: kept.etag,
            body: body.map(Into::into),
            applied: kept.applied,
            replayed: true,
            taken: Vec::new(),
        }))
    }

    /// Keeps the answer under the key of the call.
    pub(super) async fn remember(&mut self, call: &Call<'_>, answer: &Answer) -> Result<(), Problem> {
        let Some(key) = &call.key else { return Ok(()) };
        let body = answer.body.as_ref().map(|b| String::from_utf8_lossy(b).into_owned());
        let kept = Kept {
            location: answer.location.clone(),
            etag: answer.etag.clone(),
            applied: answer.applied.clone(),
            body,
            by: Some(rights(call)),
        };
        let kept = serde_json::to_string(&kept).map_err(Problem::internal)?;
        let now = bind(&self.now());
        let statement = own::record_answer(
            (&self.tenant(), call.principal.subject(), &key.text),
            &key.request,
            answer.status,
            (&kept, now),
        );
        self.tx.execute(&statement).await?;
        Ok(())
    }
}
