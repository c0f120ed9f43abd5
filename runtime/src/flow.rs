//! The only place where deciding and doing meet: every request, step by step.

pub mod batch;
pub mod create;
pub mod decisions;
pub mod delete;
pub mod export;
mod facts;
pub mod files;
mod finish;
mod guard;
pub mod idempotency;
pub mod import;
pub mod judge;
pub mod read;
mod references;
mod remove;
mod session;
mod shapes;
pub mod simulate;
mod store;
pub mod update;
pub mod write;
