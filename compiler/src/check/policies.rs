//! Policies: what was written makes sense, every condition has a type, every database can ask it, and what is
//! doubtful is told.

mod in_sql;
mod joined;
mod lets;
mod reach;
mod rules;
mod scope;
mod typed;

pub(super) use in_sql::conditions;
pub(super) use reach::reach;
pub(super) use rules::rules;
pub(super) use typed::{Known, types};
pub use typed::{TypedPolicy, TypedRule};
