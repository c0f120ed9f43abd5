//! `athyper`: serves a compiled artifact to many tenants.

pub mod config;
pub mod problem;
pub mod request;
pub mod value;
