//! From YAML to a proven artifact: a pure function from files to files.
//!
//! May not enter: disk, clock, environment, randomness; the program in `main.rs` brings those.

pub mod check;
pub mod diag;
pub mod emit;
pub mod lower;
pub mod model;
pub mod source;
pub mod yaml;
