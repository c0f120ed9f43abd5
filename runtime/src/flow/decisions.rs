//! Watching what is decided: every request that reads or writes records is asked for at one place, and what became of it
//! is handed to a queue. Whoever waits for an answer does not wait for the log.
//!
//! May not enter: deciding; rules are judged where the request is worked on, or later in [`keeper`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use athyper_schemas::bundle::Action;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};
use uuid::Uuid;

use super::read::{Page, Record, Table};
use super::write::Answer;
use crate::catalog::EntityId;
use crate::config::DecisionLog;
use crate::decision::{Taken, Trace};
use crate::problem::{Kind, Problem};
use crate::who::{Principal, Scope};

pub mod history;
pub mod keeper;

/// Where decisions are handed in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Decisions {
    queue: Sender<Entry>,
    allows: f64,
    lost: Arc<AtomicU64>,
}

/// Who asks, in which request.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Where.
    pub scope: &'a Scope,
    /// Who.
    pub principal: &'a Principal,
    /// In which request.
    pub trace: &'a Arc<Trace>,
}

/// What a request asks for: records of which entity, one of them or all, and to do what.
pub type Wish = (EntityId, Option<Uuid>, Action);

/// One decision on its way.
#[derive(Debug)]
pub struct Entry {
    scope: Scope,
    principal: Principal,
    trace: Arc<Trace>,
    at: Timestamp,
    micros: i64,
    outcome: Outcome,
    taken: Taken,
    /// How many records the answer had, when it was a list of them.
    records: Option<u32>,
}

/// What whoever asked was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Allowed,
    Forbidden,
    /// That there is nothing here: because there is not, or because he may not know.
    NotThere,
}

/// What an answer tells of the decisions behind it.
#[derive(Debug, Default)]
pub struct Told {
    taken: Vec<Taken>,
    records: Option<u32>,
    /// Whether nothing was decided: the answer was given before.
    again: bool,
}

/// An answer that tells what was decided.
pub trait Tells {
    /// What was decided.
    fn told(&self) -> Told;
}

impl Tells for Page {
    fn told(&self) -> Told {
        Told { records: self.records, ..Told::default() }
    }
}

impl Tells for Table {
    fn told(&self) -> Told {
        Told { records: self.records, ..Told::default() }
    }
}

impl Tells for Record {
    fn told(&self) -> Told {
        Told::default()
    }
}

impl Tells for Answer {
    fn told(&self) -> Told {
        Told { taken: self.taken.clone(), records: None, again: self.replayed }
    }
}

impl Decisions {
    /// A queue, and the end where decisions come out.
    #[must_use]
    pub fn new(settings: &DecisionLog) -> (Self, Receiver<Entry>) {
        let most = usize::try_from(settings.queue.get()).unwrap_or(Semaphore::MAX_PERMITS);
        let (queue, out) = mpsc::channel(most.min(Semaphore::MAX_PERMITS));
        (Self { queue, allows: settings.allows.0, lost: Arc::default() }, out)
    }

    /// Whether what this request is allowed is kept.
    #[must_use]
    pub fn keeps(&self, trace: &Trace) -> bool {
        trace.is_among(self.allows)
    }

    /// How many decisions are in neither log, because the queue was full or gone.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Does the work and hands in what was decided. Who is refused because he may not and who is told that there is nothing
    /// here wait alike: the log is written later, and looks later which of the two it was.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn watch<T: Tells>(
        &self,
        asking: Asking<'_>,
        wish: Option<Wish>,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let start = Instant::now();
        let outcome = work.await;
        let micros = i64::try_from(start.elapsed().as_micros()).unwrap_or(i64::MAX);
        match &outcome {
            Ok(answer) if self.keeps(asking.trace) => {
                let Told { taken, records, again } = answer.told();
                if again {
                    return outcome;
                }
                let wished = wish.filter(|_| taken.is_empty()).map(alone);
                for taken in taken.into_iter().chain(wished) {
                    let entry = Entry::of(asking, (Outcome::Allowed, taken), micros);
                    if self.queue.try_send(Entry { records, ..entry }).is_err() {
                        self.lose();
                    }
                }
            }
            Ok(_) => {}
            Err(problem) => {
                let outcome = match problem.kind() {
                    Kind::Forbidden => Some(Outcome::Forbidden),
                    Kind::NotFound => Some(Outcome::NotThere),
                    _ => None,
                };
                let refused = problem.refused().cloned().or_else(|| wish.map(alone));
                if let Some(refused) = outcome.zip(refused) {
                    self.refused(Entry::of(asking, refused, micros)).await;
                }
            }
        }
        outcome
    }

    /// Hands in a refusal; waits while the queue is full.
    async fn refused(&self, entry: Entry) {
        let waiting = Waiting(Some(self));
        let is_kept = match self.queue.try_send(entry) {
            Ok(()) => true,
            Err(TrySendError::Full(entry)) => self.queue.send(entry).await.is_ok(),
            Err(TrySendError::Closed(_)) => false,
        };
        if is_kept {
            waiting.done();
        }
    }

    fn lose(&self) {
        let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
        // Said at 1, 2, 4, 8, ...: a flood does not become another one.
        if lost.is_power_of_two() {
            tracing::warn!(target: "athyper::decision", lost, "decisions were not kept: the queue is full or gone");
        }
    }
}

/// A refusal that has not been handed in yet. Forgotten, because the client went away or the time was over, it is lost.
struct Waiting<'d>(Option<&'d Decisions>);

impl Waiting<'_> {
    fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(decisions) = self.0 {
            decisions.lose();
        }
    }
}

fn alone((entity, record, action): Wish) -> Taken {
    Taken::alone(entity, record, action)
}

impl Entry {
    fn of(asking: Asking<'_>, (outcome, taken): (Outcome, Taken), micros: i64) -> Self {
        Self {
            scope: asking.scope.clone(),
            principal: asking.principal.clone(),
            trace: Arc::clone(asking.trace),
            at: Timestamp::now(),
            micros,
            outcome,
            taken,
            records: None,
        }
    }
}

#[cfg(test)]
mod tests;
