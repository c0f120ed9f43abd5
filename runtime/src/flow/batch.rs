//! Several writes in one transaction: all of them or none.

use athyper_schemas::bundle::Action;
use bytes::Bytes;

use super::session::{Session, invalid};
use super::update::Change;
use super::write::{Answer, Call, WriteSide, Wrote};
use crate::decision::Taken;
use crate::policy::{self, Access};
use crate::problem::{Kind, Problem};
use crate::request::document::Purpose;
use crate::request::json;
use crate::request::operations::{Batch, Operation, Verb};
use crate::value::field_problem::Pointer;

impl WriteSide {
    /// Does every operation of a JSON body, in order, in one transaction.
    ///
    /// # Errors
    /// The problem the client is told. Everything that can be known beforehand is told at once; afterwards the
    /// first operation that fails ends the batch.
    pub async fn batch(&self, call: &Call<'_>, body: &[u8]) -> Result<Answer, Problem> {
        let json = json::parse(body, self.settings.json_depth)
            .map_err(|e| Problem::new(Kind::MalformedJson).detail(e.to_string()))?;
        let batch = Batch {
            scope: call.scope,
            principal: call.principal,
            most_children: self.settings.most_children,
        };
        let operations = batch.read(&json).map_err(invalid)?;
        let most = self.settings.most_operations;
        if operations.len() > most {
            return Err(Problem::new(Kind::LimitExceeded).detail(format!(
                "a batch may have up to {most} operations, this one has {}",
                operations.len()
            )));
        }
        let mut allowed = Vec::with_capacity(operations.len());
        for (index, operation) in operations.into_iter().enumerate() {
            let access = policy::decide(call.scope, call.principal, operation.entity, action(operation.verb));
            let refused = |denied| {
                let (record, action) = (Some(operation.id), action(operation.verb));
                Problem::from(denied).refusing(Taken::alone(operation.entity, record, action))
            };
            let access = access.map_err(|denied| at(refused(denied), index))?;
            allowed.push((access, operation));
        }
        let required = self.settings.if_match_required;
        self.once(call, async |session| {
            let mut results = String::from("{\"results\":[");
            for (index, (access, operation)) in allowed.into_iter().enumerate() {
                let entity = operation.entity;
                let done = session.operate(&access, operation, (index, required)).await;
                let wrote = done.map_err(|problem| at(problem, index))?;
                let answer = session.answer(call, entity, wrote).await?;
                results.push_str(if index == 0 { "" } else { "," });
                write_result(&answer, &mut results);
            }
            results.push_str("]}");
            let body = (!call.preferences.minimal).then(|| Bytes::from(results));
            let status = if call.preferences.minimal { 204 } else { 200 };
            Ok(Answer { status, body, ..Answer::default() })
        })
        .await
    }
}

impl Session {
    async fn operate(
        &mut self,
        access: &Access,
        operation: Operation,
        (index, required): (usize, bool),
    ) -> Result<Wrote, Problem> {
        let Operation { verb, id, condition, document, .. } = operation;
        let prefix = format!("/operations/{index}/body");
        let at = Pointer::Root(&prefix);
        match (verb, document) {
            (Verb::Create, Some(mut document)) => {
                document.reserved = Some(id);
                self.create(access, document, at).await.map(Wrote::Created)
            }
            (Verb::Patch | Verb::Put, Some(document)) => {
                let purpose = if verb == Verb::Put { Purpose::Replace } else { Purpose::Patch };
                let condition = (&condition, required);
                self.change(access, Change { id, document, purpose, condition }, at).await?;
                Ok(Wrote::Changed(id))
            }
            _ => {
                let done = self.delete(access, id, (&condition, required)).await;
                done.map_err(|problem| problem.below(&format!("/operations/{index}")))?;
                Ok(Wrote::Removed)
            }
        }
    }
}

const fn action(verb: Verb) -> Action {
    match verb {
        Verb::Create => Action::Create,
        Verb::Patch | Verb::Put => Action::Update,
        Verb::Delete => Action::Delete,
    }
}

/// A problem that does not say where it is, said to be in this operation.
fn at(problem: Problem, index: usize) -> Problem {
    if !problem.mistakes().is_empty() {
        return problem;
    }
    let (code, message) = (problem.kind().slug(), problem.kind().title());
    problem.pointer(format!("/operations/{index}"), code, message)
}

fn write_result(answer: &Answer, out: &mut String) {
    use std::fmt::Write as _;

    let _ = write!(out, "{{\"status\":{}", answer.status);
    for (name, text) in [("location", &answer.location), ("etag", &answer.etag)] {
        if let Some(text) = text {
            let _ = write!(out, ",\"{name}\":{}", serde_json::Value::from(text.as_str()));
        }
    }
    if let Some(body) = answer.body.as_ref().and_then(|body| std::str::from_utf8(body).ok()) {
        let _ = write!(out, ",\"body\":{body}");
    }
    out.push('}');
}
