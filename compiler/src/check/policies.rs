//! Policies: what was written makes sense, every condition has a type, every database can ask it, and what is
//! doubtful is told.

mod alike;
mod change;
mod constant;
mod doubts;
mod exposure;
mod in_sql;
mod index;
mod joined;
mod lets;
mod overlap;
mod presence;
mod reach;
mod rules;
mod rulings;
mod scope;
mod truth;
mod typed;

pub(crate) use alike::is_slip;
pub(super) use doubts::doubts;
pub(super) use in_sql::conditions;
pub(crate) use index::policy_indexes;
pub(super) use reach::reach;
pub(super) use rules::rules;
pub(super) use typed::{Known, types};
pub use typed::{TypedPolicy, TypedRule};
