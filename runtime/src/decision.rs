//! What was decided about one request, as the decision log keeps it: facts without any value of a record. Decides
//! nothing, and knows neither the database nor HTTP.

use athyper_policy::{Judged, Truth, Verdict};
use athyper_schemas::bundle::{Action, Effect};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::catalog::EntityId;
use crate::policy::Access;

/// What a request is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Its id in the log and in the answer.
    pub request: String,
    /// The trace it belongs to (W3C Trace Context), or its own id.
    pub trace: String,
}

impl Trace {
    /// The trace of a request: that of `traceparent` when it is one, otherwise the request is its own.
    #[must_use]
    pub fn of(request: &str, traceparent: Option<&str>) -> Self {
        let trace = traceparent.and_then(trace_id).unwrap_or(request);
        Self { request: request.to_owned(), trace: trace.to_owned() }
    }

    /// Whether this share (0 to 1) of all traces has this one in it. Every server gives the same answer.
    #[must_use]
    pub fn is_among(&self, share: f64) -> bool {
        if share <= 0.0 || share >= 1.0 {
            return share >= 1.0;
        }
        let hash = Sha256::digest(self.trace.as_bytes());
        let place = hash.iter().take(4).fold(0_u32, |place, byte| place << 8 | u32::from(*byte));
        f64::from(place) < share * (f64::from(u32::MAX) + 1.0)
    }
}

/// The trace id of a `traceparent` header.
fn trace_id(header: &str) -> Option<&str> {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let mut parts = header.trim().split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_one = (version.len(), trace.len(), parent.len(), flags.len()) == (2, 32, 16, 2)
        && [version, trace, parent, flags].into_iter().all(is_hex)
        && version != "ff"
        && trace.bytes().any(|b| b != b'0')
        && (version != "00" || parts.next().is_none());
    is_one.then_some(trace)
}

/// A rule and what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruled {
    /// The policy's qualified name.
    pub policy: String,
    /// The rule's name in it.
    pub rule: String,
    /// `allow` or `deny`.
    pub effect: String,
    /// `true`, `false` or `unknown`.
    pub result: String,
    /// What the rule asks of whoever acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obligation: Option<String>,
}

impl Ruled {
    /// The rules that decided; where none did, all that spoke to the caller.
    #[must_use]
    pub fn of(verdict: &Verdict<'_>) -> Vec<Self> {
        let deciding: Vec<Self> = verdict.deciding().map(Self::one).collect();
        if deciding.is_empty() { verdict.judged.iter().map(Self::one).collect() } else { deciding }
    }

    /// The same when nothing was known yet of what the record would become: a deny that waits for that did not decide.
    #[must_use]
    pub fn of_beginning(verdict: &Verdict<'_>) -> Vec<Self> {
        let waits = |judged: &&Judged<'_>| {
            judged.rule.effect == Effect::Deny && judged.rule.after.is_some() && judged.truth.is_none()
        };
        let judged = verdict.judged.iter().filter(|judged| !waits(judged)).copied().collect();
        Self::of(&Verdict { allowed: verdict.allowed, judged })
    }

    fn one(judged: &Judged<'_>) -> Self {
        Self {
            policy: judged.policy.to_owned(),
            rule: judged.rule.id.clone(),
            effect: judged.rule.effect.name().to_owned(),
            result: truth(judged.truth).to_owned(),
            obligation: judged.rule.obligation.clone(),
        }
    }
}

/// The truth of a rule in a word.
#[must_use]
pub const fn truth(truth: Truth) -> &'static str {
    match truth {
        Some(true) => "true",
        Some(false) => "false",
        None => "unknown",
    }
}

/// A decision that was taken while a request was worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// About records of which entity.
    pub entity: EntityId,
    /// Which record; nothing when it was about all of them.
    pub record: Option<Uuid>,
    /// What was to be done with it.
    pub action: Action,
    /// The rules that decided, judged by whoever decided; empty when no rule was asked about the record.
    pub rules: Vec<Ruled>,
    /// The fields for which it was refused, when it was only for them.
    pub fields: Vec<String>,
}

impl Taken {
    /// A decision about a record, or all of them, for which no rule was asked.
    #[must_use]
    pub const fn alone(entity: EntityId, record: Option<Uuid>, action: Action) -> Self {
        Self { entity, record, action, rules: Vec::new(), fields: Vec::new() }
    }

    /// A decision about this right and record.
    #[must_use]
    pub fn of(access: &Access, record: Option<Uuid>, rules: Vec<Ruled>) -> Self {
        Self { rules, ..Self::alone(access.entity().id(), record, access.action()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_request_belongs_to_the_trace_that_its_header_names_and_otherwise_to_its_own() {
        assert_eq!(Trace::of("r1", Some(PARENT)).trace, "4bf92f3577b34da6a3ce929d0e0e4736");
        let longer = format!("{PARENT}-more");
        let zeros = PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32));
        for wrong in
            ["", "00-1-2-3", &longer, &zeros, &PARENT.to_uppercase(), &PARENT.replacen("00", "ff", 1)]
        {
            assert_eq!(Trace::of("r1", Some(wrong)).trace, "r1", "{wrong}");
        }
        assert!(trace_id(&longer.replacen("00", "01", 1)).is_some(), "later versions may say more");
    }

    #[test]
    fn a_share_of_traces_is_about_that_many_and_always_the_same() {
        let among =
            |share: f64| (0..2000).filter(|n| Trace::of(&format!("r{n}"), None).is_among(share)).count();
        assert_eq!((among(0.0), among(1.0)), (0, 2000));
        let tenth = among(0.1);
        assert!((120..280).contains(&tenth), "{tenth}");
        assert!(Trace::of("r7", Some(PARENT)).is_among(1.0));
        assert_eq!(Trace::of("r7", Some(PARENT)).is_among(0.5), Trace::of("r8", Some(PARENT)).is_among(0.5));
    }
}
