//! SQL text, and checked expressions as SQL by dual rails.
//!
//! All SQL of both programs is made of [`SqlText`], so that text from outside can never become SQL text.
//! May not live here: statements (what is selected, inserted or created), connections.

pub mod text;

pub use text::{BadText, Bind, Identifier, SqlText};
