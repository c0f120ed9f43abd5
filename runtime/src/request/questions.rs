//! Questions about permissions: the bodies of `/api/policy`.

use athyper_schemas::bundle::Action;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::problem::{Kind, Problem};

/// Most questions in one request.
pub const MOST: usize = 100;

/// The body of `/api/policy/check`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    /// What is asked, each answered on its own.
    pub checks: Vec<Check>,
}

/// What somebody may do with a record; without an id, with records of the entity at all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// As in the address of the records.
    pub entity: String,
    /// The record.
    #[serde(default)]
    pub id: Option<Uuid>,
    /// What he would do.
    pub actions: Vec<Action>,
}

/// The body of `/api/policy/plan`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// As in the address of the records.
    pub entity: String,
    /// What somebody would do with them.
    pub action: Action,
}

/// The body of `/api/policy/explain`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// As in the address of the records.
    pub entity: String,
    /// The record.
    pub id: Uuid,
    /// What somebody would do with it.
    pub action: Action,
}

/// Most decisions that are replayed for one request.
pub const MOST_REPLAYED: u32 = 1000;

/// The body of `/api/policy/simulate`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Either")]
pub enum Simulate {
    /// These questions.
    Questions(Vec<Asked>),
    /// Those of decisions that were kept.
    Replay(Replay),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Either {
    questions: Option<Vec<Asked>>,
    replay: Option<Replay>,
}

impl TryFrom<Either> for Simulate {
    type Error = &'static str;

    fn try_from(either: Either) -> Result<Self, Self::Error> {
        match either {
            Either { questions: Some(questions), replay: None } => Ok(Self::Questions(questions)),
            Either { questions: None, replay: Some(replay) } => Ok(Self::Replay(replay)),
            _ => Err("say either `questions` or `replay`"),
        }
    }
}

/// A question to two builds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// As in the address of the records.
    pub entity: String,
    /// The record; without one, all of them.
    #[serde(default)]
    pub id: Option<Uuid>,
    /// What would be done.
    pub action: Action,
    /// Who would do it; whoever asks, when it is not said.
    #[serde(default, rename = "as")]
    pub person: Option<Other>,
}

/// Somebody else, as his token would say it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Other {
    /// Who he is.
    pub sub: String,
    /// His roles.
    #[serde(default)]
    pub roles: Vec<String>,
    /// What is known of him besides, by the names of the model.
    #[serde(default)]
    pub attributes: Map<String, Value>,
}

/// Which decisions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Not before this time.
    pub since: String,
    /// At most so many, the latest.
    #[serde(default = "some")]
    pub limit: u32,
}

const fn some() -> u32 {
    100
}

/// Reads a body. Unknown and doubled members are refused.
///
/// # Errors
/// When it is not JSON, or not of this form.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let kind = if error.is_data() { Kind::Invalid } else { Kind::MalformedJson };
        Problem::new(kind).detail(error.to_string())
    })
}
