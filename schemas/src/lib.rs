//! The contract between the two programs: what `metac` writes and `athyper` reads.
//!
//! Lives here: plain data with serde ([`bundle`], [`ir`], [`manifest`], [`authoring`]), tables of facts about kinds
//! ([`field_types`], [`dialect`]), canonical JSON and hashes ([`canonical`]).
//! May not enter: IO, behaviour of one program only, SQL text, words for people.

pub mod authoring;
pub mod bundle;
pub mod canonical;
pub mod dialect;
pub mod field_types;
pub mod ir;
pub mod manifest;

/// The artifact format written today. A runtime reads this one and the one before.
pub const FORMAT: u32 = 1;

/// The only edition of the authoring language so far.
pub const EDITION: u16 = 2026;
