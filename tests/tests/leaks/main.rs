//! Every way out of a server through which somebody could learn or change what the policies keep from him, tried as he
//! would try it. `docs/leaks.md` says which probe holds which way; a way that is named there has its probe.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the report of a test")]

mod beside;
mod claims;
mod described;
mod elsewhere;
mod held;
mod imports;
mod office;
mod oracles;
mod questions;
mod sheets;
mod table;
