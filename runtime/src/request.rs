//! What a client asked for, as text brought into shape. Pure: nothing here reads a database or a clock.

pub mod document;
pub mod formula;
pub mod json;
pub mod operations;
pub mod prefer;
pub mod query;
pub mod questions;
pub mod suggest;
pub mod table;
