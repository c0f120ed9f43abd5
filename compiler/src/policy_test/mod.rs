//! Policy tests: examples of who may do what, tried on the policies in memory.
//!
//! [`plan`] finds what a document names and reads its values, `judge` decides as the server would, by the same crate.
//! May not enter: databases, printing (both are `cli/test`).

pub(crate) mod bounds;
mod cells;
mod coverage;
mod judge;
mod mutate;
mod names;
mod records;
mod report;
pub mod sql;
mod stage;
mod suite;
mod value;

pub use coverage::{Coverage, Sides};
pub use judge::{Judge, Told};
pub use mutate::{Mutation, mutate};
pub use names::{Places, Rehearsal, plan};
pub use report::{SuiteReport, TestReport, is_chosen, run};
pub use stage::Bundled;
pub(crate) use stage::{Moment, roles};
pub use suite::Suite;
pub(crate) use suite::{Principal, Record};
