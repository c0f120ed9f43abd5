//! What the suites share: the two programs as a user starts them, Markdown cases, and goldens.
//!
//! Nothing here replaces a part of the product: real programs, real SQLite, real PostgreSQL, real sockets.

pub mod bouncer;
pub mod cases;
pub mod fuzz;
pub mod golden;
pub mod hardship;
pub mod markdown;
pub mod package;
pub mod postgres;
pub mod programs;
pub mod server;
pub mod tree;
