//! `athyper`: serves a compiled artifact to many tenants.
//!
//! Facts live in [`who`], [`value`], [`catalog`] and [`decision`]; deciding in [`request`], [`policy`] and [`sql`] (pure: no IO,
//! no database driver, no HTTP); doing in [`db`],
//! [`auth`], [`files`] and [`tenants`].

pub mod auth;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod db;
pub mod decision;
pub mod descriptor;
pub mod draft;
pub mod files;
pub mod flow;
pub mod http;
pub mod openapi;
pub mod plan;
pub mod policy;
pub mod problem;
pub mod request;
pub mod shape;
pub mod sql;
pub mod tenants;
pub mod value;
pub mod who;

#[cfg(test)]
mod fixture;
