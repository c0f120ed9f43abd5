//! SQL text, and checked expressions as SQL by dual rails.
//!
//! All SQL of both programs is made of [`SqlText`], so that text from outside can never become SQL text.
//! [`Lowering`] says of an expression for which rows it is definitely true and for which definitely false,
//! exactly as [`crate::eval`] does, or refuses with [`NotLowerable`].
//! May not live here: statements (what is selected, inserted or created), connections.

mod collate;
mod constant;
mod lists;
mod lower;
mod nullness;
mod postgres;
mod postgres_time;
mod rail;
pub mod session;
mod source;
mod spelling;
mod sqlite;
mod text;
mod values;

pub use constant::Constants;
pub use lower::Lowering;
pub use rail::Rail;
pub use source::{By, Column, NotLowerable, Row, Source, Table};
pub use text::{BadText, Bind, Identifier, SqlText};
