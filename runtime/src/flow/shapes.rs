//! Requests of one shape are planned once and their SQL is written once; what differs is filled in.

use std::sync::{Arc, OnceLock};

use athyper_schemas::canonical::Hash;
use moka::sync::Cache;

use crate::catalog::EntityId;
use crate::policy::Access;
use crate::problem::Problem;
use crate::sql::Template;
use crate::sql::read::Refused;
use crate::who::Capacity;

/// Most shapes of one kind that are remembered.
const SHAPES: u64 = 2_000;

/// Longer query strings are planned each time.
const MAX_WORDS: usize = 2_048;

/// What decides a shape: the same words in the same model, from somebody of the same capacity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    model: Hash,
    entity: EntityId,
    capacity: Arc<Capacity>,
    words: String,
}

/// The shapes of one kind of request.
#[derive(Debug)]
pub(super) struct Shapes<O: Send + Sync + 'static>(Cache<Key, Arc<Shape<O>>>);

/// What all requests of a shape share.
#[derive(Debug)]
pub(super) struct Shape<O> {
    outline: Arc<O>,
    first: OnceLock<Template>,
    next: OnceLock<Template>,
}

impl<O: Send + Sync + 'static> Default for Shapes<O> {
    fn default() -> Self {
        Self(Cache::new(SHAPES))
    }
}

impl<O: Send + Sync + 'static> Shapes<O> {
    /// The shape of a request with this query string, planned now if it is new.
    pub(super) fn shape(
        &self,
        access: &Access,
        query: &str,
        plan: impl FnOnce() -> Result<O, Problem>,
    ) -> Result<Arc<Shape<O>>, Problem> {
        let key = Key {
            model: access.scope().catalog().identity().clone(),
            entity: access.entity().id(),
            capacity: Arc::clone(access.principal().capacity()),
            words: without_cursor(query),
        };
        if let Some(known) = self.0.get(&key) {
            return Ok(known);
        }
        let shape =
            Arc::new(Shape { outline: Arc::new(plan()?), first: OnceLock::new(), next: OnceLock::new() });
        if key.words.len() <= MAX_WORDS {
            self.0.insert(key, Arc::clone(&shape));
        }
        Ok(shape)
    }
}

impl<O> Shape<O> {
    /// What was planned.
    pub(super) fn outline(&self) -> Arc<O> {
        Arc::clone(&self.outline)
    }

    /// The statement of the first page, or of a page behind a cursor, written now if it is new.
    pub(super) fn template(
        &self,
        behind_cursor: bool,
        write: impl FnOnce() -> Result<Template, Refused>,
    ) -> Result<&Template, Refused> {
        let slot = if behind_cursor { &self.next } else { &self.first };
        match slot.get() {
            Some(known) => Ok(known),
            None => write().map(|template| slot.get_or_init(|| template)),
        }
    }
}

/// The query string without the parameter that differs from page to page.
fn without_cursor(query: &str) -> String {
    let mut words = String::with_capacity(query.len());
    for part in query.split('&').filter(|part| !part.starts_with("cursor=")) {
        words.push('&');
        words.push_str(part);
    }
    words
}
